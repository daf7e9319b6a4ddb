import numpy as np
import pytest
from completion_reference import complete_slowly

from monotakd.datasets.depth_completion import complete_depth
from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.kitti.reader import KittiRoot


def scattered(rng, size, share):
    return np.where(rng.random(size) < share, rng.uniform(2, 80, size), 0).astype(np.float32)


@pytest.mark.parametrize("blur", [None, "gaussian", "bilateral"])
@pytest.mark.parametrize("fill_to_top", [True, False])
@pytest.mark.parametrize(("share", "size"), [(0.002, (60, 90)), (0.05, (47, 61)), (0.6, (33, 20))])
def test_the_fast_filters_equal_the_obvious_ones(blur, fill_to_top, share, size):
    sparse = scattered(np.random.default_rng(11), size, share)
    fast = complete_depth(sparse, blur=blur, fill_to_top=fill_to_top)
    slow = complete_slowly(sparse, blur=blur, fill_to_top=fill_to_top)
    np.testing.assert_array_equal(fast > 0, slow > 0)
    # The weights come from a table of 128 steps a sigma, hence the centimetre.
    np.testing.assert_allclose(fast, slow, atol=1e-2 if blur == "bilateral" else 1e-3)


def test_a_near_object_wins_over_the_wall_behind():
    sparse = np.zeros((40, 60), np.float32)
    sparse[::4, ::4] = 30.0
    sparse[16:24:4, 20:40:4] = 10.0
    dense = complete_depth(sparse)
    assert (dense > 0).all()
    np.testing.assert_allclose(dense[16:21, 20:37], 10.0, atol=1e-4)
    np.testing.assert_allclose(dense[30:, :], 30.0, atol=1e-4)


def test_columns_are_filled_to_the_top_only_where_asked():
    sparse = np.zeros((60, 30), np.float32)
    sparse[50:, ::2] = 20.0
    assert (complete_depth(sparse)[0] > 0).all()
    assert (complete_depth(sparse, fill_to_top=False)[:40] == 0).all()


def test_what_is_too_far_counts_as_unknown():
    assert not complete_depth(np.full((9, 9), 120.0, np.float32)).any()
    np.testing.assert_allclose(complete_depth(np.full((9, 9), 99.9, np.float32)), 99.9, rtol=1e-5)


def test_nothing_known_stays_nothing_known():
    assert not complete_depth(np.zeros((9, 9), np.float32)).any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_bad_depth_is_refused(value):
    with pytest.raises(ValueError, match="sparse depth map"):
        complete_depth(np.array([[0.0, value]]))


def test_held_out_points_of_real_frames_are_met(real_kitti):
    root = KittiRoot(real_kitti)
    errors = []
    for frame_id in root.present_ids()[::4]:
        frame = root.frame(frame_id)
        kept = np.random.default_rng([1, int(frame_id)]).random(len(frame.points)) < 0.8
        given, held_out = (sparse_depth(frame.points[rows], frame.calibration) for rows in (kept, ~kept))
        seen = (held_out > 0) & (held_out < 100) & (given == 0)
        errors.append((complete_depth(given) - held_out)[seen])
    errors = np.abs(np.concatenate(errors))
    # Measured on all 18 frames: mean 0.65 m, median 0.06 m. A shift by one pixel or a lost filter shows here.
    assert errors.mean() < 0.9
    assert np.median(errors) < 0.1
