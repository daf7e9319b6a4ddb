"""``monotakd claims``: what the committed results say, written where people read it.

Four places are made from the files below ``results/`` and from nothing else, so that they can be made again at any
time: ``results/claims.json``, the board between the README's claims markers, and two tables of ``results/README.md``
between markers of their own: the preset's, and the same preset's on streets of other kinds. Claims are judged on the
preset's own streets alone.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from monotakd.engine.durable import write_durably
from monotakd.errors import DataError
from monotakd.pipeline.claims import NAME, evaluate_claims, update_board, write_claims
from monotakd.pipeline.marked_text import replace_marked
from monotakd.pipeline.presets import said_by_name
from monotakd.pipeline.results import RunResult, read_results
from monotakd.pipeline.table import markdown_table

TABLE = "results"
"""Marker of the table in ``results/README.md``."""
OTHER_STREETS = "other-streets"
"""Marker of the tables below it."""


def publish(results: Path, readme: Path, preset: str = "toy") -> Counter[str]:
    """Writes the four places.

    Args:
        results: folder of committed results.
        readme: with the claims markers.
        preset: whose runs are judged; runs of others lie beside them.

    Returns:
        How often each verdict was given; a claim tested in two label settings counts twice.

    Raises:
        DataError: a result is damaged, there is none of this preset, or a file lacks its markers; then nothing was
            written.
    """
    found = runs_of(results, preset)
    findings, table = evaluate_claims(found), markdown_table(found)
    elsewhere = other_streets_tables(results, preset)
    written = {path: path.read_bytes() for path in (readme, results / "README.md") if path.exists()}
    try:
        update_board(readme, findings)
        replace_marked(results / "README.md", TABLE, table)
        replace_marked(results / "README.md", OTHER_STREETS, elsewhere)
    except DataError:
        for path, before in written.items():
            write_durably(path, lambda temporary, before=before: temporary.write_bytes(before))
        raise
    write_claims(findings, results / NAME)
    return Counter(finding.verdict for finding in findings)


def runs_of(results: Path, preset: str) -> list[RunResult]:
    """The runs of one preset.

    Raises:
        DataError: a result is damaged, or there is none of this preset.
    """
    everything = read_results(results)
    found = [run for run in everything if run.preset == preset]
    if not found:
        there = ", ".join(sorted({run.preset for run in everything})) or "no run at all"
        raise DataError(results, there, f"runs of the preset {preset}")
    return found


def other_streets_tables(results: Path, preset: str) -> str:
    """A Markdown table for every kind of streets on which a preset ran and which is not its own.

    Only rows that ran are shown: nothing was promised of other streets.

    Args:
        results: folder of committed results.
        preset: without a kind of streets in its name.

    Raises:
        DataError: a result is damaged.
    """
    by_street: dict[str, list[RunResult]] = {}
    for run in read_results(results):
        street = said_by_name(run.preset).get("street")
        if street and run.preset == f"{preset}_{street}":
            by_street.setdefault(street, []).append(run)
    tables = (f"### `--street {street}`\n\n{markdown_table(runs, {})}" for street, runs in sorted(by_street.items()))
    return "\n".join(tables) or "No run yet.\n"
