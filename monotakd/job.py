"""What ``make run`` does: a first picture at once, then the whole job at the size of a quarter of an hour."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from monotakd import paths
from monotakd.errors import DataError


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


def can_make_streets() -> bool:
    """Whether open3d, which casts the rays, works here; says so if not."""
    from monotakd.datasets.street.raycast import load_open3d

    try:
        load_open3d()
    except DataError as error:
        _say(f"no new streets ({error}). The job runs on the twelve shipped ones: enough to see it work, not to learn.")
        return False
    return True


def main_job(out: Path, *, preset: str, workers: int) -> int:
    """Does everything and says where to look. What is there already is not made again.

    Args:
        out: everything is written below it.
        preset: size of the job, see `pipeline.presets`.
        workers: cores.

    Returns:
        0; a step that fails ends the process with its message.
    """
    from monotakd.engine.progress import duration
    from monotakd.pipeline.presets import preset_named
    from monotakd.pipeline.reproduce import default_jobs, reproduce
    from monotakd.pipeline.runner import StageFailedError

    started = time.monotonic()
    sizes, out = preset_named(preset), out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    picture = first_picture(out)
    _say(f"first picture after {time.monotonic() - started:.0f} s: {picture}")
    data = None if can_make_streets() else paths.toy_set()
    jobs = default_jobs(workers)
    if jobs == 2:
        jobs = 3  # Three students share two cores to the end, instead of the third having one while the other idles.
    try:
        report = reproduce(sizes, out / sizes.name, data=data, workers=workers, jobs=jobs)
    except StageFailedError as error:
        sys.exit(f"[run] {error}")
    _say(f"done in {duration(time.monotonic() - started)}. Look at:")
    for shown in (report, report.with_name("table.md"), report.with_name("feature_gap.png"), picture):
        print(f"      {shown}")
    print("      interactive: make lab   (or: python -m monotakd lab)", flush=True)
    return 0
