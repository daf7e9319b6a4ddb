"""Commands that use trained networks: over a split, on your own images, for KITTI's test server, as a program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import tyro

from monotakd.commands.options import Device, PresentOnly, device_named, require_at_least


def detect(
    checkpoint: str,
    data: Path,
    out: Path,
    split: str = "val",
    batch_size: int = 1,
    present_only: PresentOnly = False,
    threads: int = 0,
    workers: int = 0,
    device: Device = "auto",
) -> int:
    """Run a trained teacher, assistant or student over a split: KITTI result files, and AP where there are labels.

    A call that was stopped goes on with the frames that have no file yet.

    Args:
        checkpoint: Folder of a trained or imported network, its final.safetensors, the state of a training under way
            (checkpoint-00000400.safetensors in its folder), or a stored one such as teacher or student_monotakd.
        data: KITTI root.
        out: Folder for labels/, which evaluate and submit read, and detect.json with the scores.
        split: A file in ImageSets: val, train, or test, whose frames lie in testing.
        batch_size: Frames at once.
        threads: Threads of torch on the CPU; 0 leaves them alone.
        workers: Processes that read frames; 0 reads in this one.
    """
    from monotakd.pipeline.reproduce import shown_command
    from monotakd.predict.detect_split import detect_split
    from monotakd.predict.trained_network import load_network

    require_at_least(0, threads=threads, workers=workers)
    require_at_least(1, batch_size=batch_size)
    on = device_named(device)
    print(
        detect_split(
            load_network(checkpoint),
            data,
            split,
            out,
            device=on,
            threads=threads or None,
            batch_size=batch_size,
            workers=workers,
            present_only=present_only,
            command=shown_command(sys.argv[1:]),
        )
    )
    return 0


def predict(
    images: tyro.conf.Positional[tuple[Path, ...]],
    checkpoint: str,
    out: Path,
    calib: Path | None = None,
    fx: float | None = None,
    fy: float | None = None,
    cx: float | None = None,
    cy: float | None = None,
    camera_height: float | None = None,
    pitch: float | None = None,
    rescale_depth: Annotated[bool, tyro.conf.arg(help="Show images at the focal length of the training.")] = False,
    trained_focal: float | None = None,
    min_score: float = 0.15,
    labels_only: Annotated[bool, tyro.conf.arg(help="Write the KITTI text alone, to be scored or submitted.")] = False,
    device: Device = "auto",
) -> int:
    """Run a trained student on your own images: boxes drawn, KITTI text, JSON, depth, a coloured point cloud.

    Give --calib, or --fx and what else differs from a camera with square pixels and its axis in the middle. For the
    frames of a KITTI split there is `monotakd detect`.

    Args:
        images: Images and folders of images (PNG, JPEG, WebP, BMP, TIFF).
        checkpoint: Folder of a trained student, its final.safetensors, the state of a training under way, or a stored
            one such as student_monotakd.
        out: Folder for drawn/, depth/, labels/, json/ and points/.
        calib: KITTI calibration file, or a folder with one for each image.
        fx: Focal length in pixels of the upright image.
        fy: The same along the columns; fx when not given.
        cx: Column of the principal point, pixels; the middle when not given.
        cy: Row of the principal point, pixels; the middle when not given.
        camera_height: Height of the camera above the ground, metres; KITTI's 1.65 when not given.
        pitch: Nose-up tilt of the camera, degrees; 0 when not given.
        trained_focal: Focal length of the training images, pixels at the network's size; as the
            training wrote it down when not given, or KITTI's where it did not.
        min_score: Lowest score that is drawn; the other files hold all detections.
    """
    from monotakd.predict.command import camera_of, predict_into

    camera, on = camera_of(calib, fx, fy, cx, cy, camera_height, pitch), device_named(device)
    predict_into(
        out,
        images,
        checkpoint,
        camera,
        rescale_depth=rescale_depth,
        trained_focal=trained_focal,
        min_score=min_score,
        labels_only=labels_only,
        device=on,
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
