"""Sparse weights in every order of axes that spconv has had."""

import pytest
import torch
import torch.nn.functional as F

from monotakd.models.sparse import SparseConv3d, SparseTensor
from monotakd.pretrained.sparse_layout import LAYOUTS, to_our_layout

SHAPES = {"first": torch.Size((6, 3, 3, 3, 4)), "square": torch.Size((6, 3, 1, 1, 6))}


def dense_kernels() -> dict[str, torch.Tensor]:
    """(out, in, z, y, x), as torch's dense convolution has it."""
    generator = torch.Generator().manual_seed(0)
    return {n: torch.rand(o, i, z, y, x, generator=generator) for n, (o, z, y, x, i) in SHAPES.items()}


@pytest.mark.parametrize(
    ("layout", "axes"),
    [(0, (0, 2, 3, 4, 1)), (1, (2, 3, 4, 1, 0)), (2, (2, 3, 4, 0, 1))],
    ids=["out z y x in", "z y x in out", "z y x out in"],
)
def test_a_sparse_convolution_computes_the_dense_one_from_each_layout(layout, axes):
    dense = dense_kernels()
    theirs = {name: kernel.permute(axes).contiguous() for name, kernel in dense.items()}
    ours, found = to_our_layout(theirs, SHAPES)
    assert found == list(LAYOUTS)[layout]
    x = torch.rand(1, 4, 5, 5, 5)
    sites = torch.cartesian_prod(*(torch.arange(5) for _ in range(3)))
    coordinates = torch.cat([torch.zeros(len(sites), 1, dtype=torch.long), sites], dim=1)
    tensor = SparseTensor(x[0].flatten(1).T.contiguous(), coordinates, (5, 5, 5), 1)
    for name, kernel in (("first", 3), ("square", (3, 1, 1))):
        conv = SparseConv3d(SHAPES[name][-1], 6, kernel)
        conv.load_state_dict({"weight": ours[name]})
        with torch.no_grad():
            tensor = conv(tensor)
            x = F.conv3d(x, dense[name], padding=conv.taps.padding)
        torch.testing.assert_close(tensor.dense(), x)


def test_a_file_in_no_layout_is_left_as_it_is():
    given = {"first": torch.rand(3, 3, 4, 3, 6), "square": torch.rand(3, 1, 1, 6, 6)}
    ours, found = to_our_layout(given, SHAPES)
    assert found is None
    assert all(ours[name] is given[name] for name in given)
