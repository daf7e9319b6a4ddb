"""Commands on what a browser shows: the suite as web pages, and the tests that click."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import tyro

from monotakd.bootstrap import CHECKOUT
from monotakd.commands.options import every_core
from monotakd.errors import DataError


def site(names: tyro.conf.Positional[tuple[str, ...]] = (), out: Path = Path("out/site")) -> int:
    """Write the executed lessons and the reference as web pages that open from disk, without kernel or network.

    Args:
        names: Beginnings of notebook names, such as 00; all notebooks when none is given.
        out: Folder of the pages; what an earlier call made there is replaced.
    """
    for needed in ("pdoc", "latex2mathml"):
        if importlib.util.find_spec(needed) is None:
            raise DataError("site", f"no module {needed}", "the packages that make web pages",
                            fix="pip install -c constraints.txt -e .[dev], or make setup")  # fmt: skip
    from monotakd.site import build, problems

    index = build(out, names, workers=every_core())
    found = problems(out)
    print("\n".join([*(f"[site] {line}" for line in found), f"[site] open {index}"]))
    return 1 if found else 0


def browser(arguments: tyro.conf.Positional[tuple[str, ...]] = ()) -> int:
    """Run the tests that click in a real browser; they leave screenshots in out/browser.

    Args:
        arguments: Passed on to pytest.
    """
    environment = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "2", **os.environ}
    command = [sys.executable, "-m", "pytest", "-n", str(every_core()), "--dist", "loadfile", "tests/browser"]
    return subprocess.run([*command, *arguments], cwd=CHECKOUT, env=environment, check=False).returncode
