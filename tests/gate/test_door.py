"""What happens at the gate besides visits: once each, undone by an addition, on the disk, erased by age."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from foundation.record_keys import RecordKeys, keys_file
from gate.admission import Admission
from gate.book import GateBook
from gate.expected import Guest, expected_by_code, expected_by_id, is_code, used_ids
from gate.handover import OpenMatters, Signer, read_handovers
from gate.hours import DayKind, GateHours, OpenSpan
from gate.leave_slip import Fetching, pupil_out_by_id, read_pupils_out, read_slips, slip_by_id, used_slips
from gate.meeting import NewAttendee, read_attendance, read_meeting
from gate.orders import GateOrders
from gate.overstay import leave_by_utc_ns, overstays
from gate.query import inside_now
from gate.record import RecordConflictError, RecordRefusedError, UnknownRecordError
from gate.roll_call import Present, read_roll_call, running_roll_call, visitor_subject
from gate.staff import NewStaff, read_staff, staff_inside
from gate.visit import Visitor
from tests.gate.conftest import HOUR, MINUTE, SATURDAY_14

FETCHING = Fetching(pupil="小明", class_name="二1班", adult="王大伟", relation="父亲", reason="发烧")
GUEST = Guest(name="钱工", host="李老师", reason="维修施工", phone="13900001111")
STAFF = [NewStaff(number="T1", name="李老师", phone="13800000001"), NewStaff(number="T2", name="王老师")]


def everything(book: GateBook | GateOrders) -> bytes:
    return b"".join(file.read_bytes() for file in book.path.parent.rglob("*") if file.is_file())


def write_slip(orders: GateOrders, hours: int = 1, begins: int = SATURDAY_14) -> str:
    slip_id = new_id()
    orders.slips.write(
        slip_id=slip_id,
        fetching=FETCHING,
        begins_utc_ns=begins,
        until_utc_ns=begins + hours * HOUR,
        by_person="c",
        by="陈老师",
    )
    return slip_id


# ── staff ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_new_list_adds_corrects_and_ends(orders: GateOrders) -> None:
    assert orders.staff.replace(STAFF, by="王校长").added == 2
    change = orders.staff.replace(
        [replace(STAFF[0], phone="13800000009"), NewStaff(number="T3", name="新老师")], by="王"
    )
    assert (change.added, change.changed, change.ended) == (1, 1, 1)
    assert {one.number: one.phone for one in read_staff(orders.path)} == {"T1": "13800000009", "T3": ""}
    assert orders.staff.replace([], by="王").ended == 2
    assert len(read_staff(orders.path, with_ended=True)) == 3
    assert b"13800000009" not in everything(orders)
    assert verify_audit(orders.path).holds


def test_one_wrong_row_and_the_list_stays_as_it_was(orders: GateOrders) -> None:
    orders.staff.replace(STAFF, by="王校长")
    with pytest.raises(RecordRefusedError):
        orders.staff.replace([NewStaff(number="T9", name="甲"), NewStaff(number="T8", name=" ")], by="王校长")
    assert {one.number for one in read_staff(orders.path)} == {"T1", "T2"}


def test_one_touch_in_one_out_and_undo_of_the_last(gate_book: GateBook, now: ManualClock) -> None:
    staff_id, came, went = new_id(), new_id(), new_id()
    for _ in range(2):
        gate_book.door.staff.move(move_id=came, staff_id=staff_id, coming=True, gate_id="east", guard="王师傅")
    now.advance(seconds=60)
    gate_book.door.staff.move(move_id=new_id(), staff_id=staff_id, coming=True, gate_id="west", guard="李师傅")
    assert staff_inside(gate_book.path) == {staff_id: SATURDAY_14}  # the first touch counts
    gate_book.door.staff.move(move_id=went, staff_id=staff_id, coming=False, gate_id="east", guard="王师傅")
    assert staff_inside(gate_book.path) == {}
    gate_book.door.staff.undo(move_id=went, guard="王师傅")
    gate_book.door.staff.undo(move_id=went, guard="王师傅")
    assert staff_inside(gate_book.path) == {staff_id: SATURDAY_14}
    gate_book.door.staff.undo(move_id=came, guard="王师傅")
    assert staff_inside(gate_book.path) == {}
    with pytest.raises(UnknownRecordError):
        gate_book.door.staff.undo(move_id=new_id(), guard="王师傅")


# ── pupils ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_pupil_leaves_by_a_slip_once_and_undoing_frees_the_slip(orders: GateOrders, gate_book: GateBook) -> None:
    slip = slip_by_id(orders.path, write_slip(orders))
    assert slip is not None
    out_id = new_id()
    for _ in range(2):
        gate_book.door.pupils.leave_with_slip(out_id=out_id, slip=slip, gate_id="east", guard="王师傅")
    with pytest.raises(RecordConflictError):
        gate_book.door.pupils.leave_with_slip(out_id=new_id(), slip=slip, gate_id="west", guard="李师傅")
    assert used_slips(gate_book.path, (slip,)) == {slip.id}
    left = pupil_out_by_id(gate_book.path, out_id)
    assert left is not None
    assert (left.fetching, left.approver) == (FETCHING, "陈老师")
    gate_book.door.pupils.undo(out_id=out_id, guard="王师傅")
    assert used_slips(gate_book.path, (slip,)) == frozenset()
    gate_book.door.pupils.leave_with_slip(out_id=new_id(), slip=slip, gate_id="east", guard="王师傅")
    assert len(read_pupils_out(gate_book.path, 0, 2**62)) == 2  # the undone one stays in the book


def test_a_slip_of_another_time_or_a_cancelled_one_lets_nobody_out(orders: GateOrders, gate_book: GateBook) -> None:
    later, cancelled = write_slip(orders, begins=SATURDAY_14 + 2 * HOUR), write_slip(orders)
    orders.slips.cancel(cancelled, by="陈老师")
    for slip_id in (later, cancelled):
        slip = slip_by_id(orders.path, slip_id)
        assert slip is not None
        with pytest.raises(RecordConflictError):
            gate_book.door.pupils.leave_with_slip(out_id=new_id(), slip=slip, gate_id="east", guard="王师傅")
    assert read_pupils_out(gate_book.path, 0, 2**62) == ()
    assert [one.id for one in read_slips(orders.path, 0, 2**62)] == [later]


@pytest.mark.parametrize("field", ["pupil", "class_name", "adult"])
def test_without_a_slip_nobody_leaves_without_a_named_approver_and_adult(gate_book: GateBook, field: str) -> None:
    door = gate_book.door.pupils
    with pytest.raises(RecordRefusedError) as refused:
        door.leave_by_word(out_id=new_id(), fetching=FETCHING, approver=" ", gate_id="east", guard="王师傅")
    assert set(refused.value.troubles) == {"approver"}
    with pytest.raises(RecordRefusedError):
        lacking = replace(FETCHING, **{field: ""})
        door.leave_by_word(out_id=new_id(), fetching=lacking, approver="赵校长", gate_id="east", guard="王师傅")
    assert read_pupils_out(gate_book.path, 0, 2**62) == ()
    door.leave_by_word(out_id=new_id(), fetching=FETCHING, approver="赵校长", gate_id="east", guard="王师傅")
    assert read_pupils_out(gate_book.path, 0, 2**62)[0].approver == "赵校长"
    assert "小明".encode() not in everything(gate_book)


# ── meetings ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_screens_tick_the_same_parent_once(orders: GateOrders, gate_book: GateBook) -> None:
    meeting_id, end = new_id(), SATURDAY_14 + HOUR
    people = [NewAttendee(name=f"家长{number}", pupil=f"学生{number}") for number in range(40)]
    for _ in range(2):
        orders.meetings.call(
            meeting_id=meeting_id, title="家长会", place="", begins_utc_ns=SATURDAY_14, ends_utc_ns=end,
            attendees=people, by="王校长",
        )  # fmt: skip
    found = read_meeting(orders.path, meeting_id)
    assert found is not None
    assert [one.name for one in found[1]] == [one.name for one in people]

    def tick_all(gate_id: str) -> None:
        for one in found[1]:
            gate_book.door.meetings.tick(
                tick_id=new_id(), meeting_id=meeting_id, attendee_id=one.id, gate_id=gate_id, guard="王师傅"
            )

    screens = [threading.Thread(target=tick_all, args=(gate,)) for gate in ("east", "west")]
    for screen in screens:
        screen.start()
    for screen in screens:
        screen.join()
    attendance = read_attendance(gate_book.path, meeting_id)
    assert len(attendance.ticks) == 40
    first = found[1][0].id
    gate_book.door.meetings.undo_tick(tick_id=attendance.ticks[first].id, guard="王师傅")
    assert first not in read_attendance(gate_book.path, meeting_id).ticks
    over = new_id()
    gate_book.door.meetings.over(over_id=over, meeting_id=meeting_id, guard="王师傅")
    assert read_attendance(gate_book.path, meeting_id).over_id == over
    gate_book.door.meetings.undo_over(over_id=over, guard="王师傅")
    assert read_attendance(gate_book.path, meeting_id).over_id == ""
    orders.meetings.cancel(meeting_id, by="王校长")
    assert read_meeting(orders.path, meeting_id) is None


def test_a_meeting_without_a_list_or_an_end_is_refused(orders: GateOrders) -> None:
    for people, length in [([], HOUR), ([NewAttendee(name="甲")], 0), ([NewAttendee(name=" ")], HOUR)]:
        with pytest.raises(RecordRefusedError):
            orders.meetings.call(
                meeting_id=new_id(), title="家长会", place="", begins_utc_ns=SATURDAY_14,
                ends_utc_ns=SATURDAY_14 + length, attendees=people, by="王校长",
            )  # fmt: skip


# ── expected visitors ─────────────────────────────────────────────────────────────────────────────────────────────
def test_the_code_opens_the_form_in_its_time_only(orders: GateOrders, gate_book: GateBook, now: ManualClock) -> None:
    expected_id, begins = new_id(), SATURDAY_14 + 2 * HOUR
    codes = {
        orders.expected.invite(
            expected_id=expected_id, guest=GUEST, begins_utc_ns=begins, until_utc_ns=begins + HOUR, by_person="p",
            by="李老师",
        )
        for _ in range(2)
    }  # fmt: skip
    (code,) = codes
    assert is_code(f" {code.lower()} ")
    assert not is_code("YYZS")
    found = expected_by_code(orders.path, code.lower())
    assert found is not None
    assert found.visitor == Visitor(name="钱工", host="李老师", reason="维修施工", phone="13900001111")
    assert not found.opens_at(now.utc_ns())
    assert found.opens_at(begins - 30 * MINUTE)
    assert not found.opens_at(begins + HOUR)
    terms = Admission(expected_id=expected_id)
    visit = gate_book.sign_in(visit_id=new_id(), gate_id="east", guard="王师傅", visitor=found.visitor, admission=terms)
    assert used_ids(gate_book.path, (expected_id,)) == {expected_id}
    gate_book.undo_sign_in(visit_id=visit.id, guard="王师傅")
    assert used_ids(gate_book.path, (expected_id,)) == frozenset()
    orders.expected.cancel(expected_id, by="李老师")
    cancelled = expected_by_id(orders.path, expected_id)
    assert cancelled is not None
    assert not cancelled.opens_at(begins)


# ── handover ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_handover_signs_the_next_one_on_and_keeps_what_was_open(gate_book: GateBook, now: ManualClock) -> None:
    gate_book.duty.sign_on(station_id="box", person_id="w", name="王师傅")
    now.advance(seconds=3600)
    handover_id, matters = new_id(), OpenMatters(inside=2, overstayed=1, faults=1, lines=("胸牌 3 超时未离校",))
    for _ in range(2):
        gate_book.door.handovers.hand_over(
            handover_id=handover_id, station_id="box", from_signed=True, to=Signer(person_id="l", name="李师傅"),
            matters=matters, note="钥匙在抽屉",
        )  # fmt: skip
    on_duty = gate_book.duty.on_duty("box")
    assert on_duty is not None
    assert (on_duty.name, on_duty.on_utc_ns) == ("李师傅", SATURDAY_14 + HOUR)
    (kept,) = read_handovers(gate_book.path)
    assert (kept.from_name, kept.from_signed, kept.to_name, kept.lines, kept.note) == (
        "王师傅", True, "李师傅", matters.lines, "钥匙在抽屉",
    )  # fmt: skip
    with pytest.raises(RecordRefusedError):
        gate_book.door.handovers.hand_over(
            handover_id=new_id(), station_id="box", from_signed=True, to=Signer(person_id="l", name="李师傅"),
            matters=matters, note="",
        )  # fmt: skip
    assert verify_audit(gate_book.path).holds


def test_one_who_had_gone_is_written_down_as_not_having_signed(gate_book: GateBook) -> None:
    signer = Signer(person_id="l", name="李师傅")
    door = gate_book.door.handovers
    door.hand_over(handover_id=new_id(), station_id="box", from_signed=True, to=signer, matters=OpenMatters(), note="")
    assert not read_handovers(gate_book.path)[0].from_signed  # nobody was there to sign
    other = Signer(person_id="w", name="王师傅")
    door.hand_over(handover_id=new_id(), station_id="box", from_signed=False, to=other, matters=OpenMatters(), note="")
    assert [(one.from_name, one.from_signed) for one in read_handovers(gate_book.path)][-1:] == [("", False)]
    assert {one.from_name for one in read_handovers(gate_book.path)} == {"", "李师傅"}


# ── roll call ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_everybody_is_found_once_and_the_time_it_took_is_kept(gate_book: GateBook, now: ManualClock) -> None:
    people = [Present(subject=f"visit:{new_id()}", since_utc_ns=SATURDAY_14 + place) for place in range(3)]
    first, door = new_id(), gate_book.door.roll_calls
    assert door.begin(roll_call_id=first, drill=True, people=people, gate_id="east", guard="王师傅") == first
    second = door.begin(roll_call_id=new_id(), drill=True, people=people, gate_id="west", guard="李师傅")
    assert second == first  # the other gate joins the one that is going on
    for place, one in enumerate(people):
        now.advance(seconds=10)
        for guard in ("王师傅", "李师傅"):
            door.tick(roll_call_id=first, subject=one.subject, tick_id=new_id(), guard=guard)
        running = running_roll_call(gate_book.path)
        assert running is not None
        assert len(running.missing) == 2 - place
    assert running is not None
    assert running.all_found_utc_ns == SATURDAY_14 + 30_000_000_000
    tick = running.found[people[0].subject]
    assert tick.guard == "王师傅"
    door.undo_tick(tick_id=tick.tick_id, guard="王师傅")
    door.end(roll_call_id=first, guard="王师傅")
    ended = read_roll_call(gate_book.path, first)
    assert ended is not None
    assert [one.subject for one in ended.missing] == [people[0].subject]
    assert running_roll_call(gate_book.path) is None
    with pytest.raises(RecordConflictError):
        door.tick(roll_call_id=first, subject=people[0].subject, tick_id=new_id(), guard="王师傅")
    with pytest.raises(UnknownRecordError):
        door.tick(roll_call_id=first, subject="visit:nobody", tick_id=new_id(), guard="王师傅")


def test_a_tick_stays_with_the_person_through_corrections_and_who_is_named_late_is_looked_for(
    gate_book: GateBook,
) -> None:
    parent = Visitor(name="张三", host="刘", reason="办事", companions=3, companion_names="李四、王五")
    visit = gate_book.sign_in(visit_id=new_id(), gate_id="east", guard="王师傅", visitor=parent)
    roll_calls, call_id = gate_book.door.roll_calls, new_id()

    def subjects() -> dict[str, str]:
        return {one.name: visitor_subject(visit.id, key) for key, one in inside_now(gate_book.path)[0].party}

    def correct(names: str, companions: int = 3, name: str = "张三") -> None:
        right = replace(parent, name=name, companions=companions, companion_names=names)
        gate_book.correct(visit_id=visit.id, guard="王师傅", visitor=right, reason="听错了")

    def found() -> tuple[set[str], dict[str, int]]:
        call = read_roll_call(gate_book.path, call_id)
        assert call is not None
        names = {subject: name for name, subject in subjects().items()}
        return {names[one] for one in call.found}, {names.get(one.subject, ""): one.companions for one in call.people}

    people = [Present(subject=one, since_utc_ns=visit.in_utc_ns) for one in subjects().values()]
    people[0] = replace(people[0], companions=visit.unnamed)
    roll_calls.begin(roll_call_id=call_id, drill=False, people=people, gate_id="east", guard="王师傅")
    for name in ("李四", "张三"):
        roll_calls.tick(roll_call_id=call_id, subject=subjects()[name], tick_id=new_id(), guard="王师傅")
    correct("王五、李四")
    assert found() == ({"张三", "李四"}, {"张三": 1, "李四": 0, "王五": 0})
    correct("王五、李四、赵六")
    assert found() == ({"张三", "李四"}, {"张三": 0, "李四": 0, "王五": 0, "赵六": 0}), "named late, looked for"
    correct("王五、张三、赵六", name="李四")
    assert found()[0] == {"张三", "李四"}
    correct("王武、张三、赵六", name="李四")
    assert found() == ({"张三", "李四"}, {"张三": 0, "李四": 0, "王武": 0, "赵六": 0})
    correct("张三、赵六", companions=2, name="李四")
    assert found()[1] == {"张三": 0, "李四": 0, "赵六": 0, "": 0}, "nobody leaves the list by a correction"
    correct("张三、赵六、孙八", companions=3, name="李四")
    assert found()[0] == {"张三", "李四"}
    assert verify_audit(gate_book.path).holds


# ── overstaying ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_visitors_overstay_their_agreed_time_the_usual_stay_or_the_closing(
    gate_book: GateBook, now: ManualClock
) -> None:
    hours = GateHours({DayKind.WEEKEND: (OpenSpan(7 * 60, 15 * 60),)}, stay_minutes=120)
    assert leave_by_utc_ns(SATURDAY_14, None, GateHours()) == SATURDAY_14 + 2 * HOUR
    assert leave_by_utc_ns(SATURDAY_14, None, hours) == SATURDAY_14 + HOUR
    assert leave_by_utc_ns(SATURDAY_14, SATURDAY_14 + 3 * HOUR, hours) == SATURDAY_14 + 3 * HOUR
    assert leave_by_utc_ns(SATURDAY_14 + 2 * HOUR, None, hours) == SATURDAY_14 + 4 * HOUR  # came after closing
    for name, leave_by in [("张三", None), ("李四", SATURDAY_14 + 5 * HOUR)]:
        gate_book.sign_in(
            visit_id=new_id(), gate_id="east", guard="王师傅", visitor=Visitor(name=name, host="刘", reason="办事"),
            admission=Admission(leave_by_utc_ns=leave_by),
        )  # fmt: skip
    now.advance(seconds=3 * 3600)
    names = {visit.id: visit.visitor.name for visit in inside_now(gate_book.path) if visit.visitor}
    assert [names[one.visit_id] for one in overstays(gate_book.path, hours, now.utc_ns())] == ["张三"]
    now.advance(seconds=3 * 3600)
    assert [names[one.visit_id] for one in overstays(gate_book.path, hours, now.utc_ns())] == ["张三", "李四"]


# ── erasing by age ────────────────────────────────────────────────────────────────────────────────────────────────
def test_whom_a_record_named_is_forgotten_by_age_and_the_record_stays(
    orders: GateOrders, gate_book: GateBook, now: ManualClock
) -> None:
    slip = slip_by_id(orders.path, write_slip(orders))
    assert slip is not None
    out_id = new_id()
    gate_book.door.pupils.leave_with_slip(out_id=out_id, slip=slip, gate_id="east", guard="王师傅")
    orders.staff.replace(STAFF, by="王校长")
    day = date(2026, 11, 21)
    for records in (orders.records, gate_book.records):
        assert records.erase_before(day, reason="保存期满") == 0
        assert records.erase_before(day + timedelta(days=1), reason="保存期满") == 1
        assert records.erase_before(day + timedelta(days=1), reason="保存期满") == 0  # gone, not only unreadable
    kept, still = pupil_out_by_id(gate_book.path, out_id), slip_by_id(orders.path, slip.id)
    assert kept is not None
    assert still is not None
    assert kept.fetching is None
    assert still.fetching is None
    assert len(read_staff(orders.path)) == 2  # whoever works here is not old
    assert verify_audit(orders.path).holds
    assert verify_audit(gate_book.path).holds


def test_a_restored_copy_forgets_again_whom_the_keys_have_forgotten(tmp_path: Path, now: ManualClock) -> None:
    orders = GateOrders(tmp_path / "gate_orders.sqlite", now)
    slip_id = write_slip(orders)
    orders.close()
    copy = (tmp_path / "gate_orders.sqlite").read_bytes()
    orders = GateOrders(tmp_path / "gate_orders.sqlite", now)
    orders.records.erase_before(date(2030, 1, 1), reason="保存期满")
    orders.close()
    (tmp_path / "gate_orders.sqlite").write_bytes(copy)
    restored = GateOrders(tmp_path / "gate_orders.sqlite", now)
    slip = slip_by_id(restored.path, slip_id)
    assert slip is not None
    assert slip.fetching is None
    keys = RecordKeys(keys_file(restored.path))
    assert keys.count() > 0
    keys.close()
    assert verify_audit(restored.path).holds
    restored.close()
