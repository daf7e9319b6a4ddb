"""Runs that were not trained alike are not put together; what a run does not say is not compared."""

from dataclasses import asdict, replace

import pytest
from made_results import made

from monotakd.engine.config_file import to_json
from monotakd.engine.settings import TrainSettings
from monotakd.errors import DataError
from monotakd.pipeline.agreement import Told, budget_facts, facts_of, require_agreement
from monotakd.pipeline.results import read_results, require_one_world

BUDGET = TrainSettings(steps=8, batch_size=2, learning_rate=1e-3)
TEACHER, OTHER, ASSISTANT = "a" * 64, "b" * 64, "c" * 64


def student(row: str = "direct", seed: int = 0, *, budget: TrainSettings = BUDGET, labels: str = "all", **settings):
    """A student's run, with what its configuration says."""
    known = {"recipe": {"assistant": "detector"}, "depth_network": "d" * 16, "teacher": TEACHER[:24], **settings}
    config = {"train": to_json(replace(budget, seed=seed)), "settings": known, "frames": {"sha256": "e" * 64}}
    return made(row, seed, labels=labels, record={"config": config})


def teacher(weights: str = TEACHER, **changes):
    config = {"train": to_json(BUDGET), "settings": {"network": {}}}
    return made("teacher", record={"config": config, "weights": weights[:16]}, **changes)


def test_runs_that_were_trained_alike_agree():
    runs = [student(), student(seed=1), student("monotakd", assistant=ASSISTANT[:24]), teacher(), made("imd")]
    require_one_world(runs)
    require_one_world([student(), student("direct", labels="200", teacher=OTHER[:24])])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (student(seed=1, budget=replace(BUDGET, steps=5)), "found student: steps 5; expected 8"),
        (student(seed=1, budget=replace(BUDGET, batch_size=4)), "found student: batch_size 4; expected 2"),
        (student("imd", budget=replace(BUDGET, bf16=True)), "found student: bf16 True; expected False"),
        (student("imd", budget=replace(BUDGET, parts=2)), "found student: parts 2; expected 1"),
        (student("imd", teacher=OTHER[:24]), f"found teacher {OTHER[:16]}; expected {TEACHER[:16]}"),
        (teacher(OTHER), f"found teacher {OTHER[:16]}; expected {TEACHER[:16]}"),
        (student("imd", depth_network="f" * 16), "found depth network ffff"),
        (made(record={"world": {"train": 8}}, seed=2), None),
    ],
)
def test_others_are_refused_by_name(other, said, tmp_path):
    runs = [student(), other]
    for run in runs:
        run.write(tmp_path / run.row / f"seed{run.seed}.json")
    if said is None:
        assert len(read_results(tmp_path)) == 2, "what a run does not say is not compared"
        return
    with pytest.raises(DataError, match=said) as error:
        read_results(tmp_path)
    assert {error.value.source, error.value.expected.split(" in ")[1]} <= set(map(str, tmp_path.rglob("*.json")))
    with pytest.raises(DataError, match=said):
        require_one_world(runs)


def test_networks_that_ran_in_every_step_count_like_stored_outputs():
    stored = facts_of(student("monotakd", assistant=ASSISTANT[:24]).record["config"], "monotakd")
    config = student("monotakd", teacher=None).record["config"]
    running = facts_of({**config, "frozen": {"teacher": TEACHER, "assistant": ASSISTANT}}, "monotakd")
    assert running == stored
    assert running["assistant (detector)"] == ASSISTANT[:16]


def test_an_assistant_of_another_training_is_another_assistant():
    aligned = student("aligned", recipe={"assistant": "aligned"}, assistant=OTHER[:24])
    require_one_world([student("monotakd", assistant=ASSISTANT[:24]), aligned])
    with pytest.raises(DataError, match=r"assistant \(aligned\)"):
        require_one_world([aligned, student("aligned", 1, recipe={"assistant": "aligned"}, assistant=ASSISTANT[:24])])
    config = {"settings": {"network": {"training": "aligned"}}}
    with pytest.raises(DataError, match=r"assistant \(aligned\)"):
        require_one_world([aligned, made("assistant_aligned", record={"config": config, "weights": ASSISTANT[:16]})])


def test_a_budget_that_is_asked_for_is_compared_like_one_that_was_used():
    asked = Told("this call", "toy", "all", budget_facts("student", BUDGET))
    require_agreement([student().told(), asked])
    with pytest.raises(DataError, match="this call, all labels: found student: steps 8; expected 5, as in toy/labels_"):
        require_agreement([student(budget=replace(BUDGET, steps=5)).told(), asked])


def test_a_field_that_older_runs_lack_has_its_default():
    older = asdict(BUDGET)
    del older["parts"]
    assert facts_of({"train": older}, "teacher") == budget_facts("teacher", BUDGET)
