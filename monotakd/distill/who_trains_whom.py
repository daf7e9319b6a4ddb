"""Which loss trains which part: the question that the released code answers otherwise than its paper."""

from __future__ import annotations

from torch import nn

from monotakd.distill.distiller import Distiller, Targets
from monotakd.engine.gradients import GradientNorms, gradient_norms, parameters_by_part
from monotakd.scene import Batch


def who_trains_whom(distiller: Distiller, batch: Batch, targets: Targets | None = None) -> GradientNorms:
    """Gradient norm of each loss term (rows) on each parameter group (columns).

    The columns are the parts of the student, then teacher and assistant as a whole, which must stay at 0. Batch
    norms see the batch once; nothing else changes.

    Args:
        distiller: in the mode whose gradients are asked for.
        batch: frames to compute the losses of.
        targets: outputs of the frozen networks if they are known already.
    """
    return gradient_norms(distiller(batch, targets).computed(), parameter_groups(distiller))


def parameter_groups(distiller: Distiller) -> dict[str, list[nn.Parameter]]:
    """Parts of the student with parameters, by name, see `parameters_by_part`, then the frozen networks."""
    frozen = {name: list(network.parameters()) for name, network in distiller.frozen().items()}
    return parameters_by_part(distiller.student) | frozen
