"""Settings back from the JSON that a run keeps beside its weights."""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

T = typing.TypeVar("T")


def from_json(kind: type[T], value: Any, place: str = "settings", stand_ins: tuple[type, ...] = ()) -> T:
    """A frozen dataclass from plain JSON values, the inverse of `engine.config_file.to_json`.

    Fields that the file does not know take their defaults: they were added since.

    Args:
        kind: the dataclass; its fields may hold dataclasses, unions of them, tuples, literals and plain values.
        value: what the JSON file holds.
        place: names the field in errors.
        stand_ins: dataclasses that a field annotated with a protocol may hold; the first whose fields fit is taken.

    Raises:
        ValueError: a field is unknown, missing, or holds a value of another kind; names the field.
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
            raise ValueError(f"{place} is {value!r}, expected one of {', '.join(map(repr, arguments))}")
        return value
    if origin is tuple:
        return _tuple(arguments, value, place, stand_ins)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Any or (isinstance(kind, type) and type(value) is kind):
        return value
    raise ValueError(f"{place} is {value!r}, expected {getattr(kind, '__name__', kind)}")


def _dataclass(kind: Any, value: Any, place: str, stand_ins: tuple[type, ...]) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{place} is {value!r}, expected the fields of {kind.__name__}")
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in fields(kind) if f.init}
    unknown = sorted(value.keys() - known.keys())
    if unknown:
        raise ValueError(f"{place}.{unknown[0]} is unknown to {kind.__name__}")
    for name, f in known.items():
        if name not in value and f.default is MISSING and f.default_factory is MISSING:
            raise ValueError(f"{place}.{name} is missing")
    return kind(**{name: _read(hints[name], item, f"{place}.{name}", stand_ins) for name, item in value.items()})


def _first_that_fits(kinds: tuple, value: Any, place: str, stand_ins: tuple[type, ...]) -> Any:
    problems = []
    for kind in kinds:
        try:
            return None if kind is type(None) and value is None else _read(kind, value, place, stand_ins)
        except ValueError as error:
            problems.append(str(error))
    raise ValueError("; or ".join(problems) or f"{place} is {value!r}, which stands for nothing known")


def _tuple(kinds: tuple, value: Any, place: str, stand_ins: tuple[type, ...]) -> tuple:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{place} is {value!r}, expected a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise ValueError(f"{place} has {len(value)} entries, expected {len(kinds)}")
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(_read(kind, item, f"{place}[{i}]", stand_ins) for i, (kind, item) in pairs)
