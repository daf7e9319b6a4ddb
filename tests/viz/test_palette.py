import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from monotakd.viz import palette

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ_FROM_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour, deficiency):
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(DEFICIENCIES[deficiency] @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(XYZ_FROM_RGB @ seen / XYZ_FROM_RGB.sum(axis=1), 1e-6))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_roles_differ_clearly_for_every_kind_of_sight(deficiency):
    distances = {
        pair: np.linalg.norm(lab(palette.ROLES[pair[0]], deficiency) - lab(palette.ROLES[pair[1]], deficiency))
        for pair in itertools.combinations(palette.ROLES, 2)
    }
    worst = min(distances, key=distances.get)
    # 2.3 is just noticeable; 20 is told apart at a glance.
    assert distances[worst] > 20, f"{worst}: {distances[worst]:.1f}"


def test_red_and_green_would_not_pass():
    red_green = np.linalg.norm(lab("#B86B3C", "deuteranopia") - lab("#7F8B2F", "deuteranopia"))
    assert red_green < 20


@pytest.mark.parametrize("colour", [*palette.ROLES.values(), *palette.OTHERS])
def test_white_letters_are_readable_on_label_plates(colour):
    assert 1.05 / (palette.relative_luminance(palette.dark(colour)) + 0.05) >= 4.5


def test_names_without_role_get_free_colours_in_order():
    colours = palette.colours_for(["a", "truth", "b"])
    assert colours == {"a": palette.OTHERS[0], "truth": palette.ROLES["truth"], "b": palette.OTHERS[1]}


def test_instance_colours_are_stable_and_distinct():
    many = palette.instance_colours(12)
    assert np.array_equal(palette.instance_colours(5), many[:5])
    gaps = np.linalg.norm(many[:, None] - many[None], axis=-1)[~np.eye(12, dtype=bool)]
    assert gaps.min() > 0.1
    assert palette.instance_colours(0).shape == (0, 3)
