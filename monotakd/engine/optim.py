"""AdamW over named groups of parameters, and its state as named tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike

from torch import Tensor, nn
from torch.optim import AdamW

from monotakd.engine.schedule import Rates
from monotakd.engine.settings import TrainSettings
from monotakd.errors import DataError


def build_optimiser(
    groups: Mapping[str, Sequence[nn.Parameter]], settings: TrainSettings, rates: Mapping[str, float] | None = None
) -> AdamW:
    """AdamW, one group of its own per name. `set_rates` gives each step its rates.

    Args:
        groups: parameters by name.
        settings: of the optimiser.
        rates: factor of the learning rate by group; 1 where none is given.
    """
    factors = rates or {}
    return AdamW(
        [
            {"params": list(parameters), "name": name, "factor": factors.get(name, 1.0)}
            for name, parameters in groups.items()
        ],
        lr=settings.learning_rate,
        betas=(settings.momentum[0], settings.beta2),
        weight_decay=settings.weight_decay,
        fused=True,
    )


def set_rates(optimiser: AdamW, rates: Rates) -> None:
    """Sets learning rate and beta1 of every group."""
    for group in optimiser.param_groups:
        group["lr"] = rates.learning_rate * group["factor"]
        group["betas"] = (rates.beta1, group["betas"][1])


def optimiser_tensors(optimiser: AdamW, module: nn.Module) -> dict[str, Tensor]:
    """The optimiser's state under names such as ``neck.weight/exp_avg``. Empty before the first step."""
    return {
        f"{name}/{key}": value
        for name, parameter in module.named_parameters()
        for key, value in optimiser.state.get(parameter, {}).items()
    }


def restore_optimiser(
    source: str | PathLike[str], optimiser: AdamW, module: nn.Module, tensors: Mapping[str, Tensor]
) -> None:
    """Gives the optimiser the state that `optimiser_tensors` returned.

    Raises:
        DataError: the tensors belong to parameters that the module does not train.
    """
    names = {parameter: name for name, parameter in module.named_parameters()}
    ordered = [names[p] for group in optimiser.param_groups for p in group["params"]]
    by_parameter: dict[str, dict[str, Tensor]] = {}
    for full, value in tensors.items():
        name, _, key = full.rpartition("/")
        by_parameter.setdefault(name, {})[key] = value
    unknown = sorted(set(by_parameter) - set(ordered))
    if unknown:
        raise DataError(
            source,
            f"optimiser state of {', '.join(unknown[:5])}",
            f"state of the parameters that are trained, such as {ordered[0]}",
            fix="The network's code has changed since: train again",
        )
    state = optimiser.state_dict()
    state["state"] = {i: by_parameter[name] for i, name in enumerate(ordered) if name in by_parameter}
    optimiser.load_state_dict(state)
