"""The loop: killed at any moment it ends with the same bytes; it refuses, warns and stops where it should."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from kill_driver import MANY_STEPS
from tiny_training import QUIET, SETTINGS, TinyFrames, TinyNet, tiny_frozen, tiny_task
from torch import nn

from monotakd.engine.checkpoint import checkpoints
from monotakd.engine.config_file import read_config
from monotakd.engine.divergence import DivergenceError
from monotakd.engine.log import read_log, read_steps
from monotakd.engine.train import fit
from monotakd.engine.trainer import Trainer
from monotakd.engine.weights import load_weights, weights_hash
from monotakd.errors import DataError, StoppedError


def without_times(log: Path) -> list[dict]:
    return [{k: v for k, v in record.items() if k not in ("seconds", "waited")} for record in read_steps(log)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
@pytest.mark.parametrize(("seed", "workers"), [(0, 0), (1, 2)])
def test_killed_again_and_again_it_ends_with_the_same_bytes(tmp_path, seed, workers):
    whole = fit(tiny_task(), TinyFrames(), MANY_STEPS, tmp_path / "whole", run=QUIET)
    driver = Path(__file__).with_name("kill_driver.py")
    arguments = [sys.executable, str(driver), str(tmp_path / "killed"), str(seed), str(workers)]
    # Into files, not pipes, whose other ends orphaned data workers would hold for some seconds.
    with open(tmp_path / "deaths.json", "w+") as output, open(tmp_path / "errors", "w+") as errors:
        done = subprocess.run(arguments, stdout=output, stderr=errors, check=False, timeout=300)
        assert done.returncode == 0, errors.seek(0) or errors.read()
        output.seek(0)
        deaths = json.load(output)
    assert {death["place"] for death in deaths} > {"any time"}
    assert len({death["step"] for death in deaths}) >= 3, "killed at different steps"
    assert (tmp_path / "killed" / "final.safetensors").read_bytes() == whole.final.read_bytes()
    assert without_times(tmp_path / "killed" / "log.jsonl") == without_times(whole.log)
    assert sorted(p.name for p in (tmp_path / "killed").iterdir() if p.name != ".lock") == [
        "config.json",
        "final.safetensors",
        "log.jsonl",
    ]


@pytest.mark.parametrize("after", [1, 5, SETTINGS.steps])
def test_a_stopped_run_goes_on_to_the_same_bytes(stopped, undisturbed, after):
    resumed = fit(tiny_task(seed=99), TinyFrames(), SETTINGS, stopped(after), run=QUIET, resume=True)
    assert resumed.steps_now == SETTINGS.steps - min(after, SETTINGS.steps - 1)
    assert resumed.final.read_bytes() == undisturbed.final.read_bytes()
    assert without_times(resumed.log) == without_times(undisturbed.log)


def test_work_since_the_last_checkpoint_is_done_again(stopped, undisturbed):
    rarely = replace(QUIET, checkpoint_seconds=1e6)
    folder = stopped(5, run=rarely)
    assert [path.name for path in checkpoints(folder)] == ["checkpoint-00000000.safetensors"]
    assert len(read_steps(folder / "log.jsonl")) == 5
    resumed = fit(tiny_task(seed=99), TinyFrames(), SETTINGS, folder, run=rarely, resume=True)
    assert [record["step"] for record in read_steps(resumed.log)] == list(range(1, SETTINGS.steps + 1))
    assert resumed.final.read_bytes() == undisturbed.final.read_bytes()


def test_a_damaged_newest_checkpoint_costs_one_interval(stopped, undisturbed):
    folder = stopped(6)
    newest = checkpoints(folder)[0]
    newest.write_bytes(newest.read_bytes()[:-100])
    with pytest.warns(RuntimeWarning, match=f"{newest.name}.*checkpoint-00000005"):
        resumed = fit(tiny_task(), TinyFrames(), SETTINGS, folder, run=QUIET, resume=True)
    assert resumed.final.read_bytes() == undisturbed.final.read_bytes()
    assert without_times(resumed.log) == without_times(undisturbed.log)


def test_the_number_of_workers_changes_nothing(tmp_path, undisturbed):
    spread = fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path, run=replace(QUIET, workers=2))
    assert spread.final.read_bytes() == undisturbed.final.read_bytes()


def test_the_seed_changes_the_result(tmp_path, undisturbed):
    other = fit(tiny_task(), TinyFrames(), replace(SETTINGS, seed=4), tmp_path, run=QUIET)
    assert without_times(other.log)[0]["terms"] != without_times(undisturbed.log)[0]["terms"]


def test_every_step_draws_anew(tmp_path):
    plain = tiny_task()
    drawn = []
    task = replace(plain, losses=lambda batch: drawn.append(torch.rand(()).item()) or plain.losses(batch))
    fit(task, TinyFrames(), SETTINGS, tmp_path, run=QUIET)
    assert len(set(drawn)) == SETTINGS.steps


def test_training_leaves_the_global_generators_and_threads_alone(tmp_path):
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    fit(tiny_task(), TinyFrames(), replace(SETTINGS, steps=2), tmp_path, run=replace(QUIET, threads=3))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("changes", "field", "values"),
    [
        ({"settings": replace(SETTINGS, learning_rate=1e-3)}, "train.learning_rate", ("0.005", "0.001")),
        ({"task": tiny_task(config={"width": 8})}, "settings.width", ("4", "8")),
        ({"task": tiny_task(weights={})}, "weights.imitation", ("0.1", "absent")),
        ({"frames": TinyFrames(9)}, "frames.count", ("10", "9")),
        ({"task": tiny_task(frozen={"teacher": TinyNet()})}, "frozen.teacher", ()),
    ],
)
@pytest.mark.parametrize("finished", [False, True])
def test_another_run_is_refused_by_the_field_that_differs(stopped, tmp_path, changes, field, values, finished):
    folder = tmp_path if finished else stopped(2)
    if finished:
        fit(tiny_task(), TinyFrames(), SETTINGS, folder, run=QUIET)
    arguments = {"task": tiny_task(), "frames": TinyFrames(), "settings": SETTINGS, **changes}
    with pytest.raises(DataError) as refusal:
        fit(out=folder, run=QUIET, resume=True, **arguments)
    assert refusal.value.place == field
    for value, text in zip(values, (refusal.value.found, refusal.value.expected), strict=False):
        assert f"{field} = {value}" in text


def test_another_run_is_refused_before_the_first_checkpoint_too(stopped):
    folder = stopped(1)
    for path in checkpoints(folder):
        path.unlink()
    with pytest.raises(DataError, match=r"config\.json, train\.seed"):
        fit(tiny_task(), TinyFrames(), replace(SETTINGS, seed=4), folder, run=QUIET, resume=True)


def test_a_checkpoint_of_another_run_is_refused(stopped, tmp_path):
    folder, other = stopped(2), stopped(3, folder=tmp_path / "other", settings=replace(SETTINGS, clip=1.0))
    for path in checkpoints(folder):
        path.unlink()
    for path in checkpoints(other):
        path.rename(folder / path.name)
    with pytest.raises(DataError, match=r"checkpoint-00000003\.safetensors, train\.clip"):
        fit(tiny_task(), TinyFrames(), SETTINGS, folder, run=QUIET, resume=True)


def test_how_a_run_is_carried_out_may_change(stopped):
    otherwise = replace(QUIET, workers=1, threads=2, checkpoint_seconds=60.0, gradient_norms_every=2)
    log = fit(tiny_task(), TinyFrames(), SETTINGS, stopped(2), run=otherwise, resume=True).log
    threads = [record["threads"] for record in read_log(log) if "event" in record]
    assert threads == [1, 2], "what ran with other threads can be told from the log"


def test_a_folder_with_a_run_is_not_overwritten(stopped):
    folder = stopped(2)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(DataError, match="--resume"):
        fit(tiny_task(), TinyFrames(), SETTINGS, folder, run=QUIET)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_two_processes_do_not_train_into_one_folder(tmp_path):
    script = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n" + (
        "from tiny_training import *; from monotakd.engine.train import fit\n"
        "from monotakd.errors import DataError\n"
        f"try: fit(tiny_task(), TinyFrames(), SETTINGS, {str(tmp_path)!r}, run=QUIET, resume=True)\n"
        "except DataError as error: print(error)\n"
    )
    answers = []

    def meanwhile(record):
        if record["step"] == 3:
            answers.append(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True))

    fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path, run=QUIET, on_step=meanwhile)
    assert "another process" in answers[0].stdout


def test_a_finished_run_is_only_loaded(undisturbed):
    task = tiny_task(seed=99)
    again = fit(task, TinyFrames(), SETTINGS, undisturbed.final.parent, run=QUIET, resume=True)
    assert again.steps_now == 0
    trained = TinyNet()
    assert load_weights(undisturbed.final, trained)["step"] == SETTINGS.steps
    assert weights_hash(trained) == weights_hash(task.module)
    assert read_config(undisturbed.final.parent)["record"]["first_weights"] == weights_hash(tiny_task().module)


def test_smoke_training_lowers_every_term(tmp_path):
    settings = replace(SETTINGS, steps=150, learning_rate=3e-2)
    records = read_steps(fit(tiny_task(), TinyFrames(), settings, tmp_path, run=replace(QUIET, threads=1)).log)
    for term in ("depth", "imitation"):
        first, last = (sum(r["terms"][term] for r in part) for part in (records[:10], records[-10:]))
        assert last < 0.5 * first, term


def test_bf16_is_used_when_asked_for(tmp_path, undisturbed):
    settings = replace(SETTINGS, bf16=True)
    task = tiny_task()
    log = fit(task, TinyFrames(), settings, tmp_path, run=QUIET).log
    halves, full = read_steps(log)[0]["terms"]["depth"], read_steps(undisturbed.log)[0]["terms"]["depth"]
    assert halves != full
    assert halves == pytest.approx(full, rel=0.02)
    assert all(p.dtype == torch.float32 for p in task.module.parameters())


def test_frozen_networks_keep_their_bytes(tmp_path):
    task = tiny_task()
    before = weights_hash(task.frozen["teacher"].train())
    fit(task, TinyFrames(), SETTINGS, tmp_path, run=QUIET)
    assert weights_hash(task.frozen["teacher"]) == before
    assert not any(p.requires_grad for p in task.frozen["teacher"].parameters())


def test_a_frozen_network_that_changes_is_reported(tmp_path):
    frozen = tiny_frozen()
    plain = tiny_task(frozen={"teacher": frozen})

    def careless(batch):
        frozen.train()(batch.sensors.images)
        return plain.losses(batch)

    with pytest.raises(ValueError, match=r"'teacher' changed .* train\(\)"):
        fit(replace(plain, losses=careless), TinyFrames(), SETTINGS, tmp_path, run=QUIET)
    assert not (tmp_path / "final.safetensors").exists()


def poisoned(value: float, *, gradient_only: bool = False):
    """A task whose imitation breaks at the third step."""
    plain = tiny_task()
    seen = []

    def losses(batch):
        terms = plain.losses(batch)
        seen.append(batch.frame_ids)
        if len(seen) >= 3:
            broken = (terms["imitation"] - terms["imitation"].detach()).abs().sqrt() if gradient_only else value
            terms["imitation"] = terms["imitation"] + broken
        return terms

    return replace(plain, losses=losses), seen


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_broken_loss_stops_at_once_and_names_term_and_frames(tmp_path, value):
    task, seen = poisoned(value)
    with pytest.raises(DivergenceError) as stop:
        fit(task, TinyFrames(), SETTINGS, tmp_path, run=QUIET)
    assert (stop.value.step, stop.value.terms, stop.value.frame_ids) == (2, ("imitation",), seen[2])
    assert all(word in str(stop.value) for word in ("imitation", str(value), *seen[2]))
    assert all(bool(torch.isfinite(p).all()) for p in task.module.parameters())
    event = read_log(tmp_path / "log.jsonl")[-1]
    assert event == {"event": "diverged", "step": 2, "terms": ["imitation"], "frame_ids": list(seen[2])}


def test_a_broken_gradient_behind_a_finite_loss_is_traced_to_its_term(tmp_path):
    task, seen = poisoned(0.0, gradient_only=True)
    with pytest.raises(DivergenceError, match="gradient of the loss term imitation on stem, head") as stop:
        fit(task, TinyFrames(), SETTINGS, tmp_path, run=QUIET)
    assert (stop.value.terms, stop.value.frame_ids) == (("imitation",), seen[2])
    assert all(bool(torch.isfinite(p).all()) for p in task.module.parameters())


def test_too_little_memory_stops_with_what_to_do(tmp_path, monkeypatch):
    def no_room(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Trainer, "step", no_room)
    with pytest.raises(StoppedError, match=r"no memory left on cpu for step 1, batches of .*--parts"):
        fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path, run=QUIET)


def test_the_log_holds_terms_norms_and_rates(tmp_path):
    run = replace(QUIET, gradient_norms_every=5)
    shown = []
    log = fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path, run=run, on_step=shown.append).log
    records = read_steps(log)
    assert records == shown
    assert all(0 < record["waited"] <= record["seconds"] for record in records)
    assert [record["step"] for record in records if "gradient_norms" in record] == [1, 6, 11]
    first = records[0]
    assert first["total"] == pytest.approx(first["terms"]["depth"] + 0.1 * first["terms"]["imitation"])
    assert set(first["gradient_norms"]["imitation"]) == {"stem", "head"}
    assert first["learning_rate"] == pytest.approx(SETTINGS.learning_rate / 10)


def test_measuring_gradient_norms_changes_no_bit(tmp_path, undisturbed):
    measured = fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path, run=replace(QUIET, gradient_norms_every=1))
    assert measured.final.read_bytes() == undisturbed.final.read_bytes()


def test_losses_that_reach_nothing_are_refused(tmp_path):
    task = tiny_task(losses=lambda batch: {"constant": torch.ones(())}, weights={})
    with pytest.raises(ValueError, match="no loss term depends on a trained parameter"):
        fit(task, TinyFrames(), SETTINGS, tmp_path, run=QUIET)


def test_a_term_may_reach_nothing_beside_others(tmp_path):
    plain = tiny_task()
    task = replace(plain, losses=lambda batch: {**plain.losses(batch), "idle": torch.ones(())})
    run = replace(QUIET, gradient_norms_every=1)
    record = read_steps(fit(task, TinyFrames(), replace(SETTINGS, steps=2), tmp_path, run=run).log)[0]
    assert record["gradient_norms"]["idle"] == {"stem": 0.0, "head": 0.0}


def test_weight_0_logs_a_term_without_training_on_it(tmp_path):
    settings = replace(SETTINGS, weight_decay=0.0, steps=3)
    task = tiny_task(weights={"depth": 0.0, "imitation": 0.0})
    with pytest.raises(ValueError, match="no loss term depends"):
        fit(task, TinyFrames(), settings, tmp_path / "all", run=QUIET)
    only = {"depth": 0.0}
    both = fit(tiny_task(weights=only), TinyFrames(), settings, tmp_path / "zero", run=QUIET)
    plain = tiny_task(weights={})
    single = replace(plain, losses=lambda batch: {"imitation": plain.losses(batch)["imitation"]})
    alone = fit(single, TinyFrames(), settings, tmp_path / "alone", run=QUIET)
    ours, theirs = TinyNet(), TinyNet()
    load_weights(both.final, ours)
    load_weights(alone.final, theirs)
    assert weights_hash(ours) == weights_hash(theirs)
    assert "depth" in read_steps(both.log)[0]["terms"]


def test_parameters_outside_all_groups_are_refused(tmp_path):
    task = tiny_task()
    forgetful = replace(task, groups={"stem": task.module.stem})
    with pytest.raises(ValueError, match=r"head\.1\.weight is in 0 groups"):
        fit(forgetful, TinyFrames(), SETTINGS, tmp_path, run=QUIET)
    stray = replace(task, groups={"stem": task.module.stem, "head": nn.ModuleList([task.module.head, TinyNet()])})
    with pytest.raises(ValueError, match="not the module's"):
        fit(stray, TinyFrames(), SETTINGS, tmp_path, run=QUIET)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (lambda net: {"depth": net.head[1].weight}, r"'depth' is a tensor of shape \(2, 4, 1, 1\)"),
        (lambda net: {"depth": 3.0, "imitation": net.head[1].bias.sum()}, "'depth' is a float"),
        (
            lambda net: {"depht": net.head[1].bias.sum()},
            "weights are given for imitation, but the loss terms are depht",
        ),
    ],
)
def test_terms_that_are_none_are_refused(tmp_path, terms, words):
    task = tiny_task()
    with pytest.raises(ValueError, match=words):
        fit(replace(task, losses=lambda batch: terms(task.module)), TinyFrames(), SETTINGS, tmp_path, run=QUIET)
