"""The errors that a user sees: bad input, which says where, what and what to do, and work that had to stop."""

from __future__ import annotations

from os import PathLike


class DataError(ValueError):
    """Input that cannot be used, described so that the reader can mend it.

    Args:
        source: the file (or the argument's name) that is wrong.
        found: what was found there.
        expected: what would have been right.
        place: where inside the source, such as ``"line 3"`` or ``"byte 1920"``.
        fix: what to do about it, where that is known.
    """

    def __init__(
        self,
        source: str | PathLike[str],
        found: str,
        expected: str,
        *,
        place: str | None = None,
        fix: str | None = None,
    ):
        self.source = str(source)
        self.place = place
        self.found = found
        self.expected = expected
        self.fix = fix
        where = self.source if place is None else f"{self.source}, {place}"
        message = f"{where}: found {found}; expected {expected}"
        super().__init__(message if fix is None else f"{message}. {fix}")

    def __reduce__(self):
        # Worker processes send errors back pickled; the default would call __init__ with the message alone.
        return _rebuild, (self.source, self.found, self.expected, self.place, self.fix)


class StoppedError(Exception):
    """Work that did not come to its end. The message is for the reader; what was done until then is kept."""


def require(condition: object, message: str) -> None:
    """Raises ValueError with ``message`` unless the condition holds, a truth value of Python, numpy or torch."""
    if not condition:
        raise ValueError(message)


def _rebuild(source, found, expected, place, fix) -> DataError:
    return DataError(source, found, expected, place=place, fix=fix)
