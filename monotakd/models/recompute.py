"""Memory for a little arithmetic: activations that the way back works out anew instead of keeping them.

Training keeps the input of every layer for the way back. Between two convolutions stand a batch norm and a ReLU, whose
results are as large as the convolutions' and cost next to nothing to compute. `keep_convolutions` has a part of a
network keep the results of its convolutions and the statistics of its batch norms, and repeat the rest on the way
back. Values and gradients stay the same to the last bit.

The idea is that of Chen et al., "Training deep nets with sublinear memory cost" (2016). torch's own selective
checkpoints let the graph be gone through only once, and one pass per loss term is what measures gradient norms.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import checkpoint

from monotakd.errors import require

_CONVOLUTION = torch.ops.aten.convolution.default
_NORM = torch.ops.aten.native_batch_norm.default


def keep_convolutions(part: nn.Module) -> None:
    """Has a part keep its inputs, its convolutions' results and its norms' statistics for the way back, nothing else.

    Args:
        part: a module that takes and returns tensors, without randomness, that changes no convolution's result in
            place.
    """
    part.forward = partial(_run, part)  # not a closure: a copy of the part must run its own weights


def keep_everything(part: nn.Module) -> None:
    """Takes `keep_convolutions` back from a part and all that is in it."""
    for module in part.modules():
        if keeps_convolutions(module):
            del module.forward


def keeps_convolutions(part: nn.Module) -> bool:
    """Whether `keep_convolutions` was called on this very module."""
    return getattr(vars(part).get("forward"), "func", None) is _run


def _run(part: nn.Module, *inputs: Tensor) -> Tensor:
    forward = partial(type(part).forward, part)
    if not torch.is_grad_enabled():
        return forward(*inputs)
    return checkpoint(
        forward, *inputs, use_reentrant=False, preserve_rng_state=False, context_fn=partial(_contexts, part)
    )


def _contexts(part: nn.Module) -> tuple[_Keeping, _Repeating]:
    keeping = _Keeping()
    return keeping, _Repeating(part, keeping.kept)


class _Keeping(TorchDispatchMode):
    """Computes everything and keeps what `_Repeating` takes, each with its version, which tells of changes.

    That is the results of convolutions, and mean and inverse deviation of what a batch norm normalises: to find these
    takes ten times as long on a CPU as to apply them.
    """

    def __init__(self):
        super().__init__()
        self.kept: list[tuple[Tensor, int]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is _CONVOLUTION:
            self._keep(result)
        elif _norm_of_batch(func, args):
            for statistic in result[1:]:
                self._keep(statistic)
        return result

    def _keep(self, result: Tensor) -> None:
        # Detached: the result itself will hold the graph, and the graph holds this.
        kept = _detached(result)
        self.kept.append((kept, kept._version))


class _Repeating(TorchDispatchMode):
    """Computes what was not kept; on copies of the running statistics, so that a batch counts only once."""

    def __init__(self, part: nn.Module, kept: list[tuple[Tensor, int]]):
        super().__init__()
        self._part, self._kept = part, kept

    def __enter__(self) -> _Repeating:
        self._left = iter(self._kept)
        self._own = [(module, module._buffers) for module in self._part.modules()]
        for module, buffers in self._own:
            module._buffers = {name: None if value is None else value.clone() for name, value in buffers.items()}
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        for module, buffers in self._own:
            module._buffers = buffers

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if func is _CONVOLUTION:
            return self._next()
        if _norm_of_batch(func, args):
            values, weight, bias = args[:3]
            mean, inverse_deviation = self._next(), self._next()
            # A norm of given statistics, with the scale that the other one would have found: the same arithmetic.
            scale = inverse_deviation if weight is None else weight * inverse_deviation
            normed, _, _ = func(values, scale, bias, mean, torch.ones_like(mean), False, 0.0, 0.0)
            return normed, mean, inverse_deviation
        return func(*args, **(kwargs or {}))

    def _next(self) -> Tensor:
        result, version = next(self._left)
        require(result._version == version, "a result that was kept was changed in place, and cannot be used again")
        return _detached(result)  # Anew for each way back: it will hold that one's graph.


def _norm_of_batch(func: Any, args: tuple) -> bool:
    """Whether this is a batch norm by the statistics of the batch; ``args[5]`` says so."""
    return func is _NORM and bool(args[5])


def _detached(result: Tensor) -> Tensor:
    # In here torch leaves out what counts changes in place; with it, both tensors share one count.
    with torch._C._SetExcludeDispatchKeyGuard(torch._C.DispatchKey.ADInplaceOrView, False):
        return result.detach()
