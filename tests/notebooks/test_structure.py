"""Committed notebooks are lessons of the agreed shape: short cells, text and small pictures, nothing of the machine."""

import json
import re
import statistics

import pytest
from suite import NOTEBOOKS, code_cells, exercises, read, tags

from monotakd import notebooks

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

LARGEST = 500_000
MACHINE = re.compile(r"/(?:home|root|tmp|work|Users|usr|opt|var)/[\w.-]+|site-packages")


def _lines(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def _words(path) -> int:
    return sum(len(cell.source.split()) for cell in read(path).cells if cell.cell_type == "markdown")


def test_names_count_up(path):
    assert [p.name[:2] for p in NOTEBOOKS] == [f"{number:02d}" for number in range(len(NOTEBOOKS))]


def test_length_and_rhythm(path):
    lengths = [_lines(cell.source) for cell in code_cells(path)]
    assert 40 <= len(read(path).cells) <= 85
    assert max(lengths) <= 40
    assert statistics.median(lengths) <= 7
    assert 5 <= _words(path) / sum(lengths) <= 12, "words of prose per line of code"


def test_lines_fit_on_the_page(path):
    wide = [line for cell in code_cells(path) for line in cell.source.splitlines() if len(line) > 120]
    assert wide == []


def test_first_cells(path):
    title, setup = read(path).cells[0], code_cells(path)[0]
    assert title.source.startswith(f"# {path.name[:2]} · ")
    for said in ("explain", "paper", "minutes", "cpu"):
        assert said in title.source.lower(), f"the title cell does not say {said!r}"
    assert _lines(setup.source) <= 6
    assert "lesson.setup(" in setup.source


def test_last_cells(path):
    assert read(path).cells[-1].cell_type == "markdown"
    end = "\n".join(cell.source for cell in read(path).cells[-6:] if cell.cell_type == "markdown").lower()
    for said in ("takeaways", "release", "next"):
        assert said in end, f"the last cells do not say {said!r}"


def test_exercises(path):
    found = list(exercises(path))
    assert 2 <= len(found) <= 4
    assert len({exercise.name for exercise in found}) == len(found)
    markdown = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    told = re.findall(r"^### Exercise \d · ★+☆* · \d+ minutes", markdown, re.MULTILINE)
    assert len(told) == len(found), "each exercise states its difficulty and its time"
    assert {line.count("★") + line.count("☆") for line in told} == {3}
    assert sum("lesson.hint(" in cell.source for cell in code_cells(path)) >= len(found)


def test_solutions_are_folded(path):
    for cell in code_cells(path):
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert folded == ("solution" in tags(cell)), cell.source


def test_predictions_are_seen(path):
    sources = [cell.source for cell in code_cells(path)]
    asked, seen = (sum(source.count(call) for source in sources) for call in ("lesson.predict(", ".seen("))
    assert asked == seen >= 1


def test_size_and_state(path):
    assert path.stat().st_size <= LARGEST
    assert "widgets" not in read(path).metadata
    assert "jupytext" not in read(path).metadata


def test_was_executed_in_order(path):
    assert [cell.execution_count for cell in code_cells(path)] == list(range(1, len(code_cells(path)) + 1))


def test_outputs_are_text_and_small_pictures(path):
    allowed = {"text/plain", "text/html", "text/markdown", "text/latex", "image/png"}
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source
            assert set(output.get("data", ())) <= allowed, cell.source
            assert len(output.get("data", {}).get("text/html", "")) < 20_000, cell.source


def test_has_pictures(path):
    pictures = [o for cell in code_cells(path) for o in cell.outputs if "image/png" in o.get("data", ())]
    assert len(pictures) >= 3


def test_names_no_machine(path):
    texts = []
    for cell in read(path).cells:
        texts.append(cell.source)
        for output in cell.get("outputs", ()):
            data = {kind: value for kind, value in output.get("data", {}).items() if kind != "image/png"}
            texts.append(json.dumps([data, output.get("text", "")]))
    assert [found.group() for found in map(MACHINE.search, texts) if found] == []


def test_is_listed(path):
    assert f"[{path.stem}]({path.name})" in (notebooks.FOLDER / "README.md").read_text()
