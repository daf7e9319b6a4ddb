"""The KITTI presets' image network: its sizes, that dilation keeps what strides would see, and batches of one."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from monotakd.models.camera import CameraSettings
from monotakd.models.image_backbone import ImageBackboneSettings, ImageNetworkSettings
from monotakd.models.resnet_backbone import DeepLabDepthHead, ResNetBackbone, ResNetSettings

SMALL = ResNetSettings((1, 2, 2, 2), width=4, head_width=8, rates=(2, 3), dropout=0.0)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_kitti_sizes():
    settings = ResNetSettings.resnet50()
    with torch.device("meta"):
        backbone, head = settings.build(), settings.build_depth_head(120)
        image = backbone(torch.zeros(1, 3, 375, 1242))
        logits = head(image.features)
    assert image.features.shape == (1, settings.out_channels, 47, 156) == (1, 1024, 47, 156)
    assert image.stride == settings.stride == 8
    assert logits.shape == (1, 121, 47, 156)
    # Known of ResNet-50: 25,557,032 parameters with its 1000 classes.
    assert count(backbone) + count(head.layer4) + 2048 * 1000 + 1000 == 25_557_032


def test_settings_are_what_a_camera_network_asks_for():
    assert isinstance(SMALL, ImageNetworkSettings)
    assert isinstance(ImageBackboneSettings.toy(), ImageNetworkSettings)
    assert CameraSettings.kitti_r50().image == ResNetSettings.resnet50()


@pytest.mark.parametrize(("size", "cells"), [((64, 96), (8, 12)), ((33, 41), (5, 6)), ((375, 1242), (47, 156))])
def test_one_cell_for_every_eight_pixels_begun(size, cells):
    with torch.device("meta"):
        assert SMALL.build()(torch.zeros(2, 3, *size)).features.shape == (2, 64, *cells)


def strided(stage: nn.Sequential) -> nn.Sequential:
    """The same weights in a stage that halves the resolution instead."""
    halving = deepcopy(stage)
    for block in halving:
        block.conv2.dilation = block.conv2.padding = (1, 1)
    halving[0].conv2.stride = halving[0].downsample[0].stride = (2, 2)
    return halving


def test_a_dilated_stage_sees_what_the_strided_one_does_and_the_cells_between():
    torch.manual_seed(0)
    backbone, head = ResNetBackbone(SMALL).eval(), DeepLabDepthHead(SMALL, 5).eval()
    x = torch.rand(1, 32, 16, 24)
    with torch.no_grad():
        dilated = backbone.layer3(x)
        coarse = strided(backbone.layer3)(x)
        torch.testing.assert_close(dilated[..., ::2, ::2], coarse)
        deeper, coarser = head.layer4(dilated), strided(head.layer4)(coarse)
        torch.testing.assert_close(deeper[..., ::4, ::4], coarser)


def test_pixels_are_normalised_as_imagenets():
    backbone = ResNetBackbone(SMALL).eval()
    seen = {}
    backbone.conv1.register_forward_pre_hook(lambda _, given: seen.update(x=given[0]))
    backbone(torch.tensor([0.485, 0.456, 0.406 + 0.225])[None, :, None, None].expand(-1, -1, 32, 32))
    torch.testing.assert_close(seen["x"][0, :, 0, 0], torch.tensor([0.0, 0.0, 1.0]))
    assert not {"mean", "spread"} & backbone.state_dict().keys()


@pytest.mark.parametrize("samples", [1, 2])
def test_every_parameter_is_reached_also_by_a_batch_of_one(samples):
    torch.manual_seed(0)
    backbone, head = ResNetBackbone(SMALL), DeepLabDepthHead(SMALL, 5)
    logits = head(backbone(torch.rand(samples, 3, 64, 64)).features)
    (logits**3).sum().backward()
    silent = [name for part in (backbone, head) for name, p in part.named_parameters() if not p.grad.any()]
    assert silent == []


def test_a_batch_of_one_leaves_the_statistics_of_single_values_alone():
    norm = DeepLabDepthHead(SMALL, 5).classifier[0].convs[-1][2]
    norm(torch.rand(1, 8, 1, 1))
    assert norm.num_batches_tracked == 0
    norm(torch.rand(2, 8, 1, 1))
    assert norm.num_batches_tracked == 1
