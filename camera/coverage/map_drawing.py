"""The coverage map (覆盖图) as SVG: what is seen, what is not and why; a panel for each floor, legend and list."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from camera.coverage.label import Labels
from camera.coverage.live import LiveCoverage
from camera.coverage.map_legend import legend, lists_of, scale_bar
from camera.coverage.map_style import FONT, GREY, INK, WATCH_SIGNS, pattern_definitions, shaded, text
from camera.coverage.report import CoverageReport
from camera.coverage.shade import Shade
from camera.picture_size import NoPictureError, pixels
from config.plan import Plan
from config.plan_feature import GROUND, Area, PlanImage
from config.ring import Position, Ring

PANEL_PX: Final = 860
SHEET_PANEL_PX: Final = 640
"""Narrower on a page of paper, so that what is written on it is large enough to read."""
MARGIN_PX: Final = 24
SIDE_PX: Final = 420
SHEET_LEGEND_COLUMNS: Final = 3
MAX_LISTED: Final = 24
MAX_IMAGE_BYTES: Final = 8_000_000
MAX_IMAGE_PIXELS: Final = 60_000_000
"""A browser takes four bytes for each."""


class BackdropRefusedError(ValueError):
    """The plan's picture cannot be drawn; the message says why."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """From metres to pixels of one panel."""

    left_m: float
    top_m: float
    px_per_m: float
    x_px: float
    y_px: float

    def at(self, place: Position) -> tuple[float, float]:
        return (
            self.x_px + (place[0] - self.left_m) * self.px_per_m,
            self.y_px + (self.top_m - place[1]) * self.px_per_m,
        )

    def path(self, rings: Iterable[Sequence[Position]], *, closed: bool = True) -> str:
        parts = []
        for ring in rings:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.at, ring))
            parts.append(f"M{points}{'Z' if closed else ''}")
        return "".join(parts)


def draw_map(
    plan: Plan,
    live: LiveCoverage,
    report: CoverageReport,
    *,
    title: str,
    told_at: str,
    names: Mapping[str, str],
    lists: bool = True,
) -> str:
    """The map as one SVG document. `names` are the points' names; `told_at` says when the cameras were as drawn.

    Without `lists` it has no heading and only the legend, for a page that says the rest itself.

    Raises BackdropRefusedError if the plan names a picture that cannot be used.
    """
    floors = [floor for floor in plan.floor_ids() if floor == GROUND or any(zone.floor == floor for zone in plan.zones)]
    xs, ys = zip(*plan.outline.area.outer, strict=True)
    panel_px = PANEL_PX if lists else SHEET_PANEL_PX
    scale = panel_px / max(max(xs) - min(xs), (max(ys) - min(ys)) * 1.1)
    y = 96.0 if lists else 4.0
    listed = report.blind_spots[:MAX_LISTED]
    numbers = {id(spot): number for number, spot in enumerate(listed, start=1)}
    body: list[str] = []
    for floor in floors:
        area = plan.outline.area if floor == GROUND else next(one.area for one in plan.floors if one.id == floor)
        frame = _Frame(min(x for x, _ in area.outer), max(north for _, north in area.outer), scale, MARGIN_PX, y + 26)
        body.append(text(MARGIN_PX, y + 12, plan.floor_name(floor), size=16, weight="bold"))
        body.extend(_panel(plan, live, report, floor, area, frame, names, numbers))
        y = frame.y_px + (frame.top_m - min(north for _, north in area.outer)) * scale + 30
    if lists:
        x = MARGIN_PX + panel_px + 28
        side = [*legend(x, 110), *lists_of(report, listed, x, names)]
        width, height = (
            x + SIDE_PX,
            max(y + 30, 500 + (len(report.watches) + len(report.unplaced)) * 22 + len(listed) * 38),
        )
    else:
        side = list(legend(MARGIN_PX, y + 54, columns=SHEET_LEGEND_COLUMNS, column_px=panel_px / SHEET_LEGEND_COLUMNS))
        width, height = MARGIN_PX * 2 + panel_px, y + 54 + 26 * 3 + 16
    seen = f"白天看到 {report.seen_share:.1%} · 夜间看到 {report.seen_share_at_night:.1%}（按需要的像素密度，按面积）"
    heading = [
        text(MARGIN_PX, 40, f"{title} 监控覆盖图", size=24, weight="bold"),
        text(MARGIN_PX, 66, f"{told_at} · {seen}", size=14, colour=GREY),
    ]
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" font-family="{FONT}" font-size="13" fill="{INK}">',
            f"<defs>{pattern_definitions()}</defs>",
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
            *(heading if lists else ()),
            *body,
            scale_bar(MARGIN_PX, y + 4, scale),
            *side,
            "</svg>",
        ]
    )


def _panel(
    plan: Plan,
    live: LiveCoverage,
    report: CoverageReport,
    floor: str,
    area: Area,
    frame: _Frame,
    names: Mapping[str, str],
    numbers: Mapping[int, int],
) -> Iterator[str]:
    edge = frame.path([area.outer, *area.holes])
    yield f'<clipPath id="panel-{floor}"><path d="{edge}"/></clipPath>'
    yield f'<path d="{edge}" fill="#fafafa" stroke="{GREY}" stroke-dasharray="2 4"/>'
    if floor == GROUND and plan.image is not None:
        # Its paper's margin would cover the headings.
        yield f'<g clip-path="url(#panel-{floor})">{_backdrop(plan.image, frame)}</g>'
    for building in plan.buildings:
        if building.floor == floor:
            block = frame.path([building.area.outer, *building.area.holes])
            yield f'<path d="{block}" fill="#eceef0" stroke="none"/>'
    zones = [zone for zone in plan.zones if zone.floor == floor]
    shades = live.shades()
    for shade in Shade:
        for zone in zones:
            rings = shades[zone.id].get(shade, ())
            if rings:
                yield shaded(frame.path(rings), shade)
    for zone in zones:
        yield f'<path d="{frame.path([zone.area.outer])}" fill="none" stroke="{INK}" stroke-width="0.8"/>'
    for private in plan.private:
        if private.floor == floor:
            yield _crossed_out(frame, private.area, private.name)
    for fence in plan.fences:
        if fence.floor == floor:
            path = frame.path([fence.line], closed=False)
            yield f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="1.2" stroke-dasharray="1 4"/>'
    for wall in plan.walls:
        if wall.floor == floor:
            path = frame.path([wall.line], closed=False)
            yield f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="2.2" stroke-linejoin="round"/>'
    for building in plan.buildings:
        if building.floor == floor:
            yield f'<path d="{frame.path([building.area.outer])}" fill="none" stroke="{INK}" stroke-width="2.2"/>'
    zone_ids = {zone.id for zone in zones}
    spots = [
        (str(numbers[id(spot)]), *frame.at(_inside(spot.rings)))
        for spot in report.blind_spots
        if id(spot) in numbers and spot.zone_id in zone_ids
    ]
    labels = Labels()
    for zone in zones:
        labels.take(*_label_place(zone.area, frame), zone.name, size=12, anchor="middle")
    for number, x, y in spots:
        labels.take(x, y + 6, number, size=18, anchor="middle")
    for point_id, (pose, on_floor, outline) in live.views().items():
        if on_floor == floor:
            path = frame.path([[(float(east), float(north)) for east, north in outline]])
            look = f'fill="none" stroke="{INK}" stroke-width="0.7" stroke-dasharray="6 3"'
            yield f'<path d="{path}" {look} clip-path="url(#panel-{floor})"/>'
            sign, word = WATCH_SIGNS[report.watches[point_id]]
            yield from _camera(frame.at((pose.x_m, pose.y_m)), sign, f"{names.get(point_id, point_id)} {word}", labels)
    for zone in zones:
        x, y = _label_place(zone.area, frame)
        yield text(x, y, zone.name, size=12, halo=True, anchor="middle")
    for number, x, y in spots:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="#ffffff" stroke="{INK}"/>'
        yield text(x, y + 4, number, size=11, weight="bold", anchor="middle")


def _camera(place: Position, sign: str, words: str, labels: Labels) -> Iterator[str]:
    """Its sign where it hangs, and its name where there is room."""
    x, y = place
    yield text(x - 7, y + 6, sign, size=16, halo=True)
    sides = [(x + 9, "start"), (x - 9, "end")]
    places = [(at_x, y + down, anchor) for down in (-6, 18, -20, 32) for at_x, anchor in sides if at_x > 80]
    x, y, anchor = labels.choose(places or [(x + 9, y - 6, "start")], words, size=12)
    yield text(x, y, words, size=12, weight="bold", halo=True, anchor=anchor)


def _backdrop(image: PlanImage, frame: _Frame) -> str:
    kinds = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
    kind = kinds.get(image.file.suffix.lower())
    if kind is None:
        raise BackdropRefusedError(f"{image.file.name}: 底图要用 PNG 或 JPEG / the plan's picture must be PNG or JPEG")
    data = _read(image.file)
    try:
        width, height = pixels(data)
    except NoPictureError as error:
        raise BackdropRefusedError(f"{image.file.name}: 底图不是图片 / this is no picture") from error
    if not 0 < width * height <= MAX_IMAGE_PIXELS:
        raise BackdropRefusedError(
            f"{image.file.name}: 底图有 {width} x {height} 像素，请缩小 / the plan's picture is too large"
        )
    first, second = image.points
    # One turn and one scale fit two points; the picture's rows run downward, the plan's north upward.
    from_px = complex(first.pixel[0], -first.pixel[1]), complex(second.pixel[0], -second.pixel[1])
    to_m = complex(*first.at), complex(*second.at)
    turn = (to_m[1] - to_m[0]) / (from_px[1] - from_px[0])
    zero = to_m[0] - turn * from_px[0]
    x, y = frame.at((zero.real, zero.imag))
    a, b = turn.real * frame.px_per_m, turn.imag * frame.px_per_m
    encoded = base64.b64encode(data).decode()
    return (
        f'<image width="{width}" height="{height}" opacity="0.45" href="data:{kind};base64,{encoded}" '
        f'transform="matrix({a:.6g} {-b:.6g} {b:.6g} {a:.6g} {x:.3f} {y:.3f})"/>'
    )


def _read(file: Path) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BackdropRefusedError(
            f"{file.name}: 底图读不了 / the plan's picture cannot be read ({error.strerror})"
        ) from error
    if len(data) > MAX_IMAGE_BYTES:
        most_mb = MAX_IMAGE_BYTES // 1_000_000
        raise BackdropRefusedError(
            f"{file.name}: 底图超过 {most_mb} MB，请缩小 / the plan's picture has more than {most_mb} MB"
        )
    return data


def _crossed_out(frame: _Frame, area: Area, name: str) -> str:
    x, y = zip(*map(frame.at, area.outer), strict=True)
    left, right, top, bottom = min(x), max(x), min(y), max(y)
    return (
        f'<path d="{frame.path([area.outer])}" fill="none" stroke="#6f42c1" stroke-width="1.6"/>'
        f'<path d="M{left:.1f} {top:.1f}L{right:.1f} {bottom:.1f}M{right:.1f} {top:.1f}L{left:.1f} {bottom:.1f}" '
        f'stroke="#6f42c1" stroke-width="1"/>'
        + text((left + right) / 2, bottom - 4, name, size=11, anchor="middle", halo=True)
    )


def _label_place(area: Area, frame: _Frame) -> tuple[float, float]:
    """Within a large zone, near its upper edge; just above a small one, which has its number within."""
    x, y = zip(*map(frame.at, area.outer), strict=True)
    if max(y) - min(y) < 60 or max(x) - min(x) < 60:
        return (min(x) + max(x)) / 2, min(y) - 4
    middle, _ = frame.at(_inside([area.outer]))
    return middle, frame.at(_inside([area.outer]))[1] - 22


def _inside(rings: Sequence[Ring]) -> Position:
    """A place within: the middle of the longest run along a row near the middle."""
    ys = [y for ring in rings for _, y in ring]
    middle = (min(ys) + max(ys)) / 2 + 1e-6
    best = (0.0, *rings[0][0])
    for step in (0.0, 0.25, -0.25):
        level = middle + step * (max(ys) - min(ys)) * 0.9
        crossings = sorted(
            x0 + (level - y0) * (x1 - x0) / (y1 - y0)
            for ring in rings
            for (x0, y0), (x1, y1) in zip(ring, (*ring[1:], ring[0]), strict=True)
            if (y0 > level) != (y1 > level)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            if right - left > best[0]:
                best = right - left, (left + right) / 2, level
        if best[0]:
            break
    return best[1], best[2]
