import numpy as np
import pytest

from monotakd.metrics.reliability import reliability_curve


def test_groups_by_hand():
    curve = reliability_curve(np.array([0.1, 0.2, 0.9, 1.0]), np.array([False, True, True, True]), groups=2)
    assert curve.edges.tolist() == [0.0, 0.5, 1.0]
    assert curve.count.tolist() == [2, 2]
    assert curve.confidence == pytest.approx([0.15, 0.95])
    assert curve.share == pytest.approx([0.5, 1.0])
    assert curve.error == pytest.approx((0.35 * 2 + 0.05 * 2) / 4)


def test_a_calibrated_predictor_has_a_small_error_and_an_overconfident_one_has_not():
    rng = np.random.default_rng(1)
    stated = rng.uniform(size=20_000)
    happened = rng.uniform(size=20_000) < stated
    assert reliability_curve(stated, happened).error < 0.02
    assert reliability_curve(stated**0.25, happened).error > 0.2


def test_an_empty_group_has_no_share_and_costs_nothing():
    curve = reliability_curve(np.array([0.95]), np.array([True]), groups=10)
    assert np.isnan(curve.share[:9]).all()
    assert curve.count.sum() == 1
    assert curve.error == pytest.approx(0.05)


def test_logits_are_refused():
    with pytest.raises(ValueError, match="softmax"):
        reliability_curve(np.array([-1.0, 3.0]), np.array([True, False]))
    with pytest.raises(ValueError, match="expected"):
        reliability_curve(np.array([0.5]), np.array([True, False]))
