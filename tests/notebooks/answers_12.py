"""Typical wrong answers to the exercises of notebook 12, and what their checks must say."""

_HEAD = "def paired_differences(found_a, found_b, cars, draws):\n"
_VERDICT = "def verdict(low, high, seeds, better_row):\n"

WRONG = {
    "paired differences": [
        (  # a mean of the frames' own shares
            _HEAD + "    return ((found_a[draws] - found_b[draws]) / cars[draws]).mean(axis=1)",
            r"differences\[0\] is 0\.21\d*, expected 0\.2 \(3 of 3",
        ),
        (  # the cars of all frames, whatever was drawn
            _HEAD + "    return (found_a[draws] - found_b[draws]).sum(axis=1) / cars.sum()",
            r"differences\[1\] is 0\.25, expected 0\.2 \(2 of 3",
        ),
        (  # cars are not summed
            _HEAD + "    return (found_a[draws] - found_b[draws]).sum(axis=1) / cars",
            r"with ValueError: .*broadcast",
        ),
        (  # how far apart, whoever leads
            _HEAD + "    return abs(found_a[draws] - found_b[draws]).sum(axis=1) / cars[draws].sum(axis=1)",
            r"difference the other way round\[0\] is 0\.05\d*, expected -0\.05",
        ),
    ],
    "seed interval": [
        (  # divides by n
            "def seed_interval(differences):\n"
            "    half = T[len(differences)] * np.std(differences) / np.sqrt(len(differences))\n"
            "    return np.mean(differences) - half, np.mean(differences) + half",
            r"three seeds\[0\] is -2\.39\d*, expected -3\.196",
        ),
        (  # the spread of a seed, not of the mean
            "def seed_interval(differences):\n"
            "    half = T[len(differences)] * np.std(differences, ddof=1)\n"
            "    return np.mean(differences) - half, np.mean(differences) + half",
            r"three seeds\[0\] is -6\.38\d*, expected -3\.196",
        ),
        (  # as if the spread were known
            "def seed_interval(differences):\n"
            "    half = 1.96 * np.std(differences, ddof=1) / np.sqrt(len(differences))\n"
            "    return np.mean(differences) - half, np.mean(differences) + half",
            r"three seeds\[0\] is -0\.82\d*, expected -3\.196",
        ),
    ],
    "verdict": [
        (  # forgets the seeds
            _VERDICT + '    return "not testable" if better_row < 5 else "reproduced" if low > 0 else "not reproduced"',
            r"1 seed: reproduced, expected not run yet",
        ),
        (  # any interval that leaves zero outside
            _VERDICT + '    if seeds < 3:\n        return "not run yet"\n    if better_row < 5:\n'
            '        return "not testable"\n    return "reproduced" if low * high > 0 else "not reproduced"',
            r"-3\.0 to -1\.0, 3 seeds: reproduced, expected not reproduced",
        ),
        (  # zero itself counts
            _VERDICT + '    if seeds < 3:\n        return "not run yet"\n    if better_row < 5:\n'
            '        return "not testable"\n    return "reproduced" if low >= 0 else "not reproduced"',
            r"^✗ verdict: 0\.0 to \+2\.0, 3 seeds: reproduced, expected not reproduced",
        ),
        (  # forgets the floor
            _VERDICT + '    if seeds < 3:\n        return "not run yet"\n'
            '    return "reproduced" if low > 0 else "not reproduced"',
            r"both rows below 5 AP: reproduced, expected not testable",
        ),
    ],
}
