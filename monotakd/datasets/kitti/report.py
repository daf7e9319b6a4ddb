"""What a check of a KITTI root found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monotakd.datasets.kitti.layout import Split
from monotakd.errors import DataError

_SHOWN = 50


@dataclass(frozen=True)
class Report:
    """The result of `check.check_root`.

    Attributes:
        root: the folder that was checked.
        frames: number of frames whose files were read.
        splits: the splits with their present and absent frames.
        problems: all that is wrong, as errors that were not raised; each names its file and place.
        parts: of raw drives, a line each: which of the parts that may be missing are there.
    """

    root: str
    frames: int
    splits: tuple[Split, ...]
    problems: tuple[DataError, ...]
    parts: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_json(self) -> dict:
        """The report as plain dictionaries and lists."""
        return {
            "root": self.root,
            "ok": self.ok,
            "frames": self.frames,
            "splits": [{"name": s.name, "present": len(s.ids), "absent": len(s.absent)} for s in self.splits],
            "parts": list(self.parts),
            "problems": [
                {"file": p.source, "place": p.place, "found": p.found, "expected": p.expected, "fix": p.fix}
                for p in self.problems
            ],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterable[str]:
        yield f"{self.root}: {self.frames} frames read"
        yield from (f"  {split}" for split in self.splits)
        yield from (f"  {line}" for line in self.parts)
        yield from (f"PROBLEM {problem}" for problem in self.problems[:_SHOWN])
        if len(self.problems) > _SHOWN:
            yield f"... and {len(self.problems) - _SHOWN} more; --json lists them all"
        yield f"{len(self.problems)} problem{'s' * (len(self.problems) != 1)}" if self.problems else "OK"
