"""Settings back from the JSON that a run keeps beside its weights, or that somebody wrote."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from typing import Any

T = typing.TypeVar("T")


class FieldError(ValueError):
    """A field of settings that cannot be read.

    Attributes:
        place: its name, with those of what it is part of.
        found: what is there.
        expected: what would have been right.
        fix: the name that may have been meant; None where there is no guess.
    """

    def __init__(self, place: str, found: str, expected: str, fix: str | None = None):
        super().__init__(f"{place} is {found}, expected {expected}" + ("" if fix is None else f". {fix}"))
        self.place, self.found, self.expected, self.fix = place, found, expected, fix


def from_json(kind: type[T], value: Any, place: str = "settings", stand_ins: tuple[type, ...] = ()) -> T:
    """A frozen dataclass from plain JSON values, the inverse of `engine.config_file.to_json`.

    Fields that the file does not know take their defaults: they were added since.

    Args:
        kind: the dataclass; its fields may hold dataclasses, unions of them, tuples, literals and plain values.
        value: what the JSON file holds.
        place: names the whole in errors; may be empty.
        stand_ins: dataclasses that a field annotated with a protocol may hold; the first whose fields fit is taken.

    Raises:
        FieldError: a field is unknown, missing, or holds a value of another kind; names the field.
    """
    return _read(kind, value, place, stand_ins)


def _read(kind: Any, value: Any, place: str, stand_ins: tuple[type, ...]) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind):
        return _dataclass(kind, value, place, stand_ins)
    if getattr(kind, "_is_protocol", False):
        return _first_that_fits(stand_ins, value, place, stand_ins)
    if origin in (typing.Union, types.UnionType):
        return _first_that_fits(arguments, value, place, stand_ins)
    if origin is typing.Literal:
        if value not in arguments:
            raise FieldError(place, repr(value), _one_of(map(repr, arguments)), _guess(value, arguments))
        return value
    if origin is tuple:
        return _tuple(arguments, value, place, stand_ins)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Any or (isinstance(kind, type) and type(value) is kind):
        return value
    raise FieldError(place, repr(value), getattr(kind, "__name__", str(kind)))


def _dataclass(kind: Any, value: Any, place: str, stand_ins: tuple[type, ...]) -> Any:
    if not isinstance(value, dict):
        raise FieldError(place or "the whole", repr(value), f"the fields of {kind.__name__}")
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in fields(kind) if f.init}
    for name in sorted(value.keys() - known.keys()):
        raise FieldError(
            _inside(place, name), f"a field unknown to {kind.__name__}", _one_of(known), _guess(name, known)
        )
    for name, f in known.items():
        if name not in value and f.default is MISSING and f.default_factory is MISSING:
            raise FieldError(_inside(place, name), "nothing", f"this field of {kind.__name__}")
    return kind(**{name: _read(hints[name], item, _inside(place, name), stand_ins) for name, item in value.items()})


def _first_that_fits(kinds: tuple, value: Any, place: str, stand_ins: tuple[type, ...]) -> Any:
    problems = []
    for kind in kinds:
        try:
            return None if kind is type(None) and value is None else _read(kind, value, place, stand_ins)
        except FieldError as error:
            problems.append(error)
    if not problems:
        raise FieldError(place, repr(value), "something known to stand there")
    first, *others = problems
    raise FieldError(first.place, first.found, "; or ".join([first.expected, *map(str, others)]), first.fix)


def _tuple(kinds: tuple, value: Any, place: str, stand_ins: tuple[type, ...]) -> tuple:
    if not isinstance(value, (list, tuple)):
        raise FieldError(place, repr(value), "a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise FieldError(place, f"a list of {len(value)}", f"{len(kinds)} entries")
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(_read(kind, item, f"{place}[{i}]", stand_ins) for i, (kind, item) in pairs)


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _one_of(names: Iterable[str]) -> str:
    return f"one of {', '.join(names)}"


def _guess(value: Any, known: Iterable[Any]) -> str | None:
    near = get_close_matches(value, [name for name in known if isinstance(name, str)], 1) if type(value) is str else []
    return f"Did you mean {near[0]!r}?" if near else None
