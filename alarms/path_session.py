"""A path's MQTT session: who the campus is there, what it says of itself, and its birth numbers from the disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alarms.inbox import Inbox
from alarms.ledger import Ledger, Urgency
from alarms.outbox import Outbox
from alarms.path import AlarmPath
from config.broker_path import BrokerPath
from config.settings import Settings
from foundation.clock import Clock
from foundation.sqlite import Transaction
from uplink.connection import Login
from uplink.event import ClockQuality
from uplink.presence import BirthNumbers, CampusIdentity, CampusPresence
from uplink.session import MqttSession
from uplink.topics import campus_subscriptions

_BIRTH_WITHIN_S: Final = 2.0
_NS_PER_MS: Final = 1_000_000


def path_session(
    item: BrokerPath,
    settings: Settings,
    identity: CampusIdentity,
    path: AlarmPath,
    inbox: Inbox,
    ledger: Ledger,
    outbox: Outbox,
    clock: Clock,
    clock_quality: Callable[[], ClockQuality],
) -> MqttSession:
    """Not started yet. Raises CredentialError."""
    login = None
    if item.credential is not None:
        credential = settings.credential(item.credential)
        login = Login(credential.user, credential.password())
    presence = CampusPresence(
        identity,
        item.id,
        clock=clock,
        clock_quality=clock_quality,
        births=BirthNumbers(lambda count: reserve_births(ledger, clock, item.id, count)),
        alarms_waiting=outbox.waiting,
    )
    return MqttSession(
        item,
        client_id=f"campus-{identity.campus}-{item.id}",
        clock=clock,
        on_message=lambda topic, payload: inbox.put(item.id, topic, payload),
        subscriptions=campus_subscriptions(identity.campus),
        login=login,
        presence=presence,
        urgent=outbox.alarm_waits,
        on_change=path.session_changed,
    )


def reserve_births(ledger: Ledger, clock: Clock, path: str, count: int) -> int:
    """The first of `count` birth numbers: wall time in milliseconds, unless more were given away already.

    So they grow even if the disk was lost, and even if the clock goes back.
    """
    first = clock.utc_ns() // _NS_PER_MS
    found: list[int] = []

    def work(transaction: Transaction) -> None:
        row = transaction.row(
            "INSERT INTO counter (name, value) VALUES (?1, ?2 + ?3) "
            "ON CONFLICT (name) DO UPDATE SET value = max(value, ?2) + ?3 RETURNING value",
            (f"birth:{path}", first, count),
        )
        assert row is not None
        found[:] = [int(row[0]) - count]

    ticket = ledger.submit(work, Urgency.SOON)
    ticket.settled.wait(_BIRTH_WITHIN_S)
    return found[0] if ticket.stored else first
