"""One executed notebook as a page: text, folded solutions, and of every output what works without a kernel."""

from __future__ import annotations

import html
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from monotakd.notebooks import WIDGET, small_png
from monotakd.site.frame import framed
from monotakd.site.markdown import code, render
from monotakd.viz.explore import PLOTLY
from monotakd.viz.explorers.shared.base import PAGE

PICTURE_WIDTH, PICTURE_COLOURS = 1000, 64
_SLIDERS = "The controls of this view need a kernel: open the notebook in JupyterLab (make lab)."
_FIELD = "In JupyterLab there is a field for your answer here; it needs a kernel."


def lesson_page(
    notebook: nbformat.NotebookNode, name: str, lessons: Collection[str], links: Sequence[tuple[str, str]]
) -> str:
    """HTML of an executed notebook.

    Args:
        notebook: with outputs of every kind, see `notebooks.execute` with ``everything=True``.
        name: file name without ending, such as ``"00_quickstart"``.
        lessons: names of the notebooks that have a page.
        links: (file, words) at the top of the page.
    """
    parts, headings = [], []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            text, found = render(cell.source, lessons)
            parts.append(text)
            headings += found
        elif cell.cell_type == "code":
            parts.append(_code_cell(cell, f"{name}-{number}"))
    title = next((text for level, _, text in headings if level == 1), name)
    contents = "".join(f'<li><a href="#{place}">{text}</a></li>' for level, place, text in headings if level == 2)
    menu = f'<nav class="contents" aria-label="On this page"><ul>{contents}</ul></nav>' if contents else ""
    parts.insert(1, menu)
    return framed(title, "\n".join(parts), links)


def _code_cell(cell: nbformat.NotebookNode, place: str) -> str:
    source = code(cell.source)
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        source = f"<details><summary>Solution</summary>{source}</details>"
    outputs = [_output(output, f"{place}-{k}") for k, output in enumerate(cell.get("outputs", ()))]
    return source + "".join(outputs)


def _output(output: nbformat.NotebookNode, place: str) -> str:
    if output.output_type == "stream":
        return f'<div class="output"><pre>{html.escape(output.text)}</pre></div>'
    if output.output_type == "error":
        return f'<div class="output error"><pre>{html.escape(output.ename)}: {html.escape(output.evalue)}</pre></div>'
    return f'<div class="output">{_shown(output.data, output.get("metadata", {}), place)}</div>'


def _shown(data: Mapping[str, Any], metadata: Mapping[str, Any], place: str) -> str:
    """The best that a page can show: a linked explorer, a picture, HTML, or text."""
    if PAGE in data:
        words = html.escape(data["text/plain"])
        return (
            f'<iframe class="explorer" src="assets/{Path(data[PAGE]).name}" title="{words}" loading="lazy"'
            ' allow="fullscreen"></iframe>'
        )
    if "image/png" in data:
        alt = html.escape(metadata.get("image/png", {}).get("alt", "picture; the text around it says what it shows"))
        png = small_png(data["image/png"], PICTURE_WIDTH, PICTURE_COLOURS)
        picture = f'<img src="data:image/png;base64,{png}" alt="{alt}">'
        if PLOTLY in data:
            return picture + _scene(data[PLOTLY], place)
        return picture + (f'<p class="kernel">{_SLIDERS}</p>' if WIDGET in data else "")
    if WIDGET in data:
        return f'<p class="kernel">{_FIELD}</p>'
    if "text/html" in data:
        return data["text/html"]
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return render(data[kind])[0]
    return f"<pre>{html.escape(data['text/plain'])}</pre>"


def _scene(figure: Mapping[str, Any], place: str) -> str:
    """A 3D scene that is drawn when its button is pressed."""
    values = json.dumps({"data": figure["data"], "layout": figure["layout"]}).replace("</", "<\\/")
    return (
        f'<button data-scene="{place}">turn this scene</button>'
        f'<script type="application/json" id="{place}">{values}</script>'
    )
