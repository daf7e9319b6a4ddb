"""Trees, bushes, hedges and wood edges: solid hearts under loose leaves, ragged in outline and porous to LiDAR."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from monotakd.datasets.street.loft import ball, tube
from monotakd.datasets.street.mesh import Material, Mesh, join, make_mesh

VARIANTS = 6  # different plants of each kind
_WHITE = np.array([1.0, 1.0, 1.0])  # foliage is multiplied by the prop's colour
_BARK = (0.13, 0.095, 0.065)
_LEAVES = (120, 34, 9)  # per clump, by level of detail
_LEAF = (0.20, 0.36, 0.75)  # their size, share of the clump's radius


def _clump(rng: np.random.Generator, centre: Float[np.ndarray, " 3"], radius: float, lod: int) -> list[Mesh]:
    """A solid heart with leaves round it that lean outwards."""
    rows, sides = ((4, 7), (3, 5), (2, 4))[lod]
    heart = ball(centre, np.full(3, radius * (0.82, 0.86, 0.95)[lod]), Material.FOLIAGE, _WHITE * 0.75, rows, sides)
    count = _LEAVES[lod]
    out = rng.normal(size=(count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    middle = centre + out * radius * rng.uniform(0.72, 1.12, (count, 1))
    normal = out + 0.55 * rng.normal(size=(count, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    first = np.cross(normal, rng.normal(size=(count, 3)))
    first /= np.linalg.norm(first, axis=1, keepdims=True) + 1e-9
    second = np.cross(normal, first)
    size = radius * _LEAF[lod] * rng.uniform(0.6, 1.3, (count, 1))
    corners = np.stack([middle + size * first, middle + size * (-0.5 * first + 0.8 * second)], axis=1)
    corners = np.concatenate([corners, (middle + size * (-0.5 * first - 0.8 * second))[:, None]], axis=1)
    # Leaves low and inside the crown lie in its shade.
    shade = (0.92 + 0.16 * out[:, 2:] + rng.uniform(-0.14, 0.14, (count, 1))) * _WHITE
    return [heart, make_mesh(corners, np.arange(3 * count), Material.FOLIAGE, shade)]


def _unit(parts: list[Mesh]) -> Mesh:
    mesh = join(parts)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    shift = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, max(low[2], 0.0)], dtype=np.float32)
    scale = np.array([high[0] - low[0], high[1] - low[1], high[2] - shift[2]])
    vertices = (mesh.vertices - shift) / scale.astype(np.float32)
    vertices[:, 2] = np.maximum(vertices[:, 2], 0.0)  # nothing grows into the ground
    return Mesh(vertices, mesh.triangles, mesh.materials, mesh.colours, mesh.smooth)


@lru_cache(maxsize=128)
def unit_tree(species: str, variant: int, lod: int) -> Mesh:
    """A tree in a unit box, with white leaves.

    Args:
        species: "round", "tall", "spreading", "conifer" or "bare".
        variant: 0..VARIANTS-1.
        lod: 0 near, 2 far.
    """
    rng = np.random.default_rng([variant, len(species)])
    sides = (7, 5, 3)[lod]
    if species == "conifer":
        return _conifer(rng, lod)
    bottom, wide, clumps = {
        "round": (0.30, 0.34, 11), "tall": (0.22, 0.20, 10), "spreading": (0.34, 0.48, 14), "bare": (0.30, 0.36, 0)
    }[species]  # fmt: skip
    clumps = max(4, clumps * (3 - lod) // 3) if clumps else 0
    lean = rng.normal(0, 0.02, 2)
    trunk = [[0, 0, 0], [lean[0], lean[1], bottom], [2 * lean[0], 2 * lean[1], 0.75]]
    parts = [tube(trunk, [0.028, 0.020, 0.006], sides, Material.BARK, _BARK)]
    branches = (26 if species == "bare" else 4) // (1, 2, 6)[lod]
    for angle in rng.uniform(0, 2 * np.pi, branches):
        start = rng.uniform(bottom * 0.75, 0.7)
        reach = wide * rng.uniform(0.55, 0.9) * (1.1 - start)
        tip = [reach * np.cos(angle), reach * np.sin(angle), min(start + rng.uniform(0.15, 0.32), 1.0)]
        parts.append(tube([[*(lean * start / bottom), start], tip], [0.010, 0.003], 3, Material.BARK, _BARK))
    height = 1 - bottom
    for k in range(clumps):
        # Spread over the crown by the golden angle: no clump hides behind another.
        level = (k + 0.5) / clumps
        ring = np.sqrt(1 - (2 * level - 1) ** 2) * rng.uniform(0.45, 0.85)
        angle = 2.39996 * k + rng.uniform(-0.4, 0.4)
        radius = height * rng.uniform(0.16, 0.23) * (1.0, 1.12, 1.35)[lod] * (0.8 if species == "tall" else 1.0)
        centre = [wide * ring * np.cos(angle), wide * ring * np.sin(angle), bottom + height * (0.12 + 0.76 * level)]
        parts += _clump(rng, np.array(centre), float(radius), lod)
    return _unit(parts)


def _conifer(rng: np.random.Generator, lod: int) -> Mesh:
    """Tiers of drooping branches round a straight trunk."""
    tiers, spikes = ((9, 18), (6, 11), (4, 6))[lod]
    parts = [tube([[0, 0, 0], [0, 0, 0.6], [0, 0, 0.95]], [0.02, 0.012, 0.003], 4, Material.BARK, _BARK)]
    for k in range(tiers):
        z = 0.12 + 0.86 * k / tiers
        radius = 0.26 * (1 - 0.92 * k / tiers)
        angle = np.sort(rng.uniform(0, 2 * np.pi, spikes))
        length = radius * rng.uniform(0.7, 1.15, spikes)
        width = 2.6 * radius / spikes * np.pi / 2
        tips = np.stack([length * np.cos(angle), length * np.sin(angle), z - 0.35 * length], 1)
        side = np.stack([-np.sin(angle), np.cos(angle), np.zeros(spikes)], 1) * width
        inner = np.stack([0.35 * length * np.cos(angle), 0.35 * length * np.sin(angle), np.full(spikes, z + 0.02)], 1)
        top = np.broadcast_to([0.0, 0.0, z + 1.1 / tiers], (spikes, 3))
        corners = np.stack([inner - side, tips, inner + side, top], axis=1)
        triangles = (4 * np.arange(spikes)[:, None, None] + np.array([[0, 1, 3], [1, 2, 3]])).reshape(-1, 3)
        shade = np.repeat(rng.uniform(0.7, 1.15, (spikes, 1)), 2, axis=0) * _WHITE
        parts.append(make_mesh(corners, triangles, Material.FOLIAGE, shade))
    return _unit(parts)


@lru_cache(maxsize=64)
def unit_bush(variant: int, lod: int) -> Mesh:
    """A shrub in a unit box."""
    rng = np.random.default_rng([variant, 77])
    parts = []
    for _ in range(5 - lod):
        centre = np.array([*rng.uniform(-0.28, 0.28, 2), rng.uniform(0.25, 0.6)])
        parts += _clump(rng, centre, float(rng.uniform(0.24, 0.34)), lod)
    return _unit(parts)


@lru_cache(maxsize=64)
def unit_wood(variant: int, lod: int) -> Mesh:
    """A stretch of wood edge in a unit box, twice as long as high: trunks in front of a wall of leaves."""
    rng = np.random.default_rng([variant, 99])
    parts = []
    for x in np.linspace(-0.9, 0.9, 9):
        for z in (0.12, 0.42, 0.72) if lod < 2 else (0.08, 0.5):
            centre = np.array(
                [x + rng.uniform(-0.1, 0.1), rng.uniform(-0.12, 0.12) + 0.08 * z, z + rng.uniform(-0.1, 0.12)]
            )
            parts += _clump(rng, centre, float(rng.uniform(0.15, 0.21)) * (1.0, 1.1, 1.4)[lod], max(lod, 1))
    for x in rng.uniform(-0.9, 0.9, 5 - lod):
        y = rng.uniform(-0.3, -0.12)
        parts.append(tube([[x, y, 0], [x + 0.02, y, 0.75]], [0.016, 0.009], 5, Material.BARK, _BARK))
    return _unit(parts)


@lru_cache(maxsize=64)
def unit_hedge(variant: int, lod: int) -> Mesh:
    """A clipped hedge in a unit box: an uneven solid heart with leaves on it. Meant for pieces of about 4 m."""
    rng = np.random.default_rng([variant, 55])
    columns = (13, 7, 4)[lod]
    x = np.linspace(-0.5, 0.5, columns)
    ring = np.array([[-0.45, 0.0], [-0.47, 0.55], [-0.36, 0.95], [0.36, 0.95], [0.47, 0.55], [0.45, 0.0]])[::-1]
    bumps = rng.uniform(0.86, 1.0, (columns, len(ring), 1))
    section = ring[None] * np.concatenate([bumps, 0.95 + 0.05 * bumps], axis=2)
    rings = np.concatenate([np.broadcast_to(x[:, None, None], (columns, len(ring), 1)), section], axis=2)
    count = (420, 110, 24)[lod]
    face = rng.integers(0, 3, count)
    u, v = rng.uniform(-0.5, 0.5, count), rng.uniform(0, 1, count)
    y = np.where(face == 0, -0.47, np.where(face == 1, 0.47, rng.uniform(-0.4, 0.4, count)))
    z = np.where(face == 2, 0.95, v)
    middle = np.stack([u, y, z], axis=1)
    size = np.array([0.025, 0.09, 0.06]) * (1.0, 1.8, 3.4)[lod]
    corners = middle[:, None] + rng.normal(size=(count, 3, 3)) * size * 0.8
    corners[..., 2] = np.clip(corners[..., 2], 0.0, None)
    shade = rng.uniform(0.7, 1.25, (count, 1)) * _WHITE
    leaves = make_mesh(corners, np.arange(3 * count), Material.FOLIAGE, shade)
    heart = _hedge_heart(rings)
    return _unit([heart, leaves])


def _hedge_heart(rings: Float[np.ndarray, "C P 3"]) -> Mesh:
    count, points = rings.shape[:2]
    i, j = np.meshgrid(np.arange(count - 1), np.arange(points - 1), indexing="ij")
    a, b, c, d = i * points + j, (i + 1) * points + j, (i + 1) * points + j + 1, i * points + j + 1
    triangles = np.stack([a, c, b, a, d, c], axis=-1).reshape(-1, 3)
    ends = [
        [k * points, k * points + j, k * points + j + 1][:: 1 if k else -1]
        for k in (0, count - 1)
        for j in range(1, points - 1)
    ]
    return make_mesh(rings, np.concatenate([triangles, ends]), Material.FOLIAGE, _WHITE * 0.8)
