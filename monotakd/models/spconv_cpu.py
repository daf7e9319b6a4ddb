"""spconv where there is one, with its backward pass made to work on the CPU."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from types import ModuleType

import torch


@cache
def spconv_is_installed() -> bool:
    """Whether there is an spconv to load, without loading it."""
    try:
        return find_spec("spconv") is not None
    except (ImportError, ValueError):  # An import hook refuses it, or half a package is loaded.
        return False


@cache
def load_spconv() -> ModuleType | None:
    """``spconv.pytorch``, usable forward and backward on CPU and CUDA tensors; None where it is not installed.

    spconv 2.3 asks CUDA for its current stream in every backward pass, which raises on a torch without CUDA
    although the CPU kernels ignore the answer. There the question is answered with 0.
    """
    try:
        import spconv.pytorch as spconv
        from spconv.pytorch import ops
    except ImportError:
        return None
    # Every spconv layer asks torch.fx a question that torch answers with a notice no user of ours can act on.
    logging.getLogger("torch.fx._symbolic_trace").setLevel(logging.ERROR)
    if not torch.cuda.is_available():
        ops.get_current_stream = lambda: 0
    return spconv


@cache
def spconv_knows_cuda() -> bool:
    """Whether an spconv is installed that computes on CUDA; the wheel named plainly ``spconv`` refuses to."""
    if load_spconv() is None:
        return False
    from spconv import cppconstants

    return not cppconstants.CPU_ONLY_BUILD


@contextmanager
def exact_on_cpu() -> Iterator[None]:
    """Runs spconv's CPU kernels, forward and backward, on one thread, on which they are right.

    With several OpenMP threads spconv 2.3.8 adds into shared rows without a lock: in a few runs in a thousand of
    a 64-site convolution on two threads, outputs or input gradients were off by 0.04 to 0.4. Changes nothing
    where CUDA does the work.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def tiny_backward_error() -> float:
    """Largest difference of a small sparse convolution, values and gradients, from the dense one.

    A regular 3x3x3 convolution over a grid in which every site is occupied equals torch's ``conv3d``; anything
    but a small number means that this build of spconv cannot be trusted here.

    Raises:
        RuntimeError: spconv is not installed.
    """
    spconv = load_spconv()
    if spconv is None:
        raise RuntimeError("spconv is not installed")
    generator = torch.Generator().manual_seed(0)
    size = 4
    sites = torch.cartesian_prod(*(torch.arange(size) for _ in range(3)))
    coordinates = torch.cat([torch.zeros(len(sites), 1, dtype=torch.long), sites], dim=1).int()
    sparse_in = torch.randn(len(sites), 2, generator=generator, requires_grad=True)
    dense_in = sparse_in.detach().clone().requires_grad_()

    convolution = spconv.SparseConv3d(2, 3, 3, padding=1, bias=False, algo=spconv.ConvAlgo.Native)
    dense_weight = convolution.weight.detach().permute(0, 4, 1, 2, 3)
    with exact_on_cpu():
        output = convolution(spconv.SparseConvTensor(sparse_in, coordinates, [size] * 3, 1))
        (output.features**2).sum().backward()
    rows = output.indices.long()
    volume = dense_in.T.reshape(1, 2, size, size, size)
    expected = torch.nn.functional.conv3d(volume, dense_weight, padding=1)[0]
    expected = expected[:, rows[:, 1], rows[:, 2], rows[:, 3]].T
    (expected**2).sum().backward()
    values = (output.features - expected).detach().abs().max()
    gradients = (sparse_in.grad - dense_in.grad).abs().max()
    return float(torch.maximum(values, gradients))
