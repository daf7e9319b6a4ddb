"""Fixtures shared by all tests, and run-time checking of every shape annotation in the package."""

import pkgutil
import sys
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

import monotakd


def _annotated_modules() -> list[str]:
    """Every leaf module but the numba kernels, which must stay plain functions to compile."""
    found = pkgutil.walk_packages(monotakd.__path__, "monotakd.")
    return [m.name for m in found if not m.ispkg and not m.name.endswith(("_kernels", "__main__"))]


install_import_hook(_annotated_modules(), "beartype.beartype")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real frames and reference tensors that developers may have beside the checkout."""
    path = Path(__file__).resolve().parents[2] / "shared"
    if not path.is_dir():
        pytest.skip("no ../shared folder with real frames and reference tensors")
    return path


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs a command line in this process; returns (status, standard output, standard error)."""
    from monotakd import cli

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["monotakd", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return stopped.value.code, out, err

    return run
