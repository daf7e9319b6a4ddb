"""Published image networks, with made files in the names of torchvision and Hugging Face."""

import json
import re
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from small_world import SCALE

from monotakd.engine.seeds import seeded
from monotakd.engine.weights import load_weights
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant, AssistantSettings
from monotakd.models.camera import CameraSettings
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.resnet_backbone import ResNetSettings
from monotakd.pretrained.image_weights import import_image_weights, load_image_weights

SMALL = replace(SCALE, image=ResNetSettings((1, 2, 1, 2), width=2, head_width=4, rates=(2,)))
HEAD = "depth_head.classifier."


def network(seed: int, scale: CameraSettings = SMALL) -> DepthNetwork:
    with seeded(seed):
        return DepthNetwork(scale)


def torchvision_resnet(source: DepthNetwork) -> dict[str, torch.Tensor]:
    """Names of torchvision's resnet50: ``conv1.weight``, ``layer4.0.conv1.weight``, ``fc.weight``."""
    state = {
        name.removeprefix("image_backbone.").removeprefix("depth_head."): value
        for name, value in source.state_dict().items()
        if not name.startswith(HEAD)
    }
    return {**state, "fc.weight": torch.zeros(1000, 64), "fc.bias": torch.zeros(1000)}


def torchvision_deeplab(source: DepthNetwork, classes: int = 21) -> dict[str, torch.Tensor]:
    """Names of torchvision's deeplabv3_resnet50: ``backbone.*``, ``classifier.*``, ``aux_classifier.*``."""
    state = {f"backbone.{n}": v for n, v in torchvision_resnet(source).items() if not n.startswith("fc.")}
    head = {n.removeprefix("depth_head."): v for n, v in source.state_dict().items() if n.startswith(HEAD)}
    last = {"classifier.4.weight": torch.zeros(classes, 4, 1, 1), "classifier.4.bias": torch.zeros(classes)}
    return {**state, **head, **last, "aux_classifier.4.weight": torch.zeros(21, 4, 1, 1)}


def hugging_face_resnet(source: DepthNetwork) -> dict[str, torch.Tensor]:
    """Names of transformers' ResNetForImageClassification."""

    def theirs(name: str) -> str:
        name = re.sub(r"^conv1\.", "embedder.embedder.convolution.", name)
        name = re.sub(r"^bn1\.", "embedder.embedder.normalization.", name)
        name = re.sub(r"^layer(\d)\.(\d+)\.", lambda m: f"encoder.stages.{int(m[1]) - 1}.layers.{m[2]}.", name)
        name = re.sub(r"\.conv(\d)\.", lambda m: f".layer.{int(m[1]) - 1}.convolution.", name)
        name = re.sub(r"\.bn(\d)\.", lambda m: f".layer.{int(m[1]) - 1}.normalization.", name)
        name = name.replace("downsample.0", "shortcut.convolution").replace("downsample.1", "shortcut.normalization")
        return f"resnet.{name}"

    state = {theirs(name): value for name, value in torchvision_resnet(source).items() if not name.startswith("fc.")}
    return {**state, "classifier.1.weight": torch.zeros(1000, 64), "classifier.1.bias": torch.zeros(1000)}


def save_as(form: str, path, source: DepthNetwork):
    if form == "hugging_face":
        path.mkdir()
        save_file(hugging_face_resnet(source), path / "model.safetensors")
        (path / "config.json").write_text(json.dumps({"model_type": "resnet", "downsample_in_bottleneck": False}))
    else:
        torch.save(torchvision_deeplab(source) if form == "deeplab" else torchvision_resnet(source), path)
    return path


@pytest.mark.parametrize("form", ["resnet", "deeplab", "hugging_face"])
def test_what_the_file_has_is_loaded_and_the_rest_named(tmp_path, form):
    source, copy = network(1), network(2)
    fresh = {name: value.clone() for name, value in copy.state_dict().items()}
    account = load_image_weights(save_as(form, tmp_path / "f", source), copy)
    last = {f"{HEAD}4.weight", f"{HEAD}4.bias"}
    head = {name for name in fresh if name.startswith(HEAD)}
    assert set(account.missing) == (last if form == "deeplab" else head)
    assert account.unexplained == ()
    assert len(account.unused) == {"resnet": 2, "deeplab": 3, "hugging_face": 2}[form]
    for name, value in copy.state_dict().items():
        expected = fresh if name in account.missing else source.state_dict()
        assert torch.equal(value, expected[name]), name


def test_the_same_names_in_the_full_network():
    """Counts that are known of torchvision: resnet50 has 320 tensors, deeplabv3_resnet50 362 and its auxiliary head."""
    full = DepthNetwork(CameraSettings.kitti_r50())
    assert len(torchvision_resnet(full)) == 320
    assert len([n for n in torchvision_deeplab(full) if not n.startswith("aux")]) == 362


def test_an_assistant_needs_no_more_than_stage_three(tmp_path):
    source = network(1)
    copy = Assistant(AssistantSettings(SMALL))
    before = {n: v.clone() for n, v in copy.state_dict().items() if not n.startswith("image_backbone.")}
    account = load_image_weights(save_as("deeplab", tmp_path / "f", source), copy)
    assert account.missing == ()
    assert set(account.unused.values()) >= {"depth_head, which this Assistant does not have"}
    assert torch.equal(copy.image_backbone.conv1.weight, source.image_backbone.conv1.weight)
    assert all(torch.equal(copy.state_dict()[name], value) for name, value in before.items())


def test_bins_in_the_place_of_classes_are_taken(tmp_path):
    source, copy = network(1), network(2)
    torch.save(torchvision_deeplab(source, classes=SMALL.bins.num + 1), tmp_path / "f")
    assert load_image_weights(tmp_path / "f", copy).missing == ()


def test_another_network_is_refused_and_nothing_loaded(tmp_path):
    other = network(1, replace(SMALL, image=replace(SMALL.image, width=4)))
    copy = network(2)
    before = {name: value.clone() for name, value in copy.state_dict().items()}
    with pytest.raises(DataError, match=r"layer1\.0\.conv1\.weight is \(4, 4, 1, 1\) instead of \(2, 2, 1, 1\)"):
        load_image_weights(save_as("resnet", tmp_path / "wide", other), copy)
    shallow = torchvision_resnet(network(1))
    shallow = {name: value for name, value in shallow.items() if not name.startswith("layer2.1.")}
    torch.save(shallow, tmp_path / "shallow")
    with pytest.raises(DataError, match=r"image_backbone\.layer2\.1\.conv1\.weight is missing"):
        load_image_weights(tmp_path / "shallow", copy)
    torch.save({"encoder.0.weight": torch.zeros(2)}, tmp_path / "strange")
    with pytest.raises(DataError, match="Nothing at all fits"):
        load_image_weights(tmp_path / "strange", copy)
    assert all(torch.equal(value, before[name]) for name, value in copy.state_dict().items())


def test_strides_in_the_wrong_convolution_are_refused(tmp_path):
    path = save_as("hugging_face", tmp_path / "f", network(1))
    (path / "config.json").write_text('{"downsample_in_bottleneck": true}')
    with pytest.raises(DataError, match="strides in the first convolution"):
        load_image_weights(path, network(2))


def test_the_imported_file_opens_as_a_depth_network(tmp_path):
    source, out = network(1), tmp_path / "depth" / "final.safetensors"
    account = import_image_weights(save_as("hugging_face", tmp_path / "f", source), out, SMALL, seed=7)
    copy = network(7)
    facts = load_weights(out, copy)
    assert [part["file"] for part in facts["imported"]] == ["model.safetensors"]
    assert torch.equal(copy.image_backbone.layer3[0].conv2.weight, source.image_backbone.layer3[0].conv2.weight)
    assert torch.equal(copy.depth_head.classifier[4].weight, network(7).depth_head.classifier[4].weight)
    assert account.missing_weights
    assert json.loads((out.parent / "config.json").read_text())["task"] == "depth_network"
