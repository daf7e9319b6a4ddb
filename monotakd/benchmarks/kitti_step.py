"""Whole training steps at KITTI's size, image network, frozen networks and optimiser included: time and memory.

``python -m monotakd.benchmarks.kitti_step student-published`` prints one line of JSON; ``--json FILE`` measures all
cases, each in a process of its own, since the system only knows the peak of a process. The paper claims 12 GB for its
step on a GPU; ours is meant to stay within 6 GB on a CPU.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from monotakd import paths
from monotakd.benchmarks.kitti_networks import train_alone
from monotakd.benchmarks.peak_memory import peak_bytes
from monotakd.benchmarks.timing import commit, hardware
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.distill.detector_training import AssistantTraining, teacher_losses
from monotakd.distill.distiller import Distiller
from monotakd.distill.settings import TRUTH, DistillSettings
from monotakd.engine.device import to_device
from monotakd.engine.settings import TrainSettings
from monotakd.engine.task import Task
from monotakd.engine.trainer import Trainer
from monotakd.models.assistant import Assistant, AssistantSettings
from monotakd.models.student import Student, StudentSettings, Wiring
from monotakd.models.teacher import Teacher

BUDGET = TrainSettings(steps=10, batch_size=1, learning_rate=2e-4)


def student_task(wiring: Wiring, recipe: DistillSettings) -> Task:
    """A student with a teacher, and an assistant where the recipe has one, that run in every step."""
    student = Student(StudentSettings.kitti_r50(wiring)).save_memory()
    assistant = None if recipe.assistant == "borrowed" else Assistant(AssistantSettings.kitti_r50())
    distiller = Distiller(student, Teacher.kitti(), assistant, recipe)
    weights = recipe.weights.active()
    return Task("student", student, lambda b: distiller(b).computed(), weights=weights, frozen=distiller.frozen())


def assistant_task() -> Task:
    """An assistant trained as a detector."""
    training = AssistantTraining(Assistant(AssistantSettings.kitti_r50()))
    return Task("assistant", training.assistant, lambda b: training(b).computed(), weights=training.weights.active())


def teacher_task() -> Task:
    """A teacher."""
    teacher = Teacher.kitti()
    return Task("teacher", teacher, lambda b: teacher_losses(teacher, b).computed(), weights=TRUTH.active())


@dataclass(frozen=True)
class Case:
    """One kind of training.

    Attributes:
        what: in words, for a table.
        task: builds the networks.
        frames: of a step.
        gradient_norms: whether the steps measure the gradient of every loss term by itself, as every hundredth does.
    """

    what: str
    task: Callable[[], Task]
    frames: int = 1
    gradient_norms: bool = False


def _student(wiring: str) -> Callable[[], Task]:
    return lambda: student_task(getattr(Wiring, wiring)(), getattr(DistillSettings, wiring)())


CASES = {
    "student-published": Case("student, published, teacher and assistant running", _student("published")),
    "student-published-norms": Case(
        "the same, in a step that measures gradient norms", _student("published"), gradient_norms=True
    ),
    "student-released": Case(
        "student, released, teacher running, no assistant of its own; the pyramid's norms in evaluation mode, as one "
        "frame cannot train them",
        _student("released"),
    ),
    "student-released-two": Case("the same with two frames a step, the fewest it trains on", _student("released"), 2),
    "student-lite": Case("student, lite, teacher and assistant running", _student("lite")),
    "assistant": Case("assistant", assistant_task),
    "teacher": Case("teacher", teacher_task),
}


def measure(name: str, steps: int = 2) -> dict[str, object]:
    """Some steps on streets of the tiny set; times are of the last.

    Args:
        name: one of `CASES`.
        steps: at least 2: the first makes the optimiser's state and compiles kernels.
    """
    case = CASES[name]
    torch.manual_seed(0)
    trainer = Trainer(case.task(), replace(BUDGET, batch_size=case.frames))
    if isinstance(trainer.task.module, Student) and case.frames == 1:
        train_alone(trainer.task.module)
    root = KittiRoot(paths.tiny_set())
    frames = CameraFrames(root, root.split("trainval").ids[: case.frames], points=True, depth="completed")
    batch = to_device(collate([frames.frame(i) for i in range(case.frames)]), trainer.device)
    for _ in range(steps):
        start, cpu = time.perf_counter(), time.process_time()
        trainer.step(batch, with_gradient_norms=case.gradient_norms)
    return {
        "case": name,
        "frames": case.frames,
        "wall_s": round(time.perf_counter() - start, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "peak_gb": round(_peak_bytes(trainer.device) / 1e9, 2),
        "device": str(trainer.device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "hardware": hardware(),
        "commit": commit(),
    }


def _peak_bytes(device: torch.device) -> int:
    """Of the process on a CPU, of what torch allocated on CUDA."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return peak_bytes()


def measure_all(path: Path) -> None:
    """Measures every case in a process of its own and writes them all to a JSON file."""
    rows = []
    for name in CASES:
        command = [sys.executable, "-m", "monotakd.benchmarks.kitti_step", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        print(done.stdout, end="", flush=True)
        rows.append(json.loads(done.stdout))
    path.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "--json":
        measure_all(Path(sys.argv[2]))
    else:
        print(json.dumps(measure(sys.argv[1])))
