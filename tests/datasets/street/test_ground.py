"""The triangles of road and land against the height that actors stand on."""

import numpy as np
import pytest

from monotakd.datasets.street.ground import build_ground
from monotakd.datasets.street.layout import sample_road
from monotakd.datasets.street.markings import build_markings
from monotakd.datasets.street.mesh import Material, join
from monotakd.datasets.street.road import Crossing, Road, Side


def normals(mesh):
    a, b, c = (mesh.vertices[mesh.triangles[:, k]].astype(float) for k in range(3))
    return np.cross(b - a, c - a)


def heights_above(mesh, x, y):
    """Height of the highest triangle over each point, by barycentric coordinates."""
    a, b, c = (mesh.vertices[mesh.triangles[:, k]].astype(float) for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    flat = np.abs(area) > 1e-6
    a, b, c, area = a[flat], b[flat], c[flat], area[flat]
    top = np.full(len(x), -np.inf)
    for i, (px, py) in enumerate(zip(x, y, strict=True)):
        v = ((px - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (py - a[:, 1])) / area
        w = ((b[:, 0] - a[:, 0]) * (py - a[:, 1]) - (px - a[:, 0]) * (b[:, 1] - a[:, 1])) / area
        inside = (v >= -1e-9) & (w >= -1e-9) & (v + w <= 1 + 1e-9)
        z = a[:, 2] + v * (b[:, 2] - a[:, 2]) + w * (c[:, 2] - a[:, 2])
        top[i] = z[inside].max()
    return top


@pytest.mark.parametrize("seed", range(8))
def test_the_surface_lies_where_actors_stand(seed):
    road = sample_road(np.random.default_rng(seed), 1.0)
    mesh = join(build_ground(road))
    rng = np.random.default_rng(seed)
    reach = road.half_width + min(road.left.width, road.right.width)
    s, d = rng.uniform(-25, 70, 150), rng.uniform(-reach, reach, 150)
    away = np.abs(np.abs(d) - road.half_width) > 0.2
    for side in (road.left, road.right):
        away &= np.abs(np.abs(d) - road.half_width - side.parking) > 0.2
    if road.crossing is not None:  # rounded corners are approximated by height()
        away &= np.abs(s - road.crossing.s) > road.crossing.half_width + 7
    x, y, _ = road.pose(s[away], d[away])
    np.testing.assert_allclose(heights_above(mesh, x, y), road.height(x, y), atol=0.03)


@pytest.mark.parametrize("seed", range(6))
def test_no_triangle_looks_down(seed):
    mesh = join(build_ground(sample_road(np.random.default_rng(seed), 1.0)))
    assert normals(mesh)[:, 2].min() > -1e-5


def test_kerbs_look_at_the_road():
    road = Road(half_width=3.0, ego_d=0.0, left=Side(pavement=2.0), right=Side(pavement=2.0))
    mesh = join(build_ground(road))
    normal = normals(mesh)
    wall = (mesh.materials == Material.KERB) & (np.abs(normal[:, 2]) < 1e-6)
    middle = mesh.vertices[mesh.triangles].mean(1)[wall]
    assert wall.sum() > 50
    assert (np.sign(normal[wall, 1]) == -np.sign(middle[:, 1])).all()


def test_kerbs_of_the_corner_look_at_the_corner():
    crossing = Crossing(30.0, 3.0, True, True, False)
    road = Road(half_width=3.0, ego_d=0.0, left=Side(pavement=3.0), right=Side(pavement=3.0), crossing=crossing)
    mesh = join(build_ground(road))
    normal = normals(mesh)
    middle = mesh.vertices[mesh.triangles].mean(1)
    for turn in (1, -1):
        for sign in (1, -1):
            centre = np.array([30.0 + turn * 6.0, sign * 6.0])
            offset = middle[:, :2] - centre
            arc = (mesh.materials == Material.KERB) & (np.abs(normal[:, 2]) < 1e-6)
            arc &= (
                (np.abs(np.hypot(*offset.T) - 3.0) < 0.1) & (turn * offset[:, 0] < -0.1) & (sign * offset[:, 1] < -0.1)
            )
            assert arc.sum() >= 12
            assert (np.einsum("ti,ti->t", normal[arc, :2], offset[arc]) > 0).all()


def test_the_side_road_is_asphalt_out_to_its_mouth_and_beyond():
    crossing = Crossing(30.0, 3.0, True, False, False)
    road = Road(half_width=3.0, ego_d=0.0, left=Side(pavement=2.0), right=Side(pavement=2.0), crossing=crossing)
    mesh = join(build_ground(road))
    d = np.linspace(3.2, 60, 40)
    assert np.abs(heights_above(mesh, np.full(40, 30.3), d)).max() < 1e-6


@pytest.mark.parametrize("seed", range(8))
def test_markings_lie_just_above_the_road(seed):
    road = sample_road(np.random.default_rng(seed), 1.0)
    sheets = build_markings(road)
    mesh = join(build_ground(road))
    middle = sheets.vertices[sheets.triangles].mean(1)
    near = np.hypot(middle[:, 0], middle[:, 1]) < 40
    step = max(1, near.sum() // 120)
    middle = middle[near][::step].astype(float)
    gap = middle[:, 2] - heights_above(mesh, middle[:, 0], middle[:, 1])
    assert gap.min() > 0
    assert gap.max() < 0.04
    assert (normals(sheets)[:, 2] > 0).all()


def test_ground_is_cheap():
    for seed in range(10):
        assert sum(len(m) for m in build_ground(sample_road(np.random.default_rng(seed), 1.0))) < 11000
