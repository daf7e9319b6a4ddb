"""Typical wrong answers to the exercises of notebook 03, and what their checks must say."""

WRONG = {
    "voxels of points": [
        (  # cuts towards zero: a point before the grid lands in it
            "def voxel_of(points, lower, size):\n    return ((points - lower) / size).astype(int)[:, ::-1]",
            r"voxel \(z, y, x\)\[2, 2\] is 0, expected -1",
        ),
        (  # leaves the order x, y, z
            "def voxel_of(points, lower, size):\n    return np.floor((points - lower) / size).astype(int)",
            r"voxel \(z, y, x\)\[0, 0\] is 77, expected 9",
        ),
        (  # rounds
            "def voxel_of(points, lower, size):\n    return np.round((points - lower) / size).astype(int)[:, ::-1]",
            r"\[0, 0\] is 10, expected 9",
        ),
    ],
    "one page of the rulebook": [
        (  # reads on the other side
            "def pairs_of_tap(cells, dy, dx):\n"
            "    row_of = {cell: row for row, cell in enumerate(cells)}\n"
            "    return [(row_of[y - dy, x - dx], row)\n"
            "            for row, (y, x) in enumerate(cells) if (y - dy, x - dx) in row_of]",
            r"pairs \(input, output\) of tap \(0, 1\)\[0, 0\] is 0, expected 1",
        ),
        (  # output first
            "def pairs_of_tap(cells, dy, dx):\n"
            "    row_of = {cell: row for row, cell in enumerate(cells)}\n"
            "    return [(row, row_of[y + dy, x + dx])\n"
            "            for row, (y, x) in enumerate(cells) if (y + dy, x + dx) in row_of]",
            r"of tap \(0, 1\)\[0, 0\] is 0, expected 1",
        ),
        (  # cells instead of rows
            "def pairs_of_tap(cells, dy, dx):\n"
            "    return [((y + dy, x + dx), (y, x)) for y, x in cells if (y + dy, x + dx) in cells]",
            r"of tap \(0, 1\): shape \(2, 2, 2\), expected \(2, 2\)",
        ),
    ],
    "height compression": [
        (  # adds the heights up
            "def compress(volume):\n    return volume.sum(dim=1)",
            r"map: shape \(2, 1, 1\), expected \(6, 1, 1\)",
        ),
        (  # height outermost
            "def compress(volume):\n    return volume.transpose(0, 1).flatten(0, 1)",
            r"map\[1, 0, 0\] is 3, expected 1",
        ),
    ],
}
