"""Why a place is not seen, and what helps (怎么办), in words; keys are those of `camera.coverage.Reason`."""

from __future__ import annotations

from typing import Final

from web.language import Catalogue, mark

REASONS: Final = {
    "out_of_view": mark("不在任何画面内"),
    "behind_wall": mark("被遮挡"),
    "too_far": mark("距离太远，像素密度不足"),
    "dead_zone": mark("摄像机下方死角"),
    "camera_down": mark("摄像机异常"),
    "too_dark": mark("夜间补光照不到"),
    "not_certain": mark("摄像机状态未知"),
}
REMEDIES: Final = {
    "out_of_view": mark("转动附近的摄像机，或在这里加装"),
    "behind_wall": mark("从遮挡物的另一侧加装，或把摄像机移到能绕过它的位置"),
    "too_far": mark("换分辨率更高或视角更窄的摄像机，或在近处加装"),
    "dead_zone": mark("让摄像机再向下倾，或从对面加装一台照向它的下方"),
    "camera_down": mark("先修好这台摄像机，修好后自动消除"),
    "too_dark": mark("加补光灯，或换夜视更远的摄像机"),
    "not_certain": mark("先查明这台摄像机现在的状态"),
}
MISSING: Final = {
    "not_drawn": mark("图上未画，也未声明没有"),
    "not_watched": mark("没有摄像机看到"),
    "not_certain": mark("只有状态未知的摄像机能看到"),
}
_HIDDEN_BY: Final = mark("被%(what)s遮挡")


def reason_words(reason: str, hidden_by: str | None, texts: Catalogue) -> str:
    """The reason, with what is in the way."""
    return texts(_HIDDEN_BY, what=hidden_by) if hidden_by and reason == "behind_wall" else texts(REASONS[reason])
