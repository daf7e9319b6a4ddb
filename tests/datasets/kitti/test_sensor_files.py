"""Images, depth maps and sweeps: what is written is what is read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from monotakd.datasets.kitti.depth import read_depth, write_depth
from monotakd.datasets.kitti.images import read_image, read_image_size, write_image
from monotakd.datasets.kitti.points import read_points, write_points
from monotakd.errors import DataError

sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("sensors") / "file"


@given(sizes.flatmap(lambda size: arrays(np.uint8, (*size, 3))))
def test_images_come_back(path, image):
    write_image(path, image)
    np.testing.assert_array_equal(read_image(path, size=image.shape[:2]), image)
    assert read_image_size(path) == image.shape[:2]


@given(sizes.flatmap(lambda size: arrays(np.uint16, size)).filter(np.any))
def test_depth_in_file_units_comes_back(path, units):
    write_depth(path, units / 256)
    np.testing.assert_array_equal(read_depth(path), (units / 256).astype(np.float32))


def test_depth_is_rounded_to_the_nearest_unit(path):
    write_depth(path, np.array([[10.003, 0.0, 255.99]]))
    np.testing.assert_allclose(read_depth(path), [[10.003, 0, 255.99]], atol=0.5 / 256)


@given(st.integers(1, 30).flatmap(lambda n: arrays(np.float32, (n, 4), elements=st.floats(-1e6, 1e6, width=32))))
def test_points_come_back(path, points):
    write_points(path, points)
    np.testing.assert_array_equal(read_points(path), points)


def test_points_that_are_not_finite_can_be_dropped(path):
    points = np.arange(12, dtype=np.float32).reshape(3, 4)
    points[1, 2] = np.nan
    path.write_bytes(points.tobytes())
    with pytest.raises(DataError, match=r"byte 24: found z = nan in point 1 \(1 such points in all\)"):
        read_points(path)
    np.testing.assert_array_equal(read_points(path, drop_nonfinite=True), points[[0, 2]])


def test_a_sweep_that_is_cut_off_names_the_byte(path):
    path.write_bytes(bytes(40))
    with pytest.raises(DataError, match="byte 32: found 40 bytes, which is 2 points and 8 bytes"):
        read_points(path)


def test_the_size_of_a_damaged_image_is_not_told(path):
    write_image(path, np.zeros((5, 7, 3), np.uint8))
    whole = path.read_bytes()
    for damaged in (b"", whole[:20], whole[:-3], whole[:40] + b"?" + whole[41:], b"GIF" + whole):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"byte|chunk"):
            read_image_size(path)


def test_grey_images_become_rgb(path):
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    Image.fromarray(grey).save(path, "PNG")
    np.testing.assert_array_equal(read_image(path), np.stack([grey] * 3, axis=-1))


def test_palette_images_are_refused(path):
    Image.fromarray(np.zeros((2, 3, 3), np.uint8)).quantize(6).save(path, "PNG")
    with pytest.raises(DataError, match="byte 24: found a 1-bit palette PNG; expected an 8-bit RGB or grey"):
        read_image(path)


def test_images_can_be_written_to(path):
    write_image(path, np.zeros((2, 3, 3), np.uint8))
    read_image(path)[0, 0] = 1


def test_another_size_than_wanted_is_refused(path):
    write_image(path, np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(DataError, match="found 2 x 3 pixels"):
        read_image(path, size=(3, 2))
    write_depth(path, np.ones((2, 3)))
    with pytest.raises(DataError, match="expected 3 x 2, the size of the image"):
        read_depth(path, size=(3, 2))


@pytest.mark.parametrize("value", [np.nan, -1.0, np.inf, 256.0])
def test_depth_that_does_not_fit_is_not_written(path, value):
    with pytest.raises(ValueError, match="depth map"):
        write_depth(path, np.array([[1.0, value]]))


@pytest.mark.parametrize("points", [np.zeros((0, 4)), np.full((2, 4), np.nan), np.full((2, 4), np.inf)])
def test_sweeps_that_could_not_be_read_are_not_written(path, points):
    with pytest.raises(ValueError, match="a sweep is"):
        write_points(path, points)


def test_images_of_another_type_are_not_written(path):
    with pytest.raises(ValueError, match="uint8 RGB"):
        write_image(path, np.zeros((0, 3, 3), np.uint8))
