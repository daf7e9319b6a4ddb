"""A KITTI root as a source of frames."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from monotakd.datasets.depth_completion import complete_depth
from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.kitti.calibration import KittiCalibration, read_calibration
from monotakd.datasets.kitti.conversion import annotations_from_labels
from monotakd.datasets.kitti.depth import read_depth
from monotakd.datasets.kitti.images import read_image, read_image_size
from monotakd.datasets.kitti.labels import KittiLabels, read_labels
from monotakd.datasets.kitti.layout import CALIBRATIONS, DEPTHS, IMAGES, LABELS, ORIGIN, POINTS, KittiLayout
from monotakd.datasets.kitti.points import read_points
from monotakd.datasets.sources import DepthSource
from monotakd.scene import Calibration, Frame


class KittiRoot(KittiLayout):
    """Reads frames of a KITTI root: real KITTI, or anything written in its layout.

    >>> root = KittiRoot("data/kitti")
    >>> frames = [root.frame(frame_id) for frame_id in root.split("val", present_only=True).ids]
    """

    def image(self, frame_id: str, *, size: tuple[int, int] | None = None) -> np.ndarray:
        """(H, W, 3) RGB image; see `images.read_image`."""
        return read_image(self.path(IMAGES, frame_id), size=size, fix=ORIGIN[IMAGES])

    def image_size(self, frame_id: str) -> tuple[int, int]:
        """(height, width) of the image, pixels; see `images.read_image_size`."""
        return read_image_size(self.path(IMAGES, frame_id), fix=ORIGIN[IMAGES])

    def points(self, frame_id: str, *, drop_nonfinite: bool = False) -> np.ndarray:
        """(N, 4) LiDAR sweep; see `points.read_points`."""
        return read_points(self.path(POINTS, frame_id), drop_nonfinite=drop_nonfinite, fix=ORIGIN[POINTS])

    def calibration(self, frame_id: str) -> KittiCalibration:
        """The matrices of the frame; see `calibration.read_calibration`."""
        return read_calibration(self.path(CALIBRATIONS, frame_id), fix=ORIGIN[CALIBRATIONS])

    def labels(self, frame_id: str) -> KittiLabels | None:
        """The label rows, or None for a frame without labels (the testing set, ``ImageSets/unlabelled.txt``)."""
        path = self.path(LABELS, frame_id)
        if not path.exists() and not self.expects_labels(frame_id):
            return None
        return read_labels(path, scores=False, fix=ORIGIN[LABELS])

    def frame(
        self, frame_id: str, *, points: bool = True, depth: DepthSource | None = None, labels: bool = True
    ) -> Frame:
        """Reads one moment.

        Args:
            frame_id: such as ``"000008"``.
            points: read the LiDAR sweep.
            depth: ``"file"`` reads ``depth_2``; ``"sparse"`` projects the sweep; ``"completed"`` fills the
                projected sweep to a dense map; None leaves depth out.
            labels: read the labels; a frame that has none gets ``annotations=None``.

        Raises:
            DataError: a file is missing or wrong; the message says which, where, and where the file comes from.
        """
        image = self.image(frame_id)
        calibration = self.calibration(frame_id).calibration(image.shape[:2])
        sweep = self.points(frame_id) if points or depth in ("sparse", "completed") else None
        rows = self.labels(frame_id) if labels else None
        return Frame(
            frame_id=frame_id,
            image=image,
            calibration=calibration,
            points=sweep if points else None,
            depth=None if depth is None else self._depth(frame_id, depth, sweep, calibration),
            annotations=None if rows is None else annotations_from_labels(rows, calibration),
        )

    def _depth(
        self, frame_id: str, source: DepthSource, sweep: np.ndarray | None, calibration: Calibration
    ) -> Float32[np.ndarray, "H W"]:
        if source == "file":
            return read_depth(self.path(DEPTHS, frame_id), size=calibration.image_size, fix=ORIGIN[DEPTHS])
        sparse = sparse_depth(sweep, calibration)
        return sparse if source == "sparse" else complete_depth(sparse)
