"""Typical wrong answers to the exercises of notebook 08, and what their checks must say."""

WRONG = {
    "half a cosine": [
        (  # a straight line
            "def half_cosine(start, end, share):\n    return start + share * (end - start)",
            r"rate at steps 0, 10, 20, 31\[1\] is 0\.00117\d*, expected 0\.000935\d* \(2 of 4",
        ),
        (  # runs the other way
            "def half_cosine(start, end, share):\n"
            "    import math\n"
            "    return start + (end - start) * (1 + math.cos(math.pi * share)) / 2",
            r"\[0\] is 0\.003, expected 0\.0003",
        ),
        (  # a whole cosine: back where it began
            "def half_cosine(start, end, share):\n"
            "    import math\n"
            "    return end + (start - end) * (1 + math.cos(2 * math.pi * share)) / 2",
            r"\[1\] is 0\.00224\d*, expected 0\.000935",
        ),
    ],
    "clip the gradient": [
        (  # each number by itself
            "def clip(gradients, largest):\n    return [g.clamp(-largest, largest) for g in gradients]",
            r"first of the clipped gradients\[0\] is 1, expected 0\.6",
        ),
        (  # each tensor by itself
            "def clip(gradients, largest):\n    return [g * min(1.0, largest / float(g.norm())) for g in gradients]",
            r"first of the clipped gradients\[0\] is 1, expected 0\.6",
        ),
        (  # makes short gradients longer
            "def clip(gradients, largest):\n"
            "    norm = sum(g.square().sum() for g in gradients).sqrt()\n"
            "    return [g * largest / norm for g in gradients]",
            r"a gradient that is short enough\[0\] is 6, expected 3",
        ),
    ],
    "find the broken frame": [
        (  # NaN equals nothing
            "def not_finite(features, frame_ids):\n"
            "    return [n for n, f in zip(frame_ids, features, strict=True) if (f == torch.nan).any()]",
            r"broken frames: shape \(0,\), expected \(2,\)",
        ),
        (  # forgets infinity
            "def not_finite(features, frame_ids):\n"
            "    return [n for n, f in zip(frame_ids, features, strict=True) if f.isnan().any()]",
            r"broken frames: shape \(1,\), expected \(2,\)",
        ),
        (  # numbers, not names
            "def not_finite(features, frame_ids):\n"
            "    return [i for i, f in enumerate(features) if not f.isfinite().all()]",
            r"broken frames\[0\] is 0, expected a",
        ),
    ],
}
