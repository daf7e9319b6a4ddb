"""The sky as a function of direction: gradient, glow round the sun, clouds."""

import numpy as np
from numba import njit

from monotakd.datasets.street.noise_kernels import fractal2, noise2

# Rows of the ``sky`` table that shading.py fills, (7, 3) float32.
SUN_DIRECTION, SUN_LIGHT, ZENITH, HORIZON, GROUND, CLOUD, AIR = range(7)


@njit(cache=True)
def clear_sky(x, y, z, sky):
    """Radiance of the cloudless sky towards the unit direction (x, y, z); z below 0 counts as the horizon."""
    up = max(z, np.float32(0.0))
    toward = x * sky[SUN_DIRECTION, 0] + y * sky[SUN_DIRECTION, 1] + z * sky[SUN_DIRECTION, 2]
    blend = np.float32(1.0) - np.exp(np.float32(-4.5) * up)
    # Air near the sun scatters forwards: a wide white veil and a narrow glare.
    veil = np.float32(0.5) + np.float32(0.5) * toward
    veil = veil * veil
    strength = sky[SUN_LIGHT, 0]
    glow = strength * (
        np.float32(0.35) * veil * veil * (np.float32(1.3) - up)
        + np.float32(1.5) * np.exp(np.float32(14.0) * (toward - 1))
    )
    r = sky[HORIZON, 0] + (sky[ZENITH, 0] - sky[HORIZON, 0]) * blend + glow
    g = sky[HORIZON, 1] + (sky[ZENITH, 1] - sky[HORIZON, 1]) * blend + glow * np.float32(0.97)
    b = sky[HORIZON, 2] + (sky[ZENITH, 2] - sky[HORIZON, 2]) * blend + glow * np.float32(0.9)
    return r, g, b


@njit(cache=True)
def cloudy_sky(x, y, z, sky, cover, seed):
    """Radiance of the sky with clouds on a layer high above.

    Args:
        cover: share of the sky under cloud, 0..1.
        seed: of the cloud pattern.
    """
    r, g, b = clear_sky(x, y, z, sky)
    height = max(z, np.float32(0.0)) + np.float32(0.07)
    u, v = x / height, y / height
    pattern = fractal2(u * np.float32(0.55), v * np.float32(0.55), seed, 5)
    edge = np.float32(0.78) - np.float32(0.55) * cover
    mass = min(max((pattern - edge) / np.float32(0.22), np.float32(0.0)), np.float32(1.0))
    mass = mass * mass * (np.float32(3.0) - np.float32(2.0) * mass)
    shade = np.float32(1.0) - np.float32(0.35) * max(pattern - edge - np.float32(0.1), np.float32(0.0)) * (
        np.float32(1.0) + cover
    )
    r += (sky[CLOUD, 0] * shade - r) * mass
    g += (sky[CLOUD, 1] * shade - g) * mass
    b += (sky[CLOUD, 2] * shade - b) * mass
    return r, g, b


@njit(cache=True)
def surroundings(x, y, z, sky):
    """What a glossy surface reflects from direction (x, y, z): sky above a ragged skyline, street below it."""
    skyline = np.float32(0.06) + np.float32(0.34) * noise2(x * np.float32(3.1), y * np.float32(3.1), 5)
    r, g, b = clear_sky(x, y, z, sky)
    share = min(max((z - skyline) * np.float32(9.0) + np.float32(0.5), np.float32(0.0)), np.float32(1.0))
    low = np.float32(0.6)
    if z < 0:
        low = min(np.float32(0.6) - np.float32(2.5) * z, np.float32(1.0))
    return (
        sky[GROUND, 0] * low + (r - sky[GROUND, 0] * low) * share,
        sky[GROUND, 1] * low + (g - sky[GROUND, 1] * low) * share,
        sky[GROUND, 2] * low + (b - sky[GROUND, 2] * low) * share,
    )
