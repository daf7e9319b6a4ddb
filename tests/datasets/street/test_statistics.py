"""Label statistics, by hand and against real KITTI's."""

import dataclasses
import json

import numpy as np
import pytest

from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.datasets.street.statistics import CLASSES, KITTI, comparison, from_record, label_statistics


def labels(*rows):
    """Rows of (name, truncated, occluded, box height, x, z, ry)."""
    count = len(rows)
    column = [np.array([float(r[k]) for r in rows]) for k in (1, 2, 3, 4, 5, 6)]
    truncated, occluded, tall, x, z, heading = column
    zero = np.zeros(count)
    return KittiLabels(
        names=tuple(r[0] for r in rows),
        truncated=truncated,
        occluded=occluded.astype(np.int64),
        alpha=zero,
        boxes_2d=np.column_stack([zero, zero, zero + 10, tall]),
        dimensions=np.column_stack([zero + 1.5, zero + 1.6, zero + 3.9 + 0.2 * np.arange(count)]),
        locations=np.column_stack([x, zero + 1.65, z]),
        rotation_y=heading,
    )


def test_a_set_that_can_be_counted_by_hand():
    first = labels(
        ("Car", 0.0, 0, 40, -3, 10, np.pi / 2), ("Car", 0.3, 2, 20, 3, 30, 0.0), ("Cyclist", 0, 0, 9, 1, 5, 0)
    )
    table = label_statistics([first, KittiLabels.empty(), labels(("Car", 0, 0, 30, 0, 20, -np.pi / 2))], width=621)
    car = table.classes["Car"]
    assert table.frames == 3
    assert table.cars_per_frame == pytest.approx((1.0, 1.0, 1.8, 1.98))
    assert car.count == 3
    assert car.distance[2] == 20
    assert car.occlusion == pytest.approx((2 / 3, 0, 1 / 3, 0))
    assert car.truncated == pytest.approx(1 / 3)
    assert table.car_x[2] == 0
    assert table.car_pixels[2] == 60  # twice 30: the labels belong to half-size images
    assert table.parallel == pytest.approx(2 / 3)
    assert set(table.classes) == {"Car", "Cyclist"}
    assert dict(table.rows())["Cyclist, per frame"] == pytest.approx(1 / 3)


def test_no_frames_is_refused():
    with pytest.raises(ValueError, match="no frames"):
        label_statistics([])


def test_the_table_lists_kitti_completely():
    rows = dict(KITTI.rows())
    assert len(rows) == 4 + 5 + 5 + 1 + len(CLASSES) * 17
    assert rows["Car, per frame"] == pytest.approx(28742 / 7481)


@pytest.mark.slow
def test_the_street_world_looks_like_kitti_in_numbers():
    """120 streets, labelled from what is really visible; tolerances leave room for the small sample."""
    pytest.importorskip("open3d")
    from monotakd.datasets.street import camera, shading
    from monotakd.datasets.street.build import build_meshes
    from monotakd.datasets.street.labels import annotate
    from monotakd.datasets.street.raycast import RayCaster, merge
    from monotakd.datasets.street.sample import sample_scene
    from monotakd.datasets.street.settings import StreetSettings

    drawn = []
    for index in range(120):
        scene = sample_scene(0, index, StreetSettings.default(320))
        placed = build_meshes(scene)
        caster = RayCaster(merge(placed), 1)
        view = shading.look(scene, caster)
        rows = shading.actor_rows(view, caster)
        drawn.append(annotate(scene, placed, caster.surfaces, camera.calibration(scene.camera), rows)[0])
    table = label_statistics(drawn, width=320)
    mean, median, high, _ = table.cars_per_frame
    assert mean == pytest.approx(KITTI.cars_per_frame[0], rel=0.25)
    assert median == pytest.approx(KITTI.cars_per_frame[1], abs=1.0)
    assert high == pytest.approx(KITTI.cars_per_frame[2], abs=2.5)
    car, real = table.classes["Car"], KITTI.classes["Car"]
    np.testing.assert_allclose(car.distance[1:], real.distance[1:], rtol=0.2)
    np.testing.assert_allclose(table.car_x[1:], KITTI.car_x[1:], atol=2.0)
    np.testing.assert_allclose(table.car_pixels, KITTI.car_pixels, rtol=0.3)
    np.testing.assert_allclose(car.occlusion, real.occlusion, atol=0.13)
    assert car.truncated == pytest.approx(real.truncated, abs=0.06)
    assert table.parallel == pytest.approx(KITTI.parallel, abs=0.08)
    for name, factor in (("Van", 2.0), ("Truck", 2.2), ("Pedestrian", 2.0), ("Cyclist", 2.0)):
        share = table.classes[name].count / table.frames
        expected = KITTI.classes[name].count / KITTI.frames
        assert expected / factor < share < expected * factor, name


def test_comparison_shows_both_and_dashes_what_is_missing():
    table = comparison(label_statistics([labels(("Car", 0, 0, 40, -3, 10, 0.0))]))
    lines = {line.split("|")[1].strip(): line for line in table.splitlines()}
    assert "| 1 / 1 / 1 / 1 | 3.84 / 3 / 9 / 14 |" in lines["cars per frame: mean / median / 90 % / 99 %"]
    assert "| - | 2.21 / 1.9 / 5.08 |" in lines["Van, mean h / w / l, m"]
    assert "| 1 | 3.84 |" in lines["Car, per frame"]


def test_statistics_survive_a_file():
    ours = label_statistics([labels(("Car", 0, 0, 40, -3, 10, 0.0), ("Van", 0, 1, 30, 3, 12, 1.0))])
    assert from_record(json.loads(json.dumps({"statistics": dataclasses.asdict(ours)}))) == ours
