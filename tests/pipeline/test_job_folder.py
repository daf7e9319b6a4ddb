"""What a job folder was begun with: a call with other values is refused before anything is done."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_results import made

from monotakd import paths
from monotakd.engine.config_file import to_json, write_config
from monotakd.errors import DataError
from monotakd.pipeline import job_folder
from monotakd.pipeline.job_folder import require_same_job, require_same_trainings
from monotakd.pipeline.networks import build
from monotakd.pipeline.presets import Preset, preset_named
from monotakd.pipeline.reproduce import reproduce
from monotakd.pipeline.workplace import Workplace


def place_at(out: Path, preset: Preset | None = None, **more) -> Workplace:
    return Workplace(out, preset or Preset.smoke(), **more)


def begin(place: Workplace, network: str, *, changes: dict | None = None, **settings) -> None:
    """The configuration of a training as this call would begin it."""
    budget = replace(place.budget(network if network in ("depth_network", "teacher") else "student"), **(changes or {}))
    folder = place.model("all", network) if network != "direct" else place.student("all", network, 0)
    folder.mkdir(parents=True)
    recipe = {"recipe": {"assistant": "detector"}} if network == "direct" else {}
    write_config(folder, {"train": to_json(budget), "settings": {**recipe, **settings}})


def test_the_same_job_goes_on_and_others_are_refused_by_option(tmp_path):
    place = place_at(tmp_path)
    require_same_job(place)
    assert (tmp_path / "job.txt").read_text() == "smoke\nstreet world\n", "as folders of earlier versions say it"
    require_same_job(place)
    for name, said in {
        "smoke_5_steps": "--steps as in the preset; expected 5",
        "smoke_batch_2": "--batch-size as in the preset; expected 2",
        "smoke_hilly": "--street as in the preset; expected hilly",
        "quick": "--preset smoke; expected quick",
    }.items():
        with pytest.raises(DataError, match=said):
            require_same_job(place_at(tmp_path, preset_named(name)))
    with pytest.raises(DataError, match=r"--data street world; expected .*toy"):
        require_same_job(place_at(tmp_path, given=paths.toy_set()))


def test_other_rows_seeds_and_labels_are_the_same_job(tmp_path):
    place = place_at(tmp_path)
    begin(place, "teacher")
    more = replace(place.preset, rows=("imd",), seeds=3, labels=("all", "200"))
    for preset in (place.preset, more):
        require_same_job(place_at(tmp_path, preset))
        require_same_trainings(place_at(tmp_path, preset), None)


@pytest.mark.parametrize("network", ["depth_network", "teacher", "direct"])
@pytest.mark.parametrize("changes", [{"steps": 5}, {"batch_size": 2}, {"learning_rate": 1.0}])
def test_trainings_of_another_budget_are_refused(tmp_path, network, changes):
    place = place_at(tmp_path)
    begin(place, network, changes=changes)
    ((field, value),) = changes.items()
    with pytest.raises(DataError, match=rf"{field} .*; expected {value}, as in .*config.json") as error:
        require_same_trainings(place, None)
    assert error.value.source == "this call"


def test_another_precision_is_refused_of_students_and_no_matter_to_teachers(tmp_path):
    place = place_at(tmp_path)
    begin(place, "direct", changes={"bf16": not place.budget("student").bf16})
    with pytest.raises(DataError, match="student: bf16"):
        require_same_trainings(place, None)
    assert not place.budget("teacher").bf16


def test_networks_taught_by_others_are_refused(tmp_path):
    place = place_at(tmp_path)
    begin(place, "direct", teacher="a" * 24)
    begin(place, "assistant_aligned", teacher="a" * 24)
    require_same_trainings(place, None)
    begin(place, "assistant_shared_head", teacher="b" * 24)
    with pytest.raises(DataError, match=r"found teacher .*; expected .*config.json"):
        require_same_trainings(place, None)


def test_other_image_weights_are_refused(tmp_path, monkeypatch):
    place, weights = place_at(tmp_path), tmp_path / "weights.pth"
    monkeypatch.setattr(job_folder, "with_image_weights", lambda path, networks: build("depth_network", len(path.name)))
    begin(place, "depth_network")
    require_same_trainings(place, None)
    with pytest.raises(DataError, match="expected fresh weights"):
        require_same_trainings(replace(place, image_weights=weights), None)
    other = place_at(tmp_path / "other", image_weights=weights)
    begin(other, "depth_network", start=job_folder._start(other))
    require_same_trainings(other, None)
    for image_weights in (None, tmp_path / "others.pth"):
        with pytest.raises(DataError, match="depth_network: starts as"):
            require_same_trainings(replace(other, image_weights=image_weights), None)


def test_collected_runs_of_another_budget_are_refused_before_anything_begins(tmp_path):
    place = place_at(tmp_path / "out")
    config = {"train": to_json(replace(place.budget("student"), steps=5)), "settings": {"recipe": {"assistant": "-"}}}
    run = made("direct", preset="smoke", split="val", frames=8, record={"config": config})
    run.write(tmp_path / "results/smoke/labels_all/direct/seed0.json")
    with pytest.raises(DataError, match=r"student: steps 30; expected 5, as in .*direct/seed0.json"):
        reproduce(Preset.smoke(), place.out, results=tmp_path / "results")
    assert not place.world.exists()
    require_same_trainings(place_at(tmp_path / "out", preset_named("smoke_5_steps")), tmp_path / "results")
