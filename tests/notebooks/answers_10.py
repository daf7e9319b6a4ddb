"""Typical wrong answers to the exercises of notebook 10, and what their checks must say."""

WRONG = {
    "absorb a rotation": [
        (  # Q instead of Q'
            'def absorb(weight, rotation):\n    return torch.einsum("ocyx,cd->odyx", weight, rotation)',
            r"what the layer says of the turned map\[0, 0, 0, 0\] is .*, expected",
        ),
        (  # turns what comes out of the layer
            'def absorb(weight, rotation):\n    return torch.einsum("ocyx,do->dcyx", weight, rotation)',
            r"fails with RuntimeError",
        ),
        (  # leaves the layer as it is
            "def absorb(weight, rotation):\n    return weight",
            r"what the layer says of the turned map\[0, 0, 0, 0\] is .*, expected",
        ),
    ],
    "Procrustes": [
        (  # does not centre
            "def rotation_between(a, b):\n    u, _, vt = np.linalg.svd(a.T @ b)\n    return u @ vt",
            r"a known rotation\[0, 0\] is .*, expected",
        ),
        (  # the way back
            "def rotation_between(a, b):\n"
            "    a, b = a - a.mean(axis=0), b - b.mean(axis=0)\n"
            "    u, _, vt = np.linalg.svd(b.T @ a)\n"
            "    return u @ vt",
            r"a known rotation\[0, 1\] is .*, expected",
        ),
        (  # transposes what is transposed already
            "def rotation_between(a, b):\n"
            "    a, b = a - a.mean(axis=0), b - b.mean(axis=0)\n"
            "    u, _, v = np.linalg.svd(a.T @ b)\n"
            "    return u @ v.T",
            r"a known rotation\[0, 0\] is .*, expected",
        ),
    ],
    "density of energy": [
        (  # signs cancel before they are squared
            "def density_ratio(features, in_boxes, among):\n"
            "    energy = features.mean(axis=1) ** 2\n"
            "    return energy[in_boxes].mean() / energy[among & ~in_boxes].mean()",
            r"ratio of four cells: 0\.5, expected 0\.75",
        ),
        (  # sums instead of means
            "def density_ratio(features, in_boxes, among):\n"
            "    energy = (features**2).mean(axis=1)\n"
            "    return energy[in_boxes].sum() / energy[among & ~in_boxes].sum()",
            r"ratio of four cells: 1\.5, expected 0\.75",
        ),
        (  # counts the boxes among the others
            "def density_ratio(features, in_boxes, among):\n"
            "    energy = (features**2).mean(axis=1)\n"
            "    return energy[in_boxes].mean() / energy[among].mean()",
            r"ratio of four cells: 0\.9, expected 0\.75",
        ),
    ],
}
