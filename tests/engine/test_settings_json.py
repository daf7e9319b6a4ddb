"""Settings survive the way through JSON, and every wrong field is named."""

import json
from dataclasses import dataclass
from typing import Literal, Protocol

import pytest

from monotakd.engine.config_file import to_json
from monotakd.engine.settings_json import FieldError, from_json
from monotakd.models.image_backbone import ImageBackboneSettings
from monotakd.models.student import StudentSettings, Wiring


class Shape(Protocol):
    def area(self) -> float: ...


@dataclass(frozen=True)
class Square:
    side: float


@dataclass(frozen=True)
class Disc:
    radius: float


@dataclass(frozen=True)
class Thing:
    kind: Literal["a", "b"]
    shape: Shape
    sizes: tuple[int, ...]
    pair: tuple[float, str] = (0.5, "x")
    other: Square | None = None


THING = Thing("b", Disc(2.0), (1, 2, 3), (1.5, "y"), Square(4.0))


@pytest.mark.parametrize("thing", [THING, Thing("a", Square(1.0), ())])
def test_round_trip(thing):
    assert from_json(Thing, json.loads(json.dumps(to_json(thing))), stand_ins=(Square, Disc)) == thing


@pytest.mark.parametrize("wiring", [Wiring.published(), Wiring.released(), Wiring.lite()])
def test_student_settings_round_trip(wiring):
    settings = StudentSettings.toy(wiring)
    value = json.loads(json.dumps(to_json(settings)))
    assert from_json(StudentSettings, value, stand_ins=(ImageBackboneSettings,)) == settings


def test_a_field_added_since_takes_its_default():
    value = to_json(THING)
    del value["pair"], value["other"]
    read = from_json(Thing, value, stand_ins=(Square, Disc))
    assert read.pair == (0.5, "x")
    assert read.other is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "c"}, r"thing\.kind is 'c'"),
        ({"colour": 1}, r"thing\.colour is a field unknown to Thing, expected one of kind, shape, sizes, pair, other$"),
        ({"size": 1}, r"thing\.size is a field unknown to Thing, expected one of .*\. Did you mean 'sizes'\?"),
        ({"sizes": [1, "2"]}, r"thing\.sizes\[1\]"),
        ({"sizes": [True]}, r"thing\.sizes\[0\]"),
        ({"sizes": 3}, r"thing\.sizes is 3, expected a list"),
        ({"pair": [1.0]}, r"thing\.pair is a list of 1, expected 2 entries"),
        (
            {"shape": {"edge": 1.0}},
            r"thing\.shape\.edge is a field unknown to Square, expected .* side; or .* to Disc",
        ),
        ({"other": {"side": "wide"}}, r"thing\.other\.side is 'wide', expected float"),
        ({"shape": 3}, r"thing\.shape is 3"),
    ],
)
def test_wrong_fields_are_named(change, words):
    with pytest.raises(FieldError, match=words):
        from_json(Thing, {**to_json(THING), **change}, "thing", (Square, Disc))


def test_a_missing_field_is_named():
    value = to_json(THING)
    del value["kind"]
    with pytest.raises(FieldError, match=r"thing\.kind is nothing, expected this field of Thing"):
        from_json(Thing, value, "thing", (Square, Disc))
