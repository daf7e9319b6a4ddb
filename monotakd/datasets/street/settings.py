"""What kind of streets to sample: image size, cameras, relief, traffic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from monotakd.errors import DataError

KITTI_WIDTH, KITTI_HEIGHT = 1242, 375


def image_height(width: int) -> int:
    """Rows that go with a width: KITTI's ratio, rounded to a multiple of 16 below full size.

    A multiple of 16 keeps feature maps whole; 1242 gives 375 and 320 gives 96.
    """
    if width == KITTI_WIDTH:
        return KITTI_HEIGHT
    return max(16, 16 * round(width * KITTI_HEIGHT / KITTI_WIDTH / 16))


@dataclass(frozen=True)
class StreetSettings:
    """Ranges that ``sample_scene`` draws from.

    Attributes:
        width: image width, pixels.
        varied_focal: draw the focal length of every frame from ``focal_range`` instead of using KITTI's.
        focal_range: lowest and highest focal length in units of the image width.
        relief: scale of hills, dips and cross-falls; 0 is a plane, 1 a hilly town.
        rig_motion: scale of the vehicle's pitch, roll and height; 0 holds the sensors still.
        traffic: scale of the number of road users; 1 matches KITTI's counts.
        camera_view_only: keep only the LiDAR points inside the image.
    """

    width: int = KITTI_WIDTH
    varied_focal: bool = False
    focal_range: tuple[float, float] = (0.45, 0.80)
    relief: float = 1.0
    rig_motion: float = 1.0
    traffic: float = 1.0
    camera_view_only: bool = False

    def __post_init__(self):
        if self.width < 64:
            raise ValueError(f"width is {self.width} pixels; a street needs at least 64 to show a car")
        low, high = self.focal_range
        if not 0.2 <= low <= high <= 3.0:
            raise ValueError(f"focal_range is {self.focal_range} image widths; expected 0.2 <= low <= high <= 3.0")
        for name in ("relief", "rig_motion", "traffic"):
            if not 0.0 <= getattr(self, name) <= 3.0:
                raise ValueError(f"{name} is {getattr(self, name)}; it is a scale, expected 0..3 (1 is normal)")

    @property
    def height(self) -> int:
        """Image height that goes with the width, pixels."""
        return image_height(self.width)

    @classmethod
    def default(cls, width: int = KITTI_WIDTH) -> StreetSettings:
        """KITTI's camera on streets with relief and a moving rig."""
        return cls(width=width)

    @classmethod
    def flat(cls, width: int = KITTI_WIDTH) -> StreetSettings:
        """Flat ground under a camera that never moves: a world in which the image row gives depth away."""
        return cls(width=width, relief=0.0, rig_motion=0.0)

    @classmethod
    def cameras(cls, width: int = KITTI_WIDTH, varied_focal: bool = True) -> StreetSettings:
        """A different focal length in every frame, so that apparent size alone no longer gives depth."""
        return cls(width=width, varied_focal=varied_focal)

    @classmethod
    def hilly(cls, width: int = KITTI_WIDTH) -> StreetSettings:
        """Twice the relief and twice the motion of the rig: the image row says little about depth."""
        return cls(width=width, relief=2.0, rig_motion=2.0)

    def with_traffic(self, scale: float) -> StreetSettings:
        """The same streets, emptier (below 1) or fuller (above 1)."""
        return replace(self, traffic=scale)


StreetKind = Literal["default", "flat", "hilly", "cameras"]
STREETS: dict[StreetKind, StreetSettings] = {
    "default": StreetSettings.default(),
    "flat": StreetSettings.flat(),
    "hilly": StreetSettings.hilly(),
    "cameras": StreetSettings.cameras(),
}
"""Kinds of streets by the name that a user types. In flat ones depth is easiest to guess from the image, in hilly ones
and in those of changing cameras hardest."""


def streets_named(kind: str, settings: StreetSettings) -> StreetSettings:
    """Streets of another kind, for the same image width, traffic and points.

    Args:
        kind: one of `STREETS`.
        settings: what to keep these of.

    Raises:
        DataError: no such kind.
    """
    if kind not in STREETS:
        raise DataError("--street", repr(kind), f"one of {', '.join(STREETS)}")
    kept = {"width": settings.width, "traffic": settings.traffic, "camera_view_only": settings.camera_view_only}
    return replace(STREETS[kind], **kept)
