"""The part of a student that says how far away things are, on its own: image network and depth head.

A student that learns depth from boxes alone hardly learns it: at the start every bin has probability 1/D, so what
reaches the depth head is a D-th of what reaches the features. The papers start from networks that were trained on other
images; we have no such images, so this one is trained on the training frames' own LiDAR depth, once, and every student
starts as a copy of it.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from monotakd.models.camera import CameraSettings


class DepthNetwork(nn.Module):
    """Images to depth distributions; its modules bear the names that they have in a student.

    Args:
        settings: of the student that will start from it.
    """

    def __init__(self, settings: CameraSettings):
        super().__init__()
        self.settings = settings
        self.image_backbone = settings.image.build()
        self.depth_head = settings.image.build_depth_head(settings.bins.num)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B D1 h w"]:
        """RGB, 0..1, to logits; the last channel is "beyond"."""
        return self.depth_head(self.image_backbone(images).features)
