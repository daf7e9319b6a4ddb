"""A batch in parts is the batch: the same step where means are over frames and norms are frozen."""

from dataclasses import replace

import pytest
import torch
from shared_training import freeze_norms
from tiny_training import QUIET, SETTINGS, TinyFrames, tiny_task

from monotakd.engine.config_file import read_config
from monotakd.engine.divergence import DivergenceError
from monotakd.engine.log import read_steps
from monotakd.engine.sampler import BatchStream
from monotakd.engine.settings import Process
from monotakd.engine.train import fit
from monotakd.errors import DataError


def steady_task():
    task = tiny_task()
    freeze_norms(task.module)
    task.module.head[0].p = 0.0
    return task


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    task = steady_task()
    done = fit(task, TinyFrames(), SETTINGS, tmp_path_factory.mktemp("whole"), run=QUIET)
    return task.module.state_dict(), read_steps(done.log)


@pytest.mark.parametrize("parts", [2, 4])
def test_parts_end_where_the_whole_batch_ends(tmp_path, whole, parts):
    task = steady_task()
    done = fit(task, TinyFrames(), replace(SETTINGS, parts=parts), tmp_path / "run", run=QUIET)
    weights, records = whole
    for name, value in task.module.state_dict().items():
        torch.testing.assert_close(value, weights[name], rtol=1e-4, atol=1e-6)
    for ours, theirs in zip(read_steps(done.log), records, strict=True):
        assert ours["total"] == pytest.approx(theirs["total"], rel=1e-4)
        assert ours["terms"] == pytest.approx(theirs["terms"], rel=1e-4)
        assert ours["gradient_norm"] == pytest.approx(theirs["gradient_norm"], rel=1e-3)


def test_a_run_in_parts_goes_on_to_the_same_bytes(tmp_path, stopped):
    settings = replace(SETTINGS, parts=2)
    undisturbed = fit(tiny_task(), TinyFrames(), settings, tmp_path / "whole", run=QUIET)
    folder = stopped(5, settings=settings)
    again = fit(tiny_task(), TinyFrames(), settings, folder, run=QUIET, resume=True)
    assert again.steps_now == 7
    assert again.final.read_bytes() == undisturbed.final.read_bytes()


def test_one_part_is_not_written_down_and_several_are(tmp_path, stopped):
    """Runs that began before there were parts must go on."""
    assert "parts" not in read_config(stopped(2))["train"]
    with pytest.raises(DataError, match=r"train\.parts = absent"):
        fit(tiny_task(), TinyFrames(), replace(SETTINGS, parts=2), tmp_path / "stopped", run=QUIET, resume=True)


def test_a_number_that_is_none_in_a_later_part_is_traced(tmp_path):
    task = tiny_task()
    seen = []

    def losses(batch):
        seen.append(batch.frame_ids)
        terms = dict(task.losses(batch))
        return {**terms, "depth": terms["depth"] * (float("nan") if len(seen) == 2 else 1.0)}

    with pytest.raises(DivergenceError) as stop:
        fit(replace(task, losses=losses), TinyFrames(), replace(SETTINGS, parts=2), tmp_path, run=QUIET)
    assert stop.value.terms == ("depth",)
    assert stop.value.frame_ids == tuple(seen[1])


def test_parts_that_do_not_divide_a_share_are_refused():
    with pytest.raises(ValueError, match="no 3 equal parts"):
        replace(SETTINGS, parts=3)
    with pytest.raises(ValueError, match="2 processes of 4 parts each"):
        BatchStream(10, replace(SETTINGS, parts=4), process=Process(0, 2))
