"""What happens in a short day of the eighth set, by look: hours, weather, lamps, who comes and what stays."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np

from benchmarks.picture_buildings_people import Tint, Vehicle
from benchmarks.picture_buildings_views import Building, Way
from benchmarks.picture_unseen import LOOK_S

DAY_H: Final = 2.75
BUILDING_LOOKS: Final = int(DAY_H * 3600 / LOOK_S)
SUNS: Final = 16
PAINTS: Final[tuple[Tint, ...]] = (
    (0.6, 0, 0),
    (0.08, 0, 0),
    (0.25, 0, 0),
    (0.4, 0.02, -0.01),
    (0.14, 0.22, -0.08),
    (0.13, -0.05, 0.42),
    (0.3, -0.08, 0.03),
)


class Day:
    """The timetable of a view; figures by look unless said otherwise."""

    def __init__(self, view: Building, random: np.random.Generator) -> None:
        self._view, count = view, BUILDING_LOOKS
        numbers = np.arange(count)
        self.hour = (numbers * LOOK_S / 3600 + view.begins_h) % DAY_H
        ramp = np.clip(np.minimum((1.42 - self.hour) / 0.34, 1), 0, 1) + np.clip((self.hour - 2.18) / 0.34, 0, 1)
        self.day = np.clip(ramp, 0, 1) ** 4

        def waves(slow: float) -> Any:
            return sum(np.sin(numbers / (slow / k) + random.uniform(0, 6.3)) / k for k in (1, 1.7, 3.1, 6.3))

        self.clear = 1 / (1 + np.exp(-6 * (waves(40) * 0.5 + 0.9 - 1.6 * view.clouds)))
        self.gust = np.clip(0.45 + 0.35 * waves(25), 0.05, 1.2)
        self.rain, self.fog, self.snow = (np.zeros(count) for _ in range(3))
        for wanted, series, length in ((view.rain, self.rain, (90, 200)), (view.fog, self.fog, (120, 260))):
            for _ in range(3 if wanted else 0):
                begin, long = int(random.integers(0, count - 80)), int(random.integers(*length))
                shape = np.clip(np.minimum(numbers - begin, begin + long - numbers) / 25, 0, 1)
                series[:] = np.maximum(series, shape * random.uniform(0.5, 1))
        if view.snow:
            begin, long = int(random.integers(130, 300)), int(random.integers(260, 380))
            self.snow[:] = np.clip(np.minimum(numbers - begin, begin + long - numbers) / 20, 0, 1)
        wet, lies = 0.0, 0.0
        self.wet, self.lies = np.zeros(count), np.zeros(count)
        for n in range(count):
            wet = min(1.0, wet + 0.04 * self.rain[n]) * (1 - 0.006 * (1 - self.rain[n]))
            lies = float(np.clip(lies + 0.0042 * self.snow[n] - 0.0012 * self.day[n] * (1 - self.snow[n]), 0, 1))
            self.wet[n], self.lies[n] = wet, lies
        bad = np.maximum(self.rain, np.maximum(self.fog, self.snow))
        self.clear *= np.clip(1 - 1.6 * bad, 0, 1)
        self.breaks = np.zeros(count, bool)
        for _ in range(6):
            begin = int(random.integers(0, count))
            self.breaks[begin : begin + int(random.integers(45, 90))] = True
        self.breaks &= self.day > 0.02
        treading = (0.15 * (self.day > 0.02) + self.breaks) * (self.lies > 0.3) - 3 * (self.snow > 0.5) * 0.12
        walked = 0.0
        self.walked = np.zeros(count)
        for n in range(count):
            walked = float(np.clip(walked + treading[n] / 200, 0, 1))
            self.walked[n] = walked
        self._happenings(random)

    def _happenings(self, random: np.random.Generator) -> None:
        view, count = self._view, BUILDING_LOOKS
        self.visits: list[tuple[float, float, Way, bool, int]] = []
        for way in view.ways:
            long = sum(float(np.hypot(b[0] - a[0], b[2] - a[2])) for a, b in pairwise(way))
            lasts = max(0.5, long / 1.25 / LOOK_S)
            for n in range(count):
                busy = 5.0 if self.breaks[n] else 1.0 if self.day[n] > 0.02 else 0.5 if self.hour[n] < 1.7 else 0.06
                for _ in range(int(random.poisson(view.walkers * busy / len(view.ways) / lasts))):
                    self.visits.append(
                        (n + random.random(), lasts, way, random.random() < 0.5, int(random.integers(1 << 30)))
                    )
        self.standing: list[tuple[int, int, tuple[float, float, float], bool, int]] = []
        low_x, high_x, low_z, high_z, floor = view.area
        at = 0
        while at < count and view.crowd:
            if self.breaks[at]:
                for _ in range(int(random.poisson(view.crowd / 14))):
                    spot = float(random.uniform(low_x, high_x)), floor, float(random.uniform(low_z, high_z))
                    seat = bool(view.seats) and random.random() < 0.75
                    if seat:
                        x, z = view.seats[int(random.integers(len(view.seats)))]
                        spot = x, view.seat_m, z
                    lasts = int(random.choice([3, 8, 20, 35]))
                    self.standing.append((at, at + lasts, spot, seat, int(random.integers(1 << 30))))
            elif self.day[at] > 0.02 and random.random() < 0.02:
                spot = float(random.uniform(low_x, high_x)), floor, float(random.uniform(low_z, high_z))
                self.standing.append(
                    (at, at + int(random.choice([6, 20, 60])), spot, False, int(random.integers(1 << 30)))
                )
            at += 1
        self.parked: list[tuple[int, int, Vehicle]] = []
        for x, z, heading in view.bays:
            free = int(random.integers(-200, 40))
            while free < count:
                waits = abs(heading - 178) < 1
                ends = free + int(random.choice([2, 4, 9] if waits else [20, 60, 200, 500]))
                car = Vehicle(
                    x + float(random.normal(0, 0.15)),
                    z + float(random.normal(0, 0.2)),
                    heading + float(random.normal(0, 2)) + 180 * (random.random() < 0.3),
                    bool(random.random() < 0.2),
                    PAINTS[int(random.integers(len(PAINTS)))],
                )
                self.parked.append((free, ends, car))
                free = ends + int(random.choice([6, 30, 90, 250]))
        self.bicycles: list[tuple[int, int, float, float, bool, Tint]] = []
        if view.bicycles:
            low, high, z, places = view.bicycles
            for n in range(places):
                free = int(random.integers(-400, 150))
                while free < count:
                    ends = free + int(random.choice([60, 250, 600]))
                    tint = PAINTS[int(random.integers(len(PAINTS)))]
                    x = low + (high - low) * n / places + float(random.normal(0, 0.08))
                    self.bicycles.append(
                        (free, ends, x, float(random.normal(0, 0.12)), bool(random.random() < 0.6), tint)
                    )
                    free = ends + int(random.integers(5, 200))
        self.banks_on = [self._switched(kind, random) for kind in view.banks]
        dark = (self.day < 0.012) & (np.sum(self.banks_on, axis=0) == 0 if not view.outdoor else True)
        if view.outdoor and view.banks[0] == "evening":
            dark &= ~self.banks_on[0]
        self.sees_infra_red = dark & (view.infra_red > 0)

    def _switched(self, kind: str, random: np.random.Generator) -> Any:
        # When lamps of that kind are on, by look.
        numbers = np.arange(BUILDING_LOOKS)
        if kind == "always":
            return numbers >= 0
        if kind == "night":
            return self.day < float(random.uniform(0.02, 0.06))
        if kind == "evening":
            return (self.day < float(random.uniform(0.03, 0.08))) & (self.hour < float(random.uniform(1.6, 1.9)))
        if kind == "meals":
            return self.breaks | (self.day < 0.1) & (self.hour < 1.65)
        if kind == "motion":
            near = np.zeros(BUILDING_LOOKS, bool)
            for begin, lasts, *_ in self.visits:
                near[int(begin) : int(begin + lasts) + int(random.integers(3, 7))] = True
            return near & (self.day < 0.15)
        on = np.zeros(BUILDING_LOOKS, bool)
        state, changes = True, 0
        for n in range(BUILDING_LOOKS):
            if n >= changes:
                state, changes = bool(random.random() < 0.65), n + int(random.integers(30, 140))
            on[n] = state and (self.day[n] > 0.02 or self.hour[n] < 1.62)
        return on

    def weights(self, number: int) -> list[float]:
        """How strongly sky, windows, panes, infra-red, each bank and each sun shine at a look."""
        view, day, clear = self._view, float(self.day[number]), float(self.clear[number])
        sky = day * (0.42 + 0.16 * clear - 0.1 * self.rain[number]) + (0.0007 if view.outdoor else 0.0004)
        windows = day * (0.8 + 0.7 * clear)
        evening = 1.0 if day < 0.08 and self.hour[number] < 1.95 else 0.0
        banks = [float(on[number]) for on in self.banks_on]
        suns = [0.0] * SUNS
        place = along(float(self.hour[number])) * SUNS - 0.5
        if 0 <= place < SUNS - 1:
            low, part = int(place), place - int(place)
            strength = 1.25 * day * clear
            suns[low], suns[low + 1] = strength * (1 - part), strength * part
        return [sky, windows, evening, float(self.sees_infra_red[number]), *banks, *suns]


def along(hour: float) -> float:
    """How far the sun is on its way, 0 to 1 from dawn to dusk."""
    return ((hour - 2.3) % DAY_H) / 1.75


def sun(view: Building, part: float) -> Any:
    """Whereto the sun is, when that part of its way is done."""
    high = np.deg2rad(4 + 46 * np.sin(np.pi * np.clip(part, 0, 1)))
    turn = np.deg2rad(view.sun_from_deg + 95 * (2 * part - 1))
    return np.array([np.sin(turn) * np.cos(high), np.sin(high), np.cos(turn) * np.cos(high)])


def on_way(way: Way, part: float) -> tuple[float, float, float, float]:
    """Where one is (x, y, z) after that part of a way, and whereto one goes, in radians."""
    corners = np.array(way)
    sides = np.hypot(np.diff(corners[:, 0]), np.diff(corners[:, 2]))
    far = float(np.clip(part, 0, 1)) * float(sides.sum())
    for a, b, side in zip(corners, corners[1:], sides, strict=False):
        if far <= side or b is corners[-1]:
            at = a + (b - a) * min(1.0, far / max(side, 1e-6))
            return float(at[0]), float(at[1]), float(at[2]), float(np.arctan2(b[0] - a[0], b[2] - a[2]))
        far -= side
    return (*way[-1], 0.0)
