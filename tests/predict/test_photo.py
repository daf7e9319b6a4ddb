"""Photographs are found and turned as a viewer shows them; what is no photograph is refused by name."""

import numpy as np
import pytest
from photos import coloured_image
from PIL import Image

from monotakd.errors import DataError
from monotakd.predict.photo import find_photos, read_photo

ORIENTATION = 0x0112


def test_folders_and_files_in_order(tmp_path):
    for name in ("b.png", "a.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "c.PNG").write_bytes(b"x")
    found = find_photos([tmp_path / "more", tmp_path])
    assert [path.name for path in found] == ["c.PNG", "a.jpg", "b.png"]


@pytest.mark.parametrize(
    ("names", "asked", "words"),
    [
        ([], [], "at least one image"),
        ([], ["nowhere.png"], "no such file"),
        (["notes.txt"], ["."], "a folder without images"),
        (["a.png", "a.jpg"], ["."], "a second image called a"),
    ],
)
def test_nothing_to_predict(tmp_path, names, asked, words):
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(DataError, match=words):
        find_photos([tmp_path / name for name in asked])


# EXIF orientation -> what a viewer does with the stored pixels.
TURNS = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    6: lambda pixels: np.rot90(pixels, -1),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation(tmp_path, orientation):
    stored = coloured_image(24, 40)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(stored).save(tmp_path / "phone.png", exif=exif)
    np.testing.assert_array_equal(read_photo(tmp_path / "phone.png"), TURNS[orientation](stored))


def test_jpeg_with_orientation(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(coloured_image(24, 40)).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    assert read_photo(tmp_path / "phone.jpg").shape == (40, 24, 3)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1"])
def test_other_colours_become_rgb(tmp_path, mode):
    Image.fromarray(coloured_image(8, 8)).convert(mode).save(tmp_path / "a.png")
    read = read_photo(tmp_path / "a.png")
    assert read.shape == (8, 8, 3)
    assert read.dtype == np.uint8


def test_sixteen_bits_are_refused(tmp_path):
    Image.fromarray(np.zeros((8, 8), dtype=np.uint16)).save(tmp_path / "depth.png")
    with pytest.raises(DataError, match="8 bits per channel"):
        read_photo(tmp_path / "depth.png")


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_every_cut_is_noticed(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    for length in (0, 4, 30, len(whole) // 2, len(whole) - 40):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=rf"a\.{ending}"):
            read_photo(path)


def test_missing_folder_and_text(tmp_path):
    (tmp_path / "a.png").write_text("no image at all")
    for path, words in ((tmp_path / "b.png", "no such file"), (tmp_path, "a folder"), (tmp_path / "a.png", "HEIC")):
        with pytest.raises(DataError, match=words):
            read_photo(path)


def test_a_huge_header_is_refused_before_memory_is_taken(tmp_path, monkeypatch):
    Image.fromarray(coloured_image(20, 20)).save(tmp_path / "a.png")
    monkeypatch.setattr("monotakd.predict.photo.PIXEL_LIMIT", 399)
    with pytest.raises(DataError, match="20 x 20 pixels"):
        read_photo(tmp_path / "a.png")
