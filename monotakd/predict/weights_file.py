"""Weights and settings of a trained network, found by folder, file or name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor

from monotakd import checkpoints, paths
from monotakd.datasets.kitti.files import read_json_object
from monotakd.engine.checkpoint import checkpoints as states_in
from monotakd.engine.checkpoint import is_checkpoint_name, load_checkpoint
from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.config_file import read_config
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings_json import from_json
from monotakd.engine.tensor_file import read_tensors
from monotakd.errors import DataError
from monotakd.models.image_backbone import ImageBackboneSettings
from monotakd.models.resnet_backbone import ResNetSettings

T = TypeVar("T")
_IMAGE_NETWORKS = (ImageBackboneSettings, ResNetSettings)


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """What a file holds, before a network is built for it.

    Attributes:
        path: the file.
        what: the task of its training, such as ``"teacher"`` or the row of a student.
        settings: plain JSON; ``network`` is what the network is built with.
        tensors: of the network's state dict.
        step: steps that an unfinished training had done; None for finished or imported weights.
    """

    path: Path
    what: str
    settings: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    step: int | None = None

    @property
    def network(self) -> Mapping[str, Any]:
        """The network's settings as they were written; empty if they are no settings."""
        told = self.settings.get("network", self.settings)
        return told if isinstance(told, dict) else {}

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) that the training brought its images to; None where they stayed as they came.

        Raises:
            DataError: the settings hold something else.
        """
        size = self.settings.get("size")
        if size is None:
            return None
        if not (isinstance(size, list) and len(size) == 2 and all(type(n) is int and n > 0 for n in size)):
            expected = "height and width of the training images, pixels"
            raise DataError(self.path, f"size = {size!r}", expected, place="settings")
        return size[0], size[1]

    def network_settings(self, kind: type[T], name: str, fix: str) -> T:
        """The network's settings as a value.

        Args:
            kind: the settings' class.
            name: of such a network, for errors.
            fix: what to do, for errors.

        Raises:
            DataError: they are of another version, or of another kind.
        """
        try:
            return from_json(kind, self.network, "network", _IMAGE_NETWORKS)
        except ValueError as error:
            found = f"settings of another version: {error}"
            raise DataError(self.path, found, f"a {name} of this version", fix=fix) from None


def read_weights_file(checkpoint: str | os.PathLike[str], expected: str, fix: str) -> WeightsFile:
    """Reads weights with the settings inside the file or beside it.

    Args:
        checkpoint: the folder of a finished run; a file of weights; the state of a run under way
            (``checkpoint-00000400.safetensors``); or the name of a stored model.
        expected: what would have been right, for errors.
        fix: what to do about it, for errors.

    Raises:
        DataError: nothing of that name, a damaged file, or no settings.
    """
    path = weights_path(checkpoint, expected, fix)
    if is_checkpoint_name(path.name):
        state = load_checkpoint(path)
        return WeightsFile(path, *_told(state.config), state.model, state.step)
    tensors, facts = read_tensors(path, "weights")
    return WeightsFile(path, *_settings_of(path, facts.get("config"), fix), tensors)


def weights_path(checkpoint: str | os.PathLike[str], expected: str, fix: str) -> Path:
    """The file that a folder, a file's path or a stored model's name stands for; see `read_weights_file`.

    A folder never stands for the state of an unfinished run: that has to be named.

    Raises:
        DataError: there is none.
    """
    text = os.fspath(checkpoint)
    if text in checkpoints.NAMES:
        return paths.checkpoint_folder() / f"{text}.safetensors"
    path = Path(text)
    path = path / FINAL if path.is_dir() else path
    if path.exists():
        return path
    in_folder = path.parent.is_dir() and path.name == FINAL
    if not in_folder:
        raise DataError(text, "no such file, folder or model", expected, fix=fix)
    states = states_in(path.parent)
    if states:
        fix = f"Resume it (--resume), or name its state between two steps: {states[0]}"
    raise DataError(path.parent, f"no {FINAL}; the training may not have finished", expected, fix=fix)


def _settings_of(path: Path, config: Any, fix: str) -> tuple[str, dict[str, Any]]:
    beside = path.with_suffix(".json")
    if not config and (path.parent / CONFIG).exists():
        config = read_config(path.parent)
    if config:
        return _told(config)
    if beside.exists():
        stored = read_json_object(beside, "the facts of a stored model")
        _, settings = _told(stored.get("config") if isinstance(stored.get("config"), dict) else {})
        return str(stored.get("name")), {**settings, "network": stored.get("network")}
    raise DataError(path, "weights without settings", f"{CONFIG} beside them, or settings inside", fix=fix)


def _told(config: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    settings = config.get("settings")
    return str(config.get("task")), settings if isinstance(settings, dict) else {}
