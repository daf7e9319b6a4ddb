from dataclasses import replace

import numpy as np
import pytest
from made_results import frame_noise, made, seeds_of
from scipy.stats import norm, t

from monotakd.errors import DataError
from monotakd.pipeline import bootstrap
from monotakd.pipeline.bootstrap import estimate, paired_difference, widening
from monotakd.pipeline.results import METRICS


def _width(value):
    return value.high - value.low


def test_mean_and_spread_over_seeds():
    found = estimate(seeds_of("direct", [40.0, 42.0, 47.0]), "3d_70")
    assert found.mean == pytest.approx(43.0)
    assert found.spread == pytest.approx(np.std([40, 42, 47], ddof=1))
    assert found.seeds == 3
    assert found.low < 43.0 < found.high


def test_one_seed_speaks_of_frames_alone():
    noise = frame_noise()
    found = estimate([made(ap=40.0, noise=noise)], "3d_70")
    assert found.spread is None
    assert found.seeds == 1
    np.testing.assert_allclose([found.low, found.high], 40 + np.quantile(noise, [0.025, 0.975]), atol=0.15)


def test_what_is_common_to_two_runs_cancels():
    noise = frame_noise(size=3.0)
    ours, theirs = seeds_of("monotakd", [43.0, 45.0, 41.0], noise), seeds_of("direct", [41.0, 43.0, 39.0], noise)
    found = paired_difference(ours, theirs, "3d_70")
    assert (found.mean, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))
    assert _width(estimate(ours, "3d_70")) > 10


def test_breaking_the_pairs_of_replicates_widens_the_interval():
    noise = frame_noise(size=3.0)
    ours, theirs = seeds_of("monotakd", [43.0] * 3, noise), seeds_of("direct", [41.0] * 3, noise[::-1])
    assert _width(paired_difference(ours, theirs, "3d_70")) > 5


def test_runs_are_paired_by_seed_and_not_by_place():
    ours, theirs = seeds_of("monotakd", [50.0, 40.0, 30.0]), seeds_of("direct", [49.0, 39.0, 29.0])
    found = paired_difference(ours, theirs[::-1], "3d_70")
    assert (found.low, found.high) == pytest.approx((1.0, 1.0))


def test_only_common_seeds_are_compared():
    ours, theirs = seeds_of("monotakd", [50.0, 40.0, 90.0]), seeds_of("direct", [49.0, 39.0])
    found = paired_difference(ours, theirs, "3d_70")
    assert (found.mean, found.seeds) == (pytest.approx(1.0), 2)
    assert paired_difference(ours[:1], theirs[1:], "3d_70") is None


def test_the_metric_asked_for_is_the_one_compared():
    run = made("monotakd", ap=50.0)
    better = replace(run, ap=run.ap | {"bev_50": 60.0})
    found = {metric: paired_difference([better], [made(ap=50.0)], metric).mean for metric in METRICS}
    assert found == pytest.approx({"bev_50": 10.0, "3d_50": 0.0, "bev_70": 0.0, "3d_70": 0.0})


def test_the_same_runs_give_the_same_interval():
    runs = seeds_of("direct", [40.0, 42.0, 47.0], frame_noise())
    assert estimate(runs, "3d_70") == estimate(runs, "3d_70")


@pytest.mark.parametrize("seeds", [*range(2, 14), 40])
def test_the_widening_is_student_over_normal(seeds):
    expected = np.sqrt(seeds / (seeds - 1)) * t.ppf(0.975, seeds - 1) / norm.ppf(0.975)
    assert widening(seeds) == pytest.approx(expected, rel=2e-3)


# The standard deviation of seeds, of what the frames do to all runs, and of what they do to single runs.
@pytest.mark.parametrize("sizes", [(1.0, 0.01, 0.01), (1.0, 0.7, 0.4), (0.3, 1.0, 0.3)])
@pytest.mark.parametrize("seeds", [3, 5])
def test_intervals_hold_the_truth_as_often_as_they_say(seeds, sizes, monkeypatch):
    monkeypatch.setattr(bootstrap, "DRAWS", 1000)
    generator = np.random.default_rng(seeds)
    frames, replicates, trials = 60, 100, 400
    held = 0
    for _ in range(trials):
        seed, frame, both = (
            size * generator.standard_normal(shape) * np.sqrt(shape[-1])
            for size, shape in zip(sizes, ((seeds, 1), (1, frames), (seeds, frames)), strict=True)
        )
        scores = 50 + seed + frame + both
        drawn = generator.multinomial(frames, np.full(frames, 1 / frames), size=replicates) / frames
        values, resampled = scores.mean(axis=1), scores @ drawn.T
        runs = [
            replace(
                made(seed=i, ap=values[i]), replicates={metric: tuple(map(float, resampled[i])) for metric in METRICS}
            )
            for i in range(seeds)
        ]
        found = estimate(runs, "3d_70")
        held += found.low <= 50 <= found.high
    assert 0.91 <= held / trials <= 0.995


def test_what_cannot_be_compared_is_refused():
    run = made()
    with pytest.raises(ValueError, match="metric"):
        estimate([run], "2d")
    with pytest.raises(ValueError, match="no row"):
        estimate([], "3d_70")
    with pytest.raises(ValueError, match="all of one row"):
        estimate([run, made("imd", 1)], "3d_70")
    with pytest.raises(DataError, match="twice"):
        estimate([run, run], "3d_70")
    with pytest.raises(DataError, match="one preset"):
        paired_difference([run], [made("imd", preset="quick")], "3d_70")


def test_the_interval_of_an_ap_stays_where_aps_can_be():
    noise = frame_noise(size=3.0)
    low, high = (estimate([made(ap=ap, noise=noise)], "3d_70") for ap in (0.5, 99.5))
    assert (low.low, high.high) == (0.0, 100.0)
    assert 0.5 < low.high < 20
    assert 80 < high.low < 99.5
    negative = paired_difference([made("monotakd", ap=1.0)], [made("direct", ap=2.0)], "3d_70")
    assert negative.high < 0
