"""Packets of the GPS and inertial unit: one line of 30 numbers a frame, and the vehicle's pose that they tell."""

from __future__ import annotations

import os
from dataclasses import astuple, dataclass, fields

import numpy as np
from jaxtyping import Float

from monotakd.datasets.kitti.files import read_text, write_text
from monotakd.datasets.kitti.matrices import finite_number
from monotakd.datasets.kitti_raw.layout import ORIGIN, OXTS
from monotakd.errors import DataError

EARTH_RADIUS = 6378137.0
_EXPECTED = "an oxts packet, one line of 30 numbers"


@dataclass(frozen=True)
class OxtsPacket:
    """One packet, in the order of the file.

    Attributes:
        lat, lon: degrees. alt: metres.
        roll, pitch, yaw: radians; left side up, front down and counter-clockwise from east are positive.
        vn, ve, vf, vl, vu: velocity to the north, east, front, left, up, m/s.
        ax, ay, az, af, al, au: acceleration in the vehicle's axes and in those parallel to the ground, m/s^2.
        wx, wy, wz, wf, wl, wu: angular rates, likewise, rad/s.
        pos_accuracy, vel_accuracy: metres and m/s.
        navstat, numsats, posmode, velmode, orimode: state of the receiver.
    """

    lat: float
    lon: float
    alt: float
    roll: float
    pitch: float
    yaw: float
    vn: float = 0.0
    ve: float = 0.0
    vf: float = 0.0
    vl: float = 0.0
    vu: float = 0.0
    ax: float = 0.0
    ay: float = 0.0
    az: float = 0.0
    af: float = 0.0
    al: float = 0.0
    au: float = 0.0
    wx: float = 0.0
    wy: float = 0.0
    wz: float = 0.0
    wf: float = 0.0
    wl: float = 0.0
    wu: float = 0.0
    pos_accuracy: float = 0.0
    vel_accuracy: float = 0.0
    navstat: float = 4.0
    numsats: float = 10.0
    posmode: float = 4.0
    velmode: float = 4.0
    orimode: float = 0.0


_NAMES = tuple(field.name for field in fields(OxtsPacket))
_WHOLE = 5  # the last columns are whole numbers


def read_oxts(path: str | os.PathLike[str]) -> OxtsPacket:
    """Reads a packet.

    Raises:
        DataError: the file is missing, has another number of values, or a value is not finite; names the column.
    """
    words = read_text(path, _EXPECTED, fix=ORIGIN[OXTS]).split()
    if len(words) != len(_NAMES):
        raise DataError(path, f"{len(words)} numbers", _EXPECTED, fix="The file is cut off.")
    values = []
    for column, (name, word) in enumerate(zip(_NAMES, words, strict=True), 1):
        value = finite_number(word)
        if value is None:
            raise DataError(path, f"{name} = {word[:40]!r}", "a finite number", place=f"column {column}")
        values.append(value)
    return OxtsPacket(*values)


def write_oxts(path: str | os.PathLike[str], packet: OxtsPacket) -> None:
    """Writes a packet; reading it back gives equal values."""
    values = astuple(packet)
    words = [repr(float(v)) for v in values[:-_WHOLE]] + [str(int(v)) for v in values[-_WHOLE:]]
    write_text(path, " ".join(words) + "\n")


def mercator_from_imu(packet: OxtsPacket, latitude: float) -> Float[np.ndarray, "4 4"]:
    """(4, 4) pose of the inertial unit: x east, y north, z up, metres.

    KITTI's own way: a Mercator map, true to scale at one latitude, with the heading about z, then pitch and roll.

    Args:
        packet: of the moment.
        latitude: degrees; where the map is true to scale, that of the drive's first packet.
    """
    scale = np.cos(np.radians(latitude)) * EARTH_RADIUS
    pose = np.eye(4)
    pose[:3, 3] = (
        scale * np.radians(packet.lon),
        scale * np.log(np.tan(np.pi / 4 + np.radians(packet.lat) / 2)),
        packet.alt,
    )
    (cr, sr), (cp, sp), (cy, sy) = ((np.cos(a), np.sin(a)) for a in (packet.roll, packet.pitch, packet.yaw))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    pose[:3, :3] = about_z @ about_y @ about_x
    return pose


def packet_from_pose(pose: Float[np.ndarray, "4 4"], latitude: float, **values: float) -> OxtsPacket:
    """The packet of a pose, the inverse of `mercator_from_imu`.

    Args:
        pose: (4, 4) as `mercator_from_imu` gives it.
        latitude: degrees; where the map is true to scale.
        values: of the other fields, such as ``vf``.
    """
    scale = np.cos(np.radians(latitude)) * EARTH_RADIUS
    east, north, up = pose[:3, 3]
    return OxtsPacket(
        lat=float(np.degrees(2 * np.arctan(np.exp(north / scale)) - np.pi / 2)),
        lon=float(np.degrees(east / scale)),
        alt=float(up),
        roll=float(np.arctan2(pose[2, 1], pose[2, 2])),
        pitch=float(-np.arcsin(pose[2, 0])),
        yaw=float(np.arctan2(pose[1, 0], pose[0, 0])),
        **values,
    )
