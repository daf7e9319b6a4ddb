"""``monotakd doctor``: what works here, line by line, and how to mend what does not."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from monotakd import bootstrap, paths
from monotakd.errors import DataError

SPCONV_TOLERANCE = 1e-4
DISK_NEEDED_GB = 2.0


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        name: what was looked at.
        ok: whether it works.
        detail: what was found.
        fix: what to do where it does not work; empty otherwise.
        required: a failure here makes the exit status 1; else the project works without it.
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""
    required: bool = True

    def __str__(self) -> str:
        state = "OK  " if self.ok else ("FAIL" if self.required else "none")
        line = f"{state} {self.name}: {self.detail}"
        return line if self.ok or not self.fix else f"{line}\n     -> {self.fix}"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _python() -> Finding:
    found = platform.python_version()
    ok = sys.version_info[:2] in bootstrap.SUPPORTED
    return Finding("python", ok, f"{found} at {sys.executable}", "" if ok else "use Python 3.11 or 3.12")


def _torch() -> Finding:
    try:
        import torch
    except ImportError as error:
        return Finding("torch", False, str(error), "make setup")
    if torch.cuda.is_available():
        device = f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}"
    else:
        build = "CPU build" if torch.version.cuda is None else f"CUDA {torch.version.cuda} build, no GPU found"
        device = f"{build}, {torch.get_num_threads()} threads"
    return Finding("torch", True, f"{torch.__version__}, {device}")


def _spconv() -> Finding:
    builds = {name: _version(name) for name in ("spconv", "spconv-cu118", "spconv-cu120", "spconv-cu126")}
    builds = {name: version for name, version in builds.items() if version}
    if len(builds) > 1:
        return Finding(
            "spconv",
            False,
            f"several builds share one module: {', '.join(builds)}",
            f"pip uninstall {' '.join(builds)}, then install one",
        )
    if not builds:
        detail = "not installed; the plain-torch sparse convolution stands in"
        return Finding("spconv", False, detail, "on Linux x86-64: pip install -c constraints.txt spconv", False)
    import torch

    from monotakd.models.sparse import CUDA_BUILD
    from monotakd.models.spconv_cpu import spconv_knows_cuda, tiny_backward_error

    (name, version), *_ = builds.items()
    kind = "CPU build" if name == "spconv" else "CUDA build"
    try:
        error = tiny_backward_error()
    except (RuntimeError, AttributeError, AssertionError, ImportError) as failure:
        detail = f"{name} {version} ({kind}) fails: {failure}"
        return Finding("spconv", False, detail, f"pip uninstall {name}: the plain-torch stand-in takes over")
    if torch.cuda.is_available() and not spconv_knows_cuda():
        detail = f"{name} {version} ({kind}) cannot compute on the GPU; the plain-torch stand-in does, slower"
        return Finding("spconv", False, detail, CUDA_BUILD, False)
    ok = error < SPCONV_TOLERANCE
    detail = f"{name} {version} ({kind}), forward and backward within {error:.1e} of dense"
    return Finding("spconv", ok, detail, "" if ok else f"pip uninstall {name}: the plain-torch stand-in takes over")


def _open3d() -> Finding:
    version = _version("open3d")
    if version is None:
        detail = "not installed; everything works but generating new streets"
        return Finding("open3d", False, detail, "pip install -c constraints.txt open3d", required=False)
    try:
        importlib.import_module("open3d")
    except (ImportError, OSError) as error:
        missing = bootstrap.missing_system_libraries()
        fix = f"sudo apt-get install {' '.join(missing)}" if missing else "pip install --force-reinstall open3d"
        return Finding("open3d", False, f"{version} does not import ({error})", fix)
    return Finding("open3d", True, f"{version}, imports with its system libraries")


def _package(name: str) -> Callable[[], Finding]:
    def look() -> Finding:
        version = _version(name)
        return Finding(name, version is not None, version or "not installed", "" if version else "make setup")

    return look


def _root(name: str, find: Callable[[], Path | None], fix: str) -> Finding | None:
    try:
        root = find()
    except DataError as error:
        return Finding(name, False, str(error), fix)
    if root is None:
        return None
    frames = len(list((root / "training" / "image_2").glob("*.png")))
    return Finding(name, frames > 0, f"{root}: {frames} frames", "" if frames else fix)


def _data() -> Iterator[Finding]:
    layout = "see data/README.md for the layout"
    for name, find in (("data (tiny streets)", paths.tiny_set), (f"data ({paths.KITTI_VARIABLE})", paths.kitti_root)):
        finding = _root(name, find, layout)
        if finding is not None:
            yield finding


def _disk() -> Finding:
    free = shutil.disk_usage(bootstrap.CHECKOUT).free / 1e9
    ok = free >= DISK_NEEDED_GB
    fix = "" if ok else f"free at least {DISK_NEEDED_GB:.0f} GB where the checkout lies"
    return Finding("disk", ok, f"{free:.1f} GB free", fix)


def examine() -> list[Finding]:
    """Looks at everything the project needs, without changing anything."""
    single = [_python, _torch, _spconv, _open3d, *map(_package, ("jupyterlab", "ipywidgets", "anywidget", "plotly"))]
    return [look() for look in single] + list(_data()) + [_disk()]


def as_json(findings: list[Finding]) -> dict:
    """The report as plain data: ``{"ok": bool, "findings": [...]}``."""
    return {"ok": healthy(findings), "findings": [asdict(f) for f in findings]}


def healthy(findings: list[Finding]) -> bool:
    """Whether nothing that is required failed."""
    return all(f.ok or not f.required for f in findings)
