"""What was measured (依据), in words with units: the facts of a finding carry keys for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from edge_agent.causes import chinese_cause
from foundation.clock import utc_ns_of
from web import figures
from web.language import Catalogue, Language, mark

Value = str | int | float | bool | None

_WORDS: Final = {
    "area_m2": mark("面积 %(value)s m²"),
    "asked": mark("要求 %(value)s"),
    "at": mark("时间 %(value)s"),
    "azimuth_deg": mark("方向差 %(value)s°"),
    "broker": mark("线路 %(value)s"),
    "certificate": mark("证书 %(value)s"),
    "code": mark("代码 %(value)s"),
    "codec": mark("编码 %(value)s"),
    "codec_before": mark("原编码 %(value)s"),
    "codec_now": mark("现编码 %(value)s"),
    "codec_set": mark("设定编码 %(value)s"),
    "coding": mark("声音格式 %(value)s"),
    "count": mark("数量 %(value)s"),
    "days_fit": mark("只存得下 %(value)s 天"),
    "days_left": mark("还有 %(value)s 天"),
    "days_over": mark("已过期 %(value)s 天"),
    "device": mark("设备 %(value)s"),
    "device_tells": mark("设备报告 %(value)s"),
    "devices": mark("设备 %(value)s"),
    "due": mark("应巡时间 %(value)s"),
    "error": mark("原因 %(value)s"),
    "error_m": mark("测量误差 %(value)s 米"),
    "error_ms": mark("读数误差 %(value)s 毫秒"),
    "error_px": mark("测量误差 %(value)s 像素"),
    "fault": mark("情况 %(value)s"),
    "file": mark("文件 %(value)s"),
    "first": mark("从 %(value)s"),
    "fitting_bits_per_s": mark("存得下的码率 %(value)s"),
    "fps": mark("帧率 %(value)s 帧/秒"),
    "fps_set": mark("设定帧率 %(value)s 帧/秒"),
    "frames": mark("收到 %(value)s 帧"),
    "from": mark("从 %(value)s"),
    "gaps": mark("空档 %(value)s 处"),
    "given": mark("设备有 %(value)s 个通道"),
    "hfov_deg": mark("视角差 %(value)s°"),
    "kbit_per_s": mark("码率 %(value)s kb/s"),
    "kbit_per_s_set": mark("设定码率 %(value)s kb/s"),
    "keep_days": mark("应存 %(value)s 天"),
    "keyframe_s": mark("关键帧间隔 %(value)s 秒"),
    "kind": mark("消息 %(value)s"),
    "last": mark("到 %(value)s"),
    "message": mark("原因 %(value)s"),
    "minutes": mark("已 %(value)s 分钟"),
    "missed": mark("共漏 %(value)s 次"),
    "missing_bytes": mark("还差 %(value)s"),
    "model_now": mark("现型号 %(value)s"),
    "moved_to": mark("旧文件 %(value)s"),
    "newest": mark("最后一段 %(value)s"),
    "night_only_m2": mark("只在夜里看不到 %(value)s m²"),
    "not_set": mark("没有校时，因为 %(value)s"),
    "offset_ms": mark("比本机%(value)s"),
    "oldest": mark("最早 %(value)s"),
    "own_clock": mark("本机时钟 %(value)s"),
    "packets_lost": mark("丢包 %(value)s 个"),
    "pid": mark("进程 %(value)s"),
    "points": mark("点位 %(value)s"),
    "poses": mark("安装位置 %(value)s"),
    "private": mark("隐私区域 %(value)s"),
    "reason": mark("原因 %(value)s"),
    "relay": mark("输出 %(value)s"),
    "responsible": mark("负责人 %(value)s"),
    "roll_deg": mark("倾斜差 %(value)s°"),
    "serial_before": mark("原序列号 %(value)s"),
    "serial_now": mark("现序列号 %(value)s"),
    "shift_px": mark("画面偏移 %(value)s 像素"),
    "shortfall_in_days": mark("%(value)s 天后存不下"),
    "silent_s": mark("没有回应 %(value)s 秒"),
    "since": mark("从 %(value)s"),
    "source": mark("通道 %(value)s"),
    "sources": mark("缺通道 %(value)s"),
    "spots": mark("共 %(value)s 处"),
    "started_at": mark("那次启动 %(value)s"),
    "supervised": mark("线路监测 %(value)s"),
    "text": mark("原因 %(value)s"),
    "tilt_deg": mark("俯仰差 %(value)s°"),
    "times": mark("共 %(value)s 次"),
    "to": mark("到 %(value)s"),
    "told_by": mark("来自 %(value)s"),
    "topic": mark("事件 %(value)s"),
    "unseen_blurred": mark("看不出模糊"),
    "unseen_covered": mark("看不出遮挡"),
    "unseen_moved": mark("看不出移动"),
    "volume": mark("录像盘 %(value)s"),
    "waited_s": mark("已等 %(value)s 秒"),
    "what": mark("内容 %(value)s"),
    "why": mark("原因 %(value)s"),
}
_FOR_PROGRAMS: Final = {"episode"}
"""Ids that tell a person nothing."""
_VALUES: Final = {
    ("asked", "on"): mark("接通"),
    ("asked", "off"): mark("断开"),
    ("fault", "local_as_utc"): mark("差八小时，时区没设对"),
    ("fault", "never_set"): mark("从没校过时"),
    ("fault", "off"): mark("走时不准"),
    ("own_clock", "kept"): mark("已校准"),
    ("own_clock", "not_kept"): mark("没有校准"),
    ("poses", "measured"): mark("实测"),
    ("poses", "declared"): mark("申报"),
    ("told_by", "device"): mark("设备"),
    ("what", "clock"): mark("时钟"),
    ("what", "stream"): mark("码流"),
    ("why", "not_drawn"): mark("图上未画，也未声明没有"),
    ("why", "not_watched"): mark("没有摄像机看到"),
    ("why", "not_certain"): mark("只有状态未知的摄像机能看到"),
}
_FIGURES: Final[Mapping[str, Callable[[float], str]]] = {
    "missing_bytes": figures.size,
    "fitting_bits_per_s": figures.bit_rate,
}
_CAUSES: Final = frozenset({"device_tells", "error", "message", "not_set", "reason", "text", "why"})
"""Keys of what went wrong, told in a sentence."""
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_NO_NAMES: Final[Mapping[str, str]] = {}


def evidence_text(evidence: Mapping[str, Value], texts: Catalogue, names: Mapping[str, str] = _NO_NAMES) -> str:
    """What was measured, in the order it was told; `names` says what points and devices are called."""
    return " · ".join(
        texts(_WORDS[key], value=_shown(key, value, texts, names))
        if key in _WORDS
        else f"{key} {_shown(key, value, texts, names)}"
        for key, value in evidence.items()
        if value not in (None, "") and key not in _FOR_PROGRAMS
    )


def worded_keys() -> frozenset[str]:
    """The keys that have words, or need none."""
    return frozenset(_WORDS) | _FOR_PROGRAMS


def _shown(key: str, value: Value, texts: Catalogue, names: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return texts(mark("是")) if value else texts(mark("否"))
    if isinstance(value, int | float):
        if key == "offset_ms":
            time = figures.duration(abs(value) / 1000, texts)
            return texts(mark("快 %(time)s"), time=time) if value > 0 else texts(mark("慢 %(time)s"), time=time)
        figure = _FIGURES.get(key)
        return figure(value) if figure else f"{value:.2f}".rstrip("0").rstrip(".")
    text = str(value)
    if (key, text) in _VALUES:
        return texts(_VALUES[key, text])
    if key in _CAUSES and texts.language is Language.CHINESE and (cause := chinese_cause(text)) != text:
        return cause
    if _MOMENT.fullmatch(text):
        return figures.moment(utc_ns_of(datetime.fromisoformat(text)))
    return _ID.sub(lambda found: names.get(found[0], found[0]), text) if names else text
