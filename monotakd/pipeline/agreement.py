"""Which runs belong together: those of one budget, one world and the same teacher, assistant and depth network.

A preset's name is not enough. Teachers of two machines are two teachers, and bfloat16 is another training than float32:
students of both, put into one line of a table, would pass for seeds of one experiment. So each preset and label setting
has one value of everything that is compared here. What a run does not say, as older ones do not say everything, is not
compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from os import PathLike
from typing import Any

from monotakd.engine.settings import TrainSettings
from monotakd.errors import DataError

SHORT = 16
"""Letters of a network's hash that records hold."""
START, FRESH = "depth_network: starts as", "fresh weights"
"""What the depth network starts as: these, or the hash of a network with published image weights."""

_FIX = "Runs that differ in this are never put together: keep them in folders of their own (--out, --results)"


@dataclass(frozen=True)
class Told:
    """What one source says of the trainings of a preset and label setting.

    Attributes:
        source: a file, or what a user asked for.
        preset: its name.
        labels: the label setting.
        facts: value by name.
    """

    source: str | PathLike[str]
    preset: str
    labels: str
    facts: Mapping[str, Any]


def require_agreement(told: Iterable[Told]) -> None:
    """Refuses to put together what was not trained alike.

    Raises:
        DataError: two sources differ; names both, the fact and its two values.
    """
    known: dict[tuple[str, str, str], tuple[str | PathLike[str], Any]] = {}
    for one in told:
        for name, value in one.facts.items():
            source, before = known.setdefault((one.preset, one.labels, name), (one.source, value))
            if before != value:
                raise DataError(
                    one.source, f"{name} {value}", f"{before}, as in {source}", place=f"{one.labels} labels", fix=_FIX
                )


def budget_facts(network: str, budget: TrainSettings) -> dict[str, Any]:
    """What a budget says, but for its seed.

    Args:
        network: ``"depth_network"``, one of `rows.MODELS`, or ``"student"``: all rows train alike.
        budget: its training.
    """
    return _budget(network, asdict(budget))


def facts_of(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What the ``config.json`` of a training says that others have to agree with.

    Args:
        config: of the training.
        name: ``"depth_network"``, one of `rows.MODELS`, or the row of a student.
    """
    settings = _part(config, "settings")
    recipe = _part(settings, "recipe")
    facts = _budget("student" if recipe else name, _part(config, "train"))
    taught = {
        **_part(config, "frozen"),
        **{by: settings.get(by) for by in ("teacher", "assistant") if settings.get(by)},
    }
    hashes = {
        "teacher": taught.get("teacher"),
        _assistant(str(recipe.get("assistant"))): taught.get("assistant"),
        "depth network": settings.get("depth_network"),
    }
    facts |= {network: str(value)[:SHORT] for network, value in hashes.items() if value}
    if name == "depth_network":
        facts[START] = settings.get("start", FRESH)
    frames = _part(config, "frames").get("sha256")
    return facts if frames is None else {**facts, f"frames to train {name} on": frames[:SHORT]}


def facts_of_result(row: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """The same of the record of an evaluated run, with its own weights where others are taught by them.

    Args:
        row: one of `rows.MODELS`, or the row of a student.
        record: see `results.RunResult`.
    """
    config = _part(record, "config")
    facts = facts_of(config, row)
    settings = _part(config, "settings")
    if record.get("weights") and "recipe" not in settings:
        training = _part(settings, "network").get("training")
        facts["teacher" if training is None else _assistant(str(training))] = record["weights"]
    return facts | ({"world": record["world"]} if record.get("world") else {})


def _assistant(training: str) -> str:
    """What the assistant that was trained like this is called."""
    return f"assistant ({training})"


def _budget(network: str, train: Mapping[str, Any]) -> dict[str, Any]:
    if not train:
        return {}
    compared = {field.name: train.get(field.name, field.default) for field in fields(TrainSettings)}
    del compared["seed"]
    compared["momentum"] = list(compared["momentum"])
    return {f"{network}: {name}": value for name, value in compared.items()}


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a record that may lack it."""
    part = value.get(name)
    return part if isinstance(part, Mapping) else {}
