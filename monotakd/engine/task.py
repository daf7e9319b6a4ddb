"""What the loop trains: a module, the loss terms of a batch, and the frames they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import Tensor, nn

from monotakd.engine.gradients import parameters_by_part
from monotakd.errors import require


@runtime_checkable
class FrameSource(Protocol):
    """Frames to train on. With worker processes it must be picklable."""

    @property
    def frame_ids(self) -> Sequence[str]:
        """Names of the frames, in the order of their indices."""

    def sample(self, index: int, rng: np.random.Generator) -> Any:
        """Frame ``index``, augmented with what ``rng`` draws and nothing else; the collate function takes a list."""


@dataclass(frozen=True, eq=False)
class Task:
    """A training.

    Attributes:
        name: what is trained, such as ``"teacher"``; kept in config.json and shown by the bar.
        module: what is trained and saved.
        losses: takes a batch, on the module's device, to scalar loss terms by name. A batch has ``frame_ids``.
        weights: factor of each term in the sum that is minimised; a term that is not named counts once. A term with
            weight 0 is computed and logged, and trains nothing.
        groups: submodules by name, whose parameters are told apart in gradient norms; None takes `parameters_by_part`.
        rates: factor of the learning rate by group, such as 0.1 for a part that begins trained; 1 where none is given.
        frozen: networks that the losses use and that must not change. They are put into evaluation mode, and every
            checkpoint makes sure that they have not changed.
        config: what else decides the result, such as the settings of module and losses: a dataclass, or a mapping of
            dataclasses and plain values. Kept in config.json and compared when the run is resumed.
        record: what else is worth knowing afterwards, plain values. Kept in config.json and not compared.
        prepare: called in every process before the first step, once the run's folder is locked and found to be its own,
            with the folder and whether the run goes on from a checkpoint in it: for what takes long to make ready.
    """

    name: str
    module: nn.Module
    losses: Callable[[Any], Mapping[str, Tensor]]
    weights: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, nn.Module] | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    frozen: Mapping[str, nn.Module] = field(default_factory=dict)
    config: Any = None
    record: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Path, bool], None] | None = None

    def freeze(self) -> None:
        """Sets modes: the module trains, the frozen networks stay in evaluation mode and take no gradient."""
        self.module.train()
        for network in self.frozen.values():
            network.eval().requires_grad_(False)

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Trainable parameters by group; groups without any are left out.

        Raises:
            ValueError: a trainable parameter is in no group or in several, or nothing is trainable.
        """
        if self.groups is None:
            groups = parameters_by_part(self.module)
        else:
            groups = {name: list(part.parameters()) for name, part in self.groups.items()}
        found = {name: [p for p in parameters if p.requires_grad] for name, parameters in groups.items()}
        counts: dict[nn.Parameter, int] = {}
        for parameters in found.values():
            for parameter in parameters:
                counts[parameter] = counts.get(parameter, 0) + 1
        trainable = {p: name for name, p in self.module.named_parameters() if p.requires_grad}
        require(bool(trainable), f"{self.name}: no parameter of the module requires a gradient, nothing to train")
        wrong = [f"{name} is in {counts.get(p, 0)} groups" for p, name in trainable.items() if counts.get(p) != 1]
        wrong += ["a group has a parameter that is not the module's" for p in counts if p not in trainable]
        require(not wrong, f"{self.name}: every trainable parameter must be in one group; {'; '.join(wrong[:5])}")
        return {name: parameters for name, parameters in found.items() if parameters}

    def weighted(self, terms: Mapping[str, Any]) -> dict[str, Tensor]:
        """The terms that are minimised, times their weights.

        Raises:
            ValueError: a term is no scalar, or a weight names no term.
        """
        for name, term in terms.items():
            require(
                isinstance(term, Tensor) and term.numel() == 1,
                f"{self.name}: loss term {name!r} is {_describe(term)}, expected a tensor with one number: "
                "average it over the batch",
            )
        unknown = sorted(set(self.weights) - set(terms))
        require(
            not unknown,
            f"{self.name}: weights are given for {', '.join(unknown)}, but the loss terms are {', '.join(terms)}",
        )
        factors = {name: self.weights.get(name, 1.0) for name in terms}
        return {name: factors[name] * term.reshape(()) for name, term in terms.items() if factors[name] != 0}


def _describe(value: Any) -> str:
    return f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
