"""``monotakd claims``: what the committed results say, written where people read it.

Three places are made from the files below ``results/`` and from nothing else, so that they can be made again at any
time: ``results/claims.json``, the board between the README's claims markers, and the table between the table markers of
``results/README.md``.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from monotakd.engine.durable import write_durably
from monotakd.errors import DataError
from monotakd.pipeline.claims import NAME, evaluate_claims, update_board, write_claims
from monotakd.pipeline.marked_text import replace_marked
from monotakd.pipeline.results import RunResult, read_results
from monotakd.pipeline.table import markdown_table

TABLE = "results"
"""Marker of the table in ``results/README.md``."""


def publish(results: Path, readme: Path, preset: str = "toy") -> Counter[str]:
    """Writes the three places.

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
    written = {path: path.read_bytes() for path in (readme, results / "README.md") if path.exists()}
    try:
        update_board(readme, findings)
        replace_marked(results / "README.md", TABLE, table)
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
