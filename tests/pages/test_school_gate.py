"""What the office lays down and the gate then asks, over HTTP: hours, measures, invitations, leave slips."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from foundation.ids import new_id
from foundation.sealed import seal
from gate.admission import Confirmation, read_admission
from gate.expected import read_expected
from gate.hours import read_hours
from gate.leave_slip import read_pupils_out, read_slips
from gate.policy import read_policies
from gate.query import inside_now, record_of
from gate.roster import read_shifts
from gate.staff import NewStaff, read_staff, staff_inside
from gate.vehicle_book import vehicle_record, vehicles_inside
from tests.pages.school_gate import School, action
from tests.support.waiting import WAIT_AT_MOST_S

VISITOR = {"name": "张三", "host": "刘老师", "reason": "家长来访", "document_kind": "none", "phone": "13800000001"}
HOSTILE = "<img src=x onerror=alert(1)>"


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


@pytest.mark.parametrize("ending", ["", "/refused/no_host"])
def test_a_draft_that_the_disk_still_keeps_while_its_visitor_comes_in_or_is_refused_is_none(
    gate: httpx.Client, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    visit_id, keeping, disk_answers = new_id(), threading.Event(), threading.Event()

    def seal_late(key: bytes, plain: bytes, place: str) -> bytes:
        keeping.set()
        disk_answers.wait(WAIT_AT_MOST_S)
        return seal(key, plain, place)

    monkeypatch.setattr("gate.draft.seal", seal_late)
    with ThreadPoolExecutor(1) as beside:
        late = beside.submit(gate.post, f"/visits/{visit_id}/draft", data=VISITOR)
        assert keeping.wait(WAIT_AT_MOST_S)
        ended = gate.post(f"/visits/{visit_id}{ending}", data=VISITOR)
        disk_answers.set()
    assert (ended.status_code, late.result().status_code) == (303, 200)
    assert "没填完" not in gate.get("/").text


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
