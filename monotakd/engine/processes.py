"""Several processes, one per device, that train one network together: each takes a share of every batch.

Started by torchrun (``torchrun --nproc-per-node 4 -m monotakd train ...``) or by `launch`. After each backward pass the
gradients are averaged, so that all processes make the same step and hold the same weights. Losses are made so that
this is the gradient of the whole batch (`distill.over_processes`). What still differs from one process with the whole
batch:

- Batch norms. On CUDA they use the statistics of the whole batch (`sync_batch_norms`), apart from those on voxels,
  which average over tens of thousands of them in any share. On the CPU each process uses its own share's, and the
  running statistics that are saved are rank 0's: choose shares of several frames.
- The released recipe: its extremes are taken over each share, as in the release itself, and its class term, a sum over
  the batch, is 1/N of one process's with N processes.
- Dropout draws other numbers, and sums are rounded in another order.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from typing import Any, NoReturn, TypeVar

import torch
import torch.distributed as distributed
from torch import nn

from monotakd.distill.over_processes import world_size
from monotakd.engine.device import choose_device
from monotakd.engine.settings import Process
from monotakd.errors import DataError, StoppedError
from monotakd.models.sparse import SparseBatchNorm

Result = TypeVar("Result")

PATIENCE = timedelta(hours=2)
"""How long a process waits for the slowest one, such as the one that writes."""

_TOLD = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


def current_process() -> Process:
    """This process among those that train together; the only one where nobody joined."""
    return Process(distributed.get_rank(), world_size()) if world_size() > 1 else Process()


@contextmanager
def joined(device: str | None = None) -> Iterator[Process]:
    """Within the block, the processes that torchrun or `launch` started know of each other.

    One that was started by itself is by itself. They talk through NCCL on CUDA, through gloo on the CPU.

    Args:
        device: see `choose_device`; on CUDA every process takes the GPU of its local rank.

    Raises:
        DataError: more processes than GPUs.
    """
    if any(name not in os.environ for name in _TOLD) or os.environ["WORLD_SIZE"] == "1":
        yield Process()
        return
    on_cuda = choose_device(device).type == "cuda"
    if on_cuda:
        local, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= there:
            raise DataError("--devices", f"more than the {there} GPUs of this machine", "one process per GPU")
        torch.cuda.set_device(local)
    distributed.init_process_group("nccl" if on_cuda else "gloo", timeout=PATIENCE)
    yield current_process()
    # Not after an error: the others may be waiting for this process, and end when it does.
    distributed.destroy_process_group()


def on_rank_0(work: Callable[[], Result]) -> Result:
    """Lets rank 0 do something while the others wait; each gets what came out.

    Raises:
        DataError: ``work`` raised it; in every process.
    """
    if world_size() == 1:
        return work()
    said: list[Any] = [None, None]
    if distributed.get_rank() == 0:
        try:
            said[0] = work()
        except DataError as error:
            said[1] = error
    distributed.broadcast_object_list(said)
    if said[1] is not None:
        raise said[1]
    return said[0]


def wait_for_all() -> None:
    """Returns when every process has come here."""
    if world_size() > 1:
        distributed.barrier()


def of_all(value: Result) -> list[Result]:
    """The values of every process, in the order of their ranks."""
    if world_size() == 1:
        return [value]
    found: list[Any] = [None] * world_size()
    distributed.all_gather_object(found, value)
    return found


def share_weights(module: nn.Module) -> None:
    """Gives every process the weights and statistics of rank 0."""
    if world_size() > 1:
        for tensor in module.state_dict().values():
            distributed.broadcast(tensor, 0)


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replaces every gradient by its mean over the processes, in one message.

    A parameter that no process has a gradient for is left without, so that the optimiser passes it over as it would in
    a single process.
    """
    world = world_size()
    if world == 1:
        return
    given = torch.tensor([float(p.grad is not None) for p in parameters], device=parameters[0].device)
    parts = [torch.zeros_like(p).flatten() if p.grad is None else p.grad.flatten() for p in parameters]
    together = torch.cat([given, *parts])
    distributed.all_reduce(together)
    reached, *sums = together.split([len(parameters), *(p.numel() for p in parameters)])
    for parameter, anywhere, total in zip(parameters, reached.tolist(), sums, strict=True):
        if anywhere:
            parameter.grad = (total / world).view_as(parameter)


def sync_batch_norms(module: nn.Module) -> None:
    """Makes the batch norms below a module use the statistics of the whole batch; torch can do so on CUDA only.

    Parameters and state dict stay. Those on voxels are left alone.
    """
    for name, child in module.named_children():
        if isinstance(child, SparseBatchNorm):
            continue
        if isinstance(child, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            setattr(module, name, nn.SyncBatchNorm.convert_sync_batchnorm(child))
        else:
            sync_batch_norms(child)


def launch(processes: int, work: Callable[[], Any]) -> int:
    """Runs ``work`` in several processes on this machine; inside, `joined` lets them know of each other.

    When one fails, the others are ended: they would wait for it.

    Args:
        processes: how many.
        work: a picklable function.

    Returns:
        The exit status: 0, or that of the first process that failed.

    Raises:
        DataError: one of them raised it.
        StoppedError: one of them raised it, or a subclass.
    """
    # Kept by this process: a port found here and opened by rank 0, seconds later, might be taken by then.
    store = distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    context = multiprocessing.get_context("spawn")
    errors = context.SimpleQueue()
    told = [_told(rank, processes, store.port) for rank in range(processes)]
    children = [context.Process(target=_run, args=(one, work, errors)) for one in told]
    for child in children:
        child.start()
    try:
        status = _first_failure(children)
    finally:
        for child in children:
            child.terminate()
            child.join()
    if not errors.empty():
        raise errors.get()  # Several may have met the same one: told once.
    return status


def _first_failure(children: Sequence[BaseProcess]) -> int:
    alive = {child.sentinel: child for child in children}
    while alive:
        for sentinel in wait(list(alive)):
            child = alive.pop(sentinel)
            child.join()
            if child.exitcode:
                return child.exitcode
    return 0


def _told(rank: int, world: int, port: int) -> dict[str, str]:
    values = (rank, world, rank, "127.0.0.1", port)
    # As torchrun says that there is a store already, which no rank has to open.
    return {**dict(zip(_TOLD, map(str, values), strict=True)), "TORCHELASTIC_USE_AGENT_STORE": "True"}


def _run(told: Mapping[str, str], work: Callable[[], Any], errors: SimpleQueue) -> None:
    os.environ.update(told)
    end_with_parent()
    # The cores are shared: without this every process would start a thread on each of them.
    torch.set_num_threads(max(1, torch.get_num_threads() // int(told["WORLD_SIZE"])))
    try:
        work()
    except DataError as error:
        errors.put(error)
        _leave(2)
    except StoppedError as error:
        errors.put(StoppedError(str(error)))  # The bare message: subclasses may not survive the way to the parent.
        _leave(1)
    except KeyboardInterrupt:
        _leave(130)


def _leave(status: int) -> NoReturn:
    """Ends this process while its group still stands (see `joined`).

    The interpreter's own end would take the group down below its running threads, which now and then aborts.
    """
    for child in multiprocessing.active_children():
        child.terminate()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def end_with_parent() -> None:
    """Has this process end as soon as the one that started it (through `multiprocessing`) has ended, even by a kill.

    It would go on training unseen and hold the lock of its folder.
    """

    def watch() -> None:
        wait([multiprocessing.parent_process().sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
