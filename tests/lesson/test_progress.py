import json
import os

import pytest

from monotakd import lesson, paths
from monotakd.lesson import check, predict, progress


def test_checks_are_kept_in_exercise_copies_only(work, capsys):
    check("double", 4, lambda a: a == 4)
    assert not (work / "progress.jsonl").exists(), "a notebook with its solutions proves nothing"
    progress.record_as("04_from_pixels_to_bev")
    check("double", 4, lambda a: a == 4)
    check("triple", 6, lambda a: a == 6)
    assert list(progress.passed_checks("04_from_pixels_to_bev")) == ["double", "triple"]
    assert progress.passed_checks("05_teaching_assistant") == {}
    capsys.readouterr()


def test_a_failed_check_is_not_kept(work):
    progress.record_as("04_from_pixels_to_bev")
    with pytest.raises(lesson.CheckFailedError):
        check("double", 5, lambda a: a == 4)
    assert progress.passed_checks("04_from_pixels_to_bev") == {}


def test_the_day_is_that_of_the_first_pass(work):
    lines = [{"lesson": "04", "check": "double", "at": f"2026-11-{day}T10:00:00"} for day in (20, 21)]
    (work / "progress.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert progress.passed_checks("04") == {"double": "2026-11-20"}


def test_setup_says_whose_checks_are_kept(work, capsys):
    lesson.setup(record_as="04_from_pixels_to_bev")
    check("double", 4, lambda a: a == 4)
    lesson.setup()
    check("triple", 6, lambda a: a == 6)
    assert list(progress.passed_checks("04_from_pixels_to_bev")) == ["double"]
    capsys.readouterr()


def test_a_prediction_stands_there_after_a_restart(work, capsys):
    first = predict("Which way?", "left", "right")
    first._ipython_display_()
    first._field.value = "left"
    first._field.value = "right"
    again = predict("Which way?", "left", "right")
    assert again.answered() == "right"
    assert "<td>right</td>" in again.seen("left")._repr_html_()
    again._ipython_display_()
    assert again._field.value == "right"
    assert predict("How many?").answered() == "no prediction made"
    capsys.readouterr()


def test_a_typed_prediction_is_kept_too(work, capsys):
    first = predict("How many?")
    first._ipython_display_()
    first._field.value = "three"
    assert predict("How many?").answered() == "three"
    capsys.readouterr()


def test_an_answer_that_is_no_choice_any_more_is_forgotten(work):
    progress.keep_prediction("Which way?", "up")
    assert predict("Which way?", "left", "right").answered() == "no prediction made"


def test_an_answer_in_the_cell_goes_before_a_kept_one(work):
    progress.keep_prediction("Which way?", "left")
    assert predict("Which way?", "left", "right", answer="right").answered() == "right"


def test_nothing_is_read_or_kept_unattended(work, monkeypatch):
    progress.keep_prediction("Which way?", "left")
    monkeypatch.setenv("MONOTAKD_WORK", "")
    assert predict("Which way?", "left", "right").answered() == "no prediction made"
    before = sorted(work.iterdir())
    progress.record_as("04")
    progress.keep_check("double")
    assert sorted(work.iterdir()) == before


def test_damaged_lines_are_passed_over(work):
    progress.keep_prediction("Which way?", "left")
    with (work / "progress.jsonl").open("a") as file:
        file.write('{"question": "Which w\n[1, 2]\n')
    progress.keep_prediction("How many?", "three")
    assert progress.kept_prediction("Which way?") == "left"
    assert progress.kept_prediction("How many?") == "three"


def test_a_disk_that_cannot_be_written_does_not_stop_a_lesson(work, monkeypatch, capsys):
    (work / "file").touch()
    monkeypatch.setenv("MONOTAKD_WORK", str(work / "file" / "below"))
    progress.record_as("04")
    check("double", 4, lambda a: a == 4)
    said = capsys.readouterr()
    assert said.out == "✓ double\n"
    assert "not kept" in said.err


def test_where_work_lies(monkeypatch):
    monkeypatch.delenv("MONOTAKD_WORK")
    assert paths.work_folder() == paths.CHECKOUT / "notebooks" / "work"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert paths.work_folder().name == "monotakd-work"
    assert paths.CHECKOUT not in paths.work_folder().parents
