"""Typical wrong answers to the exercises of notebook 00, and what their checks must say."""

WRONG = {
    "depth from height": [
        (
            "def depth_from_height(pixels, metres, focal):\n    return pixels * metres / focal",
            r"depth \(m\)\[0\] is 0\.075, expected 30",
        ),
        (
            "def depth_from_height(pixels, metres, focal):\n    return focal / pixels",
            r"depth \(m\)\[0\] is 20, expected 30",
        ),
    ],
    "IoU of a shifted box": [
        (  # divides by one box instead of the union
            "def shifted_iou(length, shift):\n    return max(length - abs(shift), 0) / length",
            r"IoU\[1\] is 0\.75, expected 0\.6",
        ),
        (  # forgets the other direction
            "def shifted_iou(length, shift):\n"
            "    shared = max(length - shift, 0.0)\n"
            "    return shared / (2 * length - shared)",
            r"IoU\[2\] is 1\.66667, expected 0\.6",
        ),
    ],
    "largest slip": [
        (
            "def largest_slip(length, iou):\n    return length * (1 - iou)",
            r"slip \(m\)\[0\] is 1\.164, expected 0\.684706",
        ),
        (
            "def largest_slip(length, iou):\n    return [length * (1 - iou) / (1 + iou)]",
            r"slip \(m\): shape \(3, 1\), expected \(3,\)",
        ),
    ],
}
