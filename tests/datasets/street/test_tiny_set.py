"""The frames under data/tiny and data/toy: whole, small, and what the code of today makes."""

from pathlib import Path

import numpy as np
import pytest

from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.street.generate import TINY_SEED, TOY_SEED, scene_of_frame
from monotakd.datasets.street.manifest import Manifest

ROOT = Path(__file__).resolve().parents[3] / "data" / "tiny"
TOY = ROOT.with_name("toy")


def test_size_and_splits():
    files = [path for path in ROOT.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 10_000_000
    root = KittiRoot(ROOT)
    assert root.split("train").ids == tuple(f"{n:06d}" for n in range(6))
    assert root.split("val").ids == ("000006", "000007")
    manifest = Manifest.read(ROOT)
    assert (manifest.seed, manifest.settings.camera_view_only) == (TINY_SEED, True)


def test_every_frame_reads_and_they_differ():
    root = KittiRoot(ROOT)
    names, brightness = set(), []
    for frame_id in root.split("trainval").ids:
        frame = root.frame(frame_id, depth="sparse")
        assert frame.image.shape == (375, 1242, 3)
        assert len(frame.points) > 10_000
        assert frame.points[:, 0].min() > 0
        names |= set(frame.annotations.boxes.names)
        brightness.append(frame.image.mean())
    assert {"Car", "Van", "Pedestrian", "Cyclist"} <= names
    assert max(brightness) - min(brightness) > 20


def test_the_toy_set():
    files = [path for path in TOY.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 5_000_000
    root = KittiRoot(TOY)
    assert (len(root.split("train")), len(root.split("val"))) == (4, 8)
    assert Manifest.read(TOY).seed == TOY_SEED
    frames = [root.frame(frame_id) for frame_id in root.split("trainval").ids]
    assert all(frame.image.shape == (96, 320, 3) and len(frame.points) > 5_000 for frame in frames)
    assert sum(len(frame.annotations.boxes.named("Car")) for frame in frames) > 24


@pytest.mark.parametrize("ROOT", [ROOT, TOY], ids=["tiny", "toy"])
def test_the_code_still_makes_it(ROOT):
    """Labels to the digit; pictures up to rounding, since other processors round sines differently."""
    pytest.importorskip("open3d")
    from monotakd.datasets.street.render import render

    root = KittiRoot(ROOT)
    for frame_id in ("000003", "000007"):
        drawn, stored = render(scene_of_frame(ROOT, frame_id), threads=1), root.frame(frame_id)
        assert drawn.labels.names == root.labels(frame_id).names
        np.testing.assert_allclose(drawn.labels.matrix(), root.labels(frame_id).matrix(), atol=0.011)
        assert np.abs(drawn.frame.image.astype(int) - stored.image).mean() < 0.5
        assert abs(len(drawn.frame.points) - len(stored.points)) < 100
