"""A camera's pose from its picture (位姿标定): four or more places clicked in the picture and on the plan.

The lens is a pinhole with square pixels and the principal point in the middle; wide lenses bend lines, which shows as
error in pixels. Where the camera hangs is taken from the plan: directions and field of view no tape can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import atan, degrees, hypot, radians, sqrt, tan
from typing import Final

import numpy as np

from camera.coverage.optics import Array, Optics
from config.point import Pose

MIN_CLICKS: Final = 4
MAX_ERROR_SHARE: Final = 0.03
"""Of the picture's width: clicks that fit no pose better than this are mistaken for one another, or too few."""
HFOV_RANGE_DEG: Final = (5.0, 150.0)
_FIRST_HFOV_DEG: Final = (8, 15, 25, 35, 50, 65, 80, 95, 110, 130)
_STEPS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One place, in the picture (pixels from the upper left) and on the plan (metres)."""

    u_px: float
    v_px: float
    x_m: float
    y_m: float
    z_m: float = 0.0
    """Height above the campus's ground."""


class CalibrationRefusedError(ValueError):
    """The clicks do not give a pose; the message says what to click instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The pose that fits the clicks best, and how well."""

    pose: Pose
    error_px: float
    """Root mean square distance in the picture between clicks and where the pose would show their places."""
    worst_px: float
    error_m: float
    """Root mean square distance on the plan between places and where the pose would put their clicks."""
    worst_m: float
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """How a declared pose differs from the measured one."""

    azimuth_deg: float
    tilt_deg: float
    roll_deg: float
    hfov_deg: float
    shift_px: float
    """How far, on average, the declared pose would show the clicked places from where they were clicked."""

    @property
    def words(self) -> str:
        """Declared less measured, as people read it."""
        return (
            f"方位 {self.azimuth_deg:+.1f}°，俯角 {self.tilt_deg:+.1f}°，滚转 {self.roll_deg:+.1f}°，"
            f"视场角 {self.hfov_deg:+.1f}°"
        )

    @property
    def significant(self) -> bool:
        """Worth a finding: more than a hand's error in writing a pose down."""
        return abs(self.azimuth_deg) > 5 or abs(self.tilt_deg) > 3 or abs(self.roll_deg) > 3 or abs(self.hfov_deg) > 5


def calibrate(clicks: Sequence[Click], near: Pose) -> Calibration:
    """Azimuth, tilt, roll and field of view of a camera that hangs where `near` says; its angles are not believed.

    OpenCV solves the direction for several fields of view, then all four are fitted together to least squares in the
    picture. Raises CalibrationRefusedError.
    """
    _check(clicks, near)
    places = np.array([(one.x_m, one.y_m, one.z_m) for one in clicks])
    offsets = places - np.array([near.x_m, near.y_m, near.height_m])
    pixels = np.array([(one.u_px, one.v_px) for one in clicks], dtype=np.float64)
    best: tuple[float, Array, float] | None = None
    for rotation, focal in _first_guesses(offsets, pixels, near):
        fitted = _fit(rotation, focal, offsets, pixels, near)
        if fitted is not None and (best is None or fitted[0] < best[0]):
            best = fitted
    if best is None or best[0] > MAX_ERROR_SHARE * near.width_px:
        found = "" if best is None else f" (nearest: {best[0]:.0f} px off)"
        raise CalibrationRefusedError(
            "没有哪个方向和视场角对得上这些点：请核对每个点是否点对了地方，以及摄像机挂在哪里 / "
            f"no direction and field of view fit these clicks{found}: check that each place is the one clicked, and "
            "where the camera hangs"
        )
    _, vector, focal = best
    return _calibration(_pose(vector, focal, near), clicks)


def compare(declared: Pose, measured: Pose, clicks: Sequence[Click]) -> Disagreement:
    """What was written down against what was solved, in the resolution of the picture that was clicked."""
    declared = declared.model_copy(update={"width_px": measured.width_px, "height_px": measured.height_px})
    return Disagreement(
        azimuth_deg=_turn(declared.azimuth_deg - measured.azimuth_deg),
        tilt_deg=declared.tilt_deg - measured.tilt_deg,
        roll_deg=_turn(declared.roll_deg - measured.roll_deg),
        hfov_deg=declared.hfov_deg - measured.hfov_deg,
        shift_px=float(np.mean([_shift_px(Optics.of(declared), click, declared) for click in clicks])),
    )


def _check(clicks: Sequence[Click], near: Pose) -> None:
    if len(clicks) < MIN_CLICKS:
        raise CalibrationRefusedError(
            f"只有 {len(clicks)} 个点，至少要 {MIN_CLICKS} 个，分散开 / "
            f"{len(clicks)} places are too few: click at least {MIN_CLICKS}, spread out"
        )
    for number, click in enumerate(clicks, start=1):
        if not (0 <= click.u_px <= near.width_px and 0 <= click.v_px <= near.height_px):
            raise CalibrationRefusedError(
                f"第 {number} 个点在画面（{near.width_px} x {near.height_px} px）之外：请用取点那张图的分辨率 / "
                f"click {number} lies outside the picture of {near.width_px} x {near.height_px} px: "
                "give the resolution of the picture that was clicked"
            )
    pixels = np.array([(one.u_px, one.v_px) for one in clicks])
    spread = np.linalg.svd(pixels - pixels.mean(axis=0), compute_uv=False)
    if spread[1] < 0.03 * near.width_px:
        raise CalibrationRefusedError(
            "点都在一条线上，或靠得太近：请在整个画面上取点 / "
            "the clicks lie on one line or too near together: click places all over the picture"
        )
    # Four places stacked on one ray each would tell nothing: the plan's places must spread as well.
    if len({(one.x_m, one.y_m, one.z_m) for one in clicks}) < MIN_CLICKS:
        raise CalibrationRefusedError(
            "同一个地方点了两次：请点不同的地方 / the same place was clicked twice: click different places"
        )


def _first_guesses(offsets: Array, pixels: Array, near: Pose) -> Iterator[tuple[Array, float]]:
    """Rotation vectors and focal lengths to start from: OpenCV's answer for some fields of view."""
    import cv2  # here, so that only a role that calibrates pays for it

    for hfov in _FIRST_HFOV_DEG:
        focal = near.width_px / 2 / tan(radians(hfov) / 2)
        rays = np.column_stack([(pixels - (near.width_px / 2, near.height_px / 2)) / focal, np.ones(len(pixels))])
        rays /= np.linalg.norm(rays, axis=1)[:, None]
        bearings = offsets / np.linalg.norm(offsets, axis=1)[:, None]
        # The rotation that best turns bearings into rays (Kabsch); the camera's place is known, so this is all of it.
        left, _, right = np.linalg.svd(rays.T @ bearings)
        rotation = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
        yield np.asarray(cv2.Rodrigues(rotation)[0], dtype=np.float64).ravel(), focal
    for hfov in _FIRST_HFOV_DEG[2:7]:
        focal = near.width_px / 2 / tan(radians(hfov) / 2)
        solved, vector, _ = cv2.solvePnP(offsets, pixels, _camera(focal, near), None, flags=cv2.SOLVEPNP_SQPNP)
        if solved:
            yield np.asarray(vector, dtype=np.float64).ravel(), focal


def _fit(vector: Array, focal: float, offsets: Array, pixels: Array, near: Pose) -> tuple[float, Array, float] | None:
    """Levenberg-Marquardt over rotation and focal length, with OpenCV's projection and its derivatives."""
    import cv2  # here, so that only a role that calibrates pays for it

    low, high = (near.width_px / 2 / tan(radians(hfov) / 2) for hfov in reversed(HFOV_RANGE_DEG))
    damping, error = 1e-3, np.inf
    state = np.append(vector, np.log(focal))
    residual, jacobian = np.zeros(0), np.zeros((0, 4))
    trial = state
    for _ in range(_STEPS):
        scale = float(np.clip(np.exp(trial[3]), low, high))
        shown, slopes = cv2.projectPoints(offsets, trial[:3], np.zeros(3), _camera(scale, near), None)
        difference = (shown.reshape(-1, 2) - pixels).ravel()
        new = float(difference @ difference)
        if np.isfinite(new) and new < error:
            done = error - new < 1e-12 * max(error, 1e-9) if np.isfinite(error) else False
            state, error, damping = trial, new, damping / 5
            residual = difference
            jacobian = np.column_stack([slopes[:, :3], (slopes[:, 6] + slopes[:, 7]) * scale])
            if done:
                break
        else:
            damping *= 5
        normal = jacobian.T @ jacobian
        if not len(normal) or damping > 1e12:
            break
        step = np.linalg.lstsq(normal + damping * np.diag(np.diag(normal) + 1e-12), -jacobian.T @ residual, rcond=None)
        trial = state + step[0]
    rotation = cv2.Rodrigues(state[:3])[0]
    if not np.isfinite(error) or (offsets @ rotation[2] <= 0).any():
        return None
    return sqrt(error / len(pixels)), state[:3], float(np.clip(np.exp(state[3]), low, high))


def _camera(focal: float, near: Pose) -> Array:
    return np.array([[focal, 0.0, near.width_px / 2], [0.0, focal, near.height_px / 2], [0.0, 0.0, 1.0]])


def _pose(vector: Array, focal: float, near: Pose) -> Pose:
    import cv2  # here, so that only a role that calibrates pays for it

    right, down, forward = cv2.Rodrigues(vector)[0]
    azimuth = degrees(np.arctan2(forward[0], forward[1])) % 360
    level = np.array([np.cos(radians(azimuth)), -np.sin(radians(azimuth)), 0.0])
    values = {
        "azimuth_deg": round(azimuth, 3) % 360,
        "tilt_deg": round(-degrees(np.arcsin(np.clip(forward[2], -1, 1))), 3),
        "roll_deg": round(degrees(np.arctan2(-(down @ level), right @ level)), 3),
        "hfov_deg": round(2 * degrees(atan(near.width_px / 2 / focal)), 3),
    }
    return near.model_copy(update={name: float(value) for name, value in values.items()})


def _calibration(pose: Pose, clicks: Sequence[Click]) -> Calibration:
    optics = Optics.of(pose)
    in_picture = [_shift_px(optics, click, pose) for click in clicks]
    on_plan = [shift for click in clicks if (shift := _shift_m(optics, click)) is not None]
    if not on_plan:
        raise CalibrationRefusedError(
            "没有一个点在摄像机下方：请点地面上的地方 / "
            "no clicked place lies below the camera: click places on the ground"
        )
    return Calibration(
        pose=pose,
        error_px=_root_mean_square(in_picture),
        worst_px=max(in_picture),
        error_m=_root_mean_square(on_plan),
        worst_m=max(on_plan),
        clicks=len(clicks),
    )


def _shift_px(optics: Optics, click: Click, pose: Pose) -> float:
    shown = optics.pixel(click.x_m, click.y_m, click.z_m)
    if shown is None:
        return hypot(pose.width_px, pose.height_px)
    return hypot(shown[0] - click.u_px, shown[1] - click.v_px)


def _shift_m(optics: Optics, click: Click) -> float | None:
    place = optics.ground_place(click.u_px, click.v_px, click.z_m)
    return None if place is None else hypot(place[0] - click.x_m, place[1] - click.y_m)


def _root_mean_square(values: Sequence[float]) -> float:
    return sqrt(sum(value**2 for value in values) / len(values))


def _turn(angle_deg: float) -> float:
    return (angle_deg + 180) % 360 - 180
