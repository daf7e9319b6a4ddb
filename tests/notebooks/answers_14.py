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
    "distance by height": [
        (  # upside down
            "def distance_by_height(focal, pixels, metres=1.53):\n    return pixels / (focal * metres)",
            r"distance of 72 pixels at focal length 720: .*, expected 15\.3",
        ),
        (  # ignores the height that it is told
            "def distance_by_height(focal, pixels, metres=1.53):\n    return focal * 1.53 / pixels",
            r"distance of a van of 2 m: 27\.54, expected 36",
        ),
        (  # KITTI's focal length, whatever the camera
            "def distance_by_height(focal, pixels, metres=1.53):\n    return 720.0 * metres / pixels",
            r"distance with half the focal length: 15\.3, expected 7\.65",
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
