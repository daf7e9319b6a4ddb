"""The command that trains one network, and the one that prints what a student can be taught by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from monotakd.commands.options import Device, PresentOnly, device_named, require_at_least


def train(
    what: tyro.conf.Positional[Literal["depth-network", "teacher", "assistant", "student"]],
    out: Path,
    data: Path,
    preset: Literal["smoke", "quick", "toy", "kitti_small", "kitti_r50"] = "toy",
    row: str = "",
    wiring: Literal["", "published", "released", "lite"] = "",
    recipe: Path | None = None,
    training: Literal["", "detector", "aligned", "shared_head"] = "",
    labels: int = 0,
    unlabelled: Path | None = None,
    unlabelled_list: Path | None = None,
    tracklets: Annotated[bool, tyro.conf.arg(help="Take tracklets of --unlabelled for labels.")] = False,
    seed: int = 0,
    teacher: Path | None = None,
    assistant: Path | None = None,
    depth_network: Path | None = None,
    student: Path | None = None,
    image_weights: Path | None = None,
    cache: Annotated[bool, tyro.conf.arg(help="Keep outputs of teacher and assistant in --out, told before.")] = False,
    steps: int = 0,
    batch_size: int = 0,
    parts: int = 1,
    precision: Literal["auto", "bf16", "float32"] = "auto",
    present_only: PresentOnly = False,
    resume: Annotated[bool, tyro.conf.arg(help="Go on with the training in --out.")] = False,
    compile: Annotated[bool, tyro.conf.arg(help="Compile the dense parts of all networks with torch.compile.")] = False,
    checkpoint_seconds: float = 60.0,
    gradient_norms_every: int = 100,
    dry_run: Annotated[bool, tyro.conf.arg(help="Train nothing: check data, disk, memory; tell the hours.")] = False,
    dry_run_steps: int = 20,
    threads: int = 0,
    workers: int = 0,
    device: Device = "auto",
    devices: int = 1,
) -> int:
    """Train one network on a KITTI root. Ends with final.safetensors in --out; a kill costs a minute with --resume.

    Args:
        what: Which network.
        out: Folder of the training.
        data: KITTI root, or KITTI raw drives, whose tracklets are the labels; images are brought to the preset's size,
            which for kitti_r50 is their own.
        preset: Networks and budget: kitti_r50 are the paper's at full size, kitti_small the same narrowed for a look.
        row: Of a student: what teaches it, a row of the results table such as direct or ground_truth_only; monotakd
            when empty.
        wiring: Of a student: how it is connected. Without --row and --recipe also the recipe that goes with it.
        recipe: Of a student: JSON file with weights of the losses, their options and the wiring, in place of --row. The
            command "monotakd recipe ROW" prints one to start from; the config.json of a finished student is one, too.
        training: Of an assistant: detector (boxes alone, as we read the paper), or with the help of --teacher aligned
            (towards its map) or shared_head (read by its head). When empty aligned with --teacher, detector without.
        labels: How many training frames show their labels; 0 for all.
        unlabelled: KITTI raw root whose frames take part without labels: teacher and assistant teach on them. Or an
            object root with ImageSets/unlabelled.txt.
        unlabelled_list: File with the frames of --unlabelled, one drive and frame a line, such as the "eigen clean"
            list. Without it every frame, and of KITTI's own drives that includes what its val frames were taken from.
        seed: First weights and data order.
        teacher: Folder of a trained teacher, where the student (or an aligned or shared_head assistant) needs one; a
            student of the toy networks takes the one that comes with the project without it.
        assistant: Folder of a trained assistant; without it the one that comes with the project, likewise.
        depth_network: Folder of a trained or imported depth network to start from, for an assistant or a student;
            without it they start with fresh weights.
        student: Folder of a trained or imported student of the same preset and wiring: go on from all of its weights,
            with a schedule of its own, as the release's last training does.
        image_weights: File of a published ResNet-50 or DeepLabV3 to start from instead, as for import-image-weights.
        steps: Optimiser steps; the preset's when 0.
        batch_size: Frames of a step, over all devices; the preset's when 0.
        parts: Work through each batch in so many parts, for want of memory.
        precision: auto takes bfloat16 where the device computes in it, float32 for teachers.
        checkpoint_seconds: Seconds from one checkpoint to the next, what a kill costs at most.
        gradient_norms_every: Steps from one log line with the gradient norm of every loss term on every part of the
            network to the next; 0 for none. At 100 it costs about 2 % of the time.
        dry_run_steps: Steps that a dry run does.
        threads: Threads of torch on the CPU; 0 leaves them alone.
        workers: Processes that read and augment frames, also for --cache; 0 reads in the training process.
        devices: Processes that share every batch: one per GPU, or side by side on the CPU. Or start this command with
            torchrun --nproc-per-node N -m monotakd train ...
    """
    from monotakd.engine.settings import RunSettings
    from monotakd.pipeline.order import Order
    from monotakd.pipeline.single import train_on_devices, train_one

    counts = {"labels": labels, "seed": seed, "steps": steps, "batch_size": batch_size}
    require_at_least(0, **counts, threads=threads, workers=workers, checkpoint_seconds=checkpoint_seconds)
    require_at_least(0, gradient_norms_every=gradient_norms_every)
    require_at_least(1, parts=parts, dry_run_steps=dry_run_steps, devices=devices)
    order = Order(
        what.replace("-", "_"),
        out,
        data,
        preset=preset,
        row=row,
        wiring=wiring,
        recipe=recipe,
        training=training,
        labels=labels or None,
        unlabelled=unlabelled,
        unlabelled_list=unlabelled_list,
        tracklets=tracklets,
        seed=seed,
        teacher=teacher,
        assistant=assistant,
        depth_network=depth_network,
        student=student,
        image_weights=image_weights,
        keep_outputs=cache or None,
        steps=steps,
        batch_size=batch_size,
        parts=parts,
        precision=precision,
        present_only=present_only,
        resume=resume,
        run=RunSettings(
            device=device_named(device, devices),
            threads=threads or None,
            workers=workers,
            checkpoint_seconds=checkpoint_seconds,
            gradient_norms_every=gradient_norms_every,
            compile=compile,
        ),
    )
    if dry_run:
        from monotakd.pipeline.dry_run import rehearse

        found = rehearse(order, steps=dry_run_steps, devices=devices)
        print(found)
        return 0 if found.ok else 1
    if devices == 1:
        train_one(order)
        return 0
    return train_on_devices(devices, order)


def recipe(row: tyro.conf.Positional[str] = "") -> int:
    """Print what teaches a row's student and how it is wired, as JSON for monotakd train student --recipe FILE.

    The fields are explained in monotakd/distill/settings.py (DistillSettings) and monotakd/models/student.py (Wiring).

    Args:
        row: A row of the results table; when empty the rows are listed.
    """
    from monotakd.pipeline.recipe_file import StudentRecipe
    from monotakd.pipeline.rows import ROWS, row_named

    if row:
        print(StudentRecipe.of(row_named(row)).to_text())
        return 0
    width = max(map(len, ROWS))
    for known in ROWS.values():
        print(f"{known.name:{width}}  {known.title}")
    return 0
