"""An eighth set of evaluation footage: eight places of a school as meshes; knows nothing of how it is judged.

Written after the judgement was frozen in 4a18ab5. Quadrilaterals with materials are drawn into a z-buffer at twice the
size; what sun (with shadow maps along its way), sky, windows, each bank of lamps and the camera's infra-red give each
point is worked out once per view, and a look adds them by the hour. People, vehicles and bicycles are polygons painted
behind what stands nearer. The camera meters the middle, settles slowly, turns its gain up, sharpens, and codes H.264
with one quantiser. A day is 2.75 hours: day, dusk, night, dawn, day; each view begins at another hour.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from benchmarks.picture_buildings_day import BUILDING_LOOKS, PAINTS, SUNS, Day, along, on_way, sun
from benchmarks.picture_buildings_materials import cloud, materials
from benchmarks.picture_buildings_mesh import TALL, WIDE, Pinhole, Seen
from benchmarks.picture_buildings_people import Person, Stage, Vehicle
from benchmarks.picture_buildings_sensor import Camera
from benchmarks.picture_buildings_views import BUILDINGS, Building
from benchmarks.picture_unseen import LOOK_S, Fault, Look
from benchmarks.picture_views import Floats

__all__ = ["BUILDINGS", "BUILDING_LOOKS", "Building", "BuildingFootage"]

OUTSIDE: Final = ("grass", "render", "brick", "pavers", "leaf", "bark", "glass")
"""What only stands outside in the views of rooms."""


class BuildingFootage:
    """A view through one short day."""

    def __init__(self, view: Building, seed: int) -> None:
        self.view, self.seed = view, seed
        random = np.random.default_rng(seed)
        self._camera = Camera(view, seed)
        self._painted: dict[object, tuple[Any, Floats]] = {}
        self._eye = Pinhole(view.at, view.yaw_deg, view.pitch_deg, view.focal_px, (WIDE, TALL))
        self._bake(random)
        self._day = Day(view, random)
        self._settle()

    # ── once per view ───────────────────────────────────────────────────────────────────────────────────────────────

    def _bake(self, random: np.random.Generator) -> None:
        view = self.view
        finer = Pinhole(view.at, view.yaw_deg, view.pitch_deg, view.focal_px * 2, (WIDE * 2, TALL * 2))
        seen = Seen(view.build(random), finer, materials(self.seed), self.seed)
        albedo = seen.albedo

        def kept(falls: Any) -> Floats:
            return _half(np.asarray(falls, np.float32) * albedo)

        outside = seen.sky | np.isin(seen.coat, [seen.names.index(one) for one in OUTSIDE if one in seen.names])
        room = None if view.outdoor else ~outside
        ways = [sun(view, (n + 0.5) / SUNS) for n in range(SUNS)]
        self._suns = [kept(seen.sunlight(one, room, view.shades_beyond_m)) for one in ways]
        around = np.zeros_like(albedo)
        turns = random.uniform(0, 2 * np.pi)
        for n in range(18):
            high, turn = np.deg2rad((14, 38, 66)[n % 3]), turns + n * 2.4
            around += seen.sunlight(np.array([np.cos(turn) * np.cos(high), np.sin(high), np.sin(turn) * np.cos(high)]))
        around = np.asarray(cv2.GaussianBlur(around / 11, (0, 0), 1.5), np.float32) + 0.16
        if not view.outdoor:
            around *= outside
        sky = kept(around)
        rows = np.linspace(0.75, 1.15, TALL, dtype=np.float32)[:, None]
        self._sky_share = _half(seen.sky.astype(np.float32))
        sky += self._sky_share * rows * np.float32(1.0)
        self._sky = sky
        inside = ~outside
        bounce = 0.7 if not view.outdoor else 0.06

        def together(lamps: list[Any]) -> Floats:
            total = sum((seen.lamplight(lamp) for lamp in lamps), np.zeros_like(albedo))
            room = float(total[inside].mean()) if inside.any() else 0.0
            return kept(total + bounce * room * inside)

        self._banks = [together([one for one in view.lamps if one.bank == bank]) for bank in range(len(view.banks))]
        self._windows = together([one for one in view.lamps if one.bank == -1])
        if "lamp" in seen.names:
            self._banks[0] += _half((seen.coat == seen.names.index("lamp")).astype(np.float32)) * np.float32(1.2)
        panes = np.zeros_like(albedo)
        if "glass" in seen.names:
            lit = np.random.default_rng((self.seed, 5)).random(20_000) < 0.22
            panes = (seen.coat == seen.names.index("glass")) & lit[seen.which % 20_000]
        self._panes = _half(panes.astype(np.float32)) * np.float32(0.012)
        self._infra_red = kept(seen.from_the_lens(view.infra_red, 5.0) * seen.infra_red) if view.infra_red else sky * 0
        self._albedo = np.maximum(_half(albedo), 0.02)
        self._darker = 1 / self._albedo
        self._depth = np.ascontiguousarray(seen.depth[::2, ::2])
        self._blue, self._red = _half(seen.blue), _half(seen.red)
        self._level = _half(np.clip(seen.normal[..., 1] * 2 - 0.8, 0, 1) * ~seen.sky)
        drifts = cloud(np.random.default_rng((self.seed, 3)), 1024, 4, 16, 64, 128)
        across, along = (np.ascontiguousarray(seen.points[..., axis] * 28 % 1022) for axis in (0, 2))
        self._ground_rows = np.s_[int(np.argmax(self._level.max(axis=1) > 0.1)) :]
        self._flakes = _half(cv2.remap(drifts, across, along, cv2.INTER_LINEAR))
        self._steps = self._footprints() if view.snow else np.zeros_like(self._depth)
        trodden = ("pavers", "asphalt", "concrete")
        self._trodden = _half(np.isin(seen.coat, [seen.names.index(o) for o in trodden if o in seen.names]) * 0.5)
        leaves = np.isin(seen.coat, [seen.names.index(o) for o in ("leaf",) if o in seen.names])
        self._leaves = np.asarray(cv2.GaussianBlur(_half(leaves.astype(np.float32)), (0, 0), 2), np.float32)
        plain_x, plain_y = self._camera.maps(Fault(), (0.0, 0.0, 0.0))
        self._leaves_seen = np.asarray(cv2.remap(self._leaves, plain_x, plain_y, cv2.INTER_LINEAR), np.float32)
        self._gusts = [cloud(random, 1024, 16, 64) for _ in range(2)]
        self._clouds = cloud(random, 1024, 64, 128)

    def _footprints(self) -> Floats:
        # When each spot of the lying snow is trodden on, of all the steps that will be made; 2 for never.
        random, view = np.random.default_rng((self.seed, 7)), self.view
        made = np.full((TALL, WIDE), 2, np.float32)
        low_x, high_x, low_z, high_z, _ = view.area
        for track in range(260):
            x, z, turn = random.uniform(low_x, high_x), random.uniform(low_z, high_z), random.uniform(0, 6.3)
            for step in range(int(random.integers(15, 50))):
                turn += random.normal(0, 0.12)
                x, z = x + 0.7 * np.cos(turn), z + 0.7 * np.sin(turn)
                aside = 0.12 if step % 2 else -0.12
                at = self._eye.project(np.array([[x - aside * np.sin(turn), 0.02, z + aside * np.cos(turn)]]))[0]
                if at[2] > 0 and -5 < at[0] < WIDE + 5 and -5 < at[1] < TALL + 5:
                    size = max(1, round(self._eye.focal * 0.16 * float(at[2])))
                    axes = size, max(1, size // 2)
                    cv2.ellipse(made, (int(at[0]), int(at[1])), axes, 0, 0, 360, track / 260, -1)
        return made

    def _settle(self) -> None:
        self._steady = [float(one[60:-60:4, 60:-60:4].mean()) for one in self._parts()]
        steady = np.array([float(np.dot(self._day.weights(n), self._steady)) for n in range(BUILDING_LOOKS)]) + 1e-4
        before = np.concatenate([steady[:1], steady[:-1]])
        self._slow = np.clip(before / steady, 0.15, 6) ** 0.3

    def _parts(self) -> list[Floats]:
        return [self._sky, self._windows, self._panes, self._infra_red, *self._banks, *self._suns]

    # ── a look ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def look(self, number: int, fault: Fault | None = None, fault_seed: int = 0) -> Look:
        """The look of that number, with a fault if there is one."""
        fault, view = fault or Fault(), self.view
        random = np.random.default_rng((self.seed, number))
        day, infra_red = float(self._day.day[number]), bool(self._day.sees_infra_red[number])
        lit, sunny = self._light(number)
        falls = np.asarray(lit / self._albedo, np.float32)
        blue, red = self._blue.copy(), self._red.copy()
        self._ground(lit, blue, red, number)
        stage = Stage(self._eye, self._depth, lit, falls, blue, red, self._painted)
        stage.lens_light = view.infra_red if infra_red else 0.0
        strength = sum(self._day.weights(number)[-SUNS:])
        if strength > 0.02:
            stage.sun = sun(view, along(float(self._day.hour[number])))
            stage.sun_share = np.asarray(np.clip(sunny / np.maximum(lit, 1e-5), 0, 0.9), np.float32)
        self._play(stage, number, random, day)
        self._weather(stage.lit, blue, red, random, number)
        gust = float(self._day.gust[number])
        sway = view.sway_px * gust
        shake = (
            float(random.normal(0, 0.6 * sway)),
            float(random.normal(0, 0.4 * sway)),
            float(random.normal(0, 0.03 * sway)),
        )
        x, y = self._camera.maps(fault, shake)
        if view.wind_px:
            turned = bool(fault.roll_deg or any(fault.shift_px))
            x, y = self._windy(x, y, random, view.wind_px * gust, turned)
        seen = np.asarray(cv2.remap(stage.lit, x, y, cv2.INTER_CUBIC), np.float32)
        np.maximum(seen, 0, out=seen)
        half_x, half_y = np.ascontiguousarray(x[::2, ::2]), np.ascontiguousarray(y[::2, ::2])
        blue, red = (np.asarray(cv2.remap(one, half_x, half_y, cv2.INTER_LINEAR), np.float32) for one in (blue, red))
        self._near_the_lens(seen, random, number, infra_red)
        second = int(6.5 * 3600 + number * LOOK_S)
        state = (day < 0.1, infra_red, view.warm * (1 - day) if day < 0.3 else 0.0, second)
        return self._camera.coded(seen, blue, red, number, fault, fault_seed, random, float(self._slow[number]), state)

    def _light(self, number: int) -> tuple[Floats, Floats]:
        total, sunny = np.zeros_like(self._sky), np.zeros_like(self._sky)
        parts, weights = self._parts(), self._day.weights(number)
        for place, (part, weight) in enumerate(zip(parts, weights, strict=True)):
            if weight > 0:
                cv2.scaleAdd(part, weight, total, total)
                if place >= len(parts) - SUNS:
                    cv2.scaleAdd(part, weight, sunny, sunny)
        if self.view.outdoor:
            drift = int(number * 7) % (1024 - WIDE)
            grey = self._clouds[:TALL, drift : drift + WIDE] * np.float32(0.1 + 0.08 * self._day.clear[number])
            total *= 1 + self._sky_share * grey
        return total, sunny

    def _ground(self, lit: Floats, blue: Floats, red: Floats, number: int) -> None:
        wet, lies = float(self._day.wet[number]), float(self._day.lies[number])
        if wet > 0.02:
            lit *= 1 - self._level * np.float32(0.38 * wet)
        if lies > 0.01:
            box = self._ground_rows
            bare = self._trodden[box] * np.float32(0.6 if self._day.snow[number] < 0.5 else 0.2)
            deep = np.clip((np.float32(lies * 2.6 - 0.8) - bare + 0.35 * self._flakes[box]) * 1.6, 0, 1)
            deep *= self._level[box]
            white = (0.78 + 0.04 * self._flakes[box]) * (1 - 0.3 * (self._steps[box] < self._day.walked[number]))
            left = 1 - deep
            lit[box] *= left + deep * white.astype(np.float32) * self._darker[box]
            blue[box] *= left
            red[box] *= left

    def _play(self, stage: Stage, number: int, random: np.random.Generator, day: float) -> None:
        view = self.view
        acts: list[tuple[float, Any]] = []
        night = day < 0.05
        for begins, ends, car in self._day.parked:
            if begins <= number < ends:
                lights = night and (number - begins < 3 or ends - number < 3)
                shown = Vehicle(car.x, car.z, car.heading_deg, car.van, car.tint, lights, True)
                acts.append((stage.depth_of((car.x, 0.7, car.z)), (stage.vehicle, (shown,))))
        if view.road and random.random() < (0.5 if not night else 0.14):
            lane = int(random.integers(2)) if view.road[1] else 0
            z = view.road[0] + lane * view.road[1]
            reach = 20 if view.road[1] else 9
            x = float(random.uniform(-reach, reach))
            car = Vehicle(
                x, z, 180.0 * lane, bool(random.random() < 0.25), PAINTS[int(random.integers(len(PAINTS)))], night
            )
            acts.append((stage.depth_of((x, 0.7, z)), (stage.vehicle, (car,))))
        for begins, ends, x, lean, electric, tint in self._day.bicycles:
            if begins <= number < ends:
                z = view.bicycles[2] if view.bicycles else 0.0
                acts.append((stage.depth_of((x, 0.5, z)), (stage.bicycle, (x, z, lean, electric, tint))))
        for x, z, heading, opens, wide in view.doors:
            phase = np.random.default_rng((self.seed, int(z * 10), number // 24)).random(2)
            busy = 0.6 if self._day.breaks[number] else 0.25 if day > 0.02 else 0.03
            if phase[0] < busy:
                angle = heading + opens * float(0.5 + 0.5 * phase[1])
                acts.append((stage.depth_of((x - 0.4, 1, z + 0.3)), (stage.door, ((x, z), angle, wide))))
        if view.boom:
            x, z, long = view.boom
            up = 1.0 if self._day.breaks[number] or random.random() < 0.15 * (0.2 + day) else 0.0
            acts.append((stage.depth_of((x, 1, z)), (stage.boom, (x, z, long, up))))
        acts += [(stage.depth_of(one.feet), (stage.person, (one,))) for one in self._present(number, random)]
        if view.flag and (day > 0.05):
            wind = float(min(1.0, self._day.gust[number]))
            acts.append((stage.depth_of(view.flag), (stage.flag, (*view.flag, float(random.uniform(0, 6.3)), wind))))
        for _, (act, given) in sorted(acts, key=lambda one: -one[0]):
            act(*given)

    def _present(self, number: int, random: np.random.Generator) -> list[Person]:
        people: list[Person] = []
        wet = bool(self._day.rain[number] > 0.3)
        for begins, lasts, way, back, own in self._day.visits:
            if not begins <= number < begins + lasts:
                continue
            who = np.random.default_rng(own)
            part = (number - begins) / lasts
            x, y, z, heading = on_way(way, 1 - part if back else part)
            side = who.normal(0, 0.3 if self.view.outdoor else 0.14, 2)
            people.append(
                Person(
                    (x + side[0], y, z + side[1]),
                    float(who.uniform(1.5, 1.8)),
                    heading + (np.pi if back else 0),
                    float(random.choice([-1, -0.5, 0.4, 1])),
                    int(who.integers(99)),
                    bool(who.random() < 0.5),
                    False,
                    wet and bool(who.random() < 0.8),
                )
            )
        for begins_at, ends, spot, seat, own in self._day.standing:
            if begins_at <= number < ends:
                who = np.random.default_rng(own)
                sway = random.normal(0, 0.04 if seat else 0.12, 2)
                people.append(
                    Person(
                        (spot[0] + sway[0], spot[1], spot[2] + sway[1]),
                        float(who.uniform(1.45, 1.78)),
                        float(who.uniform(0, 6.3) + random.normal(0, 0.4)),
                        0.0 if seat else float(random.choice([0, 0, 0.5])),
                        int(who.integers(99)),
                        bool(who.random() < 0.2),
                        seat,
                        wet and not seat and bool(who.random() < 0.8),
                    )
                )
        return people

    # ── weather ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _weather(self, lit: Floats, blue: Floats, red: Floats, random: np.random.Generator, number: int) -> None:
        fog, rain, snow = float(self._day.fog[number]), float(self._day.rain[number]), float(self._day.snow[number])
        hazy = max(fog, 0.06 * rain, 0.12 * snow)
        around = float(np.dot(self._day.weights(number)[:1], [0.8])) + 0.0006
        if infra := float(self._day.sees_infra_red[number]):
            around += 0.004 * infra
        if hazy > 0.01:
            passes = np.exp(-self._depth * np.float32(hazy / 28))
            lit *= passes
            lit += (1 - passes) * np.float32(around)
            blue *= passes
            red *= passes
        if rain > 0.1:
            for _ in range(int(220 * rain)):
                x, y = int(random.integers(WIDE)), int(random.integers(TALL - 30))
                long = int(random.integers(6, 26))
                box = lit[y : y + long, x]
                box += np.float32(0.12) * (np.float32(around) + box)
        if snow > 0.1:
            many = int(500 * snow)
            veil = np.zeros_like(lit)
            places = random.integers(0, [[WIDE], [TALL]], (2, many))
            for n in range(many):
                size = 1 if n % 6 else int(random.integers(2, 4))
                cv2.circle(veil, (int(places[0, n]), int(places[1, n])), size, 1.0, -1, cv2.LINE_8)
            veil = np.asarray(cv2.blur(veil, (3, 5)), np.float32) * np.float32(0.6)
            level = float(np.median(lit[::8, ::8]))
            lit += veil * (np.float32(max(around, 0.7 * level)) - lit * np.float32(0.5))

    def _windy(
        self, x: Floats, y: Floats, random: np.random.Generator, strength: float, turned: bool
    ) -> tuple[Floats, Floats]:
        top, left = int(random.integers(0, 1024 - TALL)), int(random.integers(0, 1024 - WIDE))
        tall, wide = x.shape
        leaves = self._leaves_seen
        if turned:
            leaves = np.asarray(cv2.remap(self._leaves, x, y, cv2.INTER_LINEAR), np.float32)
        swing = leaves * np.float32(strength)
        across, down = (swing * one[top : top + tall, left : left + wide] for one in self._gusts)
        return x + across, y + down

    def _near_the_lens(self, seen: Floats, random: np.random.Generator, number: int, infra_red: bool) -> None:
        # Insects in the infra-red, drops on the glass in the rain.
        tall, wide = seen.shape
        level = float(seen[::8, ::8].mean())
        spots: list[tuple[float, float, float, float]] = []
        if infra_red and self.view.outdoor and random.random() < 0.2:
            spots += [
                (random.uniform(0, wide), random.uniform(0, tall), random.uniform(3, 9), random.uniform(1, 5))
                for _ in range(int(random.integers(1, 4)))
            ]
        if self._day.rain[number] > 0.4:
            own = np.random.default_rng((self.seed, number // 15))
            spots += [
                (own.uniform(0, wide), own.uniform(0, tall), own.uniform(5, 14), own.uniform(-0.25, 0.35))
                for _ in range(int(own.integers(0, 5)))
            ]
        for x, y, size, bright in spots:
            left, top = max(0, int(x - 3 * size)), max(0, int(y - 3 * size))
            box = seen[top : int(y + 3 * size) + 1, left : int(x + 3 * size) + 1]
            rows, columns = np.ogrid[top : top + box.shape[0], left : left + box.shape[1]]
            spot = np.exp(-((((columns - x) / size) ** 2 + ((rows - y) / size) ** 2) ** 2)).astype(np.float32)
            if abs(bright) < 0.5:
                box *= 1 - np.float32(0.6) * spot
                box += spot * np.float32(level * (0.6 + bright))
            else:
                box += spot * np.float32(level * bright)


def _half(image: Any) -> Floats:
    reduced: Any = cv2.resize(np.asarray(image, np.float32), (WIDE, TALL), interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.float32)
