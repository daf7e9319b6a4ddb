"""JupyterLab on this project's notebooks: for readers (``monotakd lab``), and for programs that click in it."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from monotakd.bootstrap import CHECKOUT, write_jupyter_settings

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

FOLDER = CHECKOUT / "notebooks"
SECOND = 1_000
"""Playwright counts milliseconds."""


def command(folder: Path = FOLDER, *options: str) -> list[str]:
    """What starts JupyterLab on a folder, with its token, and without dialogs at the start.

    The settings that keep the dialogs away lie in the environment. ``make setup`` writes them; an environment of the
    reader's own gets them here, where it may be written to.
    """
    if os.access(sys.prefix, os.W_OK):
        write_jupyter_settings(Path(sys.prefix))
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # in a container, mostly
    return [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", *root, *options]


def environment() -> dict[str, str]:
    """Of JupyterLab's process: `monotakd` is found by its terminals and by ``!monotakd`` in a cell."""
    scripts = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])}


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A JupyterLab without a window, at a port of its own; gives its address with ``{}`` for a notebook's name.

    Raises:
        RuntimeError: it ended before it listened; the message holds its last lines.
    """
    token = secrets.token_hex(16)
    options = (
        "--no-browser",
        "--port=0",
        f"--IdentityProvider.token={token}",
        "--LabApp.expose_app_in_browser=True",
        f"--LabApp.workspaces_dir={folder / '.workspaces'}",
        f"--LabApp.user_settings_dir={folder / '.settings'}",
    )
    start = command(folder, *options)
    server = subprocess.Popen(start, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment())
    said: list[str] = []
    try:
        for line in server.stderr:
            said.append(line)
            if found := re.search(r"(http://[\w.]+:\d+)/lab\?", line):
                break
        else:
            raise RuntimeError("JupyterLab did not start:\n" + "".join(said[-10:]))
        # Its pipe would fill up, and the server wait for us.
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield f"{found[1]}/lab/tree/{{}}?token={token}&reset"
    finally:
        server.terminate()
        server.wait(timeout=60)


def copy_without_outputs(notebook: Path, folder: Path, *more: str) -> Path:
    """A notebook as it is before anybody ran it, in another folder, with more code cells at its end."""
    copied = nbformat.read(notebook, as_version=4)
    copied.cells += [nbformat.v4.new_code_cell(source) for source in more]
    for cell in copied.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(copied, folder / notebook.name)
    return folder / notebook.name


@dataclass(frozen=True)
class NotebookPage:
    """A notebook that is open in JupyterLab, in a browser that Playwright drives. Made by `open`.

    Attributes:
        page: the browser's page.
    """

    page: Page

    @classmethod
    def open(cls, page: Page, address: str) -> NotebookPage:
        """Opens a notebook and waits until its kernel can take orders."""
        page.goto(address)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120 * SECOND)
        page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=120 * SECOND,
        )
        return cls(page)

    def run_all(self, timeout: int = 300) -> None:
        """Runs every cell and waits for the last.

        Raises:
            RuntimeError: a cell raised; its message is in the error.
            TimeoutError: of Playwright, after ``timeout`` seconds.
        """
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self._settled(timeout)

    def run(self, number: int, timeout: int = 60) -> str:
        """Runs a code cell again, counted from 0 or from the end, and returns what it printed."""
        self.show(number)
        self.page.evaluate(
            f"""() => {{
                const panel = window.jupyterapp.shell.currentWidget.content;
                const cell = panel.widgets.filter((one) => one.model.type === 'code').at({number});
                panel.activeCellIndex = panel.widgets.indexOf(cell);
                cell.model.executionCount = null;
                void window.jupyterapp.commands.execute('notebook:run-cell');
            }}"""
        )
        self._settled(timeout)
        return self.page.evaluate(
            f"""() => window.jupyterapp.shell.currentWidget.content.widgets
                .filter((one) => one.model.type === 'code').at({number}).model.outputs.toJSON()
                .map((output) => output.text ?? '').flat().join('')"""
        )

    def show(self, number: int) -> Locator:
        """Scrolls to a code cell, counted from 0 or from the end, and returns it."""
        place = self.page.evaluate(
            f"""async () => {{
                const panel = window.jupyterapp.shell.currentWidget.content;
                const cell = panel.widgets.filter((one) => one.model.type === 'code').at({number});
                const place = panel.widgets.indexOf(cell);
                await panel.scrollToItem(place, 'start');
                return place;
            }}"""
        )
        cell = self.page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{place}']")
        cell.wait_for(timeout=60 * SECOND)
        return cell

    def _settled(self, timeout: int) -> None:
        """Waits until every code cell has a number, or one has an error."""
        found = self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                const cells = panel.content.widgets.filter((one) => one.model.type === 'code');
                const outputs = cells.flatMap((one) => one.model.outputs.toJSON());
                const failed = outputs.find((one) => one.output_type === 'error');
                if (failed) return `${failed.ename}: ${failed.evalue}`;
                const idle = panel.sessionContext.session.kernel.status === 'idle';
                return idle && cells.every((one) => one.model.executionCount !== null) && 'done';
            }""",
            timeout=timeout * SECOND,
            polling=200,
        ).json_value()
        if found != "done":
            raise RuntimeError(f"a cell of the notebook raised {found}")
