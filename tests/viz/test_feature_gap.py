"""The feature gap picture: who stands where, what is marked, which numbers it writes."""

import dataclasses

import numpy as np
import pytest
import torch

from monotakd.errors import DataError
from monotakd.metrics.similarity import compare_maps, occupied_cells
from monotakd.scene import BevGrid, BevMap
from monotakd.viz import draw_feature_gap, palette, style

from .crowding import crowded
from .pixels import inside, rendered, where

GRID = BevGrid((2.0, -8.0), (34.0, 8.0), (2.0, 2.0))
STUDENT = ("visual", "spatial", "fused")


def bev(seed: int, batch: int = 3, channels: int = 6) -> BevMap:
    return BevMap(
        torch.from_numpy(np.random.default_rng(seed).normal(size=(batch, channels, *GRID.shape))).float(), GRID
    )


def teacher(batch: int = 3) -> BevMap:
    features = bev(0, batch).features.clone()
    features[:, :, 4:] = 0.0
    return BevMap(features, GRID)


@pytest.fixture
def maps():
    first = {"teacher": teacher(), "assistant": bev(1)}
    first["residual"] = BevMap(first["teacher"].features - first["assistant"].features, GRID)
    return first | {name: bev(seed) for seed, name in enumerate(STUDENT, start=5)}


@pytest.fixture
def before():
    return {name: bev(seed) for seed, name in enumerate(STUDENT, start=15)}


def panels(picture) -> dict[str, object]:
    """Axes by title."""
    return {axes.texts[0].get_text(): axes for axes in picture.axes[1:]}


def words(axes) -> str:
    return "\n".join(text.get_text() for text in axes.texts)


def test_one_panel_per_map_and_the_earlier_ones_above_their_own(frame, maps, before):
    found = panels(draw_feature_gap(frame, maps, before=before))
    assert len(found) == 9
    for symbol in ("visual $F_{vis}$", "spatial $F_{spa}$", "fused $F_S$"):
        above, below = (found[f"{symbol} {when}"].get_position() for when in ("before", "after"))
        assert above.x0 == pytest.approx(below.x0)
        assert above.y0 > below.y1
    assert found["teacher $F_T$"].get_position().y0 == pytest.approx(found["residual $F_{res}$"].get_position().y0)


def test_without_earlier_maps_there_is_one_row(frame, maps):
    found = panels(draw_feature_gap(frame, maps))
    assert list(found)[-1] == "fused $F_S$"
    assert len({round(axes.get_position().y0, 6) for axes in found.values()}) == 1


def test_unmatched_channels_are_marked(frame, maps, before):
    found = panels(draw_feature_gap(frame, maps, before=before, matched={"fused"}))
    marked = {title for title, axes in found.items() if "channels not matched" in words(axes)}
    assert marked == {
        "assistant $F_A$",
        *(f"{symbol} before" for symbol in ("visual $F_{vis}$", "spatial $F_{spa}$", "fused $F_S$")),
        "visual $F_{vis}$ after",
        "spatial $F_{spa}$ after",
    }


def test_matched_maps_share_the_teachers_colours(frame, maps):
    maps["fused"] = maps["teacher"]
    found = panels(draw_feature_gap(frame, maps, matched={"fused"}))
    colours = [found[title].images[0].get_array() for title in ("teacher $F_T$", "fused $F_S$")]
    assert np.asarray(colours[0]) == pytest.approx(np.asarray(colours[1]))


def test_numbers_are_those_of_the_measures(frame, maps):
    axes = panels(draw_feature_gap(frame, maps, sample=1))["fused $F_S$"]
    arrays = {name: value.features.numpy() for name, value in maps.items()}
    occupied = np.stack([occupied_cells(features) for features in arrays["teacher"]])
    expected = compare_maps(arrays["fused"], arrays["teacher"], occupied, sample=1)
    assert f"like $F_T$: CKA {expected.cka:.2f} ({expected.cka_floor:.2f})" in words(axes)
    assert f"cosine {expected.cosine:.2f} ({expected.cosine_floor:.2f})" in words(axes)


def test_each_map_is_compared_with_the_one_that_taught_it(frame, maps):
    found = panels(draw_feature_gap(frame, maps))
    assert "like $F_A$" in words(found["visual $F_{vis}$"])
    assert "like $F_{res}$" in words(found["spatial $F_{spa}$"])
    assert "like" not in words(found["teacher $F_T$"])
    found = panels(draw_feature_gap(frame, maps, compared_with={"visual": "teacher"}))
    assert "like $F_T$" in words(found["visual $F_{vis}$"])


def test_one_frame_has_no_floor_and_says_so(frame, maps):
    alone = {name: BevMap(value.features[:1], GRID) for name, value in maps.items()}
    picture = draw_feature_gap(frame, alone)
    assert "(" not in words(panels(picture)["fused $F_S$"])
    assert "no floor" in picture.texts[0].get_text()


def test_the_residual_is_signed_or_not(frame, maps):
    assert "signed" in words(panels(draw_feature_gap(frame, maps))["residual $F_{res}$"])
    maps["residual"] = BevMap((maps["residual"].features.abs() > 1).float(), GRID)
    axes = panels(draw_feature_gap(frame, maps))["residual $F_{res}$"]
    assert "binarised" in words(axes)
    assert axes.images[0].cmap is palette.FEATURES


def test_before_and_after_share_their_range(frame, maps, before):
    before["visual"] = BevMap(maps["visual"].features / 100, GRID)
    found = panels(draw_feature_gap(frame, maps, before=before, view="norm"))
    limits = {found[f"visual $F_{{vis}}$ {when}"].images[0].get_clim() for when in ("before", "after")}
    assert len(limits) == 1


def test_maps_of_other_names_and_channels(frame):
    picture = draw_feature_gap(frame, {"mine": bev(1), "yours": bev(2, channels=9)}, view="norm", boxes={})
    found = panels(picture)
    assert "like mine: CKA" in words(found["yours"])
    assert "cosine" not in words(found["yours"])


def test_the_boxes_are_where_they_belong(frame, maps):
    """A car at x 12, y -3: right of the middle and in the lower half of the panel."""
    picture = draw_feature_gap(dataclasses.replace(frame), maps, view="norm")
    axes = panels(picture)["teacher $F_T$"]
    outline = axes.collections[-1].get_paths()[1].vertices
    assert outline[:, 0].mean() == pytest.approx(-3.0, abs=0.6)
    assert outline[:, 1].mean() == pytest.approx(12.0, abs=0.6)
    image = inside(axes, rendered(picture))
    assert len(where(image, palette.PAPER))


@pytest.mark.parametrize("stage", [False, True])
@pytest.mark.parametrize("view", ["pca", "norm", 2])
def test_no_words_overlap(frame, maps, before, view, stage):
    style.set_stage(stage)
    try:
        assert crowded(draw_feature_gap(frame, maps, before=before, view=view)) == []
        assert crowded(draw_feature_gap(frame, maps, view=view)) == []
    finally:
        style.set_stage(False)


def test_what_does_not_fit_is_refused(frame, maps):
    with pytest.raises(ValueError, match="no maps"):
        draw_feature_gap(frame, {})
    with pytest.raises(ValueError, match="sample 3"):
        draw_feature_gap(frame, maps, sample=3)
    with pytest.raises(ValueError, match=r"before has \['other'\]"):
        draw_feature_gap(frame, maps, before={"other": bev(1)})
    with pytest.raises(ValueError, match="holds 2 frames"):
        draw_feature_gap(frame, maps | {"fused": bev(1, batch=2)})
    elsewhere = BevMap(maps["fused"].features, BevGrid((0.0, -8.0), (32.0, 8.0), (2.0, 2.0)))
    with pytest.raises(ValueError, match="different grids"):
        draw_feature_gap(frame, maps | {"fused": elsewhere})
    broken = maps["fused"].features.clone()
    broken[1, 2, 3, 4] = torch.nan
    with pytest.raises(DataError, match="sample 1, channel 2, y 3, x 4"):
        draw_feature_gap(frame, maps | {"fused": BevMap(broken, GRID)})
