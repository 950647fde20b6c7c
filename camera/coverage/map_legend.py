"""What stands beside the map: legend, cameras, blind spots by number, scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from camera.coverage.map_style import GREY, INK, SHADE_NAMES, WATCH_SIGNS, shaded, text
from camera.coverage.report import CoverageReport, PoseSource, Spot
from camera.coverage.shade import Shade


def legend(x: float, y: float, *, columns: int = 1, column_px: float = 0.0) -> Iterator[str]:
    """Its heading at (x, y), the entries below it, filling one column after another."""
    yield text(x, y, "图例", size=16, weight="bold")
    entries = [(shaded("M0 -13h34v18h-34z", shade), SHADE_NAMES[shade]) for shade in Shade] + [
        (f'<path d="M0 -4h34" stroke="{INK}" stroke-width="2.2"/>', "墙、建筑（遮挡）"),
        (f'<path d="M0 -4h34" stroke="{INK}" stroke-width="1.2" stroke-dasharray="1 4"/>', "透视围栏（不遮挡）"),
        (f'<path d="M0 -4h34" stroke="{INK}" stroke-width="0.7" stroke-dasharray="6 3"/>', "摄像机视野边界"),
        ('<path d="M0 -13h34v18h-34zl34 18m0 -18l-34 18" fill="none" stroke="#6f42c1"/>', "不得看到的区域"),
    ]
    rows = -(-len(entries) // columns)
    for number, (drawing, words) in enumerate(entries):
        column, row = divmod(number, rows)
        at_x, at_y = x + column * column_px, y + 26 * (row + 1)
        yield f'<g transform="translate({at_x:.0f} {at_y:.0f})">{drawing}{text(44, 1, words)}</g>'


def lists_of(report: CoverageReport, listed: Sequence[Spot], x: float, names: Mapping[str, str]) -> Iterator[str]:
    """The cameras, and the blind spots with the numbers that they have on the map."""
    y = 384.0
    yield text(x, y, "摄像机", size=16, weight="bold")
    for point_id, watch in report.watches.items():
        y += 22
        sign, word = WATCH_SIGNS[watch]
        source = "实测" if report.pose_sources[point_id] is PoseSource.MEASURED else "申报"
        yield text(x, y, f"{sign} {names.get(point_id, point_id)} · {word} · 位姿{source}")
    for unplaced in report.unplaced:
        y += 22
        yield text(x, y, f"◆ {names.get(unplaced.point_id, unplaced.point_id)} · 未计入")
    y += 40
    total = len(report.blind_spots)
    yield text(x, y, f"盲区 {total} 处" if total else "没有盲区", size=16, weight="bold")
    for number, spot in enumerate(listed, start=1):
        y += 22
        night = "（夜间）" if spot.night_only else ""
        yield text(x, y, f"{number}  {spot.name}{night}", weight="bold")
        y += 16
        yield text(x + 20, y, spot.reason_text, size=12, colour=GREY)
    if total > len(listed):
        y += 24
        yield text(x, y, f"其余 {total - len(listed)} 处见清单", colour=GREY)
    if report.uncertain:
        uncertain_m2 = sum(spot.area_m2 for spot in report.uncertain if not spot.night_only)
        yield text(x, y + 34, f"不确定 {len(report.uncertain)} 处，共 {uncertain_m2:.1f} m²", size=16, weight="bold")


def scale_bar(x: float, y: float, px_per_m: float) -> str:
    """A round length, and where north is."""
    metres = next(length for length in (100, 50, 20, 10, 5, 2, 1) if length * px_per_m < 200 or length == 1)
    width = metres * px_per_m
    return (
        f'<path d="M{x:.0f} {y:.0f}v8h{width:.1f}v-8" fill="none" stroke="{INK}" stroke-width="1.5"/>'
        + text(x + width + 8, y + 9, f"{metres} m")
        + f'<path d="M{x + width + 80:.0f} {y + 12:.0f}v-24l-5 9m5 -9l5 9" fill="none" stroke="{INK}"/>'
        + text(x + width + 92, y + 9, "北")
    )
