"""Typical wrong answers to the exercises of notebook 04, and what their checks must say."""

WRONG = {
    "read the frustum": [
        (  # the nearest cell only
            "def read_frustum(frustum, column, row, depth_bin):\n"
            "    cell = [min(max(round(p), 0), n - 1) for p, n in zip((depth_bin, row, column), frustum.shape)]\n"
            "    return float(frustum[tuple(cell)])",
            r"values\[0\] is 3, expected 2\.725",
        ),
        (  # repeats the border outside
            "def read_frustum(frustum, column, row, depth_bin):\n"
            "    inside = [min(max(p, 0.0), n - 1.0) for p, n in zip((depth_bin, row, column), frustum.shape)]\n"
            "    shares = [(1 - (torch.arange(n) - p).abs()).clamp_min(0) for p, n in zip(inside, frustum.shape)]\n"
            "    return float(torch.einsum('dhw,d,h,w->', frustum, *shares))",
            r"values\[3\] is 0\.2, expected 0\.1",
        ),
        (  # a position limited to the whole number 0 makes shares of whole numbers, which torch does not multiply
            "def read_frustum(frustum, column, row, depth_bin):\n"
            "    inside = [min(max(p, 0), n - 1) for p, n in zip((depth_bin, row, column), frustum.shape)]\n"
            "    shares = [(1 - (torch.arange(n) - p).abs()).clamp_min(0) for p, n in zip(inside, frustum.shape)]\n"
            "    return float(torch.einsum('dhw,d,h,w->', frustum, *shares))",
            r"line 4 of your cell fails with RuntimeError: expected scalar type .*add \.float\(\)",
        ),
        (  # reads between pixels, but one bin only
            "def read_frustum(frustum, column, row, depth_bin):\n"
            "    shares = [(1 - (torch.arange(n) - p).abs()).clamp_min(0)\n"
            "              for p, n in zip((row, column), frustum.shape[1:])]\n"
            "    return float(torch.einsum('hw,h,w->', frustum[int(depth_bin)], *shares))",
            r"values\[0\] is 2\.6, expected 2\.725",
        ),
    ],
    "positions for grid_sample": [
        (  # the rule of align_corners=True
            "def sampling_position(cell, count):\n    return 2 * cell / (count - 1) - 1",
            r"positions\[0\] is -1\.33333, expected -1 ",
        ),
        (  # forgets the half cell
            "def sampling_position(cell, count):\n    return 2 * cell / count - 1",
            r"positions\[0\] is -1\.25, expected -1 ",
        ),
    ],
    "nearest depth": [
        (  # unknown counts as nearest
            "def nearest_depth(depth, stride):\n"
            "    height, width = depth.shape\n"
            "    return depth.reshape(height // stride, stride, width // stride, stride).min(axis=(1, 3))",
            r"pooled depth \(m\)\[1, 0\] is 0, expected 12",
        ),
        (  # the mean: makes ghosts
            "def nearest_depth(depth, stride):\n"
            "    height, width = depth.shape\n"
            "    blocks = depth.reshape(height // stride, stride, width // stride, stride)\n"
            "    return blocks.sum(axis=(1, 3)) / np.maximum((blocks > 0).sum(axis=(1, 3)), 1)",
            r"pooled depth \(m\)\[0, 0\] is 20, expected 10",
        ),
        (  # leaves blocks without a depth infinite
            "def nearest_depth(depth, stride):\n"
            "    height, width = depth.shape\n"
            "    blocks = depth.reshape(height // stride, stride, width // stride, stride)\n"
            "    return np.where(blocks > 0, blocks, np.inf).min(axis=(1, 3))",
            r"pooled depth \(m\)\[0, 1\] is inf, expected 0",
        ),
    ],
}
