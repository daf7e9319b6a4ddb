"""Pictures that follow sliders, and 3D scenes that turn; each leaves a still for readers without a kernel.

A view here is any function that returns a picture. `explore` draws it once for the values that the controls start with
and publishes that picture together with the widgets: JupyterLab shows the widgets, every other reader the picture.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go

from monotakd.errors import DataError
from monotakd.scene import Frame
from monotakd.viz.boxsets import Drawable
from monotakd.viz.scene3d import draw_scene3d
from monotakd.viz.still import still_of
from monotakd.viz.style import Picture

PLOTLY = "application/vnd.plotly.v1+json"


class Explorer:
    """A picture with controls; ends a cell. Made by `explore`.

    Attributes:
        controls: one ipywidgets control per argument of the view.
        picture: the picture for the controls' first values, or the stand-in where the view could not be drawn.
        widget: controls above the picture, or None for a stand-in.
    """

    def __init__(self, view: Callable[..., Picture], controls: Mapping[str, Any], picture: Picture):
        import ipywidgets

        self.controls = dict(controls)
        self.picture = picture
        self._view = view
        self._image = ipywidgets.Image(value=picture.png(), format="png", layout={"max_width": "100%"})
        self._trouble = ipywidgets.HTML()
        for control in self.controls.values():
            control.observe(self._redraw, names="value")
        self.widget = ipywidgets.VBox([*self.controls.values(), self._trouble, self._image])

    def _redraw(self, _change: Any = None) -> None:
        try:
            self._image.value = self._view(**{name: control.value for name, control in self.controls.items()}).png()
        except ValueError as error:  # DataError too; a widget's callback has no cell to show a traceback in
            self._trouble.value = f"<b>{html.escape(str(error))}</b>"
        else:
            self._trouble.value = ""

    @property
    def shown(self) -> bytes:
        """PNG bytes of the picture that the widget shows now."""
        return bytes(self._image.value)  # ipywidgets keeps a memoryview

    def _ipython_display_(self) -> None:
        _publish(self.widget._repr_mimebundle_(), self.picture)


def explore(view: Callable[..., Picture], *, without_open3d: Picture | None = None, **controls: Any) -> Explorer | None:
    """Shows a picture that follows sliders.

    Args:
        view: a function that returns a picture; its arguments are the names of the controls.
        without_open3d: shown with one line of explanation where the view renders a street and open3d is missing.
        controls: what `ipywidgets.interact` takes: a control, ``(lowest, highest, step)``, a list of choices.

    Returns:
        What ends the cell; None after the stand-in has been shown.

    Raises:
        DataError: the view cannot be drawn, for another reason than a missing open3d.
        ValueError: something that is not a control.

    Example:
        ``explore(lambda reach: viz.draw_bev(frame, region=((0, reach), (-20, 20))), reach=(20, 80, 10))``
    """
    from ipywidgets import interactive

    made = {name: interactive.widget_from_abbrev(value) for name, value in controls.items()}
    for name, control in made.items():
        if control is None:
            raise ValueError(f"{name}={controls[name]!r}: expected a control, (lowest, highest, step) or choices")
        control.description = control.description or name.replace("_", " ")
        if control.has_trait("continuous_update"):
            control.continuous_update = False  # a picture takes a moment; draw the last value only
    try:
        picture = view(**{name: control.value for name, control in made.items()})
    except DataError as error:
        if error.source != "open3d" or without_open3d is None:
            raise
        print("open3d is not installed, so no new street can be rendered: this is the shipped frame, without sliders.")
        _publish({}, without_open3d)
        return None
    return Explorer(view, made, picture)


def _publish(bundle: Mapping[str, Any], still: Picture) -> None:
    from IPython.display import display

    display({**bundle, **still.bundle()}, raw=True)


class TurnableScene:
    """A 3D scene with a still; ends a cell. Made by `turnable`."""

    def __init__(self, figure: go.Figure):
        self.figure = figure

    def _ipython_display_(self) -> None:
        _publish({PLOTLY: json.loads(self.figure.to_json())}, still_of(self.figure))


def turnable(
    frame: Frame, boxes: Drawable | Mapping[str, Drawable] | None = None, *, max_points: int = 12_000, **options: Any
) -> TurnableScene:
    """`scene3d.draw_scene3d` to turn with the mouse, and the same view as a still for readers without a kernel.

    Args:
        frame: calibration, points, labels, image.
        boxes: as in `scene3d.draw_scene3d`.
        max_points: more are thinned out.
        options: any other option of `scene3d.draw_scene3d`.

    Raises:
        DataError: the frame has no points, or a box is impossible.
    """
    return TurnableScene(draw_scene3d(frame, boxes, max_points=max_points, **options))
