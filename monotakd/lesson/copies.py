"""Exercise copies of the lessons: yours to write in, with solutions folded away, and what you have solved so far."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from monotakd import notebooks
from monotakd.errors import DataError
from monotakd.lesson.progress import passed_checks
from monotakd.paths import work_folder

_CHECK = re.compile(r"lesson\.check\(\s*\"([^\"]+)\"")
_SETUP = re.compile(r"lesson\.setup\((\)?)")
_NOTE = """\
> **This is your exercise copy.** Write in it as you like; the lesson itself, with its pictures, stays in `notebooks/`.
> Solutions are folded below each exercise and do not run. A cell that needs your answer fails until the exercise is
> solved. `monotakd lesson status` lists what you have solved.
"""


@dataclass(frozen=True)
class LessonStatus:
    """How far a reader is with one lesson.

    Attributes:
        lesson: its name, such as ``"04_from_pixels_to_bev"``.
        exercises: name of each exercise, in order, with the day of its first passed check; None while it is open.
        copy: the exercise copy; None where there is none yet.
    """

    lesson: str
    exercises: dict[str, str | None]
    copy: Path | None

    @property
    def solved(self) -> int:
        """How many exercises are solved."""
        return sum(day is not None for day in self.exercises.values())


def start(lesson: str) -> tuple[Path, bool]:
    """Makes the exercise copy of a lesson in the work folder; an existing one is never touched.

    Args:
        lesson: beginning of its name, such as ``"04"``.

    Returns:
        The copy, and whether it was made now.

    Raises:
        DataError: no lesson, or several, begin so.
    """
    found = notebooks.find((lesson,))
    if len(found) != 1:
        raise DataError("lesson", f"{lesson!r}, which begins {[p.stem for p in found]}", "a number such as 04")
    copy = work_folder() / found[0].name
    copy.parent.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(exercise_copy(nbformat.read(found[0], as_version=4), found[0].stem))
    try:
        with copy.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return copy, False
    return copy, True


def exercise_copy(notebook: nbformat.NotebookNode, lesson: str) -> nbformat.NotebookNode:
    """A lesson without outputs, its solutions as folded text, its set-up such that passed checks are kept.

    Args:
        notebook: the lesson; it is not changed.
        lesson: its name.
    """
    copy = nbformat.from_dict(notebook)
    copy.cells = [_for_exercises(cell, lesson) for cell in copy.cells]
    copy.cells.insert(1, nbformat.v4.new_markdown_cell(_NOTE))
    return copy


def _for_exercises(cell: nbformat.NotebookNode, lesson: str) -> nbformat.NotebookNode:
    if cell.cell_type != "code":
        return cell
    if "solution" in cell.metadata.get("tags", ()):
        # Between blank lines, Markdown inside HTML is Markdown again.
        folded = f"<details><summary>Solution</summary>\n\n```python\n{cell.source}\n```\n\n</details>"
        return nbformat.v4.new_markdown_cell(folded)
    cell.outputs, cell.execution_count = [], None
    cell.source = _SETUP.sub(lambda call: f'lesson.setup(record_as="{lesson}"{call[1] or ", "}', cell.source)
    return cell


def status() -> list[LessonStatus]:
    """Every lesson with its exercises, in reading order."""
    return [_status(path) for path in notebooks.find()]


def _status(path: Path) -> LessonStatus:
    passed = passed_checks(path.stem)
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    names = [name for cell in cells for name in _CHECK.findall(cell.source)]
    copy = work_folder() / path.name
    return LessonStatus(path.stem, {name: passed.get(name) for name in names}, copy if copy.exists() else None)
