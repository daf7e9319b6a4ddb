"""The depth dial: three sliders change a student's depth; map, boxes and scores follow in the browser."""

from __future__ import annotations

import numpy as np

from monotakd.errors import require
from monotakd.geometry.frames import project_lidar
from monotakd.viz import style
from monotakd.viz.explorers.depth_dial.dial import DialledFrame, Key, PixelDepth, Position, key_words
from monotakd.viz.explorers.depth_dial.payload import pack_dial
from monotakd.viz.explorers.depth_dial.still import draw_dial
from monotakd.viz.explorers.shared.base import LinkedExplorer


class DepthDialExplorer(LinkedExplorer):
    """One frame with a depth that can be turned; ends a cell. Made by `explore_depth_dial`.

    Attributes:
        dialled: what is shown.
    """

    scripts = ("depth_dial/core.js", "depth_dial/view.js")
    view = "DepthDialView"

    def __init__(self, dialled: DialledFrame):
        self.dialled = dialled
        facts, payload = pack_dial(dialled)
        truth, shift, blur = dialled.start
        super().__init__(facts, payload, {"truth": truth, "shift": shift, "blur": blur, "uv": _first_pixel(dialled)})

    @property
    def title(self) -> str:
        """Names the frame."""
        return f"depth dial, frame {self.dialled.frame.frame_id}"

    @property
    def key(self) -> Key:
        """Share of true depth, shift and blur that are shown."""
        state = self.widget.state
        return self.dialled.key(state["truth"], state["shift"], state["blur"])

    @property
    def position(self) -> Position:
        """Map, boxes and scores that are shown."""
        return self.dialled.positions[self.key]

    @property
    def reading(self) -> PixelDepth:
        """The depth at the chosen pixel."""
        return self.dialled.reading(self.key, tuple(self.widget.state["uv"]))

    @property
    def alt(self) -> str:
        """The position and what comes of it."""
        return f"{key_words(self.key)}: {self.position.words(self.dialled.best_ap)}"

    def turn(self, truth: float | None = None, shift: float | None = None, blur: float | None = None) -> None:
        """Turns the dial to stored positions, in shares and metres; what is not named stays.

        Raises:
            ValueError: no such position.
        """
        change = {}
        for name, value in (("truth", truth), ("shift", shift), ("blur", blur)):
            if value is not None:
                stored = getattr(self.dialled, f"{name}s")
                require(value in stored, f"{name} {value}, expected one of {stored}")
                change[name] = stored.index(value)
        self.change(**change)

    def choose_pixel(self, u: float | int, v: float | int) -> PixelDepth:
        """Chooses a pixel, as a click on the image does.

        Raises:
            ValueError: no such pixel.
        """
        self.dialled.reading(self.key, (u, v))
        self.change(uv=[float(u), float(v)])
        return self.reading

    def still(self, width: float | int = 13.0) -> style.Picture:
        """What the views show as a picture, for pages without a kernel."""
        return draw_dial(self.dialled, self.key, tuple(self.widget.state["uv"]), width=width)


def explore_depth_dial(dialled: DialledFrame) -> DepthDialExplorer:
    """Turns a student's depth from predicted to true, shifts and blurs it, and shows what comes of it.

    All positions were computed before, so that the sliders answer in the browser, on exported pages too. A click on the
    image or on a map chooses the pixel whose depth distribution is shown.

    Args:
        dialled: a frame at every position, from `interactive.dialled_depth.DepthDial.everywhere`.

    Example:
        ``explore_depth_dial(DepthDial(lesson.toy_frame(4, depth="sparse")).everywhere())``
    """
    return DepthDialExplorer(dialled)


def _first_pixel(dialled: DialledFrame) -> list[float]:
    """The middle of the labelled car nearest to 15 m ahead that is in the image, else of the image."""
    height, width = dialled.frame.image.shape[:2]
    if dialled.frame.annotations is not None:
        centres = dialled.frame.annotations.boxes.named("Car").centres.astype(np.float64)
        for row in np.argsort(np.abs(centres[:, 0] - 15.0), kind="stable"):
            uv, depth = project_lidar(dialled.frame.calibration, centres[row])
            if depth > 0 and 0 <= uv[0] <= width - 1 and 0 <= uv[1] <= height - 1:
                return [float(uv[0]), float(uv[1])]
    return [width / 2, 0.6 * height]
