import math

import numpy as np
import pytest
import torch
from geometry_strategies import EXAMPLES, boxes
from hypothesis import given
from hypothesis import strategies as st

from monotakd.geometry.box_coder import (
    DIRECTION_OFFSET,
    decode_boxes,
    direction_bin,
    encode_boxes,
    nearest_bev_iou,
    yaw_in_direction,
)
from monotakd.geometry.rotated_iou import all_pairs_iou

ANCHOR = torch.tensor([[10.0, 0.0, -1.0, 4.0, 3.0, 2.0, 0.0]], dtype=torch.float64)


def test_code_worked_out_by_hand():
    # The anchor's ground diagonal is 5 m and its height 2 m.
    box = torch.tensor([[11.0, -2.0, 0.0, 4.0 * math.e, 3.0, 1.0, 0.5]], dtype=torch.float64)
    expected = torch.tensor([[0.2, -0.4, 0.5, 1.0, 0.0, -math.log(2), 0.5]], dtype=torch.float64)
    torch.testing.assert_close(encode_boxes(box, ANCHOR), expected)
    pair = torch.tensor([[math.cos(0.5) - 1, math.sin(0.5)]], dtype=torch.float64)
    torch.testing.assert_close(encode_boxes(box, ANCHOR, sincos=True)[:, 6:], pair)
    assert not encode_boxes(ANCHOR, ANCHOR).any()


@EXAMPLES
@given(boxes(40.0), boxes(40.0))
def test_decoding_undoes_encoding(box, anchor):
    box, anchor = torch.from_numpy(box), torch.from_numpy(anchor)
    torch.testing.assert_close(decode_boxes(encode_boxes(box, anchor), anchor), box, rtol=0, atol=1e-10)
    turned = decode_boxes(encode_boxes(box, anchor, sincos=True), anchor)
    torch.testing.assert_close(turned[:, :6], box[:, :6], rtol=0, atol=1e-10)
    torch.testing.assert_close((turned - box)[:, 6].cos(), torch.ones(1, dtype=torch.float64), rtol=0, atol=1e-12)


def test_leading_axes_and_gradients():
    anchors = ANCHOR.expand(2, 5, 7)
    codes = torch.zeros(2, 5, 7, dtype=torch.float64, requires_grad=True)
    decoded = decode_boxes(codes, anchors)
    torch.testing.assert_close(decoded, anchors)
    decoded.sum().backward()
    assert (codes.grad != 0).all()


def test_other_code_widths_are_refused():
    with pytest.raises(ValueError, match="9 channels"):
        decode_boxes(torch.zeros(1, 9), torch.ones(1, 7))


def test_a_flat_box_has_a_finite_code():
    flat = ANCHOR.clone()
    flat[0, 3] = 0.0
    assert torch.isfinite(encode_boxes(flat, ANCHOR)).all()


def test_direction_worked_out_by_hand():
    yaws = torch.tensor([0.0, math.pi / 2, math.pi, -math.pi / 2, 0.78, 0.79, 2 * math.pi + 1])
    assert direction_bin(yaws).tolist() == [1, 0, 0, 1, 1, 0, 0]


@EXAMPLES
@given(st.floats(-10, 10))
def test_the_direction_bin_restores_a_yaw_known_up_to_a_half_turn(yaw):
    yaw = torch.tensor([yaw], dtype=torch.float64)
    restored = yaw_in_direction(yaw + math.pi, direction_bin(yaw))
    near_the_border = abs(math.remainder(float(yaw) - DIRECTION_OFFSET, math.pi)) < 1e-9
    if not near_the_border:
        assert float((restored - yaw).cos()) == pytest.approx(1.0, abs=1e-12)
    assert DIRECTION_OFFSET <= float(restored) <= DIRECTION_OFFSET + 2 * math.pi + 1e-12


def test_nearest_iou_is_the_exact_iou_along_the_axes():
    rng = np.random.default_rng(2)
    a, b = (rng.uniform([0, 0, 0, 1, 1, 1, 0], [6, 6, 0, 5, 3, 1, 0], (n, 7)) for n in (9, 11))
    a[:, 6], b[:, 6] = rng.integers(-4, 5, 9) * np.pi / 2, rng.integers(-4, 5, 11) * np.pi / 2
    a[:, 2] = b[:, 2] = 0.0
    exact, _ = all_pairs_iou(a, b)
    found = nearest_bev_iou(torch.from_numpy(a), torch.from_numpy(b))
    np.testing.assert_allclose(found, exact, atol=1e-12)
    tilted = a.copy()
    tilted[:, 6] += rng.uniform(-0.7, 0.7, 9)  # less than 45 degrees: nothing changes
    np.testing.assert_allclose(nearest_bev_iou(torch.from_numpy(tilted), torch.from_numpy(b)), found, atol=1e-12)


@pytest.mark.parametrize(
    ("degrees", "expected"), [(0, 1.0), (44, 1.0), (46, 1 / 3), (-46, 1 / 3), (134, 1 / 3), (136, 1.0), (180, 1.0)]
)
def test_nearest_iou_turns_to_the_nearer_axis(degrees, expected):
    # 4 x 2 m along x or across: across, the two share 2 x 2 of 12 m2.
    along = torch.tensor([[0.0, 0, 0, 4, 2, 1, 0]])
    turned = torch.tensor([[0.0, 0, 0, 4, 2, 1, math.radians(degrees)]])
    assert float(nearest_bev_iou(along, turned)) == pytest.approx(expected)


def test_empty_sets():
    assert nearest_bev_iou(torch.zeros(0, 7), torch.ones(3, 7)).shape == (0, 3)


def test_reference(shared):
    data = np.load(shared / "reference" / "released_code" / "box_coder.npz")
    data = {name: torch.from_numpy(values) for name, values in data.items()}

    def same(found, name):
        torch.testing.assert_close(found, data[name], rtol=1e-4, atol=1e-5)

    anchors = data["anchors"]
    same(encode_boxes(data["boxes"], anchors), "encoded")
    same(encode_boxes(data["boxes"], anchors, sincos=True), "encoded_sincos")
    for code in ("encoded", "encoded_sincos", "random_code"):
        same(decode_boxes(data[code], anchors), f"decoded_from_{code}")
    assert torch.equal(direction_bin(data["encoded"][:, 6] + anchors[:, 6]), data["direction_target"])
    same(yaw_in_direction(data["decoded_from_random_code"][:, 6], data["dir_bin"]), "final_heading")
    same(nearest_bev_iou(data["nearest_bev_iou_boxes_a"], data["nearest_bev_iou_boxes_b"]), "nearest_bev_iou")
    same(nearest_bev_iou(data["iou2_boxes"], data["iou2_boxes"]), "iou2")
