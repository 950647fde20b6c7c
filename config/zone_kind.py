"""Kinds of zones (区域) every campus is asked about: what must be seen, how well, and what must not be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FEET_M: Final = 0.0
"""Height of what must be seen when it is enough that somebody is there."""
FACE_M: Final = 1.6
"""Height of a grown-up's face."""

_NOTICE: Final = "校门、主次出入口、校内主要道路、教学楼和宿舍楼主要过道、食堂厨房、重点部位安装视频监控系统"
_KEY_PLACES: Final = "GB/T 29315 重点部位和区域（转引，以标准原文为准）"
_PRIVATE: Final = "国务院令第799号（转引）：不得在学生宿舍、卫生间等处安装"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneKind:
    """One kind: its Chinese name, the densities asked for by default, and the text that asks for it."""

    id: str
    name: str
    levels: tuple[str, str]
    """Default level in the 2015 edition and in the 2025 edition."""
    target_height_m: float
    every_campus: bool
    """Asked of every school: neither drawn nor declared absent is a finding (requirements row V4)."""
    source_text: str

    def default_level(self, levels: Mapping[str, float]) -> str:
        """The default level's name in a profile with these levels."""
        return next((level for level in self.levels if level in levels), min(levels, key=lambda name: levels[name]))


def _asked(kind_id: str, name: str, levels: tuple[str, str], target_height_m: float) -> ZoneKind:
    return ZoneKind(
        id=kind_id,
        name=name,
        levels=levels,
        target_height_m=target_height_m,
        every_campus=True,
        source_text=_NOTICE,
    )


def _key_place(kind_id: str, name: str, levels: tuple[str, str], target_height_m: float) -> ZoneKind:
    return ZoneKind(
        id=kind_id,
        name=name,
        levels=levels,
        target_height_m=target_height_m,
        every_campus=False,
        source_text=_KEY_PLACES,
    )


_PRESENCE: Final = ("detect", "overview")
_ACTION: Final = ("observe", "discern")
_PERSON: Final = ("recognise", "perceive")

_KINDS: Final = (
    _asked("gate", "校门", _PERSON, FACE_M),
    _asked("entrance", "主次出入口", _PERSON, FACE_M),
    _asked("road", "校内主要道路", _PRESENCE, FEET_M),
    _asked("teaching_corridor", "教学楼主要过道", _ACTION, FACE_M),
    _asked("dormitory_corridor", "宿舍楼主要过道", _ACTION, FACE_M),
    _asked("canteen_kitchen", "食堂厨房", _ACTION, FACE_M),
    _asked("key_place", "重点部位", _PERSON, FACE_M),
    _key_place("gate_outside", "校门外区域", _ACTION, FEET_M),
    _key_place("perimeter", "周界", _PRESENCE, FEET_M),
    _key_place("guardhouse", "门卫室", _ACTION, FACE_M),
    _key_place("playground", "室外集中活动区", _PRESENCE, FEET_M),
    _key_place("stairs", "楼梯口", _ACTION, FACE_M),
    _key_place("dormitory_entrance", "宿舍楼出入口", _PERSON, FACE_M),
    _key_place("dining_hall", "食堂就餐区", _ACTION, FACE_M),
    _key_place("food_store", "食堂储藏室", _PERSON, FACE_M),
    _key_place("hazardous_store", "危险化学品存放处", _PERSON, FACE_M),
    _key_place("laboratory", "实验室", _ACTION, FACE_M),
    _key_place("valuables", "贵重物品存放处", _PERSON, FACE_M),
    _key_place("archive", "试卷档案室", _PERSON, FACE_M),
    _key_place("utilities", "水电气热设备间", _ACTION, FACE_M),
    _key_place("control_room", "监控中心", _ACTION, FACE_M),
    _key_place("car_park", "停车场", _ACTION, FEET_M),
    _key_place("school_bus", "校车上下车处", _ACTION, FACE_M),
)

ZONE_KINDS: Final[Mapping[str, ZoneKind]] = {kind.id: kind for kind in _KINDS}

PRIVATE_KINDS: Final[Mapping[str, str]] = {
    "toilet": "卫生间",
    "dormitory_room": "宿舍房间",
    "changing_room": "更衣室",
    "bathroom": "浴室",
}
"""Places that no camera may see, whatever the purpose."""

PRIVATE_SOURCE_TEXT: Final = _PRIVATE
