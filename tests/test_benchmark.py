"""The benchmark runs, and its plain ways compute the same thing."""

import time

import numpy as np
import pytest

from monotakd.benchmarks import suite
from monotakd.benchmarks.plain_iou import bev_iou
from monotakd.benchmarks.timing import Latency, Row, Timing, measure, measure_both, table
from monotakd.errors import DataError
from monotakd.geometry.rotated_iou import paired_iou


def test_the_plain_overlap_is_right():
    square, shifted = (0.0, 0.0, 0.0, 2.0, 2.0, 1.0, 0.0), (1.0, 0.0, 0.0, 2.0, 2.0, 1.0, 0.0)
    assert bev_iou(square, shifted) == pytest.approx(1 / 3)
    turned = (*square[:6], np.pi / 4)
    assert bev_iou(square, turned) == pytest.approx(paired_iou(np.array([square]), np.array([turned]))[0][0])


def test_measure_gives_times_per_unit_and_runs_once_unmeasured():
    calls = []
    timing = measure(lambda: calls.append(1), units=10, repeats=3)
    assert len(calls) == 4
    assert 0 <= timing.cpu_s < 1e-3


def test_two_ways_are_measured_in_turn():
    calls = []
    ours, plain = measure_both(
        lambda: calls.append("ours"),
        lambda: [calls.append("plain"), time.sleep(0.002)],
        units=2,
        plain_units=4,
        repeats=3,
    )
    assert calls == ["ours", "plain"] * 4
    assert plain.wall_s >= 0.0005  # four units of 2 ms
    assert ours.wall_s >= 0


def test_table_shows_the_ratio():
    row = Row("work", "pair", Timing(0.002, 0.003), Timing(0.02, 0.03), "plain", "7x")
    assert table([row]).splitlines()[-1] == "| work | pair | 2 ms | 3 ms | plain: 20 ms | 10x | 7x |"


def test_what_a_reader_waits_for_has_no_cpu_time():
    row = Latency("click", 0.021, 11, "80 ms")
    assert table([row]).splitlines()[-1] == "| click | answer |  | 21 ms |  |  | 80 ms |"


def test_unknown_part_is_refused():
    with pytest.raises(DataError, match="geometry"):
        suite.run(["gemoetry"])


def test_a_part_runs_and_is_recorded(tmp_path, monkeypatch):
    import json

    from monotakd.benchmarks import geometry

    monkeypatch.setattr(geometry, "PAIRS", 50)
    monkeypatch.setattr(geometry, "PLAIN_PAIRS", 20)
    monkeypatch.setattr(geometry, "CROWD", 60)
    text = suite.run(["geometry"], out=tmp_path / "rows.json")
    record = json.loads((tmp_path / "rows.json").read_text())
    assert len(record["rows"]) == 3
    assert record["commit"] in text
    assert record["hardware"] in text
