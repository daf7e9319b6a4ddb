"""Typical wrong answers to the exercises of notebook 14, and what their checks must say."""

WRONG = {
    "centre of a label": [
        (  # leaves the middle of the bottom
            "def centre_of(row):\n    return tuple(map(float, row.split()[11:14]))",
            r"centre of the parked car\[1\] is 1\.65, expected 0\.9",
        ),
        (  # y up
            "def centre_of(row):\n"
            "    words = row.split()\n"
            "    x, y, z = map(float, words[11:14])\n"
            "    return x, y + float(words[8]) / 2, z",
            r"centre of the parked car\[1\] is 2\.4, expected 0\.9",
        ),
        (  # takes the length for the height
            "def centre_of(row):\n"
            "    words = row.split()\n"
            "    x, y, z = map(float, words[11:14])\n"
            "    return x, y - float(words[10]) / 2, z",
            r"centre of the parked car\[1\] is -0\.45, expected 0\.9",
        ),
    ],
    "focal length in pixels": [
        (  # compares the widths
            "def focal_in_pixels(equivalent, width, height):\n    return equivalent * width / 36",
            r"4000 x 3000 pixels at 26 mm: 2888\.\d*, expected 3004\.6",
        ),
        (  # pixels for millimetres
            "def focal_in_pixels(equivalent, width, height):\n    return equivalent / np.hypot(36, 24)",
            r"focal length of 3600 x 2400 pixels at 50 mm: 1\.155\d*, expected 5000",
        ),
        (  # upside down
            "def focal_in_pixels(equivalent, width, height):\n"
            "    return equivalent * np.hypot(36, 24) / np.hypot(width, height)",
            r"focal length of 3600 x 2400 pixels at 50 mm: 0\.5, expected 5000",
        ),
    ],
    "hours": [
        (  # one frame a step
            "def hours(epochs, frames, batch, seconds):\n    return epochs * frames * seconds / 3600",
            r"hours of 10 epochs at a second a step: 10\.3.*, expected 2\.57",
        ),
        (  # minutes
            "def hours(epochs, frames, batch, seconds):\n    return epochs * frames / batch * seconds / 60",
            r"hours of 10 epochs at a second a step: 154.*, expected 2\.57",
        ),
    ],
}
