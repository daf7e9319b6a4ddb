"""What a LiDAR receiver makes of each echo: range, intensity, or nothing."""

import numpy as np
from numba import njit

from monotakd.datasets.street.noise_kernels import hash3, normal

_F = np.float32


@njit(cache=True)
def beam_rays(origin, world_from_lidar, elevations, azimuths, directions, rays):
    """Rays (beams * columns, 6) in the world and their unit directions in the LiDAR frame, ring by ring."""
    count = 0
    cos, sin = np.cos(azimuths), np.sin(azimuths)
    for elevation in elevations:
        flat, up = np.cos(elevation), np.sin(elevation)
        for column in range(len(azimuths)):
            x, y = flat * cos[column], flat * sin[column]
            directions[count, 0], directions[count, 1], directions[count, 2] = x, y, up
            for k in range(3):
                rays[count, k] = origin[k]
                rays[count, 3 + k] = (
                    world_from_lidar[k, 0] * x + world_from_lidar[k, 1] * y + world_from_lidar[k, 2] * up
                )
            count += 1


@njit(cache=True)
def receive(
    rays, directions, distance, triangle, materials, colours, face_normals, reflectance, tint, mirror, leafy,
    nearest, farthest, range_noise, columns, turn, seed, points,
):  # fmt: skip
    """Fills points (N, 4) in the LiDAR frame and returns how many echoes came back.

    Args:
        reflectance: (M,) share of the pulse that each material scatters back.
        tint: (M,) how much of that depends on the surface's colour, 0..1.
        mirror: (M,) share of pulses that a smooth surface throws elsewhere.
        leafy: the material that faces every way.
        nearest, farthest: metres; ``farthest`` is reached by a white wall seen straight on.
        range_noise: standard deviation, metres.
        columns: (K,) which of the turn's columns each ring of K rays belongs to.
        turn: columns of a full turn.
        seed: of noise and dropout; each firing draws its own, so points do not depend on each other.
    """
    count = 0
    for i in range(len(rays)):
        t = triangle[i]
        if t < 0 or distance[i] < nearest or distance[i] > farthest:
            continue
        material = materials[t]
        cos = _F(0.0)
        for k in range(3):
            cos += face_normals[t, k] * rays[i, 3 + k]
        cos = abs(cos)
        if material == leafy:
            cos = _F(0.65)
        light = _F(0.3) * colours[t, 0] + _F(0.6) * colours[t, 1] + _F(0.1) * colours[t, 2]
        strength = reflectance[material] * (_F(1.0) - tint[material] + tint[material] * _F(2.2) * np.sqrt(light))
        # Rough surfaces send back more at grazing angles than Lambert's law says; roads are seen to 60 m.
        echo = strength * (_F(0.35) + _F(0.65) * cos)
        reach = farthest * np.sqrt(min(echo / _F(0.35), _F(1.0)))
        lost = _F(0.012) + mirror[material] * (_F(1.0) - cos * cos)
        far = (distance[i] / reach - _F(0.75)) / _F(0.35)
        if far > 0:
            lost += (_F(1.0) - lost) * min(far * far, _F(1.0))
        firing = i // len(columns) * turn + columns[i % len(columns)]
        if hash3(firing, 0, seed) < lost:
            continue
        r = distance[i] + range_noise * normal(firing, 1, seed)
        intensity = strength * (_F(0.8) + _F(0.31) * cos) * (_F(1.0) - _F(0.25) * distance[i] / farthest)
        intensity += _F(0.08) * normal(firing, 2, seed)
        for k in range(3):
            points[count, k] = directions[i, k] * r
        points[count, 3] = np.rint(min(max(intensity, _F(0.0)), _F(0.99)) * _F(100.0)) / _F(100.0)
        count += 1
    return count
