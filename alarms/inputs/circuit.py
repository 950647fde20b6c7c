"""One alarm contact over time, wherever it is read: what its changes become for the alarm line and the findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from alarms.amendment import NotStoredError
from alarms.inputs.contact import Change, Contact, Level, feed, timing_of
from alarms.line import AlarmLine, NoSuchAlarmError
from alarms.press import PressRequest
from alarms.record import AlarmRecord, StepKind
from config.alarm_input import AlarmInput
from foundation.finding import FindingBoard, Severity
from foundation.ids import new_id
from foundation.sqlite import DatabaseError
from uplink.messages.alarm import UpdateKind

_log = structlog.get_logger("alarms")


class Finger(Protocol):
    """Where the presses of a contact go."""

    def press(self, input_id: str) -> str:
        """The alarm's id. May raise what the reader of the contact tries again for (OSError)."""

    def update(self, alarm_id: str, update: UpdateKind) -> None:
        """The contact is held, or was released."""


class LineFinger:
    """Presses in the gatehouse itself."""

    def __init__(self, line: AlarmLine) -> None:
        self._line = line

    def press(self, input_id: str) -> str:
        """See Finger."""
        return self._line.press(PressRequest(press_id=new_id(), input_id=input_id)).alarm_id

    def update(self, alarm_id: str, update: UpdateKind) -> None:
        """See Finger; what cannot be noted now is logged."""
        try:
            self._line.tell(alarm_id, update)
        except (NoSuchAlarmError, NotStoredError) as error:
            _log.warning("a contact's state was not noted", alarm=alarm_id, error=str(error))


class Findings(Protocol):
    """Where a contact's faults go; in a role `BoardFindings`."""

    def open(self, subject: str, kind: str, severity: Severity, text: str) -> object:
        """Something is not as it should be."""

    def end(self, subject: str, kind: str) -> object:
        """It is over."""


class BoardFindings:
    """A role's FindingBoard; a disk in trouble must not stop the reading of a button."""

    def __init__(self, board: FindingBoard) -> None:
        self._board = board

    def open(self, subject: str, kind: str, severity: Severity, text: str) -> None:
        """See Findings."""
        try:
            self._board.open(subject, kind, severity, evidence={"text": text})
        except DatabaseError as error:
            _log.error("a finding could not be kept", subject=subject, kind=kind, error=str(error))

    def end(self, subject: str, kind: str) -> None:
        """See Findings."""
        try:
            self._board.clear(subject, kind)
        except DatabaseError as error:
            _log.error("a finding could not be cleared", subject=subject, kind=kind, error=str(error))


class Circuit:
    """Feeds readings to the rules of alarms.inputs.contact and acts on what they say; used by one thread."""

    def __init__(
        self, item: AlarmInput, finger: Finger, findings: Findings, *, latest: Callable[[], AlarmRecord | None]
    ) -> None:
        """`latest` gives the newest alarm of this input that is known, asked at the first reading."""
        self.item = item
        self._finger = finger
        self._findings = findings
        self._latest = latest
        self._contact: Contact | None = None
        self._alarm_id: str | None = None
        self._timing = timing_of(item)

    def read(self, level: Level, now_ms: int) -> None:
        """Take one reading in. If the finger's press raises, nothing has changed; the same reading may come again."""
        before = self._contact if self._contact is not None else self._at_start(now_ms)
        contact, change = feed(before, level, now_ms, self._timing)
        if change is not None:
            self._act(change, level)
        self._contact = contact

    def unreachable(self, error: str) -> None:
        """Nothing is read: this button raises no alarm now."""
        self._findings.open(f"input:{self.item.id}", "alarm.input_unreachable", Severity.FAILING, error)

    def reachable(self) -> None:
        """It is read again."""
        self._findings.end(f"input:{self.item.id}", "alarm.input_unreachable")

    def _at_start(self, now_ms: int) -> Contact:
        # A contact that was stuck before a restart is the same press still, not a new alarm.
        alarm = self._latest()
        if alarm is not None and alarm.step(StepKind.HELD) is not None and alarm.step(StepKind.RELEASED) is None:
            self._alarm_id = alarm.id
            return Contact(pressed=True, stuck=True, level=Level.PRESSED, since_ms=now_ms)
        return Contact()

    def _act(self, change: Change, level: Level) -> None:
        subject = f"input:{self.item.id}"
        match change:
            case Change.PRESSED:
                self._alarm_id = self._finger.press(self.item.id)
            case Change.STUCK:
                self._findings.open(subject, "alarm.input_stuck", Severity.FAILING, "pressed for two minutes")
                self._update(UpdateKind.HELD)
            case Change.RELEASED:
                self._findings.end(subject, "alarm.input_stuck")
                self._update(UpdateKind.RELEASED)
            case Change.FAULT:
                self._findings.open(subject, "alarm.input_wiring", Severity.FAILING, level.value)
            case Change.MENDED:
                self._findings.end(subject, "alarm.input_wiring")

    def _update(self, update: UpdateKind) -> None:
        if self._alarm_id is not None:
            self._finger.update(self._alarm_id, update)
