"""Puts the pages together: lessons, index, API reference, and what they share."""

from __future__ import annotations

import os
import re
import shutil
import time
import warnings
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

from monotakd import notebooks
from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError
from monotakd.site.frame import ASSETS, framed, style_sheet
from monotakd.site.lesson_page import lesson_page
from monotakd.site.markdown import render
from monotakd.viz.explorers.shared.base import PAGES

_INDEX = ("index.html", "all lessons")
_API = ("api/monotakd.html", "reference of the package")
_BESIDES = ("monotakd.viz.explore", "monotakd.viz.explorers")
"""Modules that pdoc would leave out, since their package names its public things in ``__all__``."""


def build(out: Path, names: Sequence[str] = (), *, workers: int = 1, api: bool = True) -> Path:
    """Executes notebooks and writes them as pages.

    Args:
        out: folder of the pages; what an earlier call made there is replaced.
        names: beginnings of notebook names; all notebooks when empty.
        workers: notebooks that run at once.
        api: write the reference of the package too.

    Returns:
        The first page.

    Raises:
        DataError: no such notebook, or a folder that holds something else.
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    paths = notebooks.find(names)
    out = out.resolve()  # kernels work elsewhere
    _empty(out)
    (out / "assets").mkdir(parents=True)
    with ThreadPoolExecutor(workers) as pool:
        executed = list(pool.map(lambda path: _execute(path, out / "assets"), paths))
    lessons = [path.stem for path in paths]
    top = [_INDEX, _API] if api else [_INDEX]
    for place, (name, notebook) in enumerate(zip(lessons, executed, strict=True)):
        around = [(f"{lessons[k]}.html", words) for k, words in ((place - 1, "previous"), (place + 1, "next"))
                  if 0 <= k < len(lessons)]  # fmt: skip
        (out / f"{name}.html").write_text(lesson_page(notebook, name, lessons, [*top, *around]), encoding="utf-8")
    index = _write_index(out, lessons, top[1:])
    _write_assets(out)
    if api:
        write_reference(out / "api")
    return index


def _empty(out: Path) -> None:
    """Removes what an earlier call made, and nothing else."""
    if not out.exists() or not any(out.iterdir()):
        return
    if not (out / "assets" / "site.css").exists():
        raise DataError(out, "files that are no site of ours", "an empty folder, or one made by monotakd site",
                        fix="Name another folder with --out.")  # fmt: skip
    shutil.rmtree(out)


def _execute(path: Path, pages: Path) -> nbformat.NotebookNode:
    started = time.monotonic()
    threads = os.environ.get("OMP_NUM_THREADS", "1")
    environment = {PAGES: str(pages), "OMP_NUM_THREADS": threads}
    notebook = notebooks.execute(path, environment=environment, everything=True)
    print(f"[site] {path.name}: {time.monotonic() - started:.1f} s", flush=True)
    return notebook


def _write_index(out: Path, lessons: Collection[str], links: Sequence[tuple[str, str]]) -> Path:
    """The list of lessons, from the README of the notebooks."""
    body, headings = render((notebooks.FOLDER / "README.md").read_text(encoding="utf-8"), lessons)
    path = out / "index.html"
    path.write_text(framed(headings[0][2], body, links), encoding="utf-8")
    return path


def _write_assets(out: Path) -> None:
    (out / "assets" / "site.css").write_text(style_sheet(), encoding="utf-8")
    shutil.copy(ASSETS / "site.js", out / "assets")
    if any("data-scene" in path.read_text(encoding="utf-8") for path in out.glob("*.html")):
        from plotly.offline import get_plotlyjs

        (out / "assets" / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")


def write_reference(out: Path) -> None:
    """The reference of every module, from its docstrings."""
    import pdoc

    pdoc.render.configure(
        docformat="google", show_source=False, search=False, template_directory=Path(__file__).parent / "pdoc"
    )
    with warnings.catch_warnings():
        # It cannot look up the type of every generated __init__, and shows the annotation as it is written.
        warnings.filterwarnings("ignore", "Error parsing type annotation", UserWarning)
        pdoc.pdoc("monotakd", *_BESIDES, "!monotakd.__main__", output_directory=out)
    for page in out.rglob("*.html"):
        text = _without_dead_links(page.read_text(encoding="utf-8"))
        page.write_text(text.replace(str(CHECKOUT), "CHECKOUT"), encoding="utf-8")  # default values name this machine


def _without_dead_links(page: str) -> str:
    """pdoc links to inherited members that it does not show, too."""

    def link(found: re.Match[str]) -> str:
        return found[0] if f'id="{found[1]}"' in page else found[2]

    return re.sub(r'<a href="#([^"]+)">([^<]*)</a>', link, page)
