"""Cached outputs are what the network said, survive interruptions, and are never taken for another network's."""

import os

import pytest
import torch
from tiny_training import TinyFrames, tiny_frozen

from monotakd.engine import feature_cache
from monotakd.engine.feature_cache import FeatureCache
from monotakd.engine.weights import weights_hash
from monotakd.errors import DataError

FRAMES = TinyFrames(5)
NET = tiny_frozen().eval()


def outputs(batch) -> dict:
    bev = NET(batch.sensors.images)
    return {"bev": bev, "scores": bev.mean(dim=(2, 3)).sigmoid()}


def cache(tmp_path) -> FeatureCache:
    return FeatureCache(tmp_path, weights_hash(NET))


def fill(tmp_path, compute=outputs, frames=FRAMES, **arguments) -> int:
    arguments = {"batch_size": 2, "progress": False, "say": lambda message: None, **arguments}
    return cache(tmp_path).fill(frames.frame_ids, frames.plain, compute, **arguments)


def contents(tmp_path) -> dict:
    return {path.name: path.read_bytes() for path in cache(tmp_path).folder.iterdir()}


def test_a_batch_is_what_the_network_says_in_half_precision(tmp_path):
    assert fill(tmp_path) == 10
    found = cache(tmp_path).read(["000003", "000001"], [True, False])
    with torch.no_grad():
        expected = outputs(feature_cache.collate([FRAMES.plain(3, True), FRAMES.plain(1, False)]))
    assert {name: value.dtype for name, value in found.items()} == {"bev": torch.float32, "scores": torch.float32}
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-4)
    flipped = cache(tmp_path).read(["000003"], [False])["bev"].flip(-1)
    torch.testing.assert_close(flipped, found["bev"][:1], rtol=1e-3, atol=1e-3)


def test_it_has_the_same_bytes_whoever_reads_the_frames(tmp_path):
    fill(tmp_path / "alone")
    fill(tmp_path / "spread", workers=2)
    assert contents(tmp_path / "spread") == contents(tmp_path / "alone")


def test_an_interrupted_cache_goes_on_to_the_same_bytes(tmp_path):
    fill(tmp_path / "whole")
    calls = []

    def interrupted(batch):
        if len(calls) == 4:  # The first one tells the size.
            raise KeyboardInterrupt
        calls.append(batch.frame_ids)
        return outputs(batch)

    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path / "parts", interrupted)
    (cache(tmp_path / "parts").folder / ".000004.safetensors.part").write_bytes(b"half")
    os.unlink(cache(tmp_path / "parts").path("000001", False))
    done = []
    assert fill(tmp_path / "parts", lambda batch: done.append(batch.frame_ids) or outputs(batch)) == 6
    # The first missing one tells the size.
    assert done == [("000001",), ("000000", "000001"), ("000000", "000001"), ("000002", "000003"), ("000004",)]
    assert contents(tmp_path / "parts").items() >= contents(tmp_path / "whole").items()
    assert fill(tmp_path / "parts", lambda batch: pytest.fail("nothing is left to do")) == 0


def test_the_size_is_told_before(tmp_path, monkeypatch):
    said = []
    fill(tmp_path, say=said.append)
    values = 8 * 12 + 1
    assert said[0].startswith(f"cache: 10 files, {10 * values * 2 / 1e6:.0f} MB")
    monkeypatch.setattr(feature_cache.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 100})())
    with pytest.raises(DataError, match="free disk"):
        fill(tmp_path / "full")
    assert contents(tmp_path / "full") == {}


def test_what_is_missing_is_measured_by_one_frame(tmp_path):
    asked = []
    arguments = (FRAMES.frame_ids, FRAMES.plain, lambda batch: asked.append(len(batch)) or outputs(batch))
    assert cache(tmp_path).bytes_missing(*arguments) == 10 * (8 * 12 + 1) * 2
    fill(tmp_path)
    os.unlink(cache(tmp_path).path("000003", True))
    assert cache(tmp_path).bytes_missing(*arguments) == (8 * 12 + 1) * 2
    fill(tmp_path)
    assert cache(tmp_path).bytes_missing(*arguments) == 0
    assert asked == [1, 1]


def test_another_network_has_a_cache_of_its_own(tmp_path):
    fill(tmp_path)
    other = FeatureCache(tmp_path, "0123abcd")
    assert len(other.missing(FRAMES.frame_ids)) == 10
    with pytest.raises(DataError, match="nothing that can be read"):
        other.read(["000000"], [False])


def test_a_renamed_or_damaged_file_is_refused(tmp_path):
    fill(tmp_path)
    mine = cache(tmp_path)
    os.replace(mine.path("000001", False), mine.path("000000", False))
    with pytest.raises(DataError, match="outputs of frame 000001"):
        mine.read(["000000"], [False])
    path = mine.path("000002", False)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="000002"):
        mine.read(["000002"], [False])


def test_what_half_precision_cannot_hold_is_refused(tmp_path):
    with pytest.raises(ValueError, match="outputs bev of frame 000000"):
        fill(tmp_path, lambda batch: {"bev": 1e6 * torch.ones(len(batch), 2)})


def test_a_key_is_no_path(tmp_path):
    with pytest.raises(ValueError, match="cache key"):
        FeatureCache(tmp_path, "../elsewhere")
