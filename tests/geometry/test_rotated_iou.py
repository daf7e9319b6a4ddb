import numpy as np
import pytest
from geometry_strategies import EXAMPLES, boxes, yaws
from hypothesis import given
from hypothesis import strategies as st
from reference import convex_overlap

from monotakd.geometry.rotated_iou import all_pairs_iou, paired_iou
from monotakd.geometry.rotated_iou_kernels import rectangle_intersection

SQRT2 = np.sqrt(2.0)
# Rectangle a, rectangle b (x, y, l, w, yaw), shared area worked out by hand.
BY_HAND = {
    "a quarter": ((0, 0, 2, 2, 0), (1, 1, 2, 2, 0), 1.0),
    "a quarter, half turned": ((0, 0, 2, 2, 0), (1, 1, 2, 2, np.pi), 1.0),
    "octagon: a square and itself at 45 degrees": ((0, 0, 2, 2, 0), (0, 0, 2, 2, np.pi / 4), 8 * (SQRT2 - 1)),
    "cross": ((0, 0, 6, 1, 0.3), (0, 0, 6, 1, 0.3 + np.pi / 2), 1.0),
    "contained": ((0, 0, 10, 10, 0), (1, -2, 1, 0.5, 1.1), 0.5),
    "contains": ((1, -2, 1, 0.5, 1.1), (0, 0, 10, 10, 0), 0.5),
    "a diamond's corner over an edge": ((0, 0, 4, 4, 0), (2, 0, 2, 2, np.pi / 4), 2.0),
    "shared edge": ((0, 0, 2, 2, 0), (2, 0, 2, 2, 0), 0.0),
    "shared corner": ((0, 0, 2, 2, 0), (2, 2, 2, 2, 0), 0.0),
    "corner on edge": ((0, 0, 2, 2, 0), (1 + SQRT2, 0, 2, 2, np.pi / 4), 0.0),
    "shared edge from inside": ((0, 0, 4, 4, 0), (1, 0, 2, 2, 0), 4.0),
    "far away": ((0, 0, 2, 2, 0), (1e6, 0, 2, 2, 0), 0.0),
    "no width": ((0, 0, 2, 0, 0), (0, 0, 2, 2, 0), 0.0),
    "a needle across": ((0, 0, 2, 2, 0), (0, 0, 1e3, 1e-6, np.pi / 2), 2e-6),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_overlap_worked_out_by_hand(name):
    a, b, expected = BY_HAND[name]
    a, b = tuple(map(float, a)), tuple(map(float, b))
    assert rectangle_intersection(*a, *b) == pytest.approx(expected, rel=1e-14, abs=1e-15)
    assert rectangle_intersection(*b, *a) == pytest.approx(expected, rel=1e-14, abs=1e-15)


def test_camera_boxes_may_be_passed_as_x_z_l_w_and_minus_ry():
    # Seen from above, ry turns from +x towards -z: a car with ry = -pi/2 points along +z.
    front = rectangle_intersection(0.0, 0.0, 4.0, 2.0, np.pi / 2, 0.0, 1.5, 1.0, 1.0, 0.0)
    assert front == pytest.approx(1.0, abs=1e-15)


def test_iou_worked_out_by_hand():
    car = np.array([[10.0, 2.0, -1.0, 4.0, 2.0, 1.5, 0.0]])
    ahead, higher, above = (car.copy() for _ in range(3))
    ahead[0, 0] += 2.0
    higher[0, 2] += 0.5
    above[0, 2] += 1.5
    np.testing.assert_allclose(paired_iou(car, ahead), [[1 / 3], [1 / 3]], rtol=1e-15)
    np.testing.assert_allclose(paired_iou(car, higher), [[1.0], [1 / 2]], rtol=1e-15)
    np.testing.assert_array_equal(paired_iou(car, above), [[1.0], [0.0]])


def hard_pairs(count_each: int = 12, seed: int = 3):
    """Pairs on which polygon clipping tends to lose its way."""
    rng = np.random.default_rng(seed)

    def random_boxes():
        return rng.uniform([-40, -40, -2, 0.3, 0.3, 0.5, -np.pi], [40, 40, 1, 6, 3, 2, np.pi], (count_each, 7))

    def shifted(base, along, across):
        cos, sin = np.cos(base[:, 6]), np.sin(base[:, 6])
        moved = base.copy()
        moved[:, 0] += cos * along - sin * across
        moved[:, 1] += sin * along + cos * across
        return moved

    def changed(base, **columns):
        other = base.copy()
        for column, value in columns.items():
            other[:, "xyzlwhr".index(column)] = value
        return other

    base = random_boxes()
    yield "jitter", base, base + rng.normal(0, 0.3, base.shape) * [1, 1, 1, 0.2, 0.2, 0.2, 1]
    yield "identical", base, base.copy()
    yield "half turn", base, changed(base, r=base[:, 6] + np.pi)
    yield "touching", base, shifted(base, base[:, 3], 0.0)
    yield "touching corners", base, shifted(base, base[:, 3], base[:, 4])
    yield "slid along an edge", base, shifted(base, 0.4 * base[:, 3], base[:, 4])
    yield "slid along itself", base, shifted(base, 0.4 * base[:, 3], 0.0)
    yield "contained, same edge", base, changed(shifted(base, base[:, 3] / 4, 0.0), l=base[:, 3] / 2)
    for turn in (1e-6, 1e-9, 1e-12, 1e-15):
        yield f"turned by {turn}", base, changed(base, r=base[:, 6] + turn)
        yield f"shifted by {turn}", base, changed(base, x=base[:, 0] + turn, y=base[:, 1] - turn)
    yield (
        "quarter turn on a grid",
        *(
            np.column_stack([rng.integers(-2, 3, (count_each, 3)), rng.integers(1, 4, (count_each, 3)), quarter])
            for quarter in (np.zeros(count_each), np.pi / 2 * rng.integers(-2, 3, count_each))
        ),
    )
    yield "tiny", changed(base, l=1e-6, w=2e-6), changed(shifted(base, 3e-7, 2e-7), l=1e-6, w=1e-6, r=base[:, 6] + 0.7)
    yield "needles", changed(base, w=1e-6), changed(shifted(base, 0.1, 3e-7), w=1e-6)
    yield "needle across", base, changed(base, w=1e-6, l=50.0, r=base[:, 6] + 1.0)
    yield (
        "far from the origin",
        *(changed(p, x=p[:, 0] + 8e5, y=p[:, 1] - 9e5) for p in (base, shifted(base, 0.3, 0.4))),
    )
    yield "huge and small", changed(base, l=1e4, w=1e4), base


HARD = {name: (a, b) for name, a, b in hard_pairs()}


@pytest.mark.parametrize("name", HARD)
def test_hard_pairs_equal_the_clipping_in_fractions(name):
    a, b = HARD[name]
    expected = np.array([convex_overlap.box_iou(*pair) for pair in zip(a, b, strict=True)]).T
    tolerance = 1e-9 if "needle" in name else 1e-12
    np.testing.assert_allclose(paired_iou(a, b), expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(paired_iou(b, a), expected, rtol=0, atol=tolerance)


@EXAMPLES
@given(boxes(), boxes())
def test_random_pairs_equal_the_clipping_in_fractions(a, b):
    bev, volume = convex_overlap.box_iou(a[0], b[0])
    np.testing.assert_allclose(np.ravel(paired_iou(a, b)), [bev, volume], rtol=0, atol=1e-12)


@EXAMPLES
@given(boxes())
def test_a_box_and_itself_is_exactly_one(box):
    np.testing.assert_array_equal(paired_iou(box, box.copy()), 1.0)


@EXAMPLES
@given(boxes(), boxes(), st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1)]), st.floats(-5, 5))
def test_rectangles_with_a_gap_share_exactly_nothing(a, b, side, slide):
    # b stands 1 mm clear of one side of a, whatever its own heading.
    turn = b[0, 6] - a[0, 6]
    along = (a[0, 3] + b[0, 3] * abs(np.cos(turn)) + b[0, 4] * abs(np.sin(turn))) / 2 + 1e-3
    across = (a[0, 4] + b[0, 3] * abs(np.sin(turn)) + b[0, 4] * abs(np.cos(turn))) / 2 + 1e-3
    forward, left = (side[0] * along, slide) if side[0] else (slide, side[1] * across)
    cos, sin = np.cos(a[0, 6]), np.sin(a[0, 6])
    b[0, :2] = a[0, 0] + cos * forward - sin * left, a[0, 1] + sin * forward + cos * left
    assert paired_iou(a, b)[0][0] == paired_iou(b, a)[0][0] == 0.0


@EXAMPLES
@given(boxes(), boxes())
def test_bounds_symmetry_and_volume(a, b):
    bev, volume = paired_iou(a, b)
    assert 0 <= volume[0] <= 1
    assert 0 <= bev[0] <= 1
    np.testing.assert_allclose(paired_iou(b, a), (bev, volume), rtol=0, atol=1e-13)


@EXAMPLES
@given(boxes(), boxes(), yaws, st.floats(-100, 100), st.floats(-100, 100))
def test_moving_the_world_changes_nothing(a, b, turn, shift_x, shift_y):
    def moved(box):
        cos, sin = np.cos(turn), np.sin(turn)
        x, y = box[:, 0], box[:, 1]
        return np.column_stack(
            [cos * x - sin * y + shift_x, sin * x + cos * y + shift_y, box[:, 2:6], box[:, 6] + turn]
        )

    np.testing.assert_allclose(paired_iou(moved(a), moved(b)), paired_iou(a, b), rtol=0, atol=1e-11)


@EXAMPLES
@given(boxes(), boxes())
def test_a_quarter_turn_with_swapped_sides_is_the_same_box(a, b):
    other = b[:, [0, 1, 2, 4, 3, 5, 6]] + [0, 0, 0, 0, 0, 0, np.pi / 2]
    np.testing.assert_allclose(paired_iou(a, other), paired_iou(a, b), rtol=0, atol=1e-12)


def test_all_pairs_are_the_pairs():
    rng = np.random.default_rng(5)
    a, b = (rng.uniform([-5, -5, -1, 1, 1, 1, -4], [5, 5, 1, 5, 3, 2, 4], (n, 7)) for n in (7, 9))
    bev, volume = all_pairs_iou(a, b)
    assert bev.shape == volume.shape == (7, 9)
    rows, columns = (grid.ravel() for grid in np.meshgrid(range(7), range(9), indexing="ij"))
    np.testing.assert_array_equal((bev.ravel(), volume.ravel()), paired_iou(a[rows], b[columns]))
    assert (bev > 0).any()


def test_no_boxes():
    none = np.zeros((0, 7))
    assert [v.shape for v in paired_iou(none, none)] == [(0,), (0,)]
    assert [v.shape for v in all_pairs_iou(none, np.ones((3, 7)))] == [(0, 3), (0, 3)]


@pytest.mark.parametrize(
    ("column", "value", "message"), [(0, np.nan, "row 1"), (6, np.inf, "row 1"), (3, -1.0, "sizes >= 0")]
)
def test_unusable_boxes_are_refused(column, value, message):
    boxes = np.ones((3, 7))
    boxes[1, column] = value
    with pytest.raises(ValueError, match=message):
        paired_iou(np.ones((3, 7)), boxes)
    with pytest.raises(ValueError, match=message):
        all_pairs_iou(boxes, np.ones((3, 7)))


def test_wrong_counts_and_shapes_are_refused(unchecked_shapes):
    with pytest.raises(ValueError, match="all_pairs_iou"):
        paired_iou(np.ones((2, 7)), np.ones((3, 7)))
    with pytest.raises(ValueError, match=r"b has shape \(7,\)"):
        all_pairs_iou(np.ones((2, 7)), np.ones(7))


def test_reference_pairs(shared):
    data = np.load(shared / "reference" / "rotated_iou_pairs.npz")

    def from_camera(rows):
        x, y, z, h, w, length, ry = rows.T
        return np.column_stack([x, z, h / 2 - y, length, w, h, -ry])

    bev, volume = paired_iou(from_camera(data["boxes_a"]), from_camera(data["boxes_b"]))
    tolerance = np.where(data["kind"] == "degenerate", 1e-8, 1e-9)
    assert len(bev) == 1200
    assert (np.abs(bev - data["bev_iou_exact"]) <= tolerance).all()
    assert (np.abs(volume - data["iou3d_exact"]) <= tolerance).all()
