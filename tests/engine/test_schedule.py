"""The cycle against torch's own, and settings that make none."""

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from monotakd.engine.optim import build_optimiser, set_rates
from monotakd.engine.schedule import one_cycle
from monotakd.engine.settings import RunSettings, TrainSettings


@pytest.mark.parametrize(("steps", "warmup"), [(2, 0.4), (7, 0.3), (100, 0.4), (800, 0.4), (50, 0.9)])
def test_one_cycle_is_torchs(steps, warmup):
    settings = TrainSettings(steps=steps, batch_size=1, learning_rate=2e-3, warmup_share=warmup)
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], betas=(0.95, 0.99))
    theirs = OneCycleLR(
        optimiser,
        max_lr=2e-3,
        total_steps=steps,
        pct_start=warmup,
        div_factor=settings.start_divisor,
        final_div_factor=settings.end_divisor,
        base_momentum=0.85,
        max_momentum=0.95,
    )
    for step in range(steps):
        group = optimiser.param_groups[0]
        assert one_cycle(step, settings) == pytest.approx((group["lr"], group["betas"][0]), rel=1e-9), step
        optimiser.step()
        if step < steps - 1:
            theirs.step()


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.4), (2, 0.5), (5, 0.2)])
def test_short_cycles_have_rates_too(steps, warmup):
    settings = TrainSettings(steps=steps, batch_size=1, learning_rate=2e-3, warmup_share=warmup)
    rates = [one_cycle(step, settings) for step in range(steps)]
    assert all(0 < rate.learning_rate <= 2e-3 and 0.85 <= rate.beta1 <= 0.95 for rate in rates)


def test_rates_reach_every_group():
    settings = TrainSettings(steps=20, batch_size=2, learning_rate=2e-3)
    groups = {name: [torch.nn.Parameter(torch.zeros(2))] for name in ("a", "b")}
    optimiser = build_optimiser(groups, settings)
    set_rates(optimiser, one_cycle(3, settings))
    expected = one_cycle(3, settings)
    for name, group in zip(groups, optimiser.param_groups, strict=True):
        assert (group["name"], group["lr"], group["betas"]) == (name, expected.learning_rate, (expected.beta1, 0.99))
        assert group["weight_decay"] == 0.01


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"steps": 0}, "steps is 0"), ({"warmup_share": 1.0}, "warmup_share is 1.0"), ({"seed": -1}, "seed is -1")],
)
def test_settings_that_train_nothing_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        TrainSettings(**{"steps": 3, "batch_size": 1, "learning_rate": 1e-3, **changes})


def test_run_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="workers is -1"):
        RunSettings(workers=-1)
    with pytest.raises(ValueError, match="threads is 0"):
        RunSettings(threads=0)
