"""The release's checkpoints: names, shapes, spconv layouts, and that the imported blocks compute what theirs do."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_release import as_released, save, small_student, small_teacher, their_name
from small_world import SCALE, calibration

from monotakd.engine.config_file import to_json
from monotakd.engine.weights import load_weights
from monotakd.errors import DataError
from monotakd.pretrained.account import match
from monotakd.pretrained.release import (
    STUDENT_NAMES,
    TEACHER_NAMES,
    by_beginnings,
    import_release,
    load_released,
    released_network,
)
from monotakd.scene import Sensors


def table(shared, kind) -> dict[str, tuple[int, ...]]:
    """Name -> shape of the released network."""
    lines = (shared / "reference" / "release_state_dict.tsv").read_text().splitlines()
    rows = (line.split("\t") for line in lines if line.startswith(kind + "\t"))
    return {name: () if shape == "scalar" else tuple(map(int, shape.split("x"))) for _, name, shape in rows}


def some_tensor(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    if name.endswith(("num_batches_tracked", "global_step")):
        return torch.ones(shape, dtype=torch.int64)
    return torch.rand(shape)


LISTED = {
    "teacher": (232, "82a44d4c3aea24455d0e83c2606be56cc91b723426ad509867cbfc41839072e2"),
    "student": (718, "5c3277e3bc671213daf6a1b27eef310cfbc88376f1c704104e7acab5c98e7a2a"),
}
"""How many tensors of the release's we load, and the hash of their names and shapes: known without the reference."""


def listed(shapes: dict[str, tuple[int, ...]]) -> tuple[int, str]:
    lines = sorted(f"{name} {tuple(shape)}" for name, shape in shapes.items())
    return len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("kind", ["teacher", "student"])
def test_our_networks_have_the_releases_names_and_shapes(kind):
    state = released_network(kind).state_dict()
    assert listed({their_name(name): tensor.shape for name, tensor in state.items()}) == LISTED[kind]


@pytest.mark.parametrize("kind", ["teacher", "student"])
def test_every_released_tensor_has_its_place_or_a_reason(shared, kind):
    shapes = table(shared, kind)
    names = by_beginnings(TEACHER_NAMES if kind == "teacher" else STUDENT_NAMES)
    tensors = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    network = released_network(kind)
    _, account = match("release", tensors, network, names)
    assert (account.unexplained, account.misshapen, account.missing) == ((), {}, ())
    assert len(account.loaded) + len(account.unused) == len(shapes)
    assert set(account.loaded.values()) == network.state_dict().keys()
    assert listed({name: shapes[name] for name in account.loaded}) == LISTED[kind]
    builds_only = {"teacher": {"backbone_2d"}, "student": {"map_to_bev_module"}}[kind]
    assert {name.split(".")[0] for name in account.unused} == {"global_step", *builds_only}


@pytest.mark.parametrize("kind", ["teacher", "student"])
def test_a_checkpoint_with_the_releases_names_and_shapes_is_imported(shared, tmp_path, kind):
    torch.manual_seed(0)
    state = {name: some_tensor(name, shape) for name, shape in table(shared, kind).items()}
    save(tmp_path / "theirs.pth", state)
    out = tmp_path / "ours" / "final.safetensors"
    account = import_release(tmp_path / "theirs.pth", kind, out)
    assert (account.unexplained, account.missing) == ((), ())

    network = released_network(kind)
    facts = load_weights(out, network)
    assert facts["imported"][0]["file"] == "theirs.pth"
    own = network.state_dict()
    assert all(torch.equal(own[ours], state[theirs]) for theirs, ours in account.loaded.items())
    config = json.loads((out.parent / "config.json").read_text())
    assert config["task"] == kind
    assert config["settings"]["network"] == to_json(network.settings)
    with pytest.raises(DataError, match="nothing yet"):
        import_release(tmp_path / "theirs.pth", kind, out)


@pytest.mark.parametrize("build", [small_teacher, small_student])
def test_a_made_state_dict_goes_through_unchanged(tmp_path, build):
    source, copy = build(), build()
    for parameter in copy.parameters():
        torch.nn.init.zeros_(parameter)
    account = load_released(save(tmp_path / "f.pth", as_released(source)), copy)
    assert account.unused == {"global_step": "a counter of training steps"}
    assert all(torch.equal(value, source.state_dict()[name]) for name, value in copy.state_dict().items())


def test_nothing_unexplained_missing_or_misshapen_passes(tmp_path):
    state = as_released(small_student())
    state["vfe.ffn.ddn.model.backbone.layer9.weight"] = torch.zeros(1)
    path = save(tmp_path / "f.pth", state)
    with pytest.raises(DataError, match=r"1 tensors that do not fit a Student: vfe\S+layer9\.weight is unexplained"):
        load_released(path, small_student())
    account = load_released(path, small_student(), allow_unexplained=True)
    assert account.unexplained == ("vfe.ffn.ddn.model.backbone.layer9.weight",)
    assert "unexplained              1" in str(account)

    del state["map_to_bev_module.sam.fc.0.weight"]
    state["dense_head.conv_cls.bias"] = torch.zeros(3)
    with pytest.raises(DataError) as refusal:
        load_released(save(path, state), small_student(), allow_unexplained=True)
    assert "spatial_align.fc.0.weight is missing" in refusal.value.found
    assert "dense_head.conv_cls.bias is (3,) instead of (2,)" in refusal.value.found


def test_a_teachers_file_is_no_students(tmp_path):
    with pytest.raises(DataError, match="do not fit a Student"):
        load_released(save(tmp_path / "f.pth", as_released(small_teacher())), small_student(), allow_unexplained=True)


@pytest.mark.parametrize("axes", [(1, 2, 3, 4, 0), (1, 2, 3, 0, 4), (0, 1, 2, 3, 4)], ids=["1", "2.0", "2.2"])
def test_weights_of_every_spconv_give_the_same_map(tmp_path, axes):
    source, copy = small_teacher(), small_teacher()
    state = as_released(source)
    state = {name: value.permute(axes).contiguous() if value.dim() == 5 else value for name, value in state.items()}
    for parameter in copy.parameters():
        torch.nn.init.zeros_(parameter)
    load_released(save(tmp_path / "f.pth", state), copy)
    points = torch.rand(300, 4) * torch.tensor([10.0, 10.0, 3.0, 1.0]) + torch.tensor([3.0, -5.0, -2.5, 0.0])
    with torch.no_grad():
        assert torch.equal(copy([points]).bev.features, source([points]).bev.features)


REFERENCES = {
    "sam": ("map_to_bev_module.sam.", "spatial_align", "x", {"bev_channels": 128}),
    "ffm": ("backbone_2d.fusion_nn.", "fusion", "x", {"bev_channels": 128}),
    "scnet": ("domain_adaptation.", "scnet", "x", {"bev_channels": 32}),
    "collapse": ("map_to_bev_module.block.", "collapse_visual", "voxel_features", {"branch_channels": 8}),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_imported_blocks_compute_what_the_releases_do(shared, tmp_path, name):
    prefix, module, given, sizes = REFERENCES[name]
    if name == "collapse":
        sizes = {**sizes, "bev_channels": 16, "grid": replace(SCALE.grid, voxel=(1.0, 1.0, 0.8))}
    student = small_student(**sizes)
    data = np.load(shared / "reference" / "released_code" / f"{name}.npz")
    given_weights = (key for key in data.files if key.startswith("param/"))
    parameters = {prefix + key.removeprefix("param/"): torch.from_numpy(data[key]) for key in given_weights}
    state = {**as_released(student), **parameters}
    load_released(save(tmp_path / "f.pth", state), student)
    block = getattr(student, module)
    x = torch.from_numpy(data[f"in/{given}"])
    with torch.no_grad():
        out = block(x, torch.zeros_like(x)) if name == "ffm" else block(x)
    torch.testing.assert_close(out, torch.from_numpy(data["eval/out"]), rtol=1e-4, atol=1e-5)


def test_a_student_in_the_released_wiring_runs_without_depth():
    student = small_student()
    images, cameras = torch.rand(1, 3, 32, 64), (calibration(),)
    (found,) = student.detect(Sensors(images, cameras))
    assert len(found.scores) == len(found.boxes)
