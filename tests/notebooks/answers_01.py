"""Typical wrong answers to the exercises of notebook 01, and what their checks must say."""

WRONG = {
    "project points": [
        (  # leaves the points behind the camera in the picture
            "def project(img_from_cam, points):\n"
            "    projected = points @ img_from_cam[:, :3].T + img_from_cam[:, 3]\n"
            "    return projected[:, :2] / projected[:, 2:]",
            r"pixels\[3, 0\] is .*, expected nan \(2 of 8",
        ),
        (  # divides by z and not by the third coordinate, and forgets the fourth column
            "def project(img_from_cam, points):\n    return (points @ img_from_cam[:, :3].T)[:, :2] / points[:, 2:]",
            r"pixels\[0, 0\] is 529\.042, expected 531\.242",
        ),
        ("def project(img_from_cam, points):\n    return points", r"pixels: shape \(4, 3\), expected \(4, 2\)"),
    ],
    "unproject a pixel": [
        (  # as if there were no fourth column
            "def unproject(img_from_cam, u, v, z):\n"
            "    (fx, _, cx, _), (_, fy, cy, _), _ = img_from_cam\n"
            "    return np.array([(u - cx) * z / fx, (v - cy) * z / fy, z])",
            r"points\[0, 0\] is -1\.93.*, expected -2 ",
        ),
        (  # one focal length for both directions
            "def unproject(img_from_cam, u, v, z):\n"
            "    (f, _, cx, tx), (_, _, cy, ty), (_, _, _, tz) = img_from_cam\n"
            "    return np.array([(u * (z + tz) - cx * z - tx) / f, (v * (z + tz) - cy * z - ty) / f, z])",
            r"points\[0, 1\] is 0\.854286, expected 0\.92 \(2 of 6",
        ),
    ],
    "mend the flip": [
        (  # off by one column
            "def flip_projection(img_from_cam, width):\n"
            "    mirrored = np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]])\n"
            "    return mirrored @ img_from_cam @ np.diag([-1.0, 1, 1, 1])",
            r"mirrored pixels\[0, 0\] is 710\.758, expected 709\.758 \(3 of 6",
        ),
        (  # the world is left alone
            "def flip_projection(img_from_cam, width):\n"
            "    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]]) @ img_from_cam",
            r"mirrored pixels\[0, 0\] is 567\.864, expected 709\.758 \(2 of 6",
        ),
    ],
    "find the damaged calibration": [
        ("damaged = 0", "frame: 0, expected 2"),
        ("damaged = [2]", r"frame: shape \(1,\), expected \(\)"),
    ],
}
