"""The one place where a setting's name becomes a detection head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from monotakd.geometry.anchors import AnchorClass, Placement
from monotakd.models.heads.anchor_head import AnchorHead
from monotakd.models.heads.center_head import CenterHead
from monotakd.scene import BevGrid

HeadKind = Literal["anchor", "center"]


def build_head(
    kind: HeadKind, channels: int, grid: BevGrid, classes: Sequence[AnchorClass], placement: Placement
) -> AnchorHead | CenterHead:
    """A head with fresh weights on ``channels`` of BEV features; a centre head uses the classes' names only."""
    if kind == "anchor":
        return AnchorHead(channels, grid, tuple(classes), placement=placement)
    return CenterHead(channels, grid, tuple(anchor.name for anchor in classes))
