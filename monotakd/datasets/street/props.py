"""The mesh of every unlabelled kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from monotakd.datasets.street import buildings, furniture
from monotakd.datasets.street.mesh import Material, Mesh
from monotakd.datasets.street.vegetation import VARIANTS, unit_bush, unit_hedge, unit_tree, unit_wood
from monotakd.datasets.street.world import Prop

TREES = ("round", "tall", "spreading", "conifer", "bare")
_WALLS = (Material.PLASTER, Material.BRICK, Material.CONCRETE)  # what a building's colour applies to
_BUILDINGS: dict[str, Callable[[Prop, int], Mesh]] = {
    "house": buildings.house,
    "block": buildings.block,
    "hall": buildings.hall,
    "garage": buildings.garage,
}
_FURNITURE: dict[str, Callable[[Prop, int], Mesh]] = {
    "lamp": furniture.lamp,
    "pole": furniture.pole,
    "sign": furniture.sign,
    "traffic light": furniture.traffic_light,
    "bin": furniture.rubbish_bin,
    "cabinet": furniture.cabinet,
    "bollard": furniture.bollard,
    "wall": furniture.wall,
    "fence": furniture.fence,
    "guard rail": furniture.guard_rail,
    "billboard": furniture.billboard,
    "shelter": furniture.shelter,
}
KINDS = (*_BUILDINGS, *_FURNITURE, "bush", "hedge", "wood", *(f"{species} tree" for species in TREES))


def prop_mesh(prop: Prop, lod: int) -> Mesh:
    """The prop's mesh in metres, in its own frame, front towards -y.

    Raises:
        ValueError: nobody builds this kind.
    """
    if prop.kind in _BUILDINGS:
        white = replace(prop, x=0.0, y=0.0, yaw=0.0, colour=(1.0, 1.0, 1.0))
        return _built(white, lod).painted(prop.colour, *_WALLS)
    if prop.kind in _FURNITURE:
        return _built(replace(prop, x=0.0, y=0.0, yaw=0.0), lod)
    variant = prop.shape % VARIANTS
    if prop.kind == "bush":
        unit = unit_bush(variant, lod)
    elif prop.kind == "hedge":
        unit = unit_hedge(variant, lod)
    elif prop.kind == "wood":
        unit = unit_wood(variant, lod)
    elif prop.kind.removesuffix(" tree") in TREES:
        unit = unit_tree(prop.kind.removesuffix(" tree"), variant, lod)
    else:
        raise ValueError(f"no builder makes a prop of kind {prop.kind!r}; choose one of {', '.join(KINDS)}")
    return unit.stretched(prop.size).painted(prop.colour, Material.FOLIAGE)


@lru_cache(maxsize=1024)
def _built(prop: Prop, lod: int) -> Mesh:
    return (_BUILDINGS.get(prop.kind) or _FURNITURE[prop.kind])(prop, lod)


def prop_extent(prop: Prop) -> float:
    """The size that decides how finely the prop is built, metres; a long wood is no finer than it is high."""
    return prop.size[2] if prop.kind == "wood" else max(prop.size)
