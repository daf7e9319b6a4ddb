import json
from dataclasses import replace

import pytest
from made_results import made, seeds_of

from monotakd.errors import DataError
from monotakd.pipeline.bootstrap import Estimate
from monotakd.pipeline.claims import (
    MARKER,
    claims_board,
    evaluate_claims,
    finding_text,
    judge,
    update_board,
    write_claims,
)
from monotakd.pipeline.marked_text import markers
from monotakd.pipeline.paper_claims import CLAIMS, Claim
from monotakd.pipeline.results import PAPER_METRIC
from monotakd.pipeline.rows import HEADLINE, ROWS
from monotakd.pipeline.table import PAPER

BEGIN, END = markers(MARKER)


def _found(results, claim="assistant_beats_direct", labels="all"):
    (finding,) = [f for f in evaluate_claims(results) if f.claim.id == claim and f.labels == labels]
    return finding


@pytest.mark.parametrize(
    ("low", "high", "seeds", "verdict"),
    [
        (0.1, 2.0, 3, "reproduced"),
        (0.0, 2.0, 3, "not reproduced"),
        (-0.1, 2.0, 5, "not reproduced"),
        (-2.0, -0.1, 3, "not reproduced"),
        (0.1, 2.0, 2, "not run yet"),
        (-2.0, -0.1, 1, "not run yet"),
    ],
)
def test_the_rule(low, high, seeds, verdict):
    assert judge(Estimate((low + high) / 2, 1.0, low, high, seeds), best=40.0) == verdict


def test_rows_next_to_zero_are_not_judged():
    for above in (0.3, -0.3):
        found = _found([*seeds_of("direct", [1.0] * 3), *seeds_of("monotakd", [1.0 + above] * 3)])
        assert (found.verdict, found.reason) == ("not testable", "both rows stay below 5 AP")
    assert _found([*seeds_of("direct", [1.0] * 3), *seeds_of("monotakd", [5.5] * 3)]).verdict == "reproduced"


def test_a_difference_that_every_seed_shows_is_reproduced():
    direct = seeds_of("direct", [40.0, 42.0, 44.0])
    better = _found([*direct, *seeds_of("monotakd", [43.0, 45.0, 47.0])])
    assert (better.verdict, better.difference.mean) == ("reproduced", pytest.approx(3.0))
    worse = _found([*direct, *seeds_of("monotakd", [37.0, 39.0, 41.0])])
    assert (worse.verdict, worse.reason) == ("not reproduced", "the interval is below zero")
    unclear = _found([*direct, *seeds_of("monotakd", [43.0, 39.0, 47.0])])
    assert (unclear.verdict, unclear.reason) == ("not reproduced", "the interval includes zero")


def test_few_seeds_settle_nothing():
    found = _found([*seeds_of("direct", [40.0, 42.0]), *seeds_of("monotakd", [60.0, 62.0])])
    assert (found.verdict, found.reason) == ("not run yet", "2 of at least 3 seeds")
    assert _found([made("direct")]).reason == "no seed in common yet"


def test_a_control_is_told_beside_the_verdict_and_does_not_decide_it():
    runs = [*seeds_of("ground_truth_only", [40.0] * 3), *seeds_of("monotakd", [45.0] * 3)]
    for level, told, reason in (
        (42.0, "+3.0 [+3.0, +3.0]", "the interval is above zero"),
        (46.0, "−1.0 [−1.0, −1.0]", "the interval is above zero, that against the control is not"),
    ):
        found = _found([*runs, *seeds_of("truth_in_response_form", [level] * 3)], "distillation_helps")
        assert (found.verdict, found.reason) == ("reproduced", reason)
        assert found.control.mean == pytest.approx(45.0 - level)
        control = "against the control, ground truth only, in the response loss's form (ours)"
        assert f"{control}: {told}, 3 seeds" in finding_text(found)
    without = _found(runs, "distillation_helps")
    assert (without.control, without.reason) == (None, "the interval is above zero")


def test_label_settings_are_judged_apart():
    results = [*seeds_of("direct", [40.0] * 3), *seeds_of("monotakd", [45.0] * 3)]
    assert _found(results, labels="all").verdict == "reproduced"
    assert _found(results, labels="200").verdict == "not run yet"


def test_claims_compare_rows_that_exist_where_they_are_run():
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        if claim.rows is not None:
            assert set(claim.rows) <= set(ROWS)
            assert "all" not in claim.labels or set(claim.rows) <= set(HEADLINE), claim.id


def test_claims_and_table_quote_the_same_numbers():
    for claim in CLAIMS:
        if claim.table == "T4" and claim.rows is not None:
            ours, theirs = (PAPER[row].value for row in claim.rows)
            assert claim.paper == f"{ours:.2f} against {theirs:.2f} (T4)", claim.id
            assert ours > theirs, f"{claim.id} says the opposite of the paper's numbers"


def test_a_claim_without_rows_needs_a_reason():
    with pytest.raises(ValueError, match="no reason"):
        Claim("x", "x", "T1", "1")
    with pytest.raises(ValueError, match="both or none"):
        Claim("x", "x", "T1", "1", rows=("imd", "direct"))


def test_the_file_holds_number_interval_and_verdict(tmp_path):
    results = [*seeds_of("direct", [40.0, 42.0, 44.0]), *seeds_of("monotakd", [43.0, 45.0, 47.0])]
    path = write_claims(evaluate_claims(results), tmp_path / "claims.json")
    claims = json.loads(path.read_text())["claims"]
    (found,) = [c for c in claims if c["id"] == "assistant_beats_direct" and c["labels"] == "all"]
    assert found["tested"] == {"row": "monotakd", "against": "direct"}
    assert found["difference"]["low"] == pytest.approx(3.0)
    assert found["verdict"] == "reproduced"
    assert {c["verdict"] for c in claims if c["tested"] is None} <= {"only at scale", "not testable", "not run yet"}


def test_the_papers_overlap_is_told_beside_and_decides_nothing(tmp_path):
    results = [
        replace(
            run,
            ap={**run.ap, PAPER_METRIC: 2.0},
            replicates={**run.replicates, PAPER_METRIC: (2.0,) * len(run.replicates[PAPER_METRIC])},
        )
        for run in [*seeds_of("direct", [40.0, 42.0, 44.0]), *seeds_of("monotakd", [43.0, 45.0, 47.0])]
    ]
    path = write_claims(evaluate_claims(results), tmp_path / "claims.json")
    claims = json.loads(path.read_text())["claims"]
    (found,) = [c for c in claims if c["id"] == "assistant_beats_direct" and c["labels"] == "all"]
    assert found["at_paper_overlap"]["mean"] == 0.0
    assert (found["difference"]["mean"], found["verdict"]) == (pytest.approx(3.0), "reproduced")


def test_the_board_has_one_line_per_claim():
    board = claims_board(evaluate_claims([]))
    assert len(board.strip().splitlines()) == 2 + len(CLAIMS)
    assert all(line.count("|") == 6 for line in board.strip().splitlines())


def test_only_the_text_between_the_markers_is_replaced(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    findings = evaluate_claims([])
    update_board(readme, findings)
    once = readme.read_text()
    assert once == f"before\n{BEGIN}\n{claims_board(findings)}{END}\nafter\n"
    update_board(readme, findings)
    assert readme.read_text() == once


@pytest.mark.parametrize("text", ["nothing", f"{END}\n{BEGIN}", f"{BEGIN}\n{BEGIN}\n{END}", BEGIN])
def test_a_readme_without_the_markers_is_left_alone(tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(DataError, match="claims:begin"):
        update_board(readme, [])
    assert readme.read_text() == text
