"""The project's own files agree with each other."""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from importlib import metadata

import pytest
import yaml

from monotakd import __version__, bootstrap

ROOT = bootstrap.CHECKOUT


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    entries = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[^=\s]+", entry) for entry in entries), "only exact pins"
    return {name.lower().replace("_", "-"): version for name, version in (e.split("==") for e in entries)}


def _requirements(project: dict) -> list[str]:
    extras = project["project"]["optional-dependencies"]
    return project["project"]["dependencies"] + [r for group in extras.values() for r in group]


def test_every_dependency_is_pinned(project, pins):
    names = [re.match(r"[A-Za-z0-9._-]+", r).group().lower() for r in _requirements(project)]
    assert [n for n in names if n not in pins] == []


def test_pins_satisfy_the_ranges(project, pins):
    from packaging.requirements import Requirement

    for requirement in map(Requirement, _requirements(project)):
        assert requirement.specifier.contains(pins[requirement.name.lower()]), requirement


def test_every_pin_takes_the_pythons_that_the_project_takes(pins):
    """The first release of each: a system's own Python may be one of the earliest (Debian 12 has 3.11.2)."""
    from packaging.specifiers import SpecifierSet

    refused = {}
    for name in pins:
        try:
            wanted = SpecifierSet(metadata.metadata(name).get("Requires-Python") or "")
        except metadata.PackageNotFoundError:
            continue  # of another system
        if not all(version in wanted for version in ("3.11.0", "3.12.0")):
            refused[name] = str(wanted)
    assert not refused


def test_conda_environment_keeps_step(project):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert "python=3.11" in conda
    assert project["project"]["requires-python"] == ">=3.11,<3.13"
    assert {package for _, package in bootstrap.SYSTEM_LIBRARIES.values()} <= set(conda)
    assert pip["pip"] == ["-c constraints.txt", "-e .[dev]"], "the same pins and extras as `make setup`"
    assert "dev" in project["project"]["optional-dependencies"]


def test_versions_agree(project):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert project["project"]["version"] == __version__ == citation["version"]
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_installed_license_is_listed(project):
    listed = (ROOT / "THIRD_PARTY.md").read_text()
    for requirement in _requirements(project):
        name = re.match(r"[A-Za-z0-9._-]+", requirement).group()
        assert f"| {name} |" in listed, f"{name} is missing from THIRD_PARTY.md"


HIDE = """
import sys
from importlib.abc import MetaPathFinder

class Hide(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Hide())
"""


def test_package_imports_without_open3d_and_spconv():
    script = HIDE.format(hidden=("open3d", "spconv", "cumm")) + (
        "import importlib, pkgutil, monotakd\n"
        "for m in pkgutil.walk_packages(monotakd.__path__, 'monotakd.'):\n"
        "    if not m.name.endswith('__main__'): importlib.import_module(m.name)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["monotakd", "monotakd.cli", "monotakd.metrics", "monotakd.doctor"])
def test_light_modules_do_not_import_torch_or_open3d(module):
    script = f"import sys, {module}; print([m for m in ('torch', 'open3d', 'spconv') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("step", [("check",), ("format", "--check")], ids=lambda step: step[0])
def test_style(step):
    ran = subprocess.run([sys.executable, "-m", "ruff", *step, "."], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_test_modules_have_names_of_their_own():
    """Outside of packages pytest imports them by their bare names, so that one would hide the other."""
    tests = ROOT / "tests"
    bare = Counter(p.name for p in tests.rglob("test_*.py") if not (p.parent / "__init__.py").exists())
    assert [name for name, count in bare.items() if count > 1] == []
