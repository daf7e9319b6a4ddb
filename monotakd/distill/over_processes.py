"""What makes a loss of a shared batch the loss of the whole batch.

Several processes may share the frames of a step; their gradients are averaged afterwards. A mean over frames is then
the mean over all of them. A sum that is divided by a count (of objects, of cells with a depth) is not: the counts of
the processes differ, and with one car in one share and seven in the other, the one would weigh four times what it does
in the whole batch. Here the counts are averaged too, one number per loss, so that the average of the gradients is
exactly the gradient of the whole batch. In a single process nothing happens.
"""

from __future__ import annotations

import torch
import torch.distributed as distributed
from torch import Tensor


def world_size() -> int:
    """Processes that train together."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def mean_over_processes(values: Tensor) -> Tensor:
    """The mean of what each process has, without gradient; in a single process ``values`` itself.

    Every process must come here, in the same order, with the same shape: it waits for the others.
    """
    world = world_size()
    if world == 1:
        return values
    total = values.detach().clone()
    distributed.all_reduce(total)
    return total / world


def count_share(count: int | Tensor, like: Tensor) -> Tensor | float:
    """Turns a term that was divided by this process's count into its part of the whole batch's term.

    Args:
        count: what a sum was divided by, or 0 where it was divided by 1 for want of anything to count.
        like: any tensor on the device that the processes talk through.

    Returns:
        The factor: 1 in a single process.
    """
    world = world_size()
    if world == 1:
        return 1.0
    own = torch.as_tensor(count, dtype=torch.float32, device=like.device)
    return own.clamp_min(1) / mean_over_processes(own).clamp_min(1 / world)
