"""Key places for benchmarks/picture_grounds.py, in metres: gate, canteen kitchen, corridor, playground, stairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Metres = tuple[float, float, float]
_WHITE: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """A thing that stands in the view."""

    at: Metres
    """Its middle."""
    half: Metres
    """Half of its size; of a post and of leaves the first is the radius."""
    shade: float
    coat: str = "plain"
    tone: tuple[float, float] = (0.0, 0.0)
    shape: str = "box"
    """box, post or leaves."""

    def gap(self, where: Any) -> Any:
        """How far each point (3, n) is from it, in metres; less than nothing inside."""
        x, y, z = (where[axis] - np.float32(self.at[axis]) for axis in range(3))
        if self.shape == "leaves":
            lumps = np.sin(5.1 * x + self.at[0]) * np.sin(4.3 * y + 1) * np.sin(5.7 * z)
            return (np.sqrt(x * x + y * y + z * z) - np.float32(self.half[0]) + np.float32(0.25) * lumps) * np.float32(
                0.6
            )
        y = np.abs(y) - np.float32(self.half[1])
        if self.shape == "post":
            out = np.sqrt(x * x + z * z) - np.float32(self.half[0])
            return np.sqrt(np.maximum(out, 0) ** 2 + np.maximum(y, 0) ** 2) + np.minimum(np.maximum(out, y), 0)
        x, z = np.abs(x) - np.float32(self.half[0]), np.abs(z) - np.float32(self.half[2])
        out = np.sqrt(np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2 + np.maximum(z, 0) ** 2)
        return out + np.minimum(np.maximum(np.maximum(x, y), z), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A light; those of one bank are switched together."""

    at: Metres
    power: float
    bank: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A place, its camera, and what happens there."""

    name: str
    begins_h: float
    """Where in the short day: light until 1, dark from 1.25 to 2.05."""
    high_m: float
    tilt_deg: float
    solids: tuple[Solid, ...]
    lamps: tuple[Lamp, ...]
    floor: str
    walk: tuple[float, float, float, float]
    """Where people are: x from and to, z from and to."""
    turn_deg: float = 0.0
    focal_px: float = 450.0
    outdoor: bool = True
    people: int = 4
    parks: int = 0
    bays: tuple[tuple[float, float], ...] = ((0.0, 9.0),)
    road_z_m: float = 0.0
    barrier_z_m: float = 0.0
    barrier_m: tuple[float, float] = (0.0, 0.0)
    flag: Metres | None = None
    pots: tuple[Metres, ...] = ()
    glowing: bool = False
    weather: str = ""
    infra_red: float = 0.0
    """Strength of its own lamp; 0 means none."""
    warm: float = 5.0
    sway_px: float = 0.15
    barrel: float = 0.08
    most_gain: float = 24.0
    sharpened: float = 0.3
    quality: int = 28
    h265: bool = False


def _box(
    x: float,
    y: float,
    z: float,
    wide: float,
    high: float,
    deep: float,
    shade: float,
    coat: str = "plain",
    tone: tuple[float, float] = (0.0, 0.0),
) -> Solid:
    # x and z of its middle, y of its foot.
    return Solid(at=(x, y + high / 2, z), half=(wide / 2, high / 2, deep / 2), shade=shade, coat=coat, tone=tone)


def _post(x: float, z: float, radius: float, high: float, shade: float, y: float = 0.0) -> Solid:
    return Solid(at=(x, y + high / 2, z), half=(radius, high / 2, radius), shade=shade, shape="post")


def _tree(x: float, z: float, high: float, wide: float) -> tuple[Solid, ...]:
    crown = ((0.0, 0.0, 0.0, 1.0), (0.7, -0.3, 0.3, 0.7), (-0.6, -0.2, -0.3, 0.75))
    return (
        _post(x, z, 0.14, high, 0.15),
        *(
            Solid(
                at=(x + a * wide, high + b * wide, z + c * wide),
                half=(wide * size,) * 3,
                shade=0.13,
                coat="leaves",
                tone=(-13.0, -8.0),
                shape="leaves",
            )
            for a, b, c, size in crown
        ),
    )


# fmt: off
_GATE: Final = Ground(
    name="main gate", begins_h=0.0, high_m=4.6, tilt_deg=15, turn_deg=-6, focal_px=440, floor="road",
    walk=(-7, 7, 6, 22), people=5, parks=7, bays=((-5.9, 8.6), (-6.1, 13.0), (4.6, 10.6), (-2.0, 18.2)), road_z_m=21.0,
    barrier_z_m=16.0, barrier_m=(-3.6, 4.2), flag=(-8.0, 6.4, 15.0), glowing=True, weather="rain", warm=7,
    sway_px=0.35, quality=29,
    solids=(
        _box(-4.2, 0, 16, 0.9, 2.6, 0.9, 0.42, "brick", (-6, 14)),
        _box(4.8, 0, 16, 0.9, 2.6, 0.9, 0.42, "brick", (-6, 14)), _box(7.4, 0, 15.2, 3.6, 3.0, 3.2, 0.6, "windows"),
        _box(7.4, 3.0, 15.2, 4.2, 0.25, 3.8, 0.3), _box(-12, 0, 16.2, 15, 2.2, 0.3, 0.5, "brick", (-4, 10)),
        _box(16, 0, 16.2, 13, 2.2, 0.3, 0.5, "brick", (-4, 10)),
        _box(-14, 0, 38, 24, 13.6, 8, 0.5, "windows", (-2, 5)), _box(13, 0, 40, 25, 10.2, 8, 0.42, "windows", (4, -2)),
        _post(-8.0, 15.0, 0.06, 8.6, 0.6), _post(2.5, 26.8, 0.09, 7.5, 0.35), _post(-9, 26.8, 0.09, 7.5, 0.35),
        _box(1.6, 0, 27.6, 0.9, 2.1, 0.3, 0.3, "tile", (10, -8)), *_tree(-8.5, 28.5, 4.2, 1.9),
        *_tree(7.5, 28.5, 4.6, 2.1),
    ),
    lamps=(
        Lamp(at=(2.5, 7.2, 25.9), power=1.5, bank="street"), Lamp(at=(-9, 7.2, 25.9), power=1.2, bank="street"),
        Lamp(at=(5.2, 3.3, 12.5), power=0.5, bank="street"), Lamp(at=(-2, 5.5, 3), power=0.35, bank="flood"),
    ),
)
_KITCHEN: Final = Ground(
    name="canteen kitchen", begins_h=0.9, high_m=2.9, tilt_deg=22, turn_deg=14, focal_px=400, floor="tiles",
    walk=(-1.2, 3.6, 2.6, 8.4), outdoor=False, people=5, parks=5, bays=((-0.4, 4.6), (3.4, 7.4)), weather="steam",
    warm=2, infra_red=0.35, sway_px=0.08, quality=31, pots=((-2.3, 1.2, 5.0), (-2.3, 1.2, 7.0)),
    solids=(
        _box(-3.3, 0, 5, 0.2, 3.1, 12, 0.68, "tile"), _box(5.3, 0, 5, 0.2, 3.1, 12, 0.68, "tile"),
        _box(1, 0, 10.2, 10, 3.1, 0.2, 0.68, "tile"), _box(1, 3.1, 5, 10, 0.1, 13, 0.7),
        _box(-2.5, 0, 5.6, 1.2, 0.85, 6.0, 0.45, "steel"), _box(-2.6, 2.1, 5.8, 1.3, 0.45, 5.4, 0.5, "steel"),
        _box(1.3, 0.8, 5.6, 1.1, 0.06, 3.6, 0.55, "steel"), _box(1.3, 0.25, 5.6, 1.0, 0.04, 3.5, 0.4, "steel"),
        *(_post(x, z, 0.03, 0.8, 0.4) for x in (0.85, 1.75) for z in (3.9, 7.3)),
        *(_post(-2.3, z, 0.36, 0.45, 0.3, 0.85) for z in (4.0, 5.2, 6.6, 7.8)),
        *(_post(0.95 + 0.3 * (n % 3), 4.4 + 0.5 * n, 0.1 + 0.03 * (n % 2), 0.18, 0.2 + 0.15 * (n % 4), 0.86)
          for n in range(6)),
        _box(4.6, 0, 8.4, 1.1, 2.0, 1.4, 0.62, "steel"), _box(4.7, 0, 5.6, 0.9, 1.75, 1.2, 0.35, "plain", (12, -8)),
        _box(3.0, 1.2, 10.05, 1.6, 1.1, 0.1, 0.22), _box(0.4, 0, 10.05, 1.1, 2.1, 0.12, 0.25, "plain", (-6, 8)),
        _box(5.15, 1.5, 3.4, 0.1, 0.7, 1.0, 0.5, "tile", (-8, 18)),
    ),
    lamps=(
        Lamp(at=(0.5, 2.9, 4.0), power=0.5, bank="first"), Lamp(at=(0.5, 2.9, 7.6), power=0.5, bank="second"),
        Lamp(at=(-2.2, 2.0, 6.0), power=0.1, bank="third"), Lamp(at=(3.0, 1.9, 9.7), power=0.35, bank="window"),
        Lamp(at=(0.4, 2.3, 9.8), power=0.003, bank="always"),
    ),
)
_CORRIDOR: Final = Ground(
    name="dormitory corridor", begins_h=1.1, high_m=2.55, tilt_deg=15, turn_deg=2, focal_px=430, floor="stone",
    walk=(-0.8, 1.0, 3, 22), outdoor=False, people=3, infra_red=0.3, warm=3, sway_px=0.06, quality=27, h265=True,
    sharpened=0.2,
    solids=(
        _box(-1.25, 0, 16, 0.2, 2.9, 40, 0.62, "doors"), _box(1.45, 0, 16, 0.2, 2.9, 40, 0.62, "doors"),
        _box(0, 2.9, 16, 4, 0.2, 40, _WHITE), _box(0, 0, 34, 4, 2.9, 0.2, 0.5),
        _box(0.1, 0, 33.9, 1.4, 2.1, 0.1, 0.85), _box(1.28, 0, 8.2, 0.22, 0.85, 0.7, 0.25, "plain", (-12, 40)),
        _box(-1.1, 2.45, 14, 0.2, 0.2, 0.5, 0.4, "plain", (-10, -18)), _box(1.2, 0, 17.5, 0.4, 0.9, 0.4, 0.2),
        *(_box(0.1, 2.84, 4 + 6 * n, 0.9, 0.06, 0.25, 0.9) for n in range(5)),
    ),
    lamps=(
        *(Lamp(at=(0.1, 2.7, 4 + 6.0 * n), power=0.3, bank=bank) for n in range(4) for bank in ("first", "sound")),
        Lamp(at=(0.1, 1.6, 32.5), power=4.0, bank="window"), Lamp(at=(-0.9, 2.4, 14.0), power=0.012, bank="always"),
    ),
)
_PLAYGROUND: Final = Ground(
    name="running track", begins_h=1.9, high_m=8.5, tilt_deg=15, turn_deg=9, focal_px=470, floor="track",
    walk=(-16, 30, 12, 46), people=9, parks=2, bays=((-7.0, 12.6), (8.0, 12.8)), glowing=True, weather="mist", warm=3,
    sway_px=0.5, quality=30, most_gain=32, infra_red=0.12,
    solids=(
        _box(-2, 0, 84, 60, 14, 10, 0.52, "windows", (-2, 6)), _box(52, 0, 78, 30, 10.4, 10, 0.45, "brick", (-4, 12)),
        *(_box(6, 0.45 * n, 74.5 + 0.8 * n, 26, 0.45, 0.8, 0.45) for n in range(4)),
        *(_post(x, z, 0.1, 2.4, 0.75) for x in (-27.5, -27.4) for z in (41, 47)),
        _box(-27.4, 2.3, 44, 0.12, 0.12, 6, 0.75), _post(-9, 13, 0.12, 12, 0.4), _post(24, 14.5, 0.12, 12, 0.4),
        _box(14.5, 0, 13.5, 2.2, 0.75, 1.2, 0.3, "plain", (10, -6)), _post(4.0, 12.4, 0.08, 3.0, 0.3),
        _box(4.0, 2.9, 12.9, 1.8, 1.1, 0.06, 0.8), *_tree(-24, 70, 6, 3.4), *_tree(-34, 66, 6.5, 3.6),
        *_tree(36, 70, 6, 3.2), *_tree(44, 64, 7, 3.8),
    ),
    lamps=(
        Lamp(at=(-9, 12, 13.6), power=9.0, bank="flood"), Lamp(at=(24, 12, 15.1), power=9.0, bank="flood"),
        Lamp(at=(-30, 9, 72), power=2.5, bank="street"), Lamp(at=(20, 9, 76), power=2.0, bank="street"),
    ),
)
_STAIRS: Final = Ground(
    name="stairs west wing", begins_h=0.6, high_m=2.6, tilt_deg=12, turn_deg=5, focal_px=420, floor="bare",
    walk=(-1.2, 1.2, 2.2, 3.4), outdoor=False, people=2, warm=5, sway_px=0.06, quality=26, most_gain=28,
    sharpened=0.15,
    solids=(
        _box(-1.95, 0, 4, 0.2, 6, 12, 0.66, "dado"), _box(1.95, 0, 4, 0.2, 6, 12, 0.66, "dado"),
        _box(0, 0, 8.1, 4, 6, 0.2, 0.66), _box(0, 4.6, 4, 4, 0.2, 12, _WHITE),
        *(_box(-0.95, 0, 3.6 + 0.3 * n + 1.2, 1.7, 0.16 * (n + 1), 2.4, 0.4) for n in range(10)),
        _box(0.0, 0, 5.2, 0.12, 1.1, 3.6, 0.55), _box(0.0, 1.1, 5.2, 0.09, 0.08, 3.6, 0.15, "plain", (-4, 12)),
        _box(0.9, 0.0, 8.02, 1.0, 2.05, 0.12, 0.3, "plain", (-3, 8)), _box(-0.9, 2.6, 8.02, 1.2, 1.0, 0.08, 0.85),
    ),
    lamps=(
        Lamp(at=(0.3, 4.3, 3.4), power=0.7, bank="first"), Lamp(at=(0.3, 4.3, 3.4), power=0.7, bank="sound"),
        Lamp(at=(-0.9, 3.1, 7.7), power=0.8, bank="window"), Lamp(at=(0.9, 2.3, 7.7), power=0.1, bank="always"),
    ),
)
# fmt: on
PLACES: Final = (_GATE, _KITCHEN, _CORRIDOR, _PLAYGROUND, _STAIRS)
