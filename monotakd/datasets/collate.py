"""Frames into a batch of tensors, with sensors, privileged input and labels kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from monotakd.scene import Batch, Frame, Privileged, Sensors


def collate(frames: Sequence[Frame]) -> Batch:
    """Stacks frames.

    KITTI's images differ by a few pixels in size. Smaller ones are padded with black on the right and below, where
    padding moves no pixel: the calibrations stay as they are, for the padded image size. Padded depth is unknown (0).

    Args:
        frames: at least one; either all or none have points, and likewise depth.

    Raises:
        ValueError: no frames, or only some of them have points or depth.
    """
    if not frames:
        raise ValueError("no frames to collate: the data loader or the split is empty")
    height, width = (max(frame.image.shape[axis] for frame in frames) for axis in (0, 1))
    images = torch.zeros(len(frames), 3, height, width)
    for image, frame in zip(images, frames, strict=True):
        h, w = frame.image.shape[:2]
        image[:, :h, :w] = torch.from_numpy(frame.image).permute(2, 0, 1)
    return Batch(
        frame_ids=tuple(frame.frame_id for frame in frames),
        sensors=Sensors(
            images=images.div_(255),
            calibrations=tuple(replace(frame.calibration, image_size=(height, width)) for frame in frames),
        ),
        privileged=Privileged(
            points=tuple(torch.from_numpy(frame.points).float() for frame in frames)
            if _all_have(frames, "points")
            else None,
            depth=_stack_depth(frames, height, width) if _all_have(frames, "depth") else None,
        ),
        labels=tuple(frame.annotations for frame in frames),
    )


def _all_have(frames: Sequence[Frame], name: str) -> bool:
    without = [frame.frame_id for frame in frames if getattr(frame, name) is None]
    if without and len(without) < len(frames):
        raise ValueError(
            f"{len(without)} of {len(frames)} frames have no {name} ({', '.join(without[:3])}): "
            f"read all frames of a batch with {name}, or none"
        )
    return not without


def _stack_depth(frames: Sequence[Frame], height: int, width: int) -> torch.Tensor:
    depth = torch.zeros(len(frames), height, width)
    for target, frame in zip(depth, frames, strict=True):
        h, w = frame.depth.shape
        target[:h, :w] = torch.from_numpy(frame.depth)
    return depth
