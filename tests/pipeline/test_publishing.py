"""What a job shows is made anew after every stage, whatever is still missing or has failed."""

import json
import os
from pathlib import Path

import pytest
from made_results import made

from monotakd import paths, viz
from monotakd.errors import DataError
from monotakd.pipeline import pictures, publishing
from monotakd.pipeline.pictures import AFTER, BEFORE, GAP, draw_job
from monotakd.pipeline.plan import Stage
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.publishing import Publisher
from monotakd.pipeline.results import NAME
from monotakd.pipeline.runner import Progress
from monotakd.pipeline.workplace import Workplace

FACTS = {"preset": "smoke", "split": "val", "frames": 8}


def place_at(out: Path) -> Workplace:
    return Workplace(out, Preset.smoke(), paths.toy_set())


def test_table_claims_and_report_are_there_while_stages_fail_and_others_wait(tmp_path, monkeypatch, capsys):
    def damaged(place):
        raise DataError(place.out / "final.safetensors", "half a file", "a whole one")

    monkeypatch.setattr(publishing, "draw_job", damaged)
    place = place_at(tmp_path / "out")
    made("direct", ap=40.0, **FACTS).write(place.student("all", "direct", 0) / NAME)
    progress = Progress.of([Stage(name, name, print, place.out / name) for name in ("one", "two")])
    progress.set("one", status="failed", detail="it was damaged")
    publish = Publisher(place)
    for _ in "ab":
        publish(progress)
    table, report = (place.out / "table.md").read_text(), (place.out / "report.html").read_text()
    assert table == publish.table
    assert "| 40.0 |" in table
    assert "not run yet" in table
    assert json.loads((place.out / "claims.json").read_text())["claims"]
    assert "it was damaged" in report
    assert "<code>table.md</code>" in report or 'href="table.md"' in report
    assert capsys.readouterr().err.count("no picture of the feature gap: ") == 1, "said once, not after every stage"


def test_rows_that_were_collected_by_another_job_are_shown(tmp_path):
    place, results = place_at(tmp_path / "out"), tmp_path / "results"
    place.out.mkdir()
    made("direct", ap=40.0, **FACTS).write(results / "smoke/labels_all/direct/seed0.json")
    publish = Publisher(place, results)
    publish(Progress.of([]))
    assert "| 40.0 |" in publish.table
    assert "40.0" in (place.out / "report.html").read_text()


@pytest.fixture
def drawn(monkeypatch) -> list:
    """Whether each picture that is drawn shows a student before distillation."""
    seen = []

    def draw_gap(frames, teacher, assistant, student, before):
        assert (teacher, assistant, student) == ("teacher", "assistant", AFTER)
        seen.append(before is not None)
        return "picture"

    monkeypatch.setattr(pictures, "load", lambda name, *_: name)
    monkeypatch.setattr(pictures, "draw_gap", draw_gap)
    monkeypatch.setattr(viz, "save", lambda picture, path: path.write_text(picture))
    return seen


def test_the_picture_is_drawn_once_its_networks_are_there_and_again_when_one_is_newer(tmp_path, drawn):
    place, now = place_at(tmp_path), 1_000_000

    def train(folder: Path) -> None:
        nonlocal now
        now += 10
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "final.safetensors").touch()
        os.utime(folder / "final.safetensors", (now, now))

    for folder in (place.model("all", "teacher"), place.model("all", "assistant")):
        train(folder)
        assert draw_job(place) is None
    train(place.student("all", AFTER, 0))
    assert draw_job(place) == draw_job(place) == tmp_path / GAP
    assert drawn == [False], "drawn without before, and once"
    os.utime(tmp_path / GAP, (now + 1, now + 1))
    train(place.student("all", BEFORE, 0))
    draw_job(place)
    assert drawn == [False, True]
    os.utime(tmp_path / GAP, (now + 1, now + 1))
    draw_job(place)
    assert len(drawn) == 2
    train(place.model("all", "teacher"))
    draw_job(place)
    assert len(drawn) == 3, "a teacher that was trained again is drawn again"
