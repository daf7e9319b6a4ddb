"""The page on reproduction says what the code says."""

from pathlib import Path

from monotakd.bootstrap import CHECKOUT
from monotakd.pipeline.expected import EXPECTED, budget_table, expected_table, publish
from monotakd.pipeline.marked_text import marked
from monotakd.pipeline.presets import preset_named

PAGE = CHECKOUT / "docs" / "reproduction.md"
AGAIN = "run: python -m monotakd.pipeline.expected"


def test_the_page_has_the_tables_of_the_code():
    assert marked(PAGE, "expected") == expected_table("kitti_r50"), AGAIN
    assert marked(PAGE, "budgets") == budget_table(preset_named("kitti_r50")), AGAIN


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
