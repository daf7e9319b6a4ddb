"""The page on reproduction says what the code says."""

import json
from pathlib import Path

import pytest

from monotakd.benchmarks.kitti_step import CASES
from monotakd.bootstrap import CHECKOUT
from monotakd.pipeline.expected import EXPECTED, budget_table, expected_table, publish, steps_table
from monotakd.pipeline.marked_text import marked
from monotakd.pipeline.presets import preset_named

PAGE = CHECKOUT / "docs" / "reproduction.md"
AGAIN = "run: python -m monotakd.pipeline.expected"


def test_the_page_has_the_tables_of_the_code():
    assert marked(PAGE, "expected") == expected_table("kitti_r50"), AGAIN
    assert marked(PAGE, "budgets") == budget_table(preset_named("kitti_r50")), AGAIN


@pytest.mark.parametrize("readme", ["README.md", "results/README.md"])
def test_the_readmes_have_the_full_size_steps(readme):
    assert marked(CHECKOUT / readme, "steps") == steps_table(), AGAIN


def test_every_kind_of_step_was_measured_and_one_frame_fits_into_6_gb():
    measured = {step["case"]: step for step in json.loads((CHECKOUT / "results" / "kitti_step.json").read_text())}
    assert measured.keys() == CASES.keys()
    for name, step in measured.items():
        assert step["frames"] == CASES[name].frames
        assert step["peak_gb"] < 6 or step["frames"] > 1 or CASES[name].gradient_norms


def test_publishing_changes_nothing_else(tmp_path: Path):
    copy = tmp_path / "page.md"
    copy.write_text(PAGE.read_text().replace("| 80 | 4 |", "| 81 | 4 |"))
    publish(copy, preset_named("kitti_r50"))
    assert copy.read_text() == PAGE.read_text()


def test_every_number_stands_in_the_table_with_its_tag():
    table = expected_table("kitti_r50")
    for number in EXPECTED["kitti_r50"]:
        assert f"| {number.what} | {number.value} | {number.tag} |" in table


def test_options_that_the_page_names_exist(call):
    status, said, _ = call("train", "--help")
    assert status == 0
    named = ("--wiring", "--row", "--devices", "--batch-size", "--parts", "--precision", "--cache", "--workers")
    for option in (
        *named,
        "--present-only",
        "--compile",
        "--dry-run",
        "--dry-run-steps",
        "--image-weights",
        "--depth-network",
    ):
        assert option in said
        assert option in PAGE.read_text()
