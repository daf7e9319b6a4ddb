import numpy as np
import pytest

from monotakd.datasets.kitti_raw.oxts import OxtsPacket, mercator_from_imu, packet_from_pose, read_oxts, write_oxts
from monotakd.errors import DataError


def packet(**changes):
    return OxtsPacket(**{"lat": 49.0, "lon": 8.4, "alt": 110.0, "roll": 0.0, "pitch": 0.0, "yaw": 0.0, **changes})


def test_a_metre_north_and_east():
    """A thousandth of a degree of latitude is 111.3 m of the sphere that KITTI maps."""
    start = mercator_from_imu(packet(), 49.0)
    there = mercator_from_imu(packet(lat=49.001, lon=8.401, alt=112.0), 49.0)
    moved = there[:3, 3] - start[:3, 3]
    metres = np.radians(0.001) * 6378137.0
    np.testing.assert_allclose(moved, [metres * np.cos(np.radians(49.0)), metres, 2.0], rtol=3e-5)


@pytest.mark.parametrize(
    ("turn", "axis", "seen"),
    [
        ({"yaw": 0.1}, (1, 0, 0), (np.cos(0.1), np.sin(0.1), 0)),  # heads north of east
        ({"pitch": 0.1}, (1, 0, 0), (np.cos(0.1), 0, -np.sin(0.1))),  # front down
        ({"roll": 0.1}, (0, 1, 0), (0, np.cos(0.1), np.sin(0.1))),  # left side up
    ],
)
def test_signs_of_the_angles(turn, axis, seen):
    np.testing.assert_allclose(mercator_from_imu(packet(**turn), 49.0)[:3, :3] @ axis, seen, atol=1e-15)


def test_pose_and_packet_are_inverse():
    known = packet(roll=0.02, pitch=-0.03, yaw=-2.9, vf=12.5)
    again = packet_from_pose(mercator_from_imu(known, 49.2), 49.2, vf=12.5)
    np.testing.assert_allclose(list(vars(again).values()), list(vars(known).values()), rtol=1e-12)


def test_written_packets_read_back_exactly(tmp_path):
    known = packet(lat=49.011212804408, vf=13.1753, numsats=9.0)
    write_oxts(tmp_path / "p.txt", known)
    assert read_oxts(tmp_path / "p.txt") == known
    assert len((tmp_path / "p.txt").read_text().split()) == 30


def test_real_packet(real_raw):
    """Drive 0005 begins in Karlsruhe, at 3.5 m/s, level, nose to the south-south-east."""
    folder = real_raw / "2011_09_26/2011_09_26_drive_0005_sync/oxts/data"
    read = read_oxts(folder / "0000000000.txt")
    assert (read.lat, read.lon, read.vf) == (49.011212804408, 8.4228850417969, 3.5147680214713)
    np.testing.assert_allclose(np.hypot(read.vn, read.ve), read.vf, rtol=1e-3)
    heading = mercator_from_imu(read, read.lat)[:2, 0]
    np.testing.assert_allclose(heading * read.vf, [read.ve, read.vn], atol=0.1)


@pytest.mark.parametrize(("text", "message"), [("1 2 3", "found 3 numbers"), ("x " * 30, "column 1: found lat = 'x'")])
def test_damage_is_named(tmp_path, text, message):
    (tmp_path / "p.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        read_oxts(tmp_path / "p.txt")
