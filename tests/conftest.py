"""Fixtures shared by all tests, and run-time checking of every shape annotation in the package."""

import sys
from pathlib import Path

import jaxtyping
import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

import monotakd

# The same examples in every run, however slow the machine is.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def _annotated_modules() -> list[str]:
    """Every module but packages' own, the numba kernels, which must stay plain functions to compile, and the views.

    Views are handed whatever a cell holds, such as numpy's numbers for floats; shapes are checked where maps are made.
    Found as files: importing the packages to walk them would load most modules before they are hooked.
    """
    root = Path(monotakd.__file__).parent
    files = [path.relative_to(root.parent).with_suffix("") for path in root.rglob("*.py")]
    names = (".".join(file.parts) for file in files if not file.stem.endswith(("_kernels", "__main__", "__init__")))
    return [name for name in names if not name.startswith("monotakd.viz.")]


install_import_hook(_annotated_modules(), "beartype.beartype")


@pytest.fixture
def unchecked_shapes(monkeypatch):
    """Shape checks off, as users have them, so that the package's own messages can be seen."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


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
