"""The command behind the claims board; and that what is committed is what it gives."""

import json
import shutil

import pytest
from made_results import made, seeds_of

from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError
from monotakd.pipeline.board import OTHER_STREETS, TABLE, other_streets_tables, publish, runs_of
from monotakd.pipeline.claims import MARKER, NAME, claims_board, evaluate_claims
from monotakd.pipeline.marked_text import marked, markers
from monotakd.pipeline.table import markdown_table


def _page(name):
    return "above\n{}\nold\n{}\nbelow\n".format(*markers(name))


@pytest.fixture
def folder(tmp_path):
    """A results folder of two rows, and the two pages."""
    results = tmp_path / "results"
    results.mkdir()
    for run in [*seeds_of("direct", [40.0, 42.0, 44.0]), *seeds_of("monotakd", [43.0, 45.0, 47.0])]:
        run.write(results / f"toy/labels_all/{run.row}/seed{run.seed}.json")
    (results / "README.md").write_text(_page(TABLE) + _page(OTHER_STREETS))
    (tmp_path / "README.md").write_text(_page(MARKER))
    return results


def test_one_call_writes_board_table_and_file(folder):
    verdicts = publish(folder, folder.parent / "README.md")
    assert verdicts["reproduced"] == 1
    board = (folder.parent / "README.md").read_text()
    assert board.startswith("above\n<!--")
    assert board.endswith("-->\nbelow\n")
    assert "old" not in board
    assert "all labels: +3.0 [+3.0, +3.0], 3 seeds" in board
    assert "| MonoTAKD" in marked(folder / "README.md", TABLE)
    assert len(json.loads((folder / NAME).read_text())["claims"]) > 18


def test_a_second_call_changes_nothing(folder):
    readme = folder.parent / "README.md"
    publish(folder, readme)
    before = [path.read_bytes() for path in (readme, folder / "README.md", folder / NAME)]
    publish(folder, readme)
    assert [path.read_bytes() for path in (readme, folder / "README.md", folder / NAME)] == before


def test_runs_of_another_preset_are_left_aside(folder):
    readme = folder.parent / "README.md"
    publish(folder, readme)
    before = readme.read_bytes()
    made("direct", preset="large").write(folder / "large/labels_all/direct/seed0.json")
    publish(folder, readme)
    assert readme.read_bytes() == before
    with pytest.raises(DataError, match="large, toy"):
        publish(folder, readme, "quick")


def test_runs_on_other_streets_have_a_table_of_their_own(folder):
    readme = folder.parent / "README.md"
    publish(folder, readme)
    assert marked(folder / "README.md", OTHER_STREETS) == "No run yet.\n"
    board, table = readme.read_bytes(), marked(folder / "README.md", TABLE)
    for preset in ("toy_hilly", "toy_5_steps_hilly", "quick_hilly"):
        for run in seeds_of("direct", [10.0, 12.0], preset=preset):
            run.write(folder / f"{preset}/labels_all/direct/seed{run.seed}.json")
    publish(folder, readme)
    told = marked(folder / "README.md", OTHER_STREETS)
    assert told.count("### `--street hilly`") == 1
    assert "| 2 | 11.0 ± 1.4 |" in told
    assert "not run yet" not in told, "rows that nobody ran on these streets are not shown"
    assert "steps" not in told
    assert "quick" not in told
    assert (readme.read_bytes(), marked(folder / "README.md", TABLE)) == (board, table)


def test_a_page_without_markers_leaves_everything_as_it_was(folder):
    readme = folder.parent / "README.md"
    (folder / "README.md").write_text("no markers\n")
    before = readme.read_bytes()
    with pytest.raises(DataError, match="results:begin"):
        publish(folder, readme)
    assert readme.read_bytes() == before
    assert (folder / "README.md").read_text() == "no markers\n"
    assert not (folder / NAME).exists()


def test_what_is_committed_is_what_the_command_gives(tmp_path):
    """Fails after a change of results/, of the claims or of the rule, until ``monotakd claims`` was run."""
    results = CHECKOUT / "results"
    runs = runs_of(results, "toy")
    assert marked(CHECKOUT / "README.md", MARKER) == claims_board(evaluate_claims(runs)), "run: monotakd claims"
    assert marked(results / "README.md", TABLE) == markdown_table(runs), "run: monotakd claims"
    assert marked(results / "README.md", OTHER_STREETS) == other_streets_tables(results, "toy"), "run: monotakd claims"
    shutil.copytree(results, tmp_path / "results")
    shutil.copy(CHECKOUT / "README.md", tmp_path)
    publish(tmp_path / "results", tmp_path / "README.md")
    stored, again = (json.loads((folder / NAME).read_text()) for folder in (results, tmp_path / "results"))
    assert len(stored["claims"]) == len(again["claims"])
    for one, other in zip(stored["claims"], again["claims"], strict=True):
        numbers = [(one.pop(name), other.pop(name)) for name in ("difference", "at_paper_overlap")]
        assert one == other, "run: monotakd claims"
        for number, expected in numbers:
            # Quantiles of resampled means may differ by a digit between processors.
            assert number == (expected if expected is None else pytest.approx(expected, abs=2e-3))
