"""People and a car that move through a scene, and are back where they began after a minute."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, pi, sin

from simulator.scenes.pinhole import Colour, Picture, Pinhole, disc, fill, line

LOOP_S = 60.0
"""Everything repeats after a minute, so that a loop can be joined to itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """One person on a straight way across the ground."""

    starts_s: float
    lasts_s: float
    from_m: tuple[float, float]
    to_m: tuple[float, float]
    """(x, z) on the ground."""
    tall_m: float
    coat: Colour
    trousers: Colour
    bag: Colour | None = None

    def place(self, second: float) -> tuple[float, float] | None:
        """Where the person is at a second of the minute, or None while out of the scene."""
        share = ((second - self.starts_s) % LOOP_S) / self.lasts_s
        if share > 1:
            return None
        return (
            self.from_m[0] + (self.to_m[0] - self.from_m[0]) * share,
            self.from_m[1] + (self.to_m[1] - self.from_m[1]) * share,
        )

    def draw(self, picture: Picture, view: Pinhole, second: float) -> None:
        place = self.place(second)
        if place is None:
            return
        x, z = place
        scale = view.px_per_m(z)
        ground = view.point(x, 0, z)
        speed = hypot(self.to_m[0] - self.from_m[0], self.to_m[1] - self.from_m[1]) / self.lasts_s
        swing = sin(2 * pi * second * speed / 1.4)
        sideways = abs(self.to_m[0] - self.from_m[0]) > abs(self.to_m[1] - self.from_m[1])
        _figure(picture, ground, scale * self.tall_m, swing, 1.0 if sideways else 0.35, self)


def _figure(
    picture: Picture, ground: tuple[float, float], tall: float, swing: float, stride: float, who: Walker
) -> None:
    """Draws a person standing on a pixel; ``tall`` in pixels, ``swing`` from -1 to 1."""
    x, y = ground
    disc(picture, (x + tall * 0.08, y), (tall * 0.24, tall * 0.045), (52, 54, 56))
    hip = (x, y - tall * 0.48)
    step = tall * 0.17 * swing * stride
    lift = tall * 0.03 * (1 - stride) * swing
    limb = max(2, round(tall * 0.085))
    for foot, up in ((step, lift), (-step, -lift)):
        side = tall * 0.05 * (1 if foot >= 0 else -1) * (1.2 - stride)
        line(picture, (x + side, hip[1]), (x + foot + side, y - tall * 0.03 - max(0.0, up)), who.trousers, limb)
        disc(picture, (x + foot + side, y - tall * 0.02 - max(0.0, up)), (tall * 0.06, tall * 0.025), (28, 28, 30))
    shoulder = y - tall * 0.82
    darker: Colour = (int(who.coat[0] * 0.75), int(who.coat[1] * 0.75), int(who.coat[2] * 0.75))
    broad = tall * (0.12 if stride > 0.5 else 0.15)
    hand = y - tall * 0.46
    line(picture, (x - broad, shoulder + tall * 0.03), (x - broad - step * 0.8, hand), darker, max(2, limb - 1))
    if who.bag:
        fill(
            picture,
            [
                (x - broad * 1.25, shoulder + tall * 0.02),
                (x + broad * 1.25, shoulder + tall * 0.02),
                (x + broad * 1.2, shoulder + tall * 0.3),
                (x - broad * 1.2, shoulder + tall * 0.3),
            ],
            who.bag,
        )
    fill(
        picture,
        [
            (x - broad, shoulder),
            (x + broad, shoulder),
            (x + broad * 0.85, hip[1] + tall * 0.04),
            (x - broad * 0.85, hip[1] + tall * 0.04),
        ],
        who.coat,
    )
    line(picture, (x + broad, shoulder + tall * 0.03), (x + broad + step * 0.8, hand), darker, max(2, limb - 1))
    disc(picture, (x, y - tall * 0.91), (tall * 0.062, tall * 0.08), (150, 178, 212))
    disc(picture, (x, y - tall * 0.945), (tall * 0.066, tall * 0.058), (32, 34, 38))


def draw_car(picture: Picture, view: Pinhole, x_m: float, z_m: float, braking: bool) -> None:
    """A white saloon seen from behind, its rear at ``z_m``."""
    half, scale = 0.9, view.px_per_m(z_m)
    ground = view.point(x_m, 0, z_m)
    disc(picture, (ground[0], ground[1]), (1.15 * scale, 0.16 * scale), (50, 51, 52))
    for side in (-1, 1):
        wheel = view.point(x_m + side * 0.7, 0.3, z_m)
        disc(picture, wheel, (0.14 * scale, 0.3 * scale), (24, 24, 24))
    # roof and windscreen lie a car's length further away
    view.fill(
        picture,
        [
            (x_m - 0.62, 1.45, z_m + 1.2),
            (x_m + 0.62, 1.45, z_m + 1.2),
            (x_m + 0.6, 1.43, z_m + 2.6),
            (x_m - 0.6, 1.43, z_m + 2.6),
        ],
        (236, 236, 234),
    )
    view.fill(
        picture,
        [(x_m - half, 0.35, z_m), (x_m + half, 0.35, z_m), (x_m + half, 0.98, z_m), (x_m - half, 0.98, z_m)],
        (226, 227, 226),
    )
    view.fill(
        picture,
        [
            (x_m - half, 0.98, z_m),
            (x_m + half, 0.98, z_m),
            (x_m + 0.78, 1.02, z_m + 0.5),
            (x_m - 0.78, 1.02, z_m + 0.5),
        ],
        (240, 240, 239),
    )
    view.fill(
        picture,
        [
            (x_m - 0.78, 1.02, z_m + 0.5),
            (x_m + 0.78, 1.02, z_m + 0.5),
            (x_m + 0.62, 1.45, z_m + 1.2),
            (x_m - 0.62, 1.45, z_m + 1.2),
        ],
        (74, 66, 58),
    )
    lamp: Colour = (60, 60, 250) if braking else (44, 40, 150)
    for side in (-1, 1):
        outer, inner = x_m + side * 0.86, x_m + side * 0.58
        view.fill(picture, [(outer, 0.74, z_m), (inner, 0.74, z_m), (inner, 0.92, z_m), (outer, 0.92, z_m)], lamp)
    view.fill(
        picture,
        [(x_m - 0.24, 0.5, z_m), (x_m + 0.24, 0.5, z_m), (x_m + 0.24, 0.64, z_m), (x_m - 0.24, 0.64, z_m)],
        (150, 84, 30),
    )
    view.fill(
        picture,
        [(x_m - half, 0.33, z_m), (x_m + half, 0.33, z_m), (x_m + half, 0.42, z_m), (x_m - half, 0.42, z_m)],
        (60, 60, 62),
    )
