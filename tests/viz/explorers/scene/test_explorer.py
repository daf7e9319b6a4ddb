"""The 3D explorer's core: numbers worked out by hand, what travels to the browser, and its files."""

import math
from dataclasses import replace

import numpy as np
import pytest

from monotakd.datasets.kitti.conversion import labels_from_annotations, labels_from_detections
from monotakd.datasets.kitti.labels import write_labels
from monotakd.errors import DataError
from monotakd.geometry.frames import project_lidar
from monotakd.scene import Boxes3D, Detections
from monotakd.viz.explorers import explore_scene
from monotakd.viz.explorers.scene.camera import eye_of, first_view
from monotakd.viz.explorers.scene.content import Scene3D
from monotakd.viz.explorers.scene.files import SPACING, coloured_scene, dotted
from monotakd.viz.explorers.scene.payload import STEP, pack_scene
from monotakd.viz.explorers.scene.words import sentence_of, table_of


def detections(frame, *, ahead=0.0, scores=(0.9, 0.2)) -> Detections:
    """The labels as detections, every box a little farther ahead."""
    values = frame.annotations.boxes.values.copy()
    values[:, 0] += ahead
    return Detections(Boxes3D(values, frame.annotations.boxes.names), np.array(scores))


def test_numbers_of_a_detection_that_is_half_a_metre_too_far(frame):
    straight = frame.annotations.boxes.values.copy()
    straight[:, 6] = 0.0
    truth = replace(frame.annotations, boxes=Boxes3D(straight, ("Car", "Van")))
    frame = replace(frame, annotations=truth)
    scene = Scene3D.of(frame, {"student": detections(frame, ahead=0.5)})
    found = scene.numbers("student", 0)
    assert (found.name, found.score, found.centre, found.size) == ("Car", 0.9, (30.5, 8.0, -0.9), (4.0, 1.7, 1.5))
    (match,) = found.matches
    assert (match.set, match.row, match.name, match.score) == ("truth", 0, "Car", None)
    assert match.volume == pytest.approx(3.5 / 4.5)  # 4 m long, moved by 0.5 m
    assert match.bev == pytest.approx(3.5 / 4.5)
    assert match.nearer == pytest.approx(-0.5)
    assert found.distance == pytest.approx(30.5 - 0.3)  # the camera stands 0.3 m before the LiDAR


def test_the_truth_is_compared_with_every_detector_and_detectors_with_the_truth_alone(frame):
    scene = Scene3D.of(frame, {"teacher": detections(frame), "student": detections(frame, ahead=0.3)})
    assert [match.set for match in scene.numbers("truth", 1).matches] == ["teacher", "student"]
    assert [match.set for match in scene.numbers("student", 1).matches] == ["truth"]


def test_points_inside_are_counted(frame):
    box = frame.annotations.boxes.values[0]
    inside = np.column_stack([np.tile(box[:3], (7, 1)), np.zeros(7)])
    found = Scene3D.of(replace(frame, points=np.concatenate([inside, [[0.0, 0, 50, 0]]]))).numbers("truth", 0)
    assert found.points == 7
    assert Scene3D.of(replace(frame, points=None)).numbers("truth", 0).points is None


def test_a_box_at_the_right_depth_says_so(frame):
    numbers = Scene3D.of(frame, {"teacher": detections(frame)}).numbers("teacher", 0)
    assert sentence_of("teacher", 0, numbers).endswith("IoU 3D 1.00 with truth box 0, at the same depth")
    assert ("depth against it", "at the same depth") in table_of(numbers)


def test_a_box_on_nothing_says_so(frame):
    scene = Scene3D.of(frame, {"student": detections(frame, ahead=20.0)})
    assert scene.numbers("student", 0).matches == ()
    assert "overlaps no box" in sentence_of("student", 0, scene.numbers("student", 0))


def test_words_and_table_are_the_numbers(frame):
    scene = Scene3D.of(frame, {"student": detections(frame, ahead=0.5)})
    numbers = scene.numbers("student", 0)
    table = dict(table_of(numbers))
    assert table["class"] == "Car"
    assert table["score"] == "0.90"
    assert table["centre x y z"] == "30.50, 8.00, -0.90 m"
    assert table["yaw"] == f"{math.degrees(0.3):.1f}°"
    assert table["best in truth"] == "box 0: Car"
    assert table["depth against it"] == "0.50 m farther"
    said = sentence_of("student", 0, numbers)
    assert said.startswith("student box 0: Car, score 0.90, 30.5 m ahead, 8.0 m to the left; IoU 3D 0.")


@pytest.mark.parametrize("form", ["folder", "file", "text"])
def test_result_files_of_any_detector(frame, tmp_path, form):
    made = detections(frame, ahead=0.5)
    file = tmp_path / "mine" / f"{frame.frame_id}.txt"
    file.parent.mkdir()
    write_labels(file, labels_from_detections(made, frame.calibration))
    given = {"folder": {"mine": file.parent}, "file": {"mine": file}, "text": str(file.parent)}[form]
    read = Scene3D.of(frame, given).named("mine")
    np.testing.assert_allclose(read.boxes.values, made.boxes.values, atol=1e-8)
    np.testing.assert_array_equal(read.scores, made.scores)


def test_a_missing_or_wrong_result_file_is_named(frame, tmp_path):
    with pytest.raises(DataError, match=r"000001\.txt"):
        explore_scene(frame, {"mine": tmp_path})
    write_labels(tmp_path / "000001.txt", labels_from_annotations(frame.annotations, frame.calibration))
    with pytest.raises(DataError, match="16 columns"):
        explore_scene(frame, {"mine": tmp_path})


def test_predicted_depth_becomes_points_where_the_pixels_look(frame):
    depth = np.zeros(frame.image.shape[:2])
    depth[40, 100], depth[60, 200], depth[10, 10] = 12.5, 33.0, 400.0
    scene = Scene3D.of(frame, depth=depth)
    uv, back = project_lidar(frame.calibration, scene.cloud.astype(np.float64))
    np.testing.assert_allclose(uv, [[100, 40], [200, 60]], atol=1e-3)
    np.testing.assert_allclose(back, [12.5, 33.0], atol=1e-4)
    np.testing.assert_array_equal(scene.cloud_colours, frame.image[[40, 60], [100, 200]])


def test_a_depth_map_that_cannot_be(frame):
    with pytest.raises(ValueError, match=r"\(3, 4\) pixels, expected the image's \(96, 320\)"):
        explore_scene(frame, depth=np.zeros((3, 4)))
    depth = np.zeros(frame.image.shape[:2])
    depth[5, 7] = np.nan
    with pytest.raises(DataError, match="pixel row 5, column 7: found nan"):
        explore_scene(frame, depth=depth)


def test_detections_may_not_be_called_truth_beside_labels(frame):
    with pytest.raises(ValueError, match="have that name already"):
        explore_scene(frame, {"truth": detections(frame)})
    assert len(explore_scene(frame, {"truth": detections(frame)}, labels=False).scene.sets) == 1


def test_points_travel_within_half_a_step(frame):
    facts, payload = pack_scene(Scene3D.of(frame))
    sweep = facts["sweep"]
    assert sweep["count"] == len(frame.points)
    sent = np.frombuffer(payload, np.int16, 4 * sweep["count"], sweep["places"]).reshape(-1, 4)
    assert np.abs(sent[:, :3] * STEP - frame.points[:, :3]).max() <= STEP / 2 + 1e-9
    assert np.abs(sent[:, 3] / 32767 - frame.points[:, 3]).max() < 1e-4


def test_other_points_travel_without_what_stays(frame):
    explorer = explore_scene(frame, {"student": detections(frame)})
    box = frame.annotations.boxes.values[0]
    explorer.choose("truth", 0)
    explorer.show_points(np.column_stack([np.tile(box[:3], (9, 1)), np.zeros(9)]))
    assert set(explorer.widget.changed) == {"sweep", "predicted", "sets", "clouds"}
    assert explorer.facts["sweep"]["count"] == 9
    assert explorer.chosen.points == 9
    assert ("LiDAR points inside", "9") in explorer.facts["sets"][0]["boxes"][0]["table"]
    whole, payload = pack_scene(explorer.scene)
    assert (explorer.facts, explorer.widget.payload) == (whole, payload)


def test_a_point_too_far_for_16_bits_does_not_wrap_around(frame):
    far = replace(frame, points=np.array([[9000.0, -9000.0, 0.0, 2.0], [np.inf, 0, 0, 0]]))
    facts, payload = pack_scene(Scene3D.of(far))
    assert facts["sweep"]["count"] == 1
    sent = np.frombuffer(payload, np.int16, 4, facts["sweep"]["places"])
    assert (sent[0], sent[1]) == (32767, -32767)


def test_the_clouds_that_there_are(frame):
    depth = np.full(frame.image.shape[:2], 9.0)
    assert pack_scene(Scene3D.of(frame))[0]["clouds"] == ["LiDAR", "none"]
    assert pack_scene(Scene3D.of(frame, depth=depth))[0]["clouds"] == ["LiDAR", "predicted", "both", "none"]
    assert pack_scene(Scene3D.of(replace(frame, points=None), depth=depth))[0]["clouds"] == ["predicted", "none"]
    assert pack_scene(Scene3D.of(replace(frame, points=None)))[0]["clouds"] == ["none"]


def test_the_first_view_looks_ahead_from_above():
    view = first_view()
    eye = np.array(eye_of(view))
    np.testing.assert_allclose(np.linalg.norm(eye - view["target"]), view["distance"])
    assert eye[0] < 0 < eye[2]
    turned = np.array(eye_of({**view, "azimuth": np.pi / 2, "elevation": 0.0}))  # looks to the left
    np.testing.assert_allclose(turned, np.add(view["target"], [0, -view["distance"], 0]), atol=1e-9)


def test_the_explorer_says_and_draws_what_is_chosen(frame):
    explorer = explore_scene(frame, {"student": detections(frame, ahead=0.5)}, min_score=0.5)
    assert explorer.alt == "no box chosen; shown: truth 2, student 1"
    explorer.choose("student", 0)
    assert explorer.alt == sentence_of("student", 0, explorer.scene.numbers("student", 0))
    texts = {text.get_text() for text in explorer.still().texts}
    assert {"30.50, 8.00, -0.90 m", "box 0: Car", "0.50 m farther"} <= texts
    explorer.choose(None)
    assert explorer.chosen is None


def test_the_still_follows_the_controls(frame):
    explorer = explore_scene(frame, {"student": detections(frame)}, depth=np.full(frame.image.shape[:2], 9.0))
    pictures = {explorer.still().png()}
    for change in ({"min_score": 0.1}, {"only": ("student",)}, {"cloud": "predicted"}, {"cloud": "none"},
                   {"image": False}):  # fmt: skip
        explorer.show(**change)
        pictures.add(explorer.still().png())
    explorer.choose("student", 1)
    pictures.add(explorer.still().png())
    explorer.show(follow=True)
    pictures.add(explorer.still().png())
    assert len(pictures) == 8


def test_what_cannot_be_shown(frame):
    explorer = explore_scene(frame, {"student": detections(frame)})
    for wrong in ({"cloud": "predicted"}, {"colour": "red"}, {"min_score": 2.0}, {"only": ("teacher",)}):
        with pytest.raises(ValueError, match=r"expected|no boxes called"):
            explorer.show(**wrong)
    with pytest.raises(ValueError, match="box 2 of 2"):
        explorer.choose("student", 2)
    assert explorer.state["chosen"] is None


def test_a_frame_with_nothing_but_its_image(frame):
    bare = replace(frame, points=None, annotations=None)
    explorer = explore_scene(bare)
    assert explorer.alt == "no box chosen; shown: no boxes"
    assert len(explorer.still().png()) > 1000


def test_a_dotted_box_lies_on_its_edges():
    corners = np.array([[x, y, z] for z in (0, 1) for x, y in ((2, 1), (2, -1), (-2, -1), (-2, 1))], dtype=float)
    dots = dotted(corners)
    on_faces = [np.isclose(np.abs(dots[:, 0]), 2), np.isclose(np.abs(dots[:, 1]), 1), np.isin(dots[:, 2], (0, 1))]
    assert (np.sum(on_faces, axis=0) >= 1).all()
    cross = (np.sum(on_faces, axis=0) == 1) & on_faces[0]  # the cross on the front
    assert np.isclose(dots[cross, 0], 2).all()
    assert len(dots) > (4 * (4 + 2 + 1) + 2 * math.hypot(2, 1)) / SPACING


def test_ply_holds_points_and_shown_boxes(frame, tmp_path):
    explorer = explore_scene(frame, {"student": detections(frame)}, min_score=0.5)
    with_both = coloured_scene(explorer.scene, explorer.state)
    explorer.show(only=("student",))
    with_one = coloured_scene(explorer.scene, explorer.state)
    assert len(frame.points) < len(with_one) < len(with_both)
    header = explorer.save_ply(tmp_path / "new" / "scene.ply").read_bytes().split(b"end_header")[0]
    assert f"element vertex {len(with_one)}\n".encode() in header


def test_without_a_display_the_desktop_viewer_says_what_to_do(frame, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DataError, match=r"no display .*--html"):
        explore_scene(frame).open_on_desktop()


def test_the_desktop_viewer_gets_points_and_boxes(frame, monkeypatch):
    open3d = pytest.importorskip("open3d")
    shown = {}
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(
        open3d.visualization, "draw_geometries", lambda shapes, **view: shown.update(shapes=shapes, **view)
    )
    explore_scene(frame, {"student": detections(frame)}, min_score=0.5).open_on_desktop()
    cloud, *boxes = shown["shapes"]
    np.testing.assert_allclose(np.asarray(cloud.points), frame.points[:, :3])
    assert [len(box.lines) for box in boxes] == [14, 14, 14]
    np.testing.assert_allclose(shown["lookat"], first_view()["target"])
