"""The map and the page to sign."""

from __future__ import annotations

import re
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.coverage import LiveCoverage, Watch
from camera.coverage.map_drawing import BackdropRefusedError, draw_map
from camera.coverage.map_style import SHADE_NAMES, pattern_definitions, shaded
from camera.coverage.shade import Shade
from camera.coverage.sheet import draw_sheet
from camera.coverage.typeset import TypesetFailedError, svg_to_png, typeset
from config.plan import Plan
from tests.camera.coverage.conftest import PlanMaker, camera, rectangle, zone


def live_of(plan: Plan, **watches: Watch) -> LiveCoverage:
    live = LiveCoverage(plan)
    for number, (point, watch) in enumerate(watches.items()):
        live.place(point, camera(100, 18 + number, 90, hfov_deg=66.0), watch)
    return live


def svg_of(plan: Plan, live: LiveCoverage, *, lists: bool = True) -> str:
    return draw_map(
        plan, live, live.report(), title="示范小学", told_at="2026-11-21 21:30", names={"gate": "东门"}, lists=lists
    )


def words_of(svg: str) -> str:
    return " ".join(
        element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    )


def test_the_map_tells_cameras_zones_blind_spots_and_its_signs(example_plan: Plan) -> None:
    live = live_of(example_plan, gate=Watch.OK, yard=Watch.UNKNOWN)
    words = words_of(svg_of(example_plan, live))
    for name in (
        *SHADE_NAMES.values(),
        "示范小学 监控覆盖图",
        "东门 正常",
        "yard 未知",
        "教学楼二楼",
        "位姿申报",
        "北",
    ):
        assert name in words
    for spot in live.report().blind_spots[:20]:
        assert spot.name in words


def test_names_cannot_break_the_drawing(make_plan: PlanMaker) -> None:
    plan = make_plan(zone(rectangle(20, 10, 40, 30), name='<script>"&'))
    words = words_of(svg_of(plan, live_of(plan)))
    assert '<script>"&' in words


def test_what_is_uncertain_is_drawn_apart_from_what_is_seen(example_plan: Plan) -> None:
    sure = svg_of(example_plan, live_of(example_plan, gate=Watch.OK))
    unsure = svg_of(example_plan, live_of(example_plan, gate=Watch.UNKNOWN))
    # One use is the legend's own.
    assert sure.count("url(#uncertain)") == 1 < unsure.count("url(#uncertain)")


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return float(0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2)


def test_shades_differ_in_pattern_or_clearly_in_lightness_so_that_black_and_white_print_keeps_them() -> None:
    looks = {}
    for shade in Shade:
        drawn = shaded("M0 0", shade)
        paper = re.findall(r'fill="(#[0-9a-f]{6})"', drawn)[0]
        looks[shade] = (f"url(#{shade})" in drawn, lightness(paper))
    plain = sorted(light for has_pattern, light in looks.values() if not has_pattern)
    assert all(second - first > 0.2 for first, second in pairwise(plain))
    patterns = re.findall(r"<pattern id=\"(\w+)\"[^>]*>(.*?)</pattern>", pattern_definitions())
    drawings = [re.sub(r"#[0-9a-f]{6}", "", drawing) for _, drawing in patterns]
    assert len(set(drawings)) == len(drawings) == 3


@pytest.mark.process
def test_the_png_is_the_drawing(example_plan: Plan) -> None:
    live = live_of(example_plan, gate=Watch.OK)
    picture = cv2.imdecode(np.frombuffer(svg_to_png(svg_of(example_plan, live)), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] > 1500
    orange = (np.abs(picture.astype(int) - (0xAE, 0xC9, 0xF6)) < 6).all(axis=2)
    assert orange.mean() > 0.005  # blind spots were painted, patterns and all
    assert (picture == 255).all(axis=2).mean() > 0.4


@pytest.mark.process
def test_the_page_to_sign_is_one_page_however_much_there_is_to_say(
    make_plan: PlanMaker, require_program: Callable[..., Path], tmp_path: Path
) -> None:
    zones = [
        zone(
            rectangle(1 + n % 10 * 5, 1 + n // 10 * 5, 5 + n % 10 * 5, 5 + n // 10 * 5),
            id=f"z{n}",
            name=f"长名字的区域甲乙丙丁{n}",
        )
        for n in range(60)
    ]
    plan = make_plan(*zones)
    live = live_of(plan)
    for number in range(12):
        live.place(f"none-{number}", None, Watch.UNKNOWN)
    page = draw_sheet(
        plan,
        live.report(),
        svg_of(plan, live, lists=False),
        title="示范小学",
        told_at=datetime(2026, 11, 21, 21, 30),
        names={},
    )
    file = tmp_path / "page.pdf"
    file.write_bytes(page)
    told = subprocess.run(
        [require_program("pdfinfo", "poppler-utils"), file], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert re.search(r"^Pages:\s+1$", told, re.MULTILINE)
    assert re.search(r"^Page size:.*A4", told, re.MULTILINE)


@pytest.mark.process
def test_a_character_that_no_font_has_fails_the_page() -> None:
    page = (
        '#set text(font: "Noto Sans CJK SC", fallback: false)\n'
        "#set document(date: datetime(year: 2026, month: 1, day: 1))\n"
    )
    with pytest.raises(TypesetFailedError, match=r"glyph|display"):
        typeset({"main.typ": (page + "\U000f1234").encode()}, "pdf")


def plan_with_picture(make_plan: PlanMaker, file: Path) -> Plan:
    points = [{"pixel": [0, 400], "at": [0, 0]}, {"pixel": [600, 400], "at": [60, 0]}]
    return make_plan(zone(rectangle(20, 10, 40, 30)), image={"file": str(file), "points": points})


def test_two_measured_points_put_the_picture_in_its_place(make_plan: PlanMaker, tmp_path: Path) -> None:
    file = tmp_path / "plan.png"
    cv2.imwrite(str(file), np.full((400, 600, 3), 200, np.uint8))
    plan = plan_with_picture(make_plan, file)
    svg = svg_of(plan, live_of(plan))
    found = re.search(r'<image width="600" height="400".*?transform="matrix\(([^)]*)\)"', svg)
    assert found is not None
    a, b, c, d, e, f = map(float, found[1].split())
    outline = re.search(r'<clipPath id="panel-ground"><path d="M([\d.]+),([\d.]+) ([\d.]+),([\d.]+)', svg)
    assert outline is not None
    left, bottom, right, _ = map(float, outline.groups())
    # The picture's lower left corner is the campus's, its lower right corner the campus's too.
    assert (a * 0 + c * 400 + e, b * 0 + d * 400 + f) == pytest.approx((left, bottom), abs=0.2)
    assert (a * 600 + c * 400 + e, b * 600 + d * 400 + f) == pytest.approx((right, bottom), abs=0.2)


def test_a_picture_that_cannot_be_drawn_is_named(make_plan: PlanMaker, tmp_path: Path) -> None:
    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 60_000, 60_000)
    for name, content, said in (
        ("plan.png", b"no picture", "no picture"),
        ("plan.bmp", b"", "PNG or JPEG"),
        ("huge.png", huge, "60000 x 60000"),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        plan = plan_with_picture(make_plan, file)
        with pytest.raises(BackdropRefusedError, match=said):
            svg_of(plan, live_of(plan))
    plan = plan_with_picture(make_plan, tmp_path / "gone.png")
    with pytest.raises(BackdropRefusedError, match="cannot be read"):
        svg_of(plan, live_of(plan))
