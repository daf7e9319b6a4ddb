import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_kitti import SIZE, kitti_calibration, rotation

from monotakd.datasets.kitti.calibration import (
    KittiCalibration,
    format_calibration,
    parse_calibration,
    read_calibration,
    write_calibration,
)
from monotakd.errors import DataError
from monotakd.scene import Calibration

angle = st.floats(-0.3, 0.3)
metres = st.floats(-50, 50)


def assert_equal(a: KittiCalibration, b: KittiCalibration):
    for name, matrix in vars(a).items():
        np.testing.assert_array_equal(getattr(b, name), matrix, err_msg=name)


@given(angle, angle, angle, st.lists(metres, min_size=8, max_size=8), st.floats(1, 5000))
def test_any_calibration_survives_writing_and_reading(a, b, c, offsets, focal):
    axes = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
    calibration = KittiCalibration(
        p2=np.array([[focal, 0, 610.3, offsets[0]], [0, focal * 1.01, 172.9, offsets[1]], [0, 0, 1, offsets[2]]]),
        r0_rect=rotation(0, a) @ rotation(1, b),
        tr_velo_to_cam=np.column_stack([rotation(2, c) @ axes, offsets[3:6]]),
    )
    assert_equal(calibration, parse_calibration(format_calibration(calibration), "text"))


def test_real_files_come_back_byte_for_byte(real_kitti):
    paths = sorted((real_kitti / "training" / "calib").glob("*.txt"))
    assert len(paths) == 18
    for path in paths:
        assert format_calibration(read_calibration(path)).rstrip() == path.read_text().rstrip()


def test_camera_2_chains_rectification_and_extrinsics():
    matrices = kitti_calibration(np.random.default_rng(3))
    camera = matrices.calibration(SIZE)
    point = np.array([12.0, -3.0, 0.5, 1.0])
    by_hand = matrices.p2 @ np.append(matrices.r0_rect @ (matrices.tr_velo_to_cam @ point), 1.0)
    np.testing.assert_allclose(camera.img_from_lidar @ point, by_hand, rtol=1e-12)
    assert camera.image_size == SIZE


def test_a_camera_written_to_a_file_is_the_same_camera(tmp_path):
    camera = kitti_calibration(np.random.default_rng(3)).calibration(SIZE)
    write_calibration(tmp_path / "000000.txt", KittiCalibration.from_calibration(camera))
    again = read_calibration(tmp_path / "000000.txt").calibration(SIZE)
    np.testing.assert_array_equal(again.img_from_cam, camera.img_from_cam)
    np.testing.assert_array_equal(again.cam_from_lidar, camera.cam_from_lidar)


def test_tools_that_count_lines_find_the_matrices():
    camera = Calibration(np.eye(3, 4) * [[700.0], [700.0], [1.0]], np.eye(4), SIZE)
    keys = [line.split(":")[0] for line in format_calibration(KittiCalibration.from_calibration(camera)).splitlines()]
    assert keys == ["P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo"]


def changed(**matrices) -> str:
    good = kitti_calibration(np.random.default_rng(3))
    return format_calibration(KittiCalibration(**(vars(good) | matrices)))


def test_a_lost_matrix_is_named():
    text = "".join(line for line in changed().splitlines(keepends=True) if not line.startswith("R0_rect"))
    with pytest.raises(DataError, match=r"calib.txt, end of file: found no R0_rect; expected a line 'R0_rect:' with 9"):
        parse_calibration(text, "calib.txt")


def test_a_mirrored_rotation_says_so():
    good = kitti_calibration(np.random.default_rng(3))
    with pytest.raises(DataError, match=r"line 6, Tr_velo_to_cam: .*mirrors space"):
        parse_calibration(changed(tr_velo_to_cam=good.tr_velo_to_cam[[1, 0, 2]]), "calib.txt")


def test_a_transposed_rotation_says_so():
    velo = kitti_calibration(np.random.default_rng(3)).tr_velo_to_cam
    transposed = np.column_stack([velo[:, :3].T, velo[:, 3]])
    with pytest.raises(
        DataError, match=r"line 6, Tr_velo_to_cam: found a camera that looks (89|90|91) degrees off.*transposed"
    ):
        parse_calibration(changed(tr_velo_to_cam=transposed), "calib.txt")


def test_a_wrong_number_is_named_with_its_position():
    text = changed().replace("P2: 4.850000000000e+01 0.000000000000e+00", "P2: 4.850000000000e+01 O.000000000000e+00")
    with pytest.raises(DataError, match=r"line 3, P2, number 2: found 'O.000000000000e\+00'"):
        parse_calibration(text, "calib.txt")


def test_matrices_that_cannot_be_written_are_refused():
    good = kitti_calibration(np.random.default_rng(3))
    with pytest.raises(ValueError, match="R0_rect must be"):
        format_calibration(KittiCalibration(**(vars(good) | {"r0_rect": np.full((3, 3), np.nan)})))
