"""Response distillation: the student's head imitates the teacher's predictions, not the ground-truth boxes.

MonoTAKD's third loss, L_logit. Soft class scores by quality focal loss; boxes by smooth L1 and directions by
cross-entropy where the teacher sees something, weighted by how sure it is. Because no labels are needed, unlabelled
frames take part.
"""

from __future__ import annotations

import torch.nn.functional as F

from monotakd.models.heads.losses import quality_focal_loss, sine_difference, smooth_l1_loss
from monotakd.models.heads.predictions import DensePredictions, HeadLosses

RESPONSE_WEIGHTS = HeadLosses(classification=2.0, box=2.0, direction=0.4)
"""Of the release."""


def response_losses(
    student: DensePredictions,
    teacher: DensePredictions,
    *,
    score_threshold: float = 0.1,
    average_classification: bool = True,
) -> HeadLosses:
    """Compares two heads of the same layout; unweighted terms.

    With t the teacher's scores, the class term of each sample and class is divided by the number of t above the
    threshold (at least 1). A place counts for boxes and directions if its scores summed over the classes exceed the
    threshold; it weighs that sum, divided by the sample's number of such places. Both are averaged over the samples.

    Args:
        student: anchor head (with direction logits, codes compared by the sine of the yaw difference) or centre head
            (without, codes compared as they are).
        teacher: its gradient is cut here.
        score_threshold: what counts as "the teacher sees something"; 0.1 is the release's.
        average_classification: divide the class term by the batch size too. The release does not, so that its weight
            grows with the batch; ``False`` is its arithmetic.

    Raises:
        ValueError: the two heads differ in layout.
    """
    shapes = [[None if v is None else tuple(v.shape) for v in vars(head).values()] for head in (student, teacher)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"student and teacher predict different things: {shapes[0]} and {shapes[1]} (class logits, codes, "
            "direction logits); both need the same head, anchors and BEV grid"
        )
    batch = len(student.class_logits)
    score = teacher.class_logits.detach().sigmoid()
    seen = (score > score_threshold).sum(dim=1, keepdim=True).clamp_min(1)
    classification = (quality_focal_loss(student.class_logits, score) / seen).sum()
    if average_classification:
        classification = classification / batch

    certainty = score.sum(dim=-1)
    counted = certainty > score_threshold
    weight = counted * certainty / (counted.sum(dim=1, keepdim=True).clamp_min(1) * batch)
    codes, target = student.codes, teacher.codes.detach()
    if student.direction_logits is None:
        return HeadLosses(
            classification, (smooth_l1_loss(codes, target) * weight[..., None]).sum(), codes.new_zeros(())
        )
    box = (smooth_l1_loss(*sine_difference(codes, target)) * weight[..., None]).sum()
    direction = teacher.direction_logits.detach().argmax(dim=-1)
    cross_entropy = F.cross_entropy(student.direction_logits.transpose(1, 2), direction, reduction="none")
    return HeadLosses(classification, box, (cross_entropy * weight).sum())
