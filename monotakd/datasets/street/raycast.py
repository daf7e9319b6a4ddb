"""All triangles of a scene in one ray caster, and what a ray hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from jaxtyping import Bool, Float, Int

from monotakd.datasets.street.mesh import Material, Placed
from monotakd.datasets.street.raycast_kernels import fill_normals, find_gaps, place_vertices
from monotakd.errors import DataError

_LEAF_DENSITY = np.float32(0.36)  # noise below it is a gap between leaves
_STEP = np.float32(2e-3)  # metres by which a ray goes on behind a leaf


@dataclass(frozen=True, eq=False)
class Surfaces:
    """The T triangles of all placed meshes, in world coordinates.

    Attributes:
        vertices: (V, 3) world positions, metres.
        local: (V, 3) positions in the frames of their meshes, to which textures are fixed.
        triangles: (T, 3) rows into ``vertices``.
        materials: (T,) values of ``Material``.
        colours: (T, 3) linear RGB albedo.
        smooth: (T,) whether to shade with vertex normals.
        face_normals: (T, 3) unit, world.
        vertex_normals: (V, 3) unit, world; zero where no smooth triangle meets.
        placed: (T,) which placed mesh.
        actors: (T,) row of the labelled actor, -1 for none.
        mesh_from_world: (P, 3, 3) rotations that turn world normals into mesh normals.
        leafy: (T,) whether rays may slip through.
    """

    vertices: Float[np.ndarray, "V 3"]
    local: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "T 3"]
    materials: Int[np.ndarray, " T"]
    colours: Float[np.ndarray, "T 3"]
    smooth: Bool[np.ndarray, " T"]
    face_normals: Float[np.ndarray, "T 3"]
    vertex_normals: Float[np.ndarray, "V 3"]
    placed: Int[np.ndarray, " T"]
    actors: Int[np.ndarray, " T"]
    mesh_from_world: Float[np.ndarray, "P 3 3"]
    leafy: Bool[np.ndarray, " T"]


def merge(placed: Sequence[Placed]) -> Surfaces:
    """Joins placed meshes into one set of triangles."""
    meshes = [p.mesh for p in placed]
    vertex_counts = [len(m.vertices) for m in meshes]
    triangle_counts = [len(m.triangles) for m in meshes]
    first = np.concatenate([[0], np.cumsum(vertex_counts)[:-1]]).astype(np.int32)
    poses = np.stack([p.world_from_mesh for p in placed]).astype(np.float32)
    local = np.concatenate([m.vertices for m in meshes]).astype(np.float32, copy=False)
    owner = np.repeat(np.arange(len(meshes)), vertex_counts)
    world = np.empty_like(local)
    place_vertices(local, owner, poses, world)
    of_triangle = np.repeat(np.arange(len(meshes), dtype=np.int32), triangle_counts)
    triangles = np.concatenate([m.triangles for m in meshes]).astype(np.int32, copy=False)
    triangles += first[of_triangle][:, None]
    smooth = np.concatenate([m.smooth for m in meshes])
    face_normals, vertex_normals = np.empty((len(triangles), 3), np.float32), np.zeros_like(world)
    fill_normals(world, triangles, smooth, face_normals, vertex_normals)
    materials = np.concatenate([m.materials for m in meshes]).astype(np.int16, copy=False)
    return Surfaces(
        vertices=world,
        local=local,
        triangles=triangles,
        materials=materials,
        colours=np.concatenate([m.colours for m in meshes]).astype(np.float32, copy=False),
        smooth=smooth,
        face_normals=face_normals,
        vertex_normals=vertex_normals,
        placed=of_triangle,
        actors=np.array([p.actor for p in placed], np.int32)[of_triangle],
        mesh_from_world=np.ascontiguousarray(poses[:, :3, :3].transpose(0, 2, 1)),
        leafy=materials == Material.FOLIAGE,
    )


@dataclass(frozen=True, eq=False)
class Hits:
    """What N rays hit first.

    Attributes:
        distance: (N,) ray parameter of the hit, infinite for none.
        triangle: (N,) row of the triangle, -1 for none.
        bary: (N, 2) weights of the triangle's second and third corner.
    """

    distance: Float[np.ndarray, " N"]
    triangle: Int[np.ndarray, " N"]
    bary: Float[np.ndarray, "N 2"]


class RayCaster:
    """Casts rays at surfaces with open3d (Embree).

    The tree over the triangles is always built by one thread and every ray is cast on its own, so the answers do not
    depend on the number of threads.

    Args:
        surfaces: what the rays can hit.
        threads: threads that cast rays; 0 takes all cores.

    Raises:
        DataError: open3d or one of its system libraries is not installed.
    """

    def __init__(self, surfaces: Surfaces, threads: int = 0):
        o3d = load_open3d()
        self.surfaces = surfaces
        self._threads = threads
        self._tensor = o3d.core.Tensor.from_numpy
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=1)
        self._scene.add_triangles(self._tensor(surfaces.vertices), self._tensor(surfaces.triangles.astype(np.uint32)))

    def nearest(self, rays: Float[np.ndarray, "N 6"]) -> Hits:
        """The first surface that each ray meets, gaps in the outermost foliage passed; directions need no unit length.

        Args:
            rays: (N, 6) float32 origin and direction, world.
        """
        found, surfaces = self._cast(rays), self.surfaces
        gaps = np.empty(len(rays), np.int64)
        count = find_gaps(
            found.triangle, found.bary, surfaces.leafy, surfaces.local, surfaces.triangles, _LEAF_DENSITY, gaps
        )
        if count:
            gaps = gaps[:count]
            ahead, start = rays[gaps], found.distance[gaps] + _STEP
            ahead[:, :3] += start[:, None] * ahead[:, 3:]
            beyond = self._cast(ahead)
            found.distance[gaps] = beyond.distance + start
            found.triangle[gaps] = beyond.triangle
            found.bary[gaps] = beyond.bary
        return found

    def _cast(self, rays: np.ndarray) -> Hits:
        answer = self._scene.cast_rays(self._tensor(rays), nthreads=self._threads)
        return Hits(
            answer["t_hit"].numpy(),
            answer["primitive_ids"].numpy().view(np.int32),  # Embree's "nothing" is 2^32 - 1, that is -1
            answer["primitive_uvs"].numpy(),
        )

    def occluded(self, rays: Float[np.ndarray, "N 6"], reach: float) -> Bool[np.ndarray, " N"]:
        """Whether anything, leaves included, lies within ``reach`` (in units of the direction) along each ray."""
        answer = self._scene.test_occlusions(self._tensor(rays), tnear=0.0, tfar=reach, nthreads=self._threads)
        return answer.numpy()


def load_open3d() -> ModuleType:
    """The open3d module.

    Raises:
        DataError: it, or one of its system libraries, is not installed.
    """
    try:
        import open3d
    except ImportError as error:
        raise DataError(
            "open3d",
            f"an installation that does not import ({error})",
            "open3d 0.19 or newer, which casts the rays of the street world",
            fix="pip install open3d; on Debian and Ubuntu also: apt-get install libusb-1.0-0 libgl1 libgomp1. "
            "Nothing but generating and rendering streets needs it.",
        ) from error
    except OSError as error:
        raise DataError(
            "open3d",
            f"a missing system library ({error})",
            "libusb-1.0, libGL and libgomp",
            fix="On Debian and Ubuntu: apt-get install libusb-1.0-0 libgl1 libgomp1.",
        ) from error
    return open3d
