"""Which detection means which object, whatever the depth it was put at.

The benchmark's own matching cannot answer that: a car found 3 m too far away does not match in 3D, and that error is
what one wants to look at. So detections are paired by where they are in the image, which a monocular detector gets
nearly right: in order of falling score, each takes the free truth of its class (or a neighbour class) with the largest
2D overlap, if that exceeds the class's loose threshold. Every truth is taken at most once, whatever its difficulty.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from monotakd.metrics import matching_kernels as kernels
from monotakd.metrics.frame_table import FrameTable
from monotakd.metrics.rules import ClassRule


def paired_truths(table: FrameTable, rules: Sequence[ClassRule]) -> Int[np.ndarray, " N"]:
    """(N,) row in ``table.truth`` of the object that each detection means, -1 for none."""
    truth, detected = table.truth, table.detected
    frame_of = np.repeat(np.arange(len(table.frame_ids)), np.diff(detected.offsets))
    order = np.lexsort((-detected.scores, frame_of))  # stable: equal scores stay in file order
    truth_of = np.full(len(detected), -1, dtype=np.int64)
    for rule in rules:
        own = [name.lower() for name in (rule.name, *rule.neighbours)]
        kernels.pair_by_image(
            *table.offsets,
            table.overlaps["bbox"],
            np.isin(truth.kinds, own),
            detected.kinds == rule.name.lower(),
            order,
            rule.loose,
            truth_of,
        )
    return truth_of
