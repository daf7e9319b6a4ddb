"""Executes notebooks from top to bottom, for ``make notebooks``, ``make run`` and the tests."""

from __future__ import annotations

import base64
import io
import os
import time
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError
from monotakd.paths import WORK_VARIABLE
from monotakd.viz import palette

FOLDER = CHECKOUT / "notebooks"
TIMEOUT_S = 600
WIDGET = "application/vnd.jupyter.widget-view+json"
STILL = ("image/png", "text/plain")
STILL_WIDTH, STILL_COLOURS = 1000, 48
"""Largest width in pixels of the pictures that a notebook is committed with, and how many colours each may use."""
COMMITTED_SIZE, LEAST_ROOM = 490_000, 100_000
"""Bytes of a committed notebook, and how many of them its pictures get at least."""
THUMBNAIL = 400
"""Longer side in pixels of the copy that a picture's colours are chosen from."""


def find(beginnings: Iterable[str] = ()) -> list[Path]:
    """The notebooks whose names begin with one of ``beginnings`` (all when empty), in reading order.

    Raises:
        DataError: a beginning fits no notebook.
    """
    everything = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
    wanted = tuple(beginnings)
    for beginning in wanted:
        if not any(p.name.startswith(beginning) for p in everything):
            raise DataError(
                FOLDER, f"no notebook that begins with {beginning!r}", f"one of {[p.stem for p in everything]}"
            )
    return [p for p in everything if not wanted or p.name.startswith(wanted)]


def execute(
    path: Path, *, environment: dict[str, str] | None = None, everything: bool = False
) -> nbformat.NotebookNode:
    """Runs every cell in a fresh kernel, beside the notebook, and returns the notebook with its outputs.

    Predictions and progress of the reader's are neither read nor kept. Widget state is not stored: it would add
    megabytes to the file. Where an output has a still picture beside a widget or a 3D scene, the still alone is kept,
    and a widget without a still is left out: a page without a kernel could show nothing else.

    Args:
        path: of the notebook.
        environment: variables for the kernel, besides those of this process.
        everything: keep every output as it came.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised; the message shows the cell and its traceback.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        startup_timeout=TIMEOUT_S,
        iopub_timeout=60,  # what a kernel prints late is dropped without a word
        kernel_name="python3",
        store_widget_state=False,
        coalesce_streams=True,  # how many pieces a long print comes in depends on timing
        # ipykernel warns at every start that its ports, which are local, are not encrypted.
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(env={**os.environ, WORK_VARIABLE: "", **(environment or {})})
    for cell in notebook.cells:
        # Timestamps would change the file at every execution.
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code" and not everything:
            cell.outputs = [_for_readers(output) for output in cell.outputs if not _is_bare_widget(output)]
    return notebook


def _is_bare_widget(output: nbformat.NotebookNode) -> bool:
    data = output.get("data", ())
    return WIDGET in data and "image/png" not in data


def _for_readers(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    if "image/png" in output.get("data", ()):
        output.data = {kind: value for kind, value in output.data.items() if kind in STILL}
    return output


def shrink_pictures(notebook: nbformat.NotebookNode) -> None:
    """Makes the pictures of an executed notebook small enough to be committed; whoever runs it sees them in full.

    All get at most the same width, about the largest at which they fit together: readers without a kernel should be
    able to read the small type in them.
    """
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    pictures = [output.data for output in outputs if "image/png" in output.get("data", ())]
    words = len(nbformat.writes(notebook).encode()) - sum(len(data["image/png"]) for data in pictures)
    room, width = max(COMMITTED_SIZE - words, LEAST_ROOM), STILL_WIDTH
    small = [small_png(data["image/png"], width) for data in pictures]
    while (size := sum(map(len, small))) > room:
        # A PNG grows more slowly than its area: half the width takes about a third of the bytes.
        width = int(width * (room / size) ** 0.6)
        small = [small_png(data["image/png"], width) for data in pictures]
    for data, png in zip(pictures, small, strict=True):
        data["image/png"] = png
    for output in outputs:
        output.get("metadata", {}).pop("image/png", None)


def small_png(encoded: str, width: int = STILL_WIDTH, colours: int = STILL_COLOURS) -> str:
    """A PNG (base64) with at most so many pixels across, and so many colours beside those that lines are drawn in."""
    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    if picture.width > width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    # The commonest colours of a thumbnail are those of the picture, and much sooner found.
    thumbnail = picture.resize([max(side * THUMBNAIL // max(picture.size), 1) for side in picture.size])
    # Thin coloured lines are few pixels, so that a palette of the commonest colours would lose what they mean.
    named = [channel for colour in (*palette.ROLES.values(), *palette.OTHERS) for channel in palette.rgb255(colour)]
    common = thumbnail.quantize(colours, kmeans=3).getpalette()[: 3 * colours]
    table = Image.new("P", (1, 1))
    table.putpalette(common + named)
    small = io.BytesIO()
    picture.quantize(palette=table, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def execute_in_place(path: Path) -> None:
    """Executes one notebook and writes it back with small pictures, with a line on how long it took."""
    started = time.monotonic()
    notebook = execute(path)
    shrink_pictures(notebook)
    nbformat.write(notebook, path)
    print(f"[notebooks] {path.name}: {time.monotonic() - started:.1f} s, {path.stat().st_size // 1024} kB", flush=True)


def export(notebook: nbformat.NotebookNode, out: Path) -> Path:
    """Writes an executed notebook and a page that opens in any browser, both named after ``out``.

    Returns:
        The HTML file.
    """
    from nbconvert import HTMLExporter

    nbformat.write(notebook, out.with_suffix(".ipynb"))
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    html = out.with_suffix(".html")
    html.write_text(page, encoding="utf-8")
    return html
