"""``world.json``: what a synthetic root was made from, so that a second run goes on with the same world or refuses."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from monotakd.datasets.kitti.files import read_json_object, write_text
from monotakd.datasets.kitti.layout import subset_of_split
from monotakd.datasets.street.settings import StreetSettings
from monotakd.errors import DataError

FILE = "world.json"
_EXPECTED = "the manifest of a street world"
VERSION = 1
"""Raised whenever the same seed gives other bytes than before."""
SPLITS = ("train", "val", "test", "unlabelled")


@dataclass(frozen=True)
class Job:
    """One frame to make.

    Attributes:
        frame_id: its name in the root.
        split: the split it belongs to.
        index: its number within the split; with the seed it fixes the street.
    """

    frame_id: str
    split: str
    index: int

    @property
    def subset(self) -> str:
        """The folder that holds it: ``"testing"`` for the split test, as in KITTI, else ``"training"``."""
        return subset_of_split(self.split)


@dataclass(frozen=True)
class Manifest:
    """What fixes every byte of a world.

    Attributes:
        seed: seed of the whole world.
        frames: frames per split, in the order of ``SPLITS``.
        settings: what the streets are drawn from.
        depth: whether dense depth maps are written.
        version: of the generator.
    """

    seed: int
    frames: tuple[int, int, int, int]
    settings: StreetSettings
    depth: bool = False
    version: int = VERSION

    def jobs(self) -> list[Job]:
        """All frames; ids count through train, val, test and unlabelled."""
        pairs = [(split, index) for split, n in zip(SPLITS, self.frames, strict=True) for index in range(n)]
        return [Job(f"{number:06d}", split, index) for number, (split, index) in enumerate(pairs)]

    def as_dict(self) -> dict[str, object]:
        """Plain values, as in the file."""
        values = {"generator": "monotakd street world", "version": self.version, "seed": self.seed}
        values["frames"] = dict(zip(SPLITS, self.frames, strict=True))
        values["depth"] = self.depth
        # JSON knows no tuples; going through it makes both sides of a comparison alike.
        values["settings"] = json.loads(json.dumps(dataclasses.asdict(self.settings)))
        return values

    def write(self, root: Path) -> None:
        """Writes ``ROOT/world.json``."""
        write_values(root / FILE, self.as_dict())

    def require_same(self, root: Path) -> bool:
        """Whether the root already holds this very world.

        Returns:
            True if it does, False if there is no world yet.

        Raises:
            DataError: it holds another world, or other files; names the first field that differs.
        """
        path = root / FILE
        if not path.exists():
            if (root / "training").exists():
                raise DataError(
                    root,
                    "a folder training that no street world wrote",
                    "an empty folder or one with a world.json",
                    fix="Choose another folder; nothing here was touched.",
                )
            return False
        require_same_values(path, self.as_dict())
        return True

    @classmethod
    def read(cls, root: Path) -> Manifest:
        """Reads ``ROOT/world.json``.

        Raises:
            DataError: there is none, or it is damaged or from another version.
        """
        path = root / FILE
        values = read_json_object(path, _EXPECTED)
        try:
            settings = dict(values["settings"])
            settings["focal_range"] = tuple(settings["focal_range"])
            frames = tuple(int(values["frames"][split]) for split in SPLITS)
            manifest = cls(int(values["seed"]), frames, StreetSettings(**settings), bool(values["depth"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(path, f"content that does not fit ({error})", _EXPECTED) from None
        if values.get("version") != VERSION:
            raise DataError(path, f"version {values.get('version')}", f"version {VERSION}", fix="Synthesise it anew.")
        return manifest


def write_values(path: Path, values: dict[str, object]) -> None:
    """Writes what a world is made from."""
    write_text(path, json.dumps(values, indent=2) + "\n")


def require_same_values(path: Path, wanted: dict[str, object]) -> None:
    """Raises DataError, naming the first field that differs, unless the file says these very values."""
    for name, found, expected in _differences(read_json_object(path, _EXPECTED), wanted):
        raise DataError(
            path,
            f"{name} = {found!r}",
            f"{expected!r}, as asked for now",
            place=name,
            fix="Ask for the same world again to go on with it, or choose another folder.",
        )


def _differences(found: dict, wanted: dict, prefix: str = ""):
    for key in dict.fromkeys((*wanted, *found)):
        a, b = found.get(key), wanted.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            yield from _differences(a, b, f"{prefix}{key}.")
        elif a != b:
            yield f"{prefix}{key}", a, b
