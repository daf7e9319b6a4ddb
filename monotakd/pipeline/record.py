"""What made a number, written down beside it."""

from __future__ import annotations

import platform
from datetime import UTC, datetime

import torch

from monotakd.benchmarks.timing import commit, hardware


def record_of(command: str) -> dict[str, str]:
    """Command, commit, hardware, versions and day."""
    return {
        "command": command,
        "commit": commit(),
        "hardware": hardware(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }
