"""Commands on the project itself: examine the machine, open and execute notebooks, test, check style."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import tyro

from monotakd.bootstrap import CHECKOUT
from monotakd.commands.options import AsJson, every_core


def doctor(as_json: AsJson = False) -> int:
    """Say what works on this machine, and how to mend what does not. Exit status 1 when something fails."""
    from monotakd import doctor as examination

    findings = examination.examine()
    if as_json:
        print(json.dumps(examination.as_json(findings), indent=2))
    else:
        print("\n".join(map(str, findings)))
    return 0 if examination.healthy(findings) else 1


def notebooks(names: tyro.conf.Positional[tuple[str, ...]] = ()) -> int:
    """Execute notebooks in place, so that they can be committed with their text and pictures.

    Args:
        names: Beginnings of notebook names, such as 00; all notebooks when none is given.
    """
    from monotakd.notebooks import execute_in_place, find

    for path in find(names):
        execute_in_place(path)
    return 0


def lab(notebook: str = "00_quickstart.ipynb") -> int:
    """Open JupyterLab on a notebook.

    Args:
        notebook: File in notebooks/ to open.
    """
    from monotakd import jupyterlab

    start = jupyterlab.command(jupyterlab.FOLDER, "--", notebook)
    return subprocess.run(start, env=jupyterlab.environment(), check=False).returncode


def run_tests(arguments: tyro.conf.Positional[tuple[str, ...]] = ()) -> int:
    """Run every test on all cores.

    Args:
        arguments: Passed on to pytest.
    """
    # One thread a process: two processes with two threads each would fight over two cores.
    environment = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "2", **os.environ}
    command = [sys.executable, "-m", "pytest", "-n", str(every_core()), "--dist", "loadfile", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode


def check() -> int:
    """Check style: ruff's rules and formatting."""
    steps = (["check", "."], ["format", "--check", "."])
    return max(subprocess.run([sys.executable, "-m", "ruff", *s], cwd=CHECKOUT, check=False).returncode for s in steps)
