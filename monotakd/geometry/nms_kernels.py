"""Compiled kernel of rotated non-maximum suppression."""

from numba import njit

from monotakd.geometry.rotated_iou_kernels import rectangle_intersection


@njit(cache=True)
def suppress(boxes, threshold, kept):
    """Walks ``boxes`` (N, 7), best first, and writes the rows that survive into ``kept``; returns their number.

    A candidate meets the boxes kept so far and nothing else, and the walk ends when ``kept`` is full, so the IoU of
    two rejected boxes is never computed.
    """
    count = 0
    for i in range(len(boxes)):
        if count == len(kept):
            break
        box = boxes[i]
        area = box[3] * box[4]
        survives = True
        for k in range(count):
            other = boxes[kept[k]]
            shared = rectangle_intersection(
                other[0], other[1], other[3], other[4], other[6], box[0], box[1], box[3], box[4], box[6]
            )
            if shared > 0.0 and shared / (other[3] * other[4] + area - shared) > threshold:
                survives = False
                break
        if survives:
            kept[count] = i
            count += 1
    return count
