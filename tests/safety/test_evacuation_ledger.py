"""Evacuation drills from plan to file: what counts, what is refused, and that nothing written is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from config.every import Every
from foundation.audit import verify_audit
from foundation.clock import NS_PER_S, ManualClock
from foundation.ids import new_id
from foundation.journal import read_entries
from safety.evacuation import (
    CarriedOut,
    EvacuationFile,
    EvacuationHappening,
    EvacuationOrder,
    EvacuationPlan,
    EvacuationStage,
    GateRollCall,
    Mark,
    Point,
    Rating,
)
from safety.evacuation_ledger import EvacuationLedger
from safety.evacuation_query import (
    evacuation_file,
    evacuation_order,
    evacuation_photo_belongs,
    evacuations_kept_since,
)
from safety.evacuation_said import (
    MEND_LIMIT,
    MOST_PHOTOS,
    EvacuationError,
    EvacuationFieldError,
    EvacuationStageError,
    UnknownEvacuationError,
    Wrong,
)
from safety.facts import EvacuationTold
from safety.fault import Source
from safety.ledger import FaultLedger
from safety.query import open_faults
from safety.said import Said, WordsError

DAY = 86_400 * NS_PER_S
GOOD = tuple(Mark(point=point, rating=Rating.GOOD) for point in Point)
LONG_NAME = "买买提·阿不都热西提·བཀྲ་ཤིས་བདེ་ལེགས"


@pytest.fixture
def drills(ledger: FaultLedger, clock: ManualClock) -> EvacuationLedger:
    return EvacuationLedger(ledger.journal, clock)


def said(words: str = "", person: str = "李老师") -> Said:
    return Said(form_id=new_id(), person=person, words=words)


def planned(drills: EvacuationLedger, clock: ManualClock, **more: Any) -> str:
    drill_id = new_id()
    plan = EvacuationPlan(
        kind="消防",
        planned_utc_ns=clock.utc_ns() + DAY,
        night=False,
        responsible="安全干部",
        text="按三号路线疏散到操场",
    )
    drills.plan(drill_id, replace(plan, **more), said=said())
    clock.advance(days=1, seconds=1_000)
    return drill_id


def went(clock: ManualClock, **more: Any) -> CarriedOut:
    carried = CarriedOut(
        began_utc_ns=clock.utc_ns() - 600 * NS_PER_S,
        signal="广播警报",
        all_out_s=185,
        expected=812,
        present=812,
        missing="",
    )
    return replace(carried, **more)


def held(drills: EvacuationLedger, clock: ManualClock, **more: Any) -> str:
    drill_id = planned(drills, clock)
    drills.carry_out(drill_id, went(clock, **more), said=said())
    return drill_id


def read(drills: EvacuationLedger, drill_id: str) -> EvacuationFile:
    file = evacuation_file(drills.path, drill_id)
    assert file is not None
    return file


def test_a_drill_goes_from_plan_to_file_and_every_step_is_in_history_audit_and_journal(
    drills: EvacuationLedger, clock: ManualClock
) -> None:
    call = GateRollCall(id=new_id(), begun_utc_ns=clock.utc_ns(), expected=7, found=7, all_found_s=95)
    drill_id = held(drills, clock, present=811, missing=LONG_NAME, roll_call=call)
    drills.evaluate(drill_id, GOOD, said=said("总体有序"))
    drills.add_photo(drill_id, sha256="a" * 64, size_bytes=1_000, said=said())
    drills.file(drill_id, said=said())
    file = read(drills, drill_id)
    assert file.evacuation.stage is EvacuationStage.FILED
    assert file.evacuation.filed_by == "李老师"
    assert file.evacuation.carried is not None
    assert file.evacuation.carried.missing == LONG_NAME
    assert file.evacuation.carried.roll_call == call
    assert file.evacuation.missing_people == 1
    assert file.photos == ("a" * 64,)
    assert evacuation_photo_belongs(drills.path, "a" * 64)
    steps = [entry.what.value for entry in file.history]
    assert steps == ["planned", "carried_out", "evaluated", "photographed", "filed"]
    facts = [one for one in read_entries(drills.path, after=0) if one.kind == EvacuationTold.kind]
    told = [one.read(EvacuationTold).step for one in facts]
    assert told == steps
    assert verify_audit(drills.path).entries >= len(steps)
    assert verify_audit(drills.path).holds


def test_each_form_counts_once_however_often_it_is_sent(drills: EvacuationLedger, clock: ManualClock) -> None:
    drill_id = planned(drills, clock)
    form = said()
    for _ in range(2):
        drills.carry_out(drill_id, went(clock), said=form)
    plan = read(drills, drill_id).evacuation.plan
    drills.plan(drill_id, replace(plan, kind="地震"), said=said())
    assert read(drills, drill_id).evacuation.plan.kind == "消防"
    assert len(read(drills, drill_id).history) == 2


@pytest.mark.parametrize(
    ("field", "wrong", "more"),
    [
        ("began", Wrong.FUTURE, {"began_utc_ns": 4_000_000_000_000_000_000}),
        ("began", Wrong.TOO_FAR, {"began_utc_ns": 1_700_000_000_000_000_000}),
        ("all_out", Wrong.FUTURE, {"all_out_s": 601}),
        ("all_out", Wrong.NO_NUMBER, {"all_out_s": 0}),
        ("expected", Wrong.NO_NUMBER, {"expected": 0, "present": 0}),
        ("present", Wrong.MORE_THAN_EXPECTED, {"present": 813}),
        ("missing", Wrong.NAMES, {"present": 811, "missing": " \u200b"}),
        ("missing", Wrong.NO_ONE_MISSING, {"missing": "张三"}),
    ],
)
def test_what_cannot_have_happened_is_refused_and_changes_nothing(
    drills: EvacuationLedger, clock: ManualClock, field: str, wrong: Wrong, more: dict[str, object]
) -> None:
    drill_id = planned(drills, clock)
    with pytest.raises(EvacuationFieldError) as refused:
        drills.carry_out(drill_id, went(clock, **more), said=said())
    assert (refused.value.field, refused.value.wrong) == (field, wrong)
    assert read(drills, drill_id).evacuation.stage is EvacuationStage.PLANNED
    assert len(read(drills, drill_id).history) == 1


def test_steps_out_of_their_turn_are_refused(drills: EvacuationLedger, clock: ManualClock) -> None:
    drill_id = planned(drills, clock)
    steps: tuple[Callable[[], None], ...] = (
        lambda: drills.evaluate(drill_id, GOOD, said=said("总结")),
        lambda: drills.file(drill_id, said=said("没有照片")),
        lambda: drills.add_photo(drill_id, sha256="a" * 64, size_bytes=1, said=said()),
    )
    for step in steps:
        with pytest.raises(EvacuationStageError):
            step()
    drills.cancel(drill_id, said=said("下雨"))
    with pytest.raises(EvacuationStageError):
        drills.carry_out(drill_id, went(clock), said=said())
    drills.note(drill_id, said=said("改到下周"))  # an addition is taken in any stage
    with pytest.raises(UnknownEvacuationError):
        drills.note(new_id(), said=said("谁"))
    done = held(drills, clock)
    with pytest.raises(EvacuationStageError):
        drills.cancel(done, said=said("不算"))
    with pytest.raises(WordsError):
        drills.cancel(planned(drills, clock), said=said(" "))


def test_nothing_is_filed_without_an_evaluation_and_without_photos_only_with_a_reason(
    drills: EvacuationLedger, clock: ManualClock
) -> None:
    drill_id = held(drills, clock)
    with pytest.raises(EvacuationFieldError) as early:
        drills.file(drill_id, said=said("好"))
    assert early.value.wrong is Wrong.NOT_EVALUATED
    drills.evaluate(drill_id, GOOD, said=said("总结"))
    with pytest.raises(EvacuationFieldError) as bare:
        drills.file(drill_id, said=said())
    assert bare.value.wrong is Wrong.NO_PHOTO
    drills.file(drill_id, said=said("夜间关灯，没有拍照"))
    drills.note(drill_id, said=said("应到应是 811 人"), corrects=True)
    assert read(drills, drill_id).history[-1].what is EvacuationHappening.CORRECTED


def test_every_point_is_rated_and_the_last_evaluation_counts(drills: EvacuationLedger, clock: ManualClock) -> None:
    drill_id = held(drills, clock)
    with pytest.raises(EvacuationFieldError) as refused:
        drills.evaluate(drill_id, GOOD[:-1], said=said("总结"))
    assert refused.value.field == "rating-aid"
    with pytest.raises(WordsError):
        drills.evaluate(drill_id, (replace(GOOD[0], mend="长" * (MEND_LIMIT + 1)), *GOOD[1:]), said=said("总结"))
    drills.evaluate(drill_id, GOOD, said=said("总结"))
    drills.evaluate(drill_id, (replace(GOOD[0], rating=Rating.POOR), *GOOD[1:]), said=said("重写的总结"))
    evaluation = read(drills, drill_id).evaluation
    assert evaluation is not None
    assert evaluation.summary == "重写的总结"
    assert [mark.rating for mark in evaluation.marks][:2] == [Rating.POOR, Rating.GOOD]
    assert [entry.words for entry in read(drills, drill_id).history][-2:] == ["总结", "重写的总结"]


def test_what_must_be_mended_becomes_one_fault_with_owner_and_due_date_and_keeps_it(
    drills: EvacuationLedger, clock: ManualClock
) -> None:
    drill_id = held(drills, clock)
    marks = (GOOD[0], GOOD[1], replace(GOOD[2], rating=Rating.POOR, mend="二楼楼梯口有杂物"), *GOOD[3:])
    drills.evaluate(drill_id, marks, said=said("总结"))
    due = clock.utc_ns() + 3 * DAY

    def mend(point: Point, due_utc_ns: int = due) -> None:
        drills.mend(drill_id, point, fault_id=new_id(), owner="后勤王主任", due_utc_ns=due_utc_ns, said=said())

    with pytest.raises(EvacuationFieldError):
        mend(Point.WAY, clock.utc_ns())
    mend(Point.WAY)
    (row,) = open_faults(drills.path, clock.utc_ns())
    fault = row.fault
    assert (fault.title, fault.owner, fault.due_utc_ns, fault.source) == (
        "二楼楼梯口有杂物",
        "后勤王主任",
        due,
        Source.HAND,
    )
    for point in (Point.WAY, Point.AID):
        with pytest.raises(EvacuationError):
            mend(point)
    drills.evaluate(drill_id, marks, said=said("改写总结"))
    evaluation = read(drills, drill_id).evaluation
    assert evaluation is not None
    assert evaluation.marks[2].fault_number == fault.number


def test_photos_have_a_limit_and_the_same_one_is_kept_once(drills: EvacuationLedger, clock: ManualClock) -> None:
    drill_id = held(drills, clock)
    for number in (0, 0, *range(MOST_PHOTOS)):
        drills.add_photo(drill_id, sha256=f"{number:064x}", size_bytes=1, said=said())
    assert len(read(drills, drill_id).photos) == MOST_PHOTOS
    with pytest.raises(EvacuationFieldError):
        drills.add_photo(drill_id, sha256="f" * 64, size_bytes=1, said=said())


def test_the_order_is_laid_down_with_who_and_why_and_the_last_one_holds(
    drills: EvacuationLedger, clock: ManualClock
) -> None:
    assert evacuation_order(drills.path) is None
    order = EvacuationOrder(
        every=Every.QUARTER, boarders=True, kinds=("消防", " ", "消防"), person="李老师", why="幼儿园"
    )
    drills.lay_down(order)
    kept = evacuation_order(drills.path)
    assert kept is not None
    assert (kept.every, kept.boarders, kept.kinds, kept.why) == (Every.QUARTER, True, ("消防",), "幼儿园")
    for wrong in ({"why": ""}, {"kinds": ()}, {"every": Every.WEEK}, {"kinds": tuple(map(str, range(21)))}):
        with pytest.raises((EvacuationFieldError, WordsError)):
            drills.lay_down(replace(order, **wrong))
    assert verify_audit(drills.path).holds
    began = evacuations_kept_since(drills.path)
    clock.advance(days=40)
    assert evacuations_kept_since(EvacuationLedger(drills.journal, clock).path) == began
