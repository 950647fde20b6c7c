"""The eight cameras of the eighth set: where they hang, the lamps, ways and happenings before them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.picture_buildings_mesh import Lamp, Mesh
from benchmarks.picture_buildings_places import (
    canteen,
    canteen_tables,
    car_park,
    corridor,
    hall,
    perimeter,
    playground,
    school_gate,
    stairwell,
)

Way = tuple[tuple[float, float, float], ...]
"""Where one walks: corners (x, y, z)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A camera's view: what stands there, where the camera hangs, what happens, how it sees."""

    name: str
    build: Callable[[np.random.Generator], Mesh]
    at: tuple[float, float, float]
    yaw_deg: float = 0.0
    pitch_deg: float
    focal_px: float
    begins_h: float
    sun_from_deg: float = 0.0
    """Where the sun stands at noon, right of straight on."""
    outdoor: bool = False
    shades_beyond_m: float = 0.0
    """How far beyond the points of a room that are seen it is known what keeps the sun off."""
    lamps: tuple[Lamp, ...] = ()
    banks: tuple[str, ...] = ("night",)
    """When each bank of lamps is on: night, evening, lessons (by day too), motion, always."""
    warm: float = 0.0
    infra_red: float = 0.0
    """Power of the camera's own infra-red; 0 if it stays in colour by night."""
    ways: tuple[Way, ...] = ()
    walkers: float = 1.0
    """People at a time on an ordinary day."""
    area: tuple[float, float, float, float, float] = (0, 1, 4, 5, 0)
    """Where a crowd stands: x from, to, z from, to, and y."""
    crowd: int = 0
    seats: tuple[tuple[float, float], ...] = ()
    seat_m: float = 0.42
    """How high above the floor those who sit begin; less where their legs are seen."""
    bays: tuple[tuple[float, float, float], ...] = ()
    """Where vehicles park: x, z, heading in degrees."""
    road: tuple[float, float] | None = None
    """z of the nearer lane and how far the next is."""
    bicycles: tuple[float, float, float, int] | None = None
    """x from, to, z, how many."""
    doors: tuple[tuple[float, float, float, float, float], ...] = ()
    """x and z of the hinges, heading when shut, how far it opens in degrees, width."""
    boom: tuple[float, float, float] | None = None
    """A gate's boom: x of its post, z, length."""
    flag: tuple[float, float, float] | None = None
    rain: bool = False
    fog: bool = False
    snow: bool = False
    sway_px: float = 0.0
    wind_px: float = 0.0
    barrel: float = 0.0
    preset: str = "ultrafast"
    quality: int = 27
    sharpen: float = 0.5
    grain: float = 1.0
    clock_at: tuple[int, int] = (10, 22)
    name_at: tuple[int, int] = (420, 348)
    clouds: float = 0.5


BUILDINGS: Final = (
    Building(
        name="Gate 1 street side",
        build=school_gate,
        at=(1.5, 5.2, -1.0),
        yaw_deg=-3,
        pitch_deg=15,
        focal_px=430,
        begins_h=2.3,
        sun_from_deg=150,
        outdoor=True,
        rain=True,
        sway_px=0.7,
        wind_px=1.5,
        barrel=0.1,
        lamps=(
            Lamp((-6.7, 4.4, 12.0), power=0.45),
            Lamp((4.7, 4.4, 12.0), power=0.45),
            Lamp((7.5, 2.9, 9.6), power=0.08),
            Lamp((-14, 6.4, 21), power=1.6, bank=1),
            Lamp((11, 6.4, 21), power=1.6, bank=1),
        ),
        banks=("evening", "night"),
        warm=7,
        walkers=2.2,
        crowd=34,
        area=(-6, 5, 6, 19, 0),
        ways=(
            ((-0.5, 0, 2), (-1, 0, 13), (-3, 0.12, 18), (-24, 0.12, 18.5)),
            ((20, 0.12, 18), (3, 0.12, 18), (1, 0, 13), (2, 0, 3)),
            ((-26, 0.12, 17.5), (26, 0.12, 18)),
            ((-26, 0.12, 30), (26, 0.12, 31)),
            ((0, 0.12, 17), (0.5, 0.12, 30)),
        ),
        road=(22.0, 4.0),
        bays=((-9, 17.6, 90), (0.5, 9.5, 178)),
        boom=(4.0, 12.6, 8.6),
        quality=28,
        sharpen=0.6,
        clock_at=(10, 22),
        name_at=(455, 348),
        clouds=0.6,
    ),
    Building(
        name="Fence north",
        build=perimeter,
        at=(-0.6, 3.9, 0.0),
        yaw_deg=-1,
        pitch_deg=12,
        focal_px=470,
        begins_h=0.5,
        sun_from_deg=-70,
        outdoor=True,
        fog=True,
        sway_px=1.9,
        wind_px=2.4,
        barrel=0.06,
        infra_red=22,
        walkers=0.25,
        ways=(((-2.5, 0.02, 2), (-2.5, 0.02, 60)), ((4.5, 0, 60), (4.5, 0, 3)), ((-2.5, 0.02, 50), (-9, 0, 30))),
        lamps=(Lamp((-4.0, 4.3, 19), power=0.35),),
        banks=("evening",),
        warm=5,
        crowd=5,
        area=(-4, 1, 12, 36, 0),
        bays=((7.2, 26, 0), (7.2, 15, 2)),
        quality=29,
        sharpen=0.4,
        grain=1.2,
        clock_at=(392, 22),
        name_at=(10, 348),
        clouds=0.7,
    ),
    Building(
        name="Corridor 3F east",
        build=corridor,
        at=(0.8, 2.75, -0.2),
        yaw_deg=-5,
        pitch_deg=15,
        focal_px=370,
        begins_h=1.0,
        sun_from_deg=-80,
        barrel=0.16,
        infra_red=1.5,
        walkers=0.5,
        crowd=20,
        area=(-1.2, 1.2, 3, 22, 0),
        ways=(
            ((-0.5, 0, 1.2), (-0.4, 0, 25)),
            ((0.5, 0, 25), (0.4, 0, 8.5), (1.6, 0, 8.4)),
            ((1.6, 0, 14.2), (0.3, 0, 14), (0.4, 0, 1.5)),
        ),
        lamps=(
            *(Lamp((0, 2.9, 2.8 + n * 4), power=0.11, bank=n // 3) for n in range(6)),
            *(Lamp((-1.4, 1.8, 2.8 + n * 4), (1, -0.2, 0), 0.5, -1) for n in range(6)),
            Lamp((0, 1.7, 25.8), (0, -0.1, -1), 0.4, -1),
        ),
        banks=("lessons", "evening"),
        warm=2,
        doors=((1.46, 3.0, 0, 70, 1.0), (1.46, 8.8, 0, 80, 1.0), (1.46, 14.6, 0, 75, 1.0)),
        quality=26,
        sharpen=0.7,
        clock_at=(10, 348),
        name_at=(450, 22),
        clouds=0.4,
    ),
    Building(
        name="Stairs B 2-3",
        build=stairwell,
        at=(0.25, 2.75, -0.3),
        yaw_deg=-2,
        pitch_deg=24,
        focal_px=350,
        begins_h=1.7,
        sun_from_deg=20,
        barrel=0.18,
        infra_red=1.3,
        walkers=0.35,
        crowd=5,
        area=(-1.4, 1.4, 0.9, 1.8, 0),
        ways=(
            ((-0.5, 0, 0.7), (-0.9, 0, 2), (-0.9, -1.7, 5.4), (0.8, -1.7, 6.2)),
            ((0.9, 1.7, 5.2), (0.9, 0, 2), (0.6, 0, 0.8)),
            ((0.3, -1.7, 6.3), (-0.8, -1.7, 5.4), (-0.8, 0, 2)),
        ),
        lamps=(
            Lamp((0, 3.3, 1.4), power=0.2),
            Lamp((0, 3.3, 6), power=0.14, bank=1),
            Lamp((0, 0.6, 6.9), (0, -0.2, -1), 0.7, -1),
        ),
        banks=("motion", "motion"),
        warm=4,
        preset="superfast",
        quality=30,
        sharpen=0.3,
        grain=1.3,
        clock_at=(392, 348),
        name_at=(10, 22),
        clouds=0.5,
    ),
    Building(
        name="Canteen hall",
        build=canteen,
        at=(-8.4, 3.4, -0.4),
        yaw_deg=24,
        pitch_deg=17,
        focal_px=370,
        begins_h=2.6,
        sun_from_deg=80,
        barrel=0.15,
        walkers=1.2,
        crowd=46,
        area=(-4, 4, 18, 21, 0),
        seats=tuple((x + dx, z + dz) for x, z in canteen_tables() for dx in (-0.5, 0.1, 0.6) for dz in (-0.62, 0.62)),
        ways=(
            ((-8.6, 0, 8), (-3.8, 0, 8), (-3.8, 0, 20.8), (3, 0, 21)),
            ((3.9, 0, 20.8), (3.9, 0, 2)),
            ((-3.7, 0, 20), (-3.7, 0, 3)),
        ),
        lamps=(
            *(Lamp((x, 3.8, z), power=0.5, bank=k) for k, x in enumerate((-6.0, 0.0, 6.0)) for z in (4, 10, 16)),
            *(Lamp((8.8, 2.0, 2.6 + n * 4.4), (-1, -0.25, 0), 1.6, -1) for n in range(5)),
            Lamp((-8.6, 2.5, 8.2), (1, -0.4, 0.2), 0.02, 3),
        ),
        banks=("lessons", "meals", "evening", "always"),
        warm=3,
        quality=25,
        sharpen=0.6,
        clock_at=(10, 22),
        name_at=(10, 348),
        clouds=0.4,
    ),
    Building(
        name="Sports hall",
        build=hall,
        at=(8.2, 4.3, -0.4),
        yaw_deg=-23,
        pitch_deg=15,
        focal_px=400,
        begins_h=0.2,
        sun_from_deg=-90,
        barrel=0.12,
        infra_red=14,
        walkers=0.3,
        crowd=16,
        area=(-7, 7, 6, 23, 0),
        ways=(((-7, 0, 26), (-2, 0, 14), (6, 0, 5)), ((7, 0, 26), (-6, 0, 8))),
        lamps=(
            *(Lamp((x, 6.2, z), power=2.0, bank=k) for k, x in enumerate((-4.5, 4.5)) for z in (3, 9, 15, 21)),
            *(Lamp((x, 5.4, 2.6 + n * 5), (-x, -3, 0), 1.3, -1) for x in (-9.9, 9.9) for n in range(5)),
        ),
        banks=("lessons", "evening"),
        warm=2,
        preset="superfast",
        quality=29,
        sharpen=0.4,
        clock_at=(392, 22),
        name_at=(470, 348),
        clouds=0.5,
    ),
    Building(
        name="Playground west",
        build=playground,
        at=(3.0, 9.5, 0.0),
        yaw_deg=-2,
        pitch_deg=14,
        focal_px=400,
        begins_h=1.3,
        sun_from_deg=165,
        outdoor=True,
        snow=True,
        sway_px=1.2,
        wind_px=1.2,
        barrel=0.08,
        walkers=0.8,
        crowd=30,
        area=(-22, 22, 11, 45, 0),
        flag=(-7.5, 10.8, 55.7),
        ways=(
            ((-26, 0, 13), (26, 0, 13)),
            ((26, 0, 50), (-26, 0, 50)),
            ((-20, 0, 6), (22, 0, 6)),
            ((-6, 0, 9), (-12, 0, 55)),
        ),
        lamps=(
            Lamp((-27, 13, 53), (0.5, -1, -0.8), 16),
            Lamp((27, 13, 53), (-0.5, -1, -0.8), 16),
            Lamp((-4, 9, 0.5), (0, -1, 0.8), 2.6, 1),
            Lamp((14, 9, 0.5), (0, -1, 0.8), 2.6, 1),
        ),
        banks=("evening", "night"),
        warm=2,
        quality=27,
        sharpen=0.5,
        clock_at=(10, 348),
        name_at=(430, 348),
        clouds=0.6,
    ),
    Building(
        name="Car park south",
        build=car_park,
        at=(-1.5, 5.4, -1.5),
        yaw_deg=2,
        pitch_deg=19,
        focal_px=410,
        begins_h=2.0,
        sun_from_deg=-140,
        outdoor=True,
        rain=True,
        sway_px=0.9,
        wind_px=1.6,
        barrel=0.1,
        walkers=0.7,
        crowd=9,
        area=(-11, 9, 12, 15, 0),
        ways=(((-20, 0, 13), (18, 0, 13.5)), ((4, 0, 14), (3, 0, 3)), ((-8, 0.1, 16.5), (-6, 0, 13), (-18, 0, 4))),
        lamps=(
            Lamp((-13.3, 5.4, 12.6), power=1.1),
            Lamp((11, 5.4, 12.6), power=1.1),
            *(Lamp((-10.8 + n * 4.4, 2.25, 17), power=0.16, bank=1) for n in range(5)),
        ),
        banks=("night", "evening"),
        warm=9,
        road=(3.2, 0.0),
        bicycles=(-11.2, 9.4, 17.6, 24),
        bays=tuple((-10.2 + n * 2.6, 9.0, 90.0) for n in range(8)),
        quality=30,
        sharpen=0.6,
        grain=1.1,
        clock_at=(392, 22),
        name_at=(440, 348),
        clouds=0.7,
    ),
)
