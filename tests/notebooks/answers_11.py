"""Typical wrong answers to the exercises of notebook 11, and what their checks must say."""

WRONG = {
    "precision and recall": [
        (  # everything that is no hit counts as a false alarm
            "def precision_and_recall(statuses, n_truth):\n"
            "    hits = np.cumsum(np.array(statuses) == 'hit')\n"
            "    return np.stack([hits / np.arange(1, len(hits) + 1), hits / n_truth], axis=1)",
            r"precision and recall\[1, 0\] is 0\.5, expected 1",
        ),
        (  # recall of the detections instead of the truths
            "def precision_and_recall(statuses, n_truth):\n"
            "    hits, alarms = (np.cumsum(np.array(statuses) == name) for name in ('hit', 'false alarm'))\n"
            "    return np.stack([hits / np.maximum(hits + alarms, 1), hits / len(statuses)], axis=1)",
            r"precision and recall\[1, 1\] is 0\.16\d*, expected 0\.2",
        ),
        (  # the axes swapped
            "def precision_and_recall(statuses, n_truth):\n"
            "    hits, alarms = (np.cumsum(np.array(statuses) == name) for name in ('hit', 'false alarm'))\n"
            "    return np.stack([hits / np.maximum(hits + alarms, 1), hits / n_truth])",
            r"shape \(2, 6\), expected \(6, 2\)\. The axes are swapped",
        ),
    ],
    "scores to read": [
        (  # reads at every hit
            "def scores_to_read(hit_scores, n_truth):\n    return list(hit_scores)",
            r"scores read, 150 hits of 200 cars: shape \(150,\), expected",
        ),
        (  # the wanted position grows with every hit
            "def scores_to_read(hit_scores, n_truth):\n"
            "    read = []\n"
            "    for i, score in enumerate(hit_scores):\n"
            "        here, following, wanted = (i + 1) / n_truth, (i + 2) / n_truth, i / 40\n"
            "        if i < len(hit_scores) - 1 and following - wanted < wanted - here:\n"
            "            continue\n"
            "        read.append(score)\n"
            "    return read",
            r"scores read, 4 hits of 6 cars|scores read, 150 hits of 200 cars",
        ),
        (  # forgets that the last hit is always read
            "def scores_to_read(hit_scores, n_truth):\n"
            "    read, wanted = [], 0.0\n"
            "    for i, score in enumerate(hit_scores[:-1]):\n"
            "        if (i + 2) / n_truth - wanted < wanted - (i + 1) / n_truth:\n"
            "            continue\n"
            "        read.append(score)\n"
            "        wanted += 1 / 40\n"
            "    return read",
            r"scores read, 4 hits of 6 cars: shape \(3,\), expected \(4,\)",
        ),
    ],
    "true depth along the ray": [
        (  # moves along the camera's axis instead of the ray
            "def to_true_depth(centres, true_depth):\n    return np.column_stack([centres[:, :2], true_depth])",
            r"centres at the true depth\[0, 0\] is 2, expected 2\.5",
        ),
        (  # divides the wrong way round
            "def to_true_depth(centres, true_depth):\n    return centres * (centres[:, 2] / true_depth)[:, None]",
            r"centres at the true depth\[0, 0\] is 1\.6, expected 2\.5",
        ),
        (  # forgets the axis
            "def to_true_depth(centres, true_depth):\n    return centres * (true_depth / centres[:, 2])",
            r"true depth along the ray: line \d+ of your cell.* fails with ValueError",
        ),
    ],
}
