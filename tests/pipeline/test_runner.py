"""Stages that stop, fail or are killed: each is said in a sentence, and the others are done all the same."""

import os
import signal
from functools import partial

import pytest

from monotakd.engine.divergence import DivergenceError
from monotakd.engine.feature_cache import FeatureCache
from monotakd.models.teacher import Teacher
from monotakd.pipeline import stages
from monotakd.pipeline.plan import Stage
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.runner import StageFailedError, run
from monotakd.pipeline.workplace import Workplace


def succeed(proof):
    proof.write_text("done")


def diverge():
    raise DivergenceError(3, ["residual"], ["000007"], "the loss term residual is nan")


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_diverged_training_is_said_without_its_trace_and_the_others_are_done(tmp_path, capsys):
    stages = [
        Stage("bad", "a training", diverge, tmp_path / "never"),
        Stage("good", "another", partial(succeed, tmp_path / "proof"), tmp_path / "proof"),
        Stage("after", "a third", partial(succeed, tmp_path / "after"), tmp_path / "after", needs=("bad",)),
    ]
    with pytest.raises(StageFailedError, match="1 of 3 stages failed: bad"):
        run(stages, jobs=1)
    said = capsys.readouterr().err
    assert "after 3 steps the loss term residual is nan in the batch of frames 000007" in said
    assert "Traceback" not in said
    assert (tmp_path / "proof").exists()
    assert not (tmp_path / "after").exists()


@pytest.mark.skipif(os.name == "nt", reason="kills a process by signal")
def test_a_worker_that_is_killed_ends_the_job_with_advice(tmp_path):
    told = []
    with pytest.raises(StageFailedError, match="ended from outside; memory may have run out"):
        run(
            [Stage("big", "a big one", be_killed, tmp_path / "never")],
            jobs=1,
            after=lambda p: told.append(dict(p.states)),
        )
    assert told[-1]["big"].status == "stopped"


def test_outputs_that_an_earlier_version_stored_under_another_key_are_stored_again(tmp_path, monkeypatch):
    place = Workplace(tmp_path, Preset.smoke())
    monkeypatch.setattr(Workplace, "data", lambda *_: None)
    monkeypatch.setattr(stages.training, "cache_of", lambda *_: FeatureCache(tmp_path, "new"))
    again = []
    monkeypatch.setattr(stages, "store_outputs", lambda _, labels, name: again.append((labels, name)))
    marker = stages.stored_marker(place, "all", "teacher")
    marker.parent.mkdir(parents=True)
    for key in ("old", "new"):
        marker.write_text(f"{key}\n")
        stages._stored(place, "all", "teacher", Teacher.toy())
    assert again == [("all", "teacher")]
