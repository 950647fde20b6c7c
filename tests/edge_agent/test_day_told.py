"""A sealed day over a real broker: kept until its receipt is here, and never mistaken for an alarm."""

from __future__ import annotations

from edge_agent.audit_heads import countersigned_heads
from foundation.audit import AuditHead
from foundation.clock import beijing_day, rfc3339
from foundation.sqlite import open_read_only
from tests.alarms.conftest import World, world  # noqa: F401 - the fixture is used by name
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.messages.day import AuditHeadMessage, DaySealed
from uplink.signature import PinnedKeys
from uplink.topics import Channel


def test_a_day_waits_for_its_receipt_without_calling_anybody_to_the_phone(world: World) -> None:  # noqa: F811
    broker = world.mosquitto()
    desk = world.desk([world.path_to(broker)])
    desk.answers = False
    gatehouse = world.gatehouse([world.path_to(broker)])
    service, now = gatehouse.service, gatehouse.clock.utc_ns()
    assert service is not None
    day = DaySealed(
        campus=desk.campus,
        day=beijing_day(now),
        sealed_at=rfc3339(now),
        audit_heads=(AuditHeadMessage(chain="gate", seq=3, hash="ab" * 32),),
    )
    assert service.line.keep(day, Channel.DAY).settled.wait(WAIT_AT_MOST_S)
    wait_until(lambda: desk.copies, what="the day at the center")
    assert service.paths[0].report().oldest_unanswered_s is None, "no alarm waits"

    alarms = gatehouse.state.database("alarms")
    keys = PinnedKeys.of([desk.key.public_key])
    assert countersigned_heads(alarms, keys) == {}
    desk.answers = True

    def received() -> bool:
        with open_read_only(alarms) as reader:
            return reader.row("SELECT 1 FROM message WHERE receipt IS NOT NULL") is not None

    wait_until(received, what="the receipt")
    assert countersigned_heads(alarms, keys) == {"gate": (AuditHead(3, bytes.fromhex("ab" * 32)),)}
