"""What moves and stays for a while in benchmarks/picture_grounds.py: people, vehicles, the sliding gate, the flag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.picture_grounds_march import TALL, WIDE, MarchedPlace
from benchmarks.picture_views import Floats

_CAR: Final = ((-2.2, 0.3), (-2.2, 0.85), (-1.5, 0.95), (-0.9, 1.45), (0.9, 1.45), (1.5, 0.9), (2.2, 0.75), (2.2, 0.3))
_VAN: Final = ((-2.6, 0.35), (-2.6, 2.1), (1.6, 2.15), (2.3, 1.2), (2.7, 1.05), (2.7, 0.35))
_TROLLEY: Final = ((-0.5, 0.12), (-0.5, 0.95), (0.5, 0.95), (0.5, 0.12))


@dataclass(frozen=True, slots=True)
class Stay:
    """A vehicle, or a trolley in a room, and when it is there."""

    begins: int
    ends: int
    x_m: float
    z_m: float
    turn: float
    van: bool
    shade: float
    tone: tuple[float, float]


class PeopledPlace(MarchedPlace):
    """The place, and what may be drawn into it."""

    def _vehicle(self, lit: Floats, u: Floats, v: Floats, light: Floats, one: Stay) -> None:
        profile, wide = (_TROLLEY, 0.6) if not self.view.outdoor else (_VAN, 2.0) if one.van else (_CAR, 1.75)
        along = np.array([np.cos(one.turn), 0, np.sin(one.turn)])
        aside = np.array([-np.sin(one.turn), 0, np.cos(one.turn)])
        middle = np.array([one.x_m, 0, one.z_m])
        sides = [
            np.array([middle + a * along + side * wide / 2 * aside + [0, b, 0] for a, b in profile]) for side in (-1, 1)
        ]
        count = len(profile)
        faces = [(sides[0], 0.85), (sides[1], 0.7)]
        for number in range(count):
            after = (number + 1) % count
            face = np.array([sides[0][number], sides[0][after], sides[1][after], sides[1][number]])
            slope = abs(profile[after][1] - profile[number][1])
            glass = 0.3 < slope < 0.9 and profile[number][1] + profile[after][1] > 1.7 and self.view.outdoor
            faces.append((face, 0.15 if glass else 1.1 if slope < 0.2 else 0.8))
        points, ahead = self._on_screen(np.concatenate(sides))
        if ahead.min() < 1.0:
            return
        low, high = points.min(axis=0) - 8, points.max(axis=0) + 8
        level = one.shade * self._light_at(light, one.x_m, one.z_m)

        def draw() -> None:
            shadow, _ = self._on_screen(
                [
                    middle + a * along * 1.03 + b * aside * wide * 0.55 + [0, 0.01, 0]
                    for a, b in ((profile[0][0], -1), (profile[0][0], 1), (-profile[0][0], 1), (-profile[0][0], -1))
                ]
            )
            cv2.fillPoly(lit, [shadow.astype(np.int32)], level / one.shade * 0.06, cv2.LINE_AA)
            for face, shade in sorted(faces, key=lambda face: -float(((face[0] - self._eye) ** 2).sum(axis=1).mean())):
                corners = self._on_screen(face)[0]
                cv2.fillPoly(lit, [corners.astype(np.int32)], level * shade, cv2.LINE_AA)
                for plane, tone in ((u, one.tone[0]), (v, one.tone[1])):
                    cv2.fillPoly(plane, [(corners / 2).astype(np.int32)], tone if shade > 0.2 else 0)
            near = min(sides, key=lambda side: float(((side - self._eye) ** 2).sum()))
            if self.view.outdoor:
                top = max(b for _, b in profile)
                axis = near[0] + (near[-1] - near[0]) * 0.5
                for low_a, high_a in ((-0.8, -0.05), (0.05, 0.8)):
                    pane = [
                        axis + a * along + [0, b, 0]
                        for a, b in (
                            (low_a, 0.65 * top),
                            (high_a, 0.65 * top),
                            (0.75 * high_a, 0.9 * top),
                            (0.75 * low_a, 0.9 * top),
                        )
                    ]
                    cv2.fillPoly(
                        lit, [self._on_screen(pane)[0].astype(np.int32)], level / one.shade * 0.05, cv2.LINE_AA
                    )
            for a in (0.65 * profile[0][0], -0.65 * profile[0][0]):
                hub, far = self._on_screen(middle + a * along + (near.mean(axis=0) - middle) * [1, 0, 1] + [0, 0.3, 0])
                size = max(1, int(0.31 * self.view.focal_px / far[0] * (1 if self.view.outdoor else 0.3)))
                cv2.circle(lit, (int(hub[0, 0]), int(hub[0, 1])), size, level / one.shade * 0.03, -1, cv2.LINE_AA)

        self._behind((lit, u, v), draw, low, high, float(ahead.mean()))

    def _behind(self, planes: tuple[Floats, Floats, Floats], draw: Any, low: Any, high: Any, near_m: float) -> None:
        """Draw, then put back what stands nearer than `near_m`."""
        left, top = (int(np.clip(one, 0, most)) // 2 * 2 for one, most in zip(low, (WIDE, TALL), strict=True))
        right, under = (int(np.clip(one, 0, most)) // 2 * 2 for one, most in zip(high, (WIDE, TALL), strict=True))
        if right - left < 2 or under - top < 2:
            return
        full, half = np.s_[top:under, left:right], np.s_[top // 2 : under // 2, left // 2 : right // 2]
        hidden = (self._depth[full] < near_m - 0.4) & ~self._level[full]
        kept = [plane[part].copy() for plane, part in zip(planes, (full, half, half), strict=True)]
        draw()
        if hidden.any():
            for plane, part, old, mask in zip(
                planes, (full, half, half), kept, (hidden, hidden[::2, ::2], hidden[::2, ::2]), strict=True
            ):
                plane[part][mask] = old[mask]

    def _walk(
        self,
        lit: Floats,
        u: Floats,
        v: Floats,
        light: Floats,
        random: np.random.Generator,
        walker: tuple[float, float, float],
    ) -> None:
        x, z, size = walker
        stride, arm, facing = (
            float(random.uniform(-0.35, 0.35)),
            float(random.uniform(-0.3, 0.3)),
            float(random.choice([-1, 1])),
        )
        joints = np.array(
            [
                [0, 0.92],
                [stride, 0.06],
                [-stride, 0.06],
                [0, 1.42],
                [arm, 0.95],
                [-arm, 0.95],
                [0.03 * facing, 1.63],
                [0, 0],
            ]
        )
        points, ahead = self._on_screen(
            [[x + a * self._right[0] * size, b * size, z + a * self._right[2] * size] for a, b in joints]
        )
        thick = self.view.focal_px / float(ahead[0]) * size
        if thick < 6 or ahead[0] < 1.2:
            return
        level = self._light_at(light, x, z)
        coat_shade, legs_shade = (
            float(random.choice([0.07, 0.15, 0.3, 0.6, 0.75])),
            float(random.choice([0.05, 0.1, 0.2])),
        )
        tone = (float(random.uniform(-8, 16)), float(random.uniform(-12, 12)))
        at = [(int(a), int(b)) for a, b in points]

        def limb(first: int, second: int, wide: float, shade: float) -> None:
            cv2.line(lit, at[first], at[second], shade * level, max(1, int(wide * thick)), cv2.LINE_AA)

        def draw() -> None:
            cv2.ellipse(
                lit,
                at[7],
                (max(1, int(0.3 * thick)), max(1, int(0.1 * thick))),
                0,
                0,
                360,
                0.1 * level,
                -1,
                cv2.LINE_AA,
            )
            limb(4, 3, 0.11, coat_shade * 0.8)
            limb(0, 1, 0.16, legs_shade)
            limb(0, 2, 0.16, legs_shade * 1.15)
            limb(0, 3, 0.4, coat_shade)
            limb(5, 3, 0.11, coat_shade * 1.15)
            cv2.circle(lit, at[6], max(1, int(0.12 * thick)), 0.33 * level, -1, cv2.LINE_AA)
            cv2.ellipse(
                lit,
                at[6],
                (max(1, int(0.125 * thick)), max(1, int(0.1 * thick))),
                0,
                180,
                360,
                0.03 * level,
                -1,
                cv2.LINE_AA,
            )
            for plane, shade in ((u, tone[0]), (v, tone[1])):
                ends = [(a // 2, b // 2) for a, b in (at[0], at[3])]
                cv2.line(plane, ends[0], ends[1], shade, max(1, int(0.2 * thick)))

        self._behind((lit, u, v), draw, points.min(axis=0) - thick, points.max(axis=0) + thick, float(ahead[0]))

    def _barrier(self, lit: Floats, light: Floats, shut: float) -> None:
        """伸缩门: a lattice that slides together to one side."""
        z, (first, last) = self.view.barrier_z_m, self.view.barrier_m
        reach = first + (last - first) * max(0.16, shut)
        at = np.linspace(first, reach, 27)
        level = self._light_at(light, (first + reach) / 2, z)
        low, high = (self._on_screen([[x, y, z] for x in at])[0].astype(int) for y in (0.12, 1.25))
        for number in range(len(at)):
            cv2.line(lit, tuple(low[number].tolist()), tuple(high[number].tolist()), 0.7 * level, 2, cv2.LINE_AA)
            if number:
                for one, other in ((low, high), (high, low)):
                    cv2.line(
                        lit, tuple(one[number - 1].tolist()), tuple(other[number].tolist()), 0.5 * level, 1, cv2.LINE_AA
                    )

    def _flag(self, lit: Floats, u: Floats, v: Floats, light: Floats, random: np.random.Generator, gust: float) -> None:
        x, y, z = self.view.flag or (0.0, 0.0, 0.0)
        phase, sag = float(random.uniform(0, 6.28)), max(0.0, 0.5 - gust)
        along = np.linspace(0, 1, 9)
        waves = 0.12 * np.sin(along * 7 + phase) * along
        top = [[x + 1.6 * a * (1 - sag), y + w - 1.3 * sag * a, z] for a, w in zip(along, waves, strict=True)]
        cloth, _ = self._on_screen(top + [[a, b - 1.05, c] for a, b, c in reversed(top)])
        level = max(0.002, self._light_at(light, x, z, y))
        cv2.fillPoly(lit, [cloth.astype(np.int32)], 0.2 * level, cv2.LINE_AA)
        for plane, tone in ((u, -22.0), (v, 52.0)):
            cv2.fillPoly(plane, [(cloth / 2).astype(np.int32)], tone)

    def _beam(self, lit: Floats, x: float, z: float) -> None:
        ((column, row),) = self._on_screen([x, 0.3, z])[0].astype(int)
        left, top = max(0, column - 150), max(0, row - 60)
        part = lit[top : max(0, row + 60), left : max(0, column + 150)]
        if part.size:
            rows, columns = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
            part += (0.03 * np.exp(-((columns - column) ** 2 / 70**2 + (rows - row) ** 2 / 22**2))).astype(np.float32)
