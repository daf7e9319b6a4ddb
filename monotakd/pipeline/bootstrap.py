"""How sure a mean over seeds, or the difference of two rows, is: intervals over frames and seeds together.

Two accidents move a number: which frames are in the test split and which seed a run got. Both are resampled.

- **Frames.** Every run carries its AP on the same resamplings of the test frames (`RunResult.replicates`). Replicate b
  holds the same streets for every row and seed, so it is drawn once for all of them, and a difference is taken inside
  it: what makes a resampling easy or hard for both rows cancels.
- **Seeds.** Runs of two rows with one seed had the same first weights (unless the network itself differs) and, where
  both learn from the same frames, the same data order; their difference is taken first, then the seeds are drawn with
  replacement. Drawing from 3 or 5 seeds gives intervals that are far too narrow: where the seeds decide, 75 % (n = 3)
  and 83 % (n = 5) of them held the truth in our simulation, not 95 %. The deviation of the drawn mean is therefore
  widened by sqrt(n / (n - 1)) * t / z, with t the 97.5 % quantile of Student's
  t with n - 1 degrees of freedom and z that of the normal distribution; this is the idea of the expanded interval in
  Hesterberg 2015, "What Teachers Should Know About the Bootstrap", The American Statistician 69. With it they held the
  truth in 94 to 98 % of the cases; tests/pipeline/test_intervals.py repeats that.

One draw is the mean over seeds on replicate b plus the widened deviation; the interval is the middle 95 % of the draws.
With one seed there is nothing to draw: the interval then speaks of the frames alone, and says so by ``seeds == 1``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from monotakd.errors import require
from monotakd.pipeline.results import METRICS, RunResult, require_one_world

DRAWS = 20_000
CONFIDENCE = 0.95
_NORMAL = 1.959964
_STUDENT = (12.70620, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157)
"""97.5 % quantiles of Student's t with 1, 2, ... 9 degrees of freedom."""


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its interval, in AP points.

    Attributes:
        mean: over the seeds, on the whole split.
        spread: standard deviation over the seeds; None with one seed.
        low: lower end of the 95 % interval.
        high: upper end.
        seeds: how many; with 1 the interval is over frames alone.
    """

    mean: float
    spread: float | None
    low: float
    high: float
    seeds: int


def estimate(runs: Sequence[RunResult], metric: str) -> Estimate:
    """Mean, spread and interval of one row.

    Args:
        runs: of one row and label setting, one per seed, at least one.
        metric: see `METRICS`.

    Raises:
        ValueError: no runs, runs of several rows, or an unknown metric.
        DataError: the runs were not scored alike, or one is there twice.
    """
    _require_row(runs, metric)
    found = _interval(*_values(runs, metric))
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 100.0))  # No AP lies outside.


def paired_difference(runs: Sequence[RunResult], baseline: Sequence[RunResult], metric: str) -> Estimate | None:
    """How much a row is above a baseline, seed by seed and replicate by replicate.

    Args:
        runs: of one row and label setting.
        baseline: of the other; seeds that only one of the two has are left out.
        metric: see `METRICS`.

    Returns:
        The mean difference ``runs - baseline``; None where they have no seed in common.

    Raises:
        ValueError: one of the two is empty or mixes rows, or an unknown metric.
        DataError: the runs were not scored alike, or one is there twice.
    """
    _require_row(runs, metric)
    _require_row(baseline, metric)
    require_one_world([*runs, *(run for run in baseline if run not in runs)])
    common = sorted({run.seed for run in runs} & {run.seed for run in baseline})
    if not common:
        return None
    by_seed = [{run.seed: run for run in row} for row in (runs, baseline)]
    ours, theirs = (_values([row[seed] for seed in common], metric) for row in by_seed)
    return _interval(ours[0] - theirs[0], ours[1] - theirs[1])


def widening(seeds: int) -> float:
    """What the deviation of a mean over so few resampled seeds is multiplied with; see the module's text."""
    freedom = seeds - 1
    if freedom <= len(_STUDENT):
        quantile = _STUDENT[freedom - 1]
    else:  # The first terms of the expansion of Student's quantile in 1/freedom; 0.1 % short at 10.
        z = _NORMAL
        quantile = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return math.sqrt(seeds / freedom) * quantile / _NORMAL


def _require_row(runs: Sequence[RunResult], metric: str) -> None:
    require(metric in METRICS, f"got the metric {metric!r}, expected one of {', '.join(METRICS)}")
    rows = sorted({(run.row, run.labels) for run in runs})
    require(len(rows) == 1, f"got runs of {rows or 'no row'}, expected at least one run, all of one row and labels")
    require_one_world(runs)


def _values(runs: Sequence[RunResult], metric: str) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, "S B"]]:
    # On the whole split per seed, and on its resamplings.
    return np.array([run.ap[metric] for run in runs]), np.array([run.replicates[metric] for run in runs])


def _interval(values: Float[np.ndarray, " S"], replicates: Float[np.ndarray, "S B"]) -> Estimate:
    generator = np.random.default_rng(0)
    count = len(values)
    draws = replicates.mean(axis=0)[generator.integers(replicates.shape[1], size=DRAWS)]
    spread = None
    if count > 1:
        drawn = values[generator.integers(count, size=(DRAWS, count))].mean(axis=1)
        draws = draws + widening(count) * (drawn - values.mean())
        spread = float(values.std(ddof=1))
    low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(float(values.mean()), spread, float(low), float(high), count)
