from dataclasses import replace

import numpy as np
import pytest
from street_cases import boxes_scene, car

from monotakd.datasets.kitti.conversion import annotations_from_labels
from monotakd.datasets.street.label_kernels import silhouette
from monotakd.datasets.street.labels import MAXIMUM_DISTANCE
from monotakd.datasets.street.mesh import Material
from monotakd.datasets.street.world import Camera, Rig
from monotakd.geometry.box_projection import project_boxes


def labels_of(render_boxes, *actors, **changes):
    return render_boxes(boxes_scene(*actors, **changes), lidar_sweep=False).labels


def test_box_of_a_car_in_the_lidar_frame(render_boxes):
    frame = render_boxes(boxes_scene(car(15.0, 2.0, yaw=0.3)), lidar_sweep=False).frame
    # The ground is 1.73 m below the LiDAR; labels have two decimals.
    np.testing.assert_allclose(
        frame.annotations.boxes.values, [[15.0, 2.0, 0.75 - 1.73, 4.0, 1.8, 1.5, 0.3]], atol=0.011
    )


def test_moving_a_car_moves_its_label(render_boxes):
    scene = boxes_scene(car(15.0, 2.0, yaw=0.3), car(25.0, -3.0))
    before = render_boxes(scene, lidar_sweep=False).frame.annotations.boxes.values
    after = render_boxes(scene.with_actor(0, x=16.0), lidar_sweep=False).frame.annotations.boxes.values
    np.testing.assert_allclose(after[0] - before[0], [1, 0, 0, 0, 0, 0, 0], atol=0.011)
    np.testing.assert_array_equal(after[1], before[1])


def test_tilted_rig_moves_the_box_in_the_lidar_frame(render_boxes):
    frame = render_boxes(boxes_scene(car(20.0), rig=Rig(height=1.6, pitch=0.05)), lidar_sweep=False).frame
    x, z = 20.0, 0.75 - 1.6
    expected = [x * np.cos(0.05) + z * np.sin(0.05), 0.0, z * np.cos(0.05) - x * np.sin(0.05)]
    np.testing.assert_allclose(frame.annotations.boxes.centres[0], expected, atol=0.02)


def test_annotations_are_the_label_rows(render_boxes):
    rendered = render_boxes(boxes_scene(car(15.0, 2.0), car(120.0, 2.0), camera=Camera(621, 188)), lidar_sweep=False)
    assert rendered.labels.names == ("Car", "DontCare")
    again = annotations_from_labels(rendered.labels, rendered.frame.calibration)
    np.testing.assert_array_equal(again.boxes.values, rendered.frame.annotations.boxes.values)
    assert again.ignore_regions.shape == (1, 4)
    assert rendered.labels.matrix()[1].tolist()[:3] == [-1, -1, -10]
    assert rendered.labels.matrix()[1].tolist()[7:] == [-1] * 3 + [-1000] * 3 + [-10]


def test_2d_box_is_amodal_and_agrees_with_the_3d_box(render_boxes):
    lone = labels_of(render_boxes, car(20.0, 1.0, yaw=0.2), width=621, height=188)
    hidden = labels_of(
        render_boxes, car(20.0, 1.0, yaw=0.2), car(12.0, 1.5), width=621, height=188
    )  # a car in front hides part of it, its box stays
    np.testing.assert_array_equal(lone.boxes_2d[0], hidden.boxes_2d[0])
    frame = render_boxes(boxes_scene(car(20.0, 1.0, yaw=0.2), width=621, height=188), lidar_sweep=False).frame
    np.testing.assert_allclose(
        lone.boxes_2d, project_boxes(frame.annotations.boxes.values, frame.calibration), atol=0.5
    )


def test_occlusion_rises_behind_a_truck(render_boxes):
    levels = []
    for y in (8.0, 1.4, 1.1, 0.6):
        truck = car(14.0, y, kind="Truck", size=(6.0, 2.4, 3.2))
        labels = labels_of(render_boxes, car(24.0), truck, width=621, height=188)
        levels.append(int(labels.occluded[labels.names.index("Car")]) if "Car" in labels.names else 4)
    assert levels[0] == 0
    assert levels == sorted(levels)
    assert len(set(levels)) == 4, levels


def test_a_car_wholly_hidden_is_not_mentioned(render_boxes):
    labels = labels_of(render_boxes, car(24.0), extra=[((1.0, 8.0, 5.0), 12.0, 0.0, Material.PLASTER)])
    assert labels.names == ()


def test_truncation_is_the_share_of_the_box_outside(render_boxes):
    def row(y):
        frame = render_boxes(boxes_scene(car(12.0, y), width=621, height=188), lidar_sweep=False)
        return frame.labels, frame.frame

    inside, _ = row(0.0)
    assert inside.truncated.tolist() == [0.0]
    labels, frame = row(10.5)
    assert 0.2 < labels.truncated[0] < 0.9
    assert labels.boxes_2d[0, 0] == 0.0
    wide = render_boxes(boxes_scene(car(12.0, 10.5), camera=Camera(1242, 188, focal=frame.calibration.focal[0] / 1242)))
    left, top, right, bottom = wide.labels.boxes_2d[0]
    shift = wide.frame.calibration.principal_point[0] - frame.calibration.principal_point[0]
    kept = (right - shift) * (bottom - top) / ((right - left) * (bottom - top))
    assert labels.truncated[0] == pytest.approx(1 - kept, abs=0.011)
    gone, _ = row(30.0)
    assert gone.names == ()


def test_far_and_small_objects_are_dont_care(render_boxes):
    for x, name in ((MAXIMUM_DISTANCE - 5, "Car"), (MAXIMUM_DISTANCE + 5, "DontCare")):
        assert labels_of(render_boxes, car(x, size=(4, 2.5, 3.0)), width=1242, height=188).names == (name,)
    assert labels_of(render_boxes, car(60.0, kind="Pedestrian", size=(0.6, 0.6, 0.7)), width=1242).names == (
        "DontCare",
    )


def test_rows_follow_the_actors_and_the_instances(render_boxes):
    kinds = ("Van", "Car", "Pedestrian")
    actors = (
        car(14.0, -3.0, kind=kinds[0], size=(5, 2, 2.2)),
        car(150.0, 9.0, kind="Tram"),
        car(11.0, 3.0),
        car(9.0, 0.0, kind=kinds[2], size=(0.6, 0.7, 1.75)),
    )
    frame = render_boxes(boxes_scene(*actors), lidar_sweep=False).frame
    assert frame.annotations.boxes.names == kinds
    for row in range(3):
        v, u = np.nonzero(frame.instances == row)
        left, top, right, bottom = frame.annotations.boxes_2d[row]
        assert left - 1 <= u.min() <= u.max() <= right + 1
        assert top - 1 <= v.min() <= v.max() <= bottom + 1
    assert frame.instances.max() == 2


def test_alpha_is_heading_minus_line_of_sight(render_boxes):
    labels = labels_of(render_boxes, car(15.0, 6.0, yaw=0.5))
    x, _, z = labels.locations[0]
    assert labels.rotation_y[0] == pytest.approx(-0.5 - np.pi / 2, abs=0.006)
    assert labels.alpha[0] == pytest.approx(labels.rotation_y[0] - np.arctan2(x, z), abs=0.012)


def test_labels_do_not_depend_on_the_size_of_the_image(render_boxes):
    actors = (car(15.0, 2.0), car(40.0, -3.0), car(23.0, 1.5, yaw=1.2))
    small, large = (labels_of(render_boxes, *actors, camera=Camera(w, h)) for w, h in ((320, 96), (1242, 375)))
    assert small.names == large.names
    np.testing.assert_array_equal(small.locations, large.locations)
    np.testing.assert_allclose((small.boxes_2d + 0.5) * 1242 / 320, large.boxes_2d + 0.5, atol=2.5)


def test_silhouette_counts_pixel_centres_and_cuts_what_lies_behind():
    square = np.array([[2.0, 1.0, 1.0], [6.0, 1.0, 1.0], [6.0, 4.0, 1.0], [2.0, 4.0, 1.0]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    mark, bounds = np.full((8, 10), -1, np.int32), np.empty(4)
    assert silhouette(square, triangles, np.eye(3, 4), 0.2, mark, 5, bounds) == 5 * 4
    assert bounds.tolist() == [2, 1, 6, 4]
    assert (mark == 5).sum() == 20
    assert silhouette(square, triangles[:, ::-1].copy(), np.eye(3, 4), 0.2, mark, 8, bounds) == 20  # seen from behind
    behind = replace_depth(square, [1.0, 1.0, -1.0, -1.0])
    assert silhouette(behind, triangles, np.eye(3, 4), 0.2, mark, 6, bounds) > 0
    assert silhouette(replace_depth(square, [-1.0] * 4), triangles, np.eye(3, 4), 0.2, mark, 7, bounds) == 0
    assert bounds[0] > bounds[2]


def replace_depth(points, depth):
    moved = points.copy()
    moved[:, 2] = depth
    return moved


def test_scene_can_be_edited_without_touching_the_original(render_boxes):
    scene = boxes_scene(car(15.0))
    edited = replace(scene.with_actor(0, y=3.0), seed=9)
    assert scene.actors[0].y == 0.0
    assert edited.actors[0].y == 3.0
