"""What evacuation drills take from the gate: counts of its roll calls, the school's calendar; and the command line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from typer.testing import CliRunner

from config.settings import read_settings
from edge_agent.commands.drill import app
from edge_agent.evacuation_wiring import evacuation_book, offered_roll_calls
from foundation.clock import NS_PER_S, ManualClock, SystemClock, beijing_day
from foundation.ids import new_id
from foundation.state import StateDirectory
from gate.book import GateBook
from gate.hours import DayKind
from gate.orders import GateOrders
from gate.roll_call import Present
from safety.evacuation import CarriedOut, EvacuationPlan
from safety.evacuation_ledger import EvacuationLedger
from safety.facts import LEDGER
from safety.ledger import FaultLedger
from safety.said import Said


def test_a_roll_call_is_offered_with_its_counts_and_without_names(tmp_path: Path) -> None:
    clock = ManualClock()
    book = GateBook(tmp_path / "gate.sqlite", clock)
    people = [
        Present(subject="visit:1", since_utc_ns=1, companions=2),
        Present(subject="class:初一1", since_utc_ns=1, companions=44),
    ]
    call_id, real_id = new_id(), new_id()
    calls = book.door.roll_calls
    calls.begin(roll_call_id=call_id, drill=True, people=people, gate_id="east", guard="王师傅")
    clock.advance(seconds=40)
    calls.tick(roll_call_id=call_id, subject="visit:1", tick_id=new_id(), guard="王师傅")
    (offered,) = offered_roll_calls(book.path)
    assert (offered.expected, offered.found, offered.all_found_s) == (48, 3, None)
    clock.advance(seconds=55)
    calls.tick(roll_call_id=call_id, subject="class:初一1", tick_id=new_id(), guard="王师傅")
    calls.end(roll_call_id=call_id, guard="王师傅")
    calls.begin(roll_call_id=real_id, drill=False, people=people, gate_id="east", guard="王师傅")
    (offered,) = offered_roll_calls(book.path)
    assert (offered.id, offered.found, offered.all_found_s) == (call_id, 48, 95)
    book.close()
    assert offered_roll_calls(tmp_path / "nowhere.sqlite") == ()


def test_the_schools_calendar_says_which_days_are_school_days(tmp_path: Path, root: Path) -> None:
    state = StateDirectory(tmp_path)
    book = evacuation_book(read_settings(root / "config" / "example" / "campus.yaml"), state, ManualClock())
    assert not book.calendar()(date(2027, 2, 24))  # nobody keeps a calendar yet
    orders = GateOrders(state.database("gate_orders"), ManualClock())
    orders.hours.mark_days(date(2027, 1, 18), date(2027, 2, 19), DayKind.HOLIDAY, note="寒假", by="王校长")
    orders.hours.mark_days(date(2027, 2, 20), date(2027, 2, 20), DayKind.EXAM_DAY, note="补考", by="王校长")
    assert [book.calendar()(date(2027, 2, day)) for day in (19, 20, 24)] == [False, True, True]
    orders.close()


def test_the_command_line_lists_the_year_and_shows_one_drill(tmp_path: Path, root: Path) -> None:
    state, clock = StateDirectory(tmp_path), SystemClock()
    where = ["--config", str(root / "config" / "example" / "campus.yaml"), "--state", str(tmp_path)]
    assert "▲" in CliRunner().invoke(app, ["evacuation", "list", *where]).output  # the office never ran
    faults = FaultLedger(state.database(LEDGER), clock)
    ledger, drill_id, now = EvacuationLedger(faults.journal, clock), new_id(), clock.utc_ns()
    plan = EvacuationPlan(kind="防暴", planned_utc_ns=now, night=True, responsible="李老师", text="按方案")
    ledger.plan(drill_id, plan, said=Said(form_id=drill_id, person="李老师"))
    went = CarriedOut(
        began_utc_ns=now - 900 * NS_PER_S, signal="哨声", all_out_s=245, expected=90, present=89, missing="张三"
    )
    ledger.carry_out(drill_id, went, said=Said(form_id=new_id(), person="李老师"))
    faults.close()
    listed = CliRunner().invoke(app, ["evacuation", "list", "--year", str(beijing_day(went.began_utc_ns).year), *where])
    assert listed.exit_code == 0
    assert "防暴（夜间，住宿生参加）" in listed.output
    assert listed.output.count("\n") == 13
    for name in ("1", drill_id):
        shown = CliRunner().invoke(app, ["evacuation", "show", name, *where])
        assert shown.exit_code == 0
        assert "4 分 05 秒  应到 90 实到 89" in shown.output
        assert "张三" in shown.output
    missing = CliRunner().invoke(app, ["evacuation", "show", "2", *where])
    assert missing.exit_code == 2
    assert "there is no evacuation drill 2" in missing.output
