"""What a notebook needs around its lesson: set-up, frames, checks that can fail, hints and predictions."""

from __future__ import annotations

import html
import inspect
import os
import random
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from monotakd import __version__
from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError
from monotakd.paths import tiny_set, toy_set

if TYPE_CHECKING:
    from monotakd.scene import Frame

NO_PREDICTION = "no prediction made"


# ---------------------------------------------------------------- set-up and frames


def setup(*, stage: bool = False, seed: int = 0) -> None:
    """First cell of every notebook: seeds Python and torch, finds the data, says where it is in one line.

    For numpy make your own ``np.random.default_rng(seed)``.

    Args:
        stage: larger type in all pictures, for a lecture hall.
        seed: for ``random`` and ``torch``.

    Raises:
        DataError: there is no data to read.
    """
    import torch

    from monotakd.viz import style

    os.environ.setdefault("OPEN3D_DISABLE_WEB_VISUALIZER", "true")  # it would start a server and write into the cell
    random.seed(seed)
    torch.manual_seed(seed)
    style.set_stage(stage)
    ids = frame_ids()
    print(f"monotakd {__version__} | {len(ids)} frames in {_short(tiny_set())} | seed {seed}")


def _short(path: Path) -> str:
    """Relative to the checkout where it lies in there, so that no output holds the reader's home folder."""
    try:
        return path.resolve().relative_to(CHECKOUT).as_posix()
    except ValueError:
        return str(path)


def frame_ids() -> tuple[str, ...]:
    """Names of the frames that are there, in order."""
    return tuple(sorted(path.stem for path in (tiny_set() / "training" / "calib").glob("*.txt")))


def frame(frame_id: str | int = 0, *, depth: Literal["file", "sparse", "completed"] | None = None) -> Frame:
    """One frame of the tiny street set, with its points and labels.

    Args:
        frame_id: its name such as ``"000003"``, or its number.
        depth: ``"file"`` adds the stored depth map, ``"sparse"`` the projected sweep, ``"completed"`` a filled one.

    Raises:
        DataError: no such frame, or its files are damaged.
    """
    name = f"{frame_id:06d}" if isinstance(frame_id, int) else frame_id
    known = frame_ids()
    if name not in known:
        shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
        raise DataError(str(tiny_set()), f"no frame {name}", f"one of {shown}")
    return _read(tiny_set().resolve(), name, depth)


@lru_cache(maxsize=40)
def _read(root: Path, name: str, depth: str | None) -> Frame:
    from monotakd.datasets.kitti.reader import KittiRoot

    return KittiRoot(root).frame(name, depth=depth)


def tiny_frames() -> list[Frame]:
    """All frames of the tiny street set."""
    return [frame(name) for name in frame_ids()]


def toy_frame(frame_id: str | int = 0, *, depth: Literal["sparse", "completed"] | None = None) -> Frame:
    """One 320x96 frame of the toy street set, what the stored models are made for, with its points and labels.

    Args:
        frame_id: its name such as ``"000003"``, or its number.
        depth: ``"sparse"`` adds the projected sweep as a depth map, ``"completed"`` a filled one.

    Raises:
        DataError: no such frame, or its files are damaged.
    """
    name = f"{frame_id:06d}" if isinstance(frame_id, int) else frame_id
    return _read(toy_set().resolve(), name, depth)


def toy_frames(*, depth: Literal["sparse", "completed"] | None = None, split: str = "val") -> list[Frame]:
    """The frames of one split of the toy street set: ``"train"`` (4), ``"val"`` (8) or ``"trainval"``.

    Args:
        depth: as for `toy_frame`.
        split: its name.
    """
    from monotakd.datasets.kitti.reader import KittiRoot

    return [toy_frame(name, depth=depth) for name in KittiRoot(toy_set()).split(split).ids]


# ---------------------------------------------------------------- checks


class CheckFailedError(AssertionError):
    """A check said no. A notebook shows the message alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def _as_array(value: Any, what: str) -> np.ndarray:
    if value is None or value is Ellipsis:
        raise CheckFailedError(f"{what}: there is no answer yet ({value!r}); a function may lack its return")
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if "bfloat16" in str(value.dtype) else value
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise CheckFailedError(f"{what}: rows of different lengths cannot be an array ({error})") from None
    if array.dtype == object:
        raise CheckFailedError(f"{what}: got {type(value).__name__}, expected numbers or an array of numbers")
    return array


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def equal(actual: Any, expected: Any, *, what: str = "your answer", atol: float = 1e-6) -> None:
    """Passes in silence when both hold the same values; else says what differs first.

    The shape is compared before the values; NaN equals only NaN.

    Args:
        actual: the answer: a number, list, array or tensor.
        expected: what it should be.
        what: its name in the message.
        atol: largest absolute difference of two equal numbers; integers, truth values and text must match exactly.

    Raises:
        CheckFailedError: names the shape, or the first index with both values and how many differ.
    """
    ours, wanted = _as_array(actual, what), _as_array(expected, "expected")
    if ours.shape != wanted.shape:
        advice = ""
        if ours.ndim == wanted.ndim and ours.shape[::-1] == wanted.shape:
            advice = ". The axes are swapped: transpose"
        elif ours.size == wanted.size:
            advice = ". The number of values is right: reshape, or drop an axis of length 1"
        raise CheckFailedError(f"{what}: shape {ours.shape}, expected {wanted.shape}{advice}")
    if all(np.issubdtype(a.dtype, np.number) for a in (ours, wanted)):
        with np.errstate(invalid="ignore"):
            same = np.isclose(ours, wanted, rtol=0, atol=atol, equal_nan=True)
    else:
        same = ours == wanted
    if np.all(same):
        return
    if ours.ndim == 0:
        raise CheckFailedError(f"{what}: {_number(ours[()])}, expected {_number(wanted[()])}")
    index = tuple(int(i) for i in np.argwhere(~same)[0])
    place = ", ".join(map(str, index))
    raise CheckFailedError(
        f"{what}[{place}] is {_number(ours[index])}, expected {_number(wanted[index])} "
        f"({int(np.sum(~same))} of {ours.size} values differ)"
    )


def check(name: str, answer: Any, verify: Callable[[Any], bool | None]) -> None:
    """Checks an exercise and prints one line when it is solved.

    Args:
        name: of the exercise.
        answer: what the reader made: a value or a function.
        verify: takes the answer; calls `equal` on it, or returns False where it is wrong.

    Raises:
        CheckFailedError: wrong, not attempted (None, ``...``, a function that returns ``...``, NotImplementedError), or
            the answer itself raises: then the message names its line.

    Example:
        ``check("project a point", project, lambda f: equal(f(corner), [712.4, 143.0], what="pixel", atol=0.1))``
    """
    not_yet = f"○ {name}: not attempted yet. Fill in the exercise above and run it, then run this cell again."
    if answer is None or answer is Ellipsis:
        raise CheckFailedError(not_yet)
    try:
        verdict = verify(_unless_empty(answer) if inspect.isfunction(answer) else answer)
    except NotImplementedError:
        raise CheckFailedError(not_yet) from None
    except CheckFailedError as error:
        raise CheckFailedError(f"✗ {name}: {error}") from None
    except _CRASHES as error:
        raise CheckFailedError(f"✗ {name}: {_crash(error, answer)}") from error
    if verdict is not None and not verdict:
        raise CheckFailedError(f"✗ {name}: not right yet")
    print(f"✓ {name}")


_CRASHES = (ArithmeticError, AttributeError, LookupError, NameError, RuntimeError, TypeError, ValueError)
_ADVICE = {
    r"scalar type|dtype|can't be cast": "Whole numbers, as torch.arange(n) gives, meet decimals: add .float()",
    r"NoneType": "A function may lack its return",
}


def _unless_empty(function: Callable) -> Callable:
    """The function, except that returning ``...`` says that nobody has written it yet."""

    @wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        if (result := function(*args, **options)) is Ellipsis:
            raise NotImplementedError
        return result

    return call


def _crash(error: Exception, answer: Any) -> str:
    """Where in the answer's own cell an error came up, what it says, and what to try."""
    place = "the check cannot use what it got"
    if inspect.isfunction(answer):
        for step in traceback.extract_tb(error.__traceback__):
            if step.filename == answer.__code__.co_filename:
                place = f"line {step.lineno} of your cell" + (f", `{step.line}`," if step.line else "") + " fails"
    said = f"{place} with {type(error).__name__}: {str(error).strip().partition(chr(10))[0].rstrip('.')}"
    return ". ".join([said, *(advice for sign, advice in _ADVICE.items() if re.search(sign, str(error)))])


# ---------------------------------------------------------------- hints and predictions


@dataclass(frozen=True)
class Hint:
    """Hints that unfold one inside the other; the last expression of a cell."""

    texts: tuple[str, ...]

    def _repr_html_(self) -> str:
        folded = ""
        for number, text in reversed(list(enumerate(self.texts, 1))):
            name = "Hint" if len(self.texts) == 1 else f"Hint {number}"
            folded = f"<details><summary>{name}</summary><p>{html.escape(text)}</p>{folded}</details>"
        return folded

    def __repr__(self) -> str:
        return "Hint: " + " / ".join(self.texts)


def hint(*texts: str) -> Hint:
    """Folded hints, the gentlest first; end a cell with it."""
    if not texts:
        raise ValueError("hint() needs at least one text")
    return Hint(texts)


@dataclass(eq=False)
class Prediction:
    """A question that is answered before the result is seen.

    End a cell with it to show the question with a field for the answer; ``seen`` puts both side by side later.
    """

    question: str
    choices: tuple[str, ...] = ()
    answer: str | None = None
    _field: Any = field(default=None, repr=False)

    def answered(self) -> str:
        """The reader's answer, or ``"no prediction made"`` (always so where a notebook runs unattended)."""
        typed = self._field.value if self._field is not None else None
        return str(typed or self.answer or NO_PREDICTION)

    def seen(self, result: Any) -> Seen:
        """The prediction beside the result; end a cell with it."""
        shown = _number(result)
        return Seen(self.question, self.answered(), shown)

    def _ipython_display_(self) -> None:
        from IPython.display import display
        from ipywidgets import HTML, RadioButtons, Text, VBox

        if self._field is None:
            if self.choices:
                self._field = RadioButtons(options=self.choices, value=self.answer)
            else:
                self._field = Text(value=self.answer or "", placeholder="your prediction")
        display(VBox([HTML(f"<b>Predict:</b> {html.escape(self.question)}"), self._field]))


@dataclass(frozen=True)
class Seen:
    """A prediction beside what really happened."""

    question: str
    predicted: str
    result: str

    def _repr_html_(self) -> str:
        rows = (("predicted", self.predicted), ("seen", self.result))
        cells = "".join(f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in rows)
        return f"<p>{html.escape(self.question)}</p><table>{cells}</table>"

    def __repr__(self) -> str:
        return f"{self.question}\n  predicted: {self.predicted}\n  seen:      {self.result}"


def predict(question: str, *choices: str, answer: str | None = None) -> Prediction:
    """Asks before the result is shown.

    Args:
        question: what will happen?
        choices: offered answers; a free text field without any.
        answer: the prediction, for readers who prefer to write it in the cell.

    Example:
        ``guess = predict("Which way does the box move when yaw grows?", "left", "right")``, then ``guess``; and
        after the experiment ``guess.seen("left")``.

    Raises:
        ValueError: an answer that is not among the choices.
    """
    if choices and answer is not None and answer not in choices:
        raise ValueError(f"answer {answer!r} is not one of {choices}")
    return Prediction(question, choices, answer)
