"""Every check lets the solution pass and says what is wrong with the stub and with typical wrong answers."""

import re
from functools import cache

import pytest
from suite import NOTEBOOKS, answers, exercises, verdicts

ALL = [(path, exercise) for path in NOTEBOOKS for exercise in exercises(path)]
each = pytest.mark.parametrize(("path", "exercise"), ALL, ids=[f"{p.name[:2]} {e.name}" for p, e in ALL])


@pytest.fixture(scope="module")
def verdict():
    """Each notebook runs once, when its first verdict is asked for."""
    return cache(verdicts)


@each
def test_solution_passes(verdict, path, exercise):
    assert verdict(path)[exercise.name, "solution"] == ""


@each
def test_stub_fails_with_a_message_of_the_check(verdict, path, exercise):
    assert re.match(r"[○✗] ", verdict(path)[exercise.name, "stub"])


@each
def test_wrong_answers_are_told_what_is_wrong_first(verdict, path, exercise):
    wrong = answers(path).WRONG[exercise.name]
    assert len(wrong) >= 2
    for number, (code, message) in enumerate(wrong):
        said = verdict(path)[exercise.name, f"wrong {number}"]
        assert said.startswith(f"✗ {exercise.name}: "), f"{code}\npassed, or was not understood: {said!r}"
        assert re.search(message, said), f"{code}\nsaid {said!r}\nexpected {message!r}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_answers_belong_to_exercises(path):
    assert set(answers(path).WRONG) == {exercise.name for exercise in exercises(path)}
