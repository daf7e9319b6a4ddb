"""A lesson takes the same time wherever a page says how long it takes."""

import re

from suite import NOTEBOOKS, read

from monotakd import notebooks
from monotakd.bootstrap import CHECKOUT


def _title(path) -> str:
    return read(path).cells[0].source


def _minutes(path) -> int:
    """Of reading and exercises, as the lesson's first cell says."""
    return int(re.search(r"[Aa]bout\s+(\d+)\s+minutes", _title(path)).group(1))


MINUTES = {path.stem: _minutes(path) for path in NOTEBOOKS}


def test_the_list_of_lessons_says_what_the_lessons_say():
    listed = re.findall(r"^\| \[(\d\d_\w+)\].*\| (\d+) \|$", (notebooks.FOLDER / "README.md").read_text(), re.MULTILINE)
    assert {name: int(minutes) for name, minutes in listed} == MINUTES


def test_exercises_leave_time_for_reading():
    for path in NOTEBOOKS:
        texts = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
        exercises = sum(map(int, re.findall(r"^### Exercise \d · [★☆]+ · (\d+) minutes", texts, re.MULTILINE)))
        assert 1.5 * exercises <= MINUTES[path.stem], path.stem


def test_the_guide_says_from_the_shortest_to_the_longest():
    guide = (CHECKOUT / "docs" / "lecturer_guide.md").read_text()
    shortest, longest = re.search(r"Each lesson takes (\d+) to (\d+) minutes", guide).groups()
    assert (int(shortest), int(longest)) == (min(MINUTES.values()), max(MINUTES.values()))


def test_computing_takes_a_minute_at_most():
    room = (CHECKOUT / "docs" / "classroom.md").read_text()
    measured = re.findall(r"^\| (\d\d) [\w ]+ \| \d+ \| ([\d.]+) \|$", room, re.MULTILINE)
    assert [number for number, _ in measured] == [path.name[:2] for path in NOTEBOOKS]
    assert max(float(seconds) for _, seconds in measured) <= 60
    assert "computing takes about a minute at most" in (notebooks.FOLDER / "README.md").read_text()
    assert [path.stem for path in NOTEBOOKS if "minutes of computing" in " ".join(_title(path).split())] == []
