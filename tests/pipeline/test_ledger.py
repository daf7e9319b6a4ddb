"""The gap ledger of a job whose networks are fresh: two steps of training each, on the toy set."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from made_results import made, seeds_of

from monotakd import paths
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.config_file import to_json
from monotakd.engine.settings import TrainSettings
from monotakd.engine.weights import save_weights, weights_hash
from monotakd.errors import DataError
from monotakd.pipeline.ledger import LedgerStep, draw_ledger, read_ledger
from monotakd.pipeline.ledger_run import best_distilled, job_at, make_ledger
from monotakd.pipeline.ledger_stages import DenseFrames, camera_told, depth_folder
from monotakd.pipeline.networks import build
from monotakd.pipeline.results import METRICS, read_results

SMOKE = {"preset": "smoke", "split": "val", "frames": 8}
BUDGET = TrainSettings(steps=2, batch_size=2, learning_rate=1e-3, seed=0)


def begun_job(out: Path, rows: dict[str, float], *, networks: bool) -> Path:
    """A job on the toy set with made results, as `reproduce` leaves it; weights are fresh."""
    out.mkdir(parents=True)
    (out / "job.txt").write_text(f"smoke\n{paths.toy_set().resolve()}\n")
    for row, ap in rows.items():
        model = row in ("teacher", "assistant")
        folder = out / "labels_all" / row / ("" if model else "seed0")
        made(row, ap=ap, **SMOKE).write(folder / "results.json")
        if networks and row == "assistant":
            begin_assistant(folder)
        if networks and not model:
            save_weights(folder / "final.safetensors", build(row))
    return out


def begin_assistant(folder: Path) -> None:
    """The record of an assistant that began with a depth network, and this one's weights beside it."""
    depth_network, assistant = build("depth_network", seed=7), build("assistant", BUDGET.seed)
    assistant.start_from(depth_network, ("image_backbone",))
    save_weights(folder.parent / "depth_network/final.safetensors", depth_network)
    settings, record = {"depth_network": weights_hash(depth_network)[:16]}, {"first_weights": weights_hash(assistant)}
    config = {"train": asdict(BUDGET), "settings": settings, "record": record}
    (folder / "config.json").write_text(json.dumps(config))


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> tuple[Path, list[LedgerStep]]:
    """A job with everything, and its ledger."""
    pytest.importorskip("open3d")
    folder = tmp_path_factory.mktemp("job")
    rows = {"teacher": 90.0, "assistant": 60.0, "direct": 20.0, "ground_truth_only": 10.0}
    out = begun_job(folder / "out", rows, networks=True)
    (folder / "results").mkdir()
    return out, make_ledger(out, results=folder / "results", command="monotakd ledger --out OUT")


def test_the_steps_go_down_from_teacher_to_student(job):
    _, steps = job
    assert [step.name for step in steps] == [
        "teacher: LiDAR points",
        "camera, true depth everywhere, continuous",
        "camera, true depth everywhere, in bins",
        "assistant: camera, true depth where LiDAR sees, in bins",
        "best distilled student: direct: F_S to F_T, true depth put in",
        "best distilled student: direct: F_S to F_T",
        "student: ground truth only",
    ]
    assert [step.ap["3d_70"] for step in steps][::3] == [90.0, 60.0, 10.0]
    assert all(set(step.ap) == set(step.interval) == set(METRICS) for step in steps)


def test_it_is_stored_with_its_record_and_drawn(job):
    out, steps = job
    for folder in (out, out.parent / "results"):
        stored = json.loads((folder / "ledger.json").read_text())
        assert (stored["split"], stored["frames"], stored["labels"]) == ("val", 8, "all")
        assert stored["missing"] == []
        assert stored["best_of"] == ["direct"]
        assert stored["record"]["command"] == "monotakd ledger --out OUT"
        assert {"commit", "hardware", "torch", "date", "seed"} <= set(stored["record"])
        assert read_ledger(folder / "ledger.json") == steps
    assert (out / "ledger.png").stat().st_size > 10_000


def test_both_cameras_begin_as_the_assistant_and_differ_in_the_depth_alone(job):
    out, _ = job
    configs = {
        name: json.loads((out / f"ledger/labels_all/dense_{name}/config.json").read_text())
        for name in ("continuous", "bins")
    }
    assistant = json.loads((out / "labels_all/assistant/config.json").read_text())
    for config in configs.values():
        assert config["record"]["first_weights"] == assistant["record"]["first_weights"]
        assert config["settings"]["depth_network"] == assistant["settings"]["depth_network"]
        assert config["train"] == to_json(BUDGET)
        assert config["frames"]["count"] == 4
    network = {name: config["settings"]["network"] for name, config in configs.items()}
    assert {name: one.pop("depth_form") for name, one in network.items()} == {"continuous": "split", "bins": "one_hot"}
    assert network["continuous"] == network["bins"]


def test_an_assistant_that_began_otherwise_is_refused(job, tmp_path):
    out, _ = job
    shutil.copytree(out / "labels_all/assistant", tmp_path / "labels_all/assistant")
    shutil.copytree(out / "labels_all/depth_network", tmp_path / "labels_all/depth_network")
    shutil.copy(out / "job.txt", tmp_path)
    assert camera_told(job_at(tmp_path), "all", "split").settings.depth_form == "split"
    save_weights(tmp_path / "labels_all/depth_network/final.safetensors", build("depth_network", seed=8))
    with pytest.raises(DataError, match=r"config.json: found an assistant that began with the weights"):
        camera_told(job_at(tmp_path), "all", "split")


def test_its_scores_are_no_rows_of_the_job(job):
    out, _ = job
    assert {run.row for run in read_results(out)} == {"teacher", "assistant", "direct", "ground_truth_only"}


def test_a_second_call_repeats_nothing(job):
    out, steps = job
    before = {path: path.stat().st_mtime_ns for path in (out / "ledger").rglob("*") if path.is_file()}
    assert make_ledger(out) == steps
    assert {path: path.stat().st_mtime_ns for path in (out / "ledger").rglob("*") if path.is_file()} == before


def test_dense_frames_have_the_dense_depth_and_mirror_it(job):
    out, _ = job
    root = KittiRoot(paths.toy_set())
    maps = depth_folder(job_at(out))
    assert len(list(maps.iterdir())) == 12
    frames = DenseFrames(root, root.split("val").ids[:2], keep=True, maps=maps)
    depth = frames.frame(0).depth
    assert (depth > 0).mean() > 0.6
    assert frames.frame(0) is frames.frame(0)
    np.testing.assert_array_equal(frames.mirrored(0, flipped=True).depth, depth[:, ::-1])
    unkept = replace(frames, keep=False, _kept={})
    np.testing.assert_array_equal(unkept.frame(0).depth, depth)


def test_what_a_job_lacks_is_left_out_and_named(tmp_path):
    out = begun_job(tmp_path / "out", {"teacher": 90.0, "ground_truth_only": 10.0}, networks=False)
    steps = make_ledger(out)
    assert [step.ap["bev_50"] for step in steps] == [90.0, 10.0]
    missing = json.loads((out / "ledger.json").read_text())["missing"]
    assert len(missing) == 5
    assert "best distilled student" in missing


def test_collected_students_count_unless_they_are_of_another_job(tmp_path):
    out = begun_job(tmp_path / "out", {"teacher": 90.0, "ground_truth_only": 10.0}, networks=False)
    results = tmp_path / "results"
    for run in [made("teacher", ap=90.0, **SMOKE), *seeds_of("direct", [20.0, 30.0], **SMOKE), made("imd", ap=99.0)]:
        run.write(results / f"{run.preset}/labels_all/{run.row}/seed{run.seed}.json")
    steps = make_ledger(out, results=results)
    assert [(step.ap["3d_70"], step.seeds) for step in steps] == [(90.0, 1), (25.0, 2), (10.0, 1)]
    made("teacher", ap=89.0, **SMOKE).write(results / "smoke/labels_all/teacher/seed0.json")
    with pytest.raises(DataError, match="another result of teacher"):
        make_ledger(out, results=results)


def test_folders_without_a_job_or_with_too_little_are_refused(tmp_path):
    with pytest.raises(DataError, match="no job"):
        make_ledger(tmp_path)
    out = begun_job(tmp_path / "out", {"teacher": 90.0}, networks=False)
    with pytest.raises(DataError, match="at least two"):
        make_ledger(out)
    assert not (out / "ledger.json").exists()


def test_the_best_student_is_the_best_on_average_of_the_distilled():
    runs = [*seeds_of("direct", [30.0, 50.0]), *seeds_of("imd", [45.0, 41.0]), *seeds_of("ground_truth_only", [60.0])]
    assert best_distilled([*runs, made("assistant", ap=80.0)]) == "imd"
    assert best_distilled([*runs, made("cmrd", ap=90.0)]) == "imd", "one seed beside two"
    assert best_distilled([made("ground_truth_only"), made("teacher")]) is None


def test_intervals_are_drawn_and_numbers_stand_beside_them():
    interval = {metric: [38.0, 45.0] for metric in METRICS}
    steps = [LedgerStep(name, dict.fromkeys(METRICS, 40.0), None, interval) for name in ("one", "two")]
    (axes,) = draw_ledger(steps).axes
    assert [line.get_xdata().tolist() for line in axes.lines] == [[38.0, 45.0]] * 2
    assert {text.xy[0] for text in axes.texts if text.get_text() == "40.0"} == {45.0}


@pytest.mark.parametrize("text", ["{", "[]", '{"steps": [{"name": "x"}]}', '{"steps": [{"title": "x", "ap": {}}]}'])
def test_a_damaged_ledger_is_refused(tmp_path, text):
    path = tmp_path / "ledger.json"
    with pytest.raises(DataError, match="nothing that can be read"):
        read_ledger(path)
    path.write_text(text)
    with pytest.raises(DataError, match="monotakd ledger"):
        read_ledger(path)
