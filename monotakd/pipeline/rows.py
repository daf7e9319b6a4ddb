"""The rows of the results table: what is taught to the student, and how it is wired. One student network for all.

The rows differ in the recipe only, except where a part is the very thing under test (lite, +SAM and its parts, +FFM,
released, BEV convolutions). Rows of one student network have the same first weights at the same seed. A network with
other parts draws other numbers, so that such a row shares only its data order and what comes from the depth network.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from monotakd.distill.settings import DistillSettings
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
        bev_convs: convolutions on the student's visual map, as an aligned assistant has them on its own: without them
            F_vis, a sum over pixels, cannot become F_A. See `CameraSettings.bev_convs`.
        start_from: modules that begin with the assistant's weights instead of fresh ones.
        ours: not in the paper.
        tried: runs only where it is named, and is shown only where it ran.
    """

    name: str
    title: str
    recipe: DistillSettings
    wiring: Wiring = field(default_factory=Wiring.published)
    bev_convs: int = 0
    start_from: tuple[str, ...] = ()
    ours: bool = False
    tried: bool = False

    @property
    def uses_boxes(self) -> bool:
        """Whether ground-truth boxes train the student. (They train teacher and assistant in every row.)"""
        return self.recipe.weights.any_truth

    @property
    def uses_unlabelled(self) -> bool:
        """Whether a frame without labels teaches anything."""
        return self.recipe.needs_teacher or self.recipe.needs_assistant

    @property
    def borrows_in_vain(self) -> bool:
        """Whether the recipe's assistant borrows parts of a student that does not lend them."""
        needed = self.recipe.assistant == "borrowed" and self.recipe.needs_assistant
        return needed and not self.wiring.lends_to_assistant

    @property
    def assistant(self) -> str | None:
        """Which assistant it needs, one of `ASSISTANTS`, or None."""
        needed = self.recipe.needs_assistant or bool(self.start_from)
        return _TRAINED_AS.get(self.recipe.assistant) if needed else None


ASSISTANTS = ("assistant", "assistant_aligned", "assistant_shared_head")
_TRAINED_AS = dict(zip(("detector", "aligned", "shared_head"), ASSISTANTS, strict=True))


_PUBLISHED = DistillSettings.published()
_DIRECT = DistillSettings.direct()
_LITE = Wiring.lite()

ROWS = {
    row.name: row
    for row in (
        Row("ground_truth_only", "ground truth only", DistillSettings.ground_truth_only()),
        Row("response_only", "response only", DistillSettings.response_only()),
        Row("direct", "direct: F_S to F_T", _DIRECT),
        Row("monotakd", "MonoTAKD (published): IMD + CMRD", _PUBLISHED),
        Row("imd_direct", "IMD + direct", DistillSettings.imd_direct()),
        Row("imd", "IMD", DistillSettings.intra_modal()),
        Row("cmrd", "CMRD", DistillSettings.residual()),
        Row("signed", "IMD + signed residual", DistillSettings.signed(), ours=True),
        Row("aligned", "IMD + signed residual, aligned assistant", DistillSettings.aligned(), ours=True),
        Row("own_error", "IMD + residual against its own error", DistillSettings.own_error(), ours=True),
        Row("lite", "MonoTAKD-Lite: no SAM, no FFM", DistillSettings.lite(), _LITE),
        Row("plus_sam", "Lite + SAM", _PUBLISHED, replace(_LITE, alignment="paper")),
        Row("sam_atrous", "Lite + SAM, atrous part alone", _PUBLISHED, replace(_LITE, alignment="atrous")),
        Row("sam_deformable", "Lite + SAM, deformable part alone", _PUBLISHED, replace(_LITE, alignment="deformable")),
        Row("sam_no_gate", "Lite + SAM without its gate", _PUBLISHED, replace(_LITE, alignment="no_gate")),
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
            "IMD + direct, aligned assistant, BEV convolutions before F_vis",
            replace(DistillSettings.imd_direct(), assistant="aligned"),
            bev_convs=2,
            ours=True,
            tried=True,
        ),
        Row(
            "assistant_start",
            "MonoTAKD, student starts as the assistant",
            _PUBLISHED,
            start_from=("image_backbone", "branch_visual", "collapse_visual"),
            ours=True,
            tried=True,
        ),
        Row(
            "direct_start",
            "direct, student starts as the assistant",
            _DIRECT,
            start_from=("image_backbone", "branch_visual", "collapse_visual"),
            ours=True,
            tried=True,
        ),
        Row(
            "direct_convs",
            "direct, BEV convolutions before F_vis",
            _DIRECT,
            bev_convs=2,
            ours=True,
            tried=True,
        ),
        Row(
            "aligned_convs",
            "IMD + signed residual, aligned assistant, BEV convolutions before F_vis",
            DistillSettings.aligned(),
            bev_convs=2,
            ours=True,
            tried=True,
        ),
        Row(
            "shared_head",
            "IMD + signed residual, assistant with the teacher's head, BEV convolutions before F_vis",
            DistillSettings.shared_head(),
            bev_convs=2,
            ours=True,
            tried=True,
        ),
        Row(
            "monotakd_own_rms",
            "MonoTAKD, F_T and F_A each in units of its own RMS before the residual",
            replace(_PUBLISHED, residual_scaling="own_rms"),
            ours=True,
            tried=True,
        ),
        Row(
            "direct_foreground",
            "direct, foreground cells",
            replace(_DIRECT, cells="foreground"),
            ours=True,
            tried=True,
        ),
        Row(
            "monotakd_foreground",
            "MonoTAKD, foreground cells",
            replace(_PUBLISHED, cells="foreground"),
            ours=True,
            tried=True,
        ),
    )
}
TABLE_ROWS = tuple(row.name for row in ROWS.values() if not row.tried)
"""The rows of the full table."""
HEADLINE = ("ground_truth_only", "response_only", "direct", "monotakd", "imd_direct")
IN_BOTH_SETTINGS = (*HEADLINE, "truth_in_response_form")
"""Run with all labels and with few: the headline rows, and the control: boxes in the form of the response loss."""
MODELS = ("teacher", *ASSISTANTS)


def row_named(name: str) -> Row:
    """Looks a row up.

    Raises:
        DataError: no such row; lists those that there are.
    """
    if name not in ROWS:
        raise DataError("rows", repr(name), f"some of {', '.join(ROWS)}")
    return ROWS[name]
