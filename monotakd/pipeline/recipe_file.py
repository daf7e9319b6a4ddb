"""``--recipe FILE``: any combination of losses, their options and the student's wiring, told in JSON."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from typing import Any, Literal

from monotakd.datasets.kitti.files import read_json_object
from monotakd.distill.settings import DistillSettings
from monotakd.engine.config_file import to_json
from monotakd.engine.settings_json import FieldError, from_json
from monotakd.errors import DataError
from monotakd.models.student import Wiring
from monotakd.pipeline.rows import Row

NAME = "own_recipe"
"""Of a row that is in no table; kept as the task in config.json."""

Startable = Literal["image_backbone", "branch_visual", "collapse_visual", "bev_convs", "backbone_2d", "dense_head"]
"""Modules that student and assistant have in common."""

_EXPECTED = "a recipe, or the config.json of a student's training"
_FIX = "monotakd recipe ROW prints one to start from"


@dataclass(frozen=True)
class StudentRecipe:
    """What the rows of the table differ in.

    Attributes:
        recipe: the losses.
        wiring: of the student.
        bev_convs: see `Row`.
        start_from: modules that begin with the assistant's weights.
    """

    recipe: DistillSettings
    wiring: Wiring = field(default_factory=Wiring.published)
    bev_convs: int = 0
    start_from: tuple[Startable, ...] = ()

    @classmethod
    def of(cls, row: Row) -> StudentRecipe:
        """That of a row of the table."""
        return cls(row.recipe, row.wiring, row.bev_convs, row.start_from)

    def row(self) -> Row:
        """A row of its own."""
        return Row(NAME, "a recipe of one's own", self.recipe, self.wiring, self.bev_convs, self.start_from, ours=True)

    def to_text(self) -> str:
        """As `read_recipe` reads it."""
        return json.dumps(to_json(self), indent=2)


def read_recipe(path: str | os.PathLike[str]) -> StudentRecipe:
    """Reads a recipe.

    Args:
        path: JSON with the fields of `StudentRecipe`, or with those of `DistillSettings` alone for a student of the
            published wiring; or ``config.json`` of a finished training. Fields that are left out take their defaults.

    Raises:
        DataError: no such file, no recipe, or a field that is unknown, of another kind or out of range; names it.
    """
    told = _fields_of(path, read_json_object(path, _EXPECTED, fix=_FIX))
    try:
        recipe = from_json(StudentRecipe, told, "")
        _require_sense(recipe)
    except FieldError as error:
        raise DataError(path, error.found, error.expected, place=error.place, fix=error.fix or _FIX) from None
    return recipe


def _fields_of(path: str | os.PathLike[str], value: dict[str, Any]) -> dict[str, Any]:
    """The fields of `StudentRecipe`, wherever the file has them."""
    if "task" not in value:
        return {"recipe": value} if "weights" in value else value
    settings = value.get("settings")
    if not isinstance(settings, dict) or "recipe" not in settings:
        raise DataError(path, f"the configuration of {value['task']!r}", _EXPECTED, fix=_FIX)
    try:
        network = settings["network"]
        return {
            "recipe": settings["recipe"],
            "wiring": network["wiring"],
            "bev_convs": network["scale"].get("bev_convs", 0),
            "start_from": settings.get("start_from", []),
        }
    except (KeyError, TypeError, AttributeError):
        raise DataError(path, "no wiring and sizes of a student", _EXPECTED, place="settings.network") from None


def _require_sense(told: StudentRecipe) -> None:
    """Raises FieldError where a value is of the right kind and means nothing."""
    recipe, weights = told.recipe, told.recipe.weights
    for name, weight in vars(weights).items():
        if not 0 <= weight < math.inf:
            raise FieldError(f"recipe.weights.{name}", str(weight), "0 or more, and finite")
    if not weights.active():
        raise FieldError("recipe.weights", "nothing above 0", "at least one loss term to train on")
    for name in ("background", "score_threshold", "sure"):
        if not 0 <= getattr(recipe, name) <= 1:
            raise FieldError(f"recipe.{name}", str(getattr(recipe, name)), "a number from 0 to 1")
    if recipe.residual_form == "released" and recipe.residual_scaling != "none":
        raise FieldError("recipe.residual_scaling", repr(recipe.residual_scaling), "'none' beside the released form")
    if not 0 <= recipe.residual_threshold < math.inf:
        raise FieldError("recipe.residual_threshold", str(recipe.residual_threshold), "0 or more, and finite")
    for name, count in (("wiring.scnet_blocks", told.wiring.scnet_blocks), ("bev_convs", told.bev_convs)):
        if count < 0:
            raise FieldError(name, str(count), "0 or more")
    if told.row().borrows_in_vain:
        raise FieldError(
            "recipe.assistant",
            "'borrowed', of a student that does not lend",
            "wiring.lends_to_assistant true beside it",
        )
    if recipe.assistant == "borrowed" and told.start_from:
        raise FieldError("start_from", repr(list(told.start_from)), "nothing: a borrowed assistant has no weights")
