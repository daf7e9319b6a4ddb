"""``tracklet_labels.xml``: the labelled objects of a drive, each a box of fixed size that moves from frame to frame.

Positions are those of the middle of the bottom face, in the LiDAR frame of the moment, and headings are about +z: these
labels need no change of frame to become our boxes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Float, Int

from monotakd.datasets.kitti.files import read_text, write_text
from monotakd.datasets.kitti.matrices import finite_number
from monotakd.datasets.kitti_raw.layout import ORIGIN, TRACKLETS
from monotakd.errors import DataError

INTERPOLATED, LABELLED = 1, 2
"""States of a pose: between two labelled ones, or labelled by hand; 0 is no pose at all."""
IN_IMAGE, TRUNCATED, OUT_OF_IMAGE, BEHIND_IMAGE = range(4)
"""Where an object is seen by the camera; -1 or 99 where nobody said."""

_EXPECTED = "a tracklet file of KITTI raw"
_SPACED_NAMES = {"Person (sitting)": "Person_sitting"}
"""Names that the object set spells as one word."""
_TILT = 1e-3  # radians of rx and ry, which are 0 in KITTI


@dataclass(frozen=True, eq=False)
class Tracklet:
    """One object on its way through P frames.

    Attributes:
        name: class as in the object set, such as ``"Car"`` or ``"Person_sitting"``.
        size: (3,) length, width, height, metres.
        first_frame: number of the frame of the first pose; the others follow without a gap.
        positions: (P, 3) middle of the bottom face in the LiDAR frame, metres.
        yaws: (P,) headings about +z, radians, as in the file (not wrapped).
        states: (P,) 1 interpolated, 2 labelled by hand, 0 none.
        occlusions: (P,) 0 visible, 1 partly, 2 fully occluded, -1 not given.
        truncations: (P,) 0 in the image, 1 truncated, 2 out of the image, 3 behind it, -1 not given.
    """

    name: str
    size: Float[np.ndarray, " 3"]
    first_frame: int
    positions: Float[np.ndarray, "P 3"]
    yaws: Float[np.ndarray, " P"]
    states: Int[np.ndarray, " P"]
    occlusions: Int[np.ndarray, " P"]
    truncations: Int[np.ndarray, " P"]

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def frames(self) -> range:
        """Numbers of the frames with a pose."""
        return range(self.first_frame, self.first_frame + len(self))

    def box(self, frame: int) -> Float[np.ndarray, " 7"]:
        """(7,) x y z l w h yaw in the LiDAR frame of a frame, the centre in the middle and the yaw as in the file."""
        row = frame - self.first_frame
        centre = self.positions[row] + (0.0, 0.0, self.size[2] / 2)
        return np.concatenate([centre, self.size, self.yaws[row : row + 1]])


def read_tracklets(path: str | os.PathLike[str]) -> tuple[Tracklet, ...]:
    """Reads the objects of a drive.

    Raises:
        DataError: the file is missing, no XML or cut off, a count does not agree with what follows, a value is missing
            or no number, a size is not positive, or a box is tilted; names the tracklet and the pose.
    """
    text = read_text(path, _EXPECTED, fix=ORIGIN[TRACKLETS])
    if "<!ENTITY" in text:
        raise DataError(path, "an XML entity", "plain values", fix="Tracklet files of KITTI define none.")
    try:
        tree = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        line, column = error.position
        place = f"line {line}, column {column + 1}"
        raise DataError(path, f"broken XML ({error})", _EXPECTED, place=place, fix="The file is cut off.") from None
    top = tree.find("tracklets")
    if top is None:
        raise DataError(path, f"<{tree.tag}> without <tracklets>", _EXPECTED)
    items = _counted(top, path, "tracklets")
    return tuple(_tracklet(item, path, f"tracklet {number}") for number, item in enumerate(items))


def _counted(parent: ElementTree.Element, path, place: str) -> list[ElementTree.Element]:
    items = parent.findall("item")
    count = int(_number(parent, "count", path, place))
    if count != len(items):
        raise DataError(path, f"{len(items)} items", f"{count}, as <count> says", place=place)
    return items


def _tracklet(item: ElementTree.Element, path, place: str) -> Tracklet:
    name = (item.findtext("objectType") or "").strip()
    name = _SPACED_NAMES.get(name, name)
    if len(name.split()) != 1:
        raise DataError(path, f"objectType = {name!r}", "a class of one word, such as Car", place=place)
    size = np.array([_number(item, key, path, place) for key in "lwh"])
    if size.min() <= 0:
        raise DataError(path, f"{name} of {size.tolist()} m (l, w, h)", "a size above 0", place=place)
    poses = item.find("poses")
    if poses is None:
        raise DataError(path, "no <poses>", "one pose for each frame", place=place)
    rows = [
        [_number(pose, key, path, f"{place}, pose {number}") for key in _POSE]
        for number, pose in enumerate(_counted(poses, path, f"{place}, poses"))
    ]
    values = np.array(rows).reshape(len(rows), len(_POSE))
    tilted = np.flatnonzero(np.abs(values[:, 3:5]).max(axis=1, initial=0.0) > _TILT)
    if len(tilted):
        found = f"rx, ry = {values[tilted[0], 3:5].tolist()}"
        raise DataError(path, found, "0: boxes stand upright in KITTI", place=f"{place}, pose {tilted[0]}")
    states, occlusions, truncations = values[:, 6:].astype(np.int64).T
    first = int(_number(item, "first_frame", path, place))
    if first < 0:
        raise DataError(path, f"first_frame = {first}", "a frame of 0 or more", place=place)
    return Tracklet(
        name,
        size,
        first,
        values[:, :3],
        values[:, 5],
        states,
        np.where(np.isin(occlusions, (0, 1, 2)), occlusions, -1),
        np.where(np.isin(truncations, (0, 1, 2, 3)), truncations, -1),
    )


_POSE = ("tx", "ty", "tz", "rx", "ry", "rz", "state", "occlusion", "truncation")


def _number(element: ElementTree.Element, key: str, path, place: str) -> float:
    text = element.findtext(key)
    if text is None:
        raise DataError(path, f"no <{key}>", "a number", place=place)
    value = finite_number(text)
    if value is None:
        raise DataError(path, f"{key} = {text.strip()[:40]!r}", "a finite number", place=place)
    return value


def write_tracklets(path: str | os.PathLike[str], tracklets: Sequence[Tracklet]) -> None:
    """Writes the objects of a drive as KITTI's own tools do; reading them back gives equal values."""
    write_text(path, "\n".join(_lines(tracklets)) + "\n")


def _lines(tracklets: Sequence[Tracklet]) -> Iterable[str]:
    yield '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>'
    yield "<!DOCTYPE boost_serialization>"
    yield '<boost_serialization signature="serialization::archive" version="9">'
    yield '<tracklets class_id="0" tracking_level="0" version="0">'
    yield f"\t<count>{len(tracklets)}</count>\n\t<item_version>1</item_version>"
    for number, tracklet in enumerate(tracklets):
        # Boost describes a class where it first appears.
        first = number == 0
        yield '\t<item class_id="1" tracking_level="0" version="1">' if first else "\t<item>"
        spaced = {word: text for text, word in _SPACED_NAMES.items()}.get(tracklet.name, tracklet.name)
        length, width, height = map(float, tracklet.size)
        yield f"\t\t<objectType>{spaced}</objectType>"
        yield f"\t\t<h>{height!r}</h>\n\t\t<w>{width!r}</w>\n\t\t<l>{length!r}</l>"
        yield f"\t\t<first_frame>{tracklet.first_frame}</first_frame>"
        yield '\t\t<poses class_id="2" tracking_level="0" version="0">' if first else "\t\t<poses>"
        yield f"\t\t\t<count>{len(tracklet)}</count>\n\t\t\t<item_version>2</item_version>"
        for row in range(len(tracklet)):
            described = first and row == 0
            yield '\t\t\t<item class_id="3" tracking_level="0" version="2">' if described else "\t\t\t<item>"
            yield from (f"\t\t\t\t<{key}>{text}</{key}>" for key, text in _pose(tracklet, row).items())
            yield "\t\t\t</item>"
        yield "\t\t</poses>\n\t\t<finished>1</finished>\n\t</item>"
    yield "</tracklets>\n</boost_serialization>"


def _pose(tracklet: Tracklet, row: int) -> dict[str, str]:
    x, y, z = map(float, tracklet.positions[row])
    numbers = {"tx": repr(x), "ty": repr(y), "tz": repr(z), "rx": "0", "ry": "0", "rz": repr(float(tracklet.yaws[row]))}
    occluded, truncated = str(tracklet.occlusions[row]), str(tracklet.truncations[row])
    marks = {"state": str(tracklet.states[row]), "occlusion": occluded, "occlusion_kf": "1", "truncation": truncated}
    # What labellers said of visible shares and borders; -1 says that nobody did.
    unsaid = ("amt_occlusion", "amt_occlusion_kf", "amt_border_l", "amt_border_r", "amt_border_kf")
    return {**numbers, **marks, **dict.fromkeys(unsaid, "-1")}
