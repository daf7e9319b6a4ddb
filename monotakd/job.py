"""The main job of ``make run``: a first picture, a street world, its check, the first notebooks."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from monotakd import paths
from monotakd.errors import DataError

NOTEBOOKS = ("00", "01", "02")


def _say(message: str) -> None:
    print(f"[run] {message}", flush=True)


def first_picture(out: Path) -> Path:
    """Draws one shipped street in image, LiDAR, bird's eye and 3D.

    Returns:
        The PNG that was written.
    """
    from monotakd import viz
    from monotakd.datasets.kitti.reader import KittiRoot

    root = KittiRoot(paths.tiny_set())
    busiest = max(root.split("trainval").ids, key=lambda frame_id: len(root.labels(frame_id)))
    frame = root.frame(busiest)
    picture = out / "first_picture.png"
    viz.save(viz.draw_overview(frame), picture)
    return picture


def _world(root: Path, *, width: int, train: int, val: int, seed: int, workers: int) -> bool:
    """Generates and checks the world; False where open3d is missing and there is none yet."""
    from monotakd.datasets.kitti.check import check_root
    from monotakd.datasets.street.generate import synthesize

    try:
        synthesize(root, train=train, val=val, width=width, seed=seed, workers=workers)
    except DataError as error:
        if error.source != "open3d":
            raise
        _say(f"no new streets ({error}). The notebooks use the shipped ones.")
        return False
    report = check_root(root, workers=workers)
    if not report.ok:
        sys.exit(f"[run] the world just made does not pass its own check; please report this:\n{report}")
    _say(f"the world is sound: {train + val} frames checked, {root}")
    return True


def _world_pictures(root: Path, out: Path) -> Path:
    from monotakd import viz
    from monotakd.datasets.kitti.reader import KittiRoot

    world = KittiRoot(root)
    frames = [world.frame(i, points=False) for i in world.split("val").ids[:12]]
    sheet = out / "world_sheet.png"
    viz.save(viz.draw_sheet(frames), sheet)
    return sheet


def main_job(out: Path, *, width: int, train: int, val: int, seed: int, workers: int) -> int:
    """Does everything and says where to look. What is there already is not made again.

    Returns:
        0; a step that fails ends the process with its message.
    """
    from monotakd import notebooks

    started = time.monotonic()
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    picture = first_picture(out)
    _say(f"first picture after {time.monotonic() - started:.0f} s: {picture}")
    made = _world(out / "world", width=width, train=train, val=val, seed=seed, workers=workers)
    pictures = [picture] + ([_world_pictures(out / "world", out)] if made else [])
    pages = []
    for path in notebooks.find(NOTEBOOKS):
        begun = time.monotonic()
        pages.append(notebooks.export(notebooks.execute(path), out / path.stem))
        _say(f"{path.name} executed in {time.monotonic() - begun:.0f} s")
    _say(f"done in {time.monotonic() - started:.0f} s. Look at:")
    for shown in [*pictures, *pages]:
        print(f"      {shown}")
    print("      interactive: make lab   (or: python -m monotakd lab)", flush=True)
    return 0
