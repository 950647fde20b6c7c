"""What the office lays down and the gate then asks, over HTTP."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from foundation.ids import new_id
from gate.admission import Confirmation, read_admission
from gate.expected import read_expected
from gate.handover import read_handovers
from gate.host import Host, hosts_of, is_for, meant_by, staff_of_account
from gate.host_ask import answers_version, open_asks
from gate.hours import moment_of, read_hours
from gate.leave_slip import read_pupils_out, read_slips
from gate.meeting import read_attendance, read_meetings
from gate.patrol import RoundState, read_points, read_rounds
from gate.policy import read_policies
from gate.query import inside_now, record_of
from gate.roll_call import read_roll_calls
from gate.roster import read_shifts
from gate.staff import NewStaff, StaffMember, read_staff, staff_inside
from gate.vehicle_book import vehicle_record, vehicles_inside
from tests.pages.school_gate import PASSWORD, PINS, School, make_accounts, school

MONDAY = date(2026, 11, 23)
TEN = moment_of(MONDAY, 10 * 60)
VISITOR = {"name": "张三", "host": "刘老师", "reason": "家长来访", "document_kind": "none", "phone": "13800000001"}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hashing four secrets takes longer than the tests do."""
    return make_accounts(tmp_path_factory.mktemp("accounts"), TEN)


@pytest.fixture
def campus(tmp_path: Path, accounts: Path) -> Iterator[School]:
    shutil.copy(accounts, tmp_path)
    with school(tmp_path, TEN) as served:
        yield served


@pytest.fixture
def gate(campus: School) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=campus.gate_url, headers={"accept": "text/html"}, trust_env=False) as opened:
        opened.get("/")
        yield opened


@contextmanager
def logged_in(campus: School, login: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=campus.office_url, headers={"accept": "text/html"}, trust_env=False) as client:
        assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
        yield client


@pytest.fixture
def leader(campus: School) -> Iterator[httpx.Client]:
    with logged_in(campus, "leader") as client:
        yield client


@pytest.fixture
def teacher(campus: School) -> Iterator[httpx.Client]:
    with logged_in(campus, "teacher") as client:
        yield client


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


def action(html: str, pattern: str) -> str:
    """The first form or link of a page whose address fits."""
    found = re.search(rf'(?:action|href)="({pattern})"', unescape(html))
    assert found, f"no {pattern} in the page"
    return found[1]


# ── hours, measures, invitations at the sign-in ───────────────────────────────────────────────────────────────────
def test_what_the_office_lays_down_the_gate_asks_at_once(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    assert "还没有设开放时间" in leader.get("/gate").text
    hours = {"school_day-0-opens": "07:00", "school_day-0-closes": "09:00", "stay_minutes": "60"}
    assert leader.post("/gate/hours", data=hours).status_code == 303
    form = gate.get("/visits/form").text
    assert "不在校门开放时间" in form
    visit_id = new_id()
    refused = gate.post(f"/visits/{visit_id}", data=VISITOR)
    assert refused.status_code == 422
    assert inside_now(campus.book.path) == ()
    terms = {"approver": "赵校长", "approved_reason": "送药"}
    assert gate.post(f"/visits/{visit_id}", data=VISITOR | terms).status_code == 303
    kept = read_admission(campus.book.path, record_of(visit_id))
    assert kept is not None
    assert (kept.approver, kept.approved_reason) == ("赵校长", "送药")
    # The same touch again, after another measure came into force, is answered as the first time.
    measure = {"kind": "temperature", "until_day": "2026-11-24", "until_time": "18:00", "note": "区教育局通知"}
    assert leader.post(f"/gate/policies/{new_id()}", data=measure).status_code == 303
    assert gate.post(f"/visits/{visit_id}", data=VISITOR | terms).status_code == 303
    assert len(inside_now(campus.book.path)) == 1
    other = VISITOR | {"name": "李四", "phone": "13900000002"} | terms
    assert "体温" in gate.post(f"/visits/{new_id()}", data=other).text
    assert gate.post(f"/visits/{new_id()}", data=other | {"temperature": "36.4"}).status_code == 303
    (policy,) = read_policies(campus.orders.path, since_utc_ns=0)
    assert policy.by_name == "赵校长"
    assert "测体温" in gate.get("/").text
    leader.post(f"/gate/policies/{policy.id}/off")
    assert "测体温" not in gate.get("/").text


def test_a_visitor_who_stays_too_long_stands_on_the_idle_screen(campus: School, gate: httpx.Client) -> None:
    gate.post(f"/visits/{new_id()}", data=VISITOR)
    assert "超时未离校" not in gate.get("/").text
    campus.clock.advance(seconds=2 * 3600 + 1)
    assert "1 人超时未离校" in gate.get("/").text
    assert "超时" in gate.get("/roll").text


def test_an_invitation_becomes_a_confirmed_visit_by_its_code(
    campus: School, teacher: httpx.Client, gate: httpx.Client
) -> None:
    guest = {
        "name": "钱工", "host": "陈老师", "reason": "维修施工", "phone": "13900001111", "day": "2026-11-23",
        "begins": "10:30", "until": "11:30",
    }  # fmt: skip
    made = teacher.post(f"/gate/expected/{new_id()}", data=guest)
    assert made.status_code == 303
    (invited,) = read_expected(campus.orders.path, 0, 2**62)
    page = teacher.get(made.headers["location"]).text
    assert invited.code in page
    assert "<svg" in page
    scanned = gate.get("/visits/new", params={"q": invited.code.lower()})
    assert scanned.status_code == 303
    form = gate.get(scanned.headers["location"]).text
    assert "钱工" in form
    assert "陈老师 已预约确认" in form
    visit_id = new_id()
    sent = {**VISITOR, "name": "钱工", "host": "陈老师", "expected": invited.id}
    assert gate.post(f"/visits/{visit_id}", data=sent).status_code == 303
    kept = read_admission(campus.book.path, record_of(visit_id))
    assert kept is not None
    assert (kept.confirmation, kept.leave_by_utc_ns) == (Confirmation.PAGE, invited.until_utc_ns)
    assert "已到" in teacher.get("/gate/expected").text
    forged = gate.post(f"/visits/{new_id()}", data={**VISITOR, "name": "甲", "phone": "", "expected": new_id()})
    assert forged.status_code == 303
    assert all(
        (one := read_admission(campus.book.path, record_of(visit.id))) is None
        or one.confirmation is not Confirmation.PAGE
        for visit in inside_now(campus.book.path)
        if visit.id != visit_id
    )


def test_a_vehicle_is_asked_what_a_visitor_is_asked_and_an_ambulance_is_not(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    hours = {"school_day-0-opens": "07:00", "school_day-0-closes": "09:00", "stay_minutes": "60"}
    assert leader.post("/gate/hours", data=hours).status_code == 303
    measure = {"kind": "temperature", "until_day": "2026-11-24", "until_time": "18:00", "note": "区教育局通知"}
    assert leader.post(f"/gate/policies/{new_id()}", data=measure).status_code == 303
    form = gate.get("/vehicles/form").text
    assert "不在校门开放时间" in form
    assert "体温" in form
    van = {"kind": "delivery", "plate": "京A12345", "driver": "赵六", "cargo": "牛奶"}
    vehicle_id = new_id()
    refused = gate.post(f"/vehicles/{vehicle_id}", data=van)
    assert refused.status_code == 422
    assert "有 3 处要改" in refused.text
    assert vehicles_inside(campus.book.path) == ()
    terms = {"approver": "赵校长", "approved_reason": "食堂早餐", "temperature": "36.4"}
    for _ in range(2):  # a touch that comes twice
        assert gate.post(f"/vehicles/{vehicle_id}", data=van | terms).status_code == 303
    kept = read_admission(campus.book.path, vehicle_record(vehicle_id))
    assert kept is not None
    assert (kept.approver, kept.approved_reason, kept.temperature) == ("赵校长", "食堂早餐", "36.4")
    shown = leader.get(f"/gate/book/vehicle/{vehicle_id}").text
    assert "食堂早餐" in shown
    assert gate.post(f"/vehicles/{new_id()}/pass").status_code == 303
    assert len(vehicles_inside(campus.book.path)) == 2
    campus.book.erase_record(vehicle_record(vehicle_id), reason="保存期满")
    assert read_admission(campus.book.path, vehicle_record(vehicle_id)) is None


def test_the_guards_phone_call_is_recorded_as_such(campus: School, gate: httpx.Client) -> None:
    visit_id = new_id()
    gate.post(f"/visits/{visit_id}", data=VISITOR | {"confirmation": "phone"})
    kept = read_admission(campus.book.path, record_of(visit_id))
    assert kept is not None
    assert kept.confirmation is Confirmation.PHONE
    gate.post(f"/visits/{new_id()}", data=VISITOR | {"name": "乙", "phone": "", "confirmation": "page"})
    forged = [read_admission(campus.book.path, record_of(visit.id)) for visit in inside_now(campus.book.path)]
    assert [one.confirmation for one in forged if one is not None] == [Confirmation.PHONE]


def test_a_host_answers_on_the_own_page_while_the_visitor_waits(
    campus: School, teacher: httpx.Client, gate: httpx.Client
) -> None:
    visit_id, visitor = new_id(), VISITOR | {"host": "陈老师", "name": "孙工"}
    assert "问被访人" in gate.get("/visits/form").text
    asked = gate.post(f"/visits/{visit_id}/ask", data=visitor)
    assert asked.status_code == 303
    waiting = gate.get(asked.headers["location"]).text
    assert "已问 陈老师" in waiting
    assert 'value="孙工"' in waiting
    other = new_id()
    gate.post(f"/visits/{other}/ask", data=VISITOR | {"host": "王主任", "name": "周工"})
    shown = teacher.get("/gate/expected").text
    assert "孙工" in shown
    assert "周工" not in shown, "who wants to see somebody else is nobody's business"
    before = answers_version(campus.orders.path)
    assert teacher.post(action(shown, "/gate/expected/asks/[^/]+/no")).status_code == 303
    assert "陈老师 说不可以" in gate.get(asked.headers["location"]).text
    assert teacher.post(action(shown, "/gate/expected/asks/[^/]+/yes")).status_code == 303
    assert answers_version(campus.orders.path) != before, "the gate's page is told at its next beat"
    assert "陈老师 说可以" in gate.get(asked.headers["location"]).text
    assert gate.post(f"/visits/{visit_id}", data=visitor).status_code == 303
    kept = read_admission(campus.book.path, record_of(visit_id))
    assert kept is not None
    assert (kept.confirmation, kept.confirmed_by) == (Confirmation.PAGE, "陈老师")
    assert teacher.post(action(shown, "/gate/expected/asks/[^/]+/yes")).status_code == 409, "the visitor is in"
    (foreign,) = open_asks(campus.book.path, campus.orders.path, campus.clock.utc_ns())
    assert teacher.post(f"/gate/expected/asks/{foreign.id}/yes").status_code == 409
    assert gate.post(f"/visits/{other}/ask", data={"name": "周工"}).status_code == 422


def test_an_answer_for_another_host_or_of_an_hour_ago_confirms_nobody(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    visit_id, visitor = new_id(), VISITOR | {"host": "陈老师", "name": "孙工"}
    gate.post(f"/visits/{visit_id}/ask", data=visitor)
    leader.post(action(leader.get("/gate/expected").text, "/gate/expected/asks/[^/]+/yes"))
    gate.post(f"/visits/{visit_id}", data=visitor | {"host": "王主任"})
    assert read_admission(campus.book.path, record_of(visit_id)) is None
    late = new_id()
    gate.post(f"/visits/{late}/ask", data=VISITOR | {"name": "周工", "phone": ""})
    leader.post(action(leader.get("/gate/expected").text, "/gate/expected/asks/[^/]+/yes"))
    campus.clock.advance(seconds=3600)
    gate.post(f"/visits/{late}", data=VISITOR | {"name": "周工", "phone": ""})
    assert read_admission(campus.book.path, record_of(late)) is None


@pytest.mark.parametrize(
    ("host", "name", "same"),
    [
        ("陈老师", "陈芳", True),
        ("欧阳老师", "欧阳明", True),
        ("陈芳", "陈芳", True),
        ("陈芳", "陈芳华", False),
        ("老师", "陈芳", False),
        ("王主任", "陈芳", False),
        ("", "", False),
    ],
)
def test_whom_a_guard_means_by_what_was_written(host: str, name: str, same: bool) -> None:
    assert is_for(host, name) is same


CHEN = StaffMember(id="1", number="T1", name="陈芳", department="语文组", phone="13700000001", ended=False)
CHEN_TOO = replace(CHEN, id="2", number="T2", department="数学组", phone="")
CHEN_QIANG = replace(CHEN, id="3", number="T3", name="陈强", phone="")


def test_whoever_of_the_list_may_be_meant_is_offered_under_a_label_of_their_own() -> None:
    def labels(found: Sequence[Host]) -> list[str]:
        return [one.label for one in found]

    hosts = hosts_of([CHEN, CHEN_TOO, CHEN_QIANG])
    assert labels(hosts) == ["陈芳（语文组）", "陈芳（数学组）", "陈强"]
    assert labels(meant_by("陈老师", hosts)) == ["陈芳（语文组）", "陈芳（数学组）", "陈强"]
    assert labels(meant_by("陈芳", hosts)) == ["陈芳（语文组）", "陈芳（数学组）"]
    assert labels(meant_by(" 陈芳（数学组） ", hosts)) == ["陈芳（数学组）"]
    assert labels(meant_by("王老师", hosts)) == []
    same = hosts_of([CHEN, replace(CHEN_TOO, department="语文组")])
    assert labels(same) == ["陈芳（T1）", "陈芳（T2）"]


@pytest.mark.parametrize(
    ("login", "name", "number"),
    [
        ("t1", "不同的名字", "T1"),
        ("137 0000 0001", "", "T1"),
        ("chenfang", "陈芳", None),  # two have this name
        ("x", "陈强", "T3"),
        ("x", "王芳", None),
        ("", "", None),
    ],
)
def test_an_account_belongs_to_whose_number_or_telephone_is_its_login(
    login: str, name: str, number: str | None
) -> None:
    found = staff_of_account([CHEN, CHEN_TOO, CHEN_QIANG], login=login, name=name)
    assert (found and found.number) == number


def test_of_several_teachers_of_a_name_only_the_one_who_was_chosen_is_asked(
    campus: School, leader: httpx.Client, teacher: httpx.Client, gate: httpx.Client
) -> None:
    assert "没有对应到教职工名册" not in teacher.get("/gate/expected").text
    for number, name, department in (("teacher", "陈芳", "语文组"), ("T2", "陈强", "后勤处")):
        leader.post("/gate/staff", data={"number": number, "name": name, "department": department})
    assert "对应名册里的 陈芳" in teacher.get("/gate/expected").text
    visit_id, visitor = new_id(), VISITOR | {"host": "陈老师", "name": "孙工"}
    unclear = gate.post(f"/visits/{visit_id}/ask", data=visitor)
    assert unclear.status_code == 422
    assert "名册里有：陈强、陈芳" in unclear.text
    gate.post(f"/visits/{new_id()}/ask", data=visitor | {"host": "陈强", "name": "周工"})
    asked = gate.post(f"/visits/{visit_id}/ask", data=visitor | {"host": "陈芳"})
    shown = teacher.get("/gate/expected").text
    assert "孙工" in shown
    assert "周工" not in shown
    teacher.post(action(shown, "/gate/expected/asks/[^/]+/yes"))
    assert "陈老师 说可以" in gate.get(asked.headers["location"]).text


# ── who may what ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_teacher_sees_only_the_own_invitations_and_slips(
    campus: School, teacher: httpx.Client, leader: httpx.Client
) -> None:
    assert teacher.get("/").headers["location"] == "/gate/expected"
    for path in ("/api/status", "/gate/staff", "/gate/roster", "/gate/policies", "/people", "/footage"):
        assert teacher.get(path).status_code in (403, 404), path
    assert teacher.get("/gate").headers["location"] == "/gate/expected"
    assert teacher.post(f"/gate/policies/{new_id()}", data={"kind": "mask"}).status_code == 403
    slip = {
        "pupil": "小明", "class_name": "二1班", "adult": "王大伟", "relation": "父亲", "day": "2026-11-23",
        "begins": "10:00", "until": "12:00",
    }  # fmt: skip
    guest = {"name": "甲", "host": "乙", "reason": "办事", "day": "2026-11-23", "begins": "10:00", "until": "12:00"}
    assert leader.post(f"/gate/slips/{new_id()}", data=slip).status_code == 303
    assert leader.post(f"/gate/expected/{new_id()}", data=guest).status_code == 303
    (written,) = read_slips(campus.orders.path, 0, 2**62)
    (invited,) = read_expected(campus.orders.path, 0, 2**62)
    assert "小明" not in teacher.get("/gate/slips").text
    assert teacher.post(f"/gate/slips/{written.id}/cancel").status_code == 403
    assert teacher.get(f"/gate/expected/{invited.id}").status_code == 403
    assert teacher.post(f"/gate/slips/{new_id()}", data=slip | {"pupil": "小红"}).status_code == 303
    assert "小红" in teacher.get("/gate/slips").text


# ── pupils ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_teachers_slip_lets_a_pupil_out_and_without_one_a_name_is_asked_for(
    campus: School, teacher: httpx.Client, gate: httpx.Client
) -> None:
    slip = {
        "pupil": HOSTILE, "class_name": "二1班", "adult": "王大伟", "relation": "父亲", "day": "2026-11-23",
        "begins": "10:00", "until": "12:00",
    }  # fmt: skip
    teacher.post(f"/gate/slips/{new_id()}", data=slip)
    listed = gate.get("/pupils").text
    assert HOSTILE not in listed
    done = gate.post(action(listed, r"/pupils/[0-9a-f-]+/leave/[0-9a-f-]+"))
    result = gate.get(done.headers["location"]).text
    assert "学生已登记离校" in result
    assert "王大伟" in result
    gate.post(action(result, r"/pupils/[0-9a-f-]+/undo"))
    assert "已撤销" in gate.get(done.headers["location"]).text
    without = action(gate.get("/pupils/without").text, r"/pupils/without/[0-9a-f-]+")
    pupil = {"pupil": "小红", "class_name": "五3班", "adult": "刘奶奶"}
    assert gate.post(without, data=pupil).status_code == 422
    assert gate.post(without, data=pupil | {"approver": "陈老师"}).status_code == 303
    assert [one.approver for one in read_pupils_out(campus.book.path, 0, 2**62)] == ["陈老师", "陈老师"]


def test_whoever_did_not_come_in_cannot_leave(campus: School, gate: httpx.Client) -> None:
    for what in ("visits", "vehicles"):
        answer = gate.post(f"/{what}/{new_id()}/leave/{new_id()}")
        assert answer.status_code == 404, what
        assert "Traceback" not in answer.text
    campus.orders.staff.keep(NewStaff(number="T1", name="李老师"), by="王")
    (member,) = read_staff(campus.orders.path)
    gate.post(f"/staff/{member.id}/out/{new_id()}")
    assert staff_inside(campus.book.path) == {}
    assert inside_now(campus.book.path) == ()


# ── spreadsheets ──────────────────────────────────────────────────────────────────────────────────────────────────
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


# ── duty ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_both_sign_a_handover_with_their_own_pin(campus: School, gate: httpx.Client, leader: httpx.Client) -> None:
    wang, li = campus.person("王师傅"), campus.person("李师傅")
    gate.post("/duty/on", data={"person": wang.id, "pin": PINS["王师傅"]})
    gate.post(f"/visits/{new_id()}", data=VISITOR)
    campus.clock.advance(seconds=3 * 3600)
    gate.post(f"/visits/{new_id()}/draft", data={"name": "半个人"})
    asked = gate.get("/handover").text
    assert "填到一半" in asked
    assert "半个人" not in asked
    assert "胸牌 1 超时未离校" in asked
    assert "张三" not in asked
    path = action(asked, r"/handover/[0-9a-f-]+")
    form = {"to": li.id, "note": "钥匙在抽屉"}
    assert gate.post(path, data=form | {"from_pin": "000000", "to_pin": PINS["李师傅"]}).status_code == 422
    assert gate.post(path, data=form | {"from_pin": PINS["王师傅"], "to_pin": PINS["王师傅"]}).status_code == 422
    assert (
        gate.post(path, data={"from_pin": PINS["王师傅"], "to": wang.id, "to_pin": PINS["王师傅"]}).status_code == 422
    )
    assert read_handovers(campus.book.path) == ()
    signed = form | {"from_pin": PINS["王师傅"], "to_pin": PINS["李师傅"]}
    assert gate.post(path, data=signed).status_code == 303
    (kept,) = read_handovers(campus.book.path)
    assert (kept.from_name, kept.from_signed, kept.to_name, kept.inside, kept.overstayed) == (
        "王师傅",
        True,
        "李师傅",
        1,
        1,
    )
    assert "李师傅" in gate.get("/").text
    page = gate.get("/duty/today").text
    assert "王师傅 → 李师傅" in page
    assert "钥匙在抽屉" in page
    gone = action(gate.get("/handover").text, r"/handover/[0-9a-f-]+")
    assert gate.post(gone, data={"from_gone": "yes", "to": wang.id, "to_pin": PINS["王师傅"]}).status_code == 303
    assert not read_handovers(campus.book.path)[0].from_signed
    _the_ledger_of_these_days_says_so(campus, leader)


def _the_ledger_of_these_days_says_so(campus: School, leader: httpx.Client) -> None:
    leader.post("/login", data={"login": "leader", "password": PASSWORD})
    leader.post("/gate/patrol", data={"name": "后门"})
    leader.post(
        "/gate/roster",
        data={"post": "guard", "name": "王师傅", "day": "2026-11-23", "begins": "7:00", "ends": "12:00"},
    )
    campus.clock.advance(seconds=6 * 3600)
    leader.post("/login", data={"login": "leader", "password": PASSWORD})
    days = {"first": "2026-11-22", "last": "2026-11-23"}
    shown = unescape(leader.get("/gate/duty", params=days).text)
    for words in ("钥匙在抽屉", "没有签", "保安值班没有排", "带班领导没有排", "漏巡"):
        assert words in shown, words
    book = CalamineWorkbook.from_filelike(io.BytesIO(leader.get("/gate/duty/ledger.xlsx", params=days).content))
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    first, second = [row for row in rows if {"王师傅", "李师傅"} <= set(row)]
    assert [first.count("已签"), second.count("已签"), second.count("没有签")] == [2, 1, 1]
    assert any("胸牌 1 超时未离校" in str(cell) for cell in first)
    pdf = leader.get("/gate/duty/ledger.pdf", params=days)
    assert pdf.content.startswith(b"%PDF"), pdf.text
    for wrong in ({"first": "2026-11-23", "last": "2026-11-22"}, {"first": "2026-01-01", "last": "2026-11-23"}):
        assert leader.get("/gate/duty", params=wrong).status_code == 422


def test_a_phone_reads_a_checkpoint_after_one_pin_and_a_stranger_reads_nothing(
    campus: School, leader: httpx.Client
) -> None:
    for name in ("后门", "配电房"):
        leader.post("/gate/patrol", data={"name": name})
    campus.clock.advance(days=1)
    points = read_points(campus.orders.path)
    headers = {"host": "192.168.1.5:8080", "accept": "text/html"}  # a phone on the network: no station's token
    with httpx.Client(base_url=campus.gate_url, headers=headers, trust_env=False) as phone:
        assert phone.get("/patrol/guessed").status_code == 404
        assert phone.get("/").status_code == 403
        first = phone.get(f"/patrol/{points[0].code}")
        assert first.status_code == 200
        path = action(first.text, rf"/patrol/{re.escape(points[0].code)}/[0-9a-f-]+")
        wang = campus.person("王师傅")
        assert phone.post(path, data={"person": wang.id, "pin": "111111"}).status_code == 403
        done = phone.post(path, data={"person": wang.id, "pin": PINS["王师傅"]})
        assert done.status_code == 303
        assert "SameSite" in done.headers["set-cookie"] or "samesite" in done.headers["set-cookie"].lower()
        phone.cookies.set("patrol", done.cookies["patrol"])
        assert "已记录" in phone.get(done.headers["location"]).text
        second = action(phone.get(f"/patrol/{points[1].code}").text, rf"/patrol/{re.escape(points[1].code)}/[0-9a-f-]+")
        assert phone.post(second).status_code == 303  # known for the shift
        campus.clock.advance(seconds=11 * 3600)
        assert phone.post(f"/patrol/{points[1].code}/{new_id()}").status_code == 422
    rounds = read_rounds(campus.orders.path, campus.book.path, date(2026, 11, 24))
    states = {one.due_utc_ns: one.state(campus.clock.utc_ns()) for one in rounds}
    assert states[moment_of(date(2026, 11, 24), 10 * 60)] is RoundState.DONE
    assert states[moment_of(date(2026, 11, 24), 13 * 60)] is RoundState.MISSED


def test_the_walls_code_leads_a_phone_to_the_gatehouse(campus: School, leader: httpx.Client) -> None:
    leader.post("/gate/patrol", data={"name": "后门"})
    page = leader.get("/gate/patrol/codes").text
    assert page.count("<svg") >= 1
    assert "只在本机开放" in page  # this gatehouse listens on 127.0.0.1, and the page says that phones cannot come
    assert leader.post("/gate/patrol/times", data={"due": "7:00、9:00"}).status_code == 422
    assert leader.post("/gate/patrol/times", data={"due": "6:30，9:00, 12:00 15:00、21:30"}).status_code == 303
    assert "06:30、09:00、12:00、15:00、21:30" in leader.get("/gate/patrol").text


# ── roll call ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_drill_counts_everybody_inside_and_keeps_the_time(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    leader.post("/gate/staff", data={"number": "T1", "name": "李老师"})
    (member,) = read_staff(campus.orders.path)
    gate.post(f"/staff/{member.id}/in/{new_id()}")
    gate.post(f"/visits/{new_id()}", data=VISITOR | {"companions": "2"})
    listed = gate.get("/roll").text
    assert "4 人" in listed
    begun = gate.post(action(listed, r"/roll/begin/[0-9a-f-]+"))
    where = begun.headers["location"]
    for _ in range(2):
        page = gate.get(where).text
        campus.clock.advance(seconds=30)
        subject = re.search(r'name="subject" value="([^"]+)"', page)
        assert subject
        gate.post(action(page, r"/roll/[0-9a-f-]+/found/[0-9a-f-]+"), data={"subject": subject[1]})
    assert "全部找到，用时 1 分 0 秒" in gate.get(where).text
    assert "正在点名" in gate.get("/").text
    gate.post(f"{where}/end")
    (call,) = read_roll_calls(campus.book.path)
    assert call.drill
    assert call.ended_utc_ns is not None
    assert "1 分 0 秒" in leader.get("/gate").text


def test_before_the_office_has_laid_anything_down_every_gate_page_opens(gate: httpx.Client) -> None:
    for path in ("/staff", "/pupils", "/pupils/without", "/meetings", "/expected", "/handover", "/duty/today", "/roll"):
        answer = gate.get(path)
        assert answer.status_code == 200, path
        assert "None" not in answer.text, path
    for path in (f"/pupils/{new_id()}/done", f"/roll/{new_id()}", f"/meetings/{new_id()}", "/roll/x"):
        assert gate.get(path).status_code == 404, path


def test_dates_that_are_none_are_said_and_change_nothing(campus: School, leader: httpx.Client) -> None:
    for path, form in [
        ("/gate/hours/days", {"first": "0001-01-01", "kind": "holiday"}),
        ("/gate/hours/days", {"first": "x", "kind": "holiday"}),
        ("/gate/hours", {"school_day-0-opens": "99:00", "school_day-0-closes": "x", "stay_minutes": "1e9"}),
        (f"/gate/policies/{new_id()}", {"kind": "mask", "until_day": "9999-99-99", "until_time": "1", "note": "x"}),
        (f"/gate/expected/{new_id()}", {"name": "x", "day": "0001-01-01", "begins": "00:00", "until": "00:00"}),
        (
            "/gate/roster",
            {"post": "guard", "name": "x", "day": "2026-11-23", "last": "2036-11-23", "begins": "7:00", "ends": "8:00"},
        ),
    ]:
        answer = leader.post(path, data=form)
        assert answer.status_code in (303, 422), (path, answer.status_code)
    assert read_hours(campus.orders.path).spans == {}
    assert read_policies(campus.orders.path, since_utc_ns=0) == ()
    assert read_shifts(campus.orders.path, 0, 2**62) == ()


def test_a_roll_call_names_who_came_along_and_counts_pupils_by_class(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    card = "11010519491231002X"
    campus.clock.advance(days=2)  # a Monday
    leader.post("/login", data={"login": "leader", "password": PASSWORD})
    wrong = leader.post("/gate/classes", data={"sizes": "一1班 42\n一2班"})
    assert (wrong.status_code, "第 2 行看不懂" in unescape(wrong.text)) == (422, True)
    assert "学生不逐个登记" in gate.get("/roll").text
    assert leader.post("/gate/classes", data={"sizes": "一（1）班 42\r\n一2班\t40\r\n"}).status_code == 303
    assert "82" in leader.get("/gate/classes").text
    fetched = {"pupil": "小明", "class_name": "一1班", "adult": "王大伟", "approver": "赵校长"}
    assert gate.post(f"/pupils/without/{new_id()}", data=fetched).status_code == 303
    along = {"companions": "3", "companion_names": f"李四 {card}、王五"}
    wrong_card, visit_id = VISITOR | along | {"companion_names": f"李四 {card[:-1]}1"}, new_id()
    gate.post(f"/visits/{visit_id}/draft", data=wrong_card)
    refused = gate.post(f"/visits/{visit_id}", data=wrong_card)
    assert (refused.status_code, "身份证号对不上" in refused.text) == (422, True)
    assert "李四" in gate.get(f"/visits/{visit_id}", follow_redirects=True).text, "asked for anew nothing typed is lost"
    signed = gate.post(f"/visits/{visit_id}", data=VISITOR | along)
    assert signed.status_code == 303, unescape(signed.text)
    listed = unescape(gate.get("/roll").text)
    assert "4 人" in listed, "the visitor, two by name, one by number"
    assert "李四" in listed
    assert "王五" in listed
    assert "+1" in listed
    assert card not in listed
    assert "学生 81 人" in listed
    assert "应在校 41 人，已减去今天离校 1 人" in listed
    where = gate.post(action(listed, r"/roll/begin/[0-9a-f-]+"), data={"real": "yes"}).headers["location"]
    calling = unescape(gate.get(where).text)
    assert "还差 85 人" in calling
    assert {"李四", "一(1)班"} <= set(re.findall(r"<b>(?:<span[^>]*>\d+</span> )?([^<+]+?)(?: \+\d+)?</b>", calling))
    gate.post(f"{signed.headers['location'].rsplit('/', 1)[0]}/leave/{new_id()}")
    assert "李四" in unescape(gate.get(where).text), "who has left meanwhile still stands on the list by name"
