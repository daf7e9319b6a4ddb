"""From a scene's light and what the camera's rays hit to the radiance of every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from monotakd.datasets.street import ambient_kernels, shading_kernels
from monotakd.datasets.street.camera import camera_pose
from monotakd.datasets.street.mesh import Material
from monotakd.datasets.street.raycast import Hits, RayCaster
from monotakd.datasets.street.raycast_kernels import pixel_rays
from monotakd.datasets.street.sky_kernels import AIR, CLOUD, GROUND, HORIZON, SUN_DIRECTION, SUN_LIGHT, ZENITH
from monotakd.datasets.street.world import Lighting, StreetScene

_SUN_RADIUS = 0.0015  # radians; the real disc has 0.0047, but one ray per pixel would turn its soft edges into grain
_CLOSED = 0.97  # overcast from which no shadow is cast
_SKY_REACH = 12.0  # metres within which walls and trees take skylight away
_SKY_RAYS = 2  # per coarse pixel; smoothing over 4 x 4 of them makes 32
_SMALL = 640  # images up to this width, in pixels, are super-sampled more
_BRIGHTEST = 2.5  # radiance at which a single sample is cut
# Reflectance at normal incidence and exponent of the highlight; everything else is matt.
_GLOSSY = {
    Material.PAINT: (0.06, 260.0),
    Material.GLASS: (0.07, 900.0),
    Material.WINDOW: (0.16, 600.0),
    Material.METAL: (0.20, 40.0),
    Material.HEADLIGHT: (0.12, 300.0),
    Material.TAILLIGHT: (0.06, 300.0),
    Material.SIGN: (0.04, 30.0),
    Material.PLASTIC: (0.03, 20.0),
    Material.PLATE: (0.04, 40.0),
    Material.RUBBER: (0.02, 8.0),
    Material.ASPHALT: (0.02, 6.0),
}
_GLOSS, _SHINE = np.array([_GLOSSY.get(m, (0.0, 0.0)) for m in Material], np.float32).T.copy()


class Light(NamedTuple):
    """Light in the form the kernels take.

    Attributes:
        sky: (7, 3) float32, rows named in ``sky_kernels``.
        ambient: (3,) mean radiance of the sky.
        cover: share of the sky under cloud.
    """

    sky: np.ndarray
    ambient: np.ndarray
    cover: np.float32

    @classmethod
    def of(cls, lighting: Lighting) -> Light:
        """The sun, the sky and what a street reflects under them; 1 is the radiance of a white wall in full sun."""
        azimuth, elevation, overcast = lighting.sun_azimuth, lighting.sun_elevation, lighting.overcast
        sun = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
        low = np.exp(-4.0 * max(sun[2], 0.0))  # the long way through the air takes the blue
        direct = 3.0 * (1 - overcast) * (1 - 0.45 * low) * np.array([1.0, 0.95 - 0.18 * low, 0.86 - 0.38 * low])
        ambient = (1 - overcast) * np.array([0.135, 0.18, 0.255]) + overcast * np.array([1.05, 1.10, 1.18])
        sky = np.empty((7, 3), np.float32)
        sky[SUN_DIRECTION], sky[SUN_LIGHT] = sun, direct
        sky[ZENITH] = (1 - overcast) * np.array([0.14, 0.46, 0.98]) + overcast * np.array([1.05, 1.08, 1.12])
        sky[HORIZON] = (1 - overcast) * np.array([1.15, 1.32, 1.42]) + overcast * np.array([1.25, 1.26, 1.28])
        sky[GROUND] = np.array([0.11, 0.105, 0.09]) * (0.8 * direct * max(sun[2], 0.05) + ambient)
        sky[AIR] = (1 - overcast) * np.array([0.46, 0.53, 0.62]) + overcast * np.array([0.66, 0.68, 0.71])
        sky[CLOUD] = (1 - overcast) * np.array([1.35, 1.36, 1.38]) + overcast * np.array([0.93, 0.95, 0.98])
        return cls(sky, ambient.astype(np.float32), np.float32(0.12 + 0.88 * overcast))


@dataclass(frozen=True, eq=False)
class View:
    """What the camera's rays through the pixel centres hit; arrays of H * W rows.

    Attributes:
        shape: (height, width).
        rays: (H * W, 6) from the optical centre, direction with camera depth 1.
        hits: what they hit; the distance is the depth behind the optical centre.
    """

    shape: tuple[int, int]
    rays: Float[np.ndarray, "N 6"]
    hits: Hits


def look(scene: StreetScene, caster: RayCaster) -> View:
    """Casts a ray through every pixel centre."""
    height, width = scene.camera.height, scene.camera.width
    origin, world_from_img = camera_pose(scene)
    rays = np.empty((height * width, 6), np.float32)
    pixel_rays(origin, world_from_img, np.arange(height * width), width, np.zeros((1, 2)), rays)
    return View((height, width), rays, caster.nearest(rays))


def radiance(
    scene: StreetScene, caster: RayCaster, view: View, supersample: int | None = None
) -> Float[np.ndarray, "H W 3"]:
    """(H, W, 3) linear RGB arriving at the camera.

    Args:
        scene: its light, camera and seed.
        caster: over the scene's surfaces.
        view: from `look`.
        supersample: square root of the samples per pixel. None takes 2 (in images wider than 640
            pixels 3 samples) in pixels where things or light and shadow meet; 1 takes the pixel centres alone.
    """
    height, width = view.shape
    light = Light.of(scene.lighting)
    geometry = _Geometry.of(view.rays, view.hits, caster)
    open_sky = _open_sky(view, geometry, caster)
    sunlit = _sunlit(scene, caster, light, view.hits, geometry)
    total, count = np.zeros((height * width, 3), np.float32), np.zeros(height * width, np.int32)
    samples = (4 if width <= _SMALL else 3) if supersample is None else supersample**2
    fine = _edges(view, caster, sunlit, width <= _SMALL) if supersample is None else np.arange(height * width)

    def add(rays: np.ndarray, hits: Hits, geometry: _Geometry, sunlit: np.ndarray, pixel: np.ndarray) -> None:
        colours = _shade(scene, caster, light, rays, hits, geometry, sunlit, open_sky[pixel])
        shading_kernels.add_samples(colours, pixel, np.float32(_BRIGHTEST), total, count)

    add(view.rays, view.hits, geometry, sunlit, np.arange(height * width))
    if samples > 1 and len(fine):
        origin, world_from_img = camera_pose(scene)
        rays, pixel = np.empty((len(fine) * (samples - 1), 6), np.float32), np.repeat(fine, samples - 1)
        pixel_rays(origin, world_from_img, fine, width, _offsets(samples), rays)
        hits = caster.nearest(rays)
        geometry = _Geometry.of(rays, hits, caster)
        add(rays, hits, geometry, _sunlit(scene, caster, light, hits, geometry), pixel)
    total /= count[:, None]
    return total.reshape(height, width, 3)


def _offsets(samples: int) -> Float[np.ndarray, "K 2"]:
    """(samples - 1, 2) places in a pixel that go with its centre: a sunflower over a disc of one pixel's area."""
    k = np.arange(1, samples)
    radius, angle = np.sqrt(k / (np.pi * samples)), k * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _edges(view: View, caster: RayCaster, sunlit: np.ndarray, leaves: bool) -> Int[np.ndarray, " E"]:
    """Pixels in which different things, faces or light and shadow meet; with ``leaves`` all foliage, too."""
    edges, surfaces, hits = np.zeros(view.shape, dtype=bool), caster.surfaces, view.hits
    shading_kernels.find_edges(
        hits.triangle.reshape(view.shape), surfaces.placed, surfaces.materials, surfaces.face_normals,
        hits.distance.reshape(view.shape), sunlit.reshape(view.shape), leaves, edges,
    )  # fmt: skip
    return np.flatnonzero(edges)


class _Geometry(NamedTuple):
    """Position, shading normal and face normal of each hit, all (N, 3) float32."""

    points: np.ndarray
    normals: np.ndarray
    faces: np.ndarray

    @classmethod
    def of(cls, rays: np.ndarray, hits: Hits, caster: RayCaster) -> _Geometry:
        geometry = cls(*(np.empty((len(rays), 3), np.float32) for _ in range(3)))
        surfaces = caster.surfaces
        shading_kernels.hit_geometry(
            rays, hits.distance, hits.triangle, hits.bary, surfaces.triangles, surfaces.vertex_normals,
            surfaces.face_normals, surfaces.smooth, *geometry,
        )  # fmt: skip
        return geometry


def _open_sky(view: View, geometry: _Geometry, caster: RayCaster) -> Float[np.ndarray, " N"]:
    """Share of the sky that each pixel's point sees, from coarse pixels."""
    height, width = view.shape
    stride = 4 if width > _SMALL else 3
    rows, columns = np.arange(0, height, stride), np.arange(0, width, stride)
    chosen = (rows[:, None] * width + columns).ravel()
    shape = (len(rows), len(columns))
    points, normals, faces = (np.ascontiguousarray(a[chosen]) for a in geometry)
    triangle, distance = view.hits.triangle[chosen], view.hits.distance[chosen]
    rays = np.empty((len(chosen) * _SKY_RAYS, 6), np.float32)
    index = np.empty(len(rays), np.int64)
    count = ambient_kernels.sky_rays(points, normals, faces, triangle, shape, _SKY_RAYS, rays, index)
    blocked = caster.occluded(rays[:count], _SKY_REACH)
    coarse, smooth = np.zeros(len(chosen), np.float32), np.empty(len(chosen), np.float32)
    ambient_kernels.gather_open(blocked, index, _SKY_RAYS, coarse)
    ambient_kernels.smooth_open(coarse, points, normals, triangle, distance, shape, smooth)
    fine = np.empty(height * width, np.float32)
    ambient_kernels.spread_open(
        smooth, points, normals, triangle, shape, stride,
        geometry.points, geometry.normals, view.hits.triangle, view.hits.distance, view.shape, fine,
    )  # fmt: skip
    return fine


def _sunlit(
    scene: StreetScene, caster: RayCaster, light: Light, hits: Hits, geometry: _Geometry
) -> Float[np.ndarray, " N"]:
    """1 where the sun reaches the hit, 0 in shadow and on sides turned away."""
    sunlit = np.zeros(len(hits.triangle), np.float32)
    if scene.lighting.overcast < _CLOSED and light.sky[SUN_DIRECTION, 2] > 0:
        toward, index = np.empty((len(sunlit), 6), np.float32), np.empty(len(sunlit), np.int64)
        count = shading_kernels.shadow_rays(
            *geometry, hits.triangle, caster.surfaces.materials, light.sky[SUN_DIRECTION], np.float32(_SUN_RADIUS),
            scene.seed, toward, index,
        )  # fmt: skip
        sunlit[index[:count]] = ~caster.occluded(toward[:count], np.inf)
    return sunlit


def _shade(
    scene: StreetScene,
    caster: RayCaster,
    light: Light,
    rays: np.ndarray,
    hits: Hits,
    geometry: _Geometry,
    sunlit: np.ndarray,
    open_sky: np.ndarray,
) -> Float[np.ndarray, "N 3"]:
    surfaces, camera = caster.surfaces, scene.camera
    colours = np.empty((len(rays), 3), np.float32)
    shading_kernels.shade(
        rays, hits.distance, hits.triangle, hits.bary, geometry.points, geometry.normals, sunlit, open_sky,
        np.float32(1.0 / (camera.focal * camera.width)),
        surfaces.triangles, surfaces.local, surfaces.placed, surfaces.mesh_from_world, surfaces.materials,
        surfaces.colours, light.sky, light.ambient, np.float32(scene.lighting.haze), light.cover, _GLOSS, _SHINE,
        scene.seed, colours,
    )  # fmt: skip
    return colours


def actor_rows(view: View, caster: RayCaster) -> Int[np.ndarray, "H W"]:
    """(H, W) row of the actor seen at each pixel centre, -1 elsewhere."""
    triangle = view.hits.triangle
    rows = np.full(len(triangle), -1, np.int32)
    seen = triangle >= 0
    rows[seen] = caster.surfaces.actors[triangle[seen]]
    return rows.reshape(view.shape)
