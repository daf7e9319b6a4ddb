"""The window of a photograph that a network is shown: pixels and calibration follow the same rule."""

from dataclasses import replace

import numpy as np
import pytest
from photos import make_photo, make_trained

from monotakd.datasets.resize import resize_frame
from monotakd.errors import DataError
from monotakd.geometry.frames import lift_to_lidar, project_lidar
from monotakd.predict.own_camera import OwnCamera
from monotakd.predict.view import view_of
from monotakd.predict.words import words_about


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return replace(make_trained(tmp_path_factory.mktemp("trained")), assumed=False)


def test_images_of_the_trained_shape_are_shown_as_in_training(trained):
    photo = make_photo(375, 1242, OwnCamera(fx=721.5))
    view = view_of(photo, trained)
    expected = resize_frame(photo, (96, 320))
    np.testing.assert_array_equal(view.frame.image, expected.image)
    np.testing.assert_array_equal(view.frame.calibration.img_from_cam, expected.calibration.img_from_cam)
    assert view.is_whole
    assert view.real.all()
    assert view.seen_share == 1


def test_images_that_training_did_not_resize_are_not_resized(trained):
    """KITTI's days differ by 18 x 6 pixels; a photograph of quite another size is brought to the trained one."""
    as_they_came = replace(trained, image_size=(375, 1242), focal=721.5, principal_point=(609.6, 172.9), resized=False)
    photo = make_photo(370, 1224, OwnCamera(fx=707.0))
    assert view_of(photo, as_they_came).frame is photo
    for other, rescale in ((as_they_came, True), (replace(as_they_came, resized=True), False)):
        assert view_of(photo, other, rescale_depth=rescale).frame.image.shape == (375, 1242, 3)
    for shape in ((375, 1280), (360, 1224), (1080, 1920)):
        assert view_of(make_photo(*shape, OwnCamera(fx=721.5)), as_they_came).frame.image.shape == (375, 1242, 3)


@pytest.mark.parametrize("rescale", [False, True])
@pytest.mark.parametrize(
    ("shape", "camera"),
    [
        ((1080, 1920), OwnCamera(fx=1400.0, height=1.4)),
        ((1080, 1920), OwnCamera(fx=700.0, cx=900.0, cy=600.0)),
        ((1600, 1200), OwnCamera(fx=900.0, fy=950.0)),
        ((375, 1242), OwnCamera(fx=1500.0)),
    ],
)
def test_a_pixel_of_the_view_shows_what_its_calibration_says(trained, shape, camera, rescale):
    """Every view pixel is traced to the photograph through 3D; its colour there says column and row."""
    photo = make_photo(*shape, camera)
    view = view_of(photo, trained, rescale_depth=rescale)
    rows, columns = np.nonzero(view.real)
    points = lift_to_lidar(view.frame.calibration, np.stack([columns, rows], 1).astype(float), np.full(len(rows), 9.0))
    uv, _ = project_lidar(photo.calibration, points)
    inside = ((uv > 8) & (uv < (shape[1] - 9, shape[0] - 9))).all(axis=1)
    assert inside.mean() > 0.7
    found = view.frame.image[rows, columns][inside][:, :2].astype(float)
    expected = (uv[inside] + 0.5) * 256 / (shape[1], shape[0]) - 0.5
    assert np.abs(found - expected).max() < 2.0  # steps of colour


@pytest.mark.parametrize("camera", [OwnCamera(fx=1400.0), OwnCamera(fx=800.0, fy=760.0, cx=900.0, cy=500.0)])
def test_rescaling_gives_the_trained_camera(trained, camera):
    view = view_of(make_photo(1080, 1920, camera), trained, rescale_depth=True)
    np.testing.assert_allclose(view.frame.calibration.focal, trained.focal, rtol=0.005)
    np.testing.assert_allclose(view.frame.calibration.principal_point, trained.principal_point, atol=0.6)


def test_square_pixels_and_the_trained_horizon_without_rescaling(trained):
    view = view_of(make_photo(1080, 1920, OwnCamera(fx=1400.0, fy=1300.0, cy=620.0)), trained)
    fx, fy = view.frame.calibration.focal
    assert fx == pytest.approx(1400 * 320 / 1920)
    assert fy == pytest.approx(fx, rel=0.01)
    assert view.frame.calibration.principal_point[1] == pytest.approx(trained.principal_point[1], abs=0.6)


def test_outside_the_photograph_its_border_is_repeated(trained):
    view = view_of(make_photo(1080, 1920, OwnCamera(fx=3000.0)), trained, rescale_depth=True)
    top_left = view.frame.image[0, 0]
    assert not view.real[0, 0]
    np.testing.assert_array_equal(top_left, [0, 0, 0])
    np.testing.assert_array_equal(view.frame.image[0, -1], [255, 0, 0])
    assert 0.1 < view.real.mean() < 0.9
    assert view.seen_share == 1


@pytest.mark.parametrize("fx", [26.0, 20_000.0])
def test_millimetres_are_noticed(trained, fx):
    with pytest.raises(DataError, match="pixels of this very image"):
        view_of(make_photo(1080, 1920, OwnCamera(fx=fx)), trained)


def words(trained, camera, shape=(1080, 1920), **options):
    return " ".join(
        words_about(view_of(make_photo(*shape, camera), trained, **options), trained, rescale_depth=bool(options))
    )


def test_words_tell_which_way_distances_are_wrong(trained):
    tele, wide = words(trained, OwnCamera(fx=2240.0)), words(trained, OwnCamera(fx=560.0))
    assert "2.01 times" in tele
    assert "0.50 times the true ones (too near)" in tele
    assert "0.50 times that of the training" in wide
    assert "1.99 times the true ones (too far)" in wide
    assert "--rescale-depth" in tele


def test_words_about_the_trained_camera_and_the_rescaled_one(trained):
    same = words(trained, OwnCamera(fx=721.5), (375, 1242))
    assert same == "The focal length is that of the training images (186 pixels at the network's size)."
    rescaled = words(trained, OwnCamera(fx=2240.0), rescale_depth=True)
    assert "need no correction" in rescaled
    assert "% of its input shows nothing" in rescaled


def test_words_about_height(trained):
    assert "1.20 m above the ground" in words(trained, OwnCamera(fx=721.5, height=1.2), (375, 1242))
    assert "too far" in words(trained, OwnCamera(fx=721.5, height=1.2), (375, 1242))
    assert "too near" in words(trained, OwnCamera(fx=721.5, height=2.2, pitch=0.1), (375, 1242))


@pytest.mark.parametrize(("shape", "focal", "trained_focal"), [((3000, 4000), 16_000.0, 60.0), ((4, 6), 1.0, 1280.0)])
def test_a_window_that_is_empty_or_fills_the_memory_is_refused(trained, shape, focal, trained_focal):
    photo = make_photo(*shape, OwnCamera(fx=focal))
    with pytest.raises(DataError, match="a window of"):
        view_of(photo, trained.with_focal(trained_focal), rescale_depth=True)
