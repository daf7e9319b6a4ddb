"""The spinning LiDAR: 64 beams at the angles of KITTI's HDL-64E, noise, dropout, intensity."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Int

from monotakd.datasets.street.camera import world_from_lidar
from monotakd.datasets.street.lidar_kernels import beam_rays, receive
from monotakd.datasets.street.mesh import Material
from monotakd.datasets.street.raycast import RayCaster
from monotakd.datasets.street.world import StreetScene
from monotakd.geometry.boxes import wrap_angle
from monotakd.geometry.frames import camera_rays, project_lidar
from monotakd.scene import Calibration

_NEAREST = 0.9  # the HDL-64E's blind zone, metres
# Share of a pulse scattered back, how much of it depends on the colour, share lost to mirroring at grazing angles.
_ECHO = {
    Material.ASPHALT: (0.27, 0.2, 0.0),
    Material.MARKING: (0.55, 0.0, 0.0),
    Material.PAVEMENT: (0.34, 0.2, 0.0),
    Material.KERB: (0.36, 0.2, 0.0),
    Material.GRASS: (0.40, 0.1, 0.0),
    Material.PLASTER: (0.38, 0.5, 0.0),
    Material.BRICK: (0.34, 0.3, 0.0),
    Material.WINDOW: (0.10, 0.0, 0.75),
    Material.ROOF: (0.30, 0.2, 0.0),
    Material.FOLIAGE: (0.36, 0.1, 0.05),
    Material.BARK: (0.33, 0.2, 0.0),
    Material.METAL: (0.30, 0.3, 0.25),
    Material.PAINT: (0.30, 0.9, 0.45),
    Material.GLASS: (0.06, 0.0, 0.85),
    Material.RUBBER: (0.08, 0.0, 0.1),
    Material.HEADLIGHT: (0.55, 0.0, 0.3),
    Material.TAILLIGHT: (0.80, 0.0, 0.1),
    Material.CLOTH: (0.36, 0.6, 0.0),
    Material.SKIN: (0.40, 0.0, 0.0),
    Material.SIGN: (0.99, 0.0, 0.0),
    Material.CONCRETE: (0.34, 0.3, 0.0),
    Material.DIRT: (0.30, 0.2, 0.0),
    Material.PLATE: (0.99, 0.0, 0.0),
    Material.PLASTIC: (0.15, 0.5, 0.2),
}
_REFLECTANCE, _TINT, _MIRROR = np.array([_ECHO[m] for m in Material], np.float32).T.copy()


def beam_elevations(beams: int = 64) -> Float[np.ndarray, " beams"]:
    """(beams,) angles above the horizon, radians, from the top ring down.

    The HDL-64E's upper half is spaced by 1/3 degree from +2, its lower half by 1/2 degree from -8.83 (Velodyne's
    data sheet). Other numbers of beams cover the same span.
    """
    upper, lower = 2.0 - np.arange(32) / 3, -8.83 - np.arange(32) / 2
    return np.radians(np.interp(np.linspace(0, 63, beams), np.arange(64), np.concatenate([upper, lower])))


def sweep(scene: StreetScene, caster: RayCaster, calibration: Calibration) -> Float32[np.ndarray, "N 4"]:
    """One turn: (N, 4) x, y, z in the LiDAR frame (metres) and intensity 0..1 in steps of 0.01.

    Rings come from the top down and run counter-clockwise from the front, as in KITTI's files. With
    ``scene.lidar.camera_view_only`` they are the points of the full turn that project into the image.
    """
    lidar, pose = scene.lidar, world_from_lidar(scene.rig)
    azimuths = (np.arange(lidar.columns) + scene.noise_seed % 1000 / 1000) * (2 * np.pi / lidar.columns)
    columns = _columns_in_view(azimuths, calibration) if lidar.camera_view_only else np.arange(lidar.columns)
    count = lidar.beams * len(columns)
    rays, directions = np.empty((count, 6), np.float32), np.empty((count, 3), np.float32)
    beam_rays(pose[:3, 3], pose[:3, :3], beam_elevations(lidar.beams), azimuths[columns], directions, rays)
    hits, surfaces = caster.nearest(rays), caster.surfaces
    points = np.empty((count, 4), np.float32)
    returned = receive(
        rays, directions, hits.distance, hits.triangle, surfaces.materials, surfaces.colours, surfaces.face_normals,
        _REFLECTANCE, _TINT, _MIRROR, int(Material.FOLIAGE),
        np.float32(_NEAREST), np.float32(lidar.maximum_range), np.float32(lidar.range_noise),
        columns, lidar.columns, scene.noise_seed, points,
    )  # fmt: skip
    points = points[:returned].copy()
    return points[in_view(points, calibration)] if lidar.camera_view_only else points


def _columns_in_view(azimuths: Float[np.ndarray, " C"], calibration: Calibration) -> Int[np.ndarray, " K"]:
    """The columns whose echoes can lie in the image; a few more than needed, never one too few."""
    height, width = calibration.image_size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=float) - 0.5
    centre, directions = camera_rays(calibration, corners)
    middle = directions.mean(0)
    towards = np.arctan2(middle[1], middle[0])
    spread = np.abs(wrap_angle(np.arctan2(directions[:, 1], directions[:, 0]) - towards)).max()
    # Camera and LiDAR see a point under different angles: at most this much at the nearest range, near the lowest beam.
    parallax = np.arcsin(min(np.linalg.norm(centre) / _NEAREST, 1.0)) / np.cos(np.radians(25))
    return np.flatnonzero(np.abs(wrap_angle(azimuths - towards)) <= spread + parallax)


def in_view(points: Float32[np.ndarray, "N 4"], calibration: Calibration) -> np.ndarray:
    """(N,) bool: the points that project into the image."""
    uv, depth = project_lidar(calibration, points[:, :3].astype(np.float64))
    height, width = calibration.image_size
    u, v = np.nan_to_num(uv, nan=-1e9).T
    return (depth > 0) & (u >= -0.5) & (u < width - 0.5) & (v >= -0.5) & (v < height - 0.5)
