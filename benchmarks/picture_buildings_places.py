"""Eight places of a school as meshes (eighth set)."""

from __future__ import annotations

import numpy as np

from benchmarks.picture_buildings_mesh import Mesh


def _facade(mesh: Mesh, a: tuple[float, float], b: tuple[float, float], floors: int, coat: str, every_m: float) -> None:
    long = float(np.hypot(b[0] - a[0], b[1] - a[1]))
    for floor in range(floors):
        low = floor * 3.4
        count = int((long - 1) / every_m)
        openings = [
            (0.8 + n * every_m, 0.8 + n * every_m + every_m * 0.55, low + 1.0, low + 2.6, "glass") for n in range(count)
        ]
        mesh.wall(a, b, (low, low + 3.4), coat, openings)


def school_gate(random: np.random.Generator) -> Mesh:
    """校门: pillars, name over the gate, guard house, boom, the street outside."""
    mesh = Mesh()
    mesh.flat((-30, 30), (-3, 16), 0, "asphalt")
    mesh.flat((-40, 40), (16, 20), 0.12, "pavers")
    mesh.upright((-40, 16), (40, 16), (0, 0.12), "concrete")
    mesh.flat((-60, 60), (20, 28), 0, "asphalt")
    mesh.flat((-60, 60), (28, 34), 0.12, "pavers")
    for n in range(9):
        mesh.flat((-4.5 + n, -4.0 + n), (20.6, 27.4), 0.01, "white")
    mesh.flat((-30, -6), (23.9, 24.1), 0.01, "yellow")
    mesh.flat((6, 30), (23.9, 24.1), 0.01, "yellow")
    for x in (-7.2, 4.2):
        mesh.box((x, x + 1.0), (0, 4.6), (13.6, 14.6), "brick")
        mesh.box((x - 0.1, x + 1.1), (4.6, 4.8), (13.5, 14.7), "concrete")
    mesh.box((-7.2, 5.2), (4.8, 5.9), (13.8, 14.4), "render")
    for n in range(8):
        mesh.upright((-5.6 + n * 1.2, 13.78), (-4.9 + n * 1.2, 13.78), (5.0, 5.7), "red")
    mesh.wall((-30, 14.2), (-7.2, 14.2), (0, 2.3), "brick")
    mesh.wall((9.6, 14.2), (30, 14.2), (0, 2.3), "brick")
    mesh.flat((-30, -7.2), (14.0, 14.4), 2.35, "concrete")
    mesh.wall((5.6, 11.4), (9.6, 11.4), (0, 3), "plaster", [(0.5, 3.3, 1.0, 2.2, "glass")])
    mesh.wall((5.6, 15), (5.6, 11.4), (0, 3), "plaster", [(0.5, 1.4, 0, 2.1, "wood"), (1.9, 3.2, 1.0, 2.2, "glass")])
    mesh.wall((9.6, 11.4), (9.6, 15), (0, 3), "plaster")
    mesh.box((5.3, 9.9), (3.0, 3.2), (11.0, 15.2), "concrete")
    mesh.flat((-3.5, -3.35), (4, 13), 0.01, "yellow")
    mesh.flat((2.5, 2.65), (4, 13), 0.01, "yellow")
    mesh.box((-13, -9), (0, 0.5), (6, 12), "concrete")
    mesh.flat((-12.9, -9.1), (6.1, 11.9), 0.51, "grass")
    mesh.tree(random, -11, 9, 4.5, 220)
    for x in (-17, 13, 24):
        mesh.tree(random, x, 18.3, 6.5, 200)
    for x in (-14, 11):
        mesh.post(x, 19.4, (0, 6.5), 0.08, "steel")
        mesh.box((x - 0.1, x + 0.1), (6.4, 6.5), (19.4, 21), "steel")
    _facade(mesh, (-38, 35), (-9, 35), 4, "render", 3.0)
    _facade(mesh, (-5, 36), (18, 36), 5, "brick", 2.6)
    _facade(mesh, (20, 34), (44, 34), 3, "plaster", 3.4)
    mesh.upright((5.65, 11.38), (7.0, 11.38), (0.2, 0.9), "poster")
    return mesh


def perimeter(random: np.random.Generator) -> Mesh:
    """围墙: a fence of bars on a low wall, a path and grass inside, a lane outside."""
    mesh = Mesh()
    mesh.flat((-30, 3), (-2, 90), 0, "grass")
    mesh.flat((-3.4, -1.6), (-2, 80), 0.02, "pavers")
    mesh.flat((3, 6), (-2, 90), 0, "pavers")
    mesh.flat((6, 13), (-2, 120), -0.1, "asphalt")
    mesh.flat((13, 60), (-2, 120), 0, "grass")
    mesh.box((2.35, 2.65), (0, 0.5), (1, 62), "concrete")
    for n in range(330):
        z = 1.5 + n * 0.18
        mesh.upright((2.47, z), (2.53, z), (0.5, 2.3), "black")
        mesh.upright((2.5, z - 0.02), (2.5, z + 0.02), (0.5, 2.3), "black")
    for y in (0.7, 2.05):
        mesh.box((2.48, 2.52), (y, y + 0.05), (1.2, 62), "black")
    for n in range(13):
        mesh.box((2.25, 2.75), (0, 2.6), (1 + n * 5, 1.5 + n * 5), "brick")
    for x, z, tall in ((-7, 14, 6), (-6, 24, 7), (-7.5, 36, 6.5), (-5.5, 48, 7), (16, 22, 8), (17, 40, 8), (-13, 9, 5)):
        mesh.tree(random, x, z, tall, 230)
    for n in range(46):
        z = 3 + n * 1.1
        at = np.array([1.4, 0.35, z])
        for _ in range(5):
            one, other = random.normal(0, 0.22, (2, 3))
            mesh.quad(at - one, at - other, at + one, at + other, "leaf")
    _facade(mesh, (-28, 66), (-6, 66), 4, "render", 2.8)
    _facade(mesh, (18, 70), (44, 70), 6, "brick", 3.0)
    mesh.upright((-6, 66), (-6, 90), (0, 13.6), "render")
    mesh.post(-4.2, 19, (0, 4.5), 0.06, "steel")
    mesh.box((-4.4, -3.8), (4.4, 4.55), (18.8, 19.2), "steel")
    mesh.upright((2.2, 8.4), (2.2, 9.2), (1.1, 1.7), "yellow")
    return mesh


def corridor(random: np.random.Generator) -> Mesh:
    """教学楼走廊: plastered, windows to the left, class-room doors to the right."""
    mesh = Mesh()
    mesh.flat((-1.5, 1.5), (-0.5, 26), 0, "terrazzo")
    mesh.flat((-1.5, 1.5), (-0.5, 26), 3.05, "plaster")
    mesh.upright((-1.5, -0.5), (1.5, -0.5), (0, 3.05), "plaster")
    mesh.flat((-1.9, 2.5), (-2, 27), 3.4, "concrete")
    mesh.upright((1.9, -2), (1.9, 27), (-0.3, 3.4), "concrete")
    windows = [(2.0 + n * 4, 4.6 + n * 4, 1.15, 2.5, "") for n in range(6)]
    mesh.wall((-1.5, -0.5), (-1.5, 26), (0, 3.05), "plaster", windows)
    for begin, end, low, high, _ in windows:
        for s in (begin, (begin + end) / 2, end):
            mesh.box((-1.56, -1.48), (low, high), (s - 0.53, s - 0.47), "steel")
        mesh.box((-1.6, -1.38), (low - 0.06, low), (begin - 0.5, end - 0.5), "white")
    doors = [(2.5 + n * 5.8, 3.5 + n * 5.8, 0.0, 2.1, "wood") for n in range(4)]
    mesh.wall((1.5, -0.5), (1.5, 26), (0, 3.05), "plaster", doors)
    for begin, end, _, _, _ in doors:
        mesh.box((1.47, 1.5), (2.1, 2.2), (begin - 0.6, end - 0.4), "white")
        mesh.upright((1.46, end + 0.1), (1.46, end + 0.5), (1.6, 1.85), "blue")
    for wall in (-1.49, 1.485):
        mesh.upright((wall, -0.5), (wall, 26), (0, 0.12), "black")
    mesh.upright((-1.485, -0.5), (-1.485, 26), (0.12, 1.1), "dado")
    mesh.wall((-1.5, 26), (1.5, 26), (0, 3.05), "plaster", [(0.9, 2.1, 1.0, 2.4, "")])
    for n in range(6):
        mesh.box((-0.1, 0.1), (2.93, 3.0), (2.2 + n * 4, 3.5 + n * 4), "lamp")
    mesh.upright((1.48, 4.2), (1.48, 6.4), (1.2, 2.1), "poster")
    mesh.flat((-60, -1.6), (-10, 80), -4, "grass")
    _facade(mesh, (-22, -8), (-22, 60), 3, "render", 3.2)
    mesh.flat((-40, 40), (27, 80), -4, "pavers")
    mesh.tree(random, -9, 12, 6, 150)
    return mesh


def stairwell(random: np.random.Generator) -> Mesh:
    """楼梯间: one flight down, one up, a landing with a window between them."""
    mesh = Mesh()
    mesh.flat((-1.7, 1.7), (-0.6, 2), 0, "terrazzo")
    for n in range(11):
        z, down, up = 2 + n * 0.3, -n * 0.155, n * 0.155
        mesh.upright((-1.7, z), (-0.12, z), (down - 0.155, down), "concrete")
        mesh.flat((-1.7, -0.12), (z, z + 0.3), down - 0.155, "terrazzo")
        mesh.flat((-1.7, -0.12), (z - 0.03, z + 0.02), down + 0.003, "yellow" if n == 0 else "black")
        mesh.upright((0.12, z), (1.7, z), (up, up + 0.155), "concrete")
        mesh.flat((0.12, 1.7), (z, z + 0.3), up + 0.155, "terrazzo")
        for x, y in ((-0.12, down - 0.155), (0.12, up + 0.155)):
            mesh.post(x, z + 0.15, (y, y + 0.92), 0.012, "steel", 4)
    mesh.quad((0.12, -0.35, 2), (1.8, -0.35, 2), (1.8, 1.4, 5.3), (0.12, 1.4, 5.3), "plaster")
    mesh.flat((-1.7, 1.7), (5.3, 7), -1.705, "terrazzo")
    for x, y0, y1 in ((-0.12, 0.92, -0.75), (0.12, 0.95, 2.65)):
        mesh.quad((x - 0.03, y0, 2), (x + 0.03, y0, 2), (x + 0.03, y1, 5.3), (x - 0.03, y1, 5.3), "wood")
        mesh.quad((x, y0, 2), (x, y0 - 0.06, 2), (x, y1 - 0.06, 5.3), (x, y1, 5.3), "wood")
    mesh.quad((0.12, -0.15, 2), (0.12, 0.02, 2), (0.12, 1.72, 5.3), (0.12, 1.5, 5.3), "plaster")
    mesh.upright((-1.7, -0.6), (-1.7, 7), (-1.8, 3.4), "plaster")
    mesh.upright((1.7, -0.6), (1.7, 7), (-1.8, 3.4), "plaster")
    mesh.quad((-1.69, 0.1, 2), (-1.69, 1.0, 2), (-1.69, -0.7, 5.3), (-1.69, -1.6, 5.3), "dado")
    mesh.wall((-1.7, 7), (1.7, 7), (-1.8, 3.4), "plaster", [(0.9, 2.5, -0.2, 1.3, "")])
    for s in (-0.8, 0.0, 0.8):
        mesh.box((s - 0.03, s + 0.03), (-0.2, 1.3), (6.96, 7.02), "steel")
    mesh.flat((-1.7, 1.7), (-0.6, 7), 3.4, "plaster")
    mesh.upright((-1.7, -0.6), (1.7, -0.6), (-1.8, 3.4), "plaster")
    mesh.flat((-1.7, 1.7), (-0.6, 7), -1.8, "terrazzo")
    mesh.flat((-2.2, 2.2), (-1.5, 7.4), 3.8, "concrete")
    for x in (-2.05, 2.05):
        mesh.upright((x, -1.5), (x, 7.4), (-2, 3.8), "concrete")
    mesh.box((-0.2, 0.2), (3.32, 3.39), (1.2, 1.6), "lamp")
    mesh.upright((-1.68, 0.9), (-1.68, 1.4), (1.3, 1.7), "poster")
    mesh.box((1.5, 1.68), (1.0, 1.6), (1.3, 1.7), "red")
    mesh.flat((-40, 40), (8, 90), -6, "grass")
    _facade(mesh, (-30, 40), (30, 40), 2, "brick", 3.0)
    return mesh


def canteen(random: np.random.Generator) -> Mesh:
    """食堂: rows of tables with benches, columns, the counter at the far end."""
    mesh = Mesh()
    mesh.flat((-9, 9), (-1, 23), 0, "tiles")
    mesh.flat((-9, 9), (-1, 23), 3.9, "ceiling")
    mesh.flat((-9.8, 9.6), (-2, 24), 4.3, "concrete")
    mesh.upright((-9.4, -2), (-9.4, 24), (-0.3, 4.3), "concrete")
    mesh.upright((-9.4, 23.4), (9.4, 23.4), (-0.3, 4.3), "concrete")
    windows = [(2.0 + n * 4.4, 5.0 + n * 4.4, 0.9, 3.0, "") for n in range(5)]
    mesh.wall((9, -1), (9, 23), (0, 3.9), "plaster", windows)
    for begin, end, _, _, _ in windows:
        for s in (begin, (begin + end) / 2, end):
            mesh.box((8.95, 9.05), (0.9, 3.0), (s - 1.04, s - 0.96), "steel")
    mesh.wall((-9, -1), (-9, 23), (0, 3.9), "plaster", [(8, 9.8, 0, 2.3, "wood")])
    mesh.wall((-9, 23), (9, 23), (0, 3.9), "plaster", [(3, 15, 1.1, 2.6, "steel")])
    mesh.box((-6.5, 6.5), (0, 1.05), (21.6, 22.4), "steel")
    for n in range(6):
        mesh.upright((-6 + n * 2, 22.95), (-4.6 + n * 2, 22.95), (2.75, 3.4), "poster" if n % 2 else "red")
    mesh.upright((-9, -1), (9, -1), (0, 3.9), "plaster")
    for x in (-3.0, 3.0):
        for z in (7.0, 15.0):
            mesh.box((x - 0.25, x + 0.25), (0, 3.9), (z - 0.25, z + 0.25), "plaster")
    for x, z in canteen_tables():  # with benches to both sides
        mesh.box((x - 0.9, x + 0.9), (0.72, 0.76), (z - 0.35, z + 0.35), "white")
        for end in (-0.6, 0.6):
            mesh.upright((x + end - 0.04, z), (x + end + 0.04, z), (0, 0.72), "black")
        for side in (-0.62, 0.62):
            mesh.box((x - 0.85, x + 0.85), (0.40, 0.44), (z + side - 0.14, z + side + 0.14), "blue")
            mesh.upright((x - 0.05, z + side), (x + 0.05, z + side), (0, 0.4), "black")
    for x in (-6, 0, 6):
        for z in (4, 10, 16):
            mesh.box((x - 0.6, x + 0.6), (3.86, 3.9), (z - 0.15, z + 0.15), "lamp")
    mesh.flat((9.1, 70), (-10, 60), -0.2, "grass")
    _facade(mesh, (34, -10), (34, 50), 3, "brick", 3.2)
    mesh.tree(random, 15, 6, 6, 140)
    return mesh


def canteen_tables() -> list[tuple[float, float]]:
    """Middles of the tables (x, z)."""
    return [(x, z) for x in (-6.3, -1.0, 1.6, 6.3) for z in (3.5, 5.7, 8.6, 10.8, 13.0, 16.8, 19.0)]


def hall(_: np.random.Generator) -> Mesh:
    """风雨操场: a bare floor with worn lines, bare walls, windows high up."""
    mesh = Mesh()
    mesh.flat((-10, 10), (-1, 27), 0, "floor")
    mesh.flat((-10, 10), (-1, 27), 7, "steel")
    mesh.flat((-10.6, 10.6), (-2, 28), 7.5, "concrete")
    mesh.upright((-10.4, 27.4), (10.4, 27.4), (-0.3, 7.5), "concrete")
    windows = [(2.0 + n * 5, 5.5 + n * 5, 4.6, 6.2, "") for n in range(5)]
    mesh.wall((-10, -1), (-10, 27), (0, 7), "plaster", windows)
    mesh.wall((10, -1), (10, 27), (0, 7), "plaster", windows)
    mesh.wall((-10, 27), (10, 27), (0, 7), "plaster", [(2, 4, 0, 2.4, "wood"), (16, 18, 0, 2.4, "wood")])
    mesh.upright((-10, -1), (10, -1), (0, 7), "plaster")
    mesh.upright((-9.98, -1), (-9.98, 27), (0, 1.5), "dado")
    mesh.upright((-10, 26.98), (-8, 26.98), (0, 1.5), "dado")
    for x in (-7.5, 7.5):
        mesh.flat((x - 0.03, x + 0.03), (1, 25), 0.004, "white")
    for z in (1, 13, 25):
        mesh.flat((-7.5, 7.5), (z - 0.03, z + 0.03), 0.004, "white")
    for n in range(36):
        a, b = np.deg2rad(n * 10), np.deg2rad(n * 10 + 10)
        ring = [(r * np.cos(t), 0.004, 13 + r * np.sin(t)) for r, t in ((1.8, a), (1.86, a), (1.86, b), (1.8, b))]
        mesh.quad(ring[0], ring[1], ring[2], ring[3], "white")
    mesh.upright((-0.9, 25.8), (0.9, 25.8), (2.9, 3.95), "white")
    mesh.upright((-0.3, 25.78), (0.3, 25.78), (3.05, 3.1), "red")
    mesh.box((-0.1, 0.1), (3.3, 3.5), (25.85, 27), "steel")
    mesh.box((-0.25, 0.25), (3.03, 3.06), (25.3, 25.75), "red")
    for z in (3, 9, 15, 21):
        mesh.box((-10, 10), (6.5, 6.75), (z, z + 0.2), "steel")
        for x in (-4.5, 4.5):
            mesh.box((x - 0.3, x + 0.3), (6.25, 6.4), (z - 0.2, z + 0.2), "lamp")
    mesh.box((-9.6, -8.2), (0, 0.5), (22, 25), "blue")
    return mesh


def playground(random: np.random.Generator) -> Mesh:
    """操场: track about a field with goals, flag, stand and trees behind, seen from a roof."""
    mesh = Mesh()
    mesh.flat((-70, 70), (2, 9), -0.01, "pavers")
    mesh.flat((-70, 70), (9, 75), -0.02, "concrete")
    mesh.flat((-26, 26), (16, 48), 0, "grass")
    for n in range(12):
        for side in (-1, 1):
            a, b = (np.deg2rad(-90 + 15 * k) for k in (n, n + 1))
            for inner, outer, coat, y in (
                (0, 16, "grass", 0.0),
                (16, 22, "rubber", 0.0),
                (17.95, 18.05, "white", 0.01),
                (19.95, 20.05, "white", 0.01),
                (15.95, 16.05, "white", 0.01),
            ):
                ring = [
                    (side * (26 + r * np.cos(t)), y, 32 + r * np.sin(t))
                    for r, t in ((inner, a), (outer, a), (outer, b), (inner, b))
                ]
                mesh.quad(ring[0], ring[1], ring[2], ring[3], coat)
    for z in (10.0, 48.0):
        mesh.flat((-26, 26), (z, z + 6), 0, "rubber")
    for z in (12.0, 14.0, 15.95, 48.05, 50, 52):
        mesh.flat((-26, 26), (z - 0.04, z + 0.04), 0.01, "white")
    mesh.flat((7.9, 8.0), (10, 16), 0.012, "white")
    for x in (-24.0, 24.0):
        for z in (30.0, 34.0):
            mesh.post(x, z, (0, 2.1), 0.06, "white", 5)
        mesh.box((x - 0.06, x + 0.06), (2.04, 2.16), (30, 34), "white")
    mesh.flat((-0.05, 0.05), (17, 47), 0.01, "white")
    mesh.box((-9, -6), (0, 0.6), (54.5, 57), "concrete")
    mesh.post(-7.5, 55.7, (0, 11), 0.06, "steel", 5)
    for n in range(6):
        mesh.box((-2, 22), (n * 0.4, n * 0.4 + 0.4), (56 + n * 0.8, 61), "concrete" if n % 2 else "blue")
    _facade(mesh, (-50, 66), (-14, 66), 4, "render", 3.2)
    _facade(mesh, (26, 68), (60, 68), 3, "brick", 3.0)
    mesh.box((-14, 26), (0, 5), (63, 64), "brick")
    for x, z in ((-42, 58), (-34, 60), (-24, 60), (30, 60), (38, 58), (46, 60), (-55, 50), (56, 44)):
        mesh.tree(random, x, z, 7.5, 170)
    for x in (-27, 27):
        mesh.post(x, 54, (0, 13), 0.14, "steel")
        mesh.box((x - 1.2, x + 1.2), (12.6, 13.4), (53.9, 54.1), "lamp")
    return mesh


def car_park(random: np.random.Generator) -> Mesh:
    """停车场和车棚: bays, a shed for bicycles, lamps on masts."""
    mesh = Mesh()
    mesh.flat((-30, 30), (-3, 22), 0, "asphalt")
    for n in range(9):
        mesh.flat((-11.5 + n * 2.6, -11.4 + n * 2.6), (6.5, 11.5), 0.01, "white")
    mesh.flat((-11.5, 9.4), (11.5, 11.6), 0.01, "white")
    mesh.flat((-12, 10), (15.4, 19.4), 0.1, "concrete")
    mesh.upright((-12, 15.4), (10, 15.4), (0, 0.1), "concrete")
    for n in range(6):
        x = -11.8 + n * 4.3
        mesh.post(x, 15.6, (0.1, 2.3), 0.05, "blue")
        mesh.post(x, 19.0, (0.1, 2.7), 0.05, "blue")
        mesh.quad((x - 0.05, 2.3, 15.4), (x + 0.05, 2.3, 15.4), (x + 0.05, 2.75, 19.3), (x - 0.05, 2.75, 19.3), "blue")
    mesh.quad((-12.3, 2.4, 15.0), (10.3, 2.4, 15.0), (10.3, 2.85, 19.6), (-12.3, 2.85, 19.6), "steel")
    mesh.upright((-12.3, 15.0), (10.3, 15.0), (2.25, 2.42), "blue")
    mesh.wall((-30, 20.5), (30, 20.5), (0, 2.4), "render")
    _facade(mesh, (-34, 32), (4, 32), 4, "brick", 3.0)
    _facade(mesh, (9, 30), (36, 30), 3, "render", 3.4)
    for x, z in ((-16, 18), (14, 17.5), (19, 12), (6, 25), (-20, 26)):
        mesh.tree(random, x, z, 6, 200)
    mesh.box((12, 30), (0, 0.25), (8, 22), "concrete")
    mesh.flat((12.2, 30), (8.2, 22), 0.26, "grass")
    for x in (-13.5, 11.2):
        mesh.post(x, 13, (0, 5.5), 0.07, "steel")
        mesh.box((x - 0.3, x + 0.3), (5.5, 5.6), (12.6, 13.4), "steel")
    for n in range(5):
        mesh.box((-11.4 + n * 4.4, -10.2 + n * 4.4), (2.3, 2.36), (17, 17.15), "lamp")
    for n in range(8):
        mesh.box((-10.9 + n * 2.6, -9.4 + n * 2.6), (0, 0.12), (11.0, 11.2), "yellow")
    mesh.post(9.6, 6.2, (0, 2.4), 0.04, "steel")
    mesh.upright((9.3, 6.15), (9.9, 6.15), (1.8, 2.4), "blue")
    return mesh
