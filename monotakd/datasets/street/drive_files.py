"""Writes one drive in the layout of KITTI raw: images, sweeps, oxts, time stamps and tracklets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from jaxtyping import Float

from monotakd.datasets.kitti.files import write_text
from monotakd.datasets.kitti.images import write_image
from monotakd.datasets.kitti.points import write_points
from monotakd.datasets.kitti_raw.layout import IMAGES, OXTS, POINTS, SUFFIX, TIMESTAMPS, TRACKLETS, raw_id
from monotakd.datasets.kitti_raw.oxts import OxtsPacket, mercator_from_imu, packet_from_pose, write_oxts
from monotakd.datasets.kitti_raw.tracklets import IN_IMAGE, LABELLED, TRUNCATED, Tracklet, write_tracklets
from monotakd.datasets.street.camera import world_from_lidar
from monotakd.datasets.street.drive import PERIOD
from monotakd.datasets.street.render import Rendered, render
from monotakd.datasets.street.world import Rig, StreetScene

LIDAR_FROM_IMU = np.hstack([np.eye(3), [[-0.81], [0.32], [-0.80]]])
"""(3, 4) where the inertial unit sits; KITTI's place, without its tilt of a degree."""
_ORIGIN = OxtsPacket(lat=49.0, lon=8.4, alt=110.0, roll=0.0, pitch=0.0, yaw=0.0)
_GRAVITY = 9.81
_NOON = datetime(2026, 1, 1, 12)


def write_drive(folder: Path, scenes: Sequence[StreetScene], *, labelled: bool) -> None:
    """Renders and writes a drive; ``image_02/timestamps.txt`` comes last and says that all is there.

    Args:
        folder: of the drive.
        scenes: its moments.
        labelled: write ``tracklet_labels.xml``.
    """
    rendered = []
    for number, (scene, packet) in enumerate(zip(scenes, packets(scenes), strict=True)):
        drawn = render(scene, frame_id=raw_id(folder.name, number), threads=1)
        for part, write, value in (
            (IMAGES, write_image, drawn.frame.image),
            (POINTS, write_points, drawn.frame.points),
            (OXTS, write_oxts, packet),
        ):
            write(folder / part / "data" / f"{number:010d}{SUFFIX[part]}", value)
        rendered.append(drawn)
    if labelled:
        write_tracklets(folder / TRACKLETS, tracklets(rendered))
    moments = [_NOON + timedelta(seconds=PERIOD * number) for number in range(len(scenes))]
    half = timedelta(seconds=PERIOD / 2)
    for part, name, shift in (
        (OXTS, TIMESTAMPS, 0), (POINTS, "timestamps_start.txt", -1), (POINTS, "timestamps_end.txt", 1),
        (POINTS, TIMESTAMPS, 0), (IMAGES, TIMESTAMPS, 0),
    ):  # fmt: skip
        # KITTI writes nanoseconds.
        lines = [f"{moment + shift * half:%Y-%m-%d %H:%M:%S.%f}000\n" for moment in moments]
        write_text(folder / part / name, "".join(lines))


def tracklets(rendered: Sequence[Rendered]) -> list[Tracklet]:
    """The labelled objects of a drive; one that is lost from sight and seen again becomes two tracklets."""
    seen: dict[int, list[tuple[int, int]]] = {}
    for number, drawn in enumerate(rendered):
        for row, actor in enumerate(drawn.actors):
            seen.setdefault(actor, []).append((number, row))
    return [_tracklet(rendered, run) for actor in sorted(seen) for run in _runs(seen[actor])]


def _runs(seen: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Cuts where a frame is missing."""
    cuts = [i for i in range(1, len(seen)) if seen[i][0] != seen[i - 1][0] + 1]
    for start, stop in zip([0, *cuts], [*cuts, len(seen)], strict=True):
        yield seen[start:stop]


def _tracklet(rendered: Sequence[Rendered], run: list[tuple[int, int]]) -> Tracklet:
    labels = [(rendered[number].frame.annotations, row) for number, row in run]
    boxes = np.array([annotations.boxes.values[row] for annotations, row in labels])
    first, row = labels[0]
    return Tracklet(
        name=first.boxes.names[row],
        size=boxes[0, 3:6],
        first_frame=run[0][0],
        positions=boxes[:, :3] - boxes[:, 5:6] * (0.0, 0.0, 0.5),
        yaws=boxes[:, 6],
        states=np.full(len(run), LABELLED),
        # Our level 3, hardly visible, has no other word than fully occluded in tracklets.
        occlusions=np.array([min(int(annotations.occluded[row]), 2) for annotations, row in labels]),
        truncations=np.array(
            [TRUNCATED if annotations.truncated[row] > 0 else IN_IMAGE for annotations, row in labels]
        ),
    )


def packets(scenes: Sequence[StreetScene]) -> list[OxtsPacket]:
    """What the inertial unit says at each moment; the world's x axis points east."""
    origin = mercator_from_imu(_ORIGIN, _ORIGIN.lat)
    lidar_from_imu = np.vstack([LIDAR_FROM_IMU, [0, 0, 0, 1]])
    rigs = [scene.rig for scene in scenes]
    return [
        packet_from_pose(origin @ world_from_lidar(rig) @ lidar_from_imu, _ORIGIN.lat, **_motion(rigs, moment))
        for moment, rig in enumerate(rigs)
    ]


def _motion(rigs: Sequence[Rig], moment: int) -> dict[str, float]:
    """Velocities and rates from one moment to the next; the last moment repeats those before."""
    if len(rigs) < 2:
        return {"az": _GRAVITY, "au": _GRAVITY}
    moment = min(moment, len(rigs) - 2)
    here, there = rigs[moment], rigs[moment + 1]
    east, north, up = (_place(there) - _place(here)) / PERIOD
    cos, sin, turn = np.cos(here.yaw), np.sin(here.yaw), (there.yaw - here.yaw) / PERIOD
    forward, left = east * cos + north * sin, north * cos - east * sin
    values = {"vn": north, "ve": east, "vf": forward, "vl": left, "vu": up, "wz": turn, "wu": turn}
    values |= {"ay": forward * turn, "al": forward * turn, "az": _GRAVITY, "au": _GRAVITY}
    return {name: float(value) for name, value in values.items()}


def _place(rig: Rig) -> Float[np.ndarray, " 3"]:
    return np.array([rig.x, rig.y, rig.height])
