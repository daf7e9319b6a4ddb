"""Typical wrong answers to the exercises of notebook 06, and what their checks must say."""

WRONG = {
    "channel gate": [
        (  # the factors alone
            "def channel_gate(x, excite):\n    return excite(x.mean(dim=(2, 3)))",
            r"gated map: shape \(2, 3\), expected \(2, 3, 4, 5\)",
        ),
        (  # squeezes by the maximum
            "def channel_gate(x, excite):\n    return x * excite(x.amax(dim=(2, 3)))[:, :, None, None]",
            r"gated map\[0, 0, 0, 0\] is .*, expected",
        ),
    ],
    "steps from lite": [
        (  # adds up both modules
            "def steps_from_lite():\n"
            "    sam = replace(Wiring.lite(), alignment='paper')\n"
            "    return {'plus_sam': sam, 'plus_ffm': replace(sam, fusion='paper')}",
            r"plus_ffm \[alignment, fusion\]\[0\] is paper, expected none",
        ),
        (  # starts from the release
            "def steps_from_lite():\n"
            "    base = Wiring.released()\n"
            "    return {'plus_sam': replace(base, alignment='paper'), 'plus_ffm': replace(base, fusion='paper')}",
            r"plus_sam \[alignment, fusion\]\[1\] is released, expected sum",
        ),
    ],
    "mean and mass": [
        (  # the most likely bin instead of the mean
            "def mean_and_mass(p, metres, reach):\n"
            "    mean = metres[p.argmax(dim=1)]\n"
            "    return mean, (p * ((metres - mean[:, None]).abs() <= reach)).sum(dim=1)",
            r"mean \(m\)\[0\] is 12, expected 19\.2",
        ),
        (  # does not normalise
            "def mean_and_mass(p, metres, reach):\n"
            "    mean = (p * metres).sum(dim=1)\n"
            "    return mean, (p * ((metres - mean[:, None]).abs() <= reach)).sum(dim=1)",
            r"mean \(m\)\[2\] is 10\.5, expected 21",
        ),
        (  # counts bins instead of adding up their probability
            "def mean_and_mass(p, metres, reach):\n"
            "    p = p / p.sum(dim=1, keepdim=True)\n"
            "    mean = (p * metres).sum(dim=1)\n"
            "    return mean, ((metres - mean[:, None]).abs() <= reach).float().sum(dim=1)",
            r"mass near the mean\[0\] is 1, expected 0",
        ),
    ],
    "one group": [
        (  # the count instead of the share
            "def group(confidence, happened, low, high):\n"
            "    chosen = (confidence >= low) & (confidence < high)\n"
            "    return (confidence[chosen].mean(), happened[chosen].sum()) if chosen.any() else (np.nan, np.nan)",
            r"group 1: \[mean confidence, share\]\[1\] is 1, expected 0\.333333",
        ),
        (  # the middle of the group instead of what was said
            "def group(confidence, happened, low, high):\n"
            "    chosen = (confidence >= low) & (confidence < high)\n"
            "    return ((low + high) / 2, happened[chosen].mean()) if chosen.any() else (np.nan, np.nan)",
            r"group 1: \[mean confidence, share\]\[0\] is 0\.15, expected 0\.136667",
        ),
        (  # zero for an empty group
            "def group(confidence, happened, low, high):\n"
            "    chosen = (confidence >= low) & (confidence < high)\n"
            "    return (confidence[chosen].mean(), happened[chosen].mean()) if chosen.any() else (0.0, 0.0)",
            r"group 5: \[mean confidence, share\]\[0\] is 0, expected nan",
        ),
    ],
}
