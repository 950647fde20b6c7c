"""Coverage on one page to sign (签字页): the map, the zones, the blind spots, and what the figures rest on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any, Final

from camera.coverage.label import width_em
from camera.coverage.report import CoverageReport, PoseSource, Spot, ZoneCoverage
from camera.coverage.typeset import typeset
from config.plan import Plan

MAX_ZONES: Final = 14
MAX_SPOTS: Final = 13
MAX_REMARKS: Final = 13
MAX_LETTERS: Final = 30


def draw_sheet(
    plan: Plan, report: CoverageReport, map_svg: str, *, title: str, told_at: datetime, names: Mapping[str, str]
) -> bytes:
    """The page as PDF; `map_svg` is the map without its lists, `told_at` local time. Raises TypesetFailedError."""
    return set_sheet(sheet_values(plan, report, title=title, told_at=told_at, names=names), map_svg)


def sheet_values(
    plan: Plan, report: CoverageReport, *, title: str, told_at: datetime, names: Mapping[str, str]
) -> dict[str, Any]:
    """What the page says, as plain values: it may be set later, and by another process."""
    zones = sorted(report.zones, key=lambda zone: zone.day.seen)
    spots = report.blind_spots
    remarks = _remarks(report, names)
    return {
        "title": f"{title} 监控覆盖测算表",
        "told_at": f"{told_at:%Y-%m-%d %H:%M}",
        "day": [told_at.year, told_at.month, told_at.day],
        "summary": (
            f"按面积，白天看到 {report.seen_share:.1%}，夜间看到 {report.seen_share_at_night:.1%}；"
            f"像素密度按 {plan.profile.name}；网格 {report.cell_m:g} m，盲区列到 {plan.smallest_blind_spot_m2:g} m²。"
        ),
        "zones": [_row(zone) for zone in zones[:MAX_ZONES]],
        "more_zones": f"其余 {len(zones) - MAX_ZONES} 个区域白天均不低于上列各行。" if len(zones) > MAX_ZONES else "",
        "spot_count": len(spots),
        "spots": [_line(number, spot) for number, spot in enumerate(spots[:MAX_SPOTS], start=1)],
        "more_spots": f"其余 {len(spots) - MAX_SPOTS} 处见清单。" if len(spots) > MAX_SPOTS else "",
        "remarks": remarks[:MAX_REMARKS]
        + ([f"其余 {len(remarks) - MAX_REMARKS} 条见清单。"] if len(remarks) > MAX_REMARKS else []),
    }


def set_sheet(values: Mapping[str, Any], map_svg: str) -> bytes:
    """The page as PDF, from `sheet_values`. Raises TypesetFailedError."""
    template = resources.files("camera.coverage").joinpath("sheet.typ").read_bytes()
    files = {
        "main.typ": template,
        "data.json": json.dumps(values, ensure_ascii=False).encode(),
        "map.svg": map_svg.encode(),
    }
    return typeset(files, "pdf")


def _row(zone: ZoneCoverage) -> list[str]:
    blind_m2 = sum(spot.area_m2 for spot in zone.blind_spots if not spot.night_only)
    return [
        _short(zone.name, 15),
        _short(zone.kind_name, 9),
        f"{zone.density_px_per_m:g} px/m，{zone.target_height_m:g} m",
        f"{zone.area_m2:.0f} m²",
        f"{zone.day.seen:.1%}",
        f"{zone.day.by_two_or_more:.1%}",
        f"{zone.night.seen:.1%}",
        f"{blind_m2:.1f} m²",
    ]


def _line(number: int, spot: Spot) -> str:
    night = "（夜间）" if spot.night_only else ""
    return _short(f"{number}. {spot.name}{night}：{spot.reason_text}", MAX_LETTERS)


def _remarks(report: CoverageReport, names: Mapping[str, str]) -> list[str]:
    """What else a person who signs must know."""
    measured = sum(source is PoseSource.MEASURED for source in report.pose_sources.values())
    remarks = [f"位姿：实测 {measured} 台，申报 {len(report.pose_sources) - measured} 台。"]
    remarks += [f"{missing.kind_name}：{missing.words}。" for missing in report.missing_kinds]
    remarks += [f"{names.get(one.point_id, one.point_id)} 能看到{one.name}，应调整。" for one in report.private_views]
    remarks += [f"{names.get(one.point_id, one.point_id)}：{one.message}。" for one in report.unplaced]
    uncertain_m2 = sum(spot.area_m2 for spot in report.uncertain if not spot.night_only)
    if uncertain_m2:
        remarks.append(f"另有 {uncertain_m2:.1f} m² 不确定（摄像机状态未知），未计入看到。")
    return [_short(remark, MAX_LETTERS) for remark in remarks]


def _short(words: str, letters: int) -> str:
    """Words that fit beside as many Chinese letters, cut if they must be."""
    if width_em(words) <= letters:
        return words
    while width_em(words) > letters - 1:
        words = words[:-1]
    return f"{words}…"
