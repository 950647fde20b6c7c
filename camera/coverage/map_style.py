"""The map's look: readable in black and white and by the colour-blind, so each shade has a colour and a pattern."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from camera.coverage.report import Watch
from camera.coverage.shade import Shade

FONT: Final = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
INK: Final = "#1f2328"
GREY: Final = "#656d76"

SHADE_NAMES: Final[Mapping[Shade, str]] = {
    Shade.TWICE: "两台及以上看到",
    Shade.ONCE: "一台看到",
    Shade.NIGHT_BLIND: "白天看到，夜间看不到",
    Shade.UNCERTAIN: "不确定（摄像机状态未知）",
    Shade.BLIND: "盲区",
}

WATCH_SIGNS: Final[Mapping[Watch, tuple[str, str]]] = {
    Watch.OK: ("●", "正常"),
    Watch.FAILING: ("▲", "异常"),
    Watch.UNKNOWN: ("○", "未知"),
}

# Okabe and Ito's colours, told apart by every kind of colour vision; lightness falls from "once" to "blind".
_COLOURS: Final[Mapping[Shade, tuple[str, str]]] = {
    Shade.TWICE: ("#8cc5ec", "#0072b2"),
    Shade.ONCE: ("#dceefa", "#0072b2"),
    Shade.NIGHT_BLIND: ("#fff6cf", "#8a6d00"),
    Shade.UNCERTAIN: ("#ffffff", "#57606a"),
    Shade.BLIND: ("#f6c9ae", "#b03a00"),
}

_PATTERNS: Final[Mapping[Shade, str]] = {
    Shade.TWICE: "",
    Shade.ONCE: "",
    Shade.NIGHT_BLIND: '<path d="M0 4H8" stroke="{ink}" stroke-width="1"/>',
    Shade.UNCERTAIN: '<circle cx="2" cy="2" r="1.1" fill="{ink}"/><circle cx="6" cy="6" r="1.1" fill="{ink}"/>',
    Shade.BLIND: '<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" stroke="{ink}" stroke-width="1.4"/>',
}


def pattern_definitions() -> str:
    """The SVG patterns of the shades that have one."""
    return "".join(
        f'<pattern id="{shade}" width="8" height="8" patternUnits="userSpaceOnUse">{drawing.format(ink=ink)}</pattern>'
        for shade, (_, ink) in _COLOURS.items()
        if (drawing := _PATTERNS[shade])
    )


def shaded(path: str, shade: Shade) -> str:
    """An area in its shade: the colour as one surface (tiles of it would show seams), the pattern upon it."""
    paper, ink = _COLOURS[shade]
    width = 1.2 if shade in (Shade.BLIND, Shade.UNCERTAIN) else 0.5
    dashes = ' stroke-dasharray="4 3"' if shade is Shade.UNCERTAIN else ""
    hatch = f'<path d="{path}" fill="url(#{shade})" fill-rule="evenodd"/>' if _PATTERNS[shade] else ""
    return f'<path d="{path}" fill="{paper}" fill-rule="evenodd" stroke="{ink}" stroke-width="{width}"{dashes}/>{hatch}'


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 13,
    weight: str = "normal",
    colour: str = INK,
    anchor: str = "start",
    halo: bool = False,
) -> str:
    """Words on the map; with a halo they can be read upon anything."""
    around = ' stroke="#ffffff" stroke-width="3" paint-order="stroke" stroke-linejoin="round"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}"{around}>{escape(words)}</text>'
    )
