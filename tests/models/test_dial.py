"""The depth dial: by hand, with nothing lost, and still at its beginning."""

import numpy as np
import pytest
import torch

from monotakd.geometry.depth_bins import depth_of_index
from monotakd.models.depth_dial import Dial, blur_matrix, known_truth, mix_depth, shift_matrix, spread, turn
from monotakd.scene import DepthBins

UNIFORM = DepthBins("UD", 4, 2.0, 10.0)  # bins of 2 m, middles at 3, 5, 7, 9
MODES = [UNIFORM, DepthBins("LID", 12, 2.0, 40.0), DepthBins("SID", 9, 1.0, 30.0)]


def column(*p: float) -> torch.Tensor:
    """One cell's distribution as (1, D + 1, 1, 1)."""
    return torch.tensor(p, dtype=torch.float64)[None, :, None, None]


def test_shift_by_hand():
    p = column(0.5, 0.25, 0.0, 0.25, 0.0)
    assert spread(p, shift_matrix(UNIFORM, 2.0)).flatten().tolist() == [0.0, 0.5, 0.25, 0.0, 0.25]
    assert spread(p, shift_matrix(UNIFORM, 1.0))[0, :4, 0, 0].tolist() == [0.25, 0.375, 0.125, 0.0]
    assert spread(p, shift_matrix(UNIFORM, -2.0)).flatten().tolist() == [0.25, 0.0, 0.25, 0.0, 0.5]


def test_blur_by_hand():
    """A standard deviation of half a bin: 68.3 % stay within half a bin of the middle."""
    p = spread(column(0.0, 1.0, 0.0, 0.0, 0.0), blur_matrix(UNIFORM, 1.0)).flatten()
    assert p[1].item() == pytest.approx(0.6827, abs=1e-4)
    assert p[0].item() == pytest.approx(p[2].item()) == pytest.approx((0.9973 - 0.6827) / 2, abs=1e-4)


@pytest.mark.parametrize("bins", MODES, ids=lambda bins: bins.mode)
@pytest.mark.parametrize("matrix", [lambda b: shift_matrix(b, 3.3), lambda b: shift_matrix(b, -1.7),
                                    lambda b: blur_matrix(b, 2.0)])  # fmt: skip
def test_no_mass_is_lost_or_negative(bins, matrix):
    rng = np.random.default_rng(0)
    p = torch.from_numpy(rng.dirichlet(np.ones(bins.num + 1), (3, 5)).transpose(2, 0, 1)[None].copy())
    out = spread(p, matrix(bins))
    torch.testing.assert_close(out.sum(dim=1), torch.ones(1, 3, 5, dtype=torch.float64))
    assert out.min() >= 0
    assert not torch.allclose(out, p)


@pytest.mark.parametrize("bins", MODES, ids=lambda bins: bins.mode)
def test_a_shift_moves_the_mean_index_of_one_hot_depth(bins):
    """Shared between two bins, the mean index is that of the moved depth: nothing is rounded to bins."""
    k = bins.num // 2
    middle = float(depth_of_index(bins, torch.tensor(k + 0.5, dtype=torch.float64)))
    moved = shift_matrix(bins, 0.3)[:, k]
    index = float((moved * (torch.arange(bins.num) + 0.5)).sum())
    assert float(depth_of_index(bins, torch.tensor(index, dtype=torch.float64))) == pytest.approx(middle + 0.3)


def test_the_truth_takes_over_where_it_is_known_and_nowhere_else():
    depth = torch.tensor([[[5.5, 0.0, 80.0]]], dtype=torch.float64)
    truth, known = known_truth(depth, UNIFORM, 1)
    assert truth[0, :, 0].T.tolist() == [[0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]]
    assert known.flatten().tolist() == [1, 0, 1]
    predicted = torch.full((1, 5, 1, 3), 0.2, dtype=torch.float64)
    half = mix_depth(predicted, truth, known, 0.5)[0, :, 0].T
    assert half.tolist() == [pytest.approx([0.1, 0.6, 0.1, 0.1, 0.1]), [0.2] * 5,
                             pytest.approx([0.1, 0.1, 0.1, 0.1, 0.6])]  # fmt: skip
    assert torch.equal(mix_depth(predicted, truth, known, 1.0)[..., 0], truth[..., 0])
    assert torch.equal(mix_depth(predicted, truth, known, 1.0)[..., 1], predicted[..., 1])


def test_the_dial_begins_at_the_prediction_to_the_bit_and_turns_in_order():
    rng = np.random.default_rng(1)
    predicted = torch.from_numpy(rng.dirichlet(np.ones(5), (2, 3)).transpose(2, 0, 1)[None].copy()).float()
    truth, known = known_truth(torch.from_numpy(rng.uniform(0, 12, (1, 2, 3))).float(), UNIFORM, 1)
    assert turn(Dial(), predicted, truth, known, UNIFORM) is predicted
    by_hand = mix_depth(predicted, truth, known, 0.75)
    by_hand = spread(spread(by_hand, shift_matrix(UNIFORM, 1.5)), blur_matrix(UNIFORM, 2.0))
    assert torch.equal(turn(Dial(0.75, 1.5, 2.0), predicted, truth, known, UNIFORM), by_hand)


@pytest.mark.parametrize("wrong", [{"truth": 1.2}, {"truth": -0.1}, {"blur": -1.0}])
def test_impossible_positions_are_refused(wrong):
    with pytest.raises(ValueError, match=f"Dial.{next(iter(wrong))}"):
        Dial(**wrong)
