"""A box's numbers as a reader sees them: rows of a table, and one sentence."""

from __future__ import annotations

import math

from monotakd.viz.explorers.scene.content import BoxNumbers, Match


def table_of(numbers: BoxNumbers) -> list[tuple[str, str]]:
    """(name, value) rows; all that is written is rounded, so that browser and Python show the same text."""
    rows = [("class", numbers.name)]
    if numbers.score is not None:
        rows.append(("score", f"{numbers.score:.2f}"))
    rows += [
        ("centre x y z", "{:.2f}, {:.2f}, {:.2f} m".format(*numbers.centre)),
        ("size l w h", "{:.2f}, {:.2f}, {:.2f} m".format(*numbers.size)),
        ("yaw", f"{_degrees(numbers.yaw):.1f}°"),
        ("depth", f"{numbers.distance:.2f} m"),
    ]
    if numbers.points is not None:
        rows.append(("LiDAR points inside", f"{numbers.points:,}"))
    for match in numbers.matches:
        rows.append((f"best in {match.set}", _partner(match)))
        rows.append(("IoU 3D, from above", f"{match.volume:.2f}, {match.bev:.2f}"))
        rows.append(("depth against it", _depth_error(match)))
    if not numbers.matches:
        rows.append(("match", "none: overlaps no box that it could match"))
    return rows


def sentence_of(set_name: str, row: int, numbers: BoxNumbers) -> str:
    """The same in one sentence, for the line that is read aloud."""
    side = "left" if numbers.centre[1] >= 0 else "right"
    score = "" if numbers.score is None else f", score {numbers.score:.2f}"
    x, y, _ = numbers.centre
    words = f"{set_name} box {row}: {numbers.name}{score}, {x:.1f} m ahead, {abs(y):.1f} m to the {side}"
    if not numbers.matches:
        return f"{words}; no match: overlaps no box that it could match"
    best = max(numbers.matches, key=lambda match: (match.volume, match.bev))
    return f"{words}; IoU 3D {best.volume:.2f} with {best.set} box {best.row}, {_depth_error(best)}"


def _partner(match: Match) -> str:
    score = "" if match.score is None else f", score {match.score:.2f}"
    return f"box {match.row}: {match.name}{score}"


def _depth_error(match: Match) -> str:
    metres = f"{abs(match.nearer):.2f} m"
    if metres == "0.00 m":
        return "at the same depth"
    return f"{metres} {'nearer' if match.nearer >= 0 else 'farther'}"


def _degrees(angle: float) -> float:
    """In -180..180, without a negative zero."""
    return round((math.degrees(angle) + 180) % 360 - 180, 1) + 0.0
