"""Worked examples of each message, with keys that everybody may know: for docs/wire and for a third party's tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from uplink.envelope import seal
from uplink.event import Message, campus_source, center_source, new_event
from uplink.messages.acknowledgement import Acknowledgement, Closure, Outcome
from uplink.messages.alarm import AlarmRaised, AlarmUpdate, DrillArmed, UpdateKind
from uplink.messages.command import Answer, AnswerStatus, Command
from uplink.messages.day import AuditHeadMessage, DaySealed, PointDay
from uplink.messages.finding import FindingList, FindingMessage, FindingSeverity, FoundTrouble
from uplink.messages.heartbeat import CenterHeartbeat, Heartbeat, HeartbeatEcho
from uplink.messages.path_state import Birth, Will
from uplink.messages.point_health import Health, PointHealth, Retention, Trouble
from uplink.messages.receipt import Receipt
from uplink.signature import SigningKey, digest_of
from uplink.topics import FROM_CENTER, Channel

CAMPUS: Final = "demo-school"
CENTER: Final = "demo-center"
CAMPUS_KEY: Final = SigningKey(bytes(range(32)))
"""Seed 00 01 02 … 1f: for examples only, never for a school."""
CENTER_KEY: Final = SigningKey(bytes(range(32, 64)))
"""Seed 20 21 22 … 3f: for examples only."""

_ALARM: Final = "019aa516-1d00-7000-8000-000000000001"
_DRILL: Final = "019aa516-1d00-7000-8000-000000000002"
_FINDING: Final = "019aa516-1d00-7000-8000-000000000003"
_BOOT: Final = "7f0c2a8e-5a34-4d0b-9a52-0d8a5d3a2c11"
_SECOND: Final = 1_000_000_000
_FIRST_NUMBER: Final = 10
_ALARM_NUMBER: Final = 13  # the fourth in the list below
_START: Final = 1_763_712_000 * _SECOND  # 2025-11-21T08:00:00Z


@dataclass(frozen=True, slots=True)
class Example:
    """A message with what its envelope needs."""

    channel: Channel
    message: Message
    number: int
    sequence: int | None = None
    alarm_itself: bool = False

    @property
    def event_id(self) -> str:
        """The alarm's own id for its first message."""
        return _ALARM if self.alarm_itself else f"019aa516-1d00-7000-8000-{self.number:012d}"

    @property
    def utc_ns(self) -> int:
        """A second after the example before."""
        return _START + self.number * _SECOND


_ALARM_RAISED: Final = AlarmRaised(
    campus=CAMPUS,
    alarm_id=_ALARM,
    input="gate-east-page",
    input_name="东门屏幕按钮",
    place="东门门卫室",
    gate="east",
    nearest_points=("gate-east",),
    campus_name="示范小学",
    address="示范市学府路 1 号",
    gatehouse_phone="010-5550 0101",
    pressed_at="2025-11-21T08:00:13.250000Z",
    boot_id=_BOOT,
    running_ms=86_405_373,
)


def example_bytes(example: Example) -> bytes:
    """A worked example as it goes on the wire; Ed25519 gives the same signature each time."""
    from_center = example.channel in FROM_CENTER
    event = new_event(
        example.message,
        source=center_source(CENTER) if from_center else campus_source(CAMPUS),
        utc_ns=example.utc_ns,
        event_id=example.event_id,
        sequence=example.sequence,
    )
    return seal(event, CENTER_KEY if from_center else CAMPUS_KEY)


def _examples() -> dict[str, Example]:
    raised = Example(Channel.ALARM, _ALARM_RAISED, _ALARM_NUMBER, 1, alarm_itself=True)
    said: list[tuple[Channel, Message, int | None]] = [
        (Channel.STATE, Birth(campus=CAMPUS, path="primary", birth=41, boot_id=_BOOT, software="agent 1"), None),
        (Channel.STATE, Will(campus=CAMPUS, path="primary", birth=41), None),
        (
            Channel.STATE,
            Heartbeat(campus=CAMPUS, path="primary", birth=41, number=1, boot_id=_BOOT, running_ms=86_400_123),
            None,
        ),
        (
            Channel.ALARM,
            _ALARM_RAISED,
            1,
        ),
        (
            Channel.ALARM,
            AlarmUpdate(
                campus=CAMPUS,
                alarm_id=_ALARM,
                update=UpdateKind.CANCELLED,
                at="2025-11-21T08:00:40.000000Z",
                person="王师傅",
                reason="误碰",
            ),
            2,
        ),
        (
            Channel.ALARM,
            DrillArmed(
                campus=CAMPUS,
                drill_id=_DRILL,
                input="gate-east-page",
                person="张老师",
                armed_at="2025-11-21T08:05:00.000000Z",
                until="2025-11-21T08:07:00.000000Z",
            ),
            3,
        ),
        (
            Channel.POINT,
            PointHealth(
                campus=CAMPUS,
                point="gate-east",
                name="东门",
                camera=Health.OK,
                recording=Health.FAILING,
                picture=Health.UNKNOWN,
                retention=Retention.ACCRUING,
                oldest_footage="2025-10-01T00:00:00.000000Z",
                kept_days=51,
                troubles=(Trouble(kind="storage.stalled", since="2025-11-21T07:58:00.000000Z"),),
                checked_at="2025-11-21T08:00:00.000000Z",
            ),
            None,
        ),
        (
            Channel.FINDING,
            FindingMessage(
                campus=CAMPUS,
                finding=FoundTrouble(
                    id=_FINDING,
                    subject="point:gate-east",
                    kind="storage.stalled",
                    severity=FindingSeverity.FAILING,
                    since="2025-11-21T07:58:00.000000Z",
                    evidence={"silent_s": "12"},
                ),
            ),
            None,
        ),
        (Channel.FINDING, FindingList(campus=CAMPUS, open=(_FINDING,), at="2025-11-21T08:00:00.000000Z"), None),
        (
            Channel.DAY,
            DaySealed(
                campus=CAMPUS,
                day=date(2025, 11, 20),
                sealed_at="2025-11-20T16:20:00.000000Z",
                footage_head="a" * 64,
                points=(PointDay(point="gate-east", due_s=86_400, proven_s=86_388, longest_gap_s=12),),
                audit_heads=(AuditHeadMessage(chain="alarms", seq=12, hash="b" * 64),),
            ),
            4,
        ),
        (Channel.ANSWER, Answer(campus=CAMPUS, command_id=_DRILL, status=AnswerStatus.DONE), None),
        (
            Channel.RECEIPT,
            Receipt(
                campus=CAMPUS,
                message_id=_ALARM,
                digest=digest_of(example_bytes(raised)),
                received_at="2025-11-21T08:00:13.300000Z",
            ),
            None,
        ),
        (
            Channel.RECEIPT,
            Acknowledgement(
                campus=CAMPUS, alarm_id=_ALARM, person="李警官", desk="police", at="2025-11-21T08:00:25.000000Z"
            ),
            None,
        ),
        (
            Channel.RECEIPT,
            Closure(
                campus=CAMPUS,
                alarm_id=_ALARM,
                person="李警官",
                desk="police",
                at="2025-11-21T08:30:00.000000Z",
                outcome=Outcome.HANDLED,
            ),
            None,
        ),
        (
            Channel.COMMAND,
            Command(
                campus=CAMPUS,
                name="report_findings",
                arguments={},
                person="赵科长",
                reason="季度督查",
                not_after="2025-11-21T08:10:00.000000Z",
            ),
            None,
        ),
        (
            Channel.HEARTBEAT,
            CenterHeartbeat(
                campus=CAMPUS,
                number=7,
                echoes=(
                    HeartbeatEcho(
                        path="primary",
                        birth=41,
                        number=1,
                        sent_at="2025-11-21T08:00:12.000000Z",
                        received_at="2025-11-21T08:00:12.020000Z",
                    ),
                ),
            ),
            None,
        ),
    ]
    return {
        message.event_type: Example(channel, message, number, sequence, isinstance(message, AlarmRaised))
        for number, (channel, message, sequence) in enumerate(said, start=_FIRST_NUMBER)
    }


EXAMPLES: Final = _examples()
