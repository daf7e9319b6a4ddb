"""Deformable convolution against plain loops, an ordinary convolution and the released code's tensors."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_deform_conv import slow_deform_conv2d

from monotakd.models.deform_conv import DeformConv, deform_conv2d


def random_case(seed, batch=2, channels=3, out=4, size=(5, 6), kernel=(3, 3), spread=2.0, dtype=torch.float64, **conv):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, channels, *size, generator=generator, dtype=dtype)
    weight = torch.randn(out, channels, *kernel, generator=generator, dtype=dtype)
    out_size = F.conv2d(x, weight, **conv).shape[2:]
    offset = torch.randn(batch, 2 * kernel[0] * kernel[1], *out_size, generator=generator, dtype=dtype) * spread
    return x, offset, weight


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**20),
    kernel=st.sampled_from([(3, 3), (1, 1), (2, 3)]),
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    spread=st.sampled_from([0.0, 0.7, 5.0]),
)
def test_equals_plain_loops(seed, kernel, stride, padding, dilation, spread):
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    x, offset, weight = random_case(seed, kernel=kernel, spread=spread, **options)
    torch.testing.assert_close(
        deform_conv2d(x, offset, weight, **options), slow_deform_conv2d(x, offset, weight, **options)
    )


def test_without_offsets_it_is_an_ordinary_convolution():
    x, offset, weight = random_case(0, spread=0.0, padding=1, dtype=torch.float32)
    torch.testing.assert_close(deform_conv2d(x, offset, weight, padding=1), F.conv2d(x, weight, padding=1))


def test_offsets_are_down_then_right():
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 2, 3] = 1.0
    offset = torch.zeros(1, 2, 4, 4)
    offset[0, 0], offset[0, 1] = 1.0, 2.0
    out = deform_conv2d(x, offset, torch.ones(1, 1, 1, 1))
    assert out[0, 0].nonzero().tolist() == [[1, 1]]


def test_gradients_match_finite_differences():
    inputs = random_case(1, batch=1, channels=2, out=2, size=(4, 4), spread=0.8, padding=1)
    assert torch.autograd.gradcheck(lambda *a: deform_conv2d(*a, padding=1), [t.requires_grad_() for t in inputs])


def test_taps_far_outside_read_zero_and_nan_is_not_hidden():
    x, offset, weight = random_case(2, size=(5, 7), padding=1)
    assert not deform_conv2d(x, offset + 1e7, weight, padding=1).any()
    offset[0, 0, 0, 0] = float("nan")
    out = deform_conv2d(x, offset, weight, padding=1)
    assert out[0, :, 0, 0].isnan().all()
    assert out.isnan().sum() == out.shape[1]


def test_a_wrong_offset_shape_is_explained():
    x, offset, weight = random_case(3, padding=1)
    with pytest.raises(ValueError, match="9 taps at every output"):
        deform_conv2d(x, offset[:, :9], weight, padding=1)


def test_module_starts_as_an_ordinary_convolution_and_learns_offsets():
    torch.manual_seed(0)
    layer = DeformConv(3, 4)
    x = torch.randn(2, 3, 6, 7)
    out = layer(x)
    torch.testing.assert_close(out, F.conv2d(x, layer.conv2.weight, padding=1))
    (out**2).sum().backward()
    assert layer.conv1.weight.grad.abs().sum() > 0


def test_released_layer(shared):
    data = np.load(shared / "reference/released_code/sam.npz")
    layer = DeformConv(128, 128, zero_offsets=False)
    layer.load_state_dict(
        {name: torch.from_numpy(data[f"param/dcn.{name}"]) for name in ("conv1.weight", "conv2.weight")}
    )
    with torch.no_grad():
        first = layer(torch.from_numpy(data["in/x"]))
        second = layer(first)
        offsets = layer.conv1(torch.from_numpy(data["in/x"]))
    for ours, name in ((offsets, "offsets_1"), (first, "dcn_1"), (second, "dcn_2")):
        torch.testing.assert_close(ours, torch.from_numpy(data[f"train_part/{name}"]), rtol=1e-4, atol=1e-5)
