"""Configurations become plain JSON, and a difference is named."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from monotakd.engine.config_file import read_config, require_same_config, to_json, write_config
from monotakd.errors import DataError
from monotakd.scene import BevGrid


@dataclass(frozen=True)
class Settings:
    grid: BevGrid
    name: str | None = None


GRID = BevGrid((2.0, -17.92), (46.8, 17.92), (0.64, 0.64))


def test_dataclasses_become_plain_values_and_survive_the_file(tmp_path):
    config = to_json({"model": Settings(GRID), "path": Path("a"), "list": [1, (2.5, True)]})
    write_config(tmp_path, config)
    assert read_config(tmp_path) == config
    assert config["model"]["grid"]["lower"] == [2.0, -17.92]
    require_same_config(tmp_path / "config.json", read_config(tmp_path), config)


def test_what_is_no_configuration_is_refused():
    with pytest.raises(ValueError, match="holds a function"):
        to_json({"loss": lambda: 0})


def test_all_differences_are_named_with_both_values():
    saved = {"train": {"steps": 5, "seed": 1}, "weights": {}, "record": {"torch": "1"}}
    given = {"train": {"steps": 6, "seed": 1}, "weights": {"a": 0.5}, "record": {"torch": "2"}}
    with pytest.raises(DataError) as refusal:
        require_same_config(Path("config.json"), saved, given)
    assert refusal.value.found == "train.steps = 5; weights.a = absent"
    assert refusal.value.expected == "train.steps = 6; weights.a = 0.5, as given now"


def test_none_is_not_the_same_as_absent():
    with pytest.raises(DataError, match="a = null"):
        require_same_config(Path("config.json"), {"a": None}, {})


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x80"])
def test_a_damaged_file_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"config\.json"):
        read_config(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_config(tmp_path)
