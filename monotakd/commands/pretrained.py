"""Commands that turn other projects' weights into files of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import tyro

from monotakd.commands.options import JsonOut, require_at_least


def import_release(
    checkpoint: tyro.conf.Positional[Path],
    kind: Literal["teacher", "student"],
    out: Path,
    allow_unexplained: Annotated[bool, tyro.conf.arg(help="Leave out tensors that no rule knows.")] = False,
    json_out: JsonOut = None,
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
    json_out: JsonOut = None,
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

    require_at_least(0, seed=seed)
    return _report(image_weights.import_image_weights(weights, out, CameraSettings.kitti_r50(), seed), out, json_out)


def _report(account, out: Path, json_out: Path | None) -> int:
    print(account, f"wrote {out}", sep="\n")
    if json_out is not None:
        json_out.write_text(json.dumps(account.to_json(), indent=1) + "\n")
    return 0
