"""Light arriving at each camera sample: sun, sky, reflections and air, in linear RGB."""

import numpy as np
from numba import njit

from monotakd.datasets.street.mesh import Material
from monotakd.datasets.street.noise_kernels import hash3
from monotakd.datasets.street.sky_kernels import (
    AIR,
    GROUND,
    SUN_DIRECTION,
    SUN_LIGHT,
    cloudy_sky,
    surroundings,
)
from monotakd.datasets.street.texture_kernels import textured, wobble

_F = np.float32
_FOLIAGE, _PAINT, _GRASS = int(Material.FOLIAGE), int(Material.PAINT), int(Material.GRASS)
_HEADLIGHT, _TAILLIGHT = int(Material.HEADLIGHT), int(Material.TAILLIGHT)


@njit(cache=True)
def hit_geometry(
    rays, distance, triangle, bary, triangles, vertex_normals, face_normals, smooth, points, normals, faces
):
    """World position, shading normal and face normal (both towards the viewer) of every hit; zeros where none."""
    for i in range(len(rays)):
        t = triangle[i]
        if t < 0:
            for k in range(3):
                points[i, k] = normals[i, k] = faces[i, k] = _F(0.0)
            continue
        facing = _F(0.0)
        for k in range(3):
            points[i, k] = rays[i, k] + distance[i] * rays[i, 3 + k]
            facing += face_normals[t, k] * rays[i, 3 + k]
        sign = _F(-1.0) if facing > 0 else _F(1.0)
        for k in range(3):
            faces[i, k] = sign * face_normals[t, k]
            normals[i, k] = faces[i, k]
        if smooth[t]:
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            v, w = bary[i, 0], bary[i, 1]
            u = _F(1.0) - v - w
            size = _F(0.0)
            for k in range(3):
                n = sign * (u * vertex_normals[a, k] + v * vertex_normals[b, k] + w * vertex_normals[c, k])
                normals[i, k] = n
                size += n * n
            size = max(np.sqrt(size), _F(1e-12))
            for k in range(3):
                normals[i, k] /= size


@njit(cache=True)
def shadow_rays(points, normals, faces, triangle, materials, sun, spread, seed, rays, index):
    """Rays from lit surfaces towards the sun; returns how many.

    Args:
        sun: (3,) unit direction towards the sun.
        spread: angular radius of the sun, radians; softens the edges of far shadows.
    """
    count = 0
    for i in range(len(points)):
        t = triangle[i]
        if t < 0:
            continue
        leafy = materials[t] == _FOLIAGE
        lit = normals[i, 0] * sun[0] + normals[i, 1] * sun[1] + normals[i, 2] * sun[2]
        if not leafy and (lit <= 0 or faces[i, 0] * sun[0] + faces[i, 1] * sun[1] + faces[i, 2] * sun[2] <= _F(-0.05)):
            continue
        start = _F(0.12) if leafy else _F(0.0)
        for k in range(3):
            jitter = (hash3(i, k, seed) - _F(0.5)) * _F(2.0) * spread
            rays[count, k] = points[i, k] + _F(2e-3) * faces[i, k] + start * sun[k]
            rays[count, 3 + k] = sun[k] + jitter
        index[count] = i
        count += 1
    return count


@njit(cache=True)
def shade(
    rays, distance, triangle, bary, points, normals, sunlit, open_sky, pixel_angle,
    triangles, local, placed, mesh_from_world, materials, colours,
    sky, ambient, haze, cover, gloss, shine, seed, radiance,
):  # fmt: skip
    """Fills (N, 3) linear radiance arriving along N camera rays.

    Args:
        rays: (N, 6) origin and direction.
        sunlit: (N,) share of the sun that reaches the point.
        open_sky: (N,) share of the hemisphere above the point that is open.
        pixel_angle: angle between neighbouring rays, radians.
        sky: (7, 3) light table, rows named in ``sky_kernels``.
        ambient: (3,) mean radiance of the sky.
        haze: extinction per metre.
        cover: share of the sky under cloud.
        gloss: (M,) reflectance at normal incidence of each material.
        shine: (M,) exponent of its highlight; 0 for none.
    """
    sx, sy, sz = sky[SUN_DIRECTION, 0], sky[SUN_DIRECTION, 1], sky[SUN_DIRECTION, 2]
    for i in range(len(rays)):
        dx, dy, dz = rays[i, 3], rays[i, 4], rays[i, 5]
        length = np.sqrt(dx * dx + dy * dy + dz * dz)
        dx, dy, dz = dx / length, dy / length, dz / length
        t = triangle[i]
        if t < 0:
            radiance[i, 0], radiance[i, 1], radiance[i, 2] = cloudy_sky(dx, dy, dz, sky, cover, seed)
            continue
        metres = distance[i] * length
        nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
        material = materials[t]
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        v, w = bary[i, 0], bary[i, 1]
        u = _F(1.0) - v - w
        x = u * local[a, 0] + v * local[b, 0] + w * local[c, 0]
        y = u * local[a, 1] + v * local[b, 1] + w * local[c, 1]
        z = u * local[a, 2] + v * local[b, 2] + w * local[c, 2]
        turn = mesh_from_world[placed[t]]
        lx = turn[0, 0] * nx + turn[0, 1] * ny + turn[0, 2] * nz
        ly = turn[1, 0] * nx + turn[1, 1] * ny + turn[1, 2] * nz
        lz = turn[2, 0] * nx + turn[2, 1] * ny + turn[2, 2] * nz
        slant = max(-(dx * nx + dy * ny + dz * nz), _F(0.02))
        footprint = metres * pixel_angle / np.sqrt(slant)
        pattern = seed + 31 * placed[t]
        red, green, blue = textured(
            material, x, y, z, lx, ly, lz, footprint, colours[t, 0], colours[t, 1], colours[t, 2], pattern
        )

        lit = nx * sx + ny * sy + nz * sz
        if material == _FOLIAGE:
            # Leaves face every way and let light through.
            direct = (_F(0.30) + _F(0.45) * max(lit, _F(0.0)) + _F(0.12) * abs(lit)) * sunlit[i]
        elif material == _GRASS:
            direct = (_F(0.25) + _F(0.6) * max(lit, _F(0.0))) * sunlit[i]
        else:
            direct = max(lit, _F(0.0)) * sunlit[i]
        free = open_sky[i]
        up = _F(0.5) + _F(0.5) * nz
        around = free * up
        below = (_F(1.0) - up) * (_F(0.25) + _F(0.75) * free) + _F(0.10) * (_F(1.0) - free)
        er = direct * sky[SUN_LIGHT, 0] + around * ambient[0] + below * sky[GROUND, 0]
        eg = direct * sky[SUN_LIGHT, 1] + around * ambient[1] + below * sky[GROUND, 1]
        eb = direct * sky[SUN_LIGHT, 2] + around * ambient[2] + below * sky[GROUND, 2]
        red, green, blue = red * er, green * eg, blue * eb

        base = gloss[material]
        if base > 0:
            p, q = wobble(material, x, y, z, pattern)
            mx, my, mz = nx - p * ny, ny + p * nx, nz + q
            along = _F(2.0) * (dx * mx + dy * my + dz * mz)
            rx, ry, rz = dx - along * mx, dy - along * my, dz - along * mz
            size = np.sqrt(rx * rx + ry * ry + rz * rz)
            rx, ry, rz = rx / size, ry / size, rz / size
            grazing = _F(1.0) - slant
            fresnel = base + (_F(1.0) - base) * grazing * grazing * grazing * grazing * grazing
            if shine[material] < 50:
                fresnel *= _F(0.15)
            mr, mg, mb = surroundings(rx, ry, rz, sky)
            open_mirror = fresnel * (_F(0.35) + _F(0.65) * free)
            red += open_mirror * mr
            green += open_mirror * mg
            blue += open_mirror * mb
            if shine[material] > 0 and sunlit[i] > 0:
                toward = rx * sx + ry * sy + rz * sz
                if toward > 0:
                    spark = fresnel * sunlit[i] * toward ** shine[material] * (_F(1.0) + _F(0.12) * shine[material])
                    red += spark * sky[SUN_LIGHT, 0]
                    green += spark * sky[SUN_LIGHT, 1]
                    blue += spark * sky[SUN_LIGHT, 2]
        if material == _TAILLIGHT:
            red += colours[t, 0] * _F(0.03)
        elif material == _HEADLIGHT:
            red, green, blue = red + _F(0.03), green + _F(0.03), blue + _F(0.03)

        clear = np.exp(-haze * metres)
        forward = _F(0.5) + _F(0.5) * (dx * sx + dy * sy + dz * sz)
        air = (_F(1.0) - clear) * (_F(0.75) + _F(0.6) * forward * forward)
        radiance[i, 0] = red * clear + sky[AIR, 0] * air
        radiance[i, 1] = green * clear + sky[AIR, 1] * air
        radiance[i, 2] = blue * clear + sky[AIR, 2] * air


@njit(cache=True)
def find_edges(triangle, placed, materials, face_normals, distance, sunlit, leaves, edges):
    """Marks pixels whose right or lower neighbour shows another thing, surface, face or light; (H, W) arrays."""
    height, width = triangle.shape
    for y in range(height):
        for x in range(width):
            a = triangle[y, x]
            for k in range(2):
                ny, nx = y + k, x + 1 - k
                if ny >= height or nx >= width:
                    continue
                b = triangle[ny, nx]
                if a < 0 and b < 0:
                    continue
                if a < 0 or b < 0:
                    different = True
                elif materials[a] == _FOLIAGE and materials[b] == _FOLIAGE:
                    different = leaves
                elif sunlit[y, x] != sunlit[ny, nx]:
                    different = True
                elif a == b:
                    different = False
                elif placed[a] != placed[b] or materials[a] != materials[b]:
                    different = True
                else:
                    cos = _F(0.0)
                    for c in range(3):
                        cos += face_normals[a, c] * face_normals[b, c]
                    jump = abs(distance[y, x] - distance[ny, nx])
                    different = cos < _F(0.8) or jump > _F(0.15) * min(distance[y, x], distance[ny, nx])
                if different:
                    edges[y, x] = True
                    edges[ny, nx] = True


@njit(cache=True)
def add_samples(radiance, pixel, limit, total, count):
    """Adds N samples to their pixels; radiance above ``limit`` is cut so that one spark cannot fill a pixel."""
    for i in range(len(pixel)):
        p = pixel[i]
        count[p] += 1
        for k in range(3):
            total[p, k] += min(radiance[i, k], limit)
