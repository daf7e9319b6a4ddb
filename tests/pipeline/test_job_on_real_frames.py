"""``monotakd reproduce --present-only`` on the real frames that are there: too few to learn, enough to be wrong on."""

import math
import sys

import numpy as np
import pytest
from test_job import run_job

from monotakd.datasets.kitti.labels import read_labels
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.log import read_steps
from monotakd.pipeline.results import METRICS, read_results
from monotakd.pipeline.scoring import REPLICATES, score_on


@pytest.mark.slow
def test_a_job_on_the_frames_that_are_there(shared, tmp_path):
    kitti, out = shared / "real" / "kitti", tmp_path / "out"
    if not kitti.is_dir():
        pytest.skip("no ../shared/real/kitti with real frames")
    where = ["--data", str(kitti), "--present-only", "--out", str(out), "--jobs", "1"]
    small = ["--preset", "smoke", "--steps", "4", "--batch-size", "2", "--runs", "ground_truth_only"]
    done = run_job([sys.executable, "-m", "monotakd", "reproduce", *small, *where])
    assert done.returncode == 0, done.stderr

    root = KittiRoot(kitti)
    train, val = (root.split(name, present_only=True).ids for name in ("train", "val"))
    assert train
    assert val
    assert not set(train) & set(val)
    assert f"{len(train)} frames to train on, {len(val)} to report on (split val)" in done.stdout

    found = {result.row: result for result in read_results(out)}
    assert set(found) == {"teacher", "ground_truth_only"}
    for row, result in found.items():
        folder = out / "labels_all" / row / ("seed0" if row == "ground_truth_only" else "")
        assert result.preset == "smoke_4_steps_batch_2"
        assert (result.split, result.frames, result.record["config"]["frames"]["count"]) == (
            "val",
            len(val),
            len(train),
        )
        # The numbers are those of the detections that were written (to two decimals), scored on the real labels.
        written = [read_labels(folder / "predictions" / f"{name}.txt", scores=True) for name in val]
        assert len(list((folder / "predictions").iterdir())) == len(val)
        again = score_on(root, val, written, replicates=1)
        assert all(result.ap[metric] == pytest.approx(again["ap"][metric], abs=0.5) for metric in METRICS)
        assert {len(numbers) for numbers in result.replicates.values()} == {REPLICATES}
        for name, detections in zip(val, written, strict=True):
            height, width = root.image_size(name)  # Real images differ in size, and boxes are in their own pixels.
            boxes = detections.boxes_2d
            assert ((boxes >= 0) & (boxes <= np.array([width, height, width, height]))).all()
        steps = read_steps(folder / "log.jsonl")
        assert [step["step"] for step in steps] == [1, 2, 3, 4]
        assert all(math.isfinite(value) for step in steps for value in step["terms"].values())

    report = (out / "report.html").read_text()
    assert str(kitti) in report
    assert f"{len(val)} frames of the split val" in report
    assert "Finished." in report
    assert "data:image/png;base64" in report
