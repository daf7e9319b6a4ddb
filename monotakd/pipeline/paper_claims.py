"""The paper's claims as data, in our words.

Numbers without more words are AP 3D at IoU 0.7 on KITTI val: Car, moderate, R40.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monotakd.errors import require

BOTH = ("all", "200")
FEW = ("200",)


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        id: short name, stable.
        sentence: the claim in our words.
        table: where the paper's numbers stand: a table of the paper, or the data set.
        paper: the paper's numbers, with their table.
        rows: the row that is claimed to be better, and the other one; None where none of our rows tests it.
        labels: label settings in which the two rows are run.
        control: a row of ours that stands in for the other one, to exclude another cause of the difference. It is told
            beside the verdict and does not decide it.
        verdict: for a claim without rows.
        reason: of that verdict.
    """

    id: str
    sentence: str
    table: str
    paper: str
    rows: tuple[str, str] | None = None
    labels: tuple[str, ...] = ()
    control: str | None = None
    verdict: Literal["only at scale", "not testable", "not run yet"] = "not run yet"
    reason: str = ""

    def __post_init__(self):
        require(
            bool(self.labels) == (self.rows is not None),
            f"claim {self.id}: got rows {self.rows} and labels {self.labels}, expected both or none",
        )
        require(self.rows is not None or self.reason, f"claim {self.id}: no row tests it, and no reason is given")


CLAIMS = (
    Claim(
        "distillation_helps",
        "A student distilled with MonoTAKD beats the same student trained on boxes alone.",
        "T3",
        "22.61 against 16.31 (T3)",
        ("monotakd", "ground_truth_only"),
        BOTH,
        control="truth_in_response_form",
    ),
    Claim(
        "assistant_beats_direct",
        "Teaching through an assistant (IMD + CMRD) beats imitating the teacher's BEV feature directly.",
        "T4",
        "22.61 against 18.29 (T4)",
        ("monotakd", "direct"),
        BOTH,
    ),
    Claim(
        "features_beat_none",
        "IMD + CMRD together beat a student without any feature loss.",
        "T4",
        "22.61 against 16.16 (T4)",
        ("monotakd", "response_only"),
        BOTH,
    ),
    Claim(
        "direct_helps",
        "Even imitating the teacher's BEV feature directly beats a student without any feature loss.",
        "T4",
        "18.29 against 16.16 (T4)",
        ("direct", "response_only"),
        BOTH,
    ),
    Claim(
        "residual_beats_direct",
        "Beside IMD, the residual loss (CMRD) beats direct imitation.",
        "T4",
        "22.61 against 19.88 (T4)",
        ("monotakd", "imd_direct"),
        BOTH,
    ),
    Claim(
        "imd_helps",
        "Imitating the assistant (IMD) alone beats a student without any feature loss.",
        "T4",
        "20.24 against 16.16 (T4)",
        ("imd", "response_only"),
        FEW,
    ),
    Claim(
        "cmrd_helps",
        "The residual loss (CMRD) alone beats a student without any feature loss.",
        "T4",
        "19.57 against 16.16 (T4)",
        ("cmrd", "response_only"),
        FEW,
    ),
    Claim(
        "imd_beats_direct",
        "IMD alone, imitating the assistant, beats imitating the teacher directly.",
        "T4",
        "20.24 against 18.29 (T4)",
        ("imd", "direct"),
        FEW,
    ),
    Claim(
        "residual_adds",
        "The residual loss adds to IMD.",
        "T4",
        "22.61 against 20.24 (T4)",
        ("monotakd", "imd"),
        FEW,
    ),
    Claim(
        "direct_does_not_add",
        "Direct imitation beside IMD is worse than IMD alone.",
        "T4",
        "20.24 against 19.88 (T4)",
        ("imd", "imd_direct"),
        FEW,
    ),
    Claim(
        "alignment_helps",
        "The spatial alignment module (SAM) improves the Lite student.",
        "T5",
        "21.47 against 20.80 (T5)",
        ("plus_sam", "lite"),
        FEW,
    ),
    Claim(
        "fusion_helps",
        "The fusion module (FFM) improves a student that has SAM.",
        "T5",
        "22.61 against 21.47 (T5)",
        ("monotakd", "plus_sam"),
        FEW,
    ),
    Claim(
        "alignment_atrous",
        "Of SAM, the atrous convolutions alone improve the Lite student.",
        "T5",
        "21.45 against 20.80 (T5)",
        ("sam_atrous", "lite"),
        FEW,
    ),
    Claim(
        "alignment_deformable",
        "Of SAM, the deformable convolution alone improves it too.",
        "T5",
        "21.51 against 20.80 (T5)",
        ("sam_deformable", "lite"),
        FEW,
    ),
    Claim(
        "alignment_both",
        "Together they improve it more than the deformable convolution alone.",
        "T5",
        "21.81 against 21.51 (T5)",
        ("sam_no_gate", "sam_deformable"),
        FEW,
    ),
    Claim(
        "leads_kitti",
        "MonoTAKD leads the monocular detectors of its time on KITTI test.",
        "KITTI test",
        "19.43 on test; the next of the peers 17.13",
        verdict="only at scale",
        reason="needs KITTI's images, a large network and its test server",
    ),
    Claim(
        "raw_helps",
        "Unlabelled KITTI raw frames raise the score further.",
        "KITTI test",
        "21.26 against 19.43 on test",
        verdict="only at scale",
        reason="needs KITTI raw; our second label setting shows unlabelled frames on the street world",
    ),
    Claim(
        "other_pairs",
        "The method carries over to other teachers, assistants and students.",
        "T3",
        "PointPillar 20.80, CenterPoint 19.38, MonoDETR student 21.97 against 20.61 (T3)",
        verdict="not testable",
        reason="those networks are not built here",
    ),
    Claim(
        "nuscenes",
        "BEVFormer and BEVDepth with several cameras gain on nuScenes.",
        "nuScenes val",
        "NDS/mAP, ResNet-50: .423/.352 to .490/.392 and .440/.317 to .537/.430",
        verdict="only at scale",
        reason="needs nuScenes and several cameras",
    ),
    Claim(
        "efficient",
        "The Lite student costs what CMKD's costs, the full one little more.",
        "T6",
        "45.1 and 47.8 M parameters, 44.9 G FLOPs (T6)",
        verdict="not testable",
        reason="the input size behind the FLOPs is not given; the released code's parameters count 46.7 M",
    ),
)
