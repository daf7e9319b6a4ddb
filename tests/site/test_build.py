"""A folder of pages from one small notebook, and the reference of the whole package."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from monotakd import notebooks
from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError
from monotakd.site import build, problems

EXPLORER = """
import numpy as np
from monotakd import lesson
from monotakd.scene import BevGrid, BevMap
from monotakd.viz.explorers import explore_feature_gap
grid = BevGrid((2.0, -8.0), (34.0, 8.0), (1.0, 2.0))
one = BevMap.from_array(np.random.default_rng(0).normal(size=(3, *grid.shape)).astype(np.float32), grid, order="CYX")
explore_feature_gap(lesson.toy_frame(0), {"teacher": one})
"""


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    cells = [new_markdown_cell("# 00 · One"), new_code_cell(EXPLORER), new_code_cell("print('said')")]
    nbformat.write(new_notebook(cells=cells), folder / "00_one.ipynb")
    (folder / "README.md").write_text("# Lessons\n\n[00](00_one.ipynb)\n")
    monkeypatch.setattr(notebooks, "FOLDER", folder)
    return folder


def test_one_lesson_with_an_explorer(lessons, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = Path("site")  # from here, not from where the kernel works
    index = build(out, api=False)
    assert problems(out) == []
    assert '<a href="00_one.html">00</a>' in index.read_text()
    page = (out / "00_one.html").read_text()
    assert "<pre>said\n</pre>" in page
    (explorer,) = (out / "assets").glob("feature-gap-frame-*.html")
    assert f'src="assets/{explorer.name}"' in page
    assert not (out / "assets" / "plotly.min.js").exists(), "no page has a scene"
    (out / "old.html").write_text("")
    build(out, api=False)
    assert not (out / "old.html").exists()


def test_somebody_elses_folder_is_left_alone(lessons, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="another folder"):
        build(tmp_path, api=False)
    assert (tmp_path / "thesis.txt").exists()


def test_the_reference_names_every_public_thing_and_has_no_dead_links(tmp_path):
    from monotakd.site.build import write_reference

    write_reference(tmp_path / "api")
    (tmp_path / "index.html").write_text("")
    assert problems(tmp_path) == []
    text = (tmp_path / "api" / "monotakd" / "scene.html").read_text()
    for name in ("Calibration", "Boxes3D", "BevGrid", "Detections"):
        assert f'id="{name}"' in text
    assert 'href="viz/explorers.html"' in (tmp_path / "api" / "monotakd" / "viz.html").read_text()
    assert 'id="explore_feature_gap"' in (tmp_path / "api" / "monotakd" / "viz" / "explorers.html").read_text()
    machine = [page for page in tmp_path.rglob("*.html") if str(CHECKOUT) in page.read_text(encoding="utf-8")]
    assert machine == [], "default values name this machine"
