"""Deformable convolution against plain loops, an ordinary convolution and the released code's tensors."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.slow_deform_conv import slow_deform_conv2d

from monotakd.models import deform_conv
from monotakd.models.deform_conv import DeformConv, deform_conv2d


@pytest.fixture(params=["compiled loops", "tensor operations"], autouse=True)
def implementation(request, monkeypatch):
    """Runs every test twice: with the loops of the CPU, and with what other devices compute."""
    if request.param == "tensor operations":
        monkeypatch.setattr(deform_conv, "_convolve_on_cpu", deform_conv._convolve_anywhere)
    return request.param


def random_case(seed, batch=2, channels=3, out=4, size=(5, 6), kernel=(3, 3), spread=2.0, dtype=torch.float64, **conv):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, channels, *size, generator=generator, dtype=dtype)
    weight = torch.randn(out, channels, *kernel, generator=generator, dtype=dtype)
    out_size = F.conv2d(x, weight, **conv).shape[2:]
    offset = torch.randn(batch, 2 * kernel[0] * kernel[1], *out_size, generator=generator, dtype=dtype) * spread
    return x, offset, weight


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_a_gradient_arrives_whole_when_the_outputs_need_many_blocks(monkeypatch):
    inputs = [t.requires_grad_() for t in random_case(5, padding=1)]
    whole = torch.autograd.grad(deform_conv2d(*inputs, padding=1).sin().sum(), inputs)
    monkeypatch.setattr(deform_conv, "_BLOCK_NUMBERS", 7 * 9 * 3)  # 7 of 30 outputs
    torch.testing.assert_close(torch.autograd.grad(deform_conv2d(*inputs, padding=1).sin().sum(), inputs), whole)


def test_both_implementations_have_the_same_gradients_in_float32_also_at_whole_pixels(monkeypatch):
    x, offset, weight = random_case(6, channels=5, size=(9, 8), padding=1, dtype=torch.float32)
    offset[:, :, ::2] = offset[:, :, ::2].round()  # a bilinear sample has a kink at every pixel; both take one side
    inputs = [t.requires_grad_() for t in (x, offset, weight)]
    ours = torch.autograd.grad(deform_conv2d(*inputs, padding=1).sin().sum(), inputs)
    monkeypatch.setattr(deform_conv, "_convolve_on_cpu", deform_conv._convolve_anywhere)
    other = torch.autograd.grad(deform_conv2d(*inputs, padding=1).sin().sum(), inputs)
    # Tensor operations round the position to float32, the loops do not.
    torch.testing.assert_close(ours, other, rtol=1e-4, atol=1e-4)


def test_float32_is_exact_to_rounding():
    x, offset, weight = random_case(7, channels=32, size=(8, 9), padding=1, dtype=torch.float32)
    exact = slow_deform_conv2d(x.double(), offset.double(), weight.double(), padding=1)
    ours = deform_conv2d(x, offset, weight, padding=1)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours.double(), exact, rtol=1e-5, atol=1e-5 * exact.abs().max().item())


def test_the_layout_in_memory_does_not_matter():
    x, offset, weight = random_case(8, padding=1)
    expected = deform_conv2d(x, offset, weight, padding=1)
    spread = [t.transpose(0, 1).contiguous().transpose(0, 1) for t in (x, offset, weight)]
    assert torch.equal(deform_conv2d(*spread, padding=1), expected)
    assert torch.equal(deform_conv2d(x.to(memory_format=torch.channels_last), offset, weight, padding=1), expected)


def test_half_precision_input_is_computed_in_float32_under_autocast(implementation):
    x, offset, weight = random_case(9, padding=1, dtype=torch.float32)
    x = x.bfloat16()
    inputs = [t.requires_grad_() for t in (x, offset, weight)]
    with torch.autocast("cpu", torch.bfloat16):
        out = deform_conv2d(*inputs, padding=1)
        if implementation == "compiled loops":
            grads = torch.autograd.grad(out.float().sum(), inputs)
    if implementation == "tensor operations":
        grads = torch.autograd.grad(out.float().sum(), inputs)
    assert out.dtype == torch.bfloat16
    full = [t.detach().float().requires_grad_() for t in (x, offset, weight)]
    expected = deform_conv2d(*full, padding=1)
    assert torch.equal(out, expected.bfloat16())
    for grad, wanted in zip(grads, torch.autograd.grad(expected.sum(), full), strict=True):
        torch.testing.assert_close(grad, wanted.to(grad.dtype))


def test_two_runs_agree_to_the_byte():
    inputs = [t.requires_grad_() for t in random_case(10, channels=32, size=(30, 40), padding=1, dtype=torch.float32)]
    first, second = (torch.autograd.grad(deform_conv2d(*inputs, padding=1).sin().sum(), inputs) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_taps_far_outside_read_zero_and_nan_is_not_hidden():
    x, offset, weight = random_case(2, size=(5, 7), padding=1)
    for far in (1e7, -1e7, 1e30, -1e30):
        inputs = [t.requires_grad_() for t in (x.clone(), torch.full_like(offset, far), weight.clone())]
        out = deform_conv2d(*inputs, padding=1)
        assert not out.any()
        assert not any(grad.any() for grad in torch.autograd.grad(out.sum(), inputs))
    for broken in (float("nan"), float("inf"), -float("inf")):
        offset[0, 5, 0, 0] = broken
        moved = offset.clone().requires_grad_()
        out = deform_conv2d(x, moved, weight, padding=1)
        assert out[0, :, 0, 0].isnan().all()
        assert out.isnan().sum() == out.shape[1]
        out.nansum().backward()


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
