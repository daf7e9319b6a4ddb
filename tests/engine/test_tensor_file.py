"""A file is read whole and right, or refused by name."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from monotakd.engine import tensor_file
from monotakd.engine.tensor_file import read_tensors, tensors_hash, write_tensors
from monotakd.errors import DataError

TENSORS = {
    "weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "half": torch.ones(3, dtype=torch.bfloat16),
    "count": torch.tensor(7),
    "mask": torch.tensor([True, False]),
    "none": torch.zeros(0, 4),
}
FACTS = {"step": 3, "name": "tiny"}


@pytest.fixture
def path(tmp_path):
    write_tensors(tmp_path / "file.safetensors", "test", TENSORS, FACTS)
    return tmp_path / "file.safetensors"


def test_what_was_written_is_read(path):
    tensors, facts = read_tensors(path, "test")
    assert {name: (t.dtype, t.tolist()) for name, t in tensors.items()} == {
        name: (t.dtype, t.tolist()) for name, t in TENSORS.items()
    }
    assert (facts["step"], facts["name"]) == (3, "tiny")


def test_equal_content_gives_equal_bytes(path, tmp_path):
    for attempt in range(5):
        write_tensors(tmp_path / str(attempt), "test", dict(reversed(TENSORS.items())), dict(reversed(FACTS.items())))
        assert (tmp_path / str(attempt)).read_bytes() == path.read_bytes()


def test_tied_weights_and_strides_are_no_obstacle(tmp_path):
    wide = torch.arange(12.0).reshape(3, 4)
    write_tensors(tmp_path / "tied", "test", {"a": wide, "b": wide, "c": wide.T}, {})
    tensors, _ = read_tensors(tmp_path / "tied", "test")
    assert torch.equal(tensors["c"], tensors["a"].T)


def test_every_cut_is_refused(path):
    data = path.read_bytes()
    for size in [*range(40), *range(40, len(data), 7), len(data) - 1]:
        path.write_bytes(data[:size])
        with pytest.raises(DataError, match=re.escape(str(path))):
            read_tensors(path, "test")


def test_every_flipped_byte_is_refused_or_harmless(path):
    data = path.read_bytes()
    harmless = 0
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :])
        try:
            tensors, facts = read_tensors(path, "test")
        except DataError:
            continue
        harmless += 1
        assert tensors_hash(tensors) == tensors_hash(TENSORS)
        assert (facts["step"], facts["name"]) == (3, "tiny")
    assert harmless < 20, "only padding may not matter"


def test_another_version_is_refused_by_number(path, monkeypatch):
    monkeypatch.setattr(tensor_file, "FORMAT", 2)
    with pytest.raises(DataError, match="format 1; expected format 2"):
        read_tensors(path, "test")


def test_another_kind_is_refused(path):
    with pytest.raises(DataError, match="kind 'test'; expected kind 'checkpoint'"):
        read_tensors(path, "checkpoint")


@pytest.mark.parametrize("metadata", [None, {"pt": "1"}, {"monotakd": "{}"}, {"monotakd": "3"}, {"monotakd": "{"}])
def test_files_of_others_are_refused(tmp_path, metadata):
    save_file({"a": torch.ones(2)}, tmp_path / "other", metadata=metadata)
    with pytest.raises(DataError, match="no such file"):
        read_tensors(tmp_path / "other", "test")


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DataError, match="nothing that can be read"):
            read_tensors(path, "test")


def test_a_failed_write_leaves_the_old_file_and_no_litter(path, monkeypatch):
    before = path.read_bytes()

    def full(file, data):
        with open(file, "wb") as opened:
            opened.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DataError, match="No space left"):
        write_tensors(path, "test", TENSORS, {})
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_hash_knows_names_types_shapes_and_bytes():
    hashes = [
        tensors_hash(tensors)
        for tensors in (
            {"a": torch.zeros(4)},
            {"b": torch.zeros(4)},
            {"a": torch.zeros(2, 2)},
            {"a": torch.zeros(4, dtype=torch.int32)},
            {"a": torch.tensor([0.0, 0, 0, 1])},
            {"a": torch.zeros(2), "b": torch.zeros(2)},
        )
    ]
    assert len(set(hashes)) == len(hashes)


def test_only_json_values_are_facts(tmp_path):
    with pytest.raises(TypeError):
        write_tensors(tmp_path / "f", "test", {}, {"path": tmp_path})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_tensors(tmp_path / "f", "test", {}, {"loss": float("nan")})
