"""What depth costs: the page holds what was detected and what an ideal detector could do."""

import json
import shutil

import pytest

from monotakd import paths
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.errors import DataError
from monotakd.pipeline.depth_table import PIXELS, depth_page, write_depth_table
from monotakd.predict.detect_split import detect_split
from monotakd.predict.trained_network import load_network

TOY = KittiRoot(paths.toy_set())


@pytest.fixture(scope="module")
def detected(tmp_path_factory):
    """A stored student on the embedded streets."""
    out = tmp_path_factory.mktemp("detected")
    detect_split(load_network("student_direct"), TOY.root, "trainval", out, batch_size=6, progress=False)
    return out


def test_page_and_file_agree(call, tmp_path, detected):
    out = tmp_path / "depth"
    status, said, err = call(
        "depth-table", "--data", TOY.root, "--split", "trainval", "--out", out, "--detected", detected
    )
    assert status == 0, err
    facts = json.loads(out.with_suffix(".json").read_text())
    assert said.strip() == out.with_suffix(".md").read_text().strip() == depth_page(facts).strip()
    assert len(facts["ideal"]) == 2 * len(PIXELS)
    (network,) = facts["networks"]
    told = json.loads((detected / "detect.json").read_text())
    assert network["ap"]["as found"]["3d_50"] == told["scores"]["classes"]["Car"]["0.50"]["3d"]["R40"][1]
    assert network["ap"]["depth"]["3d_50"] == told["if_known"]["Car"]["depth"]["3d loose"]
    assert network["ap"]["centre"]["bev_50"] > network["ap"]["as found"]["bev_50"]
    assert network["ap"]["depth by size"] != network["ap"]["as found"]
    assert network["ap"]["depth by size"]["bev_50"] < network["ap"]["depth"]["bev_50"]


def test_knowing_the_height_and_seeing_sharper_both_help(tmp_path):
    write_depth_table(TOY.root, "trainval", tmp_path / "depth")
    facts = json.loads((tmp_path / "depth.json").read_text())
    assert not facts["networks"]
    assert "put right" not in (tmp_path / "depth.md").read_text()
    own, mean = facts["ideal"][: len(PIXELS)], facts["ideal"][len(PIXELS) :]
    assert [line["pixels"] for line in own] == list(PIXELS)
    # Few cars: R40 reads 40 positions, so that all of them found is less than 100.
    assert own[0]["ap"]["bev_70"] == own[0]["ap"]["bev_50"] > own[-1]["ap"]["bev_50"]
    assert own[0]["ap"]["bev_50"] > mean[0]["ap"]["bev_50"] + 10


def test_detections_of_other_frames_are_refused(tmp_path, detected):
    with pytest.raises(DataError, match=r"split trainval, 12 frames; expected .*split val, 8 frames"):
        write_depth_table(TOY.root, "val", tmp_path / "depth", detected=[detected])
    with pytest.raises(DataError, match=r"data/toy, split trainval, 12 frames; expected .*data/tiny"):
        write_depth_table(paths.tiny_set(), "trainval", tmp_path / "depth", detected=[detected])
    assert not (tmp_path / "depth.json").exists()


def test_frames_without_labels_are_refused(tmp_path):
    root = tmp_path / "root"
    shutil.copytree(TOY.root, root)
    shutil.rmtree(root / "training" / "label_2")
    with pytest.raises(DataError, match="split val without labels"):
        write_depth_table(root, "val", tmp_path / "depth")
