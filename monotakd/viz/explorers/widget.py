"""The explorer's views in the browser. Imported late: whoever does not look at an explorer needs no anywidget."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent
_SOURCES = ("feature_gap_core.js", "feature_gap_plots.js", "feature_gap_view.js")


class FeatureGapWidget(anywidget.AnyWidget):
    """Payload and state of one explorer; the scripts beside this file draw it.

    Attributes:
        facts: JSON values of `payload.pack`.
        payload: its bytes.
        state: what is shown; written by both sides.
        stage: larger type, for a lecture hall.
    """

    _esm = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SOURCES)
    facts = traitlets.Dict().tag(sync=True)
    payload = traitlets.Bytes().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    stage = traitlets.Bool(False).tag(sync=True)


def make_widget(facts: dict[str, Any], payload: bytes, state: dict[str, Any], *, stage: bool) -> FeatureGapWidget:
    """A widget that shows a payload in a first state."""
    return FeatureGapWidget(facts=facts, payload=payload, state=state, stage=stage)


def page(widget: FeatureGapWidget, title: str) -> str:
    """The widget as an HTML page of its own, with everything inside."""
    values = {"facts": widget.facts, "state": widget.state, "stage": widget.stage}
    script = "\n".join([
        widget._esm,
        (_HERE / "feature_gap_page.js").read_text(encoding="utf-8"),
        f"show({json.dumps(values)}, {json.dumps(base64.b64encode(widget.payload).decode())});",
    ]).replace("</", "<\\/")  # fmt: skip
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><body>'
        f'<div id="explorer"></div><script type="module">\n{script}\n</script></body></html>\n'
    )
