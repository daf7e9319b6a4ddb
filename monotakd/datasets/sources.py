"""What gives frames by name, whatever its layout, and several of these taken as one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from monotakd.errors import require
from monotakd.scene import Frame

DepthSource = Literal["file", "sparse", "completed"]


@runtime_checkable
class FrameSource(Protocol):
    """A root of any layout: `KittiRoot`, `KittiRawRoot`, or several of them as `JoinedSources`."""

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that frames are read from: with a frame's name, what tells it from every other frame."""
        ...

    def frame(
        self, frame_id: str, *, points: bool = True, depth: DepthSource | None = None, labels: bool = True
    ) -> Frame:
        """One moment; ``annotations`` is None where there are no labels."""
        ...


class JoinedSources:
    """Frames of several roots behind one `frame`, such as labelled object frames and unlabelled raw drives.

    >>> both = JoinedSources((kitti, kitti.split("train").ids), (raw, raw.split("eigen_clean").ids))
    >>> frames = CameraFrames(both, both.frame_ids, labelled=frozenset(kitti.split("train").ids))

    Args:
        parts: pairs of a source and the names of its frames.

    Attributes:
        frame_ids: all names, in the order of the parts.
        roots: the folders of the parts.

    Raises:
        ValueError: two parts have a frame of the same name, so that the name would not say which is meant.
    """

    def __init__(self, *parts: tuple[FrameSource, Iterable[str]]):
        self._source: dict[str, FrameSource] = {}
        for source, frame_ids in parts:
            for frame_id in frame_ids:
                require(
                    frame_id not in self._source,
                    f"frame {frame_id!r} is listed twice, but its name must say which source is meant: "
                    "leave it out of one part",
                )
                self._source[frame_id] = source
        self.frame_ids = tuple(self._source)
        self.roots = tuple(dict.fromkeys(root for source, _ in parts for root in source.roots))

    def frame(
        self, frame_id: str, *, points: bool = True, depth: DepthSource | None = None, labels: bool = True
    ) -> Frame:
        """The frame as its own source gives it.

        Raises:
            ValueError: no part lists it.
            DataError: a file of it is missing or wrong.
        """
        return self.source_of(frame_id).frame(frame_id, points=points, depth=depth, labels=labels)

    def source_of(self, frame_id: str) -> FrameSource:
        """The part that a frame belongs to.

        Raises:
            ValueError: no part lists it.
        """
        require(frame_id in self._source, f"frame {frame_id!r} belongs to none of the joined sources")
        return self._source[frame_id]
