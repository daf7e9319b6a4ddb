import pytest

from monotakd.pipeline.paper_claims import CLAIMS
from monotakd.pipeline.paper_tables import LOSSES, MODULES, PAIRS, Precision
from monotakd.pipeline.rows import ROWS
from monotakd.pipeline.table import PAPER

LINES = (*LOSSES, *MODULES)


def test_the_results_table_quotes_the_same_numbers():
    by_row = {line.row: line for line in reversed(LINES) if line.row}
    assert {*by_row, "ground_truth_only"} == set(PAPER)
    for row, line in by_row.items():
        assert (line.ap.moderate, line.table) == (PAPER[row].value, PAPER[row].table), row
    assert PAPER["ground_truth_only"].value == PAIRS[0].moderate


def test_rows_are_ours():
    assert {line.row for line in LINES if line.row} <= set(ROWS)


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.rows and c.table in ("T4", "T5")], ids=lambda claim: claim.id)
def test_claims_quote_the_same_numbers(claim):
    table = {line.row: line.ap.moderate for line in LINES if line.table == claim.table}
    better, other = (f"{table[row]:.2f}" for row in claim.rows)
    assert claim.paper == f"{better} against {other} ({claim.table})"


def test_both_tables_end_with_the_full_method():
    assert LOSSES[-1].ap == MODULES[-1].ap
    assert LOSSES[0].title == "none"
    assert LOSSES[-1].title == "IMD + CMRD"


def test_precision_is_subtracted_by_difficulty():
    difference = Precision(3.0, 2.0, 1.0) - Precision(1.0, 1.0, 1.0)
    assert (difference.easy, difference.moderate, difference.hard) == (2.0, 1.0, 0.0)
