"""Typical wrong answers to the exercises of notebook 13, and what their checks must say."""

_NOTICES = "def head_notices(student, part, sensors):\n"
_TARGET = "def released_target(F_T, F_A):\n"
_OFF = "def pixels_off(u, width, columns, stride):\n"

WRONG = {
    "head notices": [
        (  # breaks the student itself
            _NOTICES
            + "    before = student(sensors).head.class_logits\n"
            + "    with torch.no_grad():\n"
            + "        for parameter in student.get_submodule(part).parameters():\n"
            + "            parameter.zero_()\n"
            + "    return not torch.equal(before, student(sensors).head.class_logits)",
            r"the students are left as they were: False, expected True",
        ),
        (  # asks the fused map of the published wiring, whatever the head reads
            "import copy\n"
            + _NOTICES
            + "    broken = copy.deepcopy(student)\n"
            + "    with torch.no_grad():\n"
            + "        for parameter in broken.get_submodule(part).parameters():\n"
            + "            parameter.zero_()\n"
            + "    return not torch.equal(student(sensors).bev_spatial.features, broken(sensors).bev_spatial.features)",
            r"published: the head notices collapse_visual: False, expected True",
        ),
        (  # whether there is such a part
            _NOTICES + "    return hasattr(student, part)",
            r"released: the head notices collapse_spatial: True, expected False",
        ),
    ],
    "the release's residual": [
        (  # stretches both
            _TARGET
            + "    stretch = lambda x: (x - x.min()) / (x - x.min()).max()\n"
            + "    difference = (stretch(F_A) - stretch(F_T)).abs()\n"
            + "    return torch.where(difference < 0.6 * difference.max(), 0.0, difference)",
            r"six cells\[1\] is 0, expected 2\.6",
        ),
        (  # binarises
            _TARGET
            + "    shifted = F_A - F_A.min()\n"
            + "    difference = (shifted / shifted.max() - F_T).abs()\n"
            + "    return (difference >= 0.6 * difference.max()).float()",
            r"six cells\[1\] is 1, expected 2\.6",
        ),
        (  # divides by the largest, without subtracting the smallest
            _TARGET
            + "    difference = (F_A / F_A.max() - F_T).abs()\n"
            + "    return torch.where(difference < 0.6 * difference.max(), 0.0, difference)",
            r"F_A lowered by 1\[\d\] is",
        ),
        (  # a fixed limit
            _TARGET
            + "    shifted = F_A - F_A.min()\n"
            + "    difference = (shifted / shifted.max() - F_T).abs()\n"
            + "    return torch.where(difference < 0.6, 0.0, difference)",
            r"six cells\[\d\] is",
        ),
    ],
    "pixels off": [
        (  # in cells
            _OFF + "    return u / (width - 1) * columns - 0.5 - ((u + 0.5) / stride - 0.5)",
            r"KITTI\[0\] is -0\.0625, expected -0\.5",
        ),
        (  # the other way round
            _OFF + "    return u + 0.5 - stride * u / (width - 1) * columns",
            r"KITTI\[0\] is 0\.5, expected -0\.5",
        ),
        (  # divides by the width
            _OFF + "    return stride * (u / width * columns) - u - 0.5",
            r"KITTI\[1\] is 2\.4\d*, expected 3",
        ),
    ],
}
