"""What is told of time: a bar with steps done, time left, loss and learning rate; and durations in words."""

from __future__ import annotations

from tqdm.auto import tqdm


def step_bar(name: str, *, steps: int, start: int, shown: bool) -> tqdm:
    """A bar over training steps.

    Args:
        name: shown in front.
        steps: in all.
        start: done before, for a resumed run; they do not count for the time left.
        shown: False makes a bar that shows nothing.
    """
    return tqdm(total=steps, initial=start, desc=name, unit="step", disable=not shown, mininterval=0.5, leave=True)


def duration(seconds: float) -> str:
    """``45 s``, ``12 min 05 s``, ``3 h 20 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
