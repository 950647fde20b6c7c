"""A rectification notice from the center's command to the ledger, and the answer back, over a real broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alarms.assembly import build_alarms
from edge_agent.fault_wiring import FindingTail
from edge_agent.notices import COMMAND, NoticeAnswers, notice_commands
from foundation.clock import SystemClock, beijing, rfc3339
from foundation.finding import FindingBoard
from foundation.journal import Journal
from safety.ledger import FaultLedger
from safety.query import fault_file, open_faults
from tests.alarms.conftest import Gatehouse, World, world  # noqa: F401 - the fixture is used by name
from tests.alarms.desk import Desk
from tests.support.waiting import wait_until
from uplink.messages.command import Answer, AnswerStatus, Command


def command(desk: Desk, **arguments: str) -> Command:
    later = rfc3339(desk.clock.utc_ns() + 60_000_000_000)
    return Command(campus=desk.campus, name=COMMAND, arguments=arguments, person="区教育局 赵科长", not_after=later)


def answers(desk: Desk) -> list[Answer]:
    return [come.received.event.data for come in desk.arrivals if isinstance(come.received.event.data, Answer)]


@pytest.fixture
def gatehouse(world: World) -> Gatehouse:  # noqa: F811
    return world.gatehouse([world.path_to(world.mosquitto())], start=False)


@pytest.fixture
def ledger(gatehouse: Gatehouse) -> Iterator[FaultLedger]:
    gatehouse.state.create()
    gatehouse.journal = Journal.open(gatehouse.state.journal("gatehouse"), gatehouse.clock)
    gatehouse.board = FindingBoard(gatehouse.journal, gatehouse.clock)
    gatehouse.service = build_alarms(
        gatehouse.settings,
        state=gatehouse.state,
        clock=gatehouse.clock,
        board=gatehouse.board,
        journal=gatehouse.journal,
        software="test 0",
        commands=notice_commands(gatehouse.journal),
    )
    ledger = FaultLedger(gatehouse.state.database("safety"), SystemClock())
    tail = FindingTail(gatehouse.state.journal("gatehouse"), ledger)
    tail.start()
    yield ledger
    tail.close()
    ledger.close()


def test_a_notice_becomes_a_fault_and_the_closing_goes_back_even_over_a_lost_connection(
    world: World,  # noqa: F811
    gatehouse: Gatehouse,
    ledger: FaultLedger,
) -> None:
    desk = world.desk(gatehouse.settings.broker_paths)
    service = gatehouse.start()
    wait_until(lambda: service.paths[0].report().session.connected, what="the gatehouse on the broker")

    asked = command(desk, number="区教督〔2026〕12 号", title="消防通道堵塞", text="限期清理", due="2026-12-05")
    wait_until(lambda: desk.say(asked) and answers(desk), poll_s=0.5, what="the first answer")
    wait_until(lambda: open_faults(ledger.path, 0), what="the fault")
    (row,) = open_faults(ledger.path, 0)
    assert beijing(row.fault.due_utc_ns).strftime("%m-%d %H:%M:%S") == "12-05 23:59:59"
    file = fault_file(ledger.path, row.fault.id)
    assert file is not None
    assert file.notice is not None
    assert file.notice.sent_by == "区教育局 赵科长"

    # The answer is given while nothing is connected, and sent when something is.
    assert gatehouse.journal is not None
    sender = NoticeAnswers(gatehouse.state, gatehouse.journal, service.paths, campus=desk.campus, clock=gatehouse.clock)
    ledger.recheck(row.fault.id, passed=True, person="安全干部", words="畅通")
    ledger.close_fault(row.fault.id, person="校长", words="已整改完毕")
    sender.start()
    try:
        wait_until(
            lambda: any(answer.values.get("stage") == "closed" for answer in answers(desk)), what="the last answer"
        )
        wait_until(lambda: gatehouse.journal and gatehouse.journal.cursor("safety") > 0, what="the cursor")
    finally:
        sender.close()
    last = next(answer for answer in answers(desk) if answer.values.get("stage") == "closed")
    assert (last.text, last.values["person"], last.values["number"]) == (
        "已整改完毕",
        "校长",
        asked.arguments["number"],
    )
    assert last.command_id == file.notice.id


def test_a_notice_without_a_number_or_with_an_impossible_day_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    journal = Journal.open(tmp_path_factory.mktemp("journal") / "gatehouse.sqlite", SystemClock())
    take = notice_commands(journal)[COMMAND]
    later = rfc3339(SystemClock().utc_ns())
    for wrong in (
        {"title": "堵塞"},
        {"number": "12", "title": "堵塞", "due": "2026-13-40"},
        {"number": "x" * 90, "title": "t"},
    ):
        asked = Command(campus="test-school", name=COMMAND, arguments=wrong, person="赵", not_after=later)
        assert take("01890a5d-ac96-774b-bcce-b302099a8057", asked).status is AnswerStatus.REFUSED
    assert journal.database.row("SELECT count(*) FROM fact") == (0,)
    journal.database.close()


def test_an_answer_waits_for_a_connection_and_survives_a_restart(
    world: World,  # noqa: F811
    gatehouse: Gatehouse,
    ledger: FaultLedger,
) -> None:
    assert gatehouse.journal is not None
    assert gatehouse.service is not None
    told = notice_commands(gatehouse.journal)[COMMAND](
        "01890a5d-ac96-774b-bcce-b302099a8057",
        Command(
            campus="test-school",
            name=COMMAND,
            arguments={"number": "12", "title": "堵塞"},
            person="赵",
            not_after=rfc3339(0),
        ),
    )
    assert told.status is AnswerStatus.DONE
    wait_until(lambda: open_faults(ledger.path, 0), what="the fault")
    (row,) = open_faults(ledger.path, 0)
    ledger.reply(row.fault.id, person="校长", words="正在清理")
    # Not started: there is no connection at all.
    for part in gatehouse.service.paths:
        assert not part.report().session.connected
    sender = NoticeAnswers(
        gatehouse.state, gatehouse.journal, gatehouse.service.paths, campus="test-school", clock=gatehouse.clock
    )
    sender.start()
    wait_until(lambda: sender.alive)
    sender.close()
    assert gatehouse.journal.cursor("safety") == 0, "not counted as sent"

    desk = world.desk(gatehouse.settings.broker_paths)
    gatehouse.start()
    again = NoticeAnswers(
        gatehouse.state, gatehouse.journal, gatehouse.service.paths, campus="test-school", clock=gatehouse.clock
    )
    again.start()
    try:
        wait_until(lambda: answers(desk), what="the answer")
    finally:
        again.close()
    assert answers(desk)[0].text == "正在清理"
