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
        (  # forgets the angle
            "def allowed_shift(length, width, degrees, threshold):\n"
            "    return length * (1 - threshold) / (1 + threshold)",
            r"IoU after your shift of 0\.685 m \(3\.88 x 1\.63 m at 45°, threshold 0\.7\): 0\.444\d*, expected 0\.7",
        ),
        (  # forgets that the box moves across, too
            "def allowed_shift(length, width, degrees, threshold):\n"
            "    return length * (1 - threshold) / (1 + threshold) / math.cos(math.radians(degrees))",
            r"IoU after your shift of 0\.968 m \(3\.88 x 1\.63 m at 45°, threshold 0\.7\): 0\.31\d*, expected 0\.7",
        ),
        (  # the share of the area that is left, not the IoU
            "def allowed_shift(length, width, degrees, threshold):\n"
            "    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))\n"
            "    a, b, c = cos * sin, length * sin + width * cos, length * width * (1 - threshold)\n"
            "    return 2 * c / (b + math.sqrt(b**2 - 4 * a * c))",
            r"IoU after your shift of 1\.164 m .* at 0°, threshold 0\.7\): 0\.538\d*, expected 0\.7",
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
