"""Labels by KITTI's rules, computed from what the camera really sees.

2D boxes enclose the whole object as it projects, other objects standing before it or not, cut to the image.
Truncation is the share of the uncut box that lies outside. (Both hold in real KITTI labels: boxes agree with
projected 3D boxes to about a pixel, and truncation with that share of areas to 0.01.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from monotakd.datasets.kitti.conversion import labels_from_annotations
from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.datasets.street.camera import KITTI_WIDTH, world_from_lidar
from monotakd.datasets.street.label_kernels import silhouette
from monotakd.datasets.street.mesh import Placed
from monotakd.datasets.street.raycast import Surfaces
from monotakd.datasets.street.world import StreetScene
from monotakd.geometry.boxes import alpha_from_boxes, camera_from_lidar_boxes, wrap_angle
from monotakd.geometry.frames import invert_rigid
from monotakd.scene import Annotations, Boxes3D, Calibration

_NEAR = 0.2  # what is closer to the camera plane is cut off, metres
OCCLUSION_LEVELS = (0.92, 0.45, 0.15)
"""Visible share from which an object is fully visible (0), partly (1) or largely occluded (2); else unknown (3)."""
MINIMUM_VISIBLE = 0.12
"""Visible share below which an object becomes DontCare."""
MINIMUM_HEIGHT = 11.0
"""Height of the 2D box below which an object becomes DontCare, pixels of a 1242 pixel wide image."""
MAXIMUM_DISTANCE = 90.0
"""Distance along the camera axis beyond which an object becomes DontCare, metres."""


class Sight(NamedTuple):
    """How one actor appears in the image.

    Attributes:
        bounds: (4,) its box, not cut to the image, pixels.
        box: (4,) cut to the image.
        covered: pixels that it would cover if nothing stood before it.
        visible: pixels in which it is seen.
    """

    bounds: Float[np.ndarray, " 4"]
    box: Float[np.ndarray, " 4"]
    covered: int
    visible: int

    @property
    def visible_share(self) -> float:
        """Share of its pixels inside the image that nothing hides, 0..1."""
        return min(self.visible / max(self.covered, 1), 1.0)

    @property
    def truncated(self) -> float:
        """Share of its box outside the image, 0..1."""
        return 1.0 - _area(self.box) / max(_area(self.bounds), 1e-9)

    @property
    def occluded(self) -> int:
        """KITTI's level: 0 fully visible, 1 partly, 2 largely occluded, 3 unknown."""
        return sum(self.visible_share < limit for limit in OCCLUSION_LEVELS)


def _area(box: np.ndarray) -> float:
    return float(max(box[2] - box[0], 0) * max(box[3] - box[1], 0))


def actor_boxes(scene: StreetScene, placed: Sequence[Placed]) -> Float[np.ndarray, "A 7"]:
    """(A, 7) boxes of all actors in the LiDAR frame, upright there by KITTI's convention."""
    lidar_from_world = invert_rigid(world_from_lidar(scene.rig))
    boxes = np.full((len(scene.actors), 7), np.nan)
    for part in placed:
        if part.actor < 0 or not np.isnan(boxes[part.actor, 0]):
            continue
        actor = scene.actors[part.actor]
        pose = lidar_from_world @ part.world_from_mesh
        boxes[part.actor, :3] = pose[:3, :3] @ (0.0, 0.0, actor.height / 2) + pose[:3, 3]
        boxes[part.actor, 3:6] = actor.length, actor.width, actor.height
        boxes[part.actor, 6] = np.arctan2(pose[1, 0], pose[0, 0])
    return boxes


def sights(
    scene: StreetScene, surfaces: Surfaces, calibration: Calibration, actor_at: Int[np.ndarray, "H W"]
) -> list[Sight]:
    """How each actor appears, in the order of ``scene.actors``.

    Args:
        actor_at: (H, W) row of the actor seen at each pixel, -1 elsewhere.
    """
    img_from_world = calibration.img_from_lidar @ invert_rigid(world_from_lidar(scene.rig))
    count = len(scene.actors)
    visible = np.bincount(actor_at[actor_at >= 0], minlength=count)
    height, width = calibration.image_size
    mark, bounds = np.full((height, width), -1, np.int32), np.empty(4)
    result = []
    for row in range(count):
        own = surfaces.triangles[surfaces.actors == row]
        covered = silhouette(surfaces.vertices, own, img_from_world, _NEAR, mark, row, bounds)
        box = np.clip(bounds, 0, [width - 1, height - 1] * 2)
        result.append(Sight(bounds.copy(), box, covered, int(visible[row])))
    return result


def annotate(
    scene: StreetScene,
    placed: Sequence[Placed],
    surfaces: Surfaces,
    calibration: Calibration,
    actor_at: Int[np.ndarray, "H W"],
) -> tuple[KittiLabels, Int[np.ndarray, "H W"], tuple[int, ...]]:
    """The label file of a frame, (H, W) the row of the labelled object at each pixel (-1 elsewhere), and whose rows.

    The last are rows of ``scene.actors``, one for each labelled object.

    Numbers have two decimals, as in KITTI. Objects of which no pixel shows are not mentioned; those too far, too
    small or too hidden become DontCare.
    """
    boxes = actor_boxes(scene, placed)
    seen = sights(scene, surfaces, calibration, actor_at)
    scale = KITTI_WIDTH / calibration.image_size[1]
    labelled, ignored = [], []
    for row, sight in enumerate(seen):
        if sight.visible == 0 or _area(sight.box) == 0:
            continue
        enough = (
            (sight.box[3] - sight.box[1]) * scale >= MINIMUM_HEIGHT
            and sight.visible_share >= MINIMUM_VISIBLE
            and boxes[row, 0] <= MAXIMUM_DISTANCE
        )
        (labelled if enough else ignored).append(row)
    labels = _rows(scene, boxes, seen, labelled, ignored, calibration)
    row_of_actor = np.full(len(scene.actors) + 1, -1, np.int32)  # the last entry serves actor -1
    row_of_actor[labelled] = np.arange(len(labelled))
    return labels, row_of_actor[actor_at], tuple(labelled)


def _rows(
    scene: StreetScene,
    boxes: np.ndarray,
    seen: Sequence[Sight],
    labelled: Sequence[int],
    ignored: Sequence[int],
    calibration: Calibration,
) -> KittiLabels:
    values = boxes[labelled]
    camera_boxes = camera_from_lidar_boxes(values, calibration.cam_from_lidar)
    annotations = Annotations(
        boxes=Boxes3D(values, tuple(scene.actors[row].kind for row in labelled)),
        boxes_2d=np.array([seen[row].box for row in labelled], dtype=float).reshape(-1, 4),
        truncated=np.array([seen[row].truncated for row in labelled], dtype=float),
        occluded=np.array([seen[row].occluded for row in labelled], dtype=np.int64),
        alpha=wrap_angle(alpha_from_boxes(camera_boxes)),
        ignore_regions=np.array([seen[row].box for row in ignored], dtype=float).reshape(-1, 4),
    )
    exact = labels_from_annotations(annotations, calibration)
    return KittiLabels(
        exact.names,
        exact.truncated.round(2),
        exact.occluded,
        exact.alpha.round(2),
        exact.boxes_2d.round(2),
        exact.dimensions.round(2),
        exact.locations.round(2),
        exact.rotation_y.round(2),
    )
