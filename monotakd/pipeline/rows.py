"""The rows of the results table: what is taught to the student, and how it is wired. One student network for all.

The rows differ in the recipe only, except where a part is the very thing under test (lite, +SAM, +FFM, released).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from monotakd.distill.settings import FEATURE_WEIGHT, RESPONSE, DistillSettings
from monotakd.errors import DataError
from monotakd.models.student import Wiring


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        name: short name, as in ``--runs``.
        title: for tables.
        recipe: the losses.
        wiring: of the student.
        start_from: modules that begin with the assistant's weights instead of fresh ones.
        ours: not in the paper.
    """

    name: str
    title: str
    recipe: DistillSettings
    wiring: Wiring = field(default_factory=Wiring.published)
    start_from: tuple[str, ...] = ()
    ours: bool = False

    @property
    def uses_boxes(self) -> bool:
        """Whether ground-truth boxes train the student. (They train teacher and assistant in every row.)"""
        return self.recipe.weights.any_truth

    @property
    def uses_unlabelled(self) -> bool:
        """Whether a frame without labels teaches anything."""
        return self.recipe.needs_teacher or self.recipe.needs_assistant

    @property
    def assistant(self) -> str | None:
        """Which assistant it needs: ``"assistant"``, ``"assistant_aligned"``, or None."""
        needed = self.recipe.needs_assistant or bool(self.start_from)
        names = {"detector": "assistant", "aligned": "assistant_aligned", "borrowed": None}
        return names[self.recipe.assistant] if needed else None


_PUBLISHED = DistillSettings.published()
_RESPONSE_ONLY = DistillSettings.response_only()
_LITE = Wiring.lite()

ROWS = {
    row.name: row
    for row in (
        Row("ground_truth_only", "ground truth only", DistillSettings.ground_truth_only()),
        Row("response_only", "response only", _RESPONSE_ONLY),
        Row("direct", "direct: F_S to F_T", DistillSettings.direct()),
        Row("monotakd", "MonoTAKD (published): IMD + CMRD", _PUBLISHED),
        Row("imd_direct", "IMD + direct", DistillSettings.imd_direct()),
        Row("imd", "IMD", DistillSettings.intra_modal()),
        Row("cmrd", "CMRD", DistillSettings.residual()),
        Row("signed", "IMD + signed residual", DistillSettings.signed(), ours=True),
        Row("aligned", "IMD + signed residual, aligned assistant", DistillSettings.aligned(), ours=True),
        Row("own_error", "IMD + residual against its own error", DistillSettings.own_error(), ours=True),
        Row("lite", "MonoTAKD-Lite: no SAM, no FFM", DistillSettings.lite(), _LITE),
        Row("plus_sam", "Lite + SAM", _PUBLISHED, replace(_LITE, alignment="paper")),
        Row("plus_ffm", "Lite + FFM", _PUBLISHED, replace(_LITE, fusion="paper")),
        Row("released", "the release's arithmetic", DistillSettings.released(), Wiring.released()),
        Row("with_depth", "MonoTAKD + depth loss", DistillSettings.with_depth()),
        Row("hard_pseudo_labels", "hard pseudo-labels", DistillSettings.hard_pseudo_labels()),
        Row(
            "truth_in_response_form",
            "ground truth only, in the response loss's form",
            DistillSettings.truth_in_response_form(),
            ours=True,
        ),
        Row(
            "aligned_direct",
            "IMD + direct, aligned assistant",
            replace(DistillSettings.imd_direct(), assistant="aligned"),
            ours=True,
        ),
        Row(
            "assistant_start",
            "MonoTAKD, student starts as the assistant",
            _PUBLISHED,
            start_from=("image_backbone", "branch_visual", "collapse_visual"),
            ours=True,
        ),
        Row(
            "direct_start",
            "direct, student starts as the assistant",
            replace(_RESPONSE_ONLY, weights=replace(RESPONSE, direct=FEATURE_WEIGHT)),
            start_from=("image_backbone", "branch_visual", "collapse_visual"),
            ours=True,
        ),
    )
}
HEADLINE = ("ground_truth_only", "response_only", "direct", "monotakd", "imd_direct")
MODELS = ("teacher", "assistant", "assistant_aligned")


def row_named(name: str) -> Row:
    """Looks a row up.

    Raises:
        DataError: no such row; lists those that there are.
    """
    if name not in ROWS:
        raise DataError("rows", repr(name), f"some of {', '.join(ROWS)}")
    return ROWS[name]
