"""Where the project's own data lies, the user's KITTI, and what a reader of the notebooks keeps."""

from __future__ import annotations

import os
from pathlib import Path

from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError

DATA_VARIABLE = "MONOTAKD_DATA"
KITTI_VARIABLE = "MONOTAKD_KITTI"
WORK_VARIABLE = "MONOTAKD_WORK"


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None


def data_folder() -> Path:
    """The folder with the tiny street set and the stored checkpoints.

    ``data/`` of the checkout, or the folder that the environment variable ``MONOTAKD_DATA`` names.

    Raises:
        DataError: there is no such folder.
    """
    folder = _from_environment(DATA_VARIABLE) or CHECKOUT / "data"
    if not folder.is_dir():
        raise DataError(
            DATA_VARIABLE if DATA_VARIABLE in os.environ else "data",
            f"no folder at {folder}",
            "the project's data folder (tiny/, checkpoints/)",
            fix=f"Install from a checkout with `pip install -e .`, or set {DATA_VARIABLE} to a copy of its data/",
        )
    return folder


def tiny_set() -> Path:
    """KITTI-layout root of the eight streets at KITTI's size that come with the project.

    Raises:
        DataError: it is not there.
    """
    return _street_set("tiny", "the tiny street set")


def toy_set() -> Path:
    """KITTI-layout root of twelve streets at 320x96, the input of the stored models.

    Raises:
        DataError: it is not there.
    """
    return _street_set("toy", "the toy street set")


def checkpoint_folder() -> Path:
    """The folder of the stored models.

    Raises:
        DataError: it is not there.
    """
    folder = data_folder() / "checkpoints"
    if not folder.is_dir():
        raise DataError(folder, "no such folder", "the stored models", fix=_restore("data/checkpoints"))
    return folder


def _street_set(name: str, expected: str) -> Path:
    root = data_folder() / name
    if not (root / "training" / "image_2").is_dir():
        raise DataError(root, "no folder training/image_2", expected, fix=_restore(f"data/{name}"))
    return root


def _restore(what: str) -> str:
    return f"Restore {what} from the checkout, or unset {DATA_VARIABLE}"


def kitti_root() -> Path | None:
    """The user's real KITTI, named by the environment variable ``MONOTAKD_KITTI``; None where it is unset.

    Raises:
        DataError: it is set to something without KITTI's layout.
    """
    root = _from_environment(KITTI_VARIABLE)
    if root is not None and not (root / "training").is_dir():
        raise DataError(
            KITTI_VARIABLE,
            f"{root}, which has no folder 'training'",
            "a folder with KITTI's layout (training/image_2, training/calib, ImageSets, ...)",
            fix="Mend or unset the variable; data/README.md describes the layout",
        )
    return root


def work_folder() -> Path:
    """Where exercise copies and the reader's progress lie: ``notebooks/work/``, which git ignores and JupyterLab shows.

    Where the checkout cannot be written, as in a classroom that shares one, ``monotakd-work`` in the home folder; or
    the folder that the environment variable ``MONOTAKD_WORK`` names.
    """
    notebooks = CHECKOUT / "notebooks"
    is_own_checkout = notebooks.is_dir() and os.access(notebooks, os.W_OK)
    default = notebooks / "work" if is_own_checkout else Path.home() / "monotakd-work"
    return _from_environment(WORK_VARIABLE) or default
