"""Where every lesson starts: seeds, the data, and frames by number."""

from __future__ import annotations

import os
import random
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from monotakd import __version__
from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError
from monotakd.lesson import progress
from monotakd.paths import tiny_set, toy_set

if TYPE_CHECKING:
    from monotakd.scene import Frame


def setup(*, stage: bool = False, seed: int = 0, record_as: str | None = None) -> None:
    """First cell of every notebook: seeds Python and torch, finds the data, says where it is in one line.

    For numpy make your own ``np.random.default_rng(seed)``.

    Args:
        stage: for a lecture hall: larger type in all pictures, thicker boxes, two pictures at most in an explorer.
        seed: for ``random`` and ``torch``.
        record_as: name of the lesson whose passed checks are kept; exercise copies say it, see `copies`.

    Raises:
        DataError: there is no data to read.
    """
    import torch

    from monotakd.viz import style

    os.environ.setdefault("OPEN3D_DISABLE_WEB_VISUALIZER", "true")  # it would start a server and write into the cell
    random.seed(seed)
    torch.manual_seed(seed)
    style.set_stage(stage)
    progress.record_as(record_as)
    ids = frame_ids()
    print(f"monotakd {__version__} | {len(ids)} frames in {_short(tiny_set())} | seed {seed}")


def _short(path: Path) -> str:
    """Relative to the checkout where it lies in there, so that no output holds the reader's home folder."""
    try:
        return path.resolve().relative_to(CHECKOUT).as_posix()
    except ValueError:
        return str(path)


def frame_ids() -> tuple[str, ...]:
    """Names of the frames that are there, in order."""
    return tuple(sorted(path.stem for path in (tiny_set() / "training" / "calib").glob("*.txt")))


def frame(frame_id: str | int = 0, *, depth: Literal["file", "sparse", "completed"] | None = None) -> Frame:
    """One frame of the tiny street set, with its points and labels.

    Args:
        frame_id: its name such as ``"000003"``, or its number.
        depth: ``"file"`` adds the stored depth map, ``"sparse"`` the projected sweep, ``"completed"`` a filled one.

    Raises:
        DataError: no such frame, or its files are damaged.
    """
    name = f"{frame_id:06d}" if isinstance(frame_id, int) else frame_id
    known = frame_ids()
    if name not in known:
        shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
        raise DataError(str(tiny_set()), f"no frame {name}", f"one of {shown}")
    return _read(tiny_set().resolve(), name, depth)


@lru_cache(maxsize=40)
def _read(root: Path, name: str, depth: str | None) -> Frame:
    from monotakd.datasets.kitti.reader import KittiRoot

    return KittiRoot(root).frame(name, depth=depth)


def tiny_frames() -> list[Frame]:
    """All frames of the tiny street set."""
    return [frame(name) for name in frame_ids()]


def toy_frame(frame_id: str | int = 0, *, depth: Literal["sparse", "completed"] | None = None) -> Frame:
    """One 320x96 frame of the toy street set, what the stored models are made for, with its points and labels.

    Args:
        frame_id: its name such as ``"000003"``, or its number.
        depth: ``"sparse"`` adds the projected sweep as a depth map, ``"completed"`` a filled one.

    Raises:
        DataError: no such frame, or its files are damaged.
    """
    name = f"{frame_id:06d}" if isinstance(frame_id, int) else frame_id
    return _read(toy_set().resolve(), name, depth)


def toy_frames(*, depth: Literal["sparse", "completed"] | None = None, split: str = "val") -> list[Frame]:
    """The frames of one split of the toy street set: ``"train"`` (4), ``"val"`` (8) or ``"trainval"``.

    Args:
        depth: as for `toy_frame`.
        split: its name.
    """
    from monotakd.datasets.kitti.reader import KittiRoot

    return [toy_frame(name, depth=depth) for name in KittiRoot(toy_set()).split(split).ids]
