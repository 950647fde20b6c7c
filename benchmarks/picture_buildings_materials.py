"""Materials of the eighth set: tiles of brightness that repeat, at falling sizes, with their colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.picture_views import Floats

TEXELS_PER_M: Final = 128
TILE: Final = 512


def cloud(random: np.random.Generator, size: int, *grains: int) -> Floats:
    """Noise that repeats at its edges, of those grain sizes in pixels, with deviation 1."""
    total = np.zeros((size, size), np.float32)
    for grain in grains:
        coarse = random.normal(0, 1, (size // grain, size // grain)).astype(np.float32)
        coarse = np.pad(coarse, 2, mode="wrap")
        large: Any = cv2.resize(coarse, None, fx=grain, fy=grain, interpolation=cv2.INTER_CUBIC)
        total += large[2 * grain : 2 * grain + size, 2 * grain : 2 * grain + size]
    return np.asarray(total / max(1e-6, float(total.std())), np.float32)


@dataclass(frozen=True, slots=True)
class Material:
    """A surface: its brightness by texel at falling sizes, and its colour as shares of brightness."""

    levels: tuple[Floats, ...]
    blue: float
    red: float
    infra_red: float
    """What it throws back of infra-red, against what it throws back of light."""


def _joints(u_m: float, v_m: float, wide: int, shifted: bool) -> Floats:
    # 1 on the joints of a wall or floor of that many metres a stone.
    made = np.zeros((TILE, TILE), np.float32)
    down, across = round(TILE / round(4 / v_m)), round(TILE / round(4 / u_m))
    for row, top in enumerate(range(0, TILE, down)):
        made[top : top + wide] = 1
        for left in range(0, TILE, across):
            begin = (left + (across // 2 if shifted and row % 2 else 0)) % TILE
            made[top : top + down, begin : begin + wide] = 1
    return made


def _stones(random: np.random.Generator, u_m: float, v_m: float, shifted: bool) -> Floats:
    # Every stone its own brightness.
    made = np.zeros((TILE, TILE), np.float32)
    down, across = round(TILE / round(4 / v_m)), round(TILE / round(4 / u_m))
    for row, top in enumerate(range(0, TILE, down)):
        offset = across // 2 if shifted and row % 2 else 0
        strip = np.repeat(random.normal(0, 1, TILE // across + 1), across)[:TILE]
        made[top : top + down] = np.roll(strip, offset)
    return made


def _pyramid(tile: Floats) -> tuple[Floats, ...]:
    levels = [np.clip(tile, 0.015, 0.92).astype(np.float32)]
    while levels[-1].shape[0] > 8:
        halved: Any = cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        levels.append(halved)
    return tuple(levels)


def materials(seed: int) -> dict[str, Material]:
    """All materials of a school."""
    random = np.random.default_rng(seed)
    fine, mid, broad = cloud(random, TILE, 1), cloud(random, TILE, 4, 8), cloud(random, TILE, 32, 64)
    boards = np.repeat(random.normal(0, 1, 32), 16)[None, :].astype(np.float32)
    panels = _joints(0.6, 0.6, 3, False)
    # brightness, blue, red, infra-red against light
    drawn: dict[str, tuple[Floats, float, float, float]] = {
        "asphalt": (0.14 + 0.022 * fine + 0.012 * mid + 0.012 * broad, 0.01, 0.0, 1.2),
        "concrete": (0.34 + 0.012 * fine + 0.02 * mid + 0.03 * broad, -0.02, 0.01, 1.1),
        "pavers": (
            0.3 + 0.03 * _stones(random, 0.4, 0.2, True) + 0.015 * fine - 0.12 * _joints(0.4, 0.2, 2, True),
            -0.03,
            0.04,
            1.1,
        ),
        "brick": (
            0.24 + 0.035 * _stones(random, 0.25, 0.08, True) + 0.015 * fine + 0.1 * _joints(0.25, 0.08, 1, True),
            -0.11,
            0.2,
            1.5,
        ),
        "plaster": (0.66 + 0.006 * fine + 0.006 * mid + 0.012 * broad, -0.02, 0.012, 1.0),
        "render": (0.52 + 0.012 * fine + 0.02 * broad, -0.07, 0.05, 1.1),
        "dado": (0.4 + 0.004 * fine + 0.006 * broad, -0.04, -0.08, 1.1),
        "tiles": (
            0.5 + 0.015 * _stones(random, 0.8, 0.8, False) + 0.004 * fine - 0.1 * _joints(0.8, 0.8, 1, False),
            -0.02,
            0.015,
            1.0,
        ),
        "terrazzo": (0.38 + 0.03 * fine + 0.012 * mid, 0.0, 0.012, 1.0),
        "grass": (0.13 + 0.03 * fine + 0.025 * mid + 0.02 * broad, -0.14, -0.06, 2.6),
        "leaf": (0.12 + 0.04 * mid + 0.02 * fine, -0.15, -0.07, 3.2),
        "bark": (0.13 + 0.03 * fine + 0.03 * mid, -0.06, 0.06, 1.5),
        "steel": (0.45 + 0.01 * fine + 0.02 * broad, 0.02, -0.01, 1.0),
        "black": (0.05 + 0.006 * fine, 0.0, 0.0, 1.4),
        "glass": (0.1 + 0.02 * broad, 0.06, -0.03, 0.8),
        "wood": (0.27 + 0.03 * boards + 0.012 * mid, -0.13, 0.11, 1.5),
        "floor": (0.36 + 0.012 * boards + 0.008 * mid, -0.14, 0.1, 1.4),
        "rubber": (0.19 + 0.02 * fine + 0.012 * broad, -0.05, 0.3, 1.5),
        "white": (0.74 + 0.01 * broad, 0.0, 0.0, 1.0),
        "yellow": (0.5 + 0.02 * broad, -0.35, 0.12, 1.1),
        "red": (0.2 + 0.01 * broad, -0.05, 0.5, 1.6),
        "blue": (0.2 + 0.01 * broad, 0.35, -0.12, 1.3),
        "ceiling": (0.7 + 0.006 * fine - 0.22 * panels, -0.01, 0.0, 1.0),
        "lamp": (0.9 + 0.0 * broad, 0.0, 0.0, 1.0),
        "poster": (0.45 + 0.16 * _stones(random, 0.4, 0.25, True), 0.03, 0.08, 1.0),
    }
    return {name: Material(_pyramid(tile), *tint) for name, (tile, *tint) in drawn.items()}
