"""Typical wrong answers to the exercises of notebook 05, and what their checks must say."""

WRONG = {
    "one-hot depth": [
        (  # rounds to the nearest bin edge
            "def one_hot(depth, start, size, count):\n"
            "    index = torch.round((depth - start) / size)\n"
            "    return (index == torch.arange(count)[:, None, None]).float()",
            r"one-hot .*\[0, 1, 1\] is 1, expected 0 \(4 of 24",
        ),
        (  # puts unknown and far pixels into the first and last bin
            "def one_hot(depth, start, size, count):\n"
            "    index = torch.floor((depth - start) / size).clamp(0, count - 1)\n"
            "    return (index == torch.arange(count)[:, None, None]).float()",
            r"one-hot .*\[0, 1, 0\] is 1, expected 0 \(3 of 24",
        ),
        (  # bins last
            "def one_hot(depth, start, size, count):\n"
            "    index = torch.floor((depth - start) / size)\n"
            "    return (index[..., None] == torch.arange(count)).float()",
            r"shape \(2, 3, 4\), expected \(4, 2, 3\)",
        ),
    ],
    "linear CKA": [
        (  # forgets to centre
            "def cka(x, y):\n"
            "    return np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))",
            r"CKA of two unrelated maps: 0\.\d+, expected 0\.\d+",
        ),
        (  # forgets the square above
            "def cka(x, y):\n"
            "    x, y = x - x.mean(axis=0), y - y.mean(axis=0)\n"
            "    return np.linalg.norm(y.T @ x) / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))",
            r"CKA of swapped channels: 0\.\d+, expected 1",
        ),
        (  # compares cells instead of channels, and gives a matrix
            "def cka(x, y):\n    return x @ y.T",
            r"CKA of swapped channels: shape \(4, 4\), expected \(\)",
        ),
    ],
    "R2 of a linear map": [
        (  # no offset
            "def r2(source, target, held_out):\n"
            "    best = np.linalg.lstsq(source[~held_out], target[~held_out], rcond=None)[0]\n"
            "    truth = target[held_out]\n"
            "    error = ((truth - source[held_out] @ best) ** 2).sum()\n"
            "    return 1 - error / ((truth - truth.mean(axis=0)) ** 2).sum()",
            r"R2 of an exact linear map with offset: .*, expected 1",
        ),
        (  # judged on the cells it was fitted on
            "def r2(source, target, held_out):\n"
            "    design = np.column_stack([source, np.ones(len(source))])[~held_out]\n"
            "    truth = target[~held_out]\n"
            "    error = ((truth - design @ np.linalg.lstsq(design, truth, rcond=None)[0]) ** 2).sum()\n"
            "    return 1 - error / ((truth - truth.mean(axis=0)) ** 2).sum()",
            r"R2 with noise: 0\.\d+, expected 0\.\d+",
        ),
        (  # the share that is left unexplained
            "def r2(source, target, held_out):\n"
            "    design = np.column_stack([source, np.ones(len(source))])\n"
            "    best = np.linalg.lstsq(design[~held_out], target[~held_out], rcond=None)[0]\n"
            "    truth = target[held_out]\n"
            "    error = ((truth - design[held_out] @ best) ** 2).sum()\n"
            "    return error / ((truth - truth.mean(axis=0)) ** 2).sum()",
            r"R2 of an exact linear map with offset: .*, expected 1",
        ),
    ],
}
