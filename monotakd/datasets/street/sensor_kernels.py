"""What the camera makes of the light: softness, vignetting, noise, tone curve, eight bits."""

import numpy as np
from numba import njit

from monotakd.datasets.street.noise_kernels import normal

_F = np.float32


@njit(cache=True)
def expose(radiance, seed, gain, softness, vignette, shot, read, curve, image):
    """Fills an (H, W, 3) uint8 image from (H, W, 3) linear radiance.

    Args:
        seed: of the noise.
        gain: exposure.
        softness: share of the light that each of the four neighbours receives from a point.
        vignette: loss of light in the corners, 0..1.
        shot: standard deviation of photon noise at full scale.
        read: standard deviation of the electronics' noise.
        curve: (K,) output 0..255 for inputs evenly spaced in the square root of 0..1.
    """
    height, width, _ = radiance.shape
    last = _F(len(curve) - 1)
    centre = _F(1.0) - _F(4.0) * softness
    scale = _F(1.0) / (_F(width) * _F(width) / 4 + _F(height) * _F(height) / 4)
    for y in range(height):
        up, down = max(y - 1, 0), min(y + 1, height - 1)
        dy = _F(y) - _F(height) / 2
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            dx = _F(x) - _F(width) / 2
            light = gain * (_F(1.0) - vignette * (dx * dx + dy * dy) * scale)
            for k in range(3):
                value = centre * radiance[y, x, k] + softness * (
                    radiance[up, x, k] + radiance[down, x, k] + radiance[y, left, k] + radiance[y, right, k]
                )
                value *= light
                value += normal(x, y, seed + k) * np.sqrt(shot * shot * max(value, _F(0.0)) + read * read)
                position = np.sqrt(min(max(value, _F(0.0)), _F(1.0))) * last
                i = min(int(position), len(curve) - 2)
                share = position - _F(i)
                image[y, x, k] = np.uint8(curve[i] + (curve[i + 1] - curve[i]) * share + _F(0.5))
