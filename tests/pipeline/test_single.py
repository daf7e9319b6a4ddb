"""``monotakd train`` with the paper's preset: its small sibling takes every path of it in seconds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from monotakd import paths
from monotakd.engine.config_file import read_config, write_config
from monotakd.engine.log import read_steps
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings import RunSettings
from monotakd.engine.tensor_file import read_tensors
from monotakd.engine.train import fit
from monotakd.errors import DataError
from monotakd.models.student import Wiring
from monotakd.pipeline import single
from monotakd.pipeline.networks import build, build_student
from monotakd.pipeline.order import Order
from monotakd.pipeline.presets import preset_named
from monotakd.pipeline.rows import row_named
from monotakd.pipeline.single import train_one
from monotakd.predict.trained_student import load_student
from monotakd.pretrained.imported import write_imported

QUIET = RunSettings(device="cpu", threads=1, progress=False)
SMALL = preset_named("kitti_small").networks


def order(what: str, out: Path, **changes) -> Order:
    known = {"preset": "kitti_small", "steps": 2, "batch_size": 2, "run": QUIET}
    return Order(what, out, paths.tiny_set(), **{**known, **changes})


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A folder with a depth network, a teacher and an assistant, one step each."""
    out = tmp_path_factory.mktemp("trained")
    train_one(order("depth_network", out / "depth_network", steps=1))
    train_one(order("teacher", out / "teacher", steps=1))
    train_one(order("assistant", out / "assistant", depth_network=out / "depth_network", steps=1))
    return out


def student(trained: Path, out: Path, **changes) -> Order:
    return order("student", out, teacher=trained / "teacher", assistant=trained / "assistant", **changes)


@pytest.mark.parametrize(
    ("wiring", "row", "terms"),
    [
        ("published", "monotakd", {"intra_modal", "residual"}),
        ("released", "released", {"residual"}),
        ("lite", "lite", {"intra_modal", "residual"}),
    ],
)
def test_a_student_is_taught_by_networks_that_run_beside_it(trained, tmp_path, wiring, row, terms):
    done = train_one(student(trained, tmp_path, wiring=wiring, depth_network=trained / "depth_network", steps=1))
    records, config = read_steps(done.log), read_config(tmp_path)
    assert len(records) == 1
    assert terms <= records[0]["terms"].keys()
    # Kept by default, although these students save memory: what is thrown away is computed once for each term.
    norms = records[0]["gradient_norms"]
    assert norms.keys() == records[0]["terms"].keys()
    assert norms["response_classification"]["backbone_2d"] > 0
    assert {"response_classification", "response_box", "response_direction"} <= records[0]["terms"].keys()
    assert config["task"] == row
    assert config["settings"]["teacher"] is None
    assert set(config["frozen"]) == ({"teacher"} if wiring == "released" else {"teacher", "assistant"})
    assert not (tmp_path / "cache").exists()
    again = load_student(tmp_path)
    assert again.student.settings.wiring == getattr(Wiring, wiring)()
    assert again.image_size == (192, 621)


def test_stored_outputs_teach_nearly_the_same(trained, tmp_path):
    """The stores are in half precision; norms and order of frames are the same."""
    losses = []
    for keep in (False, True):
        done = train_one(student(trained, tmp_path / str(keep), keep_outputs=keep, steps=1))
        losses.append(read_steps(done.log)[0]["terms"])
    assert (tmp_path / "True" / "cache").exists()
    assert losses[0] == pytest.approx(losses[1], rel=5e-3)


def test_a_missing_compiler_is_told_before_anything_is_stored(trained, tmp_path, monkeypatch):
    def missing(device):
        raise DataError("--compile", "no compiler", f"one that works for {device.type}", fix="Install one")

    monkeypatch.setattr(single, "require_compiler", missing)
    with pytest.raises(DataError, match="no compiler"):
        train_one(student(trained, tmp_path, keep_outputs=True, run=replace(QUIET, compile=True)))
    assert not (tmp_path / "cache").exists()


def test_the_teacher_of_the_preset_is_augmented_as_published(trained):
    settings = read_config(trained / "teacher")["settings"]
    assert settings["augmentation"]["totals"] == {"Car": 20, "Pedestrian": 15, "Cyclist": 15}
    assert settings["augmentation"]["rotation"] == pytest.approx(0.7853981633974483)
    assert [one["name"] for one in settings["network"]["classes"]] == ["Car", "Pedestrian", "Cyclist"]


def test_a_stopped_assistant_goes_on_to_the_same_bytes(tmp_path):
    steady = replace(QUIET, checkpoint_seconds=0.0)
    whole = train_one(order("assistant", tmp_path / "whole", run=steady))

    class StopError(Exception):
        pass

    def on_step(_):
        raise StopError

    asked = order("assistant", tmp_path / "stopped", run=steady)
    with pytest.raises(StopError):
        train_one(asked, lambda *given, **options: fit(*given, **options, on_step=on_step))
    again = train_one(replace(asked, resume=True))
    assert again.steps_now == 1
    assert again.final.read_bytes() == whole.final.read_bytes()


@pytest.mark.parametrize("precision", ["bf16", "float32"])
@pytest.mark.parametrize("what", ["teacher", "depth_network"])
def test_precision_is_as_asked_for(tmp_path, what, precision):
    done = train_one(order(what, tmp_path, precision=precision, steps=1))
    assert read_config(tmp_path)["train"]["bf16"] is (precision == "bf16")
    assert read_steps(done.log)[0]["gradient_norm"] > 0


def test_a_batch_in_parts(trained, tmp_path):
    done = train_one(student(trained, tmp_path, parts=2, steps=1))
    assert read_config(tmp_path)["train"]["parts"] == 2
    assert len(read_steps(done.log)) == 1


def test_published_image_weights_are_loaded_and_accounted_for(tmp_path, capsys):
    published = build("depth_network", 9, SMALL).state_dict()
    names = {name.removeprefix("image_backbone.").removeprefix("depth_head."): name for name in published}
    file = tmp_path / "resnet.pth"
    torch.save({theirs: published[ours] for theirs, ours in names.items() if "classifier" not in theirs}, file)
    asked = order("depth_network", tmp_path / "run", image_weights=file, steps=1)
    firsts = []

    def look(task, *_, **__):
        firsts.append({name: value.clone() for name, value in task.module.state_dict().items()})
        firsts.append(task.config)

    train_one(asked, look)
    assert torch.equal(firsts[0]["image_backbone.conv1.weight"], published["image_backbone.conv1.weight"])
    assert torch.equal(firsts[0]["depth_head.layer4.0.conv1.weight"], published["depth_head.layer4.0.conv1.weight"])
    assert len(firsts[1]["start"]) == 16
    assert "depth_head.classifier" in capsys.readouterr().out
    with pytest.raises(DataError, match="one thing to start from"):
        train_one(replace(asked, depth_network=tmp_path))
    with pytest.raises(DataError, match="no ResNet"):
        train_one(replace(asked, preset="smoke"))


def test_a_student_goes_on_from_a_trained_one(trained, tmp_path):
    first = train_one(order("student", tmp_path / "first", row="ground_truth_only", steps=1))
    begun = []

    def look(task, *_, **__):
        begun.append({name: value.clone() for name, value in task.module.state_dict().items()})
        begun.append(task)

    asked = student(trained, tmp_path / "second", student=tmp_path / "first")
    train_one(asked, look)
    before = read_tensors(first.final, "weights")[0]
    assert all(torch.equal(begun[0][name], value) for name, value in before.items())
    assert len(begun[1].config["first_student"]) == 16
    assert not begun[1].rates
    assert "first_student" not in read_config(tmp_path / "first")["settings"]
    with pytest.raises(DataError, match=r"network\.wiring\.\w+"):
        train_one(replace(asked, wiring="lite"), look)
    with pytest.raises(DataError, match=r"without final\.safetensors"):
        train_one(replace(asked, student=trained), look)
    with pytest.raises(DataError, match="one thing to start from"):
        replace(asked, depth_network=trained / "depth_network")
    with pytest.raises(DataError, match="train student"):
        order("teacher", tmp_path, student=tmp_path / "first")


def test_a_student_goes_on_from_an_imported_one_and_lifts_as_that_does(trained, tmp_path):
    released = build_student(row_named("monotakd"), 4, replace(SMALL, student_lift="released"))
    write_imported(tmp_path / "imported" / FINAL, "student", released, trained / "teacher" / FINAL)
    begun = []
    asked = student(trained, tmp_path / "run", student=tmp_path / "imported")
    train_one(asked, lambda task, *_, **__: begun.append(task.module))
    assert begun[0].settings.scale.lift_convention == "released"
    assert student(trained, tmp_path).preset_on(asked.training_data()).networks == SMALL
    for ours, theirs in zip(begun[0].parameters(), released.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_networks_that_are_not_there_are_named(trained, tmp_path):
    with pytest.raises(DataError, match="none comes with kitti_small"):
        train_one(order("student", tmp_path))
    with pytest.raises(DataError, match="a finished training of the teacher"):
        train_one(order("student", tmp_path, teacher=tmp_path / "nowhere"))
    with pytest.raises(DataError, match="do not fit"):
        train_one(order("student", tmp_path, preset="toy", teacher=trained / "teacher"))


def test_a_teacher_of_other_settings_is_refused_though_its_weights_fit(trained, tmp_path):
    shutil.copytree(trained / "teacher", tmp_path / "teacher")
    config = read_config(tmp_path / "teacher")
    config["settings"]["network"]["max_points"] = 32
    write_config(tmp_path / "teacher", config)
    asked = replace(student(trained, tmp_path / "out"), teacher=tmp_path / "teacher")
    with pytest.raises(DataError, match=r"max_points = 32.*as given now.*teach something else"):
        train_one(asked)


def test_the_released_alignment_needs_two_frames_at_a_time(trained, tmp_path):
    with pytest.raises(DataError, match="at least two frames"):
        train_one(student(trained, tmp_path, wiring="released", parts=2))


def test_an_assistant_with_the_teachers_head_teaches_who_asks_for_it(trained, tmp_path):
    shared = order("assistant", tmp_path / "shared", training="shared_head", teacher=trained / "teacher", steps=1)
    assert train_one(shared).steps_now == 1
    network = read_config(tmp_path / "shared")["settings"]["network"]
    assert network["training"] == "shared_head"
    asked = replace(student(trained, tmp_path / "student", row="shared_head"), assistant=tmp_path / "shared")
    seen = []
    train_one(asked, lambda task, *_, **__: seen.append(task))
    assert seen[0].frozen["assistant"].settings.training == "shared_head"
    with pytest.raises(DataError, match=r"trained as 'detector'; expected 'shared_head'.*--training shared_head"):
        train_one(replace(asked, assistant=trained / "assistant"))
    with pytest.raises(DataError, match=r"none comes with the project.*--training shared_head --teacher"):
        train_one(Order("student", tmp_path / "toy", paths.toy_set(), preset="smoke", row="shared_head", run=QUIET))


@pytest.mark.parametrize(
    ("training", "teacher", "expected"),
    [
        ("", None, "assistant"),
        ("detector", None, "assistant"),
        ("", Path("t"), "assistant_aligned"),
        ("aligned", Path("t"), "assistant_aligned"),
        ("shared_head", Path("t"), "assistant_shared_head"),
    ],
)
def test_an_assistant_is_trained_as_asked(training, teacher, expected):
    asked = Order("assistant", Path(), Path(), training=training, teacher=teacher)
    assert asked.assistant_name == expected
    assert asked.uses_unlabelled == (expected == "assistant_aligned")


@pytest.mark.parametrize(
    ("what", "options", "words"),
    [
        ("assistant", {"training": "aligned"}, "--teacher: found nothing; .* which --training aligned needs"),
        ("assistant", {"training": "shared_head"}, "--teacher: found nothing; .* which --training shared_head needs"),
        ("assistant", {"training": "detector", "teacher": Path()}, "--teacher: .*none beside --training detector"),
        ("student", {"training": "aligned", "teacher": Path()}, "--training: .*beside train student"),
        ("depth_network", {"recipe": Path()}, "--recipe: found beside train depth-network"),
        ("student", {"recipe": Path(), "row": "direct"}, "--recipe: found also --row direct"),
    ],
)
def test_options_that_do_not_go_together_are_refused(what, options, words):
    with pytest.raises(DataError, match=words):
        Order(what, Path(), Path(), **options)


def test_a_wiring_goes_with_any_row():
    asked = Order("student", Path(), Path(), row="direct", wiring="lite").student_row()
    assert (asked.name, asked.wiring) == ("direct", Wiring.lite())
    assert Order("student", Path(), Path(), wiring="lite").student_row().name == "lite"
    assert Order("student", Path(), Path()).student_row().name == "monotakd"
    with pytest.raises(DataError, match="borrows the student's parts"):
        Order("student", Path(), Path(), row="released", wiring="lite").student_row()
    with pytest.raises(DataError, match="published, released, lite"):
        Order("student", Path(), Path(), wiring="liter").student_row()


def test_a_command_line_trains(call, tmp_path):
    options = ("--preset", "kitti_small", "--steps", 2, "--batch-size", 1, "--threads", 1, "--device", "cpu")
    given = ("--data", paths.tiny_set(), "--out", tmp_path / "t", "--gradient-norms-every", 2)
    status, _, err = call("train", "teacher", *given, *options)
    assert status == 0, err
    assert (tmp_path / "t" / FINAL).exists()
    config = json.loads((tmp_path / "t" / "config.json").read_text())
    assert config["train"]["batch_size"] == 1
    assert config["record"]["device"] == "cpu"
    assert ["gradient_norms" in step for step in read_steps(tmp_path / "t" / "log.jsonl")] == [True, False]


def test_a_device_that_is_not_there_is_refused_by_name(call, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    given = ("train", "teacher", "--data", paths.tiny_set(), "--out", tmp_path / "t", "--device", "mps")
    status, _, err = call(*given)
    assert status == 2
    assert "--device: found mps, which torch" in err
    assert "Leave --device out" in err
    assert call(*given, "--devices", 2)[0] == 2
    assert not (tmp_path / "t").exists()
