"""Tables of our Markdown pages, and the text of their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import mean, stdev

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
_RULES = {"l": "---", "r": "---:"}


def table(head: Sequence[str], lines: Iterable[Sequence[str]], align: str = "") -> list[str]:
    """The lines of a table.

    Args:
        head: titles of the columns.
        lines: cells by line, as many as titles.
        align: a letter per column, ``l`` or ``r``; all left when empty.

    Raises:
        ValueError: other numbers of cells or letters than of titles.
    """
    align = align or "l" * len(head)
    rows = [list(head), [_RULES[letter] for letter in align], *map(list, lines)]
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"{len(row)} cells in {row}, expected {len(head)}, one under each of {list(head)}")
    return [_row(rows[0]), f"|{'|'.join(rows[1])}|", *map(_row, rows[2:])]


def with_spread(middle: float, spread: float | None, decimals: int = 1) -> str:
    """``44.3 ± 1.2``; without ± where there is no spread."""
    text = f"{middle:.{decimals}f}" + ("" if spread is None else f" ± {spread:.{decimals}f}")
    return text.replace("-", MINUS)


def mean_text(values: Sequence[float], decimals: int = 1) -> str:
    """Mean and, of several, their standard deviation; a dash for none."""
    if not values:
        return DASH
    return with_spread(mean(values), stdev(values) if len(values) > 1 else None, decimals)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
