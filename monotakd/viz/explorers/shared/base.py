"""The base of all explorers: one payload in the browser, linked views that answer there, a still for everyone else.

How to write a new explorer, say of anchors, in a folder ``anchors/`` beside this one:

1. A pure core, ``anchors.py``: arrays in, numbers out. No widget, no matplotlib; this is what most tests test.
2. ``payload.py`` turns it into facts (JSON values) and a payload (bytes in a `packing.ByteStore`).
3. ``view.js``: ``class AnchorsView extends LinkedView`` with ``build()`` (controls and panels), ``draw()`` (all
   pictures, from ``this.state``, ``this.facts``, ``this.bytes``) and ``describe()`` (the state in words). Cells,
   metres, pixels, colours, boxes and lines are in shared/geometry.js and shared/drawing.js.
4. ``explorer.py``: ``class AnchorsExplorer(LinkedExplorer)`` names ``scripts = ("anchors/view.js",)`` and
   ``view = "AnchorsView"``, calls ``super().__init__(facts, payload, state)``, and defines ``title``, ``alt`` and
   ``still()``, which is drawn in ``still.py``; ``explore_anchors`` makes it in one line, also for `viz.explorers`.
5. Python changes what is shown by ``self.change(...)``; what the reader does in the browser arrives in ``self.state``.
   An explorer that needs Python for its answers watches ``self.widget.observe(..., "state")``, calls ``self.send`` and
   says in ``describe()`` where ``this.live`` is false that it needs a kernel.
6. Tests: the core; the still's contents after ``change``; a page of its own in Chromium (tests/browser).

An explorer builds on ``shared``, and on no other; only the residual explorer is one of the feature gap with more in it.
Notebook, exported page, stage, full screen, keys and text alternative come from here. `feature_gap` is the example.
"""

from __future__ import annotations

import hashlib
import os
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from monotakd.viz import style

PAGES = "MONOTAKD_PAGES"
"""While notebooks run for web pages, this environment variable names the folder that gets a page of each explorer."""
PAGE = "application/vnd.monotakd.page"
"""Kind of output that names such a page."""
_EXPLORERS = Path(__file__).parents[1]


class LinkedExplorer(ABC):
    """Linked views of one thing; ends a cell.

    Attributes:
        scripts: JavaScript files that define ``view``, by their paths in `viz.explorers`, in the order of joining.
        view: name of the class in them that extends ``LinkedView``.
        widget: the views; its ``state`` and ``payload`` are traits.
    """

    scripts: ClassVar[tuple[str, ...]]
    view: ClassVar[str]

    def __init__(self, facts: dict[str, Any], payload: bytes, state: dict[str, Any]):
        from monotakd.viz.explorers.shared.widget import make_widget

        paths = [_EXPLORERS / name for name in self.scripts]
        self.widget = make_widget(paths, self.view, facts, payload, state, stage=style.is_stage())

    @property
    @abstractmethod
    def title(self) -> str:
        """What is shown, in a few words, such as ``"feature gap, frame 000003"``."""

    @property
    @abstractmethod
    def alt(self) -> str:
        """What is chosen and what it shows, in a sentence: for whoever does not see the pictures."""

    @abstractmethod
    def still(self) -> style.Picture:
        """The state as one picture, for pages without a kernel."""

    @property
    def state(self) -> dict[str, Any]:
        """What the views show, whoever changed it last."""
        return dict(self.widget.state)

    def change(self, **change: Any) -> None:
        """Changes the state; what is not named stays. Subclasses check values before they come here."""
        self.widget.state = {**self.widget.state, **change}

    @property
    def facts(self) -> dict[str, Any]:
        """The facts as the views have them."""
        return self.widget.present

    def send(self, facts: dict[str, Any] | None = None, payload: bytes | None = None, **change: Any) -> None:
        """Gives the views, in one go, facts in place of those of their names, a payload, a change of state."""
        with self.widget.hold_sync():
            if payload is not None:
                self.widget.payload = payload
            if facts is not None:
                self.widget.changed = {**self.widget.changed, **facts}
            if change:
                self.change(**change)

    def save_page(self, path: str | os.PathLike[str]) -> Path:
        """Writes the explorer, as it stands, as one page that works in any browser without kernel or network."""
        from monotakd.viz.explorers.shared.widget import page

        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(self.widget, self.title), encoding="utf-8")
        return path

    def _ipython_display_(self) -> None:
        from IPython.display import display

        bundle, metadata = self.widget._repr_mimebundle_(), {}
        if isinstance(bundle, tuple):
            bundle, metadata = bundle
        words = f"{self.title}: {self.alt}"
        picture = self.still().bundle(words)
        if folder := os.environ.get(PAGES):
            picture[PAGE] = self._publish(Path(folder)).name
        display({**bundle, **picture}, metadata={**metadata, "image/png": {"alt": words}}, raw=True)

    def _publish(self, folder: Path) -> Path:
        """A page of its own, named after title and content."""
        written = self.save_page(folder / f"{os.getpid()}.part")  # notebooks run side by side
        short = hashlib.sha256(written.read_bytes()).hexdigest()[:8]
        return written.replace(folder / f"{re.sub(r'[^a-z0-9]+', '-', self.title.lower())}-{short}.html")
