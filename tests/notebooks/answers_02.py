"""Typical wrong answers to the exercises of notebook 02, and what their checks must say."""

WRONG = {
    "ground corners": [
        (  # turns the wrong way round
            "def ground_corners(box):\n"
            "    x, y, _, l, w, _, yaw = box\n"
            "    ahead, left = l / 2 * np.array([1, 1, -1, -1]), w / 2 * np.array([1, -1, -1, 1])\n"
            "    cos, sin = np.cos(yaw), np.sin(yaw)\n"
            "    return np.stack([x + cos * ahead + sin * left, y - sin * ahead + cos * left], axis=1)",
            r"\[0, 0\] is 12\.2321, expected 11\.2321 \(8 of 8",
        ),
        (  # forgets yaw
            "def ground_corners(box):\n"
            "    x, y, _, l, w, _, _ = box\n"
            "    return np.array([[x + l / 2, y + w / 2], [x + l / 2, y - w / 2],\n"
            "                     [x - l / 2, y - w / 2], [x - l / 2, y + w / 2]])",
            r"\[0, 0\] is 12, expected 11\.2321",
        ),
        (  # all eight corners
            "def ground_corners(box):\n    return box_corners(box[None])[0]",
            r"corners .*: shape \(8, 3\), expected \(4, 2\)",
        ),
    ],
    "allowed shift": [
        (  # the share of the area that is left, not the IoU
            "def allowed_shift(size, threshold):\n    return size * (1 - threshold)",
            r"IoU after your shift of 1\.164 m \(size 3\.88, threshold 0\.7\): 0\.538\d*, expected 0\.7",
        ),
        (  # shares the error between front and rear
            "def allowed_shift(size, threshold):\n    return size * (1 - threshold) / (1 + threshold) / 2",
            r"IoU after your shift of 0\.342 m .*: 0\.837\d*, expected 0\.7",
        ),
        (  # right for the mean car only
            "def allowed_shift(size, threshold):\n    return 3.88 * 0.3 / 1.7",
            r"size 3\.88, threshold 0\.5\): 0\.7, expected 0\.5",
        ),
    ],
    "decode a residual code": [
        (  # l and w instead of the diagonal
            "def decode(code, anchor):\n"
            "    place = anchor[:3] + code[:3] * anchor[3:6]\n"
            "    return np.concatenate([place, anchor[3:6] * np.exp(code[3:6]), anchor[6:] + code[6:]])",
            r"yaw\)\[0\] is .*, expected .* \(2 of 7",
        ),
        (  # sizes as plain ratios
            "def decode(code, anchor):\n"
            "    diagonal = np.hypot(anchor[3], anchor[4])\n"
            "    place = anchor[:3] + code[:3] * [diagonal, diagonal, anchor[5]]\n"
            "    return np.concatenate([place, anchor[3:6] * (1 + code[3:6]), anchor[6:] + code[6:]])",
            r"yaw\)\[3\] is 4\.68, expected 4\.76347 \(3 of 7",
        ),
        (  # forgets the heading
            "def decode(code, anchor):\n"
            "    diagonal = np.hypot(anchor[3], anchor[4])\n"
            "    place = anchor[:3] + code[:3] * [diagonal, diagonal, anchor[5]]\n"
            "    return np.concatenate([place, anchor[3:6] * np.exp(code[3:6])])",
            r"shape \(6,\), expected \(7,\)",
        ),
    ],
}
