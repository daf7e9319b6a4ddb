"""What `test_processes.py` runs in several processes; started as functions, by name, with a folder to write to."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch
from tiny_training import QUIET, SETTINGS, TinyFrames, tiny_task
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from monotakd import checkpoints, lesson, paths
from monotakd.datasets.augment import LidarAugmentation
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import LidarFrames
from monotakd.distill.detector_training import TRUTH, AssistantTraining, teacher_losses
from monotakd.distill.distiller import Distiller
from monotakd.distill.settings import DistillSettings
from monotakd.distill.terms import LossWeights
from monotakd.engine.processes import current_process, joined, of_all
from monotakd.engine.seeds import seeded
from monotakd.engine.settings import TrainSettings
from monotakd.engine.task import Task
from monotakd.engine.train import fit
from monotakd.engine.trainer import Trainer
from monotakd.engine.weights import weights_hash
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant
from monotakd.models.student import Student, StudentSettings, Wiring
from monotakd.models.teacher import Teacher, TeacherSettings
from monotakd.pipeline.networks import TOY, build
from monotakd.pipeline.object_bank import fill_bank
from monotakd.scene import Batch, Frame

EVERY_TERM = LossWeights(2.0, 2.0, 2.0, 3.0, 2.0, 2.0, 0.4, 1.0, 1.0, 1.0)
TWO_STEPS = TrainSettings(steps=2, batch_size=4, learning_rate=1e-3)


def freeze_norms(network: nn.Module) -> None:
    """Batch norms that use and keep their statistics, whatever mode is set."""
    for norm in network.modules():
        if isinstance(norm, _BatchNorm):
            norm.eval()
            norm.train = lambda mode=True, norm=norm: norm


def steady_task(seed: int = 5) -> Task:
    """The tiny task without what differs between processes: norms of the own share, dropout."""
    task = tiny_task(seed)
    freeze_norms(task.module)
    task.module.head[0].p = 0.0
    return task


def tiny(out: Path, stop: int = 0, resume: bool = False) -> None:
    """Trains the tiny network, or the first steps of it; each process begins with weights of its own."""

    class StopError(Exception):
        pass

    def on_step(record):
        if record["step"] == stop:
            raise StopError

    with joined("cpu") as process:
        task = steady_task(seed=5 + process.rank)
        with suppress(StopError):
            fit(task, TinyFrames(), SETTINGS, out, run=QUIET, resume=resume, on_step=on_step)
        _note(out, process.rank, {"weights": weights_hash(task.module)})


def objects(out: Path) -> None:
    """A teacher's objects: one process cuts them out, both paste them."""

    class Counted(LidarFrames):
        collected = 0

        def collect(self, *, progress=False):
            self.collected += 1
            return super().collect(progress=progress)

    with joined("cpu") as process:
        root = KittiRoot(paths.toy_set())
        frames = Counted(root, root.split("trainval").ids[:3], LidarAugmentation(), ("Car",))
        fill_bank(frames, out, goes_on=False)
        points = [len(cutout.points) for cutout in frames.bank.cutouts["Car"]]
        _note(out, process.rank, {"collected": frames.collected, "points": points})


def diverging(out: Path) -> None:
    """A loss that is NaN in the second process's share only."""
    with joined("cpu") as process:
        task = steady_task()
        plain, nothing = task.losses, float("nan") if process.rank == 1 else 0.0
        task = replace(task, losses=lambda batch: {**plain(batch), "depth": plain(batch)["depth"] + nothing})
        try:
            fit(task, TinyFrames(), SETTINGS, out, run=QUIET)
        except ArithmeticError as error:
            _note(out, process.rank, {"terms": list(error.terms), "frames": list(error.frame_ids)})
        of_all(None)  # No process leaves while another is still writing.


def refused(out: Path) -> None:
    """Into a folder that holds a run."""
    with joined("cpu"):
        fit(steady_task(), TinyFrames(), SETTINGS, out, run=QUIET)


def failing(out: Path) -> None:
    """One process cannot read its frame; the other one waits for it."""
    with joined("cpu") as process:
        if process.rank == 1:
            raise DataError("frame 000003", "no image", "an image")
        fit(steady_task(), TinyFrames(), SETTINGS, out, run=QUIET)


KINDS = ("student", "anchor_student", "anchor_assistant", "anchor_teacher")
"""The toy student with its centre head, and small networks with the anchor heads of the paper's size."""


def street_frames(*, unlabelled: bool) -> list[Frame]:
    """Eight streets with different numbers of cars; two of them without labels if wanted."""
    frames = lesson.toy_frames(depth="sparse")
    hidden = (1, 6) if unlabelled else ()
    return [replace(frame, annotations=None) if place in hidden else frame for place, frame in enumerate(frames)]


def network(kind: str) -> nn.Module:
    """What is trained, with its first weights."""
    if kind == "student":
        return build("monotakd")
    teacher, scale = replace(TeacherSettings.toy(), head="anchor"), replace(TOY.assistant.scale, head="anchor")
    with seeded(3):
        return {
            "anchor_student": lambda: Student(StudentSettings(scale, Wiring.published())),
            "anchor_assistant": lambda: Assistant(replace(TOY.assistant, scale=scale)),
            "anchor_teacher": lambda: Teacher(teacher),
        }[kind]()


def trainer_of(kind: str) -> Trainer:
    """A student with every loss term there is; an assistant or a teacher with those of a detector."""
    trained = network(kind)
    freeze_norms(trained)
    if kind.endswith("student"):
        shipped = checkpoints.teacher()
        teacher = shipped if kind == "student" else network("anchor_teacher").eval()
        recipe = replace(DistillSettings.published(), weights=EVERY_TERM)
        distiller = Distiller(trained, teacher, checkpoints.assistant(), recipe)
        freeze_norms(distiller)
        losses, weights = (lambda batch: distiller(batch).computed()), EVERY_TERM
    elif kind == "anchor_assistant":
        training = AssistantTraining(trained)
        freeze_norms(training)
        losses, weights = (lambda batch: training(batch).computed()), TRUTH
    else:
        losses, weights = (lambda batch: teacher_losses(trained, batch).computed()), TRUTH
    return Trainer(Task(kind, trained, losses, weights=weights.active()), TWO_STEPS, device=torch.device("cpu"))


def two_steps(kind: str) -> tuple[nn.Module, list[dict], dict[str, torch.Tensor]]:
    """Two steps of four frames each, of which this process takes its share; with the gradients of the first."""
    trainer, process = trainer_of(kind), current_process()
    frames = street_frames(unlabelled=kind.endswith("student"))
    records, gradients = [], {}
    for step in range(2):
        share = frames[4 * step + process.rank : 4 * step + 4 : process.world]
        batch: Batch = collate(share)
        records.append(trainer.step(batch))
        if step == 0:
            parameters = trainer.task.module.named_parameters()
            gradients = {name: p.grad.clone() for name, p in parameters if p.grad is not None}
    return trainer.task.module, records, gradients


def together(out: Path, kind: str) -> None:
    """`two_steps` in each process; rank 0 keeps what came out."""
    with joined("cpu") as process:
        module, records, gradients = two_steps(kind)
        _note(out, process.rank, {"weights": weights_hash(module), "records": records})
        if process.writes:
            torch.save({"weights": module.state_dict(), "gradients": gradients}, out / "trained.pt")


def _note(out: Path, rank: int, facts: dict) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / f"rank{rank}.json").write_text(json.dumps(facts))
