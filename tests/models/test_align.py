import numpy as np
import pytest
import torch
from released_module import check_module, load_parameters

from monotakd.models.align import ReleasedSpatialAlign, SpatialAlign


def test_released_module(shared):
    path = shared / "reference/released_code/sam.npz"
    positive = torch.from_numpy(np.load(path)["train_part/aspp"]) > 0

    def same_side_of_the_kink(pyramid, _, out):
        # One of the 143,360 activations is 1.4e-7 in exact arithmetic and was rounded to 0 in the file. Its ReLU then
        # passes no gradient, which shifts some gradients by 1e-3. Values are not touched.
        flipped = (out > 0) != positive
        assert flipped.sum() <= 1
        assert not out[flipped].gt(1e-6).any()
        return torch.where(positive, out, 0)

    def call(module, x):
        if module.training:
            module.aspp.register_forward_hook(same_side_of_the_kink)
        return module(x)

    check_module(ReleasedSpatialAlign(128), path, call, input_name="x")


def test_released_intermediates(shared):
    data = np.load(shared / "reference/released_code/sam.npz")
    module = ReleasedSpatialAlign(128)
    load_parameters(module, data)
    x = torch.from_numpy(data["in/x"])
    with torch.no_grad():
        pyramid = module.aspp(x)
    torch.testing.assert_close(pyramid, torch.from_numpy(data["train_part/aspp"]), rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        attention = module.channel_attention(x)
    torch.testing.assert_close(attention, torch.from_numpy(data["train_part/channel_attention"]), rtol=1e-4, atol=1e-5)


def test_published_trains_on_a_batch_of_one_and_reaches_every_parameter():
    torch.manual_seed(0)
    module = SpatialAlign(8)
    module(torch.rand(1, 8, 9, 7)).square().sum().backward()
    silent = [name for name, p in module.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_released_refuses_a_batch_of_one_in_training_only():
    module = ReleasedSpatialAlign(8)
    with pytest.raises(ValueError, match="at least 2"):
        module(torch.rand(1, 8, 9, 7))
    assert module.eval()(torch.rand(1, 8, 9, 7)).shape == (1, 8, 9, 7)


def test_published_starts_as_figure_3_and_can_become_signed():
    torch.manual_seed(1)
    signed, plain = SpatialAlign(8), SpatialAlign(8, signed_output=False)
    plain.load_state_dict({k: v for k, v in signed.state_dict().items() if not k.startswith("output.")})
    x = torch.rand(2, 8, 9, 7)
    out = signed(x)
    torch.testing.assert_close(out, plain(x))
    assert out.min() >= 0

    target = torch.randn(2, 8, 1, 1).expand(-1, -1, 9, 7) - 1.0
    optimiser = torch.optim.Adam(signed.parameters(), lr=1e-2)
    for _ in range(60):
        optimiser.zero_grad()
        loss = (signed(x) - target).square().mean()
        loss.backward()
        optimiser.step()
    assert loss < 0.5 * target.clamp(max=0).square().mean()


def test_published_pyramid_widens_the_view():
    torch.manual_seed(2)
    module = SpatialAlign(4, rates=(3,)).eval()
    x = torch.rand(1, 4, 15, 15, requires_grad=True)
    module.pyramid(x)[0, :, 7, 7].sum().backward()
    touched = x.grad[0].abs().sum(0) > 1e-12
    assert touched[7, 10]
    assert touched[4, 4]


@pytest.mark.parametrize(
    ("parts", "held"),
    [
        (("atrous",), {"pyramid", "output"}),
        (("deformable",), {"deform", "bn", "output"}),
        (("atrous", "deformable"), {"pyramid", "deform", "bn", "output"}),
        (("deformable", "gate"), {"deform", "bn", "gate", "output"}),
    ],
)
def test_parts_alone_are_the_whole_without_the_others(parts, held):
    torch.manual_seed(3)
    whole, part = SpatialAlign(8).eval(), SpatialAlign(8, parts=parts).eval()
    assert {name for name, _ in part.named_children()} == held
    part.load_state_dict({name: value for name, value in whole.state_dict().items() if name.split(".")[0] in held})
    x = torch.rand(2, 8, 9, 7)
    expected = whole.pyramid(x) if "atrous" in parts else x
    if "deformable" in parts:
        expected = torch.relu(whole.bn(whole.deform(expected)))
    if "gate" in parts:
        expected = expected + whole.gate(x)
    torch.testing.assert_close(part(x), whole.output(expected))


@pytest.mark.parametrize("parts", [(), ("gate",), ("atrous", "aspp")])
def test_parts_that_make_no_alignment_are_refused(parts):
    with pytest.raises(ValueError, match="the first or the second among them"):
        SpatialAlign(8, parts=parts)
