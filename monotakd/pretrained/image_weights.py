"""Published image networks as a start: torchvision's ResNet and DeepLabV3 files, Hugging Face's ResNet folders.

The release's configuration starts its image network from torchvision's DeepLabV3 ResNet-50, trained on COCO
(``deeplabv3_resnet50_coco-cd0a2569.pth``). This module never fetches a file.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from torch import Tensor, nn

from monotakd.engine.seeds import seeded
from monotakd.engine.weights import put_weights
from monotakd.errors import DataError
from monotakd.models.camera import CameraSettings
from monotakd.models.depth_network import DepthNetwork
from monotakd.pretrained.account import Account, Lookup, Unused, match
from monotakd.pretrained.foreign_file import ForeignTensors, read_foreign
from monotakd.pretrained.imported import require_new, write_imported

MODULES = ("image_backbone", "depth_head")
"""What these files are about, in a depth network, an assistant or a student."""

LAST = "classifier.4."
"""DeepLab's last convolution."""

_EXPECTED = "torchvision's ResNet-50 or DeepLabV3 ResNet-50, or a Hugging Face folder of a ResNet-50 (timm's too)"
_PREFIXES = ("backbone.", "timm_model.")
_HF_SIGN = "embedder.embedder.convolution.weight"
_HF_PARTS = {"convolution": ("conv", "downsample.0"), "normalization": ("bn", "downsample.1")}


def load_image_weights(path: Path, network: nn.Module) -> Account:
    """Fills a network's image backbone, and of its depth head what the file has.

    A file trained for classes has no depth bins: the last convolution keeps its first weights, as do all of the
    pyramid where the file is a plain ResNet's. `Account.missing` names them.

    Args:
        path: a torch checkpoint, a safetensors file, or a Hugging Face folder.
        network: one with a `resnet_backbone.ResNetBackbone`; without a depth head that part is not needed.

    Returns:
        What became of every tensor; print it.

    Raises:
        DataError: the file is damaged, of another network, or lacks a weight of stages 1 to 3.
    """
    foreign, last = read_foreign(path), network.state_dict().get(f"depth_head.{LAST}weight")
    naming = _naming(foreign, None if last is None else len(last))
    fitting, account = match(str(path), foreign.tensors, network, naming, MODULES)
    account.require(_EXPECTED, missing=[name for name in account.missing_weights if name.startswith("image_backbone.")])
    put_weights(path, network, {**network.state_dict(), **fitting})
    return account


def import_image_weights(path: Path, out: Path, scale: CameraSettings, seed: int = 0) -> Account:
    """Writes a depth network that starts from published weights, for assistants and students to start from.

    Args:
        path: see `load_image_weights`.
        out: the new file; see `imported.write_imported`.
        scale: of the students, such as ``CameraSettings.kitti_r50()``.
        seed: of the first weights of what the file lacks.

    Returns:
        What became of every tensor.

    Raises:
        DataError: as `load_image_weights`; or there is something at ``out`` already.
    """
    require_new(out)
    with seeded(seed):
        network = DepthNetwork(scale)
    account = load_image_weights(path, network)
    write_imported(out, "depth_network", network, path)
    return account


def _naming(foreign: ForeignTensors, outputs: int | None) -> Lookup:
    if not any(name.endswith(_HF_SIGN) for name in foreign.tensors):
        return partial(torchvision_name, outputs=outputs)
    if foreign.config.get("downsample_in_bottleneck"):
        raise DataError(
            foreign.path / "config.json",
            "downsample_in_bottleneck = true, strides in the first convolution of a block",
            "strides in its 3x3 convolution, as torchvision has them",
            fix="Take a ResNet of version 1.5, such as microsoft/resnet-50",
        )
    return hugging_face_name


def torchvision_name(name: str, value: Tensor, outputs: int | None) -> str | Unused | None:
    """Our name of a tensor of torchvision's (or timm's) ResNets and DeepLabs; see `account.Lookup`.

    Args:
        name: there.
        value: the tensor.
        outputs: of our depth head, None where there is none; a DeepLab's classes are in their place.
    """
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    if name.startswith("fc."):
        return Unused("the classes it was trained on")
    if name.startswith("aux_classifier."):
        return Unused("DeepLab's second classifier, for training only")
    if name.startswith(LAST) and len(value) != outputs:
        return Unused(f"{len(value)} classes it was trained on, where a depth head has its bins")
    if re.match(r"(conv1|bn1|layer[123])\.", name):
        return f"image_backbone.{name}"
    if re.match(r"(layer4|classifier)\.", name):
        return f"depth_head.{name}"
    return None


def hugging_face_name(name: str, value: Tensor) -> str | Unused | None:
    """Our name of a tensor of Hugging Face's ResNets; see `account.Lookup`.

    Stages count from 0 there and the three convolutions of a block from 0 to 2.
    """
    name = name.removeprefix("resnet.")
    if name.startswith("classifier."):
        return Unused("the classes it was trained on")
    if found := re.fullmatch(r"embedder\.embedder\.(convolution|normalization)\.(\w+)", name):
        part, leaf = found.groups()
        return f"image_backbone.{_HF_PARTS[part][0]}1.{leaf}"
    inside = r"encoder\.stages\.(\d)\.layers\.(\d+)\.(?:layer\.(\d)|shortcut)\.(convolution|normalization)\.(\w+)"
    if not (found := re.fullmatch(inside, name)):
        return None
    stage, block, place, part, leaf = found.groups()
    conv, shortcut = _HF_PARTS[part]
    inner = shortcut if place is None else f"{conv}{int(place) + 1}"
    top = "depth_head" if stage == "3" else "image_backbone"
    return f"{top}.layer{int(stage) + 1}.{block}.{inner}.{leaf}"
