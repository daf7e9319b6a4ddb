"""From logits to depth, points and a PLY file, each against numbers worked out by hand or by another reader."""

import numpy as np
import pytest
import torch
from photos import make_photo

from monotakd.datasets.ply import write_ply
from monotakd.geometry.frames import project_lidar
from monotakd.predict.own_camera import OwnCamera
from monotakd.predict.predicted_depth import coloured_points, depth_of_pixels, most_probable_depth
from monotakd.scene import DepthBins, VoxelGrid

BINS = DepthBins("UD", 4, 2.0, 10.0)  # 2 m each, middles 3 5 7 9
GRID = VoxelGrid((2.0, -8.0, -3.0), (18.0, 8.0, 1.0), (1.0, 1.0, 1.0))


def logits(*probabilities):
    """One cell per row of probabilities: four bins and "beyond"."""
    return torch.tensor(probabilities).T[..., None].log()


@pytest.mark.parametrize(
    ("probability", "depth"),
    [
        ((0.0, 0.0, 1.0, 0.0, 0.0), 7.0),
        ((0.0, 0.25, 0.75, 0.0, 0.0), 6.5),
        ((0.1, 0.2, 0.4, 0.2, 0.1), 7.0),
        ((0.6, 0.2, 0.0, 0.2, 0.0), 3.5),  # what stands far behind does not pull
        ((0.0, 0.1, 0.0, 0.5, 0.4), 9.0),
        ((0.0, 0.1, 0.4, 0.0, 0.5), 0.0),  # beyond
    ],
)
def test_depth_by_hand(probability, depth):
    found = most_probable_depth(logits(probability), BINS)
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(depth, abs=1e-5)


def test_lid_bins_are_read_in_their_own_index():
    bins = DepthBins("LID", 10, 0.0, 55.0)  # edges 0 1 3 6 10 15
    probability = [0.0] * 11
    probability[3] = 1.0
    # Index 3.5: s / 8 * ((2 * 3.5 + 1)^2 - 1) with s = 1.
    assert most_probable_depth(logits(probability), bins)[0, 0] == pytest.approx(63 / 8)


def test_pixels_take_their_cells_depth():
    real = np.ones((3, 5), dtype=bool)
    real[:, 4] = False
    depth = depth_of_pixels(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), 2, (3, 5), real)
    np.testing.assert_array_equal(depth, [[1, 1, 2, 2, 0], [1, 1, 2, 2, 0], [4, 4, 5, 5, 0]])


def test_points_project_back_onto_their_pixels():
    photo = make_photo(32, 64, OwnCamera(fx=40.0))
    depth = np.zeros((32, 64))
    depth[20, 10], depth[25, 50], depth[2, 30], depth[20, 40] = 9.0, 12.0, 15.0, 30.0  # sky, and beyond the grid
    cloud = coloured_points(photo, depth, GRID)
    uv, back = project_lidar(photo.calibration, cloud.points)
    np.testing.assert_allclose(uv, [[10, 20], [50, 25]], atol=1e-9)
    np.testing.assert_allclose(back, [9.0, 12.0])
    np.testing.assert_array_equal(cloud.colours, photo.image[[20, 25], [10, 50]])


def test_nothing_known_gives_an_empty_cloud(tmp_path):
    cloud = coloured_points(make_photo(32, 64, OwnCamera(fx=40.0)), np.zeros((32, 64)), GRID)
    assert len(cloud) == 0
    write_ply(tmp_path / "empty.ply", cloud)
    assert b"element vertex 0\n" in (tmp_path / "empty.ply").read_bytes()


def test_ply_reads_back_in_open3d(tmp_path):
    open3d = pytest.importorskip("open3d")
    depth = np.full((32, 64), 9.0)
    cloud = coloured_points(make_photo(32, 64, OwnCamera(fx=40.0)), depth, GRID)
    assert len(cloud) > 1000
    write_ply(tmp_path / "points.ply", cloud)
    read = open3d.io.read_point_cloud(str(tmp_path / "points.ply"))
    np.testing.assert_allclose(np.asarray(read.points), cloud.points, atol=1e-5)
    np.testing.assert_allclose(np.asarray(read.colors) * 255, cloud.colours, atol=1e-3)
