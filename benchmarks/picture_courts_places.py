"""Five other places of a school as meshes (tenth set)."""

from __future__ import annotations

import numpy as np

from benchmarks.picture_buildings_mesh import Mesh
from benchmarks.picture_yards_places import storeys


def court(random: np.random.Generator) -> Mesh:
    """教学楼庭院: a building of open galleries across a paved court with trees in beds, benches and a board."""
    mesh = Mesh()
    mesh.flat((-45, 45), (-3, 36), 0, "pavers")
    mesh.flat((-45, 45), (13.2, 15.0), 0.006, "concrete")
    front = 29.0
    for floor in range(4):  # galleries: slab, parapet, pillars; the rooms lie behind
        y = floor * 3.5
        rooms = [
            opening
            for n in range(7)
            for opening in (
                (0.8 + n * 8.0, 1.8 + n * 8.0, y + 0.02, y + 2.2, "wood"),
                (2.6 + n * 8.0, 7.0 + n * 8.0, y + 1.0, y + 2.6, "glass"),
            )
        ]
        mesh.wall((-28, front + 2.2), (28, front + 2.2), (y, y + 3.5), "plaster", rooms)
        mesh.box((-28, 28), (y + 3.2, y + 3.5), (front, front + 2.3), "concrete")
        if floor:
            mesh.box((-28, 28), (y, y + 1.05), (front - 0.05, front + 0.12), "render" if floor % 2 else "white")
            mesh.flat((-28, 28), (front - 0.05, front + 0.12), y + 1.07, "steel")
        for n in range(15):
            mesh.box((-28 + n * 4 - 0.2, -28 + n * 4 + 0.2), (y, y + 3.2), (front, front + 0.4), "render")
    mesh.box((-28.4, 28.4), (14.0, 14.9), (front - 0.3, front + 3), "concrete")
    for n in range(8):  # big characters along the first parapet
        mesh.upright((-7 + n * 1.8, front - 0.07), (-6 + n * 1.8, front - 0.07), (3.62, 4.45), "red")
    for x in (-13.0, 7.0):  # beds with kerbs
        for z in (7.5, 18.5):
            mesh.box((x, x + 6), (0, 0.4), (z, z + 3.2), "terrazzo")
            mesh.flat((x + 0.25, x + 5.75), (z + 0.25, z + 2.95), 0.41, "grass")
            mesh.tree(random, x + 1.7, z + 1.6, 6.2, 210)
            mesh.tree(random, x + 4.4, z + 1.5, 5.4, 170)
            for _ in range(90):
                at = np.array([x + random.uniform(0.3, 5.7), 0.6, z + random.uniform(0.3, 0.8)])
                one, other = random.normal(0, 0.12, (2, 3))
                mesh.quad(at - one, at - other, at + one, at + other, "leaf")
    for z in (11.6, 17.2):
        for x in (-4.6, 3.0):
            mesh.box((x, x + 1.7), (0.4, 0.46), (z, z + 0.45), "wood")
            for foot in (0.15, 1.45):
                mesh.box((x + foot, x + foot + 0.1), (0, 0.4), (z + 0.05, z + 0.4), "black")
    for n in range(3):  # boards with glass
        mesh.box((-3.6 + n * 2.5, -1.3 + n * 2.5), (0.8, 2.1), (25.6, 25.75), "steel")
        mesh.upright((-3.5 + n * 2.5, 25.58), (-1.4 + n * 2.5, 25.58), (0.88, 2.02), "poster")
        for foot in (-3.55, -1.4):
            mesh.box((foot + n * 2.5, foot + 0.06 + n * 2.5), (0, 0.8), (25.62, 25.72), "steel")
    for x in (-5.6, 5.6):
        mesh.post(x, 14.1, (0, 3.6), 0.06, "black")
        mesh.box((x - 0.16, x + 0.16), (3.6, 3.9), (13.94, 14.26), "white")
    mesh.box((4.9, 5.4), (0, 0.9), (16.2, 16.7), "dado")
    storeys(mesh, (-28, 4), (-28, 29), 4, "brick", 3.2)
    storeys(mesh, (30, 60), (62, 34), 6, "render", 3.0)
    return mesh


def lobby(random: np.random.Generator) -> Mesh:
    """行政楼门厅: pale walls and a shining floor, glass doors at the far end, a lift, two plants, hardly more."""
    mesh = Mesh()
    mesh.flat((-4.6, 4.6), (-0.6, 10), 0, "tiles")
    mesh.flat((-4.6, 4.6), (-0.6, 10), 3.6, "plaster")
    mesh.flat((-5.4, 5.4), (-1.4, 10.8), 4.0, "concrete")
    for side in (-5.0, 5.0):
        mesh.upright((side, -1.4), (side, 10.4), (-0.3, 4.0), "concrete")
    mesh.upright((-4.6, -0.6), (4.6, -0.6), (0, 3.6), "plaster")
    mesh.wall((-4.6, -0.6), (-4.6, 10), (0, 3.6), "plaster", [(5.4, 6.6, 0, 2.2, "steel"), (8.0, 9.2, 0, 2.2, "steel")])
    for z in (4.75, 5.98, 7.35, 8.58):  # the lifts' frames, and where their doors meet
        mesh.box((-4.6, -4.55), (0, 2.3), (z, z + 0.07), "terrazzo")
    for z in (5.4, 8.0):
        mesh.box((-4.6, -4.58), (0.02, 2.18), (z - 0.01, z + 0.01), "black")
        mesh.upright((-4.57, z - 0.2), (-4.57, z + 0.2), (2.4, 2.55), "black")
    mesh.upright((-4.57, 6.6), (-4.57, 6.72), (1.0, 1.3), "black")
    mesh.wall((4.6, -0.6), (4.6, 10), (0, 3.6), "plaster", [(3.4, 4.4, 0, 2.1, "wood")])
    mesh.wall((-4.6, 10), (4.6, 10), (0, 3.6), "plaster", [(1.9, 7.3, 0.02, 2.75, "")])
    for x in (-2.7, -1.35, 0.0, 1.35, 2.7):  # the glass doors' frames
        mesh.box((x - 0.04, x + 0.04), (0, 2.75), (9.95, 10.03), "steel")
    for y in (0.0, 2.2, 2.7):
        mesh.box((-2.7, 2.7), (y, y + 0.07), (9.95, 10.03), "steel")
    for x in (-0.12, 0.1):
        mesh.box((x, x + 0.03), (0.8, 1.6), (9.88, 9.92), "steel")
    mesh.flat((-1.5, 1.5), (7.8, 9.6), 0.01, "red")
    mesh.box((3.5, 4.5), (0, 1.05), (5.6, 7.8), "wood")  # the desk at the door
    mesh.box((3.4, 4.55), (1.05, 1.1), (5.5, 7.9), "white")
    for x in (-3.9, 3.7):
        mesh.post(x, 9.4, (0, 0.45), 0.22, "terrazzo", 8)
        for _ in range(70):
            at = np.array([x, 0.95, 9.4]) + random.normal(0, (0.16, 0.28, 0.14))
            one, other = random.normal(0, 0.07, (2, 3))
            mesh.quad(at - one, at - other, at + one, at + other, "leaf")
    mesh.upright((4.58, 1.2), (4.58, 2.4), (1.3, 2.2), "poster")
    for x in (-2.0, 2.0):
        for z in (2.5, 6.5):
            mesh.box((x - 0.3, x + 0.3), (3.54, 3.59), (z - 0.3, z + 0.3), "lamp")
    mesh.box((-4.0, 4.0), (3.0, 3.3), (10.2, 13.0), "concrete")  # outside: the porch and the court
    mesh.flat((-40, 40), (10.05, 45), -0.05, "pavers")
    for x in (-3.6, 3.6):
        mesh.box((x - 0.25, x + 0.25), (0, 3.0), (12.3, 12.8), "render")
    storeys(mesh, (-24, 34), (24, 34), 4, "brick", 3.1)
    for x in (-7.5, -1.5, 6.0):
        mesh.tree(random, x, 24, 5.5, 150)
    return mesh


def reading_tables() -> list[tuple[float, float]]:
    """Middles of the reading tables (x, z)."""
    return [(x, z) for x in (0.6, 3.6) for z in (4.2, 7.2, 10.2, 13.2)]


def library(random: np.random.Generator) -> Mesh:
    """图书馆阅览区: shelves across to the left, tables to the right before the windows, the desk at the far end."""
    mesh = Mesh()
    mesh.flat((-7, 6), (-0.6, 16), 0, "floor")
    mesh.flat((-7, 6), (-0.6, 16), 3.3, "ceiling")
    mesh.flat((-7.8, 6.8), (-1.4, 16.8), 3.7, "concrete")
    mesh.upright((-7.4, -1.4), (-7.4, 16.8), (-0.3, 3.7), "concrete")
    mesh.upright((-7.4, 16.4), (6.4, 16.4), (-0.3, 3.7), "concrete")
    mesh.upright((-7, -0.6), (-7, 16), (0, 3.3), "plaster")
    mesh.upright((-7, -0.6), (6, -0.6), (0, 3.3), "plaster")
    mesh.wall((-7, 16), (6, 16), (0, 3.3), "plaster", [(10.6, 12.0, 0, 2.2, "wood")])
    windows = [(2.0 + n * 3.6, 4.6 + n * 3.6, 0.9, 2.7, "") for n in range(4)]
    mesh.wall((6, -0.6), (6, 16), (0, 3.3), "plaster", windows)
    for begin, end, low, high, _ in windows:
        for s in (begin, (begin + end) / 2, end):
            mesh.box((5.96, 6.04), (low, high), (s - 0.64, s - 0.56), "white")
        mesh.upright((5.93, begin - 0.6), (5.93, end - 0.6), (2.35, 2.75), "white")  # a blind, half up
    coats = ["red", "blue", "wood", "dado", "white", "yellow", "black", "render", "brick"]
    for n in range(6):  # shelves across the room, books towards the camera
        z = 3.4 + n * 2.1
        mesh.box((-6.4, -2.0), (0, 2.0), (z, z + 0.5), "wood")
        for y in (0.1, 0.48, 0.86, 1.24, 1.62):
            mesh.upright((-6.35, z - 0.01), (-2.05, z - 0.01), (y, y + 0.33), "black")
            x = -6.33
            while x < -2.3:
                wide, tall = float(random.uniform(0.06, 0.3)), float(random.uniform(0.2, 0.31))
                coat = str(random.choice(coats))
                mesh.upright((x, z - 0.03), (x + wide, z - 0.03), (y, y + tall), coat)
                x += wide + (0.004 if random.random() < 0.85 else float(random.uniform(0.1, 0.5)))
        mesh.upright((-1.99, z), (-1.99, z + 0.5), (1.5, 1.8), "white")
    for x, z in reading_tables():
        mesh.box((x - 0.85, x + 0.85), (0.71, 0.75), (z - 0.5, z + 0.5), "wood")
        for foot in (-0.78, 0.78):
            mesh.upright((x + foot, z - 0.45), (x + foot, z + 0.45), (0, 0.71), "black")
        for side in (-0.42, 0.42):
            for out in (-0.82, 0.82):
                turned = float(random.normal(0, 0.04))
                away = z + out + turned
                mesh.box((x + side - 0.19, x + side + 0.19), (0.42, 0.46), (away - 0.18, away + 0.18), "floor")
                back = away + 0.2 * np.sign(out)
                mesh.upright((x + side - 0.18, back), (x + side + 0.18, back + turned), (0.5, 0.86), "floor")
                mesh.post(x + side, away, (0, 0.42), 0.03, "steel", 4)
            if random.random() < 0.5:
                at = x + side
                mesh.flat((at - 0.14, at + 0.14), (z - 0.3, z - 0.1), 0.757, str(random.choice(["white", "poster"])))
    mesh.box((-1.2, 2.2), (0, 1.05), (14.6, 15.1), "dado")
    mesh.box((-1.3, 2.3), (1.05, 1.1), (14.5, 15.2), "white")
    mesh.box((0.2, 0.7), (1.15, 1.45), (14.9, 14.94), "black")
    mesh.upright((-4.5, 15.98), (-1.5, 15.98), (1.5, 2.4), "poster")
    for x in (-4.2, 0.6, 3.6):
        for z in (2.5, 6.0, 9.5, 13.0):
            mesh.box((x - 0.6, x + 0.6), (3.23, 3.28), (z - 0.1, z + 0.1), "lamp")
    mesh.flat((6.1, 60), (-20, 60), -3.5, "grass")
    storeys(mesh, (28, -10), (28, 50), 4, "render", 3.2, -3.5)
    for z in (4.0, 11.0):
        mesh.tree(random, 12, z, 5, 150)
    return mesh


def covered_way(random: np.random.Generator) -> Mesh:
    """连廊: a roof on pillars between two buildings, gardens to both sides, a door at its far end."""
    mesh = Mesh()
    mesh.flat((-45, 45), (-3, 40), -0.16, "grass")
    mesh.box((-1.9, 1.9), (-0.16, 0), (-3, 26), "terrazzo")
    for x in (-1.85, 1.75):
        mesh.flat((x, x + 0.1), (-3, 26), 0.004, "black")
    mesh.box((-2.5, 2.5), (3.1, 3.35), (-3, 26), "plaster")
    for n in range(7):
        z = 1.6 + n * 3.9
        for x in (-2.0, 1.75):
            mesh.box((x, x + 0.28), (-0.16, 3.1), (z, z + 0.28), "render")
        mesh.box((-2.0, 2.0), (2.85, 3.1), (z, z + 0.28), "plaster")
        mesh.box((-0.3, 0.3), (3.03, 3.09), (z + 1.9, z + 2.05), "lamp")
    for n in range(6):  # low rails between the pillars on the left, benches on the right
        z = 1.9 + n * 3.9
        mesh.box((-1.93, -1.87), (0.85, 0.92), (z, z + 3.6), "wood")
        mesh.box((-1.92, -1.88), (0.4, 0.45), (z, z + 3.6), "steel")
        if n % 2:
            mesh.box((1.45, 1.85), (0.4, 0.46), (z + 0.4, z + 3.2), "wood")
            mesh.box((1.5, 1.8), (0, 0.4), (z + 0.6, z + 0.8), "concrete")
            mesh.box((1.5, 1.8), (0, 0.4), (z + 2.8, z + 3.0), "concrete")
    mesh.wall(
        (-20, 26),
        (22, 26),
        (-0.16, 3.4),
        "brick",
        [
            *((0.9 + n * 3.4, 2.9 + n * 3.4, 0.9, 2.4, "glass") for n in range(5)),
            (19.0, 20.0, 0, 2.3, "glass"),
            (20.05, 21.05, 0, 2.3, "wood"),
            *((24.5 + n * 3.4, 26.5 + n * 3.4, 0.9, 2.4, "glass") for n in range(5)),
        ],
    )
    storeys(mesh, (-20, 26), (22, 26), 3, "plaster", 3.4, 3.4)
    storeys(mesh, (-30, 2), (-24, 26), 3, "render", 3.2)
    mesh.flat((2.6, 30), (9, 11), -0.14, "pavers")
    mesh.flat((-30, -2.6), (15, 16.5), -0.14, "concrete")
    for x, z, tall in ((-13.5, 11, 5), (-9, 19, 6), (5.5, 6.5, 4.6), (7.5, 16, 6), (13, 21, 6)):
        mesh.tree(random, x, z, tall, 190)
    for n in range(110):
        at = np.array([3.0 if n % 2 else -3.0, 0.2, 2.5 + n * 0.2])
        if 8.5 < at[2] < 11.5 or 14.5 < at[2] < 17:
            continue
        for _ in range(5):
            one, other = random.normal(0, 0.13, (2, 3))
            mesh.quad(at - one, at - other, at + one, at + other, "leaf")
    mesh.box((-1.75, -1.3), (0, 0.8), (20.5, 21.0), "dado")
    mesh.upright((-1.74, 9.7), (-1.74, 10.9), (1.3, 2.0), "poster")
    return mesh


def bicycle_stand(random: np.random.Generator) -> Mesh:
    """自行车棚: a roof of sheet on posts before the back wall, a way of concrete, one gate for refuse."""
    mesh = Mesh()
    mesh.flat((-40, 40), (-3, 15), 0, "concrete")
    for joint in range(-24, 25, 4):
        mesh.flat((joint - 0.02, joint + 0.02), (-3, 11), 0.005, "asphalt")
    mesh.wall((-40, 15), (40, 15), (0, 2.6), "render", [(47.5, 49.9, 0.02, 2.2, "blue")])
    mesh.box((-40, 40), (2.6, 2.75), (14.9, 15.2), "concrete")
    mesh.upright((-40, 14.98), (7.4, 14.98), (0, 0.5), "dado")
    for n in range(8):
        x = -11 + n * 2.3
        mesh.post(x, 14.2, (0, 2.4), 0.05, "steel")
        mesh.quad((x - 0.04, 2.35, 14.2), (x + 0.04, 2.35, 14.2), (x + 0.04, 2.7, 11.2), (x - 0.04, 2.7, 11.2), "steel")
    mesh.quad((-11.4, 2.75, 11.1), (5.5, 2.75, 11.1), (5.5, 2.4, 14.7), (-11.4, 2.4, 14.7), "blue")
    mesh.upright((-11.4, 11.1), (5.5, 11.1), (2.66, 2.78), "white")
    mesh.box((-11.2, 5.3), (0.28, 0.34), (13.2, 13.26), "steel")
    for n in range(9):
        mesh.flat((-11.2 + n * 2.06, -11.1 + n * 2.06), (11.4, 14.2), 0.008, "yellow")
    mesh.box((6.1, 7.0), (0.9, 1.7), (14.7, 14.96), "white")  # where electric ones are charged
    mesh.upright((6.2, 14.69), (6.9, 14.69), (1.0, 1.6), "poster")
    for x, coat in ((10.9, "dado"), (11.8, "blue"), (12.7, "black")):
        mesh.box((x, x + 0.7), (0.05, 1.05), (13.9, 14.6), coat)
    storeys(mesh, (-44, 30), (-12, 30), 6, "brick", 3.0)
    storeys(mesh, (-6, 36), (24, 36), 8, "plaster", 3.1)
    for x, z in ((-17, 17.5), (-8, 18), (2, 17.2), (11, 18.5), (18, 17)):
        mesh.tree(random, x, z, 6.2, 170)
    mesh.post(8.6, 12.4, (0, 5.0), 0.07, "steel")
    mesh.box((8.2, 9.0), (4.95, 5.05), (12.2, 12.6), "steel")
    return mesh
