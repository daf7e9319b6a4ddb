"""Hashes and value noise for procedural textures: the same everywhere, without tables."""

import numpy as np
from numba import njit

_MASK = 0xFFFFFFFF
_SCALE = np.float32(1.0 / 4294967296.0)


@njit(cache=True, inline="always")
def _bits(x, y, z):
    """32 well-mixed bits for three integers."""
    h = (x * 374761393 + y * 668265263 + z * 2147483647) & _MASK
    h = ((h ^ (h >> 13)) * 1274126177) & _MASK
    h = ((h ^ (h >> 15)) * 1103515245) & _MASK
    return h ^ (h >> 16)


@njit(cache=True, inline="always")
def hash3(x, y, z):
    """A number in [0, 1) for three integers."""
    return np.float32(_bits(x, y, z)) * _SCALE


@njit(cache=True, inline="always")
def normal(x, y, z):
    """A nearly normal number for three integers: the sum of the four bytes of a hash, with variance 1."""
    h = _bits(x, y, z)
    total = (h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + (h >> 24)
    return (np.float32(total) - np.float32(510.0)) * np.float32(1.0 / 147.8)


@njit(cache=True, inline="always")
def _fade(t):
    return t * t * (np.float32(3.0) - np.float32(2.0) * t)


@njit(cache=True)
def noise2(x, y, seed):
    """Smooth noise in 0..1 with features one unit wide."""
    fx, fy = np.floor(x), np.floor(y)
    ix, iy = np.int64(fx), np.int64(fy)
    u, v = _fade(x - fx), _fade(y - fy)
    a = hash3(ix, iy, seed)
    b = hash3(ix + 1, iy, seed)
    c = hash3(ix, iy + 1, seed)
    d = hash3(ix + 1, iy + 1, seed)
    low = a + (b - a) * u
    high = c + (d - c) * u
    return low + (high - low) * v


@njit(cache=True)
def noise3(x, y, z, seed):
    """Smooth noise in 0..1 with features one unit wide, in space."""
    fz = np.floor(z)
    iz = np.int64(fz)
    w = _fade(z - fz)
    low = noise2(x, y, seed + 7919 * iz)
    high = noise2(x, y, seed + 7919 * (iz + 1))
    return low + (high - low) * w


@njit(cache=True)
def fractal2(x, y, seed, octaves):
    """Noise with detail at several scales, in 0..1."""
    total, weight, size = np.float32(0.0), np.float32(0.5), np.float32(0.0)
    for k in range(octaves):
        total += weight * noise2(x, y, seed + 101 * k)
        size += weight
        weight *= np.float32(0.5)
        x, y = x * np.float32(2.03) + np.float32(17.1), y * np.float32(2.03) - np.float32(9.7)
    return total / size
