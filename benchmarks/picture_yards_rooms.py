"""Three rooms of a school as meshes (ninth set)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from benchmarks.picture_buildings_mesh import Mesh
from benchmarks.picture_yards_places import storeys


def _shell(mesh: Mesh, x: tuple[float, float], z: tuple[float, float], tall: float, open_sides: str) -> None:
    # Keeps daylight from where there are no windows: right, left or far are the sides that have some.
    mesh.flat((x[0] - 0.8, x[1] + 0.8), (z[0] - 0.8, z[1] + 0.8), tall + 0.4, "concrete")
    if "left" not in open_sides:
        mesh.upright((x[0] - 0.4, z[0] - 0.8), (x[0] - 0.4, z[1] + 0.8), (-0.3, tall + 0.4), "concrete")
    if "right" not in open_sides:
        mesh.upright((x[1] + 0.4, z[0] - 0.8), (x[1] + 0.4, z[1] + 0.8), (-0.3, tall + 0.4), "concrete")
    if "far" not in open_sides:
        mesh.upright((x[0] - 0.4, z[1] + 0.4), (x[1] + 0.4, z[1] + 0.4), (-0.3, tall + 0.4), "concrete")


def guard_room(random: np.random.Generator) -> Mesh:
    """门卫室: a desk with screens before the window to the gate, shelves of parcels, a bench, a rack of shields."""
    mesh = Mesh()
    mesh.flat((-2.4, 2.4), (-0.5, 5.2), 0, "tiles")
    mesh.flat((-2.4, 2.4), (-0.5, 5.2), 2.8, "ceiling")
    _shell(mesh, (-2.4, 2.4), (-0.5, 5.2), 2.8, "left far")
    mesh.upright((-2.4, -0.5), (2.4, -0.5), (0, 2.8), "plaster")
    mesh.wall((-2.4, -0.5), (-2.4, 5.2), (0, 2.8), "plaster", [(2.9, 4.9, 1.0, 2.1, "")])
    mesh.wall((-2.4, 5.2), (2.4, 5.2), (0, 2.8), "plaster", [(0.5, 2.9, 0.95, 2.2, ""), (3.5, 4.4, 0, 2.1, "wood")])
    mesh.upright((2.4, -0.5), (2.4, 5.2), (0, 2.8), "plaster")
    mesh.box((-2.8, -2.41), (-0.3, 3.2), (5.21, 5.6), "concrete")  # outside: a pillar at the corner, eaves
    mesh.upright((-2.7, -0.5), (-2.7, 5.6), (2.35, 3.2), "concrete")
    mesh.upright((-2.8, 5.5), (2.8, 5.5), (2.45, 3.2), "concrete")
    for x in (-1.9, -0.7, 0.5):
        mesh.box((x - 0.04, x + 0.04), (0.95, 2.2), (5.16, 5.22), "steel")
    mesh.box((-1.9, 0.5), (0.9, 0.95), (4.95, 5.25), "white")
    for z in (2.4, 3.4, 4.4):
        mesh.box((-2.43, -2.37), (1.0, 2.1), (z - 0.04, z + 0.04), "steel")
    mesh.box((-1.9, 0.3), (0.72, 0.77), (3.9, 4.75), "wood")  # the desk
    mesh.upright((-1.9, 3.95), (0.3, 3.95), (0.25, 0.72), "wood")
    for x in (-1.9, 0.26):
        mesh.box((x, x + 0.04), (0, 0.72), (3.9, 4.75), "wood")
    for x, wide in ((-1.6, 0.6), (-0.85, 0.6), (-0.1, 0.28)):
        mesh.box((x, x + wide), (0.92, 1.26), (4.45, 4.5), "black")
        mesh.upright((x + 0.02, 4.44), (x + wide - 0.02, 4.44), (0.95, 1.24), "poster" if wide > 0.3 else "blue")
        mesh.box((x + wide / 2 - 0.05, x + wide / 2 + 0.05), (0.77, 0.95), (4.5, 4.55), "black")
    mesh.box((-1.4, -0.95), (0.77, 0.79), (4.1, 4.25), "black")
    mesh.box((-0.5, -0.3), (0.77, 0.8), (4.0, 4.25), "white")
    for x, z, coat in ((-1.2, 3.2, "black"), (-0.2, 3.3, "black"), (-1.95, 0.9, "blue")):  # chairs
        mesh.box((x - 0.24, x + 0.24), (0.42, 0.5), (z - 0.24, z + 0.24), coat)
        mesh.box((x - 0.22, x + 0.22), (0.55, 1.0), (z - 0.27, z - 0.22), coat)
        mesh.post(x, z, (0, 0.42), 0.04, "steel")
    mesh.box((-2.35, -1.75), (0, 0.42), (1.4, 2.9), "blue")  # the bench for visitors
    mesh.box((-2.38, -2.22), (0.42, 0.85), (1.4, 2.9), "blue")
    for y in (0.1, 0.6, 1.1, 1.6):  # parcels
        mesh.box((2.0, 2.38), (y, y + 0.03), (1.6, 3.6), "steel")
        z = 1.62
        while z < 3.3:
            long, tall = float(random.uniform(0.18, 0.42)), float(random.uniform(0.14, 0.4))
            coat = str(random.choice(["wood", "wood", "white", "red", "dado", "floor"]))
            mesh.box((2.03 + float(random.uniform(0, 0.12)), 2.36), (y + 0.03, y + 0.03 + tall), (z, z + long), coat)
            z += long + float(random.uniform(0.02, 0.2))
    for z in (1.6, 3.57):
        for x in (2.0, 2.35):
            mesh.box((x, x + 0.03), (0, 2.0), (z, z + 0.03), "steel")
    mesh.box((2.0, 2.35), (0, 1.05), (3.9, 4.3), "white")  # water
    mesh.post(2.18, 4.1, (1.05, 1.45), 0.14, "blue", 8)
    for n in range(3):  # shields
        mesh.box((0.62 + n * 0.05, 0.66 + n * 0.05), (0.1, 1.0), (4.6, 5.1), "black")
    mesh.upright((0.6, 5.18), (1.0, 5.18), (1.4, 2.0), "poster")
    mesh.upright((2.385, 4.4), (2.385, 5.0), (1.3, 2.0), "white")
    mesh.box((-0.5, 0.5), (2.74, 2.79), (2.4, 2.55), "lamp")
    mesh.flat((-40, 30), (5.3, 40), -0.15, "pavers")
    mesh.flat((-40, -2.6), (-10, 5.3), -0.15, "pavers")
    storeys(mesh, (-22, 26), (20, 26), 4, "render", 3.1)
    storeys(mesh, (-18, -8), (-18, 22), 3, "brick", 3.0)
    mesh.tree(random, -3.5, 15, 5, 170)
    mesh.tree(random, -9, 6, 5, 150)
    return mesh


def computer_room(random: np.random.Generator) -> Mesh:
    """计算机教室: rows of desks with screens, a board at the far end, windows to the right."""
    mesh = Mesh()
    mesh.flat((-5, 5), (-0.6, 12.5), 0, "terrazzo")
    mesh.flat((-5, 5), (-0.6, 12.5), 3.1, "ceiling")
    _shell(mesh, (-5, 5), (-0.6, 12.5), 3.1, "right")
    windows = [(1.6 + n * 3.2, 3.9 + n * 3.2, 1.0, 2.6, "") for n in range(4)]
    mesh.wall((5, -0.6), (5, 12.5), (0, 3.1), "plaster", windows)
    for begin, end, low, high, _ in windows:
        for s in (begin, (begin + end) / 2, end):
            mesh.box((4.96, 5.04), (low, high), (s - 0.64, s - 0.56), "white")
        mesh.box((4.84, 4.9), (0.4, 2.75), (end - 0.62, end - 0.1), "dado")  # its curtain, drawn back
    mesh.upright((-5, -0.6), (-5, 12.5), (0, 3.1), "plaster")
    mesh.upright((-5, -0.6), (5, -0.6), (0, 3.1), "plaster")
    mesh.wall((-5, 12.5), (5, 12.5), (0, 3.1), "plaster", [(0.5, 1.5, 0, 2.1, "wood")])
    mesh.upright((-1.8, 12.45), (2.6, 12.45), (0.9, 2.2), "white")
    for y in (0.88, 2.2):
        mesh.box((-1.85, 2.65), (y, y + 0.04), (12.4, 12.48), "steel")
    mesh.box((3.0, 4.4), (0, 1.0), (10.9, 11.6), "wood")
    mesh.box((-0.15, 0.25), (2.55, 2.7), (6.6, 7.0), "white")
    mesh.post(0.05, 6.8, (2.7, 3.1), 0.03, "steel")
    for x, z in desks():
        mesh.box((x - 1.7, x + 1.7), (0.70, 0.74), (z - 0.32, z + 0.32), "floor")
        mesh.upright((x - 1.7, z + 0.3), (x + 1.7, z + 0.3), (0.15, 0.70), "floor")
        for end in (-1.66, 1.66):
            mesh.upright((x + end, z - 0.3), (x + end, z + 0.3), (0, 0.70), "steel")
        for seat in (-1.25, -0.42, 0.42, 1.25):
            turned = float(random.normal(0, 0.03))
            mesh.upright(
                (x + seat - 0.24, z + 0.1 + turned), (x + seat + 0.24, z + 0.1 - turned), (0.84, 1.14), "black"
            )
            mesh.box((x + seat - 0.05, x + seat + 0.05), (0.74, 0.86), (z + 0.1, z + 0.13), "black")
            mesh.flat((x + seat - 0.2, x + seat + 0.2), (z - 0.22, z - 0.08), 0.755, "black")
            away = z - 0.55 - float(random.uniform(0, 0.2))
            mesh.box((x + seat - 0.18, x + seat + 0.18), (0.42, 0.46), (away - 0.17, away + 0.17), "red")
            mesh.upright((x + seat - 0.18, away - 0.2), (x + seat + 0.18, away - 0.2), (0.5, 0.86), "red")
            mesh.post(x + seat, away, (0, 0.42), 0.03, "steel", 4)
    for x in (-2.6, 2.6):
        for z in (2.4, 5.6, 8.8, 11.4):
            mesh.box((x - 0.6, x + 0.6), (3.03, 3.08), (z - 0.1, z + 0.1), "lamp")
    for z in (3.0, 7.5):
        mesh.upright((-4.98, z), (-4.98, z + 1.4), (1.2, 2.1), "poster")
    mesh.upright((-4.99, -0.6), (-4.99, 12.5), (0, 1.0), "dado")
    mesh.flat((5.1, 60), (-20, 60), -7, "grass")
    storeys(mesh, (24, -10), (24, 40), 4, "brick", 3.2, -7)
    return mesh


def desks() -> list[tuple[float, float]]:
    """Middles of the desks for four (x, z)."""
    return [(x, z) for x in (-2.3, 2.3) for z in (2.4, 4.2, 6.0, 7.8, 9.6)]


def dance_room(random: np.random.Generator) -> Mesh:
    """舞蹈教室: a floor of boards, pale walls, a bar along them, and hardly anything else."""
    mesh = Mesh()
    mesh.flat((-6, 6), (-0.6, 14), 0, "floor")
    mesh.flat((-6, 6), (-0.6, 14), 3.6, "plaster")
    _shell(mesh, (-6, 6), (-0.6, 14), 3.6, "right")
    windows = [(2.4 + n * 4.2, 4.6 + n * 4.2, 1.9, 3.1, "") for n in range(3)]
    mesh.wall((6, -0.6), (6, 14), (0, 3.6), "plaster", windows)
    for begin, end, low, high, _ in windows:
        for s in (begin, (begin + end) / 2, end):
            mesh.box((5.96, 6.04), (low, high), (s - 0.64, s - 0.56), "steel")
    mesh.upright((-6, -0.6), (-6, 14), (0, 3.6), "plaster")
    mesh.upright((-6, -0.6), (6, -0.6), (0, 3.6), "plaster")
    mesh.wall((-6, 14), (6, 14), (0, 3.6), "plaster", [(9.8, 11.2, 0, 2.2, "wood")])
    for side in (-5.985, 5.985):
        mesh.upright((side, -0.6), (side, 14), (0, 0.1), "floor")
    mesh.upright((-6, 13.985), (3.8, 13.985), (0, 0.1), "floor")
    bar = [(-5.75, 1.0), (-5.75, 13.7), (3.2, 13.7)]
    for a, b in pairwise(bar):
        x, z = sorted((a[0], b[0])), sorted((a[1], b[1]))
        mesh.box((x[0] - 0.025, x[1] + 0.025), (0.98, 1.03), (z[0] - 0.025, z[1] + 0.025), "wood")
    for n in range(7):
        mesh.box((-5.98, -5.74), (0.96, 0.98), (1.4 + n * 2, 1.44 + n * 2), "steel")
    for n in range(5):
        mesh.box((-5.6 + n * 2, -5.56 + n * 2), (0.96, 0.98), (13.7, 13.98), "steel")
    mesh.box((-5.6, -4.1), (0, 1.25), (12.7, 13.4), "black")  # the piano
    mesh.box((-5.5, -4.2), (0.72, 0.76), (12.45, 12.7), "white")
    mesh.box((5.5, 5.95), (0, 0.9), (12.8, 13.9), "dado")
    for across in (-3.0, 3.0):
        for away in (2.5, 6.5, 10.5):
            mesh.box((across - 0.6, across + 0.6), (3.53, 3.58), (away - 0.12, away + 0.12), "lamp")
    mesh.flat((6.1, 60), (-20, 60), -3.5, "grass")
    storeys(mesh, (30, -10), (30, 50), 3, "render", 3.0, -3.5)
    mesh.tree(random, 12, 9, 6, 150)
    return mesh
