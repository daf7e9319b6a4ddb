import re
from dataclasses import replace

import pytest
from made_results import made, seeds_of

from monotakd.errors import DataError
from monotakd.pipeline.bootstrap import Estimate
from monotakd.pipeline.rows import HEADLINE, IN_BOTH_SETTINGS, ROWS, TABLE_ROWS
from monotakd.pipeline.table import (
    EXPECTED,
    PAPER,
    difference_text,
    html_table,
    markdown_table,
    row_title,
    score_text,
    signed,
    table_lines,
)

RESULTS = [
    *seeds_of("ground_truth_only", [30.0, 32.0, 34.0], boxes=True),
    *seeds_of("direct", [40.0, 42.0, 44.0]),
    *seeds_of("monotakd", [39.0, 41.0, 43.0]),
    made("teacher", ap=96.0, boxes=True),
]


def _line(text: str, row: str) -> list[str]:
    (found,) = [line for line in text.splitlines() if line.startswith(f"| {row_title(row)} |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_numbers_of_a_row():
    table = markdown_table(RESULTS, {"all": HEADLINE})
    assert _line(table, "monotakd") == [
        row_title("monotakd"),
        "no",
        "3",
        *["41.0 ± 2.0"] * 4,
        "−1.0 [−1.0, −1.0]",
        "+9.0 [+9.0, +9.0]",
        "22.61 (T4)",
    ]


def test_a_baseline_is_not_compared_with_itself_nor_a_model_with_students():
    lines = {line.row: line for line in table_lines(RESULTS, {"all": HEADLINE})["all"]}
    assert lines["direct"].differences["direct"] is None
    assert lines["direct"].differences["ground_truth_only"].mean == pytest.approx(10.0)
    assert set(lines["teacher"].differences.values()) == {None}


def _with_cyclists(runs, values):
    return [
        replace(run, other_classes={"Cyclist": {"3d_25": (90.0, value, 1.0), "3d_50": (80.0, value / 2, 1.0)}})
        for run, value in zip(runs, values, strict=True)
    ]


def test_every_further_class_has_a_table_of_its_rows():
    runs = [*_with_cyclists(seeds_of("direct", [40.0, 42.0]), [10.0, 20.0]), *seeds_of("monotakd", [39.0])]
    cars, cyclists = markdown_table(runs, {"all": HEADLINE}).split("*Cyclist, moderate*")
    assert "| row | seeds | 3D .25 | 3D .5 |" in cyclists
    assert f"| {row_title('direct')} | 2 | 15.0 ± 7.1 | 7.5 ± 3.5 |" in cyclists
    assert row_title("monotakd") in cars
    assert f"| {row_title('monotakd')} | 0 | – | – |" in cyclists  # It was scored on cars alone.
    assert row_title("response_only") not in cyclists
    page = html_table(runs, {"all": HEADLINE})
    assert "<h4>Cyclist, moderate</h4>" in page
    assert "<td>15.0 ± 7.1</td>" in page
    assert "<h4>" not in html_table(RESULTS)


def test_missing_rows_are_shown_as_missing():
    table = markdown_table(RESULTS, {"all": HEADLINE})
    assert _line(table, "response_only")[2:4] == ["0", "not run yet"]
    assert "not run yet" in html_table(RESULTS, {"all": HEADLINE})


def test_without_any_result_every_row_of_the_full_table_is_missing():
    lines = table_lines([])
    assert [line.row for line in lines["200"]] == list(TABLE_ROWS)
    assert [line.row for line in lines["all"]] == list(IN_BOTH_SETTINGS)
    assert markdown_table([]).count("not run yet") == len(TABLE_ROWS) + len(IN_BOTH_SETTINGS)


def test_boxes_are_told_for_every_row():
    lines = {line.row: line.boxes for line in table_lines(RESULTS, {"all": HEADLINE})["all"]}
    assert lines["ground_truth_only"] is True
    assert lines["direct"] is False
    assert lines["response_only"] is False, "of a missing row the recipe says it"


def test_label_settings_are_not_mixed():
    other = seeds_of("direct", [10.0, 10.0, 10.0], labels="200")
    lines = table_lines([*RESULTS, *other], {"all": HEADLINE})
    assert [line.row for line in lines["200"]] == ["direct"]
    assert lines["200"][0].scores["3d_70"].mean == pytest.approx(10.0)
    assert {line.row: line for line in lines["all"]}["direct"].scores["3d_70"].mean == pytest.approx(42.0)


def test_results_of_two_worlds_make_no_table():
    with pytest.raises(DataError, match="one preset"):
        table_lines([*RESULTS, made("imd", preset="quick")])


def test_only_what_the_interval_supports_is_coloured():
    noisy = [*seeds_of("direct", [40.0, 40.0, 40.0]), *seeds_of("imd", [30.0, 41.0, 52.0])]
    assert 'class="above"' not in html_table(noisy, {})
    assert 'class="below"' not in html_table(noisy, {})
    assert html_table(RESULTS, {}).count('class="above"') == 2
    assert html_table(RESULTS, {}).count('class="below"') == 2
    one_seed = [run for run in RESULTS if run.seed == 0]
    assert not re.search('class="(above|below)"', html_table(one_seed, {}))


@pytest.mark.parametrize(("preset", "said"), [("toy", "another world"), ("kitti_r50", "networks of the same sizes")])
def test_what_the_papers_numbers_are_to_ours_is_said(preset, said):
    assert said in markdown_table([made("imd", preset=preset)], {"all": ["imd"]})


def test_html_holds_the_same_cells_as_markdown_and_is_escaped():
    strange = made('<script>"x"', ap=12.3)
    text = html_table([strange], {})
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "12.3" in text


def test_every_number_of_the_paper_belongs_to_a_row():
    assert set(PAPER) <= set(ROWS)
    assert {number.table for number in PAPER.values()} == {"T3", "T4", "T5"}
    assert set(EXPECTED) == {"all", "200"}


def test_texts():
    assert score_text(Estimate(44.26, None, 40.0, 48.0, 1)) == "44.3"
    assert score_text(Estimate(44.26, 1.18, 40.0, 48.0, 3)) == "44.3 ± 1.2"
    assert difference_text(Estimate(-1.04, 1.0, -2.0, 0.01, 3)) == "−1.0 [−2.0, 0.0]"
    assert [signed(value) for value in (0.04, -0.04, 0.06)] == ["0.0", "0.0", "+0.1"]
