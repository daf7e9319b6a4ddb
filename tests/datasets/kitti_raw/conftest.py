"""Fixtures of the raw reader's tests; `raw_cases` beside this file makes the frames."""

from pathlib import Path

import pytest
from raw_cases import write_tiny_raw


@pytest.fixture
def raw_root(tmp_path) -> Path:
    """A fresh raw root of a labelled and an unlabelled drive, two frames each."""
    write_tiny_raw(tmp_path / "raw")
    return tmp_path / "raw"


@pytest.fixture(scope="session")
def real_raw(shared) -> Path:
    """The real fragments: drive 0005 (one frame with oxts) and 0052 (ten frames)."""
    return shared / "real" / "kitti_raw"
