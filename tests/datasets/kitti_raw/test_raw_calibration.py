import numpy as np
import pytest
from raw_cases import DAY, write_tiny_raw

from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.kitti_raw.calibration import read_raw_calibration, write_raw_calibration
from monotakd.errors import DataError


def test_matrices_are_those_of_the_reference_rectification(tmp_path):
    written = write_tiny_raw(tmp_path)
    read = read_raw_calibration(tmp_path / DAY)
    assert read.image_size == (24, 80)
    for name, matrix in vars(written).items():
        np.testing.assert_array_equal(getattr(read.matrices, name), matrix, err_msg=name)


def test_real_day_has_the_object_sets_matrices(real_raw, real_kitti):
    """Frame 000008 was taken on 26 September 2011; its file prints more digits of the same matrices."""
    day = read_raw_calibration(real_raw / DAY)
    assert day.image_size == (375, 1242)
    published = KittiRoot(real_kitti).calibration("000008")
    for name in ("p0", "p1", "p2", "p3", "r0_rect", "tr_velo_to_cam", "tr_imu_to_velo"):
        np.testing.assert_allclose(
            getattr(day.matrices, name), getattr(published, name), rtol=0, atol=1e-12, err_msg=name
        )


def test_written_files_read_back_exactly(raw_root, tmp_path):
    known = read_raw_calibration(raw_root / DAY)
    calibration = known.matrices.calibration((24, 80))
    write_raw_calibration(tmp_path / "day", calibration, known.matrices.tr_imu_to_velo, time="now")
    read = read_raw_calibration(tmp_path / "day")
    again = read.matrices.calibration(read.image_size)
    np.testing.assert_array_equal(again.img_from_cam, calibration.img_from_cam)
    np.testing.assert_array_equal(again.cam_from_lidar, calibration.cam_from_lidar)
    np.testing.assert_array_equal(read.matrices.tr_imu_to_velo, known.matrices.tr_imu_to_velo)


def edited(root, name, edit):
    path = root / DAY / name
    path.write_text(edit(path.read_text()))
    with pytest.raises(DataError) as caught:
        read_raw_calibration(root / DAY)
    return str(caught.value)


@pytest.mark.parametrize("name", ["calib_cam_to_cam.txt", "calib_velo_to_cam.txt"])
def test_a_missing_file_is_named_with_its_origin(raw_root, name):
    (raw_root / DAY / name).unlink()
    with pytest.raises(DataError, match=rf"{name}: found no such file.*DATE_calib\.zip"):
        read_raw_calibration(raw_root / DAY)


def test_the_imu_file_may_be_missing(raw_root):
    (raw_root / DAY / "calib_imu_to_velo.txt").unlink()
    assert read_raw_calibration(raw_root / DAY).matrices.tr_imu_to_velo is None


def test_damaged_lines_are_named(raw_root):
    message = edited(raw_root, "calib_cam_to_cam.txt", lambda text: text.replace("P_rect_02", "P_wrong_02"))
    assert "no P_rect_02" in message
    assert "12 numbers" in message


def test_a_number_given_twice_is_named(raw_root):
    message = edited(raw_root, "calib_velo_to_cam.txt", lambda text: text + text.splitlines()[1] + "\n")
    assert "R a second time" in message
    assert "line 4" in message


def test_a_transposed_rotation_is_named(raw_root):
    def transpose(text):
        head, rotation, *rest = text.splitlines()
        numbers = np.array(rotation.split()[1:], dtype=float).reshape(3, 3).T
        return "\n".join([head, "R: " + " ".join(map(repr, numbers.ravel().tolist())), *rest])

    assert "transposed" in edited(raw_root, "calib_velo_to_cam.txt", transpose)


def test_a_cut_number_is_named(raw_root):
    message = edited(raw_root, "calib_velo_to_cam.txt", lambda text: text.replace("T: ", "T: 0.1e "))
    assert "line 3, T" in message
