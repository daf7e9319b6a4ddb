"""The log is cut back to the checkpoint, and half a line is no record."""

import pytest

from monotakd.engine.log import TrainingLog, read_log, read_steps, told_of
from monotakd.errors import DataError


def test_records_after_the_checkpoint_are_cut(tmp_path):
    path = tmp_path / "log.jsonl"
    with TrainingLog(path) as log:
        log.write({"event": "started", "step": 0})
        log.write({"step": 1})
        kept = log.sync()
        log.write({"step": 2})
        log.write({"step": 3})
    with TrainingLog(path, kept) as log:
        log.write({"event": "resumed", "step": 1})
        log.write({"step": 2})
    assert [record["step"] for record in read_log(path)] == [0, 1, 1, 2]
    assert [record["step"] for record in read_steps(path)] == [1, 2]
    assert path.stat().st_size == len(path.read_bytes())


def test_records_can_be_read_while_the_run_goes_on(tmp_path):
    with TrainingLog(tmp_path / "log.jsonl") as log:
        log.write({"step": 1})
        assert read_steps(tmp_path / "log.jsonl") == [{"step": 1}]


def test_half_a_line_is_left_out(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"step": 1}\n{"step": 2, "te')
    assert read_steps(tmp_path / "log.jsonl") == [{"step": 1}]
    (tmp_path / "log.jsonl").write_text('{"step": 1}\n{"step": 2}')
    assert read_steps(tmp_path / "log.jsonl") == [{"step": 1}]


def test_a_damaged_line_is_refused_by_number(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"step": 1}\n{"st\n{"step": 3}\n')
    with pytest.raises(DataError, match="line 2"):
        read_log(tmp_path / "log.jsonl")
    with pytest.raises(DataError, match="nothing that can be read"):
        read_log(tmp_path / "missing")


def test_a_log_shorter_than_the_checkpoint_says_is_refused(tmp_path):
    (tmp_path / "log.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match="3 bytes; expected at least the 30"):
        TrainingLog(tmp_path / "log.jsonl", 30)


def test_it_is_told_which_part_of_the_time_went_by_waiting_for_frames(tmp_path):
    path = tmp_path / "log.jsonl"
    times = [(30.0, 29.0), (60.0, 1.0), (90.0, 2.0)]  # the first step waits for the processes that read
    with TrainingLog(path) as log:
        log.write({"event": "started", "step": 0})
        for step, (seconds, waited) in enumerate(times, start=1):
            log.write({"step": step, "seconds": seconds, "waited": waited})
    assert told_of(path) == "3 steps in 1 min 30 s, 5% of the time waiting for frames"
    with TrainingLog(path, path.stat().st_size) as log:
        log.write({"step": 4, "seconds": 130.0, "waited": 37.0})
    assert told_of(path) == (
        "4 steps in 2 min 10 s, 40% of the time waiting for frames; with more --workers it would be less"
    )
