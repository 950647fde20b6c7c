"""Words for what changes in a camera file: fields as the form names them, what devices tell, what people did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from camera.camera_file import TITLES
from camera.facts import CLOCK_SET
from web.language import Catalogue, mark

_TOLD: Final[Mapping[str, str]] = {
    "manufacturer": mark("厂家"),
    "model": mark("设备型号"),
    "firmware": mark("固件版本"),
    "serial": mark("序列号"),
    "hardware": mark("硬件版本"),
    "mac": mark("MAC 地址"),
    "main_stream": mark("主码流"),
    "sub_stream": mark("子码流"),
    CLOCK_SET: mark("自动校时"),
    "photo": mark("现场照片"),
    "device_accepted": mark("确认更换设备"),
    "codec_accepted": mark("确认视频编码的变化"),
    "login_retry": mark("要求重试登录"),
}
FILE_WORDS: Final = (
    mark("安装位置"),
    mark("用途"),
    mark("安装单位"),
    mark("安装单位电话"),
    mark("安装日期"),
    mark("质保到期"),
    mark("供电方式"),
    mark("接入交换机端口"),
    mark("责任人"),
    mark("备注"),
    mark("设备型号"),
    mark("序列号"),
    mark("固件版本"),
    mark("MAC 地址"),
    mark("码流"),
    mark("安装姿态"),
    mark("所属区域"),
    mark("现场照片"),
)
"""What the camera room calls a file's fields and gaps; named here so that they are translated."""
_TITLES: Final[Mapping[str, str]] = {field.value: title for field, title in TITLES.items()}


def change_words(field: str, texts: Catalogue) -> str:
    """What changed, as a person calls it; what nobody named keeps its name."""
    word = _TOLD.get(field) or _TITLES.get(field)
    return texts(word) if word else field


def changed_by_words(changed_by: str, field: str, texts: Catalogue) -> str:
    """Who changed it: a person's name, the device of itself, or this box because the settings say so."""
    if field == CLOCK_SET:
        return texts(mark("本机按设置"))
    return texts(mark("设备自己报告")) if changed_by.startswith("device:") else changed_by
