"""Four places of a school out of doors as meshes (ninth set)."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.picture_buildings_mesh import Mesh

STOREY_M: Final = 3.3


def storeys(
    mesh: Mesh, a: tuple[float, float], b: tuple[float, float], floors: int, coat: str, every_m: float, low: float = 0.0
) -> None:
    """A house front from a to b (x, z): windows on each storey, bands between the storeys, a ledge on top."""
    long = float(np.hypot(b[0] - a[0], b[1] - a[1]))
    count = max(1, int((long - 0.6) / every_m))
    for floor in range(floors):
        y = low + floor * STOREY_M
        panes = [
            (0.6 + n * every_m, 0.6 + n * every_m + every_m * 0.6, y + 0.9, y + 2.5, "glass") for n in range(count)
        ]
        mesh.wall(a, b, (y, y + STOREY_M - 0.18), coat, panes)
        mesh.upright(a, b, (y + STOREY_M - 0.18, y + STOREY_M), "concrete")
    top = low + floors * STOREY_M
    mesh.upright(a, b, (top, top + 0.7), coat)


def delivery_gate(random: np.random.Generator) -> Mesh:
    """后勤门: a yard with a sliding gate of bars, the kitchen's store with its shutter and ramp, bins."""
    mesh = Mesh()
    mesh.flat((-30, 24), (-3, 16), 0, "concrete")
    for z in (3.0, 7.0, 11.0):
        mesh.flat((-30, 24), (z - 0.02, z + 0.02), 0.005, "asphalt")
    mesh.flat((-60, 60), (16, 29), -0.02, "asphalt")
    mesh.flat((-60, 60), (22.4, 22.55), -0.01, "white")
    mesh.wall((-30, 16), (-7.4, 16), (0, 2.5), "brick")
    mesh.flat((-30, -7.4), (15.85, 16.15), 2.52, "concrete")
    for x in (-7.4, -0.8):
        mesh.box((x, x + 0.7), (0, 3.0), (15.7, 16.4), "render")
        mesh.box((x - 0.08, x + 0.78), (3.0, 3.15), (15.6, 16.5), "concrete")
    for n in range(38):  # the gate, shut
        x = -6.6 + n * 0.155
        mesh.upright((x, 15.9), (x + 0.05, 15.9), (0.15, 2.0), "blue")
    for y in (0.12, 1.0, 1.95):
        mesh.box((-6.7, -0.8), (y, y + 0.08), (15.87, 15.93), "blue")
    mesh.wall((-0.1, 16), (2.6, 16), (0, 2.5), "brick")
    # the store
    mesh.wall((2.6, 12), (16, 12), (0, 4.4), "plaster", [(1.4, 5.2, 1.0, 3.6, "steel"), (6.6, 7.6, 1.0, 3.1, "wood")])
    mesh.upright((2.6, 12), (2.6, 16.4), (0, 4.4), "plaster")
    mesh.box((2.4, 16.2), (4.4, 4.6), (11.8, 16.6), "concrete")
    for n in range(21):  # the shutter's slats
        mesh.flat((4.0, 7.8), (11.93, 12.0), 1.0 + n * 0.125, "black")
    mesh.upright((3.9, 11.98), (4.0, 11.98), (1.0, 3.6), "yellow")
    mesh.upright((7.8, 11.98), (7.9, 11.98), (1.0, 3.6), "yellow")
    mesh.box((3.4, 12.0), (0, 1.0), (10.2, 12), "concrete")
    mesh.upright((3.4, 10.19), (12, 10.19), (0.8, 1.0), "yellow")
    for n in range(4):
        mesh.box((2.0 + n * 0.35, 2.35 + n * 0.35), (0, 0.25 * (n + 1)), (11.0, 12.0), "concrete")
    mesh.quad((3.2, 3.9, 12), (9.6, 3.9, 12), (9.6, 3.6, 9.6), (3.2, 3.6, 9.6), "blue")
    mesh.upright((3.2, 9.6), (9.6, 9.6), (3.45, 3.62), "white")
    for n in range(5):  # bins and crates
        mesh.box((-11.6 + n * 0.95, -10.9 + n * 0.95), (0.05, 1.05), (14.7, 15.4), "dado" if n % 2 else "blue")
        mesh.box((-11.65 + n * 0.95, -10.85 + n * 0.95), (1.05, 1.13), (14.6, 15.45), "black")
    for n in range(6):
        mesh.box((9.7 + 0.05 * (n % 3), 11.2), (1.0 + n * 0.16, 1.12 + n * 0.16), (10.6, 11.7), "wood")
    for x, tall in ((-8.6, 4), (-8.6, 3), (-7.9, 2)):
        for n in range(tall):
            mesh.box((x, x + 0.62), (n * 0.33, n * 0.33 + 0.3), (9.6, 10.1), "red" if n % 2 else "yellow")
    for n in range(7):  # a hatched field that has to stay free
        mesh.quad(
            (-6 + n * 0.9, 0.01, 12.4),
            (-5.8 + n * 0.9, 0.01, 12.4),
            (-4.9 + n * 0.9, 0.01, 15.2),
            (-5.1 + n * 0.9, 0.01, 15.2),
            "yellow",
        )
    mesh.post(-9.2, 14.9, (0, 5.2), 0.06, "steel")
    mesh.box((-9.4, -8.6), (5.15, 5.25), (14.7, 15.1), "steel")
    mesh.upright((-7.1, 15.68), (-6.85, 15.68), (1.2, 1.9), "white")
    storeys(mesh, (-36, 31), (-12, 31), 5, "render", 2.8)
    storeys(mesh, (-9, 34), (26, 34), 4, "brick", 3.1)
    for x, z in ((-15, 18.5), (-24, 13), (6, 29.8), (-3, 30)):
        mesh.tree(random, x, z, 5.5, 190)
    return mesh


def dormitory_porch(random: np.random.Generator) -> Mesh:
    """宿舍门口: porch on two columns, steps, balconies with clothes, hedge, a rack of bicycles."""
    mesh = Mesh()
    mesh.flat((-40, 40), (-3, 17), -0.01, "grass")
    mesh.flat((-40, 40), (2.5, 6.2), 0.0, "asphalt")
    mesh.flat((-2.6, 2.6), (6.2, 15), 0.01, "pavers")
    mesh.flat((-14, -4.4), (9.5, 13.2), 0.02, "concrete")
    for n in range(3):
        mesh.box((-3.2, 3.2), (0, 0.15 * (n + 1)), (12.2 + n * 0.35, 16), "terrazzo")
    mesh.wall(
        (-22, 16),
        (22, 16),
        (0, STOREY_M),
        "brick",
        [
            *((0.8 + n * 3.2, 2.6 + n * 3.2, 1.1, 2.6, "glass") for n in range(5)),
            (20.2, 21.9, 0.45, 2.7, "glass"),
            (22.1, 23.8, 0.45, 2.7, "glass"),
            *((26.4 + n * 3.2, 28.2 + n * 3.2, 1.1, 2.6, "glass") for n in range(5)),
        ],
    )
    storeys(mesh, (-22, 16), (22, 16), 4, "render", 3.3, STOREY_M)
    for floor in range(1, 5):  # balconies and what dries on them
        for n in range(6):
            x, y = -21 + n * 7.2, floor * STOREY_M
            if floor == 1 and abs(x + 1.4) < 4:
                continue
            mesh.box((x, x + 3.0), (y - 0.05, y + 0.1), (14.9, 16), "concrete")
            mesh.upright((x, 14.9), (x + 3.0, 14.9), (y + 0.1, y + 0.95), "plaster")
            for k in range(int(random.integers(0, 6))):
                coat = str(random.choice(["red", "blue", "white", "dado", "black", "yellow"]))
                mesh.upright((x + 0.2 + k * 0.45, 15.1), (x + 0.55 + k * 0.45, 15.1), (y + 1.3, y + 2.0), coat)
    mesh.box((-3.6, 3.6), (3.1, 3.45), (12.0, 16), "concrete")
    mesh.upright((-3.6, 11.99), (3.6, 11.99), (3.12, 3.43), "red")
    for n in range(6):
        mesh.upright((-1.9 + n * 0.66, 11.97), (-1.5 + n * 0.66, 11.97), (3.17, 3.38), "yellow")
    for x in (-3.0, 3.0):
        mesh.box((x - 0.22, x + 0.22), (0, 3.1), (12.3, 12.74), "plaster")
    mesh.box((-0.35, 0.35), (3.02, 3.1), (14.0, 14.4), "lamp")
    for x in (-3.15, 3.15):
        mesh.box((x - 0.02, x + 0.02), (0.9, 0.95), (12.8, 15.9), "steel")
    mesh.box((4.3, 6.9), (0.7, 2.2), (10.6, 10.7), "blue")
    mesh.upright((4.45, 10.59), (6.75, 10.59), (0.85, 2.05), "poster")
    for x in (4.5, 6.7):
        mesh.post(x, 10.75, (0, 0.9), 0.04, "steel")
    for n in range(70):  # the hedge to both sides of the way
        at = np.array([3.3 + 0.2 * n if n < 40 else -3.3 - 0.2 * (n - 40), 0.35, 7.1])
        for _ in range(6):
            one, other = random.normal(0, 0.13, (2, 3))
            mesh.quad(at - one, at - other, at + one, at + other, "leaf")
    for x, z, tall in ((-13, 8, 6.5), (11, 9.5, 6), (17, 8, 6.5), (-21, 10, 7)):
        mesh.tree(random, x, z, tall, 210)
    for x in (-7.5, 8.6):
        mesh.post(x, 6.8, (0, 3.4), 0.05, "black")
        mesh.box((x - 0.15, x + 0.15), (3.4, 3.65), (6.65, 6.95), "white")
    mesh.box((-13.6, -4.8), (0.3, 0.36), (12.3, 12.36), "steel")
    return mesh


def lay_by(random: np.random.Generator) -> Mesh:
    """校外公交站: pavement with a shelter, lay-by and road, shops and flats opposite."""
    mesh = Mesh()
    mesh.flat((-50, 60), (-4, 10.6), 0.12, "pavers")
    mesh.flat((-50, 60), (9.0, 9.5), 0.125, "yellow")
    mesh.upright((-50, 10.6), (60, 10.6), (0, 0.12), "concrete")
    mesh.flat((-70, 80), (10.6, 24), 0, "asphalt")
    mesh.flat((-6, 12), (13.4, 13.55), 0.01, "white")
    for n in range(16):
        mesh.flat((-40 + n * 6, -37 + n * 6), (17.2, 17.35), 0.01, "white")
    for n in range(11):
        mesh.flat((17, 21), (11.2 + n * 1.15, 11.75 + n * 1.15), 0.012, "white")
    mesh.flat((-70, 80), (24, 29), 0.12, "pavers")
    mesh.upright((-70, 24), (80, 24), (0, 0.12), "concrete")
    for x in (-0.5, 2.4, 5.3):  # the shelter
        mesh.box((x - 0.06, x + 0.06), (0.12, 2.6), (6.1, 6.22), "steel")
    mesh.upright((-0.5, 6.1), (2.4, 6.1), (0.5, 2.3), "poster")
    mesh.box((-0.9, 5.7), (2.6, 2.75), (5.8, 8.3), "blue")
    mesh.box((-0.2, 5.0), (0.5, 0.58), (6.4, 6.8), "wood")
    for x in (0.2, 4.6):
        mesh.box((x - 0.05, x + 0.05), (0.12, 0.5), (6.45, 6.75), "black")
    mesh.box((2.0, 2.9), (2.52, 2.6), (6.9, 7.2), "lamp")
    mesh.post(7.6, 8.6, (0.12, 2.9), 0.05, "steel")
    mesh.box((7.3, 7.9), (2.0, 2.9), (8.57, 8.63), "white")
    mesh.upright((7.32, 8.56), (7.88, 8.56), (2.55, 2.85), "red")
    mesh.box((9.0, 9.5), (0.12, 1.0), (7.0, 7.5), "dado")
    for n in range(40):  # a railing along the kerb, open at the stop and at the crossing
        x = -34 + n * 1.5
        if not -5 < x < 8 and not 16 < x < 21:
            mesh.post(x, 10.2, (0.12, 1.1), 0.03, "white", 4)
            mesh.box((x, x + 1.4), (1.02, 1.08), (10.18, 10.22), "white")
            mesh.box((x, x + 1.4), (0.55, 0.6), (10.18, 10.22), "white")
    for x in (-8.0, 13.0):
        mesh.post(x, 9.9, (0.12, 7.6), 0.08, "steel")
        mesh.box((x - 0.12, x + 0.12), (7.5, 7.62), (9.9, 12), "steel")
    for n in range(9):  # shops
        x = -40 + n * 9.2
        mesh.wall(
            (x, 29), (x + 9.2, 29), (0, 3.6), "render", [(0.7, 5.4, 0.3, 2.7, "glass"), (6.4, 7.6, 0, 2.5, "wood")]
        )
        mesh.box((x + 0.3, x + 8.7), (2.85, 3.5), (28.8, 29), ("red", "blue", "yellow", "white", "dado")[n % 5])
        for k in range(4):
            mesh.upright(
                (x + 2.0 + k * 1.3, 28.78), (x + 2.8 + k * 1.3, 28.78), (2.98, 3.36), "white" if n % 5 else "yellow"
            )
    storeys(mesh, (-40, 29.5), (14, 29.5), 5, "plaster", 3.4, 3.6)
    storeys(mesh, (20, 29.5), (46, 29.5), 3, "brick", 2.9, 3.6)
    for x in (-17, -3, 10.5, 24, 34):
        mesh.tree(random, x, 26.5, 6.5, 110)
    mesh.tree(random, 12.5, 5.5, 5.5, 200)
    mesh.wall((9.5, 2.0), (60, 2.0), (0.12, 2.4), "brick")
    return mesh


def roof_terrace(random: np.random.Generator) -> Mesh:
    """屋顶平台: a bare roof within its parapet, the head of the stairs, a tank, little else but sky."""
    mesh = Mesh()
    mesh.flat((-13, 13), (-2, 22), 0, "concrete")
    for x in (-8.7, -4.3, 0.0, 4.3, 8.7):
        mesh.flat((x - 0.015, x + 0.015), (-2, 22), 0.004, "asphalt")
    for z in (5.0, 11.0, 17.0):
        mesh.flat((-13, 13), (z - 0.015, z + 0.015), 0.004, "asphalt")
    mesh.box((-13, 13), (0, 1.25), (21.7, 22), "render")
    mesh.box((-13.1, 13.1), (1.25, 1.33), (21.6, 22.1), "concrete")
    for x in (-13.0, 12.7):
        mesh.box((x, x + 0.3), (0, 1.25), (-2, 22), "render")
        mesh.box((x - 0.1, x + 0.4), (1.25, 1.33), (-2, 22.1), "concrete")
    mesh.post(-13, 21.85, (1.33, 2.2), 0.03, "steel")
    for n in range(14):
        mesh.post(-12 + n * 1.85, 21.85, (1.33, 2.0), 0.025, "steel", 4)
    mesh.box((-13, 13), (1.98, 2.03), (21.83, 21.87), "steel")
    # the head of the stairs
    mesh.wall((6.4, 13), (11.2, 13), (0, 3.0), "render", [(1.0, 2.0, 0, 2.1, "wood")])
    mesh.wall((6.4, 18.5), (6.4, 13), (0, 3.0), "render", [(2.0, 3.2, 1.4, 2.2, "glass")])
    mesh.box((6.1, 11.5), (3.0, 3.18), (12.6, 18.9), "concrete")
    mesh.post(-8.5, 17, (0.5, 2.3), 1.1, "white", 14)
    mesh.box((-9.6, -7.4), (0, 0.5), (15.9, 18.1), "concrete")
    mesh.post(-8.5, 17, (2.3, 2.35), 0.4, "steel", 8)
    for n in range(2):
        mesh.box((-3.2 + n * 1.5, -2.1 + n * 1.5), (0.15, 1.1), (18.2, 18.9), "steel")
        mesh.upright((-3.05 + n * 1.5, 18.18), (-2.45 + n * 1.5, 18.18), (0.3, 0.95), "black")
    mesh.box((-9.9, 6.4), (0.18, 0.26), (19.6, 19.7), "steel")
    mesh.box((-11.9, -10.4), (0, 0.45), (4.5, 10.5), "brick")
    mesh.flat((-11.8, -10.5), (4.6, 10.4), 0.46, "grass")
    mesh.post(2.2, 20.6, (0, 4.2), 0.03, "steel")
    mesh.flat((-70, 70), (22, 75), -14, "grass")
    storeys(mesh, (-36, 44), (-10, 44), 5, "plaster", 3.2, -14)
    storeys(mesh, (-5, 58), (24, 58), 7, "render", 3.0, -14)
    storeys(mesh, (27, 48), (52, 48), 6, "brick", 3.4, -14)
    planted = len(mesh.corners)
    for n in range(9):
        mesh.tree(random, -36 + n * 9 + float(random.uniform(-2, 2)), 36 + float(random.uniform(-3, 3)), 14, 90)
    for corners in mesh.corners[planted:]:  # they stand in the yard below
        corners[:, 1] -= 14
    return mesh
