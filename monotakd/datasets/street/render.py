"""A street seen by its sensors: picture, LiDAR sweep, depth, instances and labels, in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from monotakd.datasets.kitti.conversion import annotations_from_labels
from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.datasets.street import camera, lidar, sensor, shading
from monotakd.datasets.street.build import build_meshes
from monotakd.datasets.street.labels import annotate
from monotakd.datasets.street.raycast import RayCaster, merge
from monotakd.datasets.street.world import StreetScene
from monotakd.scene import Frame


@dataclass(frozen=True, eq=False)
class Rendered:
    """What `render` returns.

    Attributes:
        frame: image, points, dense depth (0 in the sky), instances and annotations.
        labels: the same annotations as the rows of a KITTI label file.
        actors: row in ``scene.actors`` of each annotated object.
    """

    frame: Frame
    labels: KittiLabels
    actors: tuple[int, ...]


def render(
    scene: StreetScene,
    *,
    frame_id: str = "000000",
    supersample: int | None = None,
    lidar_sweep: bool = True,
    threads: int = 0,
) -> Rendered:
    """Renders a street; the result depends on nothing but the scene (and ``supersample``).

    Edit the scene and render again: ``render(scene.with_actor(0, x=20.0))``, ``render(scene.with_camera(pitch=0.02))``.

    Args:
        scene: the street, its light, sensors and seed.
        frame_id: name of the frame.
        supersample: square root of the samples per pixel; None chooses by the size of the image (see
            `shading.radiance`).
        lidar_sweep: also turn the LiDAR; without it ``frame.points`` is None.
        threads: threads that cast rays; 0 takes all cores.

    Raises:
        DataError: open3d is not installed.
    """
    placed = build_meshes(scene)
    caster = RayCaster(merge(placed), threads)
    calibration = camera.calibration(scene.camera)
    view = shading.look(scene, caster)
    light = shading.radiance(scene, caster, view, supersample)
    image = sensor.develop(light, scene.lighting, scene.noise_seed)
    labels, instances, actors = annotate(scene, placed, caster.surfaces, calibration, shading.actor_rows(view, caster))
    frame = Frame(
        frame_id=frame_id,
        image=image,
        calibration=calibration,
        points=lidar.sweep(scene, caster, calibration) if lidar_sweep else None,
        depth=_depth(view),
        annotations=annotations_from_labels(labels, calibration),
        instances=instances,
    )
    return Rendered(frame, labels, actors)


def render_depth(scene: StreetScene, *, threads: int = 0) -> Float32[np.ndarray, "H W"]:
    """The depth map of `render` alone, without light, LiDAR and labels: a tenth of the work.

    Args:
        scene: the street.
        threads: threads that cast rays; 0 takes all cores.

    Returns:
        (H, W) metres along the camera's z axis, 0 in the sky.

    Raises:
        DataError: open3d is not installed.
    """
    return _depth(shading.look(scene, RayCaster(merge(build_meshes(scene)), threads)))


def _depth(view: shading.View) -> Float32[np.ndarray, "H W"]:
    behind_centre = view.hits.distance.reshape(view.shape)
    # Rays measure depth from the optical centre, depth maps from the rectified frame's origin (2.7 mm apart).
    return np.where(np.isfinite(behind_centre), behind_centre + np.float32(camera.CAMERA_CENTRE[2]), np.float32(0))
