"""The command line. Each command imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import tyro

from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError

PresentOnly = Annotated[
    bool, tyro.conf.arg(help="Use the listed frames that exist and say how many are absent.", name="present-only")
]
AsJson = Annotated[bool, tyro.conf.arg(help="Print JSON instead of text.", name="json")]
_CONFIG = (tyro.conf.FlagCreatePairsOff,)


def _default_workers() -> int:
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def doctor(as_json: AsJson = False) -> int:
    """Say what works on this machine, and how to mend what does not. Exit status 1 when something fails."""
    from monotakd import doctor as examination

    findings = examination.examine()
    if as_json:
        print(json.dumps(examination.as_json(findings), indent=2))
    else:
        print("\n".join(map(str, findings)))
    return 0 if examination.healthy(findings) else 1


def data_check(
    root: tyro.conf.Positional[Path],
    present_only: PresentOnly = False,
    as_json: AsJson = False,
    workers: int = 0,
) -> int:
    """Validate a KITTI-layout folder frame by frame. Exit status 1 when there are problems.

    Args:
        root: The folder with training/ and ImageSets/, or one of KITTI raw with days such as 2011_09_26/.
        workers: Threads to check with; 0 takes every core.
    """
    from monotakd.datasets.kitti.check import check_root
    from monotakd.datasets.kitti_raw.check import check_raw_root
    from monotakd.datasets.kitti_raw.layout import looks_raw

    examine = check_raw_root if looks_raw(root) else check_root
    report = examine(root, present_only=present_only, workers=workers or _default_workers(), progress=not as_json)
    print(json.dumps(report.to_json(), indent=2) if as_json else report)
    return 0 if report.ok else 1


def data_synthesize(
    out: Path,
    train: int = 200,
    val: int = 50,
    test: int = 0,
    unlabelled: int = 0,
    width: int = 1242,
    seed: int = 0,
    workers: int = 0,
    layout: Literal["object", "raw"] = "object",
    drives: int = 4,
    frames: int = 20,
) -> int:
    """Generate streets, written as a KITTI root that any KITTI tool can read. Resumes where it was stopped.

    Args:
        out: Folder to write.
        train: Labelled training frames.
        val: Validation frames, from other seeds.
        test: Test frames, from other seeds again; labelled, since we report on them.
        unlabelled: Frames without label files, listed in ImageSets/unlabelled.txt; with --layout raw the number of
            drives without tracklets.
        width: Image width in pixels; the height follows KITTI's 1242x375.
        seed: Same seed, same bytes, whatever the number of workers.
        workers: Processes to generate with; 0 takes every core.
        layout: object for single frames, raw for drives as in KITTI raw, in which the ego vehicle and others move.
        drives: With --layout raw: drives with tracklets (train, val and test do not count there).
        frames: With --layout raw: moments of each drive, ten a second.
    """
    from monotakd.datasets.street.generate import synthesize
    from monotakd.datasets.street.generate_drives import synthesize_drives

    if layout == "raw":
        synthesize_drives(
            out,
            drives=drives,
            frames=frames,
            unlabelled=unlabelled,
            width=width,
            seed=seed,
            workers=workers or _default_workers(),
        )
        return 0
    synthesize(
        out,
        train=train,
        val=val,
        test=test,
        unlabelled=unlabelled,
        width=width,
        seed=seed,
        workers=workers or _default_workers(),
    )
    return 0


def data_statistics(
    root: tyro.conf.Positional[Path],
    split: str = "",
    present_only: PresentOnly = False,
    json_out: Annotated[Path | None, tyro.conf.arg(name="json")] = None,
) -> int:
    """Print a root's label statistics beside real KITTI's.

    Args:
        root: The folder with training/ and ImageSets/.
        split: Name of a split, such as val; every frame with labels when empty.
        json_out: Write the statistics here as JSON.
    """
    from monotakd.datasets.kitti.reader import KittiRoot
    from monotakd.datasets.street.statistics import comparison, label_statistics

    kitti = KittiRoot(root)
    ids = kitti.split(split, present_only=present_only).ids if split else kitti.present_ids()
    labels = [kitti.labels(i) for i in ids]
    width = kitti.image(ids[0]).shape[1]
    statistics = label_statistics([rows for rows in labels if rows is not None], width)
    print(comparison(statistics))
    if json_out is not None:
        from monotakd.benchmarks.timing import commit

        world = root / "world.json"
        record = {
            "command": f"monotakd data statistics ROOT{' --split ' + split if split else ''}",
            "commit": commit(),
            "world": json.loads(world.read_text()) if world.exists() else None,
            "statistics": asdict(statistics),
        }
        json_out.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def import_release(
    checkpoint: tyro.conf.Positional[Path],
    kind: Literal["teacher", "student"],
    out: Path,
    allow_unexplained: Annotated[bool, tyro.conf.arg(help="Leave out tensors that no rule knows.")] = False,
    json_out: Annotated[Path | None, tyro.conf.arg(name="json")] = None,
) -> int:
    """Turn a checkpoint of MonoTAKD's release into a file of ours. Says of every tensor what became of it.

    Args:
        checkpoint: The release's file.
        kind: Whose weights they are.
        out: The new file, such as runs/teacher/final.safetensors; a config.json is written beside it.
        json_out: Write every tensor's name and fate here as JSON.
    """
    from monotakd.pretrained import release

    return _report(release.import_release(checkpoint, kind, out, allow_unexplained=allow_unexplained), out, json_out)


def import_image_weights(
    weights: tyro.conf.Positional[Path],
    out: Path,
    seed: int = 0,
    json_out: Annotated[Path | None, tyro.conf.arg(name="json")] = None,
) -> int:
    """Turn a published ResNet-50 into a depth network that assistants and students of kitti_r50 can start from.

    Args:
        weights: A file of torchvision's (ResNet-50, or DeepLabV3 ResNet-50 as the release starts from), or a Hugging
            Face folder of a ResNet-50. Nothing is downloaded.
        out: The new file, such as runs/depth/final.safetensors; a config.json is written beside it.
        seed: First weights of what the file lacks.
        json_out: Write every tensor's name and fate here as JSON.
    """
    from monotakd.models.camera import CameraSettings
    from monotakd.pretrained import image_weights

    return _report(image_weights.import_image_weights(weights, out, CameraSettings.kitti_r50(), seed), out, json_out)


def _report(account, out: Path, json_out: Path | None) -> int:
    print(account, f"wrote {out}", sep="\n")
    if json_out is not None:
        json_out.write_text(json.dumps(account.to_json(), indent=1) + "\n")
    return 0


def evaluate(
    labels: Path,
    predictions: Path,
    split: Path | None = None,
    present_only: PresentOnly = False,
    json_out: Annotated[Path | None, tyro.conf.arg(name="json")] = None,
) -> int:
    """Score KITTI result files: AP R40 and R11 for 2D, BEV, 3D and AOS, strict and loose IoU.

    Args:
        labels: Folder of label files.
        predictions: Folder of result files, one per frame; an empty file means nothing detected.
        split: File with the ids that count; without it every frame that has a label file counts.
        json_out: Write the values here as JSON.
    """
    from monotakd.metrics.folders import evaluate_folders

    result = evaluate_folders(labels, predictions, split=split, present_only=present_only)
    print(result)
    if json_out is not None:
        json_out.write_text(json.dumps(result.to_json(), indent=2) + "\n")
    return 0


def benchmark(
    parts: tyro.conf.Positional[tuple[str, ...]] = (),
    json_out: Annotated[Path | None, tyro.conf.arg(name="json")] = None,
) -> int:
    """Measure speed: medians, ratios against a plain reference in the same run, commit and hardware.

    Args:
        parts: What to measure: geometry, reading, metric, generation, lift, distill_step, inference, toy_step;
            everything when none is given.
        json_out: Write the rows here as JSON.
    """
    from monotakd.benchmarks import suite

    print(suite.run(parts or suite.PARTS, out=json_out))
    return 0


def run(out: Path = Path("out"), preset: Literal["smoke", "quick", "toy"] = "quick") -> int:
    """Do the main job on embedded data: a first picture, then streets, models, students, table and report.

    Args:
        out: Folder for everything that is made; what is there already is not made again.
        preset: Size of the job; quick is a quarter of an hour on two idle cores.
    """
    from monotakd.job import main_job

    return main_job(out, preset=preset, workers=_default_workers())


def train(
    what: tyro.conf.Positional[Literal["depth-network", "teacher", "assistant", "student"]],
    out: Path,
    data: Path,
    preset: Literal["smoke", "quick", "toy"] = "toy",
    row: str = "monotakd",
    labels: int = 0,
    seed: int = 0,
    teacher: Path | None = None,
    assistant: Path | None = None,
    depth_network: Path | None = None,
    present_only: PresentOnly = False,
    resume: Annotated[bool, tyro.conf.arg(help="Go on with the training in --out.")] = False,
    threads: int = 0,
    devices: int = 1,
) -> int:
    """Train one network on a KITTI root. Ends with final.safetensors in --out; a kill costs a minute with --resume.

    Args:
        what: Which network.
        out: Folder of the training.
        data: KITTI root; images are brought to the preset's size.
        preset: Budget of the training.
        row: Of a student: what teaches it, a row of the results table such as direct or ground_truth_only.
        labels: How many training frames show their labels; 0 for all.
        seed: First weights and data order.
        teacher: Folder of a trained teacher, where the student (or an aligned assistant) needs one; without it the
            teacher that comes with the project.
        assistant: Folder of a trained assistant; without it the one that comes with the project.
        depth_network: Folder of a trained depth network to start from, for an assistant or a student; without it they
            start with fresh weights.
        threads: Threads of torch on the CPU; 0 leaves them alone.
        devices: Processes that share every batch: one per GPU, or side by side on the CPU. Or start this command with
            torchrun --nproc-per-node N -m monotakd train ...
    """
    from monotakd.pipeline.single import train_on_devices, train_one

    start = train_one if devices == 1 else partial(train_on_devices, devices)
    done = start(
        what.replace("-", "_"),
        out,
        data,
        preset=preset,
        row=row,
        labels=labels or None,
        seed=seed,
        teacher=teacher,
        assistant=assistant,
        depth_network=depth_network,
        present_only=present_only,
        resume=resume,
        threads=threads or None,
    )
    return done if isinstance(done, int) else 0


def predict(
    images: tyro.conf.Positional[tuple[Path, ...]],
    checkpoint: str,
    out: Path,
    calib: Path | None = None,
    fx: float | None = None,
    fy: float | None = None,
    cx: float | None = None,
    cy: float | None = None,
    camera_height: float = 1.65,
    pitch: float = 0.0,
    rescale_depth: Annotated[bool, tyro.conf.arg(help="Show images at the focal length of the training.")] = False,
    trained_focal: float | None = None,
    min_score: float = 0.15,
) -> int:
    """Run a trained student on your own images: boxes drawn, KITTI text, JSON, depth, a coloured point cloud.

    Give --calib, or --fx and what else differs from a camera with square pixels and its axis in the middle.

    Args:
        images: Images and folders of images (PNG, JPEG, WebP, BMP, TIFF).
        checkpoint: Folder of a trained student, its final.safetensors, or a stored one such as student_monotakd.
        out: Folder for drawn/, depth/, labels/, json/ and points/.
        calib: KITTI calibration file, or a folder with one for each image.
        fx: Focal length in pixels of the upright image.
        fy: The same along the columns; fx when not given.
        cx: Column of the principal point, pixels; the middle when not given.
        cy: Row of the principal point, pixels; the middle when not given.
        camera_height: Height of the camera above the ground, metres.
        pitch: Nose-up tilt of the camera, degrees.
        trained_focal: Focal length of the training images, pixels at the network's size; KITTI's when not given.
        min_score: Lowest score that is drawn; the other files hold all detections.
    """
    from monotakd.predict.command import camera_of, predict_into

    camera = camera_of(calib, fx, fy, cx, cy, camera_height, pitch)
    predict_into(
        out,
        images,
        checkpoint,
        camera,
        rescale_depth=rescale_depth,
        trained_focal=trained_focal,
        min_score=min_score,
    )
    return 0


def submit(predictions: Path, out: Path, split: Path | None = None) -> int:
    """Pack result files for KITTI's test server, after checking frames, columns and ranges.

    Args:
        predictions: Folder of result files, 000000.txt to 007517.txt; an empty file means nothing detected.
        out: The archive to write, a .zip file.
        split: File with the ids that must be there, instead of KITTI's 7,518 test frames.
    """
    from monotakd.predict.submission import write_submission

    print(write_submission(predictions, out, split=split))
    return 0


def export(
    images: tyro.conf.Positional[tuple[Path, ...]],
    checkpoint: str,
    calib: Path,
    out: Path,
    rescale_depth: Annotated[bool, tyro.conf.arg(help="As for predict.")] = False,
) -> int:
    """Write a student for one fixed camera with torch.export, check it against eager on images, print its latency.

    Args:
        images: Images of the camera, at least one; the exported network is compared on each.
        checkpoint: As for predict.
        calib: KITTI calibration file of the camera.
        out: The file to write, .pt2; torch alone runs it.
    """
    from monotakd.predict.export import export_student
    from monotakd.predict.images import read_frames
    from monotakd.predict.trained_student import load_student

    frames = list(read_frames(images, calib))
    print(export_student(load_student(checkpoint), frames, out, rescale_depth=rescale_depth))
    return 0


def reproduce(
    out: Path,
    preset: Literal["smoke", "quick", "toy"] = "quick",
    runs: str = "",
    seeds: int = 0,
    labels: str = "",
    data: Path | None = None,
    present_only: PresentOnly = False,
    results: Path | None = None,
    steps: int = 0,
    jobs: int = 0,
) -> int:
    """Do the whole job: data, teacher, assistant, students, scores, table, figures, report.html. Resumes by itself.

    Args:
        out: Folder for everything; the same folder goes on where it was stopped and skips what is done.
        preset: smoke (shows that it works), quick (three students in a quarter of an hour), toy (the results table).
        runs: Rows of the table, with commas between; all rows of the preset when empty.
        seeds: Students per row; the preset's number when 0.
        labels: Label settings, with commas between: all, 200.
        data: KITTI root to work on instead of a street world.
        results: Folder that collects each run's result; a student found there is not trained again.
        steps: Steps of every training; the preset's numbers when 0.
        jobs: Trainings at the same time; 0 takes one per core, or one where there is a GPU.
    """
    from monotakd.pipeline.presets import preset_named
    from monotakd.pipeline.reproduce import narrowed
    from monotakd.pipeline.reproduce import reproduce as do
    from monotakd.pipeline.runner import StageFailedError

    chosen = narrowed(preset_named(preset), rows=_names(runs), seeds=seeds, labels=_names(labels), steps=steps)
    try:
        do(
            chosen,
            out,
            data=data,
            present_only=present_only,
            results=results,
            jobs=jobs,
            workers=_default_workers(),
        )
    except StageFailedError as error:
        print(f"monotakd: {error}", file=sys.stderr)
        return 1
    return 0


def ledger(
    out: Path,
    labels: str = "",
    results: Path | None = None,
    present_only: PresentOnly = False,
    jobs: int = 0,
) -> int:
    """Say where the points are lost, from the teacher down to the student: trains cameras on perfect depth. Resumes.

    Args:
        out: Folder of a job (monotakd reproduce), finished or not; what it lacks is left out.
        labels: Label setting, all or 200; the preset's first when empty.
        results: Folder that collects results: its students count too, and the ledger is copied to it.
        jobs: Trainings at the same time; 0 takes one per core, or one where there is a GPU.
    """
    from monotakd.pipeline.ledger_run import make_ledger
    from monotakd.pipeline.reproduce import default_jobs, shown_command
    from monotakd.pipeline.runner import StageFailedError

    try:
        steps = make_ledger(
            out,
            labels=labels,
            results=results,
            present_only=present_only,
            jobs=jobs or default_jobs(_default_workers()),
            workers=_default_workers(),
            command=shown_command(sys.argv[1:]),
        )
    except StageFailedError as error:
        print(f"monotakd: {error}", file=sys.stderr)
        return 1
    for step in steps:
        print("  ".join(f"{value:5.1f}" for value in step.ap.values()), f" {step.name}")
    return 0


def claims(results: Path = Path("results"), readme: Path = Path("README.md"), preset: str = "toy") -> int:
    """Write the claims board anew: RESULTS/claims.json, the board in the README, the table in RESULTS/README.md.

    Args:
        results: Folder of committed results.
        readme: The file with the lines <!-- claims:begin --> and <!-- claims:end -->.
        preset: Whose runs are judged.
    """
    from monotakd.pipeline.board import publish

    for verdict, count in publish(results, readme, preset).items():
        print(f"{count:3} {verdict}")
    return 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def notebooks(names: tyro.conf.Positional[tuple[str, ...]] = ()) -> int:
    """Execute notebooks in place, so that they can be committed with their text and pictures.

    Args:
        names: Beginnings of notebook names, such as 00; all notebooks when none is given.
    """
    from monotakd.notebooks import execute_in_place, find

    for path in find(names):
        execute_in_place(path)
    return 0


def lab(notebook: str = "00_quickstart.ipynb") -> int:
    """Open JupyterLab on a notebook.

    Args:
        notebook: File in notebooks/ to open.
    """
    folder = CHECKOUT / "notebooks"
    command = [sys.executable, "-m", "jupyter", "lab", f"--notebook-dir={folder}", "--", notebook]
    return subprocess.run(command, check=False).returncode


def run_tests(arguments: tyro.conf.Positional[tuple[str, ...]] = ()) -> int:
    """Run every test on all cores.

    Args:
        arguments: Passed on to pytest.
    """
    # One thread a process: two processes with two threads each would fight over two cores.
    environment = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "2", **os.environ}
    command = [sys.executable, "-m", "pytest", "-n", str(_default_workers()), "--dist", "loadfile", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode


def check() -> int:
    """Check style: ruff's rules and formatting."""
    steps = (["check", "."], ["format", "--check", "."])
    return max(subprocess.run([sys.executable, "-m", "ruff", *s], cwd=CHECKOUT, check=False).returncode for s in steps)


_COMMANDS: dict[str, Callable | dict[str, Callable]] = {
    "doctor": doctor,
    "data": {"check": data_check, "synthesize": data_synthesize, "statistics": data_statistics},
    "import-release": import_release,
    "import-image-weights": import_image_weights,
    "evaluate": evaluate,
    "benchmark": benchmark,
    "train": train,
    "predict": predict,
    "submit": submit,
    "export": export,
    "reproduce": reproduce,
    "ledger": ledger,
    "claims": claims,
    "run": run,
    "lab": lab,
    "notebooks": notebooks,
    "test": run_tests,
    "check": check,
}


def _command_line(arguments: list[str]) -> int:
    name = "monotakd"
    commands = _COMMANDS
    # tyro's nested subcommands would need every name spelt as group:command; one level is looked up by hand.
    if arguments and isinstance(_COMMANDS.get(arguments[0]), dict):
        name, commands, arguments = f"monotakd {arguments[0]}", _COMMANDS[arguments[0]], arguments[1:]
    flat = {n: c if callable(c) else _group_help(n, c) for n, c in commands.items()}
    return tyro.extras.subcommand_cli_from_dict(flat, prog=name, args=arguments or ["--help"], config=_CONFIG)


def _group_help(name: str, commands: dict[str, Callable]) -> Callable[[], int]:
    def group() -> int:
        raise AssertionError("groups are dispatched before tyro sees them")

    group.__doc__ = f"Commands on data: {', '.join(f'{name} {c}' for c in commands)}."
    return group


def main() -> None:
    """Entry point of ``monotakd`` and ``python -m monotakd``; bad input ends with its message and status 2."""
    try:
        status = _command_line(sys.argv[1:])
    except DataError as error:
        print(f"monotakd: {error}", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        print("monotakd: interrupted; run the same command again to go on", file=sys.stderr)
        status = 130
    sys.exit(status)
