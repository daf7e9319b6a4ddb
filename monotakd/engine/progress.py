"""The bar: steps done, time left, loss and learning rate; in a terminal and in a notebook."""

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
