import pytest

from monotakd.pipeline.paper_claims import CLAIMS
from monotakd.pipeline.paper_tables import LOSSES, MODULES, Precision
from monotakd.pipeline.rows import ROWS
from monotakd.pipeline.table import PAPER

LINES = (*LOSSES, *MODULES)


def test_the_results_table_quotes_each_row_once_and_the_table_of_losses_first():
    assert set(PAPER) == {"ground_truth_only", *(line.row for line in LINES if line.row)}
    quoted = {row: f"{PAPER[row]}" for row in ("ground_truth_only", "monotakd", "lite", "direct")}
    assert quoted == {
        "ground_truth_only": "16.31 (T3)", "monotakd": "22.61 (T4)", "lite": "20.80 (T5)", "direct": "18.29 (T4)"
    }  # fmt: skip


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
