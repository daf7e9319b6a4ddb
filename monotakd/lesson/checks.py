"""Checks of an exercise's answer that can fail, and then say what is wrong first."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from monotakd.lesson import progress


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


def number_text(value: Any) -> str:
    """A result as people write it: six digits of a decimal number, everything else as it is."""
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
        raise CheckFailedError(f"{what}: {number_text(ours[()])}, expected {number_text(wanted[()])}")
    index = tuple(int(i) for i in np.argwhere(~same)[0])
    place = ", ".join(map(str, index))
    raise CheckFailedError(
        f"{what}[{place}] is {number_text(ours[index])}, expected {number_text(wanted[index])} "
        f"({int(np.sum(~same))} of {ours.size} values differ)"
    )


def check(name: str, answer: Any, verify: Callable[[Any], bool | None]) -> None:
    """Checks an exercise and prints one line when it is solved; an exercise copy keeps it, see `progress`.

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
    progress.keep_check(name)


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
