"""Which pixel belongs to which cell, and which numbers are read there."""

import numpy as np
import pytest
import torch

from monotakd.geometry.frames import project_lidar
from monotakd.metrics.similarity import compare_maps, occupied_cells
from monotakd.viz.explorers import FeatureGap

from ..conftest import BINS, bev


@pytest.fixture
def gap(known, maps, before, depth):
    return FeatureGap.of(known, maps, before=before, depth=depth, bins=BINS, matched={"fused"})


def test_a_cell_is_seen_at_the_pixel_that_looks_at_a_car_there(gap):
    chosen = gap.at_cell(2, 10)  # x 12.5 m, y -3 m: to the right of the middle
    wanted, _ = project_lidar(gap.frame.calibration, np.array([12.5, -3.0, -0.9]))
    assert chosen.uv == pytest.approx(tuple(wanted))
    assert chosen.uv[0] > 160
    assert gap.read(chosen).cell_depth == pytest.approx(12.5 - 0.3)


def test_a_cell_beside_the_image_has_no_pixel_and_no_depth(gap):
    chosen = gap.at_cell(0, 0)
    assert (chosen.cell, chosen.uv) == ((0, 0), None)
    reading = gap.read(chosen)
    assert reading.distribution is None
    assert list(reading.vectors) == list(gap.features)


def test_a_pixel_chooses_the_cell_at_the_true_depth(gap):
    chosen = gap.at_pixel(200, 62)  # shares its 4 x 4 feature cell with the known one
    reading = gap.read(chosen)
    assert (reading.true, reading.mode) == (20.0, 11.0)
    assert reading.mean == pytest.approx((0.6 * 11 + 0.3 * 31) / 0.9)
    assert gap.place(chosen.cell)[0] == pytest.approx(20.3, abs=0.5)


def test_a_pixel_without_truth_chooses_the_likeliest_depth(gap):
    chosen = gap.at_pixel(120, 60)
    assert gap.read(chosen).true is None
    assert gap.place(chosen.cell)[0] == pytest.approx(11.3, abs=0.5)


def test_cell_and_pixel_lead_to_each_other(gap, maps, known):
    """Where depth is told truly, the pixel of a cell leads back to that cell."""
    rows, columns = gap.grid.shape
    for cell in ((r, c) for r in range(rows) for c in range(4, columns, 5)):
        chosen = gap.at_cell(*cell)
        if chosen.uv is not None:
            back = gap.ray(chosen.uv, np.array([gap.read(chosen).cell_depth]))[0]
            assert back == pytest.approx(gap.place(cell)[:2], abs=1e-6)


def test_without_depth_a_pixel_has_a_ray_and_no_cell(known, maps):
    gap = FeatureGap.of(known, maps)
    chosen = gap.at_pixel(120, 60)
    assert (chosen.cell, chosen.uv) == (None, (120, 60))
    assert gap.read(chosen).mode is None


def test_vectors_are_the_features_of_the_cell(gap, maps, before):
    reading = gap.read(gap.at_cell(3, 20))
    assert np.array_equal(reading.vectors["fused"], maps["fused"].features[0, :, 3, 20])
    assert np.array_equal(reading.vectors["fused, before"], before["fused"].features[0, :, 3, 20])


def test_likeness_is_that_of_the_measures_also_for_the_earlier_map(gap, maps, before):
    teacher = maps["teacher"].features.numpy()
    occupied = np.stack([occupied_cells(features) for features in teacher])
    for key, source in (("fused", maps["fused"]), ("fused, before", before["fused"])):
        assert gap.likeness[key] == compare_maps(source.features.numpy(), teacher, occupied, 0)
    assert gap.compared_with["visual, before"] == "assistant"
    assert "teacher" not in gap.likeness
    assert "residual" not in gap.likeness


def test_only_matched_maps_can_be_compared_channel_by_channel(gap):
    assert gap.comparable("teacher", "fused")
    assert gap.comparable("visual", "visual")
    assert not gap.comparable("teacher", "assistant")
    assert not gap.comparable("fused", "fused, before")
    marked = {name for name in gap.features if gap.unmatched(name)}
    assert marked == {"assistant", "visual", "visual, before", "spatial", "fused, before"}


def test_what_does_not_fit_is_refused(gap, known, maps, depth):
    with pytest.raises(ValueError, match=r"cell \(8, 0\)"):
        gap.at_cell(8, 0)
    with pytest.raises(ValueError, match=r"pixel \(320, 5\)"):
        gap.at_pixel(320, 5)
    with pytest.raises(ValueError, match="depth and bins"):
        FeatureGap.of(known, maps, depth=depth)
    with pytest.raises(ValueError, match="does not fit"):
        FeatureGap.of(known, maps, depth=depth[:, :20], bins=BINS)
    with pytest.raises(ValueError, match="holds 2 frames"):
        FeatureGap.of(known, maps | {"fused": bev(1, batch=2)})


def test_tensors_are_taken(known, maps, depth):
    gap = FeatureGap.of(known, maps, depth=torch.from_numpy(depth), bins=BINS)
    assert gap.read(gap.at_pixel(120, 60)).mode == 11.0
