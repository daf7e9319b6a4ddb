"""Typical wrong answers to the exercises of notebook 09, and what their checks must say."""

WRONG = {
    "cell of a place": [
        (  # column first
            "import math\n"
            "def cell_of(grid, x, y):\n"
            "    return math.floor((x - grid.lower[0]) / grid.cell[0]), math.floor((y - grid.lower[1]) / grid.cell[1])",
            r"cell of \(15\.12, 0\.32\)\[0\] is 20, expected 28",
        ),
        (  # no limits
            "import math\n"
            "def cell_of(grid, x, y):\n"
            "    return math.floor((y - grid.lower[1]) / grid.cell[1]), math.floor((x - grid.lower[0]) / grid.cell[0])",
            r"no cell at \(1\.8, 0\.0\): False, expected True",
        ),
        (  # rounds to the nearest cell
            "def cell_of(grid, x, y):\n"
            "    return round((y - grid.lower[1]) / grid.cell[1]), round((x - grid.lower[0]) / grid.cell[0])",
            r"cell of \(15\.12, 0\.32\)\[0\] is 29, expected 28",
        ),
    ],
    "floor": [
        (  # takes the frame itself along
            "def floor(a, b, occupied, sample):\n"
            "    cells = [occupied[sample] & o for o in occupied]\n"
            "    return np.mean([linear_cka(a[sample][:, c].T, b[i][:, c].T) for i, c in enumerate(cells)])",
            r"floor of frame 3: .*, expected",
        ),
        (  # compares the other frames with themselves
            "def floor(a, b, occupied, sample):\n"
            "    others = [i for i in range(len(a)) if i != sample]\n"
            "    return np.mean([linear_cka(a[i][:, occupied[i]].T, b[i][:, occupied[i]].T) for i in others])",
            r"floor of frame 3: .*, expected",
        ),
    ],
}
