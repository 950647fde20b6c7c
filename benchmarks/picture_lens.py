"""Faults of the evaluation footage, as the issue of pictures counts them; knows nothing of how they are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.picture_unseen import Fault
from benchmarks.picture_views import HEIGHT, WIDTH, Floats

MakeFault = Callable[[np.random.Generator], Fault]


def _cover(random: np.random.Generator) -> Fault:
    share = float(random.uniform(0.4, 0.75))
    kind = str(random.choice(["hand", "sheet", "leaf"]))

    def put(light: Floats, chance: np.random.Generator) -> Floats:
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        angle = float(chance.uniform(0, 2 * np.pi))
        if kind == "leaf":  # from the middle outwards
            x, y = chance.uniform(0.3, 0.7) * WIDTH, chance.uniform(0.3, 0.7) * HEIGHT
            reach = np.hypot((columns - x) / 1.6, rows - y)
        else:  # from one side, with fingers or creases
            reach = columns * np.cos(angle) + rows * np.sin(angle)
            across = rows * np.cos(angle) - columns * np.sin(angle)
            waves, deep = (float(chance.uniform(35, 60)), 45.0) if kind == "hand" else (170.0, 14.0)
            reach = reach + deep * np.sin(across / waves * 2 * np.pi)
        mask: Any = (reach < np.quantile(reach, share)).astype(np.float32)
        mask = cv2.GaussianBlur(mask, (0, 0), float(chance.uniform(3, 11)))
        creases: Any = cv2.resize(chance.normal(0, 1, (5, 8)).astype(np.float32), (WIDTH, HEIGHT))
        shade = float(light.mean()) * float(chance.uniform(0.03, 1.1)) * (1 + 0.2 * creases)
        return np.asarray(light * (1 - mask) + shade * mask, np.float32)

    return Fault(cover=put)


def _pan(random: np.random.Generator) -> Fault:
    angle, far = float(random.uniform(0, 2 * np.pi)), float(random.uniform(20, 45))
    return Fault(shift_px=(far * float(np.cos(angle)), far * float(np.sin(angle))))


FAULTS: Final[dict[str, MakeFault]] = {
    "cover": _cover,
    "blur": lambda random: Fault(blur_sigma_px=float(random.uniform(2, 4))),
    "pan": _pan,
    "roll": lambda random: Fault(roll_deg=float(random.uniform(3, 6) * random.choice([-1, 1]))),
    "black": lambda _: Fault(black=True),
    "noise": lambda random: Fault(noise_sigma=float(random.uniform(20, 30))),
}
"""Freezing is made by showing the same picture again."""
