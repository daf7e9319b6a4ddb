"""Procedural textures: how the albedo of each material varies over its surface.

Coordinates are metres in the frame of the mesh, so a pattern sticks to its object. Details finer than the
footprint of a pixel fade out instead of flickering.
"""

import numpy as np
from numba import njit

from monotakd.datasets.street.mesh import Material
from monotakd.datasets.street.noise_kernels import fractal2, hash3, noise2, noise3

_ASPHALT, _MARKING, _PAVEMENT = int(Material.ASPHALT), int(Material.MARKING), int(Material.PAVEMENT)
_KERB, _GRASS, _PLASTER = int(Material.KERB), int(Material.GRASS), int(Material.PLASTER)
_BRICK, _ROOF, _FOLIAGE = int(Material.BRICK), int(Material.ROOF), int(Material.FOLIAGE)
_BARK, _PAINT, _CLOTH = int(Material.BARK), int(Material.PAINT), int(Material.CLOTH)
_CONCRETE, _DIRT, _WINDOW = int(Material.CONCRETE), int(Material.DIRT), int(Material.WINDOW)
_F = np.float32


@njit(cache=True, inline="always")
def _visible(period, footprint):
    """1 where a pattern of this period (metres) is resolved by the pixel footprint, 0 where it would alias."""
    return min(max(period / (_F(2.0) * footprint) - _F(0.5), _F(0.0)), _F(1.0))


@njit(cache=True)
def _asphalt(u, v, footprint, seed):
    tone = _F(1.0) + _F(0.34) * (fractal2(u * _F(0.22), v * _F(0.22), seed + 1, 3) - _F(0.5))
    tone += _F(0.16) * (noise2(u * _F(0.06), v * _F(1.3), seed + 2) - _F(0.5))
    fine = _visible(_F(0.12), footprint)
    if fine > 0:
        tone += fine * _F(0.24) * (noise2(u * _F(17.0), v * _F(17.0), seed + 3) - _F(0.5))
        grain = _visible(_F(0.05), footprint)
        if grain > 0:
            tone += grain * _F(0.6) * (noise2(u * _F(48.0), v * _F(48.0), seed + 4) - _F(0.5))
    crack = abs(noise2(u * _F(0.21) + _F(0.2) * tone, v * _F(0.21), seed + 6) - _F(0.5))
    if crack < _F(0.0022):
        tone *= _F(1.0) - _F(0.4) * _visible(_F(0.07), footprint)
    return tone


@njit(cache=True)
def _blocks(u, v, width, height, joint, footprint, spread, seed):
    """Courses of blocks with joints; every second course is shifted by half a block."""
    row = np.floor(v / height)
    u = u + _F(0.5) * width * (row - _F(2.0) * np.floor(row / _F(2.0)))
    column = np.floor(u / width)
    clear = _visible(min(width, height), footprint)
    tone = _F(1.0) + clear * spread * (hash3(np.int64(row), np.int64(column), seed) - _F(0.5))
    du, dv = u - column * width, v - row * height
    if du < joint or dv < joint:
        tone = tone * (_F(1.0) - _F(0.35) * _visible(_F(4.0) * joint, footprint))
    return tone


@njit(cache=True)
def textured(material, x, y, z, nx, ny, nz, footprint, r, g, b, seed):
    """The albedo (r, g, b) at a point of a surface whose plain colour is (r, g, b).

    Args:
        material: value of ``Material``.
        x, y, z: position in the frame of the mesh, metres.
        nx, ny, nz: unit normal in that frame.
        footprint: size of a pixel on the surface, metres.
        seed: shifts every pattern.
    """
    if abs(nz) > _F(0.75):
        u, v = x, y
    else:
        level = max(np.sqrt(nx * nx + ny * ny), _F(0.3))
        u, v = (nx * y - ny * x) / level, z / level
    if material == _ASPHALT:
        tone = _asphalt(u, v, footprint, seed)
    elif material == _MARKING:
        worn = noise2(u * _F(6.0), v * _F(6.0), seed + 7) * _F(0.6) + noise2(u * _F(0.8), v * _F(0.8), seed + 8) * _F(
            0.6
        )
        tone = _F(1.0) - _F(0.55) * min(max(_F(0.42) - worn, _F(0.0)) * _F(6.0), _F(1.0))
    elif material == _PAVEMENT:
        tone = _blocks(u, v, _F(0.5), _F(0.5), _F(0.012), footprint, _F(0.16), seed)
        tone *= _F(1.0) + _F(0.3) * (fractal2(u * _F(0.4), v * _F(0.4), seed + 9, 3) - _F(0.5))
        tone += _visible(_F(0.05), footprint) * _F(0.25) * (noise2(u * _F(45.0), v * _F(45.0), seed + 10) - _F(0.5))
    elif material == _KERB:
        tone = _blocks(u + v, z, _F(1.0), _F(9.0), _F(0.015), footprint, _F(0.2), seed)
        tone *= _F(1.0) + _F(0.3) * (noise2(x * _F(3.0), y * _F(3.0), seed + 12) - _F(0.5))
    elif material == _GRASS:
        dry = fractal2(u * _F(0.12), v * _F(0.12), seed + 13, 3)
        tone = _F(0.72) + _F(0.6) * fractal2(u * _F(0.9), v * _F(0.9), seed + 14, 2)
        tone += _visible(_F(0.2), footprint) * _F(0.5) * (noise2(u * _F(11.0), v * _F(11.0), seed + 15) - _F(0.5))
        tone += _visible(_F(0.06), footprint) * _F(0.9) * (noise2(u * _F(38.0), v * _F(38.0), seed + 16) - _F(0.5))
        r *= _F(0.75) + _F(0.65) * dry
        b *= _F(0.7) + _F(0.5) * dry
    elif material in (_PLASTER, _CONCRETE):
        tone = _F(1.0) + _F(0.22) * (fractal2(u * _F(0.5), v * _F(0.5), seed + 17, 3) - _F(0.5))
        tone += _F(0.16) * (noise2(u * _F(1.7), v * _F(0.12), seed + 18) - _F(0.5))
        tone += _visible(_F(0.06), footprint) * _F(0.12) * (noise2(u * _F(33.0), v * _F(33.0), seed + 19) - _F(0.5))
        damp = _F(0.9) - v + _F(0.7) * noise2(u * _F(0.9), v, seed + 20)
        tone *= _F(1.0) - _F(0.22) * min(max(damp, _F(0.0)), _F(1.0))
    elif material == _BRICK:
        tone = _blocks(u, v, _F(0.25), _F(0.075), _F(0.012), footprint, _F(0.55), seed)
        tone *= _F(1.0) + _F(0.3) * (fractal2(u * _F(0.4), v * _F(0.4), seed + 21, 3) - _F(0.5))
    elif material == _ROOF:
        tone = _blocks(u, v, _F(0.22), _F(0.32), _F(0.03), footprint, _F(0.35), seed)
        tone *= _F(0.85) + _F(0.4) * fractal2(u * _F(0.3), v * _F(0.3), seed + 22, 3)
    elif material == _FOLIAGE:
        clump = noise3(x * _F(1.6), y * _F(1.6), z * _F(1.6), seed + 23)
        leaf = noise3(x * _F(10.0), y * _F(10.0), z * _F(10.0), seed + 24)
        tone = _F(0.30) + _F(0.75) * clump + _visible(_F(0.2), footprint) * _F(1.3) * (leaf - _F(0.42))
        tone = max(tone, _F(0.06))
        r *= _F(0.7) + _F(0.7) * clump * leaf + _F(0.2) * leaf
    elif material == _BARK:
        tone = _F(0.6) + _F(0.8) * noise2(u * _F(14.0), v * _F(1.5), seed + 25)
    elif material == _CLOTH:
        tone = _F(0.8) + _F(0.4) * noise3(x * _F(7.0), y * _F(7.0), z * _F(3.5), seed + 26)
    elif material == _DIRT:
        tone = _F(0.6) + _F(0.8) * fractal2(u * _F(1.5), v * _F(1.5), seed + 27, 3)
        tone += _visible(_F(0.06), footprint) * _F(0.5) * (noise2(u * _F(30.0), v * _F(30.0), seed + 28) - _F(0.5))
    elif material == _PAINT:
        # Road dust on sills and wheel arches.
        dust = min(max(_F(0.45) - z, _F(0.0)) * _F(1.2), _F(0.4))
        return r + (_F(0.10) - r) * dust, g + (_F(0.09) - g) * dust, b + (_F(0.075) - b) * dust
    else:
        return r, g, b
    tone = max(tone, _F(0.03))
    return r * tone, g * tone, b * tone


@njit(cache=True)
def wobble(material, x, y, z, seed):
    """A small tilt (two numbers) for panes that are never quite flat, so that they mirror different things."""
    if material != _WINDOW:
        return _F(0.0), _F(0.0)
    a = hash3(np.int64(np.floor(x * _F(0.7))), np.int64(np.floor(y * _F(0.7))), np.int64(np.floor(z * _F(0.6))) + seed)
    return (a - _F(0.5)) * _F(0.10), (_F(1.0) - _F(2.0) * abs(a - _F(0.5)) - _F(0.5)) * _F(0.10)
