"""The toy image network: sizes, the place of a pixel, and that every parameter counts."""

import pytest
import torch

from monotakd.models.image_backbone import ImageBackbone, ImageBackboneSettings, pixel_coordinates

SMALL = ImageBackboneSettings((8, 16, 32), 1, 12)


@pytest.mark.parametrize(("size", "cells"), [((32, 64), (8, 16)), ((33, 61), (9, 16)), ((96, 320), (24, 80))])
def test_one_cell_for_every_four_pixels_begun(size, cells):
    features = ImageBackbone(SMALL)(torch.rand(1, 3, *size))
    assert features.stride == 4
    assert features.features.shape == (1, 12, *cells)


def test_coordinates_by_hand():
    u, v = pixel_coordinates(torch.zeros(2, 3, 2, 3))[1]
    assert u.tolist() == [[-1, 0, 1], [-1, 0, 1]]
    assert v.tolist() == [[-1, -1, -1], [1, 1, 1]]


@pytest.mark.parametrize("coordinates", [True, False])
def test_a_grey_image_looks_the_same_everywhere_only_without_coordinates(coordinates):
    torch.manual_seed(0)
    settings = ImageBackboneSettings((8,), 1, 12, coordinates)
    middle = ImageBackbone(settings).eval()(torch.full((1, 3, 96, 96), 0.5)).features[0, :, 8:16, 8:16]
    varies = float((middle - middle[:, :1, :1]).detach().abs().max()) > 1e-4
    assert varies == coordinates


def test_every_parameter_is_reached():
    network = ImageBackbone(SMALL)
    (network(torch.rand(2, 3, 32, 64)).features ** 3).sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []
