import numpy as np
import pytest
import torch

from monotakd import lesson
from monotakd.errors import DataError
from monotakd.lesson import CheckFailedError, check, equal, hint, predict
from monotakd.viz import style


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (3, 3),
        (1.0, 1.0 + 1e-9),
        ([1, 2], np.array([1, 2])),
        (torch.tensor([1.0, 2.0], requires_grad=True), [1.0, 2.0]),
        (torch.tensor([1.5], dtype=torch.bfloat16), [1.5]),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
        (True, True),
        ("LID", "LID"),
        (np.zeros((0, 7)), np.zeros((0, 7))),
    ],
)
def test_equal_passes(actual, expected):
    equal(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        ([1, 2, 3], [1, 2], r"^depth: shape \(3,\), expected \(2,\)$"),
        (np.zeros((2, 3)), np.zeros((3, 2)), r"shape \(2, 3\), expected \(3, 2\)\. The axes are swapped: transpose"),
        (np.zeros((6,)), np.zeros((3, 2)), "The number of values is right: reshape"),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.5, 5.0]], r"^depth\[1, 0\] is 3, expected 3\.5 \(2 of 4 values"),
        ([1.0, np.nan], [1.0, 2.0], r"depth\[1\] is nan, expected 2 "),
        (2.0, 2.1, r"^depth: 2, expected 2\.1$"),
        (1.0, np.nan, r"1, expected nan"),
        ("UD", "LID", "UD, expected LID"),
        ([True, False], [True, True], r"depth\[1\] is False, expected True"),
        (None, 1.0, "no answer yet"),
        (..., 1.0, "no answer yet"),
        ([[1, 2], [3]], [[1, 2], [3, 4]], "rows of different lengths"),
        (object(), 1.0, "got object, expected numbers"),
    ],
)
def test_equal_names_what_differs_first(actual, expected, message):
    with pytest.raises(CheckFailedError, match=message):
        equal(actual, expected, what="depth")


def test_tolerance_is_absolute():
    equal(100.05, 100.0, atol=0.1)
    with pytest.raises(CheckFailedError):
        equal(1e6 + 0.2, 1e6, atol=0.1)
    with pytest.raises(CheckFailedError):
        equal(1e-3, 0.0)


def test_a_solved_exercise_prints_its_name(capsys):
    check("double", lambda x: 2 * x, lambda f: equal(f(4), 8))
    check("yes", 3, lambda a: a == 3)
    assert capsys.readouterr().out == "✓ double\n✓ yes\n"


def not_written_yet(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "verify", "message"),
    [
        (lambda x: x, lambda f: equal(f(4), 8, what="f(4)"), r"^✗ double: f\(4\): 4, expected 8$"),
        (2, lambda a: a == 3, r"^✗ double: not right yet$"),
        (np.bool_(False), lambda a: a, "not right yet"),
        (None, lambda a: True, "○ double: not attempted"),
        (..., lambda a: True, "not attempted"),
        (not_written_yet, lambda f: equal(f(4), 8), "not attempted"),
        (lambda x: ..., lambda f: equal(f(4)[0], 8), "^○ double: not attempted"),
    ],
)
def test_a_wrong_or_missing_answer_fails(answer, verify, message, capsys):
    with pytest.raises(CheckFailedError, match=message):
        check("double", answer, verify)
    assert capsys.readouterr().out == ""


def whole_shares(row):
    positions = torch.arange(3)  # whole numbers
    return row @ positions


@pytest.mark.parametrize(
    ("answer", "verify", "message"),
    [
        (
            whole_shares,
            lambda f: equal(f(torch.ones(3)), 3.0),
            r"^✗ share: line \d+ of your cell, `return row @ positions`, fails with RuntimeError: .*dtype.*"
            r"\. Whole numbers, .* meet decimals: add \.float\(\)",
        ),
        (lambda: 1 / 0, lambda f: f(), r"^✗ share: line \d+ of your cell.*ZeroDivisionError: division by zero$"),
        (lambda: None, lambda f: equal(f()[0], 1), r"cannot use what it got with TypeError.*lack its return$"),
        (3, lambda answer: answer["name"], r"^✗ share: the check cannot use what it got with TypeError: 'int' object"),
    ],
)
def test_a_crash_names_the_line_and_what_to_do(answer, verify, message):
    with pytest.raises(CheckFailedError, match=message) as caught:
        check("share", answer, verify)
    assert caught.value.__cause__ is not None, "the error itself stays at hand"


def test_an_interrupt_is_no_verdict():
    with pytest.raises(KeyboardInterrupt):
        check("stop", 3, lambda _: (_ for _ in ()).throw(KeyboardInterrupt))


def test_hints_are_folded_one_inside_the_other():
    page = hint("think of < and >", "use a slice")._repr_html_()
    assert page.count("<details>") == 2
    assert page.index("Hint 1") < page.index("&lt; and &gt;") < page.index("Hint 2") < page.index("use a slice")
    assert "open" not in page
    assert hint("one")._repr_html_().count("Hint") == 1
    with pytest.raises(ValueError, match="at least one"):
        hint()


def test_prediction_without_an_answer():
    assert predict("How many?").answered() == "no prediction made"
    assert "no prediction made" in repr(predict("How many?").seen(3))


def test_prediction_written_in_the_cell():
    assert "<td>left</td>" in predict("Which way?", "left", "right", answer="left").seen("right")._repr_html_()


def test_prediction_typed_into_its_field(capsys):
    guess = predict("Which <way>?", "left", "right")
    guess._ipython_display_()
    assert guess.answered() == "no prediction made"
    guess._field.value = "right"
    assert guess.answered() == "right"
    page = guess.seen(0.123456789)._repr_html_()
    assert "&lt;way&gt;" in page
    assert "0.123457" in page
    capsys.readouterr()


def test_a_prediction_outside_the_choices_is_refused():
    with pytest.raises(ValueError, match="'up' is not one of"):
        predict("Which way?", "left", "right", answer="up")


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    for folder in ("image_2", "calib"):
        (tmp_path / "tiny" / "training" / folder).mkdir(parents=True)
    for number in (2, 0, 1):
        (tmp_path / "tiny" / "training" / "calib" / f"{number:06d}.txt").touch()
    monkeypatch.setenv("MONOTAKD_DATA", str(tmp_path))
    return tmp_path


def test_setup_says_in_one_line_what_is_there_and_seeds(tiny, capsys):
    try:
        lesson.setup(seed=5, stage=True)
        first = torch.rand(1)
        lesson.setup(seed=5)
        assert torch.equal(first, torch.rand(1))
        assert style.size("text") == 9.0
    finally:
        style.set_stage(False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "3 frames" in lines[0]
    assert "seed 5" in lines[0]


def test_stage_makes_type_larger():
    before = style.size("text")
    try:
        style.set_stage(True)
        assert style.size("text") > 1.2 * before
    finally:
        style.set_stage(False)


def test_an_unknown_frame_names_those_that_exist(tiny):
    assert lesson.frame_ids() == ("000000", "000001", "000002")
    with pytest.raises(DataError, match="no frame 000009; expected one of 000000, 000001, 000002"):
        lesson.frame(9)


def test_data_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("MONOTAKD_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="MONOTAKD_DATA"):
        lesson.setup()


def test_a_failing_check_reaches_an_unattended_notebook_without_a_traceback():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    result = shell.run_cell("from monotakd.lesson import check\ncheck('n', 2, lambda a: a == 3)", silent=True)
    assert type(result.error_in_exec).__name__ == "CheckFailedError"
    assert result.error_in_exec._render_traceback_() == ["✗ n: not right yet"]


def test_frames_of_real_kitti(shared, tiny, monkeypatch):
    real = tiny / "real"
    real.mkdir()
    (real / "tiny").symlink_to(shared / "real" / "kitti", target_is_directory=True)
    monkeypatch.setenv("MONOTAKD_DATA", str(real))
    frame = lesson.frame(8)
    assert frame.frame_id == "000008"
    assert len(frame.annotations) == 6
    assert lesson.frame("000008") is frame
    assert lesson.frame(8, depth="sparse").depth is not None
