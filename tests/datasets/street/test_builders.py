"""Every mesh: fills its box, faces outwards, costs what it may."""

import numpy as np
import pytest

from monotakd.datasets.street import loft
from monotakd.datasets.street.actors import actor_mesh, natural_size
from monotakd.datasets.street.car_shapes import CARS, VANS
from monotakd.datasets.street.mesh import Material, box, grid_triangles, join, make_mesh, signed_volume
from monotakd.datasets.street.props import KINDS, prop_mesh
from monotakd.datasets.street.trucks import TRUCKS
from monotakd.datasets.street.world import Actor, Prop

ACTORS = (
    [("Car", k) for k in range(len(CARS))]
    + [("Van", k) for k in range(len(VANS))]
    + [("Truck", k) for k in range(len(TRUCKS))]
    + [("Pedestrian", k) for k in range(0, 24, 3)]
    + [("Cyclist", k) for k in range(0, 12, 3)]
    + [("Person_sitting", 0), ("Person_sitting", 1), ("Misc", 0)]
)
SOLID_PROPS = ("house", "block", "hall", "garage", "wall", "bin", "cabinet", "lamp", "pole")


def an_actor(kind, shape, colour=(0.3, 0.1, 0.1)):
    size = (3.0, 1.5, 2.0) if kind == "Misc" else natural_size(kind, shape)
    return Actor(kind, 0.0, 0.0, 0.0, *size, shape=shape, colour=colour)


def a_prop(kind, shape=0):
    sizes = {
        "house": (11.0, 9.0, 5.7),
        "block": (14.0, 12.0, 11.6),
        "hall": (25.0, 16.0, 7.5),
        "garage": (3.2, 6.0, 2.5),
    }
    sizes |= {"hedge": (3.6, 0.9, 1.4), "wood": (20.0, 6.0, 9.0), "fence": (3.6, 0.06, 1.0), "wall": (3.6, 0.24, 1.0)}
    sizes |= {"lamp": (0.2, 1.6, 6.5), "pole": (0.26, 0.26, 9.0)}
    return Prop(kind, 0.0, 0.0, 0.0, sizes.get(kind, (2.0, 2.0, 3.0)), shape, (0.4, 0.3, 0.2))


@pytest.mark.parametrize("lod", [0, 1, 2])
@pytest.mark.parametrize(("kind", "shape"), ACTORS)
def test_actors_fill_their_box_exactly(kind, shape, lod):
    actor = an_actor(kind, shape)
    mesh = actor_mesh(actor, lod)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    if kind in ("Car", "Van") and lod == 0:
        outside = np.abs(mesh.vertices[:, 1]) > actor.width / 2 + 1e-4
        assert 0 < outside.sum() <= 16, "only the eight corners of each mirror may stick out"
        inside = mesh.vertices[~outside]
        low, high = inside.min(0), inside.max(0)
    size = np.array([actor.length, actor.width, actor.height])
    np.testing.assert_allclose(low, [*(-size[:2] / 2), 0.0], atol=1e-5)
    np.testing.assert_allclose(high, [*(size[:2] / 2), size[2]], atol=1e-5)


@pytest.mark.parametrize("lod", [0, 2])
@pytest.mark.parametrize(("kind", "shape"), ACTORS)
def test_bodies_show_their_front_sides(kind, shape, lod):
    share = share_of_front_hits(actor_mesh(an_actor(kind, shape), lod))
    # Wheels seen from inside through the arch, and bags, are single sheets.
    assert share > (0.99 if lod == 0 else 0.97)


@pytest.mark.parametrize("kind", SOLID_PROPS)
def test_solid_props_show_their_front_sides(kind):
    for shape in range(4):
        assert share_of_front_hits(prop_mesh(a_prop(kind, shape), 0)) > 0.98


def share_of_front_hits(mesh):
    """Share of rays from outside, from above the ground, that meet a front face first."""
    o3d = pytest.importorskip("open3d")
    rng = np.random.default_rng(0)
    low, high = mesh.vertices.min(0).astype(float), mesh.vertices.max(0).astype(float)
    centre, reach = (low + high) / 2, np.linalg.norm(high - low)
    direction = rng.normal(size=(6000, 3))
    direction[:, 2] = 0.5 * np.abs(direction[:, 2])
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    target = low + (high - low) * rng.uniform(0, 1, (6000, 3))
    rays = np.concatenate([centre + direction * reach, target - (centre + direction * reach)], axis=1)
    caster = o3d.t.geometry.RaycastingScene()
    caster.add_triangles(
        o3d.core.Tensor(np.ascontiguousarray(mesh.vertices)), o3d.core.Tensor(mesh.triangles.astype(np.uint32))
    )
    result = caster.cast_rays(o3d.core.Tensor(rays.astype(np.float32)))
    hit = np.isfinite(result["t_hit"].numpy())
    normal = result["primitive_normals"].numpy()[hit]
    assert hit.sum() > 300
    return float((np.einsum("ij,ij->i", normal, rays[hit, 3:]) < 0).mean())


@pytest.mark.parametrize(("kind", "shape"), ACTORS)
def test_triangles_are_sound_and_few(kind, shape):
    counts = []
    for lod in (0, 1, 2):
        mesh = actor_mesh(an_actor(kind, shape), lod)
        counts.append(len(mesh))
        check_sound(mesh)
    if kind in ("Car", "Van"):
        assert counts[0] <= 1000
        assert counts[2] <= 150
    assert counts[0] >= counts[1] >= counts[2]


@pytest.mark.parametrize("kind", KINDS)
def test_every_prop_is_sound_at_every_level(kind):
    for shape in range(12):
        counts = []
        for lod in (0, 1, 2):
            mesh = prop_mesh(a_prop(kind, shape), lod)
            counts.append(len(mesh))
            check_sound(mesh)
            # Buildings and walls reach into the ground, which may slope.
            assert mesh.vertices[:, 2].min() > (-1.6 if kind in SOLID_PROPS else -0.2)
        assert counts[0] >= counts[2]
        assert counts[0] < 2600


def check_sound(mesh):
    assert np.isfinite(mesh.vertices).all()
    assert mesh.triangles.min() >= 0
    assert mesh.triangles.max() < len(mesh.vertices)
    assert len(mesh.materials) == len(mesh.colours) == len(mesh.smooth) == len(mesh.triangles)
    assert mesh.colours.min() >= 0
    assert mesh.colours.max() <= 1.0
    assert set(mesh.materials.tolist()) <= {int(m) for m in Material}
    corners = mesh.vertices[mesh.triangles].astype(float)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    assert (area < 1e-12).mean() < 0.02


@pytest.mark.parametrize("kind", ["hedge", "bush", "wood", "round tree", "tall tree", "spreading tree", "conifer tree"])
def test_plants_fill_their_box(kind):
    prop = a_prop(kind, 2)
    vertices = prop_mesh(prop, 1).vertices
    np.testing.assert_allclose(np.ptp(vertices[:, :2], axis=0), prop.size[:2], rtol=1e-4)
    assert vertices[:, 2].max() == pytest.approx(prop.size[2], rel=1e-4)


def test_trees_let_some_rays_through():
    o3d = pytest.importorskip("open3d")
    mesh = prop_mesh(a_prop("round tree"), 0)
    caster = o3d.t.geometry.RaycastingScene()
    caster.add_triangles(
        o3d.core.Tensor(np.ascontiguousarray(mesh.vertices)), o3d.core.Tensor(mesh.triangles.astype(np.uint32))
    )
    rng = np.random.default_rng(0)
    crown = rng.uniform([-0.9, 1.2], [0.9, 2.9], (4000, 2))
    rays = np.column_stack([np.full(4000, -5.0), crown, np.ones(4000), np.zeros((4000, 2))]).astype(np.float32)
    hit = np.isfinite(caster.cast_rays(o3d.core.Tensor(rays))["t_hit"].numpy()).mean()
    assert 0.5 < hit < 0.98


def test_cars_carry_what_makes_a_car():
    for shape in range(len(CARS)):
        materials = set(actor_mesh(an_actor("Car", shape), 0).materials.tolist())
        assert materials >= {Material.PAINT, Material.GLASS, Material.RUBBER, Material.HEADLIGHT, Material.TAILLIGHT,
                             Material.PLATE}  # fmt: skip


def test_headlights_lead_and_tail_lights_follow():
    mesh = actor_mesh(an_actor("Car", 0), 0)
    middle = mesh.vertices[mesh.triangles].mean(1)
    assert middle[mesh.materials == Material.HEADLIGHT, 0].min() > 1.4
    assert middle[mesh.materials == Material.TAILLIGHT, 0].max() < -1.4


def test_colour_is_the_paint_and_nothing_else():
    red, blue = (actor_mesh(an_actor("Car", 0, c), 0) for c in ((0.5, 0.0, 0.0), (0.0, 0.0, 0.5)))
    differs = (red.colours != blue.colours).any(axis=1)
    assert set(red.materials[differs].tolist()) == {Material.PAINT}
    np.testing.assert_allclose(red.colours[differs][:, 0], 0.5)


def test_body_shapes_differ():
    meshes = [actor_mesh(Actor("Car", 0.0, 0.0, 0.0, 4.0, 1.7, 1.5, shape=k), 2).vertices for k in range(len(CARS))]
    for a in range(len(CARS)):
        for b in range(a):
            assert np.abs(meshes[a] - meshes[b]).max() > 0.02


def test_an_unknown_prop_is_refused_with_the_choice():
    with pytest.raises(ValueError, match=r"'castle'.*house"):
        prop_mesh(a_prop("castle"), 0)


def test_box_is_closed_and_stands_on_its_centre():
    mesh = box((2.0, 3.0, 4.0), Material.METAL, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0))
    assert signed_volume(mesh) == pytest.approx(24.0)
    assert mesh.vertices.min(0).tolist() == [0.0, -0.5, 1.0]


@pytest.mark.parametrize(
    ("mesh", "volume"),
    [
        (loft.ball((0, 0, 0), (1, 1, 1), Material.SKIN, (1, 1, 1), 24, 32), 4 / 3 * np.pi),
        (loft.tube([[0, 0, 0], [0, 0, 2]], [1, 1], 48, Material.SKIN, (1, 1, 1)), 2 * np.pi),
        (loft.tube([[0, 0, 0], [2, 0, 0]], [1, 1], 48, Material.SKIN, (1, 1, 1)), 2 * np.pi),
        (loft.tube([[0, -1, 0], [0, 1, 0]], [1, 1], 48, Material.SKIN, (1, 1, 1)), 2 * np.pi),
        (loft.wheel((0, 0, 1), 1.0, 0.5, 1, 48, (1, 1, 1)), 0.5 * np.pi),
        (loft.wheel((0, 0, 1), 1.0, 0.5, -1, 48, (1, 1, 1)), 0.5 * np.pi),
    ],
    ids=["ball", "upright", "along x", "along y", "left wheel", "right wheel"],
)
def test_round_bodies_have_their_volume_facing_outwards(mesh, volume):
    assert signed_volume(mesh) == pytest.approx(volume, rel=0.03)


def test_grid_triangles_face_as_documented():
    x, y = np.meshgrid(np.arange(3.0), np.arange(2.0), indexing="ij")
    mesh = make_mesh(np.stack([x, y, 0 * x], -1), grid_triangles(3, 2), Material.GRASS, (0, 1, 0))
    a, b, c = (mesh.vertices[mesh.triangles[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()
    assert len(grid_triangles(3, 4, closed=True)) == 2 * 2 * 4


def test_join_keeps_every_triangle_where_it_was():
    a, b = box((1, 1, 1), Material.METAL, (0, 0, 0)), box((2, 2, 2), Material.BRICK, (1, 1, 1), (5, 0, 0))
    both = join([a, b])
    np.testing.assert_array_equal(both.vertices[both.triangles[12:]], b.vertices[b.triangles])
    assert both.materials.tolist() == [Material.METAL] * 12 + [Material.BRICK] * 12
