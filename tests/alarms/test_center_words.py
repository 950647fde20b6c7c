"""What the center says, held against what was really sent: late copies, replays, foreign and unheard-of alarms."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from alarms.assembly import _first_time
from alarms.commands import CommandResult, Commands
from alarms.inbox import Inbox
from alarms.receipts import REPLAY_AFTER_S, CenterWords
from foundation.clock import NS_PER_S, ManualClock, rfc3339
from foundation.ids import new_id
from tests.alarms.parts import KEY, SCHOOL, LineParts, request
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.envelope import seal, unseal
from uplink.event import Message, center_source, new_event
from uplink.fault import ForeignCampusError, ReplayedError
from uplink.messages.acknowledgement import Acknowledgement
from uplink.messages.command import Answer, AnswerStatus, Command
from uplink.messages.receipt import Receipt
from uplink.presence import CampusIdentity
from uplink.publication import Publication
from uplink.signature import PinnedKeys, SigningKey
from uplink.topics import Channel, ForeignTopicError, Topic, parse_topic

CENTER = SigningKey(b"c" * 32)


class HeardPath:
    """Of a path, what the inbox tells it."""

    def __init__(self) -> None:
        self.receipts: list[str] = []

    def receipt_came(self, message_id: str) -> None:
        self.receipts.append(message_id)


@dataclass(slots=True)
class Ears:
    """A gatehouse that hears, without a network."""

    parts: LineParts
    clock: ManualClock
    inbox: Inbox = field(init=False)
    refused: list[Exception] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    answered: list[AnswerStatus] = field(default_factory=list)
    marked: threading.Event = field(default_factory=threading.Event)

    def hear(self, message: Message, *, campus: str = SCHOOL.campus, channel: Channel = Channel.RECEIPT) -> bytes:
        """The center says something on a campus's topic; the bytes can be replayed."""
        event = new_event(message, source=center_source("desk"), utc_ns=self.clock.utc_ns())
        payload = seal(event, CENTER)
        self.again(payload, campus=campus, channel=channel)
        return payload

    def again(self, payload: bytes, *, campus: str = SCHOOL.campus, channel: Channel = Channel.RECEIPT) -> None:
        self.inbox.put("primary", str(Topic(campus, channel)), payload)

    def settled(self) -> None:
        """Everything that was put in before this has been looked at, and written."""
        self.marked.clear()
        self.inbox.put("primary", "campus/no-topic-of-the-wire", b"")
        assert self.marked.wait(WAIT_AT_MOST_S)
        self.parts.line.arm_drill("west", "王")  # waits for a commit behind all others

    def dance(self, event_id: str, _: Command) -> CommandResult:
        self.done.append(event_id)
        return CommandResult(AnswerStatus.DONE)

    def answer(self, _: str, publication: Publication) -> None:
        said = unseal(publication.payload, parse_topic(publication.topic), PinnedKeys.of([KEY.public_key])).event.data
        assert isinstance(said, Answer)
        self.answered.append(said.status)

    def refuse(self, _: str, error: Exception) -> None:
        if isinstance(error, ForeignTopicError):
            self.marked.set()
        else:
            self.refused.append(error)


@pytest.fixture
def ears(tmp_path: Path) -> Iterator[Ears]:
    clock = ManualClock()
    parts = LineParts(tmp_path / "alarms.sqlite", clock).start()
    made = Ears(parts, clock)
    words = CenterWords(
        outbox=parts.outbox,
        ledger=parts.ledger,
        journal=parts.journal,
        scribe=parts.scribe,
        book=parts.book,
        clock=clock,
        refused=made.refuse,
    )
    made.inbox = Inbox(
        campus=SCHOOL.campus,
        keys=PinnedKeys.of([CENTER.public_key]),
        paths={"primary": HeardPath()},  # type: ignore[dict-item]
        words=words,
        commands=Commands(
            CampusIdentity(campus=SCHOOL.campus, name=SCHOOL.name, software="test", key=KEY),
            {"dance": made.dance},
            clock=clock,
            first_time=lambda received: _first_time(parts.ledger, words, clock, received),
            publish=made.answer,
        ),
        clock=clock,
        refused=made.refuse,
    )
    made.inbox.start()
    yield made
    made.inbox.close()
    parts.close()


def receipt(ears: Ears, alarm_id: str) -> Receipt:
    message = ears.parts.outbox.get(alarm_id)
    assert message is not None
    return Receipt(
        campus=SCHOOL.campus, message_id=alarm_id, digest=message.digest, received_at=rfc3339(ears.clock.utc_ns())
    )


def test_the_second_copy_of_a_receipt_is_no_news_and_one_after_ten_minutes_a_replay(ears: Ears) -> None:
    alarm = ears.parts.line.press(request())
    payload = ears.hear(receipt(ears, alarm.alarm_id))
    ears.again(payload)
    ears.settled()
    assert ears.refused == []
    found = ears.parts.line.find(alarm.alarm_id)
    assert found is not None
    assert found.received
    ears.clock.advance(seconds=REPLAY_AFTER_S + 1)
    ears.again(payload)
    ears.settled()
    (replayed,) = ears.refused
    assert isinstance(replayed, ReplayedError)


def test_an_acknowledgement_of_an_alarm_never_raised_is_refused_and_changes_nothing(ears: Ears) -> None:
    now = rfc3339(ears.clock.utc_ns())
    said = Acknowledgement(campus=SCHOOL.campus, alarm_id=new_id(), person="李警官", desk="接警台", at=now)
    ears.hear(said)
    ears.settled()
    (refused,) = ears.refused
    assert isinstance(refused, ReplayedError)
    assert ears.parts.line.recent() == []


def test_what_another_campus_is_told_is_not_ours_though_the_center_signed_it(ears: Ears) -> None:
    alarm = ears.parts.line.press(request())
    ears.hear(receipt(ears, alarm.alarm_id).model_copy(update={"campus": "other-school"}), campus="other-school")
    ears.hear(receipt(ears, alarm.alarm_id).model_copy(update={"campus": "other-school"}))
    wait_until(lambda: len(ears.refused) == 2, what="two refusals")
    assert all(isinstance(one, ForeignCampusError) for one in ears.refused)
    assert ears.parts.outbox.get(alarm.alarm_id) is not None, "the sending goes on"


@pytest.mark.parametrize(("hangs", "status"), [(False, AnswerStatus.DONE), (True, AnswerStatus.FAILED)])
def test_a_command_is_answered_once_also_where_the_disk_hangs_and_so_nothing_is_done(
    ears: Ears, monkeypatch: pytest.MonkeyPatch, hangs: bool, status: AnswerStatus
) -> None:
    assert ears.parts.database is not None
    if hangs:
        monkeypatch.setattr("alarms.assembly._FIRST_WITHIN_S", 0.1)
        ears.parts.database.working.clear()
    until = rfc3339(ears.clock.utc_ns() + 60 * NS_PER_S)
    asked = Command(campus=SCHOOL.campus, name="dance", person="李警官", not_after=until)
    payload = ears.hear(asked, channel=Channel.COMMAND)
    wait_until(lambda: ears.answered, what="the answer")
    monkeypatch.setattr("alarms.assembly._FIRST_WITHIN_S", WAIT_AT_MOST_S)
    ears.parts.database.working.set()
    ears.clock.advance(seconds=1)
    ears.again(payload, channel=Channel.COMMAND)
    ears.settled()
    assert ears.answered == [status]
    assert len(ears.done) == (0 if hangs else 1)
