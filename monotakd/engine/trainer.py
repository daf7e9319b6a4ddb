"""One step: forward, backward, update. A notebook can call it by hand; `train.fit` calls it until the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import torch
from torch import Tensor, nn

from monotakd.engine.compiled import compile_dense, require_compiler
from monotakd.engine.device import choose_device, to_device
from monotakd.engine.divergence import DivergenceError, finite_values
from monotakd.engine.gradients import gradient_norms
from monotakd.engine.optim import build_optimiser, optimiser_tensors, restore_optimiser, set_rates
from monotakd.engine.processes import average_gradients, current_process, of_all, sync_batch_norms
from monotakd.engine.schedule import one_cycle
from monotakd.engine.seeds import preserved_randomness, seed_step
from monotakd.engine.settings import TrainSettings
from monotakd.engine.task import Task
from monotakd.engine.weights import put_weights, weights_hash
from monotakd.errors import require


class Trainer:
    """A training between two steps.

    Args:
        task: its networks are moved to the device; the frozen ones are put into evaluation mode.
        settings: what decides the result.
        device: where to train; None takes CUDA where there is one, else the CPU.
        compiled: compile the dense parts of all networks, see `compiled`.

    Raises:
        DataError: they cannot be compiled here.

    Attributes:
        compiled: whether the dense parts are compiled.
        process: this one among those that train together, each on its share of a batch; see `processes.joined`.
        steps_done: how many.
        groups: trainable parameters by name.
        frozen_hashes: `weights_hash` of each frozen network.
    """

    def __init__(
        self,
        task: Task,
        settings: TrainSettings,
        *,
        device: torch.device | None = None,
        compiled: bool = False,
    ):
        self.task = task
        self.settings = settings
        self.device = device or choose_device()
        self.process = current_process()
        if self.process.world > 1 and self.device.type == "cuda":
            sync_batch_norms(task.module)
        networks = (task.module, *task.frozen.values())
        for network in networks:
            network.to(self.device)
        self.compiled = compiled
        if compiled:
            require_compiler(self.device)
            compile_dense(networks)
        task.freeze()
        self.groups = task.parameter_groups()
        self.optimiser = build_optimiser(self.groups, settings, task.rates)
        self.frozen_hashes = {name: weights_hash(network) for name, network in task.frozen.items()}
        self.steps_done = 0

    def terms(self, batch: Any) -> Mapping[str, Any]:
        """What the task's losses say of a batch, computed in the settings' precision; not weighted, not checked."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            return self.task.losses(batch)

    def step(self, *parts: Any, with_gradient_norms: bool = False) -> dict[str, Any]:
        """Updates the weights once. The global random generators are afterwards as before.

        Args:
            parts: a batch, or equal parts of one, see `TrainSettings.parts`; each has ``frame_ids``. This process's
                share where there are several.
            with_gradient_norms: measure each weighted term's gradient on each group, for one more backward pass each;
                of the first part of this process's share alone.

        Returns:
            ``step`` (from 1), ``terms`` (of the whole batch, not weighted, before the update), ``total`` (weighted),
            ``gradient_norm`` (before clipping), ``learning_rate``, and ``gradient_norms`` if asked for.

        Raises:
            DivergenceError: a term or the gradient is not finite; no weight was updated, batch norms' statistics were.
            ValueError: no term depends on a trained parameter, or a term is no scalar.
        """
        with preserved_randomness():
            seed_step(self.settings.seed, self.steps_done, self.process.rank)
            return self._step(parts, with_gradient_norms)

    def _step(self, parts: Sequence[Any], with_gradient_norms: bool) -> dict[str, Any]:
        task, settings = self.task, self.settings
        rates = one_cycle(self.steps_done, settings)
        set_rates(self.optimiser, rates)
        record: dict[str, Any] = {"step": self.steps_done + 1, "learning_rate": rates.learning_rate}

        self.optimiser.zero_grad()
        found = []
        for batch in parts:
            weighted, values = self._checked_terms(to_device(batch, self.device))
            if with_gradient_norms and not found:
                record["gradient_norms"] = gradient_norms(weighted, self.groups).to_json()
            (sum(weighted.values()) / len(parts)).backward()
            found.append(values)
        record["terms"] = {name: sum(values[name] for values in found) / len(found) for name in found[0]}
        record["total"] = sum(task.weights.get(name, 1.0) * value for name, value in record["terms"].items())

        parameters = [p for group in self.groups.values() for p in group]
        average_gradients(parameters)
        record["gradient_norm"] = float(nn.utils.clip_grad_norm_(parameters, settings.clip))
        if not record["gradient_norm"] < float("inf"):
            raise self._broken_gradient(parts)
        self.optimiser.step()
        self.steps_done += 1
        return record

    def _checked_terms(self, batch: Any) -> tuple[dict[str, Tensor], dict[str, float]]:
        """The weighted terms, at least one of which can be minimised, and all terms as finite numbers."""
        terms = self.terms(batch)
        weighted = self.task.weighted(terms)
        values = finite_values(terms, self.steps_done, batch.frame_ids)
        total = sum(weighted.values())
        require(
            isinstance(total, Tensor) and total.requires_grad,
            f"{self.task.name}: no loss term depends on a trained parameter; the terms are {', '.join(terms)}",
        )
        return weighted, values

    def _broken_gradient(self, parts: Sequence[Any]) -> DivergenceError:
        broken: dict[str, str] = {}
        for batch in parts:
            # The graph is gone by now: once more forward, then one backward pass per term.
            norms = gradient_norms(self.task.weighted(self.terms(to_device(batch, self.device))), self.groups)
            for term, row in zip(norms.terms, norms.values, strict=True):
                reached = [group for group, value in zip(norms.groups, row, strict=True) if not value < float("inf")]
                if reached:
                    broken[term] = f"the gradient of the loss term {term} on {', '.join(reached)}"
        # All processes come here together; the term may be broken in another one's share.
        broken = {term: text for found in of_all(broken) for term, text in found.items()}
        own = tuple(name for batch in parts for name in batch.frame_ids)
        frame_ids = [frame for share in of_all(own) for frame in share]
        what = " and ".join(broken.values()) or "the gradient of the sum of all loss terms"
        return DivergenceError(self.steps_done, tuple(broken), frame_ids, f"{what} is not finite")

    def require_frozen_unchanged(self) -> None:
        """Raises ValueError if a frozen network is not, to the byte, what it was when the training began."""
        for name, network in self.task.frozen.items():
            require(
                weights_hash(network) == self.frozen_hashes[name],
                f"the frozen network {name!r} changed while {self.task.name} was trained: look for a call of train() "
                "on it, which lets batch norm update its statistics, or for an optimiser that holds its parameters",
            )

    def optimiser_tensors(self) -> dict[str, Tensor]:
        """The optimiser's state by name."""
        return optimiser_tensors(self.optimiser, self.task.module)

    def restore(
        self,
        source: str | PathLike[str],
        *,
        steps_done: int,
        model: Mapping[str, Tensor],
        optimiser: Mapping[str, Tensor],
    ) -> None:
        """Goes back to a saved state.

        Raises:
            DataError: the state, from ``source``, does not fit the module.
        """
        put_weights(source, self.task.module, model)
        restore_optimiser(source, self.optimiser, self.task.module, optimiser)
        self.steps_done = steps_done
