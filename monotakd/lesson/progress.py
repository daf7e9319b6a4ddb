"""What a reader has done so far, kept between sessions: passed checks, and predictions.

``notebooks/work/progress.jsonl`` holds one line of JSON per event and is only ever appended to, so that two notebooks
that are open at once cannot undo each other's lines. Where the checkout cannot be written, as in a classroom that
shares one, the file lies in the reader's home folder (`paths.work_folder`). Nothing of it leaves the machine. With the
environment variable ``MONOTAKD_WORK`` set to nothing, nothing is kept: so where notebooks run unattended.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from monotakd.paths import WORK_VARIABLE, work_folder

NAME = "progress.jsonl"

_lesson: str | None = None


def record_as(lesson: str | None) -> None:
    """Says whose checks are kept from now on; None keeps none, as in a notebook that holds its solutions."""
    global _lesson
    _lesson = lesson


def keep_check(name: str) -> None:
    """Notes that a check has passed, in an exercise copy."""
    if _lesson is not None:
        _append({"lesson": _lesson, "check": name})


def keep_prediction(question: str, answer: str) -> None:
    """Notes what the reader predicted."""
    _append({"question": question, "answer": answer})


def passed_checks(lesson: str) -> dict[str, str]:
    """Names of the lesson's passed checks, each with the day of the first pass."""
    passed: dict[str, str] = {}
    for event in _events():
        if event.get("lesson") == lesson and "check" in event:
            passed.setdefault(event["check"], event.get("at", "")[:10])
    return passed


def kept_prediction(question: str) -> str | None:
    """The reader's last answer to a question."""
    answers = [event.get("answer") for event in _events() if event.get("question") == question]
    return answers[-1] if answers else None


def _file() -> Path | None:
    return None if os.environ.get(WORK_VARIABLE) == "" else work_folder() / NAME


def _append(event: dict[str, str]) -> None:
    path = _file()
    if path is None:
        return
    line = json.dumps({**event, "at": datetime.now().isoformat(timespec="seconds")}) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:  # a full or read-only disk must not stop a lesson
        print(f"(this is not kept for the next session: {path}: {error.strerror})", file=sys.stderr)


def _events() -> Iterator[dict[str, str]]:
    path = _file()
    if path is None or not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # the half line that a kill left behind
            continue
        if isinstance(event, dict):
            yield event
