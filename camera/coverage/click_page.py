"""A page to click places in a camera's picture and on the plan (标定取点): one file, without server or network."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Final

from camera.coverage.map_style import GREY, INK
from camera.coverage.scene import prepare
from config.plan import Plan
from config.plan_feature import Area
from config.point import Pose
from config.ring import Position

MAX_PICTURE_BYTES: Final = 16_000_000
MAX_DISTORTION: Final = 0.02
_KINDS: Final = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


class PictureRefusedError(ValueError):
    """The camera's picture cannot be shown; the message says why."""


def click_page(plan: Plan, picture: Path, *, point_id: str, name: str, pose: Pose) -> str:
    """The page as HTML; what is clicked counts in pixels of the pose's resolution. Raises PictureRefusedError."""
    content, (width, height) = _read(picture)
    size = pose.width_px, pose.height_px
    if abs(width * size[1] / (height * size[0]) - 1) > MAX_DISTORTION:
        raise PictureRefusedError(
            f"{picture}: 长宽比和码流的 {size[0]} x {size[1]} 不同，请用完整画面的截图 / "
            f"{width} x {height} px have another shape than the stream's {size[0]} x {size[1]}: "
            "give a picture of the whole stream"
        )
    address = f"data:{_KINDS[picture.suffix.lower()]};base64,{base64.b64encode(content).decode()}"
    floor = prepare(plan).floor_of(pose)
    page = resources.files("camera.coverage").joinpath("click_page.html").read_text(encoding="utf-8")
    for mark, words in (
        ("__TITLE__", escape(name)),
        ("__POINT__", escape(point_id)),
        ("__SIZE__", json.dumps(size)),
        ("__FLOOR_M__", json.dumps(plan.elevation_m(floor))),
        ("__PLAN__", "".join(_plan(plan, floor))),
        ("__PICTURE__", address),
    ):
        page = page.replace(mark, words)
    return page


def _read(picture: Path) -> tuple[bytes, tuple[int, int]]:
    import cv2  # here, so that only a role that draws pays for it
    import numpy as np

    if picture.suffix.lower() not in _KINDS:
        raise PictureRefusedError(f"{picture}: 请用 PNG 或 JPEG 图 / give a picture of the camera as PNG or JPEG")
    try:
        content = picture.read_bytes()
    except OSError as error:
        raise PictureRefusedError(f"{picture}: 读不了 / it cannot be read ({error.strerror})") from error
    if len(content) > MAX_PICTURE_BYTES:
        most_mb = MAX_PICTURE_BYTES // 1_000_000
        raise PictureRefusedError(f"{picture}: 超过 {most_mb} MB / it has more than {most_mb} MB")
    shown = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if shown is None:
        raise PictureRefusedError(f"{picture}: 不是图片 / this is no picture")
    return content, (shown.shape[1], shown.shape[0])


def _plan(plan: Plan, floor: str) -> Iterator[str]:
    """The floor in metres, north up: what a person would click is a corner of it."""
    xs, ys = zip(*plan.outline.area.outer, strict=True)
    left, top, width, height = min(xs) - 2, -max(ys) - 2, max(xs) - min(xs) + 4, max(ys) - min(ys) + 4
    yield f'<svg id="plan" xmlns="http://www.w3.org/2000/svg" viewBox="{left:g} {top:g} {width:g} {height:g}">'
    line = 'fill="none" vector-effect="non-scaling-stroke"'
    yield f'<path d="{_area(plan.outline.area)}" {line} stroke="{GREY}" stroke-dasharray="2 4"/>'
    for zone in plan.zones:
        if zone.floor == floor:
            yield f'<path d="{_area(zone.area)}" fill="#dceefa" stroke="#0072b2" vector-effect="non-scaling-stroke"/>'
    for storey in plan.floors:
        if storey.id == floor:
            yield f'<path d="{_area(storey.area)}" {line} stroke="{INK}" stroke-width="2"/>'
    for building in plan.buildings:
        if building.floor == floor:
            yield f'<path d="{_area(building.area)}" {line} stroke="{INK}" stroke-width="2"/>'
    for path, dashes in [(wall, "") for wall in plan.walls] + [(fence, "1 4") for fence in plan.fences]:
        if path.floor == floor:
            yield f'<path d="{_path(path.line)}" {line} stroke="{INK}" stroke-width="2" stroke-dasharray="{dashes}"/>'
    yield "</svg>"


def _area(area: Area) -> str:
    return "".join(_path(ring) + "Z" for ring in (area.outer, *area.holes))


def _path(corners: Sequence[Position]) -> str:
    return "M" + " ".join(f"{x:g},{-y:g}" for x, y in corners)
