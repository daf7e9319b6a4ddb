"""Memory for a little arithmetic: activations that the way back works out anew instead of keeping them.

Training keeps the input of every layer for the way back. Between two convolutions stand a batch norm and a ReLU, whose
results are as large as the convolutions' and cost next to nothing to compute. `keep_convolutions` has a part of a
network keep the results of its convolutions only and repeat the rest on the way back. Values and gradients stay the
same to the last bit.

The idea is that of Chen et al., "Training deep nets with sublinear memory cost" (2016), with the choice of what is
kept left to torch's selective checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

_KEPT = [torch.ops.aten.convolution.default]


def keep_convolutions(part: nn.Module) -> None:
    """Has a part keep its inputs and the results of its convolutions for the way back, and nothing else.

    The part's graph can then be gone through only once (no ``retain_graph``).

    Args:
        part: a module that takes and returns tensors, without randomness.
    """
    part.forward = partial(_run, part)  # not a closure: a copy of the part must run its own weights


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


def _contexts(part: nn.Module) -> tuple[AbstractContextManager, AbstractContextManager]:
    kept, repeated = create_selective_checkpoint_contexts(_KEPT)
    return kept, _on_copies(repeated, part)


@contextmanager
def _on_copies(repeated: AbstractContextManager, part: nn.Module) -> Iterator[None]:
    """Repeats on copies of the running statistics, so that a batch norm counts its batch only once."""
    own = [(module, module._buffers) for module in part.modules()]
    for module, buffers in own:
        module._buffers = {name: None if value is None else value.clone() for name, value in buffers.items()}
    try:
        with repeated:
            yield
    finally:
        for module, buffers in own:
            module._buffers = buffers
