"""Lists that the office brings as spreadsheets, and what the gate makes of them."""

from __future__ import annotations

import io
import re
from html import unescape

import httpx
import pytest
import xlsxwriter

from foundation.ids import new_id
from gate.meeting import read_attendance, read_meetings
from gate.roster import read_shifts
from gate.staff import read_staff, staff_inside
from tests.pages.school_gate import TEN, School, action

HOSTILE = "<img src=x onerror=alert(1)>"


def workbook(*rows: tuple[str, ...], formulas: bool = False) -> bytes:
    """An .xlsx of texts; with `formulas` cells that begin with = are written as formulas."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if formulas and cell.startswith("="):
                    sheet.write_formula(number, column, cell)
                else:
                    sheet.write_string(number, column, cell)
    return held.getvalue()


def upload(data: bytes) -> dict[str, tuple[str, bytes]]:
    return {"file": ("名单.xlsx", data)}


def test_a_staff_list_is_taken_whole_or_refused_with_every_mistake(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    good = workbook(("工号", "姓名", "部门", "电话"), ("T1", "李老师", "语文", "13800000001"), ("T2", "王芳", "", ""))
    assert "新增 2 人" in leader.post("/gate/staff/import", files=upload(good)).text
    wrong = leader.post(
        "/gate/staff/import", files=upload(workbook(("工号", "姓名", "电话"), ("T1", "", "1"), ("T1", "甲", "")))
    )
    assert wrong.status_code == 422
    assert len(re.findall(r"<tr><td class=\"figure\">\d", wrong.text)) >= 3
    for rubbish in (b"", b"\x00" * 100, b"PK\x03\x04rubbish"):
        assert leader.post("/gate/staff/import", files=upload(rubbish)).status_code == 422
    assert [one.name for one in read_staff(campus.orders.path)] == ["李老师", "王芳"]
    meeting = {"meeting_id": new_id(), "title": "家长会", "day": "2026-11-24", "begins": "10:00", "ends": "11:00"}
    for path, form in (("/gate/roster/import", {}), ("/gate/watchlist/import", {}), ("/gate/meetings", meeting)):
        for rubbish in (b"", b"\x00" * 100, b"PK\x03\x04rubbish", workbook(("品名", "价"), ("粉笔", "1"))):
            refused = leader.post(path, data=form, files=upload(rubbish))
            assert refused.status_code == 422, (path, rubbish[:8])
            assert 'class="error"' in refused.text or "<table" in refused.text, (path, rubbish[:8])
    assert read_meetings(campus.orders.path, 0, 2**62) == ()
    page = gate.get("/staff").text
    gate.post(action(page, rf"/staff/{read_staff(campus.orders.path)[1].id}/in/[0-9a-f-]+"))
    assert list(staff_inside(campus.book.path)) == [read_staff(campus.orders.path)[1].id]
    assert "王芳 已进校" in gate.get(f"/staff?done={new_id()}&who={read_staff(campus.orders.path)[1].id}").text


@pytest.mark.parametrize("formulas", [True, False])
def test_a_formula_in_a_list_is_a_text_at_most(campus: School, leader: httpx.Client, formulas: bool) -> None:
    data = workbook(("工号", "姓名"), ("T1", '=HYPERLINK("http://evil","x")'), formulas=formulas)
    leader.post("/gate/staff/import", files=upload(data))
    page = leader.get("/gate/staff").text
    assert 'href="http://evil"' not in page
    assert all(one.name in unescape(page) for one in read_staff(campus.orders.path))


def test_a_roster_with_a_gap_says_which(campus: School, leader: httpx.Client, gate: httpx.Client) -> None:
    head = ("日期", "开始", "结束", "岗位", "姓名")
    day, night = ("2026-11-23", "07:00", "19:00", "保安", "王师傅"), ("2026-11-23", "19:00", "07:00", "保安", "李师傅")
    assert leader.post("/gate/roster/import", files=upload(workbook(head, day, night))).status_code == 303
    assert leader.post("/gate/roster/import", files=upload(workbook(head, day, night))).status_code == 303
    assert len(read_shifts(campus.orders.path, TEN, TEN + 1)) == 1  # once, though imported twice
    page = leader.get("/gate/roster?first=2026-11-23").text
    assert "07:00–19:00" in page
    assert "00:00–07:00" in page  # the gap of Monday's small hours
    assert "07:00–24:00" in page  # and of Tuesday from the end of the night shift
    assert "接下来 24 小时有时段没人值班" in gate.get("/duty/today").text
    wrong = workbook(head, ("2026-11-23", "25:00", "07:00", "保安", "王"))
    assert leader.post("/gate/roster/import", files=upload(wrong)).status_code == 422
    plan = {"post": "leader", "name": "赵校长", "day": "2026-11-23", "begins": "07:00", "ends": "19:00"}
    assert leader.post("/gate/roster", data=plan).status_code == 303
    assert "赵校长" in gate.get("/pupils/without").text  # offered as approver


def test_a_meetings_list_is_ticked_at_the_door(campus: School, leader: httpx.Client, gate: httpx.Client) -> None:
    data = workbook(("家长姓名", "学生姓名", "班级"), ("王大伟", "小明", "二1班"), (HOSTILE, "小红", "二2班"))
    form = {
        "meeting_id": new_id(),
        "title": "家长会",
        "place": "礼堂",
        "day": "2026-11-23",
        "begins": "10:30",
        "ends": "12:00",
    }
    for _ in range(2):
        assert leader.post("/gate/meetings", data=form, files=upload(data)).status_code == 303
    (meeting,) = read_meetings(campus.orders.path, 0, 2**62)
    opened = gate.get("/meetings")
    assert opened.headers["location"] == f"/meetings/{meeting.id}"
    page = gate.get(f"/meetings/{meeting.id}").text
    assert HOSTILE not in page
    tick = action(page, rf"/meetings/{meeting.id}/tick/[0-9a-f-]+/[0-9a-f-]+")
    for _ in range(2):
        after = gate.post(tick)
    assert "王大伟 已签到" in gate.get(after.headers["location"]).text
    assert "王大伟" in gate.get("/roll").text
    gate.post(action(gate.get(f"/meetings/{meeting.id}").text, rf"/meetings/{meeting.id}/over/[0-9a-f-]+"))
    assert "王大伟" not in gate.get("/roll").text
    assert len(read_attendance(campus.book.path, meeting.id).ticks) == 1
    assert "1 / 2" in leader.get("/gate/meetings").text
