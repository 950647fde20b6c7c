"""Camera files as a spreadsheet (一机一档表): out for the district, in from whoever filled it by hand."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import python_calamine
import xlsxwriter

from camera.camera_file import TITLES, CameraFile, CameraFileError, Field, checked

_ID, _NAME = "点位编号", "点位名称"
_TOLD: Final = ("区域", "设备型号", "序列号", "固件版本", "地址", "主码流", "子码流", "缺项")
_FIELDS: Final = {title: field for field, title in TITLES.items()}
_MOST_ROWS: Final = 5000
_MOST_BYTES: Final = 8 * 1024**2


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """A mistake in a sheet that was handed in."""

    row: int
    """As the spreadsheet program numbers it; 1 is the heading."""
    column: str
    message: str


class SheetRefused(Exception):
    """The sheet was not taken; nothing was changed."""

    def __init__(self, problems: Sequence[SheetProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"第 {one.row} 行 {one.column}: {one.message}" for one in problems))


def to_xlsx(files: Sequence[CameraFile]) -> bytes:
    """One row a point; grey columns come from the devices and are not read back."""
    out = io.BytesIO()
    # Constant memory is not wanted: a campus has some hundred rows. Text never becomes a formula or a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("一机一档")
        bold, grey = book.add_format({"bold": True}), book.add_format({"font_color": "#656d76"})
        titles = [_ID, _NAME, *TITLES.values(), *_TOLD]
        sheet.write_row(0, 0, titles, bold)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, len(files), len(titles) - 1)
        sheet.set_column(0, len(titles) - 1, 18)
        for row, file in enumerate(files, start=1):
            own = [file.point.id, file.point.name, *(file.values.get(field, "") for field in TITLES)]
            for column, value in enumerate(own):
                sheet.write_string(row, column, value)
            for column, value in enumerate(_told(file), start=len(own)):
                sheet.write_string(row, column, value, grey)
    return out.getvalue()


def _told(file: CameraFile) -> list[str]:
    device, streams = file.device, file.streams
    sub = streams.sub if streams is not None else None
    return [
        file.zone,
        (device.model or "") if device is not None else "",
        (device.serial or "") if device is not None else "",
        (device.firmware or "") if device is not None else "",
        device.address if device is not None else "",
        f"{streams.main.codec} {streams.main.width_px}x{streams.main.height_px}" if streams is not None else "",
        f"{sub.codec} {sub.width_px}x{sub.height_px}" if sub is not None else "",
        "、".join(file.missing),
    ]


def from_xlsx(body: bytes, known_points: Collection[str]) -> Mapping[str, Mapping[Field, str]]:
    """What a sheet says, by point. Raises SheetRefused with every mistake, by row and column."""
    if len(body) > _MOST_BYTES:
        raise SheetRefused([SheetProblem(0, "", f"文件大于 {_MOST_BYTES // 1024**2} MB")])
    try:
        book = python_calamine.load_workbook(io.BytesIO(body))
        rows = book.get_sheet_by_index(0).to_python(nrows=_MOST_ROWS + 2)
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise SheetRefused([SheetProblem(0, "", f"读不出表格，请存为 .xlsx ({error})")]) from error
    if not rows or _ID not in rows[0]:
        raise SheetRefused([SheetProblem(1, _ID, "第一行须有此列标题，请用导出的表格填写")])
    if len(rows) > _MOST_ROWS + 1:
        raise SheetRefused([SheetProblem(len(rows), "", f"最多 {_MOST_ROWS} 行")])
    columns = [str(title).strip() for title in rows[0]]
    problems: list[SheetProblem] = []
    read: dict[str, dict[Field, str]] = {}
    for number, cells in enumerate(rows[1:], start=2):
        named = {title: _text(cell) for title, cell in zip(columns, cells, strict=False)}
        point_id = named.get(_ID, "")
        if not any(named.values()):
            continue
        if point_id not in known_points:
            problems.append(SheetProblem(number, _ID, f"没有点位 {point_id!r}"))
            continue
        if point_id in read:
            problems.append(SheetProblem(number, _ID, f"点位 {point_id} 出现了两次"))
            continue
        read[point_id] = {}
        for title, field in _FIELDS.items():
            if title not in named:
                continue
            try:
                read[point_id][field] = checked(field, named[title])
            except CameraFileError as error:
                problems.append(SheetProblem(number, title, str(error)))
    if problems:
        raise SheetRefused(problems)
    return read


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():  # a spreadsheet makes a number of a phone number
        return str(int(cell))
    return str(cell).strip()
