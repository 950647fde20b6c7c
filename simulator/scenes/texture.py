"""Surfaces that are not plain: grain, bricks, leaves. A wall without texture cannot be judged by any health check."""

from __future__ import annotations

import cv2
import numpy as np

from simulator.scenes.pinhole import Colour, Picture, Pinhole, disc


def grain(picture: Picture, region: Picture, strength: float, seed: int, coarse_px: int = 3) -> None:
    """Roughens a picture where ``region`` is not zero; ``strength`` is a standard deviation in grey levels."""
    random = np.random.default_rng(seed)
    rows, columns = picture.shape[:2]
    small = random.normal(0, strength, (max(1, rows // coarse_px), max(1, columns // coarse_px))).astype(np.float32)
    rough = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    fine = random.normal(0, strength * 0.7, (rows, columns)).astype(np.float32)
    mottled = cv2.resize(
        random.normal(0, strength, (9, 16)).astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC
    )
    change = np.where(region > 0, rough + fine + mottled, 0)[..., None]
    np.copyto(picture, np.clip(picture + change, 0, 255).astype(np.uint8))


def region_of(picture: Picture, view: Pinhole, corners_m: list[tuple[float, float, float]]) -> Picture:
    """A mask of the polygon given by its corners in metres."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    points = np.round([view.point(*corner) for corner in corners_m]).astype(np.int32)
    cv2.fillPoly(mask, [points], 255)
    return mask


def brick_wall(
    picture: Picture, view: Pinhole, left_m: float, right_m: float, top_m: float, z_m: float, colour: Colour, seed: int
) -> None:
    """A wall facing the camera, in courses of 12 cm, each brick of its own shade."""
    random = np.random.default_rng(seed)
    mortar: Colour = (min(255, colour[0] + 50), min(255, colour[1] + 45), min(255, colour[2] + 30))
    view.fill(picture, [(left_m, 0, z_m), (right_m, 0, z_m), (right_m, top_m, z_m), (left_m, top_m, z_m)], mortar)
    course, brick, joint = 0.16, 0.42, 0.022
    for row in range(int(top_m / course)):
        x = left_m - (brick / 2 if row % 2 else 0)
        while x < right_m:
            shade = float(random.normal(1, 0.1))
            tint: Colour = (
                int(min(255, colour[0] * shade)),
                int(min(255, colour[1] * shade)),
                int(min(255, colour[2] * shade)),
            )
            start, end = max(left_m, x + joint), min(right_m, x + brick - joint)
            low, high = row * course + joint, (row + 1) * course - joint
            if end > start:
                view.fill(picture, [(start, low, z_m), (end, low, z_m), (end, high, z_m), (start, high, z_m)], tint)
            x += brick


def tree(picture: Picture, view: Pinhole, x_m: float, z_m: float, tall_m: float, seed: int) -> None:
    """A trunk and a crown of a few hundred leaves' shades, lit from above."""
    random = np.random.default_rng(seed)
    view.line(picture, (x_m, 0, z_m), (x_m + 0.1, tall_m * 0.6, z_m), (48, 66, 84), 0.3)
    view.line(picture, (x_m, tall_m * 0.4, z_m), (x_m - 0.7, tall_m * 0.65, z_m), (48, 66, 84), 0.14)
    scale = view.px_per_m(z_m)
    spread = tall_m * 0.3
    for step in range(420):
        angle, reach = random.uniform(0, 2 * np.pi), spread * np.sqrt(random.uniform(0, 1))
        up = tall_m * 0.68 + np.sin(angle) * reach * 0.95
        light = 0.55 + 0.5 * (up - tall_m * 0.4) / (tall_m * 0.6) + random.normal(0, 0.13) + step / 2400
        green: Colour = (int(44 * light), int(112 * light), int(78 * light))
        size = random.uniform(0.1, 0.32) * scale
        disc(picture, view.point(x_m + np.cos(angle) * reach, up, z_m), (size, size * 0.75), green)
