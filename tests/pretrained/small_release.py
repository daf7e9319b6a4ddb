"""Networks in the release's wiring at sizes of a test, and their state dicts in its names, as its checkpoints."""

from dataclasses import replace

import torch
from small_world import SCALE, TEACHER

from monotakd.geometry.anchors import KITTI_ANCHORS
from monotakd.models.resnet_backbone import ResNetSettings
from monotakd.models.student import Student, StudentSettings, Wiring
from monotakd.models.teacher import Teacher

THEIRS = {
    "image_backbone.": "vfe.ffn.ddn.model.backbone.",
    "depth_head.layer4.": "vfe.ffn.ddn.model.backbone.layer4.",
    "depth_head.classifier.": "vfe.ffn.ddn.model.classifier.",
    "branch_visual.0.0.": "vfe.ffn.channel_reduce.conv.",
    "branch_visual.0.1.": "vfe.ffn.channel_reduce.bn.",
    "collapse_visual.": "map_to_bev_module.block.",
    "collapse_spatial.": "map_to_bev_module.block_copy.",
    "collapse_assistant.": "map_to_bev_module.block_target.",
    "spatial_align.": "map_to_bev_module.sam.",
    "scnet.": "domain_adaptation.",
    "fusion.": "backbone_2d.fusion_nn.",
}
IMAGE = ResNetSettings((1, 1, 1, 1), width=2, head_width=4, rates=(2,))


def small_student(**sizes) -> Student:
    """The released wiring at sizes of a test."""
    torch.manual_seed(0)
    scale = replace(SCALE, image=IMAGE, head="anchor", lift_convention="released", **sizes)
    return Student(StudentSettings(scale, Wiring.released())).eval()


def small_teacher() -> Teacher:
    torch.manual_seed(0)
    return Teacher(replace(TEACHER, head="anchor", anchor_placement="range_limits", classes=KITTI_ANCHORS)).eval()


def their_name(name: str) -> str:
    for ours, theirs in THEIRS.items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return name


def as_released(network) -> dict[str, torch.Tensor]:
    """A network's state dict as the release would name it, with a counter beside."""
    state = {their_name(name): value.clone() for name, value in network.state_dict().items()}
    return {"global_step": torch.zeros(1, dtype=torch.int64), **state}


def save(path, state):
    """In OpenPCDet's form: its old file format too."""
    content = {"epoch": 10, "it": 100, "model_state": state, "optimizer_state": {"state": {}}, "version": "pcdet"}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    return path
