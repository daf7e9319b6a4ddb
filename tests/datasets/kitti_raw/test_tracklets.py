import numpy as np
import pytest
from raw_cases import tracklet

from monotakd.datasets.kitti_raw.tracklets import read_tracklets, write_tracklets
from monotakd.errors import DataError

# One pose as KITTI writes it, with fields that nobody needs and a truncation that nobody gave.
BY_HAND = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<!DOCTYPE boost_serialization>
<boost_serialization signature="serialization::archive" version="9">
<tracklets class_id="0" tracking_level="0" version="0">
	<count>1</count>
	<item_version>1</item_version>
	<item class_id="1" tracking_level="0" version="1">
		<objectType>Person (sitting)</objectType>
		<h>1.25</h>
		<w>0.5</w>
		<l>0.75</l>
		<first_frame>7</first_frame>
		<poses class_id="2" tracking_level="0" version="0">
			<count>1</count>
			<item_version>2</item_version>
			<item class_id="3" tracking_level="0" version="2">
				<tx>10.5</tx>
				<ty>-2</ty>
				<tz>-1.75</tz>
				<rx>0</rx>
				<ry>0</ry>
				<rz>-3.25</rz>
				<state>1</state>
				<occlusion>2</occlusion>
				<occlusion_kf>1</occlusion_kf>
				<truncation>99</truncation>
				<amt_occlusion>3</amt_occlusion>
			</item>
		</poses>
		<finished>1</finished>
	</item>
</tracklets>
</boost_serialization>
"""


def test_a_file_by_hand(tmp_path):
    (tmp_path / "t.xml").write_text(BY_HAND)
    (read,) = read_tracklets(tmp_path / "t.xml")
    assert (read.name, read.first_frame, list(read.frames)) == ("Person_sitting", 7, [7])
    # Length, width, height; the centre stands half a height above the bottom.
    np.testing.assert_array_equal(read.box(7), [10.5, -2.0, -1.125, 0.75, 0.5, 1.25, -3.25])
    assert (read.states[0], read.occlusions[0], read.truncations[0]) == (1, 2, -1)


def test_written_tracklets_read_back_exactly(tmp_path):
    rng = np.random.default_rng(0)
    written = [
        tracklet("Person_sitting", 3, 4, positions=rng.normal(0, 20, (4, 3)), yaws=rng.normal(0, 3, 4)),
        tracklet("Car", 0, 1, occlusions=np.array([-1]), truncations=np.array([3]), states=np.array([1])),
    ]
    write_tracklets(tmp_path / "t.xml", written)
    for a, b in zip(written, read_tracklets(tmp_path / "t.xml"), strict=True):
        assert (a.name, a.first_frame) == (b.name, b.first_frame)
        for field in ("size", "positions", "yaws", "states", "occlusions", "truncations"):
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field), err_msg=field)


def test_no_objects_is_a_valid_file(tmp_path):
    write_tracklets(tmp_path / "t.xml", [])
    assert read_tracklets(tmp_path / "t.xml") == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<tx>10.5</tx>", "<tx>1o.5</tx>", "tracklet 0, pose 0: found tx = '1o.5'"),
        ("<tx>10.5</tx>", "<tx>nan</tx>", "tracklet 0, pose 0: found tx = 'nan'"),
        ("<ty>-2</ty>", "", "tracklet 0, pose 0: found no <ty>"),
        ("<w>0.5</w>", "<w>0</w>", "a size above 0"),
        ("<rx>0</rx>", "<rx>0.2</rx>", "boxes stand upright"),
        ("<first_frame>7", "<first_frame>-1", "first_frame = -1"),
        ("\t<count>1</count>\n\t<item_version>1", "\t<count>2</count>\n\t<item_version>1", "found 1 items; expected 2"),
        ("</tracklets>", "", "broken XML"),
        ("<tracklets ", "<others ", "broken XML"),
        ("Person (sitting)", "", "objectType = ''"),
        ("<!DOCTYPE boost_serialization>", '<!DOCTYPE x [<!ENTITY a "b">]>', "an XML entity"),
    ],
)  # fmt: skip
def test_damage_is_named(tmp_path, old, new, message):
    assert old in BY_HAND
    path = tmp_path / "t.xml"
    path.write_text(BY_HAND.replace(old, new))
    with pytest.raises(DataError) as caught:
        read_tracklets(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
