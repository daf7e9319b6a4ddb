"""``monotakd reproduce --preset smoke`` as it is: its own streets, all its steps, and spconv hidden."""

import json
import sys
from statistics import mean

import pytest
from test_job import run_job

from monotakd.datasets.street.manifest import Manifest
from monotakd.engine.log import read_steps
from monotakd.pipeline.early import Early, make_early_table
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.results import read_results


@pytest.mark.slow
def test_the_whole_smoke_job_without_spconv(tmp_path, monkeypatch):
    pytest.importorskip("open3d")
    out, preset = tmp_path / "out", Preset.smoke()
    command = [sys.executable, "-m", "monotakd", "reproduce", "--preset", "smoke", "--out", str(out)]
    done = run_job(command, hide="spconv", scratch=tmp_path / "hidden")
    assert done.returncode == 0, done.stderr
    assert "plain torch, for want of spconv" in done.stdout

    world = Manifest.read(out / "world")
    assert (world.frames, world.settings) == ((24, 8, 0, 0), preset.street)
    found = {result.row: result for result in read_results(out)}
    assert set(found) == {"teacher", "assistant", *preset.rows}
    for row, result in found.items():
        config = result.record["config"]
        assert (result.preset, result.split, result.frames, config["frames"]["count"]) == ("smoke", "val", 8, 24)
        assert config["train"]["steps"] == 30
        folder = out / "labels_all" / row / ("" if row in ("teacher", "assistant") else "seed0")
        assert len(list((folder / "predictions").iterdir())) == 8
    assert found["direct"].record["teacher"][:16] == found["teacher"].record["weights"]
    assert found["monotakd"].record["assistant"][:16] == found["assistant"].record["weights"]

    table, report = (out / "table.md").read_text(), (out / "report.html").read_text()
    assert "not run yet" not in table
    assert "9 of 9 stages done" in report
    assert "Finished." in report
    assert (out / "feature_gap.png").stat().st_size > 20_000
    assert json.loads((out / "claims.json").read_text())["claims"]

    # The same trainings again, up to a tenth of their steps: they begin as the job's did.
    table = make_early_table(out, tmp_path / "early", command="this test")
    early = json.loads((tmp_path / "early" / "early.json").read_text())
    assert [one["name"] for one in early["networks"]] == ["depth_network", "teacher", "assistant", *preset.rows]
    for one in early["networks"]:
        assert (one["step"], one["steps"]) == (3, 30)
        folder = out / "labels_all" / one["name"] / ("seed0" if one["name"] in preset.rows else "")
        steps = read_steps(folder / "log.jsonl")
        for term, (first, there, last) in one["losses"].items():
            # Teacher and assistant run here; the job's outputs of theirs were stored in half precision.
            assert first == there == pytest.approx(mean(step["terms"][term] for step in steps[:3]), rel=0.01), term
            assert last == pytest.approx(mean(step["terms"][term] for step in steps[-10:]))
    assert early["networks"][1]["ap"]["bev_50"][1] == pytest.approx(found["teacher"].ap["bev_50"], abs=0.1)
    assert "| teacher (LiDAR) | 3 of 30 | " in table

    # A second call goes on with what the first one left; other weights or another version do not count.
    monkeypatch.setattr("monotakd.pipeline.early.commit", lambda: "0123456789")
    repeated = []
    monkeypatch.setattr("monotakd.pipeline.early.begin", lambda place, name: repeated.append(name) or known[name])
    known = {one["name"]: Early.from_json(one) for one in early["networks"]}
    for asked in (list(known), []):
        make_early_table(out, tmp_path / "early", command="this test")
        assert repeated == asked
        repeated.clear()
