import base64
import io

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from monotakd import notebooks
from monotakd.errors import DataError
from monotakd.viz import palette

SOURCE = """
import base64
from IPython.display import display
png = base64.b64decode({png!r})
widget = {{"model_id": "x", "version_major": 2, "version_minor": 0}}
kind = "application/vnd.jupyter.widget-view+json"
display({{kind: widget, "image/png": {png!r}, "text/plain": "both"}}, raw=True)
display({{kind: widget, "text/plain": "bare"}}, raw=True)
print("said")
"""


def _png(picture: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def _street() -> np.ndarray:
    """Noise in all colours, with one short line in a role's colour."""
    noise = np.random.default_rng(0).integers(0, 255, (300, 1200, 3), dtype=np.uint8)
    noise[100:104, 600:660] = palette.rgb255(palette.ROLES["student"])
    return noise


def _output(picture: np.ndarray) -> nbformat.NotebookNode:
    return new_output("display_data", {"image/png": _png(picture)})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "00_try.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(SOURCE.format(png=_png(_street())))]), path)
    return path


def test_stills_stay_and_bare_widgets_go(path):
    notebook = notebooks.execute(path)
    (cell,) = notebook.cells
    assert [sorted(o.get("data", {})) for o in cell.outputs] == [["image/png", "text/plain"], []]
    assert cell.outputs[1].text == "said\n"
    assert "widgets" not in notebook.metadata


def test_in_place_keeps_small_pictures_with_the_colours_that_mean_something(path, monkeypatch):
    monkeypatch.setattr(notebooks, "COMMITTED_SIZE", 10**9)  # the source of its cell is as large as the picture
    notebooks.execute_in_place(path)
    (cell,) = nbformat.read(path, 4).cells
    data = base64.b64decode(cell.outputs[0].data["image/png"])
    small = Image.open(io.BytesIO(data))
    assert small.size == (notebooks.STILL_WIDTH, 250)
    assert len(data) < len(base64.b64decode(_png(_street()))) / 3
    middle = np.asarray(small.convert("RGB"))[85, 505:545].mean(axis=0)
    assert np.abs(middle - palette.rgb255(palette.ROLES["student"])).max() < 10


def test_pictures_are_as_wide_as_the_room_for_all_allows(monkeypatch):
    pictures = [_street(), np.full((400, 1200, 3), 255, dtype=np.uint8)]

    def shrunk(room):
        monkeypatch.setattr(notebooks, "COMMITTED_SIZE", room)
        notebook = new_notebook(cells=[new_code_cell(outputs=[_output(p) for p in pictures])])
        notebooks.shrink_pictures(notebook)
        pngs = [output.data["image/png"] for output in notebook.cells[0].outputs]
        return sum(map(len, pngs)), [Image.open(io.BytesIO(base64.b64decode(png))).width for png in pngs]

    all_bytes, widths = shrunk(10**9)
    assert widths == [1000, 1000]
    fewer_bytes, widths = shrunk(all_bytes // 2)
    assert widths[0] == widths[1]
    assert 600 < widths[0] < 800
    assert fewer_bytes <= all_bytes // 2


def test_a_wrong_beginning_names_what_there_is():
    with pytest.raises(DataError, match="no notebook that begins with '99'"):
        notebooks.find(["99"])
    assert [p.name[:2] for p in notebooks.find(["01"])] == ["01"]
