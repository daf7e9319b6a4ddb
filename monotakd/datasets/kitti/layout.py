"""Where KITTI keeps what: ``ROOT/training/{image_2,velodyne,calib,label_2,depth_2}`` and ``ROOT/ImageSets``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from monotakd.datasets.kitti.splits import is_frame_id, read_split
from monotakd.errors import DataError

IMAGES, POINTS, CALIBRATIONS, LABELS, DEPTHS = "image_2", "velodyne", "calib", "label_2", "depth_2"
SUFFIX = {IMAGES: ".png", POINTS: ".bin", CALIBRATIONS: ".txt", LABELS: ".txt", DEPTHS: ".png"}
SPLITS = "ImageSets"
UNLABELLED = "unlabelled"

_PAGE = "the 3D object detection page of the KITTI benchmark (cvlibs.net)"
ORIGIN = {
    IMAGES: f"The left colour images are a download of 12 GB from {_PAGE}.",
    POINTS: f"The Velodyne point clouds are a download of 29 GB from {_PAGE}.",
    CALIBRATIONS: f"The camera calibration matrices are a download of 16 MB from {_PAGE}.",
    LABELS: f"The training labels are a download of 5 MB from {_PAGE}; frames without labels belong into "
    f"{SPLITS}/{UNLABELLED}.txt.",
    DEPTHS: "Depth maps are no part of KITTI's object set: they are made from the LiDAR sweep "
    "(depth='sparse' or 'completed' makes them while reading).",
    SPLITS: "The usual split of the training set (3,712 train, 3,769 val) was published by Chen et al. (3DOP, 2015) "
    "and comes with most detection code bases as a folder ImageSets.",
}


def subset_of_split(name: str) -> str:
    """The folder that holds a split's frames: ``"testing"`` for the split test, else ``"training"``."""
    return "testing" if name == "test" else "training"


@dataclass(frozen=True)
class Split:
    """The frames of a split.

    Attributes:
        name: such as ``"val"``.
        ids: the frames that can be read, in file order.
        absent: the frames that are listed but of which no file exists.
    """

    name: str
    ids: tuple[str, ...]
    absent: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def __str__(self) -> str:
        listed = len(self.ids) + len(self.absent)
        return f"split {self.name}: {len(self.ids)} of {listed} listed frames present, {len(self.absent)} absent"


@dataclass(frozen=True)
class KittiLayout:
    """The paths of one subset of a KITTI root.

    Attributes:
        root: the folder that holds ``training`` and ``ImageSets``.
        subset: ``"training"`` or ``"testing"``.

    Raises:
        DataError: the root has no such folder.
    """

    root: Path
    subset: str = "training"

    def __post_init__(self):
        object.__setattr__(self, "root", Path(self.root))
        if not (self.root / self.subset).is_dir():
            fix = "Unpack KITTI there, or make a synthetic root with: monotakd data synthesize --out DIR"
            if (self.root / IMAGES).is_dir():
                fix = f"This looks like the subset itself; the root is the folder above: {self.root.parent}"
            found = f"no folder {self.subset}" if self.root.is_dir() else "no such folder"
            raise DataError(self.root, found, f"a KITTI root with {self.subset}/{IMAGES} and so on", fix=fix)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The root, see `sources.FrameSource`."""
        return (self.root,)

    def path(self, folder: str, frame_id: str) -> Path:
        """The file of a frame in one of the folders, such as ``path("image_2", "000008")``."""
        return self.root / self.subset / folder / f"{frame_id}{SUFFIX[folder]}"

    def split_path(self, name: str) -> Path:
        """The file that lists the frames of a split."""
        return self.root / SPLITS / f"{name}.txt"

    def split_names(self) -> tuple[str, ...]:
        """The splits that the root has, sorted."""
        return tuple(sorted(path.stem for path in (self.root / SPLITS).glob("*.txt")))

    def ids_in(self, folder: str) -> frozenset[str]:
        """The frames that have a file in this folder; files not named like a frame are passed over.

        Raises:
            DataError: the folder may not be read.
        """
        suffix, path = SUFFIX[folder], self.root / self.subset / folder
        try:
            names = os.listdir(path)
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise DataError(path, f"a folder that cannot be read ({error.strerror})", "a folder of frames") from None
        stems = (name.removesuffix(suffix) for name in names if name.endswith(suffix))
        return frozenset(stem for stem in stems if is_frame_id(stem))

    def present_ids(self) -> tuple[str, ...]:
        """The frames of which at least one file exists, sorted."""
        return tuple(sorted(frozenset().union(*(self.ids_in(folder) for folder in SUFFIX))))

    @cached_property
    def unlabelled_ids(self) -> frozenset[str]:
        """The frames listed in ``ImageSets/unlabelled.txt``, if there is such a file."""
        path = self.split_path(UNLABELLED)
        return frozenset(read_split(path)) if path.exists() else frozenset()

    @cached_property
    def has_labels(self) -> bool:
        """Whether this subset has a folder of labels; KITTI's testing set has none."""
        return (self.root / self.subset / LABELS).is_dir()

    def expects_labels(self, frame_id: str) -> bool:
        """Whether a missing label file is an error for this frame."""
        return self.has_labels and frame_id not in self.unlabelled_ids

    def split(self, name: str, *, present_only: bool = False) -> Split:
        """The frames of a split.

        Args:
            name: such as ``"train"``; the file is ``ImageSets/train.txt``.
            present_only: leave out listed frames of which no file exists, instead of refusing the split.

        Raises:
            DataError: the split file is missing or wrong, frames are absent (unless ``present_only``), or all are.
        """
        path = self.split_path(name)
        listed = read_split(path, fix=f"{ORIGIN[SPLITS]} This root has: {', '.join(self.split_names()) or 'none'}.")
        present = frozenset(self.present_ids())
        ids = tuple(frame_id for frame_id in listed if frame_id in present)
        absent = tuple(frame_id for frame_id in listed if frame_id not in present)
        if absent and not (present_only and ids):
            raise absent_frames(path, self.subset, absent, len(listed), present_only=present_only)
        return Split(name, ids, absent)


def absent_frames(path: Path, subset: str, absent: tuple[str, ...], listed: int, *, present_only: bool) -> DataError:
    """One error for all frames of a split that are not there."""
    shown = ", ".join(absent[:3]) + (", ..." if len(absent) > 3 else "")
    return DataError(
        path,
        f"{len(absent)} of {listed} listed frames absent from {subset} ({shown})",
        "all of them" if not present_only else "at least one of them",
        place="whole file",
        fix="Unpack the full set" + ("." if present_only else ", or use those that exist with --present-only."),
    )
