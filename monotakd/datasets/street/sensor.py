"""The camera's electronics: from radiance to an eight-bit picture."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float, UInt8

from monotakd.datasets.street.camera import KITTI_WIDTH
from monotakd.datasets.street.sensor_kernels import expose
from monotakd.datasets.street.world import Lighting

_SOFTNESS, _VIGNETTE = 0.045, 0.14
_SHOT, _READ = 0.018, 0.0025


@cache
def _curve() -> np.ndarray:
    """Output 0..255 over the square root of the input: gamma with a deep toe and hard clipping, as in KITTI."""
    linear = np.square(np.linspace(0.0, 1.0, 1024))
    value = np.power(linear, 1 / 2.2)
    # A toe that darkens shadows, as the cameras' black level does, and a slight push of the middle.
    value = value * (1 - 0.78 * np.exp(-value / 0.26))
    return (np.clip(0.01 + 1.01 * value, 0, 1) * 255).astype(np.float32)


def develop(radiance: Float[np.ndarray, "H W 3"], lighting: Lighting, seed: int) -> UInt8[np.ndarray, "H W 3"]:
    """An (H, W, 3) RGB picture of (H, W, 3) linear radiance, with lens and sensor noise."""
    image = np.empty(radiance.shape, np.uint8)
    # A small picture stands for a large one scaled down, whose noise averages out.
    strength = np.float32(lighting.noise * min(radiance.shape[1] / KITTI_WIDTH, 1.0))
    expose(
        radiance, seed, np.float32(lighting.exposure), np.float32(_SOFTNESS), np.float32(_VIGNETTE),
        strength * np.float32(_SHOT), strength * np.float32(_READ), _curve(), image,
    )  # fmt: skip
    return image
