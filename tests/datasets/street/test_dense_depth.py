"""Depth drawn again from a world's seeds: the generator's own depth, and the world's own LiDAR."""

import json
import shutil

import numpy as np
import pytest

pytest.importorskip("open3d")

from monotakd import paths
from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.kitti.depth import read_depth
from monotakd.datasets.kitti.layout import DEPTHS
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.street.dense_depth import TOLERANCE, depth_path, render_depth_maps
from monotakd.datasets.street.generate import scene_of_frame, synthesize
from monotakd.datasets.street.render import render, render_depth
from monotakd.errors import DataError


def test_depth_alone_is_the_depth_of_the_whole_picture():
    scene = scene_of_frame(paths.toy_set(), "000001")
    np.testing.assert_array_equal(render_depth(scene, threads=1), render(scene, threads=1).frame.depth)


def test_the_files_are_those_that_the_world_would_have_had(tmp_path):
    root, again = tmp_path / "world", tmp_path / "depth"
    synthesize(root, train=2, val=0, test=1, seed=5, width=128, depth=True, progress=False)
    assert render_depth_maps(root, ["000000", "000002"], again, progress=False) == 2
    assert {path.name for path in again.iterdir()} == {"000000.png", "000002.png"}
    for subset, frame_id in (("training", "000000"), ("testing", "000002")):
        assert depth_path(again, frame_id).read_bytes() == KittiRoot(root, subset).path(DEPTHS, frame_id).read_bytes()


def test_it_agrees_with_the_lidar_of_the_shipped_streets(tmp_path):
    root = KittiRoot(paths.toy_set())
    ids = root.split("trainval").ids[:3]
    assert render_depth_maps(root.root, ids, tmp_path, workers=2, progress=False) == 3
    for frame_id in ids:
        frame, depth = root.frame(frame_id), read_depth(depth_path(tmp_path, frame_id))
        seen = sparse_depth(frame.points, frame.calibration)
        both = (seen > 0) & (depth > 0)
        assert both.sum() > 0.99 * (seen > 0).sum() > 9_000
        off = np.abs(seen[both] / depth[both] - 1)
        # The sensor's noise and the slope of the ground within a pixel; at edges the two look past each other.
        assert np.median(off) < 0.01
        assert np.quantile(off, 0.9) < 0.05
        assert (depth > 0).sum() > 1.5 * both.sum(), "dense means that it knows much more than the LiDAR"


def test_what_is_there_is_kept(tmp_path):
    assert render_depth_maps(paths.toy_set(), ["000000"], tmp_path, progress=False) == 1
    assert render_depth_maps(paths.toy_set(), ["000000"], tmp_path, progress=False) == 0


def test_a_world_of_other_streets_is_refused(tmp_path):
    root = tmp_path / "world"
    shutil.copytree(paths.toy_set(), root)
    manifest = json.loads((root / "world.json").read_text())
    (root / "world.json").write_text(json.dumps({**manifest, "seed": manifest["seed"] + 1}))
    with pytest.raises(DataError, match=r"frame 000000.*[Ss]ynthesise it anew") as error:
        render_depth_maps(root, ["000000"], tmp_path / "depth", progress=False)
    assert f"at most {100 * TOLERANCE:.0f} %" in str(error.value)
    assert not any((tmp_path / "depth").iterdir())


def test_unknown_frames_and_other_roots_are_refused(tmp_path):
    with pytest.raises(DataError, match="no frame 000099"):
        render_depth_maps(paths.toy_set(), ["000099"], tmp_path)
    (tmp_path / "training").mkdir()
    with pytest.raises(DataError, match=r"world\.json"):
        render_depth_maps(tmp_path, ["000000"], tmp_path / "depth")
