"""Every explorer has a folder of its own and builds on what all share; its scripts are shipped."""

import ast
import tomllib
from itertools import chain
from pathlib import Path

from monotakd.bootstrap import CHECKOUT
from monotakd.viz import explorers

HOME = Path(explorers.__file__).parent
BUILDS_ON = {"shared": set(), "residual": {"shared", "feature_gap"}}
"""By folder; every other builds on what is shared, and on nothing else."""


def imported(folder: Path) -> set[str]:
    """Folders of explorers, and ``__init__`` for their common package, that the modules of one import."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py"))
    nodes = (node for node in chain.from_iterable(map(ast.walk, trees)) if isinstance(node, ast.ImportFrom))
    prefix = explorers.__name__
    names = [node.module for node in nodes if node.module == prefix or node.module.startswith(f"{prefix}.")]
    return {name.removeprefix(prefix).lstrip(".").partition(".")[0] or "__init__" for name in names}


def test_imports_of_explorers_point_one_way():
    folders = [path.parent for path in HOME.glob("*/__init__.py")]
    found = {folder.name: imported(folder) - {folder.name} for folder in folders}
    assert found["residual"] == BUILDS_ON["residual"]  # what is looked for can be found
    allowed = {folder.name: BUILDS_ON.get(folder.name, {"shared"}) for folder in folders}
    assert {name: used - allowed[name] for name, used in found.items() if used - allowed[name]} == {}


def test_every_script_is_shipped():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    package = CHECKOUT / "monotakd"
    shipped = chain.from_iterable(package.glob(p) for p in project["tool"]["setuptools"]["package-data"]["monotakd"])
    assert set(HOME.rglob("*.js")) - set(shipped) == set()


def test_every_script_is_used():
    classes = [value for value in vars(explorers).values() if isinstance(value, type)]
    named = {HOME / script for cls in classes for script in getattr(cls, "scripts", ())}
    assert named | set((HOME / "shared").glob("*.js")) == set(HOME.rglob("*.js"))
