"""Files of other programs: every form that is read, and what is said of files that are not."""

import json
from contextlib import suppress

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from monotakd.errors import DataError
from monotakd.pretrained.foreign_file import files_of, read_foreign

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.count": torch.tensor(3)}


def same(tensors) -> bool:
    return tensors.keys() == STATE.keys() and all(torch.equal(tensors[name], STATE[name]) for name in STATE)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"epoch": 3, "model_state": STATE, "optimizer_state": None},
        {"state_dict": STATE, "pytorch-lightning_version": "2"},
        {"model": {f"module.{name}": value for name, value in STATE.items()}},
    ],
    ids=["bare", "OpenPCDet", "Lightning", "data parallel"],
)
def test_torch_checkpoints(tmp_path, content, zipped):
    torch.save(content, tmp_path / "f.pth", _use_new_zipfile_serialization=zipped)
    assert same(read_foreign(tmp_path / "f.pth").tensors)


def test_safetensors(tmp_path):
    save_file(STATE, tmp_path / "f.safetensors")
    assert same(read_foreign(tmp_path / "f.safetensors").tensors)


def test_hugging_face_folders_in_one_file_or_several(tmp_path):
    save_file(STATE, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text('{"model_type": "resnet"}')
    foreign = read_foreign(tmp_path)
    assert same(foreign.tensors)
    assert foreign.config == {"model_type": "resnet"}

    folder = tmp_path / "parts"
    folder.mkdir()
    for number, name in enumerate(STATE):
        save_file({name: STATE[name]}, folder / f"{number}.safetensors")
    weight_map = {name: f"{number}.safetensors" for number, name in enumerate(STATE)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    assert same(read_foreign(folder).tensors)
    assert [path.name for path in files_of(folder)] == ["0.safetensors", "1.safetensors"]

    old = tmp_path / "old"
    old.mkdir()
    torch.save(STATE, old / "pytorch_model.bin")
    assert same(read_foreign(old).tensors)


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_in_a_file_is_run(tmp_path):
    torch.save({"model_state": STATE, "trap": Trap(tmp_path / "sprung")}, tmp_path / "f.pth")
    with pytest.raises(DataError, match="nothing was run"):
        read_foreign(tmp_path / "f.pth")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"model_state": {"a": 3}}, "'a', a int, among the tensors"),
        ([1, 2], "a list"),
        ({}, "a dict"),
    ],
)
def test_other_content_is_named(tmp_path, content, words):
    torch.save(content, tmp_path / "f.pth")
    with pytest.raises(DataError, match=words):
        read_foreign(tmp_path / "f.pth")


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_foreign(tmp_path / "none.pth")
    with pytest.raises(DataError, match=r"none of model\.safetensors, pytorch_model\.bin"):
        read_foreign(tmp_path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_damage_is_named_whatever_byte_it_strikes(tmp_path, zipped, suffix):
    path = tmp_path / f"f{suffix}"
    if suffix == ".pth":
        torch.save(STATE, path, _use_new_zipfile_serialization=zipped)
    else:
        save_file(STATE, path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    cut = [whole[:n] for n in rng.integers(0, len(whole), 30)]
    noise = [bytes(rng.integers(0, 256, 200, dtype=np.uint8)) for _ in range(20)]
    for data in [*cut, *noise, b""]:
        path.write_bytes(data)
        with pytest.raises(DataError):
            read_foreign(path)
    for place in rng.integers(0, len(whole), 60):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with suppress(DataError):  # Where it strikes a number, the file is still one.
            read_foreign(path)
