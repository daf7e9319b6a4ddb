"""Training curves that grow in a notebook while it trains, and stay there as a still picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from monotakd.viz.style import Picture


class LivePicture:
    """One output that is drawn again as records come in; its last state is what the notebook keeps.

    It needs no widgets, so it also works where a notebook runs unattended. Drawing is rationed: a picture that takes
    long is drawn less often, so that the training loses a small share of its time.

    Args:
        draw: makes the picture of all records so far, such as `draw_training_curves`.
        interval: least seconds between two pictures.
        share: most of the time that may go into drawing, 0..1.
        clock: seconds, rising.

    Attributes:
        records: what came in so far.

    Raises:
        ValueError: a share outside 0..1.

    Example:
        ``with LivePicture(draw_training_curves) as live: fit(task, frames, settings, out, on_step=live)``
    """

    def __init__(
        self,
        draw: Callable[[list[dict[str, Any]]], Picture],
        *,
        interval: float = 1.0,
        share: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ):
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}, expected the share of time for drawing, more than 0 and at most 1")
        self.records: list[dict[str, Any]] = []
        self._draw, self._interval, self._share, self._clock = draw, interval, share, clock
        self._next = -float("inf")
        self._drawn = 0
        self._output: str | None = None

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Takes the record of one more step, as `Trainer.step` returns it, and draws if it is time to."""
        self.records.append(dict(record))
        if self._clock() >= self._next:
            self.show()

    def show(self) -> None:
        """Draws what came in since the last picture, whatever the time."""
        if self._drawn == len(self.records):
            return
        started = self._clock()
        self._publish(self._draw(self.records))
        self._drawn = len(self.records)
        now = self._clock()
        self._next = now + max(self._interval, (now - started) * (1 / self._share - 1))

    def _publish(self, picture: Picture) -> None:
        from IPython.display import display, update_display

        if self._output is None:
            self._output = uuid4().hex
            display(picture.bundle(), raw=True, display_id=self._output)
        else:
            update_display(picture.bundle(), raw=True, display_id=self._output)

    def __enter__(self) -> LivePicture:
        return self

    def __exit__(self, *_: object) -> None:
        self.show()  # Also after an error: the curves up to it are what one wants to see.
