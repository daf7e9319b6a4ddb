"""Sets the project up on a machine that has only Python and git. Standard library only.

``python -m monotakd run`` (or ``make run``) starts here: where the running interpreter lacks the project's
dependencies, a virtual environment ``.venv`` is made in the checkout, filled with the pinned versions of
``constraints.txt``, and the command is started again inside it.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from monotakd import chromium

CHECKOUT = Path(__file__).resolve().parents[1]
SUPPORTED = ((3, 11), (3, 12))
# What open3d needs from the system on Linux: library as the linker knows it -> Debian package, conda package.
SYSTEM_LIBRARIES = {
    "usb-1.0": ("libusb-1.0-0", "libusb"),
    "GL": ("libgl1", "libgl"),
    "gomp": ("libgomp1", "libgomp"),
}
_IMPORTED_AT_RUN_TIME = ("torch", "numpy", "numba", "matplotlib", "plotly", "ipywidgets", "anywidget", "jupyterlab")
_IMPORTED_IN_TESTS = (
    "pytest",
    "xdist",
    "hypothesis",
    "beartype",
    "scipy",
    "shapely",
    "yaml",
    "playwright",
    "pdoc",
    "latex2mathml",
)
_IMPORTED_BY_EVERY_COMMAND = ("tyro", "torch", "numpy")


class SetupError(RuntimeError):
    """Setting up cannot go on; the message says what to do."""


def _venv_python(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _supported(python: str) -> bool:
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        found = subprocess.run([python, "-c", probe], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return False
    return found.stdout.strip() in {f"{major}.{minor}" for major, minor in SUPPORTED}


def find_python() -> str:
    """The interpreter to build the environment from: the running one if supported, else one on PATH.

    Raises:
        SetupError: there is no Python 3.11 or 3.12.
    """
    for candidate in (sys.executable, "python3.11", "python3.12", "python3", "python"):
        if candidate and _supported(candidate):
            return candidate
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise SetupError(
        f"monotakd needs Python 3.11 or 3.12; this is {running} and no other was found on PATH. "
        "Install one (Debian and Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install python@3.12; "
        "or conda env create -f environment.yml)."
    )


def missing_system_libraries() -> list[str]:
    """Debian packages that open3d needs and that neither the linker nor conda has; empty outside Linux."""
    if sys.platform != "linux":
        return []
    conda = Path(sys.prefix) / "lib"
    return [
        debian
        for library, (debian, _) in SYSTEM_LIBRARIES.items()
        if ctypes.util.find_library(library) is None and not list(conda.glob(f"lib{library}.so*"))
    ]


def _apt_install(packages: list[str]) -> None:
    """Installs Debian packages as root or with password-less sudo; does nothing where neither is allowed."""
    apt = shutil.which("apt-get")
    command = None
    if apt and os.geteuid() == 0:
        command = [apt]
    elif apt and shutil.which("sudo"):
        allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
        command = ["sudo", "-n", apt] if allowed else None
    if command is None:
        return
    print(f"[setup] installing system packages: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*command, "update", "-qq"], env=environment, check=False)
    install = [*command, "install", "-y", "-qq", "--no-install-recommends", *packages]
    subprocess.run(install, env=environment, check=False)


def install_system_libraries() -> None:
    """Installs open3d's system libraries where that is allowed, else says what to install. Never fails."""
    missing = missing_system_libraries()
    if not missing:
        return
    _apt_install(missing)
    missing = missing_system_libraries()
    if missing:
        print(
            f"[setup] open3d (needed only to generate streets) lacks system libraries. Install them with:\n"
            f"        sudo apt-get install {' '.join(missing)}\n"
            f"        (other systems: the packages that hold {', '.join('lib' + n for n in SYSTEM_LIBRARIES)})",
            flush=True,
        )


def install_browser() -> None:
    """Installs Chromium for the browser tests where that is allowed, else says what to install. Never fails."""
    if chromium.program() is not None:
        return
    if sys.platform == "linux":
        _apt_install([chromium.DEBIAN_PACKAGE])
    if chromium.program() is None:
        print(
            f"[setup] there is no Chromium: browser tests will be skipped, or fail where CI=true. Install it with:\n"
            f"        sudo apt-get install {chromium.DEBIAN_PACKAGE}   (macOS: brew install --cask chromium)",
            flush=True,
        )


def _fingerprint(python: str) -> str:
    digest = hashlib.sha256(python.encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((CHECKOUT / name).read_bytes())
    return digest.hexdigest()


def _run(command: list[str], failure: str) -> None:
    if subprocess.run(command, cwd=CHECKOUT, check=False).returncode != 0:
        raise SetupError(failure)


def _make_venv(python: str, venv: Path) -> None:
    if subprocess.run([python, "-m", "venv", "--clear", str(venv)], check=False).returncode == 0:
        return
    package = "python3-venv"
    _apt_install([package])
    _run(
        [python, "-m", "venv", "--clear", str(venv)],
        f"{python} could not make a virtual environment; install its venv module (Debian: apt install {package})",
    )


def _torch_pin() -> str:
    for line in (CHECKOUT / "constraints.txt").read_text().splitlines():
        if line.startswith("torch=="):
            return line.strip()
    raise SetupError("constraints.txt pins no torch version")


def write_jupyter_settings(venv: Path) -> None:
    """Keeps JupyterLab from opening dialogs: no 'Build Recommended' (open3d's dash causes it), no news."""
    files = {
        "etc/jupyter/labconfig/page_config.json": {"buildCheck": False, "buildAvailable": False},
        "share/jupyter/lab/settings/overrides.json": {
            "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
        },
    }
    for name, content in files.items():
        path = venv / name
        path.parent.mkdir(parents=True, exist_ok=True)
        known = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**known, **content}, indent=2) + "\n")


def setup(*, force: bool = False) -> Path:
    """Makes ``.venv`` with the pinned versions, or finds it up to date.

    ``TORCH_INDEX_URL`` in the environment names the wheel index torch is taken from, for those who want
    PyTorch's CPU or another CUDA build instead of pip's default one.

    Returns:
        The environment's Python.

    Raises:
        SetupError: with the step that failed and what to do.
    """
    install_system_libraries()
    venv = CHECKOUT / ".venv"
    stamp = venv / "monotakd-setup.txt"
    python = find_python()
    inside = _venv_python(venv)
    # Run from inside the environment itself, its Python must not be replaced under our feet.
    made_from = stamp.read_text().splitlines() if stamp.exists() else ["", ""]
    fingerprint = _fingerprint(str(venv))
    if not force and inside.exists() and made_from[0] == fingerprint:
        return inside
    started = time.monotonic()
    print(f"[setup] making {venv} with {python}; downloads about 1 GB (torch's CUDA build: several)", flush=True)
    if not inside.exists() or not _supported(str(inside)):
        _make_venv(python, venv)
    pip = [str(inside), "-m", "pip", "install", "--disable-pip-version-check"]
    if not sys.stdout.isatty():
        pip += ["-q", "--progress-bar", "off"]
    failed = "installing failed at the step above; mend what pip names and run the same command again: it goes on"
    if index := os.environ.get("TORCH_INDEX_URL"):
        _run([*pip, _torch_pin(), "--index-url", index], failed)
    else:
        # By itself first: with the pinned torch in place nothing else can pull in another build.
        _run([*pip, _torch_pin()], failed)
    _run([*pip, "-c", "constraints.txt", "-e", ".[dev]"], failed)
    write_jupyter_settings(venv)
    stamp.write_text(f"{fingerprint}\nmade in {time.monotonic() - started:.0f} s\n")
    print(f"[setup] ready after {time.monotonic() - started:.0f} s: {inside}", flush=True)
    return inside


def lacking(*, testing: bool = False) -> list[str]:
    """Modules that the running interpreter cannot import and a command needs."""
    needed = _IMPORTED_AT_RUN_TIME + (_IMPORTED_IN_TESTS if testing else ())
    return [name for name in needed if importlib.util.find_spec(name) is None]


def continue_in_environment(arguments: list[str]) -> None:
    """Starts ``python -m monotakd`` again inside ``.venv``; returns only if this interpreter will do.

    An environment of the user's own (conda, a container) is used as it is when it lacks nothing.
    """
    testing = arguments[:1] in (["test"], ["browser"], ["site"])
    if arguments[:1] in (["test"], ["browser"]):
        install_browser()
    in_venv = Path(sys.prefix).resolve() == (CHECKOUT / ".venv").resolve()
    if not in_venv and not lacking(testing=testing):
        install_system_libraries()
        return
    python = setup()
    if in_venv and not lacking(testing=testing):
        return
    command = [str(python), "-m", "monotakd", *arguments]
    sys.exit(subprocess.run(command, cwd=CHECKOUT, check=False).returncode)


def continue_where_it_is_made(arguments: list[str]) -> None:
    """Starts a command that sets nothing up again inside ``.venv``, where this interpreter cannot run it.

    Raises:
        SetupError: there is no ``.venv`` yet.
    """
    if all(importlib.util.find_spec(name) for name in _IMPORTED_BY_EVERY_COMMAND):
        return
    python = _venv_python(CHECKOUT / ".venv")
    if not python.exists():
        raise SetupError(
            f"{sys.executable} lacks what the command needs, and the project's own environment is not made yet: "
            "`make setup` or `python3.11 -m monotakd setup` makes it in two minutes. An environment of your own "
            "(conda) has to be activated first."
        )
    sys.exit(subprocess.run([str(python), "-m", "monotakd", *arguments], check=False).returncode)
