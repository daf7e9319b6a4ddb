"""config.json: what a run is, in plain JSON, and the refusal to go on with another one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field, fields, is_dataclass
from pathlib import Path
from typing import Any

from monotakd.engine.durable import write_durably
from monotakd.errors import DataError

NAME = "config.json"
RECORD = "record"
"""The part of a config that is written down and not compared: machine, versions."""

_ABSENT = "absent"
_ADDED_LATER = "added later"


def added_later(default: Any) -> Any:
    """A dataclass field that configurations name only where it differs from its default, so that older runs go on."""
    return field(default=default, metadata={_ADDED_LATER: True})


def to_json(value: Any) -> Any:
    """Dataclasses, mappings and sequences as plain JSON values.

    Raises:
        ValueError: something else is in there.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        shown = [f for f in fields(value) if not (_ADDED_LATER in f.metadata and getattr(value, f.name) == f.default)]
        return {f.name: to_json(getattr(value, f.name)) for f in shown}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    raise ValueError(
        f"a configuration holds a {type(value).__name__}, expected dataclasses, mappings, sequences, numbers, strings"
    )


def write_config(folder: Path, config: Mapping[str, Any]) -> Path:
    """Writes ``config.json`` in one step."""
    path = folder / NAME
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    write_durably(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return path


def read_config(folder: Path) -> dict[str, Any]:
    """Reads ``config.json``.

    Raises:
        DataError: it is missing or no JSON object.
    """
    path = folder / NAME
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(path, "no such file", "the configuration of a run") from None
    except ValueError as error:
        raise DataError(path, f"text that is no JSON ({error})", "the configuration of a run") from None
    if not isinstance(config, dict):
        raise DataError(path, f"a JSON {type(config).__name__}", "the configuration of a run, a JSON object")
    return config


_RESUME = "Resume with the saved values, or train into another folder"


def require_same_config(
    source: Path, saved: Mapping[str, Any], given: Mapping[str, Any], *, fix: str = _RESUME
) -> None:
    """Refuses to resume one run as another, or to take one network for another.

    Args:
        source: where the saved values are from.
        saved: configuration, or a part of one.
        given: the same part of what is wanted now.
        fix: what the reader may do.

    Raises:
        DataError: names each field that differs, with both values.
    """
    there, here = (dict(_flat({k: v for k, v in c.items() if k != RECORD})) for c in (saved, given))
    differing = [
        name for name in sorted(there.keys() | here.keys()) if there.get(name, _ABSENT) != here.get(name, _ABSENT)
    ]
    if differing:
        raise DataError(
            source,
            "; ".join(f"{name} = {_shown(there, name)}" for name in differing),
            "; ".join(f"{name} = {_shown(here, name)}" for name in differing) + ", as given now",
            place=differing[0],
            fix=fix,
        )


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    # Lists are compared as a whole, which reads better than one line per entry.
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value


def _shown(config: Mapping[str, Any], name: str) -> str:
    return json.dumps(config[name]) if name in config else _ABSENT
