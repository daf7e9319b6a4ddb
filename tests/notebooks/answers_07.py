"""Typical wrong answers to the exercises of notebook 07, and what their checks must say."""

WRONG = {
    "imitate a map": [
        (  # divides by the RMS once, not twice
            "def imitation(student_map, target):\n"
            "    target = target.detach()\n"
            "    return (student_map - target).square().mean() / target.square().mean().sqrt()",
            r"loss: 0\.\d+, expected 0\.25",
        ),
        (  # the student's own unit: a small map would cost little whatever it says
            "def imitation(student_map, target):\n"
            "    target = target.detach()\n"
            "    return (student_map - target).square().mean() / student_map.square().mean()",
            r"loss: 1, expected 0\.25",
        ),
        (  # pulls the assistant towards the student
            "def imitation(student_map, target):\n"
            "    return (student_map - target).square().mean() / target.square().mean()",
            r"the target is left alone: False, expected True",
        ),
    ],
    "binarise the residual": [
        (  # keeps only what the teacher has more of
            "def binarised(teacher_map, assistant_map, threshold):\n"
            "    rms = teacher_map.square().mean().sqrt()\n"
            "    return (teacher_map - assistant_map > threshold * rms).float()",
            r"threshold 0\.5\[3\] is 0, expected 1 \(1 of 6",
        ),
        (  # a threshold in raw units
            "def binarised(teacher_map, assistant_map, threshold):\n"
            "    return ((teacher_map - assistant_map).abs() > threshold).float()",
            r"both maps times 10\[4\] is 1, expected 0 \(1 of 6",
        ),
        (  # keeps the values
            "def binarised(teacher_map, assistant_map, threshold):\n"
            "    difference = (teacher_map - assistant_map).abs()\n"
            "    return difference * (difference > threshold * teacher_map.square().mean().sqrt())",
            r"threshold 0\.5\[1\] is 2, expected 1",
        ),
    ],
    "quality focal loss": [
        (  # plain cross-entropy
            "def quality_focal(p, t):\n    return -(t * p.log() + (1 - t) * (1 - p).log())",
            r"loss\[0\] is 0\.693\d*, expected 0\.0623\d* \(4 of 4",
        ),
        (  # only the positive half
            "def quality_focal(p, t):\n    return -t * p.log() * (p - t) ** 2",
            r"loss\[0\] is 0\.0499\d*, expected 0\.0623\d* \(3 of 4",
        ),
        (  # the distance, not its square
            "def quality_focal(p, t):\n    return -(t * p.log() + (1 - t) * (1 - p).log()) * (p - t).abs()",
            r"loss\[0\] is 0\.207\d*, expected 0\.0623\d*",
        ),
    ],
    "who trains whom": [
        (  # a loss on features reaches the detector
            'everything = [*published["residual"]]\n'
            'reached_by = {"intra_modal": everything, "residual": everything, "response_classification": everything}',
            r"intra_modal reaches backbone_2d: True, expected False",
        ),
        (  # the depth is shared by both branches
            'visual, spatial = ["branch_visual", "collapse_visual"], ["branch_spatial", "collapse_spatial"]\n'
            "reached_by = {\n"
            '    "intra_modal": ["image_backbone", *visual],\n'
            '    "residual": ["image_backbone", *spatial, "spatial_align"],\n'
            '    "response_classification": ["dense_head"],\n'
            "}",
            r"intra_modal reaches depth_head: False, expected True",
        ),
        (  # the release's wiring
            'first, head = ["image_backbone", "depth_head"], ["backbone_2d", "dense_head"]\n'
            "reached_by = {\n"
            '    "intra_modal": [*first, "branch_visual", "collapse_visual"],\n'
            '    "residual": [*first, "branch_spatial", "collapse_spatial", "spatial_align"],\n'
            '    "response_classification": [*first, "branch_visual", "collapse_visual", *head],\n'
            "}",
            r"response_classification reaches branch_spatial: False, expected True",
        ),
    ],
}
