"""Which losses teach the student, and every choice that the paper leaves open, with our default and its reason.

Costs are of one toy student step beside the student itself, see `DistillSettings`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from monotakd.distill.cells import CellWeighting
from monotakd.distill.depth import CADDN_WEIGHT, Unknown
from monotakd.distill.direct import CMKD_WEIGHT
from monotakd.distill.features import Normalisation
from monotakd.distill.ground_truth import SURE
from monotakd.distill.residual import ResidualForm
from monotakd.distill.response import RESPONSE_WEIGHTS
from monotakd.distill.terms import LossWeights
from monotakd.engine.config_file import added_later
from monotakd.models.depth_distribution import Pooling

FEATURE_WEIGHT = 4.0
"""Of each feature loss. The paper adds its losses unweighted, but in feature units that it does not give; in units of
the target's RMS the prototype trained well with 4, where a student that knows nothing has feature losses of 4 and a
response loss of a few."""

RESPONSE = LossWeights(
    response_classification=RESPONSE_WEIGHTS.classification,
    response_box=RESPONSE_WEIGHTS.box,
    response_direction=RESPONSE_WEIGHTS.direction,
)
TRUTH = LossWeights(truth_classification=1.0, truth_box=1.0, truth_direction=1.0)
"""The head's own weights are in its terms already."""


@dataclass(frozen=True)
class DistillSettings:
    """A recipe. Presets are class methods; `dataclasses.replace` makes the rows in between.

    Attributes:
        weights: of the loss terms; a term of weight 0 is not computed.
        assistant: whose F_A. ``"detector"``: an assistant of its own, trained on boxes, as we read the paper.
            ``"aligned"``: one trained towards F_T besides (ours). ``"shared_head"``: one whose map the teacher's head
            reads (ours). ``"borrowed"``: the student's own parts, the release.
        intra_modal_normalisation: see `intra_modal_loss`.
        residual_of: what F_T is compared with. ``"assistant"``: F_A, the paper. ``"own_visual"``: the student's own
            F_vis, so that F_spa learns what the student itself still misses (ours).
        residual_form: see `residual_target`; binarised as in the paper.
        residual_threshold: see `residual_target`. The paper does not publish its value.
        residual_scaling: of both maps before they are compared, see `residual_target`.
        residual_normalisation: see `residual_loss`.
        direct_normalisation: see `direct_loss`.
        cells: how much each BEV cell counts in the feature losses, see `cells.cell_weights`. The paper names no mask;
            with ``"occupied"`` the few cells with anything in them are not drowned by the empty ones.
        background: weight of the cells that are not meant, 0..1.
        score_threshold: see `response_losses`.
        average_classification: see `response_losses`; the release does not average.
        pseudo_boxes: take the teacher's sure detections for the truth on unlabelled frames (hard pseudo-labels).
        sure: their lowest score.
        truth_form: how boxes become a loss. ``"head"``: the head's own, supervised loss. ``"response"``: they are put
            in the place of the teacher's predictions in `response_losses`, see `truth_response.perfect_response`.
        depth_unknown: see `depth_loss`.
        depth_pooling: of the true depth, for the depth loss and the borrowed assistant.
    """

    weights: LossWeights
    assistant: Literal["detector", "aligned", "shared_head", "borrowed"] = "detector"
    intra_modal_normalisation: Normalisation = "target_rms"
    residual_of: Literal["assistant", "own_visual"] = "assistant"
    residual_form: ResidualForm = "binarised"
    residual_threshold: float = 1.0
    residual_scaling: Literal["none", "own_rms", "minmax"] = added_later("none")
    residual_normalisation: Normalisation = "none"
    direct_normalisation: Normalisation = "target_rms"
    cells: CellWeighting = "occupied"
    background: float = 0.05
    score_threshold: float = 0.1
    average_classification: bool = True
    pseudo_boxes: bool = False
    sure: float = SURE
    truth_form: Literal["head", "response"] = "head"
    depth_unknown: Unknown = "ignored"
    depth_pooling: Pooling = "nearest"

    @classmethod
    def published(cls) -> DistillSettings:
        """The paper: intra-modal + binarised residual + response, with an independent assistant and no boxes.

        Costs a teacher and an assistant forward pass a step, nothing when they are cached.
        """
        return cls(replace(RESPONSE, intra_modal=FEATURE_WEIGHT, residual=FEATURE_WEIGHT))

    @classmethod
    def released(cls) -> DistillSettings:
        """The arithmetic of the released code; for a student of `Wiring.released`.

        Its intra-modal term trains nothing, its residual target is nearly empty, and its assistant borrows the student.
        Costs a teacher pass, a lift and a second alignment a step; the assistant's part cannot be cached.
        """
        return cls(
            replace(RESPONSE, intra_modal=1.0, residual=0.2),
            assistant="borrowed",
            intra_modal_normalisation="minmax_detached",
            residual_form="released",
            cells="all",
            average_classification=False,
            depth_pooling="mean",
        )

    @classmethod
    def lite(cls) -> DistillSettings:
        """The losses of `published`; MonoTAKD-Lite differs in the student, `Wiring.lite`."""
        return cls.published()

    @classmethod
    def ground_truth_only(cls) -> DistillSettings:
        """The baseline: boxes, no distillation. Costs nothing beside the student."""
        return cls(TRUTH)

    @classmethod
    def truth_in_response_form(cls) -> DistillSettings:
        """The baseline with `response_only`'s loss: the same form and weights, and boxes in the teacher's place.

        What `response_only` is better by is what the teacher knows, not what its loss looks like. Costs nothing beside
        the student.
        """
        weights = LossWeights(
            truth_classification=RESPONSE_WEIGHTS.classification,
            truth_box=RESPONSE_WEIGHTS.box,
            truth_direction=RESPONSE_WEIGHTS.direction,
        )
        return cls(weights, truth_form="response")

    @classmethod
    def response_only(cls) -> DistillSettings:
        """The teacher's predictions, no features and no boxes. Costs a teacher pass."""
        return cls(RESPONSE)

    @classmethod
    def direct(cls) -> DistillSettings:
        """CMKD's way: F_S imitates F_T, without an assistant. Costs a teacher pass."""
        return cls(replace(RESPONSE, direct=FEATURE_WEIGHT))

    @classmethod
    def cmkd(cls) -> DistillSettings:
        """`direct` with CMKD's own numbers: raw features, all cells, weight 32, and half of CaDDN's depth loss."""
        weights = replace(RESPONSE, direct=CMKD_WEIGHT, depth=0.5 * CADDN_WEIGHT)
        return cls(weights, direct_normalisation="none", cells="all", average_classification=False)

    @classmethod
    def intra_modal(cls) -> DistillSettings:
        """`published` without the residual (the paper's IMD row). Costs as `published`."""
        return cls(replace(RESPONSE, intra_modal=FEATURE_WEIGHT))

    @classmethod
    def residual(cls) -> DistillSettings:
        """`published` without the intra-modal loss (the paper's CMRD row). Costs as `published`."""
        return cls(replace(RESPONSE, residual=FEATURE_WEIGHT))

    @classmethod
    def imd_direct(cls) -> DistillSettings:
        """Intra-modal + direct (the paper's IMD + CMD row). Costs as `published`."""
        return cls(replace(RESPONSE, intra_modal=FEATURE_WEIGHT, direct=FEATURE_WEIGHT))

    @classmethod
    def signed(cls) -> DistillSettings:
        """`published` with the residual F_T - F_A as it is (ours), so that F_vis + F_spa can become F_T."""
        return replace(cls.published(), residual_form="signed", residual_normalisation="target_rms")

    @classmethod
    def aligned(cls) -> DistillSettings:
        """`signed` with an aligned assistant (ours): the difference then is a residual. Costs as `published`."""
        return replace(cls.signed(), assistant="aligned")

    @classmethod
    def shared_head(cls) -> DistillSettings:
        """`signed` with an assistant whose map the teacher's head reads (ours). Costs as `published`."""
        return replace(cls.signed(), assistant="shared_head")

    @classmethod
    def own_error(cls) -> DistillSettings:
        """`signed`, but F_spa learns what the student's own F_vis misses of F_T (ours). Costs as `published`."""
        return replace(cls.signed(), residual_of="own_visual")

    @classmethod
    def with_depth(cls) -> DistillSettings:
        """`published` with CaDDN's depth loss; the paper's objective has none. Costs one softmax more."""
        published = cls.published()
        return replace(published, weights=replace(published.weights, depth=CADDN_WEIGHT))

    @classmethod
    def hard_pseudo_labels(cls) -> DistillSettings:
        """Boxes where there are labels, the teacher's sure detections elsewhere. Costs a teacher pass."""
        return cls(TRUTH, pseudo_boxes=True)

    @property
    def needs_assistant(self) -> bool:
        """Whether F_A enters any loss."""
        residual = self.weights.residual and self.residual_of == "assistant"
        return bool(self.weights.intra_modal or residual)

    @property
    def needs_teacher(self) -> bool:
        """Whether the teacher enters any loss, be it by saying which cells count."""
        weights = self.weights
        features = weights.direct or weights.residual or (weights.intra_modal and self.cells != "all")
        return bool(features or weights.any_response or self.pseudo_boxes)
