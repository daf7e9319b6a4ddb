"""``monotakd train --dry-run``: looks at data, disk and memory, does the first steps for real, and tells the hours."""

from __future__ import annotations

import io
import math
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from monotakd.benchmarks.peak_memory import peak_bytes
from monotakd.datasets import sources
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.check import frame_problems
from monotakd.datasets.kitti.layout import CALIBRATIONS, IMAGES, LABELS, POINTS
from monotakd.datasets.kitti_raw.check import frame_problems as raw_frame_problems
from monotakd.datasets.kitti_raw.reader import KittiRawRoot
from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.device import choose_device, torch_threads
from monotakd.engine.loader import batches, in_parts, with_waiting
from monotakd.engine.progress import duration, step_bar
from monotakd.engine.run_folder import FINAL
from monotakd.engine.sampler import BatchStream
from monotakd.engine.settings import MORE_ROOM, RunSettings, TrainSettings
from monotakd.engine.task import FrameSource, Task
from monotakd.engine.trainer import Trainer
from monotakd.errors import DataError
from monotakd.pipeline.expected import EXPECTED
from monotakd.pipeline.networks import TOY, build
from monotakd.pipeline.order import Order
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.single import train_on, trained
from monotakd.pipeline.training_data import TrainingData

LOOKED_AT = 30
"""Frames that are read and checked, spread over the split; ``monotakd data check`` looks at all of them."""

CHECKPOINTS = 3
"""On disk at the same time: the newest two, and the next one while it is written."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: such as ``"disk"``.
        found: in words, with numbers.
        good: False where the training would not run like this.
    """

    what: str
    found: str
    good: bool = True

    def __str__(self) -> str:
        return f"  {'ok' if self.good else 'NO':3} {self.what:8} {self.found}"


@dataclass(frozen=True)
class DryRun:
    """What is known of a training before it begins.

    Attributes:
        title: which training.
        findings: what was looked at.
        step_seconds: median over the steps that were done, the first left out, which compiles and allocates; infinite
            where the memory was too little for one.
        hours: of the whole training, at that pace.
        peak_bytes: of this process on a CPU, of torch's allocations on CUDA.
        preset: name, for what to expect.
    """

    title: str
    findings: tuple[Finding, ...]
    step_seconds: float
    hours: float
    peak_bytes: int
    preset: str

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way."""
        return all(finding.good for finding in self.findings)

    def __str__(self) -> str:
        expected = EXPECTED.get(self.preset, ())
        lines = [self.title, *map(str, self.findings)]
        return "\n".join([*lines, *(["to compare with:"] if expected else []), *(f"  {one}" for one in expected)])


@dataclass(eq=False)
class FirstSteps:
    """Takes the place of `fit`: does some steps, writes nothing, and keeps count.

    Attributes:
        steps: how many; at least 2, since the first one compiles and allocates.
        begun: when the work began, by the clock of `time.perf_counter`.
    """

    steps: int
    begun: float
    preparation_seconds: float = 0.0
    waiting: list[float] = field(default_factory=list)
    working: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    checkpoint_bytes: int = 0
    parameters: int = 0
    peak_bytes: int = 0

    def __call__(
        self,
        task: Task,
        frames: FrameSource,
        settings: TrainSettings,
        out: Path,
        *,
        run: RunSettings,
        collate: Callable[[list], Any] = collate,
        **_: Any,
    ) -> None:
        """Arguments as for `fit`."""
        with torch_threads(run.threads):
            trainer = Trainer(task, settings, device=choose_device(run.device), compiled=run.compile)
            self.parameters = sum(p.numel() for group in trainer.groups.values() for p in group)
            if task.prepare is not None:
                task.prepare(out, False)
            stream = BatchStream(len(frames.frame_ids), replace(settings, steps=self.steps))
            self.preparation_seconds = time.perf_counter() - self.begun
            read = batches(frames, stream, partial(in_parts, settings.parts, collate), run.workers)
            with step_bar(f"first steps, {task.name}", steps=self.steps, start=0, shown=run.progress) as bar:
                cpu = time.process_time()
                for parts, waited in with_waiting(read):
                    there = time.perf_counter()
                    # Norms of gradients, which need room of their own, are measured in the first step of all.
                    trainer.step(*parts, with_gradient_norms=run.gradient_norms_every > 0 and not self.working)
                    self.waiting.append(waited)
                    self.working.append(time.perf_counter() - there)
                    self.processor.append(time.process_time() - cpu)
                    cpu += self.processor[-1]
                    bar.update()
        tensors = [*task.module.state_dict().values(), *trainer.optimiser_tensors().values()]
        self.checkpoint_bytes = sum(t.numel() * t.element_size() for t in tensors)
        on_cuda = trainer.device.type == "cuda"
        self.peak_bytes = torch.cuda.max_memory_allocated(trainer.device) if on_cuda else peak_bytes()

    @property
    def first_seconds(self) -> float:
        """The first step, which compiles and allocates, reading included."""
        return self.waiting[0] + self.working[0]

    @property
    def step_seconds(self) -> float:
        """Median of a step, reading included, without the first."""
        return statistics.median([w + s for w, s in zip(self.waiting, self.working, strict=True)][1:])

    @property
    def cpu_seconds(self) -> float:
        """The same of this process's time on the CPU; on a busy machine a step takes longer than that."""
        return statistics.median(self.processor[1:])

    @property
    def waiting_share(self) -> float:
        """Part of the time, without the first step, that was spent waiting for frames."""
        return sum(self.waiting[1:]) / (sum(self.waiting[1:]) + sum(self.working[1:]))


def rehearse(order: Order, *, steps: int = 20, devices: int = 1) -> DryRun:
    """Everything of a training but the training: nothing is written to its folder.

    Teachers and assistants that are not trained yet are replaced by networks with fresh weights, which cost as much.

    Args:
        order: the training.
        steps: to do for real; at least 2.
        devices: that will share a batch; one of them is looked at, with its share.

    Raises:
        DataError: the data cannot be used, or a frame cannot be read.
    """
    steps = max(steps, 2)
    data = order.training_data()
    preset = order.preset_on(data)
    budget = order.budget(preset, devices)
    share = replace(budget, batch_size=budget.batch_size // devices)
    few = _spread(data, 4 * share.batch_size if preset.keep_outputs else max(steps * share.batch_size, LOOKED_AT))
    notes: list[Finding] = []

    def stand_in(name: str, folder: Path | None, preset: Preset):
        if (folder is None and preset.networks == TOY) or (folder is not None and (folder / FINAL).exists()):
            return trained(name, folder, preset)
        notes.append(Finding(name.split("_")[0], "not trained yet: fresh weights stand in for it; train it first"))
        return build(name, networks=preset.networks).eval().requires_grad_(False)

    device = choose_device(order.run.device)
    available = _available_bytes(device)
    first = FirstSteps(steps, time.perf_counter())
    title = f"dry run: {order.what.replace('_', ' ')}, preset {preset.name}, {steps} steps"
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as said:
        begun = replace(order, out=Path(folder), resume=False)
        try:
            train_on(begun, preset, few, share, first, trained=stand_in)
        except torch.OutOfMemoryError:
            found = f"{available / 1e9:.1f} GB were free on {device}, too little for {_load(share)}: {MORE_ROOM}"
            findings = (_data(data), _folder(order), Finding("memory", found, False), *notes)
            return DryRun(title, findings, math.inf, math.inf, available, preset.name)
        stored = sum(path.stat().st_size for path in Path(folder).rglob("*.safetensors"))
    ratio = len(data.frame_ids) / len(few.frame_ids)
    before = first.preparation_seconds * (ratio if preset.keep_outputs or order.what == "teacher" else 1)
    begin = before + max(first.first_seconds - first.step_seconds, 0.0)
    hours = (budget.steps * first.step_seconds + begin) / 3600
    disk = CHECKPOINTS * first.checkpoint_bytes + stored * ratio
    findings = (
        _data(data),
        _folder(order),
        _disk(order, disk, stored * ratio),
        _memory(first, available, device, devices if device.type == "cpu" else 1, order.run.workers),
        *notes,
        Finding(
            "step",
            f"{first.step_seconds:.2f} s (median of {steps - 1}; {first.cpu_seconds:.2f} s of CPU), "
            f"{first.waiting_share:.0%} of it waiting for frames; {_load(share)}"
            + (", compiled" if order.run.compile else "")
            + (f", one of {devices} devices" if devices > 1 else ""),
        ),
        Finding(
            "time",
            f"{duration(hours * 3600)} for {_counted(budget.steps, 'step')}: {duration(before)} before the first, "
            f"which takes {duration(first.first_seconds)}; 10 % of the steps after {duration(hours * 360)}",
        ),
    )
    lines = [line for line in said.getvalue().splitlines() if not line.startswith("cache:")]
    return DryRun("\n".join([*lines, title]), findings, first.step_seconds, hours, first.peak_bytes, preset.name)


def _load(share: TrainSettings) -> str:
    """``4 frames in 2 parts, bfloat16``: what a step of one device works through."""
    precision = "bfloat16" if share.bf16 else "float32"
    return f"{_counted(share.batch_size, 'frame')} in {_counted(share.parts, 'part')}, {precision}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _spread(data: TrainingData, count: int) -> TrainingData:
    """So many of the frames, at equal distances."""
    every = max(1, len(data.frame_ids) // count)
    return replace(data, frame_ids=data.frame_ids[::every][:count])


def _data(data: TrainingData) -> Finding:
    found = f"{len(data.frame_ids):,} frames to train on, {len(data.labelled_ids):,} of them with labels"
    looked_at = _spread(data, LOOKED_AT).frame_ids
    problems = list(_problems(data.root, looked_at))
    if problems:
        return Finding("data", f"{found}; {len(problems)} problems in {len(looked_at)}, such as: {problems[0]}", False)
    return Finding("data", f"{found}; {len(looked_at)} looked at, nothing wrong (monotakd data check looks at all)")


def _problems(root: sources.FrameSource, frame_ids: Sequence[str]) -> Iterator[DataError]:
    """What is wrong with these frames, each checked as those of its own root are."""
    frames_of: dict[sources.FrameSource, list[str]] = {}
    for frame_id in frame_ids:
        source = root.source_of(frame_id) if isinstance(root, sources.JoinedSources) else root
        frames_of.setdefault(source, []).append(frame_id)
    for source, own in frames_of.items():
        if isinstance(source, KittiRawRoot):
            check = partial(raw_frame_problems, source)
        else:
            folders = frozenset(name for name in (IMAGES, CALIBRATIONS, POINTS, LABELS) if source.ids_in(name))
            check = partial(frame_problems, source, folders)
        for frame_id in own:
            yield from check(frame_id)


def _memory(first: FirstSteps, available: int, device: torch.device, sharing: int, workers: int) -> Finding:
    """``sharing`` training processes have the same memory; those that only read are named, not counted."""
    of = f" of each of {sharing} processes" if sharing > 1 else ""
    besides = f"; {workers * sharing} that read need some more" if workers else ""
    return Finding(
        "memory",
        f"{first.peak_bytes / 1e9:.2f} GB at the peak{of}, {available / 1e9:.1f} GB were free on {device}{besides}; "
        f"{first.parameters / 1e6:.1f} million parameters are trained",
        sharing * first.peak_bytes < available,
    )


def _folder(order: Order) -> Finding:
    there = (order.out / CONFIG).exists()
    return Finding("folder", _FOLDER[there, order.resume], not there or order.resume)


_FOLDER = {
    (False, False): "new",
    (False, True): "new: nothing to go on with",
    (True, False): "holds a training already: add --resume, or take another --out",
    (True, True): "holds a training, which would go on",
}


def _disk(order: Order, needed: float, stored: float) -> Finding:
    out = order.out.resolve()
    folder = next(parent for parent in (out, *out.parents) if parent.is_dir())
    free = shutil.disk_usage(folder).free
    what = "objects to paste" if order.what == "teacher" else "outputs of teacher and assistant"
    of = f", {stored / 1e9:.1f} GB of them {what}" if stored else ""
    return Finding("disk", f"{needed / 1e9:.2f} GB needed{of}; {free / 1e9:.1f} GB free", needed < free)


def _available_bytes(device: torch.device) -> int:
    """Memory that this process has and could still get."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_allocated(device)
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        own = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 2**63  # Not Linux: nobody says.
    return own + next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
