"""The checkpoints of MonoTAKD's release (OpenPCDet) as weights of our networks, without a tensor lost in silence.

What the names mean was read off the release's state dicts and code; ``Wiring.released`` computes what its student does,
and says where that is not the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from monotakd.engine.weights import put_weights
from monotakd.models.sparse import SparseConv3d
from monotakd.models.student import Student, StudentSettings
from monotakd.models.teacher import Teacher, TeacherSettings
from monotakd.pretrained.account import Account, Lookup, Unused, match
from monotakd.pretrained.foreign_file import read_foreign
from monotakd.pretrained.imported import require_new, write_imported
from monotakd.pretrained.sparse_layout import to_our_layout

Kind = Literal["teacher", "student"]

_COUNTER = Unused("a counter of training steps")
_NEVER_CALLED = "the release builds it and never calls it"

TEACHER_NAMES: dict[str, str | Unused] = {
    "global_step": _COUNTER,
    "backbone_2d.fusion_nn.": Unused(f"feature fusion in a network with nothing to fuse; {_NEVER_CALLED}"),
    "backbone_3d.": "backbone_3d.",
    "backbone_2d.": "backbone_2d.",
    "dense_head.": "dense_head.",
}
"""Beginnings of the released teacher's names -> of ours, or why they are not needed; the first that fits counts."""

STUDENT_NAMES: dict[str, str | Unused] = {
    "global_step": _COUNTER,
    "map_to_bev_module.GC_block.": Unused(f"global context block; {_NEVER_CALLED}"),
    "vfe.ffn.ddn.model.aux_classifier.": Unused("DeepLab's second classifier, for training only"),
    "vfe.ffn.ddn.model.backbone.layer4.": "depth_head.layer4.",
    "vfe.ffn.ddn.model.backbone.": "image_backbone.",
    "vfe.ffn.ddn.model.classifier.": "depth_head.classifier.",
    "vfe.ffn.channel_reduce.conv.": "branch_visual.0.0.",
    "vfe.ffn.channel_reduce.bn.": "branch_visual.0.1.",
    "map_to_bev_module.block.": "collapse_visual.",
    "map_to_bev_module.block_copy.": "collapse_spatial.",
    "map_to_bev_module.block_target.": "collapse_assistant.",
    "map_to_bev_module.sam.": "spatial_align.",
    "domain_adaptation.": "scnet.",
    "backbone_2d.fusion_nn.": "fusion.",
    "backbone_2d.": "backbone_2d.",
    "dense_head.": "dense_head.",
}
"""The same of the released student."""


def by_beginnings(names: dict[str, str | Unused]) -> Lookup:
    """A lookup that exchanges the beginning of a name."""

    def lookup(name: str, _: Tensor) -> str | Unused | None:
        for theirs, ours in names.items():
            if name.startswith(theirs):
                return ours if isinstance(ours, Unused) else ours + name.removeprefix(theirs)
        return None

    return lookup


def load_released(path: Path, network: Teacher | Student, *, allow_unexplained: bool = False) -> Account:
    """Fills a network with a checkpoint of the release.

    Args:
        path: OpenPCDet's checkpoint (``{"model_state": ...}``), or a state dict alone.
        network: built from ``TeacherSettings.released()`` or ``StudentSettings.released()``, or in a test from smaller
            sizes wired the same way.
        allow_unexplained: leave out tensors that no rule knows, instead of refusing the file.

    Returns:
        What became of every tensor; print it.

    Raises:
        DataError: the file is damaged, or a tensor is missing, misshapen, not finite, or (unless allowed) unexplained.
    """
    tensors = read_foreign(path).tensors
    lookup = by_beginnings(TEACHER_NAMES if isinstance(network, Teacher) else STUDENT_NAMES)
    fitting, account = match(str(path), _in_our_layout(tensors, network), network, lookup)
    account.require(
        f"the release's {type(network).__name__.lower()}",
        explained=not allow_unexplained,
        missing=account.missing_weights,
    )
    put_weights(path, network, {**network.state_dict(), **fitting})
    return account


def import_release(path: Path, kind: Kind, out: Path, *, allow_unexplained: bool = False) -> Account:
    """Writes a checkpoint of the release as a file of ours; see `imported.write_imported`.

    Args:
        path: the release's checkpoint.
        kind: whose.
        out: the new file; ``engine.weights.load_weights`` opens it.
        allow_unexplained: see `load_released`.

    Returns:
        What became of every tensor.

    Raises:
        DataError: as `load_released`; or there is something at ``out`` already.
    """
    require_new(out)
    network = released_network(kind)
    account = load_released(path, network, allow_unexplained=allow_unexplained)
    write_imported(out, kind, network, path)
    return account


def released_network(kind: Kind) -> Teacher | Student:
    """The network that the release's weights fit, in evaluation mode, with fresh weights."""
    if kind == "teacher":
        return Teacher(TeacherSettings.released()).eval()
    return Student(StudentSettings.released()).eval()


def _in_our_layout(tensors: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    shapes = {f"{n}.weight": m.weight.shape for n, m in network.named_modules() if isinstance(m, SparseConv3d)}
    weights, _ = to_our_layout({name: tensors[name] for name in shapes if name in tensors}, shapes)
    return {**tensors, **weights}
