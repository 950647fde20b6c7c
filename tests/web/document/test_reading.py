"""An uploaded table gives all its rows or every mistake; no file brings anything else about."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from web.document.column import Column, Kind
from web.document.comma_separated import render_csv
from web.document.reading import parse
from web.document.reading.header import Field
from web.document.reading.mistake import Mistake, UploadRefused, WrongValue
from web.document.reading.upload import Upload, read_upload
from web.document.report import Report, Table
from web.document.spreadsheet import render_spreadsheet
from web.language import Language, catalogue

NAME = Field(name="姓名", aliases=("教师姓名", "名字"), parse=parse.text(longest=20))
LOGIN = Field(name="账号", parse=parse.code(r"[a-z0-9]{3,20}", "zhangwei"), unique=True)
PHONE = Field(name="手机", aliases=("手机号码", "联系电话"), parse=parse.phone(), required=False)
BORN = Field(name="出生日期", parse=parse.day(), required=False)
DUTY = Field(name="岗位", parse=parse.choice({"保安": 1, "门卫": 1, "校领导": 2}))
FIELDS = (NAME, LOGIN, PHONE, BORN, DUTY)
HEAD = ["姓名", "账号", "手机", "出生日期", "岗位"]
GOOD = ["张伟", "zhangwei", "13800138000", "1990-02-28", "保安"]

Fill = Callable[[Workbook], None]


def workbook(fill: Fill) -> bytes:
    content = io.BytesIO()
    book = Workbook(content, {"in_memory": True})
    fill(book)
    book.close()
    return content.getvalue()


def sheet_of(rows: list[list[Any]]) -> bytes:
    def fill(book: Workbook) -> None:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for at, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, at, value, day)
                elif value is not None:
                    sheet.write(number, at, value)

    return workbook(fill)


def csv_of(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def refused(data: bytes) -> tuple[Mistake, ...]:
    with pytest.raises(UploadRefused) as refusal:
        read_upload(data, FIELDS)
    return refusal.value.mistakes


def only(upload: Upload) -> list[Any]:
    assert len(upload.rows) == 1
    row = upload.rows[0]
    return [row[NAME], row[LOGIN], row.get(PHONE), row.get(BORN), row[DUTY]]


READ = ["张伟", "zhangwei", "13800138000", date(1990, 2, 28), 1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_of_a_chinese_office_is_read(encoding: str, delimiter: str) -> None:
    assert (
        only(
            read_upload(
                csv_of([HEAD, GOOD], encoding).decode(encoding).replace(",", delimiter).encode(encoding), FIELDS
            )
        )
        == READ
    )


def test_a_rare_name_in_gb18030_is_read() -> None:
    assert only(read_upload(csv_of([HEAD, ["司马𠮷", *GOOD[1:]]], "gb18030"), FIELDS))[0] == "司马𠮷"


def test_a_workbook_is_read_with_numbers_where_texts_belong_and_texts_where_days_do() -> None:
    row: list[Any] = ["张伟", "zhangwei", 13800138000, date(1990, 2, 28), "门卫"]
    assert only(read_upload(sheet_of([HEAD, row]), FIELDS)) == READ
    row = ["张伟", "ｚｈａｎｇｗｅｉ", "１３８-００１３ ８０００", "１９９０年２月２８日", "保安 "]
    assert only(read_upload(sheet_of([HEAD, row]), FIELDS)) == READ
    assert only(read_upload(sheet_of([HEAD, [*GOOD[:3], 32932, "保安"]]), FIELDS)) == READ  # a day without its format


def test_the_head_need_not_be_the_first_row_and_blank_rows_do_not_count() -> None:
    rows: list[list[Any]] = [
        ["教职工名册"],
        [],
        ["填表说明：账号用小写字母"],
        HEAD,
        [],
        GOOD,
        [None, "  ", "\u200b"],
        [],
    ]
    upload = read_upload(sheet_of(rows), FIELDS)
    assert only(upload) == READ
    assert upload.rows[0].number == 6


@pytest.mark.parametrize(
    "headers", ["姓名（必填）,*账号,联系 电话,出生日期：,岗位", "名字,账　号,手机\n号码,出生日期,岗位"]
)
def test_headers_are_known_with_ornaments_and_by_their_aliases(headers: str) -> None:
    assert only(read_upload(sheet_of([headers.split(","), GOOD]), FIELDS)) == READ


def test_columns_may_stand_in_any_order_and_unknown_ones_are_named() -> None:
    upload = read_upload(sheet_of([["备注", *reversed(HEAD)], ["x", *reversed(GOOD)]]), FIELDS)
    assert only(upload) == READ
    assert upload.ignored == ("备注",)


def test_a_missing_a_misspelt_and_a_double_header_are_each_named() -> None:
    (mistake,) = refused(sheet_of([HEAD[:-1], GOOD[:-1]]))
    assert (mistake.row, mistake.column) == (1, "岗位")
    assert "缺少“岗位”" in str(mistake)
    (mistake,) = refused(sheet_of([["姓名", "帐号", *HEAD[2:]], GOOD]))
    assert "没有“账号”这一列，只有“帐号”" in str(mistake)
    (mistake,) = refused(sheet_of([["姓名", "账号", "手机号", *HEAD[3:]], GOOD]))  # optional, and still not lost
    assert "“手机”" in str(mistake)
    (mistake,) = refused(sheet_of([[*HEAD, "教师姓名"], [*GOOD, "李"]]))
    assert "有 2 列都是“姓名”（A、F 列）" in str(mistake)


def test_a_table_without_any_header_says_which_are_wanted() -> None:
    (mistake,) = refused(sheet_of([GOOD]))
    assert "没有找到表头" in str(mistake)
    assert "姓名、账号、岗位" in str(mistake)


def test_every_wrong_cell_is_named_with_row_column_and_what_would_be_right() -> None:
    rows = [
        HEAD,
        GOOD,
        ["", "li", "12345", "1990-02-30", "校长"],
        ["王芳", "zhangwei", "", "2月3日", "校领导"],
    ]
    mistakes = refused(sheet_of(rows))
    assert [(mistake.row, mistake.column) for mistake in mistakes] == [
        (3, "姓名"),
        (3, "账号"),
        (3, "手机"),
        (3, "出生日期"),
        (3, "岗位"),
        (4, "出生日期"),
        (4, "账号"),
    ]
    assert all(str(mistake.what) and str(mistake.right) for mistake in mistakes)
    assert str(mistakes[4]) == "第 3 行，岗位：没有“校长”这一项。只能填：保安、门卫、校领导。"
    assert "与第 2 行重复" in str(mistakes[6])


def test_nothing_is_taken_when_one_cell_of_many_is_wrong() -> None:
    rows = [HEAD, *[["张伟", f"user{at}", "", "", "保安"] for at in range(500)]]
    assert len(read_upload(sheet_of(rows), FIELDS).rows) == 500
    rows[400][4] = "?"
    assert len(refused(sheet_of(rows))) == 1


def test_a_number_that_lost_its_end_is_not_believed() -> None:
    identity = Field(name="身份证号", parse=parse.text())
    with pytest.raises(UploadRefused, match="丢掉它的末几位"):
        read_upload(sheet_of([["身份证号"], [530427199002281234]]), (identity,))


def test_upright_merged_cells_hold_for_each_row_and_flat_ones_are_refused() -> None:
    def upright(book: Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:E1", "教职工名册")
        sheet.write_row(1, 0, HEAD)
        sheet.merge_range("E3:E5", "保安")
        for number in range(3):
            sheet.write_row(2 + number, 0, ["张伟", f"user{number}", "", ""])

    assert [row[DUTY] for row in read_upload(workbook(upright), FIELDS).rows] == [1, 1, 1]

    def flat(book: Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, GOOD)
        sheet.merge_range("A3:C3", "保安组")

    (mistake,) = refused(workbook(flat))
    assert (mistake.row, mistake.column) == (3, "A–C")
    assert "取消合并" in str(mistake)


def test_a_head_of_two_lines_is_one_head() -> None:
    def fill(book: Workbook) -> None:
        sheet = book.add_worksheet()
        for at, header in enumerate(HEAD):
            if header not in ("手机", "出生日期"):
                sheet.merge_range(0, at, 1, at, header)
        sheet.merge_range(0, 2, 0, 3, "其他")
        sheet.write_row(1, 2, ["手机", "出生日期"])
        sheet.write_row(2, 0, GOOD)

    assert only(read_upload(workbook(fill), FIELDS)) == READ


def test_hidden_sheets_are_not_read_and_two_that_fit_are_not_guessed_between() -> None:
    def hidden(book: Workbook) -> None:
        book.add_worksheet("说明").write(0, 0, "请填写")
        sheet = book.add_worksheet("名册")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, GOOD)
        sheet.hide()

    (mistake,) = refused(workbook(hidden))
    assert "名册" in str(mistake)

    def two(book: Workbook) -> None:
        for name in ("一", "二"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEAD)
            sheet.write_row(1, 0, GOOD)

    assert "一、二" in str(refused(workbook(two))[0])


def test_what_we_export_can_be_read_again(hostile_names: dict[str, str]) -> None:
    names = [hostile_names[key] for key in ("formula", "typst", "uyghur", "tibetan", "rare Chinese", "emoji", "markup")]
    columns = (
        Column("姓名"),
        Column("人数", Kind.INTEGER, "人"),
        Column("日期", Kind.DATE),
        Column("已核验", Kind.YES_NO),
    )
    rows = tuple((name, at, date(2026, 11, 1), at % 2 == 0) for at, name in enumerate(names))
    table = Table("名册", columns, rows)
    report = Report(title="名册", school="校", period=None, made_at_utc_ns=0, sections=(table,))
    name = Field(name="姓名", parse=parse.text(longest=200))
    count, day = Field(name="人数", parse=parse.integer()), Field(name="日期", parse=parse.day())
    checked = Field(name="已核验", parse=parse.yes_no())
    for data in (render_spreadsheet(report), render_csv(table)):
        upload = read_upload(data, (name, count, day, checked))
        assert tuple((row[name], row[count], row[day], row[checked]) for row in upload.rows) == rows


def bomb() -> bytes:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sheet_of([HEAD, GOOD]))) as good,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for entry in good.infolist():
            data = good.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                data = data.replace(b"<sheetData>", b"<sheetData>" + b" " * 300_000_000)
            bad.writestr(entry.filename, data)
    return content.getvalue()


def lying_bomb() -> bytes:
    """Says that it is small; unpacks to 600 MB."""
    good = zipfile.ZipFile(io.BytesIO(sheet_of([HEAD, GOOD])))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bad:
        for entry in good.infolist():
            if not entry.filename.endswith("sheet1.xml"):
                bad.writestr(entry.filename, good.read(entry))
    raw = content.getvalue()
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    head, tail = good.read("xl/worksheets/sheet1.xml").split(b"<sheetData>")
    packed = packer.compress(head + b"<sheetData>")
    for _ in range(60):
        packed += packer.compress(b"<row>" + b" " * 10_000_000)
    packed += packer.compress(tail) + packer.flush()
    name = b"xl/worksheets/sheet1.xml"
    fields = (20, 0, 8, 0, 0, 0, len(packed), 1000, len(name), 0)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", *fields) + name + packed
    end = raw.rindex(b"PK\x05\x06")
    (count, size, at) = struct.unpack("<HLL", raw[end + 10 : end + 20])
    central = (
        raw[at : at + size]
        + struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(packed), 1000, len(name), 0, 0, 0, 0, 0, at
        )
        + name
    )
    ending = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(central), at + len(local), 0)
    return raw[:at] + local + central + ending


def far_cell() -> bytes:
    def fill(book: Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write(1_048_575, 16_383, "x")

    return workbook(fill)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 1000, id="zeros"),
        pytest.param(os.urandom(3000), id="noise"),
        pytest.param(b"PK\x03\x04" + os.urandom(3000), id="no archive"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(5000), id="no OLE file"),
        pytest.param(sheet_of([HEAD, GOOD])[:-100], id="torn"),
        pytest.param(sheet_of([HEAD, GOOD])[:2000], id="torn early"),
        pytest.param(b"%PDF-1.7 " + os.urandom(500), id="a PDF"),
        pytest.param('姓名,账号\n"张伟,zh\n'.encode(), id="an open quote"),
        pytest.param(("姓名," * 5000).encode(), id="too many columns"),
        pytest.param(("姓名\n" + "x" * 40_000).encode(), id="too long a cell"),
        pytest.param("姓名,账号,岗位\n".encode() * 30_000, id="too many lines"),
        pytest.param("姓名,账号,岗位\n".encode(), id="a head alone"),
        pytest.param(b"x" * 6_000_000, id="too many bytes"),
        pytest.param("姓名,账号,岗位\n".encode("utf-16") + b"x", id="half a character"),
        pytest.param(far_cell(), id="a cell at the end of the world"),
    ],
)
def test_a_bad_file_gives_sentences_and_nothing_else(data: bytes) -> None:
    for mistake in refused(data):
        assert "Error" not in str(mistake)
        assert "Traceback" not in str(mistake)
        assert str(mistake.right)


@pytest.mark.parametrize(
    "start", [b"%PDF-1.4\n", b"\xef\xbb\xbf\r\n<html><table><tr><td>", b"<!DOCTYPE html>", b"{\\rtf1"]
)
def test_a_page_or_a_document_in_a_tables_place_is_told_apart(start: bytes) -> None:
    assert "这个文件不是文字表格" in str(refused(start + "姓名,账号,岗位\n张伟,zh,保安\n".encode()))


@pytest.mark.parametrize("make", [bomb, lying_bomb])
def test_a_bomb_costs_a_sentence(make: Callable[[], bytes]) -> None:
    data = make()
    assert len(data) < 5 * 1024**2
    assert refused(data)


ONE_ROW = sheet_of([HEAD, GOOD])


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_workbook_with_any_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(ONE_ROW)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[at] ^= data.draw(st.integers(1, 255))
    try:
        read_upload(bytes(content), FIELDS)
    except UploadRefused as refusal:
        assert refusal.mistakes  # noqa: PT017 - either end is right


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    if content.startswith((b"PK", b"\xd0\xcf")):
        return
    try:
        read_upload(content, FIELDS)
    except UploadRefused as refusal:
        assert refusal.mistakes  # noqa: PT017


CELLS = st.one_of(
    st.text(max_size=20),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
)
PARSERS: list[parse.Parser[Any]] = [
    parse.text(),
    parse.code(r"\w+", "a"),
    parse.phone(),
    parse.integer(),
    parse.decimal(),
    parse.day(),
    parse.time_of_day(),
    parse.moment(),
    parse.yes_no(),
    parse.choice({"甲": 1}),
]


@settings(max_examples=1000)
@given(st.sampled_from(PARSERS), CELLS)
def test_a_parser_gives_a_value_or_says_what_would_be_right(parser: parse.Parser[Any], cell: Any) -> None:
    try:
        parser(cell)
    except WrongValue as wrong:
        assert str(wrong.what) and str(wrong.right)  # noqa: PT017, PT018


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_however_it_is_written(day: date) -> None:
    digits = "〇一二三四五六七八九"

    def chinese(number: int) -> str:
        tens, ones = divmod(number, 10)
        return ("" if not tens else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")

    year = "".join(digits[int(digit)] for digit in str(day.year))
    for written in (
        day.isoformat(),
        day.strftime("%Y/%m/%d"),
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f" {day.year} 年 {day.month} 月 {day.day} 日 ",
        day.strftime("%Y%m%d"),
        day.isoformat().translate({ord("0") + at: ord("０") + at for at in range(10)}),
        f"{year}年{chinese(day.month)}月{chinese(day.day)}日",
        f"{day.isoformat()} 00:00:00",
    ):
        assert parse.day()(written) == day, written


def test_times_figures_and_moments_are_read() -> None:
    for written in ("7:41", "07:41", "7：41", "7时41分", "7点41分"):
        assert parse.time_of_day()(written) == time(7, 41), written
    assert parse.moment()("2026年11月21日 7:41") == datetime(2026, 11, 21, 7, 41)
    assert parse.moment()("2026-11-21 07:41:20") == datetime(2026, 11, 21, 7, 41, 20)
    assert parse.integer()("１，２３４") == 1234
    assert parse.integer()(12.0) == 12
    assert parse.decimal()("3.50") == Decimal("3.50")
    for wrong in ("25:00", "7:60", "下午"):
        with pytest.raises(WrongValue):
            parse.time_of_day()(wrong)
    for wrong in ("12.5", "-1", "三", "1e3", "٣"):
        with pytest.raises(WrongValue):
            parse.integer()(wrong)


def test_mistakes_can_be_said_in_english() -> None:
    (mistake,) = refused(sheet_of([HEAD[:-1], GOOD[:-1]]))
    assert "岗位" in mistake.what.said(catalogue(Language.ENGLISH, ("web",)))
