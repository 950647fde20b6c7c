"""Generated footage of school places by day and by night, one look every 10 s; knows nothing of how it is judged.

Eight hours a place: day with clouds and moving shadows, dusk, night (infra-red or lamps), dawn. Weather, people with
crowds between lessons, cars that come and stay, lights that go on and off, wind, sensor noise and JPEG's loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 640, 360
LOOK_S: Final = 10
HOURS: Final = 8.0

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Place:
    """What is built into a view and what happens in it."""

    name: str
    boxes: int
    texture: float
    """Amplitude of the ground's fine texture."""
    sky: bool
    indoor: bool
    infra_red: bool
    people: int
    """In a crowd between lessons."""
    cars: int
    rain: bool


PLACES: Final = (
    Place("gate", 26, 6, sky=True, indoor=False, infra_red=True, people=14, cars=2, rain=True),
    Place("corridor", 30, 3, sky=False, indoor=True, infra_red=False, people=10, cars=0, rain=False),
    Place("playground", 10, 9, sky=True, indoor=False, infra_red=True, people=16, cars=0, rain=True),
    Place("car park", 18, 5, sky=True, indoor=False, infra_red=False, people=4, cars=9, rain=False),
    Place("canteen", 40, 4, sky=False, indoor=True, infra_red=True, people=12, cars=0, rain=False),
    Place("bare wall", 1, 1.5, sky=False, indoor=False, infra_red=True, people=2, cars=0, rain=False),
)


@dataclass(frozen=True, slots=True)
class Look:
    """A picture and the moment it belongs to."""

    at_s: float
    bgr: Image
    night: bool


class Footage:
    """A place through eight hours; the same for the same seed. `frame` may be asked for any moment, in order."""

    def __init__(self, place: Place, seed: int) -> None:
        self.place = place
        self._random = np.random.default_rng(seed)
        self._base = self._built()
        self._grain = self._ground_texture()
        self._cars: list[tuple[float, float, int, int, tuple[int, ...]]] = []
        for _ in range(place.cars):
            starts = self._random.uniform(0, HOURS * 3600)
            stays = self._random.uniform(600, 5400)
            x, y = int(self._random.integers(0, 560)), int(self._random.integers(200, 320))
            colour = tuple(int(value) for value in self._random.integers(20, 230, 3))
            self._cars.append((starts, starts + stays, x, y, colour))
        self._lamp_changes = sorted(self._random.uniform(0, HOURS * 3600, 6))
        self._rain = (3600.0, 6300.0) if place.rain else (0.0, 0.0)
        self._sway = self._random.uniform(0, 6.28, 2)
        self._noise = [self._random.normal(0, 1, (HEIGHT, WIDTH, 1)).astype(np.float32) for _ in range(16)]

    def looks(self, hours: float = HOURS) -> Iterator[Look]:
        """Every 10 s."""
        for number in range(int(hours * 3600 / LOOK_S)):
            yield self.frame(number * LOOK_S)

    def frame(self, at_s: float) -> Look:
        """The view at a moment."""
        place, random = self.place, self._random
        day = daylight(at_s)
        night = day < 0.12 and (not place.indoor or place.infra_red)
        scene = self._base + self._grain
        if place.sky:
            scene = self._shadowed(scene, at_s, day)
        scene = scene.copy()
        self._put_cars(scene, at_s)
        self._put_people(scene, at_s, night)
        if place.indoor:
            lit = 1.0 if sum(change <= at_s for change in self._lamp_changes) % 2 == 0 else 0.62
            scene = scene * (lit if not night else 0.25)
        else:
            scene = scene * np.float32(0.16 + 0.84 * day)
        sigma = 1.6
        if night and place.infra_red:
            grey = scene.mean(axis=2, keepdims=True)
            grey = grey * np.float32(82 / max(1.0, float(grey.mean()))) * _vignette()
            scene, sigma = np.repeat(grey, 3, axis=2), 3.2
        elif night:
            scene, sigma = scene * 1.9 * _lamp_light() + 4, 3.0
        if self._rain[0] <= at_s < self._rain[1]:
            scene = scene * 0.62 + 58  # haze
            for _ in range(120):
                x, y = int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT))
                cv2.line(scene, (x, y), (x + 2, y + 14), (190, 190, 190), 1)
        clouds = np.float32(1 + 0.12 * np.sin(at_s / 410 + 1) * np.sin(at_s / 97))
        scene = self._shaken(scene * clouds if not place.indoor else scene, at_s)
        grain = self._noise[int(random.integers(0, len(self._noise)))]
        grain = np.roll(grain, tuple(random.integers(0, 300, 2)), (0, 1))  # never twice the same, and cheap
        scene = scene + grain * np.float32(sigma)
        return Look(at_s, compressed(np.clip(scene, 0, 255).astype(np.uint8)), night)

    def _built(self) -> Floats:
        random, place = self._random, self.place
        scene = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        horizon = 110 if place.sky else 0
        scene[:horizon] = np.linspace(225, 190, horizon)[:, None, None] if horizon else 0
        ground = np.linspace(105, 150, HEIGHT - horizon)[:, None]
        scene[horizon:] = ground[:, :, None] * np.array([0.95, 1.0, 1.02])
        if place.name == "bare wall":
            scene[:] = np.linspace(150, 165, WIDTH)[None, :, None]
        for _ in range(place.boxes):
            x, y = int(random.integers(-20, 600)), int(random.integers(max(0, horizon - 70), 300))
            w, h = int(random.integers(20, 130)), int(random.integers(20, 110))
            colour = random.integers(30, 215, 3).astype(float) * 0.6 + 50
            cv2.rectangle(scene, (x, y), (x + w, y + h), tuple(colour.tolist()), -1)
            darker = tuple((colour * 0.55).tolist())
            for step in range(8, w - 6, 18):  # windows, tiles, bars
                if random.random() < 0.6:
                    cv2.rectangle(scene, (x + step, y + 6), (x + step + 9, y + h // 2), darker, -1)
        if place.name != "bare wall":
            for offset in range(-600, 900, 90):  # paving that runs to the horizon
                cv2.line(scene, (320, horizon), (offset, HEIGHT), (88, 88, 92), 1, cv2.LINE_AA)
        return np.asarray(cv2.GaussianBlur(scene, (0, 0), 0.7), np.float32)

    def _ground_texture(self) -> Floats:
        fine = self._random.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)
        coarse: Any = cv2.GaussianBlur(self._random.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 3)
        mixed = cv2.GaussianBlur(fine, (0, 0), 0.8) * 1.6 + coarse * 8
        return np.repeat((mixed * np.float32(self.place.texture * 0.5))[:, :, None], 3, axis=2)

    def _shadowed(self, scene: Floats, at_s: float, day: float) -> Floats:
        shade = np.ones((HEIGHT, WIDTH), np.float32)
        shift = int(at_s / (HOURS * 3600) * 500) - 100  # the sun goes round: the shadow of a house crosses the yard
        cv2.fillPoly(shade, [np.array([[shift, 130], [shift + 170, 130], [shift + 260, 360], [shift - 60, 360]])], 0.62)
        return scene * (1 - (1 - shade[:, :, None]) * np.float32(min(1.0, day * 1.2)))

    def _put_cars(self, scene: Floats, at_s: float) -> None:
        for arrives, leaves, x, y, colour in self._cars:
            if arrives <= at_s < leaves:
                cv2.rectangle(scene, (x, y), (x + 86, y + 34), colour, -1)
                cv2.rectangle(scene, (x + 16, y - 14), (x + 66, y + 2), tuple(value // 2 for value in colour), -1)
                for wheel in (18, 68):
                    cv2.circle(scene, (x + wheel, y + 36), 8, (25, 25, 25), -1)

    def _put_people(self, scene: Floats, at_s: float, night: bool) -> None:
        random = self._random
        crowd = at_s % 3300 < 600 and not night  # ten minutes between lessons
        most = self.place.people
        count = int(random.integers(most // 2, most + 1) if crowd else random.poisson(0.8))
        for _ in range(0 if night and random.random() < 0.8 else count):
            depth = random.uniform(0.25, 1.0)
            x, y, h = int(random.integers(0, WIDTH)), int(120 + depth * 200), int(30 + depth * 95)
            clothes = tuple(int(value) for value in random.integers(10, 240, 3))
            cv2.ellipse(scene, (x, y), (h // 5, h // 2), 0, 0, 360, clothes, -1)
            cv2.circle(scene, (x, y - h // 2 - h // 9), h // 8, (120, 150, 190), -1)

    def _shaken(self, scene: Floats, at_s: float) -> Floats:
        if self.place.indoor:
            return scene
        gust = 1.6 if (at_s // 900) % 4 == 2 else 0.5
        dx = gust * float(np.sin(at_s * 1.7 + self._sway[0]))
        dy = gust * 0.5 * float(np.sin(at_s * 2.3 + self._sway[1]))
        matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        return np.asarray(cv2.warpAffine(scene, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.float32)


def daylight(at_s: float) -> float:
    """From 0 to 1: day until 2.5 h, dusk, night until 6 h, dawn."""
    hours = at_s / 3600
    return float(np.clip(min(1.0, max((3.2 - hours) / 0.7, (hours - 5.6) / 0.8)), 0.04, 1.0))


def compressed(bgr: Image, quality: int = 72) -> Image:
    """As a sub-stream's keyframe would lose it."""
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@cache
def _vignette() -> Floats:
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return np.asarray(1.25 - 0.6 * (x * x + y * y) / 2, np.float32)[:, :, None]


@cache
def _lamp_light() -> Floats:
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    pools = np.exp(-((x - 0.5) ** 2 + (y - 0.3) ** 2) / 0.25) + np.exp(-((x + 0.45) ** 2 + (y - 0.2) ** 2) / 0.3)
    return np.asarray(0.75 + 1.6 * pools, np.float32)[:, :, None]
