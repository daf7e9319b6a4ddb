"""Fixtures of the data set tests; `tiny_kitti` beside this file makes the frames."""

from pathlib import Path

import pytest
from tiny_kitti import write_tiny_root


@pytest.fixture
def tiny_root(tmp_path) -> Path:
    """A fresh KITTI root of five labelled frames and one unlabelled."""
    write_tiny_root(tmp_path / "kitti", unlabelled=1)
    return tmp_path / "kitti"


@pytest.fixture(scope="session")
def real_kitti(shared) -> Path:
    """The 18 real frames."""
    return shared / "real" / "kitti"
