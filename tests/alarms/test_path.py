"""A path to the center: what a broker says of a message is a hint, and one that says nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alarms.assembly import AlarmService
from alarms.path import STALLED_S
from alarms.path_session import reserve_births
from alarms.record import StepKind
from config.broker_path import BrokerPath
from foundation.clock import ManualClock
from tests.alarms.conftest import World
from tests.alarms.parts import LineParts, request
from tests.support.waiting import wait_until
from uplink.publication import Acceptance, Publication
from uplink.session import SessionState


class FakeSession:
    """A broker that takes the connection, and refuses every message or never answers."""

    connected = True
    state = SessionState(connected=True, protocol="5", since_running_ns=0, last_error="", connections=1)

    def __init__(self, *, owes_s: float = 0.0) -> None:
        self.owes_s = owes_s
        self.taken = 0
        self.cut: list[str] = []

    def publish(self, publication: Publication, on_accepted: object = None) -> None:
        assert callable(on_accepted)
        self.taken += 1
        if not self.owes_s:
            on_accepted(Acceptance(135, "Not authorized"))

    def owed_s(self) -> float:
        return self.owes_s

    def reconnect(self, reason: str) -> None:
        self.cut.append(reason)
        self.owes_s = 0.0


@contextmanager
def line_on(world: World, session: FakeSession) -> Iterator[AlarmService]:
    """An alarm line whose only path leads to this session."""
    path = BrokerPath(id="primary", host="127.0.0.1", port=9, allow_plain_text=True)
    gatehouse = world.gatehouse([path], start=False)
    service = gatehouse.build()
    ledger, (alarm_path,) = service.services[0], service.paths
    alarm_path.attach(session)  # type: ignore[arg-type]
    ledger.start()
    alarm_path.start()
    yield service
    alarm_path.close()
    ledger.close()
    gatehouse.service = None


def test_what_the_broker_refused_is_not_called_sent(world: World) -> None:
    session = FakeSession()
    with line_on(world, session) as service:
        alarm = service.line.press(request())
        wait_until(lambda: session.taken, what="a refusal")
        service.line.arm_drill("west", "王")  # waits for a commit behind what the refusal might have written
    found = service.line.find(alarm.alarm_id)
    assert found is not None
    assert [step.kind for step in found.steps] == [StepKind.STORED]


def test_birth_numbers_grow_though_the_clock_was_set_back(tmp_path: Path) -> None:
    clock = ManualClock()
    parts = LineParts(tmp_path / "alarms.sqlite", clock).start()
    first = reserve_births(parts.ledger, clock, "primary", 1_000)
    clock.step_wall(days=-30)
    again = reserve_births(parts.ledger, clock, "primary", 1_000)
    parts.close()
    assert again >= first + 1_000


def test_a_broker_that_owes_its_answers_is_left_and_asked_anew(world: World) -> None:
    session = FakeSession(owes_s=STALLED_S + 0.1)
    with line_on(world, session):
        wait_until(lambda: session.cut, what="a new connection")
    assert "has not answered" in session.cut[0]
