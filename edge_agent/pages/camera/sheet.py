"""Camera files as a report and spreadsheet (一机一档表): out for the district, in from whoever filled it by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from camera.camera_file import DATES, LONGEST, TITLES, CameraFile
from camera.camera_file import Field as FileField
from web.document.column import Column, Kind, Value
from web.document.reading.header import Field
from web.document.reading.mistake import Mistake, Sentence, UploadRefused
from web.document.reading.parse import Parser, day, text
from web.document.reading.upload import read_upload
from web.document.report import Fact, Facts, Report, Table
from web.language import mark

_ID: Final[Field[str]] = Field(name="点位编号", parse=text(longest=64), unique=True)
_NAME: Final = "点位名称"
_TOLD: Final = ("区域", "设备型号", "序列号", "固件版本", "MAC 地址", "地址", "主码流", "子码流", "缺项")


def _day_text(parse: Parser[date]) -> Parser[str]:
    return lambda cell: parse(cell).isoformat()


_OF_PEOPLE: Final[Mapping[FileField, Field[str]]] = {
    field: Field(name=title, parse=_day_text(day()) if field in DATES else text(longest=LONGEST), required=False)
    for field, title in TITLES.items()
}
_FIELDS: Final[Sequence[Field[Any]]] = (_ID, *_OF_PEOPLE.values())


def camera_report(files: Sequence[CameraFile], *, school: str, made_at_utc_ns: int) -> Report:
    """Every file in a row, with what devices tell beside what people wrote, and the share of complete ones."""
    columns = [Column(_ID.name), Column(_NAME)]
    columns += [Column(title, Kind.DATE if field in DATES else Kind.TEXT) for field, title in TITLES.items()]
    columns += [Column(title) for title in _TOLD]
    counts = (
        Fact(Column("摄像机", Kind.INTEGER), len(files)),
        Fact(Column("档案完整", Kind.INTEGER), sum(file.complete for file in files)),
    )
    return Report(
        title="摄像机档案（一机一档）",
        school=school,
        period=None,
        made_at_utc_ns=made_at_utc_ns,
        sections=(
            Facts("汇总", counts),
            Table("一机一档", tuple(columns), tuple(map(_row, files)), numbered=False),
        ),
        sources=("人员填写的项目来自值班室页面和导入的表格，设备项目由设备自己报告。",),
    )


def _row(file: CameraFile) -> tuple[Value, ...]:
    own: list[Value] = [file.point.id, file.point.name]
    for field in TITLES:
        written = file.values.get(field)
        own.append(date.fromisoformat(written) if written and field in DATES else written)
    device, streams = file.device, file.streams
    told: list[str | None] = [file.zone or None]
    told += [device.model, device.serial, device.firmware, device.mac, device.address] if device else [None] * 5
    told += [streams.main.words, streams.sub.words if streams.sub else None] if streams else [None, None]
    return (*own, *(part or None for part in told), "、".join(file.missing) or None)


def read_camera_sheet(data: bytes, known_points: Callable[[str], bool]) -> Mapping[str, Mapping[FileField, str]]:
    """What people wrote, by point; a blank cell changes nothing. Raises UploadRefused with every mistake."""
    upload = read_upload(data, _FIELDS)
    mistakes = [
        Mistake(
            row.number,
            _ID.name,
            Sentence(mark("没有编号为“%(point)s”的点位"), {"point": row[_ID]}),
            Sentence(mark("请用导出的表格填写，编号不要改。")),
        )
        for row in upload.rows
        if not known_points(row[_ID])
    ]
    if mistakes:
        raise UploadRefused(mistakes)
    return {
        row[_ID]: {field: value for field, column in _OF_PEOPLE.items() if (value := row.get(column)) is not None}
        for row in upload.rows
    }
