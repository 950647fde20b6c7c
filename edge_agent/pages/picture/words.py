"""What is said of a point's picture on the office pages (图像完好): what was measured, against what, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from web.language import Catalogue, mark

UNJUDGED: Final = {
    "no_reference": mark("正在学习正常画面，约一分钟"),
    "too_little_texture": mark("无法判断：画面太单调，看不出模糊、遮挡和移位"),
    "too_dark": mark("太暗，判断不了是天黑还是被挡"),
    "partly": mark("无法判断%(what)s：画面那部分太单调，或光线太暗"),
}
"""Why a picture could not be judged whole."""
UNSEEN: Final = {"blurred": mark("模糊"), "covered": mark("遮挡"), "moved": mark("移动")}
"""What would pass unseen."""
TROUBLES: Final = {
    "no_stream": mark("设备还没有给出视频流地址"),
    "no_password": mark("读不到设备密码"),
    "login_refused": mark("设备不认登录密码，已停止尝试"),
    "stalled": mark("连上了，但没有画面过来"),
    "unreachable": mark("连不上视频流"),
    "name_unknown": mark("设备名解析不了"),
    "busy": mark("设备不再接受更多观看"),
    "unsupported": mark("视频格式解不开"),
    "connection_lost": mark("取画面时连接断了"),
    "end_of_stream": mark("设备中断了视频流"),
}
"""Why no picture was got, by what the stream said."""
LIGHTS: Final = {"day": mark("白天参照"), "night": mark("夜间参照")}
_LEVELS: Final = mark("亮度 %(measure)s，界限 %(threshold)s（0 到 255）")
_SHADES: Final = mark("明暗相差 %(measure)s 级，界限 %(threshold)s 级：没有景物")
_SHARES: Final = {
    "too_bright": mark("过曝面积 %(measure)s，界限 %(threshold)s"),
    "signal_loss": mark("同一颜色占 %(measure)s，界限 %(threshold)s"),
    "frozen": mark("两次之间变化的像素 %(measure)s，界限 %(threshold)s"),
    "blurred": mark("细节剩下参照的 %(measure)s，界限 %(threshold)s"),
    "covered": mark("画面被挡 %(measure)s，界限 %(threshold)s"),
    "moved": mark("画面变了 %(measure)s，界限 %(threshold)s"),
}
_STRENGTHS: Final = {
    "noise": mark("噪声 %(measure)s，界限 %(threshold)s"),
    "stripes": mark("条纹强度 %(measure)s，界限 %(threshold)s"),
    "colour_cast": mark("偏色 %(measure)s，界限 %(threshold)s"),
}
_PIXELS: Final = mark("移动 %(measure)s 像素，界限 %(threshold)s 像素（640×360）")
_DEGREES: Final = mark("倾斜 %(measure)s 度，界限 %(threshold)s 度")
_LEAST_PIXELS: Final = 5.0
_LEAST_TOP: Final = 10.0
_WHOLE: Final = 1.0


def not_judged(reason: str, unseen: Sequence[str], texts: Catalogue) -> str:
    """Why a picture could not be judged whole, and what would pass unseen where it is a part of that."""
    return texts(UNJUDGED[reason], what=texts(mark("、")).join(texts(UNSEEN[one]) for one in unseen))


def measured(condition: str, measure: float, threshold: float, texts: Catalogue) -> str:
    """The figure and its limit with their unit. How large the limit is tells which of a condition's measures it was."""
    if threshold < _WHOLE and condition in _SHARES:
        return texts(_SHARES[condition], measure=_percent(measure), threshold=_percent(threshold))
    figures = {"measure": f"{measure:.1f}", "threshold": f"{threshold:.1f}"}
    if condition == "moved":
        return texts(_PIXELS if threshold >= _LEAST_PIXELS else _DEGREES, **figures)
    if condition == "black" and threshold < _LEAST_TOP:
        return texts(_SHADES, **figures)
    return texts(_STRENGTHS.get(condition, _LEVELS), **figures)


def _percent(share: float) -> str:
    return f"{share * 100:.2f} %" if share < 0.01 else f"{share * 100:.0f} %"
