"""Reading notebooks as lessons: their exercises, and the cells that a test runs in between."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import nbformat
import torch

from monotakd import notebooks
from monotakd.lesson import CheckFailedError

HERE = Path(__file__).parent
NOTEBOOKS = notebooks.find()
_CHECK = re.compile(r"lesson\.check\(\s*\"([^\"]+)\"")


@cache
def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


@dataclass(frozen=True)
class Exercise:
    """The cells of one exercise.

    Attributes:
        name: what ``lesson.check`` calls it.
        number: place of the check among the notebook's code cells.
        stub: source of the cell tagged ``exercise``.
        solution: source of the cell tagged ``solution``.
    """

    name: str
    number: int
    stub: str
    solution: str


def exercises(path: Path) -> Iterator[Exercise]:
    """In reading order: a cell tagged ``exercise``, later one tagged ``solution``, later one with ``lesson.check``."""
    sources: dict[str, str] = {}
    for number, cell in enumerate(code_cells(path)):
        for role in ("exercise", "solution"):
            if role in tags(cell):
                assert role not in sources, f"{path.name}: two cells {role!r} before a check:\n{cell.source}"
                sources[role] = cell.source
        called = _CHECK.search(cell.source)
        if called:
            assert set(sources) == {"exercise", "solution"}, f"{path.name}: a check without an exercise:\n{cell.source}"
            yield Exercise(called.group(1), number, sources["exercise"], sources["solution"])
            sources = {}
    assert not sources, f"{path.name}: an exercise without a check at the end"


@cache
def answers(path: Path) -> ModuleType:
    """``answers_<nn>.py`` beside this file; its ``WRONG`` has, by exercise, pairs (code, expected message)."""
    number = path.name[:2]
    spec = importlib.util.spec_from_file_location(f"answers_{number}", HERE / f"answers_{number}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def verdicts(path: Path) -> dict[tuple[str, str], str]:
    """What every check says to the stub, the solution and the wrong answers.

    The notebook's cells run in this process, in order. At each check every answer is tried in a copy of the names that
    are known there. A notebook that turns gradients off does so for itself only, as in a process of its own.

    Returns:
        By (exercise, ``"stub"``, ``"solution"``, ``"wrong 0"``, ``"wrong 1"`` ...): the message, "" where it passed.
    """
    names: dict = {"__name__": "lesson"}
    found = {}
    waiting = {exercise.number: exercise for exercise in exercises(path)}
    with torch.random.fork_rng(), torch.set_grad_enabled(True):
        for number, cell in enumerate(code_cells(path)):
            exercise = waiting.get(number)
            if exercise:
                wrong = answers(path).WRONG.get(exercise.name, ())
                tried = {"stub": exercise.stub, "solution": exercise.solution}
                tried |= {f"wrong {i}": code for i, (code, _) in enumerate(wrong)}
                for kind, code in tried.items():
                    found[exercise.name, kind] = _verdict({**names}, code, cell.source)
            if "exercise" not in tags(cell):
                exec(compile(cell.source, f"{path.name}[{number}]", "exec"), names)
    return found


def _verdict(names: dict, answer: str, check: str) -> str:
    # A file name of its own, as a cell has: by it the check tells the answer's lines from its own.
    exec(compile(answer, "answer", "exec"), names)
    try:
        exec(check, names)
    except CheckFailedError as error:
        return str(error)
    return ""
