"""How the surfaces of benchmarks/picture_grounds_places.py look close by, computed from where they are, in metres."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.picture_grounds_places import Ground, Solid


def on_ground(view: Ground, x: Any, z: Any, px_per_m: Any, random: np.random.Generator) -> tuple[Any, Any, Any]:
    """Brightness and colour of the level ground at (x, z)."""
    rough, fine = _noise(random, x * 0.8, z * 0.8), _noise(random, x * 9, z * 9) * _seen(0.11, px_per_m)
    u, v = np.zeros_like(x), np.zeros_like(x)
    if view.floor == "road":
        albedo = 0.2 * (1 + 0.1 * rough + 0.12 * fine)
        paved = z < view.road_z_m - 3.2
        slab = (np.mod(x, 1.0) < 0.03) | (np.mod(z, 1.0) < 0.03)
        albedo = np.where(paved, 0.33 * (1 + 0.07 * rough + 0.06 * fine - 0.3 * slab * _seen(0.03, px_per_m)), albedo)
        kerb = np.abs(z - view.road_z_m + 3.0) < 0.12
        middle = (np.abs(z - view.road_z_m - 1.7) < 0.08) & (np.mod(x, 4) < 2.2)
        zebra = (
            (np.abs(x - 1.0) < 2.0) & (z > view.road_z_m - 2.4) & (z < view.road_z_m + 5.4) & (np.mod(z, 0.9) < 0.45)
        )
        arrow = (np.abs(x + 2.5) < 0.09) & (z > 6) & (z < 10)
        return np.where(kerb | middle | zebra | arrow, 0.55 * (1 + 0.12 * fine), albedo), u, v
    if view.floor == "track":
        along = np.maximum(np.abs(x - 6) - 34, 0)
        out = np.hypot(along, z - 44)
        grass = 0.16 * (1 + 0.16 * rough + 0.28 * fine + 0.1 * np.sign(np.sin(x * 0.9)))
        lane = (out > 20) & (out < 20 + 8 * 1.22)
        flat = px_per_m * np.clip(view.high_m * px_per_m / view.focal_px, 0.05, 1)  # lines on the ground lie slantwise
        spaces = np.abs(np.mod(out - 20 + 0.61, 1.22) - 0.61) + 9 * ~lane
        marks = np.minimum(np.abs(out - 17), np.abs(np.hypot(x - 6, z - 44) - 7))
        marks = np.minimum(spaces, np.minimum(marks, np.abs(x - 6) + 9 * (out > 17)))
        paint = np.clip(0.5 + (0.05 - marks) * flat, 0, 1) * (marks < 0.05 + 0.5 / flat)
        apron = z < 44 - 20 - 8 * 1.22
        albedo = np.where(lane, 0.19 * (1 + 0.05 * rough + 0.08 * fine), grass)
        albedo = np.where(apron, 0.36 * (1 + 0.06 * rough + 0.05 * fine - 0.2 * (np.mod(x, 3.0) < 0.04)), albedo)
        albedo = np.where(apron, albedo, albedo + (0.62 - albedo) * paint)
        return albedo, np.where(lane, -12, np.where(apron, 0, -14)), np.where(lane, 26, np.where(apron, 0, -9))
    size = {"tiles": 0.4, "stone": 0.8, "bare": 40.0}[view.floor]
    joint = ((np.mod(x, size) < 0.012) | (np.mod(z, size) < 0.012)) * _seen(0.012, px_per_m)
    each = _noise(random, np.floor(x / size) * 7.3, np.floor(z / size) * 5.1)
    return 0.4 * (1 + 0.04 * rough + 0.02 * fine + 0.035 * each - 0.45 * joint), u - 2, v + 2


def coat(
    solid: Solid, along: Any, tall: Any, px_per_m: Any, upright: Any, random: np.random.Generator
) -> tuple[Any, Any]:
    """By how much the surface is brighter or darker there, and where it glows in the evening."""
    rough, fine = _noise(random, along * 0.9, tall * 0.9), _noise(random, along * 7, tall * 7) * _seen(0.14, px_per_m)
    glow = np.zeros_like(along)
    if solid.coat == "brick":
        row = np.floor(tall / 0.08)
        seam = (np.mod(tall, 0.08) < 0.012) | (np.mod(along + 0.12 * np.mod(row, 2), 0.25) < 0.012)
        each = _noise(random, np.floor(along / 0.25 + 0.5 * row) * 3.7, row * 5.3) * _seen(0.1, px_per_m)
        return 1 + 0.12 * each + 0.06 * rough + 0.35 * seam * _seen(0.02, px_per_m), glow
    if solid.coat == "tile":
        joint = ((np.mod(along, 0.3) < 0.02) | (np.mod(tall, 0.3) < 0.02)) * _seen(0.02, px_per_m)
        return 1 + 0.03 * rough - 0.35 * joint, glow
    if solid.coat == "windows":
        column, floor = along / 3.2, tall / 3.4
        across, up = np.mod(column, 1), np.mod(floor, 1)
        pane = upright & (across > 0.2) & (across < 0.8) & (up > 0.32) & (up < 0.82)
        frame = pane & ((np.abs(across - 0.5) < 0.025) | (across < 0.24) | (across > 0.76) | (np.abs(up - 0.64) < 0.02))
        glow = pane & ~frame & (_noise(random, np.floor(column) * 9.1, np.floor(floor) * 6.7) > 0.6)
        band = 0.25 * (np.mod(floor, 1) < 0.06)
        return np.where(
            frame, 0.9, np.where(pane, 0.22 + 0.1 * rough, 1 + 0.05 * rough + 0.04 * fine - band)
        ), glow * 1.0
    if solid.coat == "doors":
        at = np.mod(along - 1.3, 3.6)
        door, frame = (at < 0.95) & (tall < 2.1), (at < 1.07) & (tall < 2.2)
        plate = (np.abs(at - 1.45) < 0.13) & (np.abs(tall - 1.75) < 0.09)
        dado = np.where(tall < 1.15, 0.72, 1.0)
        inner = 0.5 + 0.12 * ((np.abs(at - 0.47) < 0.18) & (np.abs(tall - 1.6) < 0.25))
        values = np.where(plate, 1.25, np.where(door, inner, np.where(frame, 0.62, dado)))
        return np.where(tall < 0.12, 0.45, values) * (1 + 0.02 * rough + 0.01 * fine), glow
    if solid.coat == "steel":
        return 1 + 0.1 * _noise(random, along * 1.5, tall * 22) * _seen(0.05, px_per_m) * 0.5 + 0.05 * rough, glow
    if solid.coat == "dado":
        return np.where(upright & (tall < 1.2), 0.74, 1.0) * (1 + 0.015 * rough + 0.006 * fine), glow
    if solid.coat == "leaves":
        return 1 + 0.35 * fine + 0.3 * _noise(random, along * 3, tall * 3), glow
    return 1 + 0.03 * rough + 0.03 * fine, glow


def _seen(size_m: float, px_per_m: Any) -> Any:
    # What is smaller than two pixels is not seen.
    return np.clip(size_m * px_per_m / 2, 0, 1)


def _noise(random: np.random.Generator, x: Any, y: Any) -> Any:
    """Smooth noise by hashing the corners of a lattice; mean 0, deviation about 1."""
    salt = float(random.uniform(0, 50))
    left, low = np.floor(x), np.floor(y)
    a, b = x - left, y - low
    a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)

    def corner(i: Any, j: Any) -> Any:
        return np.mod(np.sin((i * 127.1 + j * 311.7).astype(np.float64) + salt) * 43758.5453, 1)

    above = corner(left, low) * (1 - a) + corner(left + 1, low) * a
    below = corner(left, low + 1) * (1 - a) + corner(left + 1, low + 1) * a
    return ((above * (1 - b) + below * b) * 4 - 2).astype(np.float32)
