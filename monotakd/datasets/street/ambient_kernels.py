"""How much of the sky each point sees, from a few short rays per coarse pixel."""

import numpy as np
from numba import njit

_F = np.float32
_GOLDEN = _F(2.3999632)


@njit(cache=True)
def sky_rays(points, normals, faces, triangle, shape, per_point, rays, index):
    """Cosine-weighted rays over the normals of (h, w) coarse pixels; returns how many.

    The pattern of a 4 x 4 block of pixels covers the hemisphere evenly, so smoothing over a block removes its noise.
    """
    height, width = shape
    count = 0
    for y in range(height):
        for x in range(width):
            i = y * width + x
            if triangle[i] < 0:
                continue
            nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
            if abs(nz) < _F(0.9):
                ax, ay, az = -ny, nx, _F(0.0)
            else:
                ax, ay, az = _F(0.0), -nz, ny
            size = np.sqrt(ax * ax + ay * ay + az * az)
            ax, ay, az = ax / size, ay / size, az / size
            bx, by, bz = ny * az - nz * ay, nz * ax - nx * az, nx * ay - ny * ax
            cell = (x & 3) * 4 + ((y & 3) ^ (x & 3))
            for k in range(per_point):
                number = cell + 16 * k
                height_share = (_F(number) + _F(0.5)) / _F(16 * per_point)
                radius = np.sqrt(height_share)
                angle = _GOLDEN * _F(number * 7 % (16 * per_point))
                p, q, r = radius * np.cos(angle), radius * np.sin(angle), np.sqrt(_F(1.0) - height_share)
                rays[count, 3] = p * ax + q * bx + r * nx
                rays[count, 4] = p * ay + q * by + r * ny
                rays[count, 5] = p * az + q * bz + r * nz
                for c in range(3):
                    rays[count, c] = points[i, c] + _F(4e-3) * faces[i, c]
                index[count] = i
                count += 1
    return count


@njit(cache=True)
def gather_open(blocked, index, per_point, open_sky):
    """Share of the rays of each coarse pixel that met nothing."""
    for i in range(len(blocked)):
        if not blocked[i]:
            open_sky[index[i]] += _F(1.0) / _F(per_point)


@njit(cache=True)
def smooth_open(open_sky, points, normals, triangle, distance, shape, smooth):
    """Averages over 4 x 4 neighbours that lie on the same plane."""
    height, width = shape
    for y in range(height):
        for x in range(width):
            i = y * width + x
            if triangle[i] < 0:
                smooth[i] = _F(1.0)
                continue
            reach = _F(0.02) * distance[i] + _F(0.05)
            total, weight = _F(0.0), _F(0.0)
            for yy in range(max(y - 2, 0), min(y + 2, height)):
                for xx in range(max(x - 2, 0), min(x + 2, width)):
                    j = yy * width + xx
                    if triangle[j] < 0:
                        continue
                    along = cos = _F(0.0)
                    for c in range(3):
                        along += (points[j, c] - points[i, c]) * normals[i, c]
                        cos += normals[i, c] * normals[j, c]
                    if abs(along) > reach or cos < _F(0.7):
                        continue
                    total += open_sky[j]
                    weight += _F(1.0)
            smooth[i] = total / weight if weight > 0 else open_sky[i]


@njit(cache=True)
def spread_open(coarse, coarse_points, coarse_normals, coarse_triangle, coarse_shape, stride,
                points, normals, triangle, distance, shape, fine):  # fmt: skip
    """Carries coarse values to every pixel, from those of the four neighbours that lie on its plane."""
    height, width = shape
    h, w = coarse_shape
    for y in range(height):
        for x in range(width):
            i = y * width + x
            if triangle[i] < 0:
                fine[i] = _F(1.0)
                continue
            gy, gx = _F(y) / _F(stride), _F(x) / _F(stride)
            y0, x0 = min(int(gy), h - 1), min(int(gx), w - 1)
            reach = _F(0.02) * distance[i] + _F(0.05)
            total, weight = _F(0.0), _F(0.0)
            nearest, best = _F(1.0), _F(1e30)
            for yy in range(y0, min(y0 + 2, h)):
                for xx in range(x0, min(x0 + 2, w)):
                    j = yy * w + xx
                    if coarse_triangle[j] < 0:
                        continue
                    along = cos = gap = _F(0.0)
                    for c in range(3):
                        step = coarse_points[j, c] - points[i, c]
                        along += step * normals[i, c]
                        gap += step * step
                        cos += normals[i, c] * coarse_normals[j, c]
                    if gap < best:
                        nearest, best = coarse[j], gap
                    if abs(along) > reach or cos < _F(0.7):
                        continue
                    share = (_F(1.001) - abs(gy - _F(yy))) * (_F(1.001) - abs(gx - _F(xx)))
                    total += share * coarse[j]
                    weight += share
            fine[i] = total / weight if weight > 0 else nearest
