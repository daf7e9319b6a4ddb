"""Numbers that we measured stand in a lesson as ``lesson.fact``, not as typed copies that a new run makes wrong."""

import pytest
from suite import NOTEBOOKS, read
from typed_results import typed_copies

from monotakd.bootstrap import CHECKOUT
from monotakd.pipeline.results import METRICS, RunResult, read_results


def _run(row: str, value: float, *, seed: int = 0) -> RunResult:
    ap = {metric: value + place for place, metric in enumerate(METRICS)}
    replicates = dict.fromkeys(METRICS, (1.0, 2.0))
    return RunResult(row, "all", seed, "toy", "test", 10, False, ap, ap, ap, replicates, {}, {})


RESULTS = [
    _run("teacher", 88.04),
    _run("direct", 27.6),
    _run("monotakd", 25.3),
    _run("monotakd", 26.4, seed=1),
    _run("lite", 0.5),
]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("The teacher reaches 88.0 at overlap 0.5.", ["88.0"]),
        ("On a thousand\nstreets the teacher reaches\n88 AP.", ["88"]),
        ("With AP of 88 the teacher leads.", ["88"]),
        ("The student taught *directly* scores 28.6.", ["28.6"]),
        ("MonoTAKD: a mean AP of 25.85.", ["25.85"]),
        ("MonoTAKD's first seed scores 25.3, its second 26.4.", ["25.3", "26.4"]),
        ("| row | AP |\n|---|---:|\n| teacher | 88.0 |\n| direct | 27.6 |", ["88.0", "27.6"]),
    ],
)
def test_copies_are_found(text, numbers):
    assert sorted({copy.number for copy in typed_copies(text, RESULTS)}) == sorted(numbers)


@pytest.mark.parametrize(
    "text",
    [
        "The teacher reaches 87.9 at overlap 0.5.",  # no such result
        "At 27.6 m the teacher's score falls.",  # a distance
        "The paper's direct row scores 27.6 (T4).",  # the paper's number with its table
        "The assistant scores 27.6.",  # another row's result
        "The teacher marks 88 of 320 cells, and its score map shows them.",  # a count
        "The teacher's map has 88.0 in its first cell.",  # no score
        "A student's score counts the cars that it finds at 0.5.",  # the benchmark's limit
        "`teacher 88.0 AP` is what the teacher's cell prints as a score.",  # code
        "The teacher reaches 88.0.5, version 2.",  # no number
    ],
)
def test_other_numbers_are_left_alone(text):
    assert typed_copies(text, RESULTS) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_lesson_types_a_result(path):
    markdown = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    results = read_results(CHECKOUT / "results")
    assert results, "there are results to compare with"
    assert [copy for source in markdown for copy in typed_copies(source, results)] == []
