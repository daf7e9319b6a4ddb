"""Commands on data: check a root, synthesize streets, compare label statistics with KITTI's."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import tyro

from monotakd.commands.options import AsJson, JsonOut, PresentOnly, every_core, require_at_least
from monotakd.datasets.street.settings import STREETS, StreetKind
from monotakd.errors import DataError


def check(
    root: tyro.conf.Positional[Path],
    present_only: PresentOnly = False,
    as_json: AsJson = False,
    workers: int = 0,
) -> int:
    """Validate a KITTI-layout folder frame by frame. Exit status 1 when there are problems.

    Args:
        root: The folder with training/ and ImageSets/, or one of KITTI raw with days such as 2011_09_26/.
        workers: Threads to check with; 0 takes every core.
    """
    from monotakd.datasets.kitti.check import check_root
    from monotakd.datasets.kitti_raw.check import check_raw_root
    from monotakd.datasets.kitti_raw.layout import looks_raw

    examine = check_raw_root if looks_raw(root) else check_root
    report = examine(root, present_only=present_only, workers=workers or every_core(), progress=not as_json)
    print(json.dumps(report.to_json(), indent=2) if as_json else report)
    return 0 if report.ok else 1


def synthesize(
    out: Path,
    train: int = 200,
    val: int = 50,
    test: int = 0,
    unlabelled: int = 0,
    width: int = 1242,
    street: StreetKind = "default",
    seed: int = 0,
    workers: int = 0,
    layout: Literal["object", "raw"] = "object",
    drives: int = 4,
    frames: int = 20,
) -> int:
    """Generate streets, written as a KITTI root that any KITTI tool can read. Resumes where it was stopped.

    Args:
        out: Folder to write.
        train: Labelled training frames.
        val: Validation frames, from other seeds.
        test: Test frames, from other seeds again; labelled, since we report on them.
        unlabelled: Frames without label files, listed in ImageSets/unlabelled.txt; with --layout raw the number of
            drives without tracklets.
        width: Image width in pixels; the height follows KITTI's 1242x375.
        street: Kind of streets: default (relief, a moving rig, KITTI's camera), flat (neither relief nor motion: the
            image row gives depth away), hilly (twice of both), cameras (another focal length in every frame; not for
            drives).
        seed: Same seed, same bytes, whatever the number of workers.
        workers: Processes to generate with; 0 takes every core.
        layout: object for single frames, raw for drives as in KITTI raw, in which the ego vehicle and others move.
        drives: With --layout raw: drives with tracklets (train, val and test do not count there).
        frames: With --layout raw: moments of each drive, ten a second.
    """
    from monotakd.datasets.street.generate import synthesize
    from monotakd.datasets.street.generate_drives import synthesize_drives

    require_at_least(0, train=train, val=val, test=test, unlabelled=unlabelled, seed=seed, workers=workers)
    require_at_least(32, width=width)
    common = {"unlabelled": unlabelled, "width": width, "settings": STREETS[street], "seed": seed}
    common["workers"] = workers or every_core()
    if layout == "raw":
        if STREETS[street].varied_focal:
            raise DataError("--street", street, "another kind for --layout raw, whose drives share one calibration")
        require_at_least(0, drives=drives)
        require_at_least(1, frames=frames, **{"drives + unlabelled": drives + unlabelled})
        synthesize_drives(out, drives=drives, frames=frames, **common)
    else:
        require_at_least(1, **{"train + val + test + unlabelled": train + val + test + unlabelled})
        synthesize(out, train=train, val=val, test=test, **common)
    return 0


def statistics(
    root: tyro.conf.Positional[Path],
    split: str = "",
    present_only: PresentOnly = False,
    json_out: JsonOut = None,
) -> int:
    """Print a root's label statistics beside real KITTI's.

    Args:
        root: The folder with training/ and ImageSets/.
        split: Name of a split, such as val; every frame with labels when empty.
        json_out: Write the statistics here as JSON.
    """
    from monotakd.datasets.kitti.reader import KittiRoot
    from monotakd.datasets.street.statistics import comparison, label_statistics

    kitti = KittiRoot(root)
    ids = kitti.split(split, present_only=present_only).ids if split else kitti.present_ids()
    labels = [kitti.labels(i) for i in ids]
    width = kitti.image_size(ids[0])[1]
    statistics = label_statistics([rows for rows in labels if rows is not None], width)
    print(comparison(statistics))
    if json_out is not None:
        from monotakd.benchmarks.timing import commit
        from monotakd.datasets.kitti.files import read_json_object

        world = root / "world.json"
        record = {
            "command": f"monotakd data statistics ROOT{' --split ' + split if split else ''}",
            "commit": commit(),
            "world": read_json_object(world, "what a street world was made from") if world.exists() else None,
            "statistics": asdict(statistics),
        }
        json_out.write_text(json.dumps(record, indent=1) + "\n")
    return 0
