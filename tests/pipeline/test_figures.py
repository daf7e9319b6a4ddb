import json

import numpy as np
import pytest
from made_results import frame_noise, made, seeds_of

from monotakd.errors import DataError
from monotakd.pipeline.figures import draw_beside_paper, draw_differences, draw_rows, draw_training
from monotakd.pipeline.ledger import LedgerStep, draw_ledger
from monotakd.pipeline.results import METRICS
from monotakd.pipeline.rows import HEADLINE
from monotakd.pipeline.table import PAPER, row_title

RESULTS = [
    *seeds_of("ground_truth_only", [30.0, 32.0, 34.0], frame_noise()),
    *seeds_of("direct", [40.0, 42.0, 44.0], frame_noise()),
    *seeds_of("monotakd", [39.0, 41.0, 46.0], frame_noise()),
]


def _texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def _log(path, steps: int):
    lines = [{"event": "started", "step": 0}]
    lines += [{"step": i + 1, "terms": {"a_term": 2.0, "other": 0.5 + i}} for i in range(steps)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_ap_is_drawn_from_zero_to_a_hundred():
    for axes in draw_rows(RESULTS, "all").axes:
        low, high = axes.get_xlim()
        assert low == 0
        assert high >= 100


def test_every_row_is_named_and_shows_its_mean():
    picture = draw_rows(RESULTS, "all", ["3d_70"])
    (axes,) = picture.axes
    names = [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()]
    assert names == [row_title(row) for row in ("ground_truth_only", "direct", "monotakd")]
    assert _texts(axes) == ["32.0", "42.0", "42.0"]
    assert picture.png()[:4] == b"\x89PNG"


def test_differences_are_drawn_around_a_visible_zero():
    axes, texts = draw_differences(RESULTS, "all").axes
    low, high = axes.get_xlim()
    assert low == -high
    assert any(np.all(np.asarray(line.get_xdata()) == 0) for line in axes.lines)
    assert _texts(texts)[0].startswith("−10.0 [")


def test_without_a_pair_there_is_no_figure_of_differences():
    assert draw_differences(RESULTS, "200") is None
    assert draw_differences(seeds_of("direct", [1.0]), "all") is None
    assert draw_differences([made("direct", 0), made("imd", 1)], "all") is None


def test_no_row_no_figure():
    with pytest.raises(ValueError, match="label setting '200'"):
        draw_rows(RESULTS, "200")


def test_curves_hold_every_term_of_every_training(tmp_path):
    picture = draw_training({"one": _log(tmp_path / "a", 500), "two": _log(tmp_path / "b", 1)}, points=10)
    first, second = picture.axes
    assert [line.get_label() for line in first.lines] == ["a term", "other"]
    np.testing.assert_allclose(first.lines[0].get_ydata(), 2.0)
    assert len(first.lines[1].get_xdata()) == 10
    assert second.lines[0].get_marker() == "o", "a single step is a point, not an invisible line"


def test_a_training_without_steps_is_left_out(tmp_path):
    empty = _log(tmp_path / "a", 0)
    assert draw_training({"one": empty}) is None
    assert len(draw_training({"one": empty, "two": _log(tmp_path / "b", 3)}).axes) == 1
    with pytest.raises(DataError):
        draw_training({"one": tmp_path / "missing"})


def _steps(*values):
    return [LedgerStep(f"detector {i}", dict.fromkeys(METRICS, float(value))) for i, value in enumerate(values)]


def test_the_ledger_adds_up():
    (axes,) = draw_ledger(_steps(96, 60, 65)).axes
    assert axes.get_xlim()[0] == 0
    assert _texts(axes) == ["96.0", "−36.0", "60.0", "+5.0", "65.0"]
    bars = [(bar.get_x(), bar.get_width()) for bar in axes.patches]
    assert bars == [(0, 96), (96, -36), (0, 60), (60, 5), (0, 65)]


def test_a_ledger_needs_two_steps_and_a_metric():
    with pytest.raises(ValueError, match="at least two"):
        draw_ledger(_steps(96))
    with pytest.raises(ValueError, match="metric"):
        draw_ledger(_steps(96, 60), "2d")


def test_beside_the_paper_every_expected_row_keeps_its_place():
    picture = draw_beside_paper(RESULTS, "all")
    ours, paper = picture.axes
    names = [label.get_text().replace("\n", " ") for label in ours.get_yticklabels()]
    assert names == [row_title(row) for row in HEADLINE]
    assert [text for text in _texts(ours) if text == "not run yet"] == ["not run yet"] * 2
    assert "42.0" in _texts(ours)
    assert _texts(paper) == [str(PAPER[row]) for row in HEADLINE]
    assert ours.get_xlim() == paper.get_xlim()
    assert ours.get_xlim()[0] == 0
    missing = draw_beside_paper(RESULTS, "200").axes[0]
    assert set(_texts(missing)) == {"not run yet"}
