"""Every notebook runs from top to bottom in a fresh kernel: as installed, and without open3d and spconv."""

import pytest
from suite import NOTEBOOKS, code_cells

from monotakd import notebooks

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

# Python imports a module of this name before anything else. Warnings that our own lines cause become errors; a missing
# package raises the same error as one that was never installed.
SITECUSTOMIZE = """
import sys
import warnings
from importlib.abc import MetaPathFinder

warnings.filterwarnings("error", module=r"monotakd(\\.|$)")
warnings.filterwarnings("error", module=r"__main__$")


class Hide(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Hide())
"""


def _execute(path, folder, *, hidden=()):
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE.format(hidden=tuple(hidden)))
    return notebooks.execute(path, environment={"PYTHONPATH": str(folder)})


def _printed(notebook) -> str:
    return "".join(o.text for c in notebook.cells for o in c.get("outputs", ()) if o.get("name") == "stdout")


@each
def test_runs_from_top_to_bottom(path, tmp_path):
    executed = _execute(path, tmp_path)
    stderr = [o.text for c in executed.cells for o in c.get("outputs", ()) if o.get("name") == "stderr"]
    assert stderr == [], "a lesson prints no warnings"
    assert [c.source for c in executed.cells] == [c.source for c in notebooks.nbformat.read(path, 4).cells]


@each
def test_runs_without_open3d_and_spconv(path, tmp_path):
    executed = _execute(path, tmp_path, hidden=("open3d", "spconv", "cumm"))
    renders = any("without_open3d=" in cell.source for cell in code_cells(path))
    assert ("open3d is not installed" in _printed(executed)) == renders
    for cell in executed.cells:
        if "without_open3d=" in cell.source:
            assert any("image/png" in o.get("data", ()) for o in cell.outputs), "the shipped frame stands in"
