"""The paper's own ablations (tables 3 to 6) as data.

All AP are of cars on KITTI val, 3D at IoU 0.7, R40, out of 100. The paper gives one number for each; it does not say of
how many trainings, and gives no interval.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Precision:
    """AP at the three difficulties."""

    easy: float
    moderate: float
    hard: float

    def __str__(self) -> str:
        return f"{self.easy:.2f} / {self.moderate:.2f} / {self.hard:.2f}"

    def __sub__(self, other: Precision) -> Precision:
        return Precision(self.easy - other.easy, self.moderate - other.moderate, self.hard - other.hard)


@dataclass(frozen=True)
class PaperLine:
    """One line of an ablation table.

    Attributes:
        table: such as ``"T4"``.
        parts: what is switched on, by the paper's names.
        ap: what came out.
        row: our row that is trained the same way, where there is one; see `rows.ROWS`.
    """

    table: str
    parts: tuple[str, ...]
    ap: Precision
    row: str | None = None

    @property
    def title(self) -> str:
        """``IMD + CMRD``; ``none`` without any part."""
        return " + ".join(self.parts) or "none"


LOSSES = (
    PaperLine("T4", (), Precision(24.35, 16.16, 13.44), "response_only"),
    PaperLine("T4", ("IMD",), Precision(31.11, 20.24, 16.91), "imd"),
    PaperLine("T4", ("CMD",), Precision(28.22, 18.29, 15.10), "direct"),
    PaperLine("T4", ("CMRD",), Precision(29.68, 19.57, 16.22), "cmrd"),
    PaperLine("T4", ("IMD", "CMD"), Precision(30.73, 19.88, 16.43), "imd_direct"),
    PaperLine("T4", ("IMD", "CMRD"), Precision(34.36, 22.61, 19.88), "monotakd"),
)
"""Table 4: feature losses. CMD imitates the teacher's BEV map directly. Whether the first line was trained with the
response loss the paper does not say; our row beside it is."""

MODULES = (
    PaperLine("T5", (), Precision(31.36, 20.80, 16.53), "lite"),
    PaperLine("T5", ("ASPP",), Precision(32.28, 21.45, 17.18), "sam_atrous"),
    PaperLine("T5", ("DConv",), Precision(32.46, 21.51, 17.99), "sam_deformable"),
    PaperLine("T5", ("ASPP", "DConv"), Precision(33.19, 21.81, 18.23), "sam_no_gate"),
    PaperLine("T5", ("ASPP", "DConv", "SE"), Precision(33.26, 21.47, 18.61), "plus_sam"),
    PaperLine("T5", ("ASPP", "DConv", "SE", "FFM"), Precision(34.36, 22.61, 19.88), "monotakd"),
)
"""Table 5: parts of the alignment (ASPP: atrous pyramid, DConv: deformable convolution, SE: channel gate) and the
fusion (FFM)."""


@dataclass(frozen=True)
class PaperPair:
    """Networks that were combined, and the student's moderate AP; a star marks a network that is given true depth.

    Attributes:
        teacher: None for a student alone.
        assistant: None for a student alone.
        student: the detector.
        moderate: AP.
    """

    teacher: str | None
    assistant: str | None
    student: str
    moderate: float


PAIRS = (
    PaperPair(None, None, "CaDDN", 16.31),
    PaperPair("SECOND", "CaDDN*", "CaDDN", 22.61),
    PaperPair("PointPillar", "CaDDN*", "CaDDN", 20.80),
    PaperPair("CenterPoint", "CaDDN*", "CaDDN", 19.38),
    PaperPair("SECOND", "MonoDETR*", "CaDDN", 20.35),
    PaperPair(None, None, "MonoDETR", 20.61),
    PaperPair("SECOND", "MonoDETR*", "MonoDETR", 21.97),
)
"""Table 3: other teachers, assistants and students."""

PARAMETERS = {"CMKD": 45.1, "MonoTAKD-Lite": 45.1, "MonoTAKD": 47.8}
"""Table 6, millions. The released code's parameters count 46.7 M."""
FLOPS = 44.9
"""Table 6, in G; the size of the input is not given."""

VAL_BEV = Precision(42.86, 29.41, 26.47)
"""The full method on KITTI val, BEV at IoU 0.7."""
TEST = Precision(27.91, 19.43, 16.51)
"""The full method on KITTI test, 3D."""
TEST_WITH_RAW = Precision(29.86, 21.26, 18.27)
"""The same, trained on unlabelled KITTI raw frames besides."""
