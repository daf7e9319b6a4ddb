"""Where the 3D explorer looks from: a camera on a sphere around a target."""

from __future__ import annotations

from typing import Any

import numpy as np

EYE, TARGET = (-8.5, 0.0, 8.5), (17.0, 0.0, -2.2)
"""The first view: from above and behind the ego vehicle, a little lower than the suite's other 3D pictures."""
CLOSE = 13.0
"""How far from a followed box the camera stays at first, metres."""


def first_view() -> dict[str, Any]:
    """Behind and above the ego vehicle.

    Returns:
        ``target`` (metres), ``distance`` (metres), ``azimuth`` and ``elevation`` (radians): azimuth 0 looks along +x
        and grows towards +y, elevation is how far above the target the camera stands.
    """
    away = np.subtract(EYE, TARGET)
    distance = float(np.linalg.norm(away))
    return {
        "target": list(TARGET),
        "distance": distance,
        "azimuth": float(np.arctan2(-away[1], -away[0])),
        "elevation": float(np.arcsin(away[2] / distance)),
    }


def eye_of(view: dict[str, Any]) -> tuple[float, float, float]:
    """Where the camera of a view stands, metres in the LiDAR frame."""
    turn, rise = view["azimuth"], view["elevation"]
    out = np.array([-np.cos(rise) * np.cos(turn), -np.cos(rise) * np.sin(turn), np.sin(rise)])
    return tuple((np.array(view["target"]) + view["distance"] * out).tolist())
