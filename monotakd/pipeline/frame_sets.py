"""Which frames ``monotakd train`` learns from: the training split of one root, and frames without labels of another.

- *train*: the split of a KITTI root; or of raw drives, whose tracklets are the labels.
- *train + unlabelled*: the same and every frame of raw drives (or ``ImageSets/unlabelled.txt`` of an object root).
- *train + a list*: the same and the frames that a file lists, such as CMKD's "eigen clean" list.

What a loss makes of them: boxes teach where a frame shows its labels; teacher and assistant teach on every frame.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monotakd.datasets.kitti.layout import UNLABELLED, Split
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.kitti_raw.layout import drive_and_number, looks_raw
from monotakd.datasets.kitti_raw.reader import EVERY, LABELLED, KittiRawRoot
from monotakd.datasets.sources import JoinedSources
from monotakd.engine.processes import current_process
from monotakd.errors import DataError
from monotakd.pipeline.training_data import TrainingData, drawn_labelled

TRAIN = "train"


@dataclass(frozen=True)
class FrameSet:
    """Where the frames of a training come from.

    Attributes:
        data: KITTI root with the split ``train``; or a raw root, with a list of that name or drives with tracklets.
        labels: how many frames of ``data`` show their labels; None for all.
        unlabelled: raw root whose frames take part without labels; or an object root with ``unlabelled.txt``.
        unlabelled_list: file that names them, one drive and frame a line; None for every frame of the drives.
        tracklets: take the tracklets of ``unlabelled`` for labels where a drive has them.
        present_only: leave out listed frames that are not there.
    """

    data: Path
    labels: int | None = None
    unlabelled: Path | None = None
    unlabelled_list: Path | None = None
    tracklets: bool = False
    present_only: bool = False

    def read(self) -> TrainingData:
        """The frames and which of them show their labels.

        Raises:
            DataError: a root, a split or a list is not as expected, or two roots have frames of one name.

        Warns:
            RuntimeWarning: every frame of KITTI's own raw drives takes part, the validation frames among them.
        """
        root, train, can_show = self._train()
        labelled = drawn_labelled(can_show, self.labels)
        if labelled is None and len(can_show) < len(train):
            labelled = frozenset(can_show)
        if self.unlabelled is None:
            self._require_no_options_of_unlabelled()
            return TrainingData(root, train, labelled)
        other, added = self._unlabelled()
        known = frozenset(train)
        if other.root.resolve() == root.root.resolve():
            added = tuple(frame_id for frame_id in added if frame_id not in known)
        _require_more(known, added, self.unlabelled)
        shown = frozenset(train) if labelled is None else labelled
        if self.tracklets:
            shown |= frozenset(_with_tracklets(other, added))
        both = JoinedSources((root, train), (other, added))
        return TrainingData(both, both.frame_ids, shown)

    def _train(self) -> tuple[KittiRoot | KittiRawRoot, tuple[str, ...], tuple[str, ...]]:
        """The root, its training frames, and those of them that have labels."""
        if not looks_raw(self.data):
            root = KittiRoot(self.data)
            train = _chosen(root, root.split(TRAIN, present_only=self.present_only))
            return root, train, train
        raw = KittiRawRoot(self.data)
        name = TRAIN if TRAIN in raw.split_names() else LABELLED
        train = _chosen(raw, raw.split(name, present_only=self.present_only))
        return raw, train, _with_tracklets(raw, train)

    def _unlabelled(self) -> tuple[KittiRoot | KittiRawRoot, tuple[str, ...]]:
        if looks_raw(self.unlabelled):
            raw = KittiRawRoot(self.unlabelled)
            if self.unlabelled_list is None:
                every = raw.split(EVERY).ids
                if not looks_raw(self.data):
                    _warn_of_validation_frames(self.unlabelled, every)
                return raw, every
            return raw, _chosen(raw, raw.listed(self.unlabelled_list, present_only=self.present_only))
        if self.unlabelled_list is not None or self.tracklets:
            option = "--tracklets" if self.tracklets else "--unlabelled-list"
            raise DataError(option, f"no raw drives in {self.unlabelled}", "a KITTI raw root as --unlabelled")
        root = KittiRoot(self.unlabelled)
        return root, _chosen(root, root.split(UNLABELLED, present_only=self.present_only))

    def _require_no_options_of_unlabelled(self) -> None:
        options = {"--unlabelled-list": self.unlabelled_list is not None, "--tracklets": self.tracklets}
        for option, given in options.items():
            if given:
                raise DataError(option, "it without --unlabelled", "the root of the frames as --unlabelled")


def _chosen(root: KittiRoot | KittiRawRoot, split: Split) -> tuple[str, ...]:
    """The frames of a split; says how many of the list are absent, lest an unfinished download shortens a training."""
    if split.absent and current_process().writes:
        print(f"{root.root}: {split}", flush=True)
    return split.ids


def _with_tracklets(raw: KittiRawRoot, frame_ids: Iterable[str]) -> tuple[str, ...]:
    """The frames whose drives have tracklets."""
    labelled = {drive for drive in raw.drives() if raw.tracklets_path(drive).exists()}
    return tuple(frame_id for frame_id in frame_ids if drive_and_number(frame_id)[0] in labelled)


def _warn_of_validation_frames(root: Path, frame_ids: tuple[str, ...]) -> None:
    """Warns where drives are KITTI's own, recorded in 2011: the object set was picked from them."""
    drives = {drive for drive, _ in map(drive_and_number, frame_ids) if drive.startswith("2011_")}
    if drives:
        warnings.warn(
            f"--unlabelled {root}: every frame of these drives of KITTI takes part ({len(drives)}: {min(drives)}, "
            "...), frames of its validation set too. To keep those out, name the frames with --unlabelled-list FILE.",
            RuntimeWarning,
            stacklevel=2,
        )


def _require_more(train: frozenset[str], added: tuple[str, ...], source: Path) -> None:
    if not added:
        raise DataError(source, "no frames besides those of --data", "some for --unlabelled")
    twice = train & frozenset(added)
    if twice:
        raise DataError(
            source,
            f"{len(twice)} frames of names that --data has too ({min(twice)}, ...)",
            "frames with names of their own",
            fix="A frame's name must say which file is meant: take raw drives, or one root for both",
        )
