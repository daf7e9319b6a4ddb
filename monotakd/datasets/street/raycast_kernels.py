"""Numba kernels around the ray caster: merging meshes, surface normals, gaps between leaves."""

import numpy as np
from numba import njit

from monotakd.datasets.street.noise_kernels import noise3


@njit(cache=True)
def place_vertices(local, owner, poses, world):
    """Writes the (V, 3) world positions of vertices given in the frames of their meshes."""
    for i in range(len(local)):
        pose = poses[owner[i]]
        x, y, z = local[i, 0], local[i, 1], local[i, 2]
        for k in range(3):
            world[i, k] = pose[k, 0] * x + pose[k, 1] * y + pose[k, 2] * z + pose[k, 3]


@njit(cache=True)
def fill_normals(vertices, triangles, smooth, face_normals, vertex_normals):
    """Unit normals of the faces, and of the vertices of smooth faces (weighted by area)."""
    for i in range(len(triangles)):
        a, b, c = triangles[i, 0], triangles[i, 1], triangles[i, 2]
        ux, uy, uz = (
            vertices[b, 0] - vertices[a, 0],
            vertices[b, 1] - vertices[a, 1],
            vertices[b, 2] - vertices[a, 2],
        )
        vx, vy, vz = (
            vertices[c, 0] - vertices[a, 0],
            vertices[c, 1] - vertices[a, 1],
            vertices[c, 2] - vertices[a, 2],
        )
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        if smooth[i]:
            for corner in (a, b, c):
                vertex_normals[corner, 0] += nx
                vertex_normals[corner, 1] += ny
                vertex_normals[corner, 2] += nz
        size = max(np.sqrt(nx * nx + ny * ny + nz * nz), np.float32(1e-20))
        face_normals[i, 0], face_normals[i, 1], face_normals[i, 2] = nx / size, ny / size, nz / size
    for i in range(len(vertex_normals)):
        nx, ny, nz = vertex_normals[i, 0], vertex_normals[i, 1], vertex_normals[i, 2]
        size = np.sqrt(nx * nx + ny * ny + nz * nz)
        if size > 0:
            vertex_normals[i, 0], vertex_normals[i, 1], vertex_normals[i, 2] = nx / size, ny / size, nz / size


@njit(cache=True)
def pixel_rays(origin, world_from_img, pixels, width, offsets, rays):
    """Rays (N * K, 6) from the optical centre through K places in each of N pixels; direction with camera depth 1.

    Args:
        pixels: (N,) row * width + column.
        offsets: (K, 2) places relative to the pixel's centre, pixels.
    """
    count = 0
    for pixel in pixels:
        for offset in offsets:
            u, v = pixel % width + offset[0], pixel // width + offset[1]
            for k in range(3):
                rays[count, k] = origin[k]
                rays[count, 3 + k] = world_from_img[k, 0] * u + world_from_img[k, 1] * v + world_from_img[k, 2]
            count += 1


@njit(cache=True)
def find_gaps(triangle, bary, is_leafy, local, triangles, density, gaps):
    """Collects the rays that slip between leaves and should go on; returns how many.

    Leaves are not modelled one by one: foliage is a closed surface riddled by a noise field that is fixed to the
    mesh, so camera and LiDAR rays agree on where the holes are.
    """
    count = 0
    for i in range(len(triangle)):
        t = triangle[i]
        if t < 0 or not is_leafy[t]:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        v, w = bary[i, 0], bary[i, 1]
        u = np.float32(1.0) - v - w
        x = u * local[a, 0] + v * local[b, 0] + w * local[c, 0]
        y = u * local[a, 1] + v * local[b, 1] + w * local[c, 1]
        z = u * local[a, 2] + v * local[b, 2] + w * local[c, 2]
        clump = noise3(x * np.float32(2.3), y * np.float32(2.3), z * np.float32(2.3), 11)
        leaf = noise3(x * np.float32(9.0), y * np.float32(9.0), z * np.float32(9.0), 12)
        if np.float32(0.5) * clump + np.float32(0.5) * leaf < density:
            gaps[count] = i
            count += 1
    return count
