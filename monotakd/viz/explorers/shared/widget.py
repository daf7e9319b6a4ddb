"""Explorers in the browser. Imported late: whoever does not look at an explorer needs no anywidget."""

from __future__ import annotations

import base64
import html
import json
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent
_SHARED = ("dom.js", "geometry.js", "drawing.js", "view.js")


class LinkedWidget(anywidget.AnyWidget):
    """Payload and state of one explorer; its scripts draw it.

    Attributes:
        facts: JSON values.
        changed: those that came later, by name; what does not change, such as the image, need not travel again.
        payload: bytes that the facts point into.
        state: what is shown; written by both sides.
        stage: two large pictures, for a lecture hall.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    facts = traitlets.Dict().tag(sync=True)
    changed = traitlets.Dict().tag(sync=True)
    payload = traitlets.Bytes().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    stage = traitlets.Bool(False).tag(sync=True)

    @property
    def present(self) -> dict[str, Any]:
        """The facts as they are now."""
        return {**self.facts, **self.changed}


@cache
def _script(scripts: tuple[Path, ...], view: str) -> str:
    """The shared scripts and an explorer's own as one module, without its export."""
    paths = [*(_HERE / name for name in _SHARED), *scripts]
    return "\n".join([*(path.read_text(encoding="utf-8") for path in paths), f"const explorer = explorerOf({view});"])


def make_widget(
    scripts: Sequence[Path], view: str, facts: dict[str, Any], payload: bytes, state: dict[str, Any], *, stage: bool
) -> LinkedWidget:
    """A widget that shows a payload in a first state.

    Args:
        scripts: files that define the class ``view``, in the order in which they are joined.
        view: name of a class that extends ``LinkedView`` of shared/view.js.
        facts: JSON values.
        payload: bytes that the facts point into.
        state: what is shown first.
        stage: two large pictures.
    """
    script = _script(tuple(scripts), view) + "\nexport default explorer;"
    return LinkedWidget(_esm=script, facts=facts, payload=payload, state=state, stage=stage)


def page(widget: LinkedWidget, title: str) -> str:
    """The widget as an HTML page of its own, with everything inside."""
    values = json.dumps({"facts": widget.present, "changed": {}, "state": widget.state, "stage": widget.stage})
    script = "\n".join([
        widget._esm,
        (_HERE / "page.js").read_text(encoding="utf-8"),
        f"await show(explorer, {_packed(values.encode())}, {_packed(widget.payload)});",
    ]).replace("</", "<\\/")  # fmt: skip
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<body style="margin:0"><div id="explorer"></div><script type="module">\n{script}\n</script></body></html>\n'
    )


def _packed(content: bytes) -> str:
    """As a string of JavaScript that ``unpacked`` of shared/page.js reads: less than half as long."""
    return json.dumps(base64.b64encode(zlib.compress(content, 9)).decode())
