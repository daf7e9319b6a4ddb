"""Augmentation: points stay with their boxes, pasted objects never collide, mirrored frames stay consistent."""

import math

import numpy as np
import pytest

from monotakd.datasets.augment import (
    LidarAugmentation,
    LidarScene,
    ObjectBank,
    flip_frame,
    flip_scene,
    rotate_scene,
    scale_scene,
)
from monotakd.geometry.boxes import alpha_from_boxes, box_corners, camera_from_lidar_boxes, points_in_boxes
from monotakd.geometry.frames import lift_to_lidar, project_lidar
from monotakd.geometry.rotated_iou import all_pairs_iou
from monotakd.scene import Annotations, Boxes3D, Calibration, Frame


def scene(seed=0, names=("Car", "Car", "Pedestrian"), spread=20.0):
    """Objects with points inside, and clutter outside."""
    rng = np.random.default_rng(seed)
    values = np.column_stack(
        [
            rng.uniform(4, 4 + 2 * spread, len(names)),
            rng.uniform(-spread, spread, len(names)),
            rng.uniform(-1, 0, len(names)),
            rng.uniform((3, 1.4, 1.3), (5, 2, 2), (len(names), 3)),
            rng.uniform(-np.pi, np.pi, len(names)),
        ]
    )
    clouds = [np.column_stack([rng.uniform(-40, 40, (400, 2)), rng.uniform(-2, 1, 400)])]
    for box in values:
        local = rng.uniform(-0.49, 0.49, (30, 3)) * box[3:6]
        cos, sin = np.cos(box[6]), np.sin(box[6])
        turned = np.column_stack([cos * local[:, 0] - sin * local[:, 1], sin * local[:, 0] + cos * local[:, 1]])
        clouds.append(np.column_stack([turned, local[:, 2]]) + box[:3])
    points = np.concatenate(clouds)
    intensity = np.linspace(0, 1, len(points))
    return LidarScene(np.column_stack([points, intensity]).astype(np.float32), Boxes3D(values, tuple(names)))


@pytest.mark.parametrize(
    "change",
    [flip_scene, lambda s: rotate_scene(s, 0.7), lambda s: rotate_scene(s, -3.0), lambda s: scale_scene(s, 1.05)],
)
def test_points_stay_in_their_boxes(change):
    before = scene()
    after = change(before)
    owner = points_in_boxes(before.points, before.boxes.values)
    assert (owner >= 0).sum() >= 90
    np.testing.assert_array_equal(points_in_boxes(after.points, after.boxes.values), owner)
    np.testing.assert_array_equal(after.points[:, 3], before.points[:, 3])
    assert after.points.dtype == np.float32
    assert not np.allclose(after.points[:, :2], before.points[:, :2])
    assert (np.abs(after.boxes.yaws) <= np.pi).all()
    assert after.boxes.names == before.boxes.names


def test_turning_by_hand():
    box = np.array([[1.0, 0.0, 0.5, 4.0, 2.0, 1.0, 3.0]])
    turned = rotate_scene(LidarScene(np.array([[1.0, 0, 0, 0.5]]), Boxes3D(box, ("Car",))), math.pi / 2)
    np.testing.assert_allclose(turned.points, [[0, 1, 0, 0.5]], atol=1e-12)
    np.testing.assert_allclose(
        turned.boxes.values[0], [0, 1, 0.5, 4, 2, 1, 3.0 + math.pi / 2 - 2 * math.pi], atol=1e-12
    )


def test_flipping_and_turning_back_gives_the_scene_back():
    before = scene()
    for after in (flip_scene(flip_scene(before)), rotate_scene(rotate_scene(before, 1.2), -1.2)):
        np.testing.assert_allclose(after.points, before.points, atol=1e-5)
        np.testing.assert_allclose(after.boxes.values, before.boxes.values, atol=1e-9)


def test_the_bank_holds_every_object_with_enough_points():
    one = scene()
    bank = ObjectBank.collect([one, scene(1)])
    assert {name: len(cutouts) for name, cutouts in bank.cutouts.items()} == {"Car": 4, "Pedestrian": 2}
    first = bank.cutouts["Car"][0]
    np.testing.assert_array_equal(first.box, one.boxes.values[0])
    assert len(first.points) >= 30
    assert (points_in_boxes(first.points, first.box[None]) == 0).all()
    assert ObjectBank.collect([one], min_points=1000).cutouts == {}


def bank_of_many():
    return ObjectBank.collect(scene(seed, ("Car",) * 10 + ("Pedestrian",) * 5) for seed in range(2, 8))


def test_pasted_objects_do_not_collide_and_bring_exactly_their_points():
    before, bank = scene(), bank_of_many()
    after = bank.paste(before, {"Car": 20, "Pedestrian": 6, "Tram": 3}, np.random.default_rng(0))
    overlap, _ = all_pairs_iou(after.boxes.values, after.boxes.values[3:])
    np.fill_diagonal(overlap[3:], 0)
    assert overlap.max() == 0
    assert after.boxes.names[:3] == before.boxes.names
    np.testing.assert_array_equal(after.boxes.values[:3], before.boxes.values)
    counts = {name: after.boxes.names.count(name) for name in ("Car", "Pedestrian", "Tram")}
    assert 10 < counts["Car"] <= 20
    assert 3 < counts["Pedestrian"] <= 6
    assert counts["Tram"] == 0
    by_box = {tuple(c.box): c for cutouts in bank.cutouts.values() for c in cutouts}
    owner = points_in_boxes(after.points, after.boxes.values)
    for row in range(3, len(after.boxes)):
        np.testing.assert_array_equal(after.points[owner == row], by_box[tuple(after.boxes.values[row])].points)


def test_pasting_removes_the_points_behind_the_new_surface():
    bank = ObjectBank.collect([scene(names=("Car",))])
    box = bank.cutouts["Car"][0].box
    clutter = np.array([[*box[:3], 0.7], [*(box[:3] + np.array([0, 0, 9])), 0.9]], dtype=np.float32)
    after = bank.paste(LidarScene(clutter, Boxes3D.empty()), {"Car": 1}, np.random.default_rng(0))
    assert len(after.boxes) == 1
    np.testing.assert_array_equal(after.points[-1:], clutter[1:])
    assert len(after.points) == 1 + len(bank.cutouts["Car"][0].points)


def test_a_full_scene_takes_no_more():
    before = scene()
    after = bank_of_many().paste(before, {"Car": 2}, np.random.default_rng(0))
    np.testing.assert_array_equal(after.points, before.points)
    np.testing.assert_array_equal(after.boxes.values, before.boxes.values)


def test_the_generator_decides_everything():
    augmentation, bank = LidarAugmentation(), bank_of_many()
    one, two, other = (augmentation(scene(), np.random.default_rng(seed), bank) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.points, two.points)
    np.testing.assert_array_equal(one.boxes.values, two.boxes.values)
    assert one.points.shape != other.points.shape or not np.allclose(one.points, other.points)


def test_the_ranges_are_kept():
    before, augmentation = scene(), LidarAugmentation()
    variants = [augmentation(before, np.random.default_rng(seed)) for seed in range(200)]
    factors = np.array([v.boxes.values[0, 3] / before.boxes.values[0, 3] for v in variants])
    assert 0.95 <= factors.min() < 0.96
    assert 1.04 < factors.max() <= 1.05
    flipped = np.array([np.sign(_turn(v)) for v in variants]) < 0
    assert 60 < flipped.sum() < 140
    angles = []
    for variant, mirrored in zip(variants, flipped, strict=True):
        plain = flip_scene(before) if mirrored else before
        difference = variant.boxes.yaws[0] - plain.boxes.yaws[0]
        angles.append((difference + np.pi) % (2 * np.pi) - np.pi)
    assert -math.pi / 4 <= min(angles) < -0.7
    assert 0.7 < max(angles) <= math.pi / 4


def _turn(variant):
    """Which way round the first three objects stand; mirroring turns the sign."""
    a, b, c = variant.boxes.values[:3, :2]
    reference = scene().boxes.values[:3, :2]
    cross = np.cross(np.append(b - a, 0), np.append(c - a, 0))[2]
    own = np.cross(np.append(reference[1] - reference[0], 0), np.append(reference[2] - reference[0], 0))[2]
    return cross * own


def frame():
    """A camera a little off the LiDAR's axis, seeing two cars."""
    cam_from_lidar = np.array([[0, -1.0, 0, 0.05], [0, 0, -1.0, -0.08], [1.0, 0, 0, -0.27], [0, 0, 0, 1.0]])
    projection = np.array([[60.0, 0, 37.3, 4.0], [0, 60.0, 19.1, 0.2], [0, 0, 1, 0.003]])
    calibration = Calibration(projection, cam_from_lidar, (40, 80))
    values = np.array([[10.0, 2.0, -0.8, 3.9, 1.6, 1.5, 0.3], [15.0, -3.0, -0.7, 4.1, 1.7, 1.6, -2.0]])
    uv, _ = project_lidar(calibration, box_corners(values))
    rng = np.random.default_rng(0)
    return Frame(
        "000001",
        rng.integers(0, 255, (40, 80, 3), dtype=np.uint8),
        calibration,
        points=scene().points,
        depth=rng.uniform(5, 30, (40, 80)).astype(np.float32),
        annotations=Annotations(
            Boxes3D(values, ("Car", "Car")),
            np.concatenate([uv.min(axis=1), uv.max(axis=1)], axis=1),
            np.zeros(2),
            np.zeros(2, dtype=np.int64),
            alpha_from_boxes(camera_from_lidar_boxes(values, cam_from_lidar)),
            np.array([[3.0, 4.0, 9.0, 12.0]]),
        ),
        instances=rng.integers(-1, 2, (40, 80)),
    )


def test_everything_in_a_mirrored_frame_still_fits_together():
    before = frame()
    after = flip_frame(before)
    boxes = after.annotations.boxes.values
    uv, _ = project_lidar(after.calibration, box_corners(boxes))
    np.testing.assert_allclose(
        np.concatenate([uv.min(axis=1), uv.max(axis=1)], axis=1), after.annotations.boxes_2d, atol=1e-9
    )
    alpha = alpha_from_boxes(camera_from_lidar_boxes(boxes, after.calibration.cam_from_lidar))
    np.testing.assert_allclose(alpha, after.annotations.alpha, atol=1e-9)
    np.testing.assert_array_equal(after.annotations.ignore_regions, [[80 - 1 - 9, 4, 80 - 1 - 3, 12]])
    # A point of the depth map, before and after: the same pixel content, mirrored in space.
    assert after.depth[7, 80 - 1 - 11] == before.depth[7, 11]
    assert (after.image[7, 80 - 1 - 11] == before.image[7, 11]).all()
    assert after.instances[7, 80 - 1 - 11] == before.instances[7, 11]
    there = lift_to_lidar(before.calibration, np.array([11.0, 7.0]), np.array(before.depth[7, 11], dtype=float))
    here = lift_to_lidar(after.calibration, np.array([68.0, 7.0]), np.array(after.depth[7, 68], dtype=float))
    np.testing.assert_allclose(here, there * (1, -1, 1), atol=1e-9)
    np.testing.assert_array_equal(after.points, flip_scene(LidarScene(before.points, Boxes3D.empty())).points)


def test_mirroring_twice_gives_the_frame_back():
    before = frame()
    after = flip_frame(flip_frame(before))
    np.testing.assert_array_equal(after.image, before.image)
    np.testing.assert_array_equal(after.depth, before.depth)
    np.testing.assert_array_equal(after.points, before.points)
    np.testing.assert_allclose(after.annotations.boxes.values, before.annotations.boxes.values)
    np.testing.assert_allclose(after.annotations.boxes_2d, before.annotations.boxes_2d)
    np.testing.assert_allclose(after.annotations.alpha, before.annotations.alpha, atol=1e-12)
    np.testing.assert_allclose(after.calibration.img_from_cam, before.calibration.img_from_cam)


def test_a_frame_without_privileged_parts_or_labels_is_mirrored_too():
    before = frame()
    bare = Frame(before.frame_id, before.image, before.calibration)
    after = flip_frame(bare)
    assert after.points is after.depth is after.annotations is after.instances is None
