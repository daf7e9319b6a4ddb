"""``monotakd predict`` and ``monotakd submit`` as typed."""

import pytest
from photos import coloured_image, write_run
from PIL import Image

from monotakd import paths
from monotakd.datasets.kitti.reader import KittiRoot

TOY = KittiRoot(paths.toy_set())


def test_a_kitti_folder_becomes_a_submission(call, tmp_path):
    ids, run, out = TOY.present_ids()[:2], write_run(tmp_path / "run"), tmp_path / "out"
    images = [TOY.path("image_2", i) for i in ids]
    status, said, _ = call(
        "predict", *images, "--checkpoint", run, "--calib", TOY.root / "training" / "calib", "--out", out
    )
    assert status == 0
    assert f"{ids[0]}: " in said
    assert said.count("focal length is that of the training images") == 1
    bare = tmp_path / "bare"
    options = ("--checkpoint", run, "--calib", TOY.root / "training" / "calib", "--out", bare, "--labels-only")
    assert call("predict", *images, *options)[0] == 0
    written = [path.relative_to(bare) for path in sorted(bare.rglob("*")) if path.is_file()]
    assert [str(path) for path in written] == [f"labels/{i}.txt" for i in ids]
    assert all((bare / path).read_bytes() == (out / path).read_bytes() for path in written)
    (tmp_path / "ids.txt").write_text("".join(f"{i}\n" for i in ids))
    options = ("--predictions", out / "labels", "--out", tmp_path / "send.zip", "--split", tmp_path / "ids.txt")
    status, said, _ = call("submit", *options)
    assert status == 0
    assert "2 frames" in said


def test_a_photograph_with_numbers(call, tmp_path):
    Image.fromarray(coloured_image(480, 640)).save(tmp_path / "own.jpg")
    given = ("predict", tmp_path / "own.jpg", "--checkpoint", write_run(tmp_path / "run"), "--out", tmp_path / "out")
    status, said, _ = call(*given, "--fx", 500, "--camera-height", 1.2, "--pitch", 2)
    assert status == 0
    assert "1.34 times that of the training images" in said
    assert "1.20 m above the ground" in said
    status, said, _ = call(*given, "--fx", 500, "--rescale-depth")
    assert status == 0
    assert "need no correction" in said
    status, said, _ = call(*given, "--fx", 500, "--trained-focal", 250)
    assert "focal length is that of the training images (250 pixels" in said


def test_export(call, tmp_path):
    image, calib = (TOY.path(folder, TOY.present_ids()[0]) for folder in ("image_2", "calib"))
    given = ("export", image, "--checkpoint", write_run(tmp_path / "run"), "--calib", calib)
    status, said, _ = call(*given, "--out", tmp_path / "student.pt2")
    assert status == 0
    assert "equal to the eager network" in said
    assert (tmp_path / "student.pt2").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "neither --calib nor --fx"),
        (("--fx", "500", "--calib", "camera.txt"), "--calib: found it together with --fx"),
        (
            ("--calib", "camera.txt", "--camera-height", "1.3", "--pitch", "2"),
            "--calib: found it together with --camera-height, --pitch",
        ),
        (("--calib", "camera.txt"), "camera.txt: found no such file"),
        (("--fx", "nan"), "camera fx: found nan"),
        (("--fx", "500", "--cx", "700"), "principal point at column 700"),
    ],
)
def test_bad_cameras(call, tmp_path, options, words):
    Image.fromarray(coloured_image(480, 640)).save(tmp_path / "own.jpg")
    run = write_run(tmp_path / "run")
    status, _, err = call("predict", tmp_path / "own.jpg", "--checkpoint", run, "--out", tmp_path / "out", *options)
    assert status == 2
    assert words in err
    assert "Traceback" not in err
