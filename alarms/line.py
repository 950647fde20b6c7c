"""The alarm line: what inputs, pages and the command line may ask of the gatehouse. Every method is thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from alarms.amendment import Amendments
from alarms.arming import ArmedDrill, Arming
from alarms.book import Book
from alarms.ledger import Ledger, Ticket, Urgency
from alarms.outbox import Outbox, OutgoingMessage, read_waiting
from alarms.press import STORE_WITHIN_S, Button, Press, PressError, PressRequest, StoredAlarm
from alarms.record import AlarmRecord, StepKind, read_alarms, read_recent
from alarms.scribe import Scribe
from foundation.clock import Clock, rfc3339
from foundation.ids import new_id
from foundation.journal import Journal
from foundation.sqlite import Transaction
from uplink.event import Message
from uplink.messages.alarm import AlarmUpdate, Purpose, UpdateKind
from uplink.topics import Channel

_LONGEST_PRESS_ID: Final = 64
_REMEMBERED: Final = 10_000


class NoSuchAlarmError(Exception):
    """Nobody knows this alarm."""


_STEP_OF_UPDATE: Final[Mapping[UpdateKind, StepKind]] = {
    UpdateKind.CANCELLED: StepKind.CANCELLED,
    UpdateKind.DURESS: StepKind.DURESS,
    UpdateKind.LOCAL_ACKNOWLEDGED: StepKind.LOCAL_ACKNOWLEDGED,
    UpdateKind.HELD: StepKind.HELD,
    UpdateKind.RELEASED: StepKind.RELEASED,
}


@dataclass(slots=True, eq=False)
class _Pending:
    press: Press
    ticket: Ticket | None = None
    unstored: OutgoingMessage | None = None
    earlier: str | None = None
    """The alarm that the disk knows for this press from an earlier run."""


class AlarmLine:
    """Takes presses, keeps what became of them, and says so to the center by way of the outbox."""

    def __init__(
        self,
        campus: str,
        buttons: Mapping[str, Button],
        *,
        ledger: Ledger,
        journal: Callable[[], Journal],
        scribe: Scribe,
        outbox: Outbox,
        book: Book,
        clock: Clock,
        is_duress: Callable[[str], bool] = lambda _: False,
        store_within_s: float = STORE_WITHIN_S,
    ) -> None:
        """`is_duress` knows the duress PIN; a press waits `store_within_s` for its disk and no longer."""
        self._is_duress = is_duress
        self._store_within_s = store_within_s
        self._campus = campus
        self.buttons = dict(buttons)
        self._ledger = ledger
        self._journal = journal
        self._scribe = scribe
        self._outbox = outbox
        self.book = book
        self._clock = clock
        self._lock = threading.Lock()
        self._presses: dict[tuple[str, str], _Pending | str] = {}  # a str: the alarm of a press that is stored
        self._latest: dict[str, tuple[int, _Pending]] = {}  # by input: when and which press counted last
        self._amendments = Amendments(ledger=ledger, scribe=scribe, outbox=outbox, book=book)
        self._arming = Arming(campus, amendments=self._amendments, book=book, clock=clock)

    # ── a press ────────────────────────────────────────────────────────────────────────────────────────────────────
    def press(self, request: PressRequest) -> StoredAlarm:
        """Raise an alarm; returns once it is on the disk, or on its way all the same if that takes over half a second.

        The same press id from the same input is the same press, and so is a finger that bounces. Raises PressError.
        """
        button = self.buttons.get(request.input_id)
        if button is None:
            raise self._unknown(request.input_id)
        if not 0 < len(request.press_id) <= _LONGEST_PRESS_ID:
            raise PressError(
                f"按键编号要 1 到 {_LONGEST_PRESS_ID} 个字 / a press id has 1 to {_LONGEST_PRESS_ID} letters"
            )
        with self._lock:
            pending, repeated = self._register(request, button)
            if isinstance(pending, str):
                return StoredAlarm(alarm_id=pending, stored=True, repeated=True)
            if pending.ticket is None:
                pending.ticket = self._hand_in(pending)
        pending.ticket.settled.wait(self._store_within_s)
        alarm_id = pending.earlier or pending.press.alarm_id
        stored = pending.ticket.stored
        if stored:
            with self._lock:  # all that a repeated press needs to know: the rest of 10,000 presses would be 36 MB
                self._remember((button.id, request.press_id), alarm_id)
        else:
            self._send_unstored(pending)
        return StoredAlarm(alarm_id=alarm_id, stored=stored, repeated=repeated or pending.earlier is not None)

    def _unknown(self, input_id: str) -> PressError:
        known = ", ".join(self.buttons)
        return PressError(
            f"没有报警按钮 {input_id!r}，已设置的：{known} / there is no alarm input {input_id!r}; known: {known}"
        )

    def _register(self, request: PressRequest, button: Button) -> tuple[_Pending | str, bool]:
        name = (button.id, request.press_id)
        known = self._presses.get(name)
        if known is not None:
            return known, True
        now_ns = self._clock.running_ns()
        bounced = self._latest.get(button.id)
        if bounced is not None and now_ns - bounced[0] < button.debounce_ms * 1_000_000:
            self._remember(name, bounced[1])
            return bounced[1], True
        drill = self._arming.take(button.id, now_ns)
        pending = _Pending(
            Press(
                alarm_id=new_id(),
                request=request,
                button=button,
                pressed_utc_ns=self._clock.utc_ns(),
                running_ns=now_ns,
                boot_id=self._clock.boot_id(),
                purpose=Purpose.DRILL if drill and not request.duress else Purpose.REAL,
                drill_id=drill.drill_id if drill else None,
            )
        )
        self._remember(name, pending)
        self._latest[button.id] = (now_ns, pending)
        return pending, False

    def _remember(self, name: tuple[str, str], press: _Pending | str) -> None:
        self._presses[name] = press
        if len(self._presses) > _REMEMBERED:  # older ones are known to the disk
            del self._presses[next(iter(self._presses))]

    def _hand_in(self, pending: _Pending) -> Ticket:
        written: list[OutgoingMessage] = []
        records: list[AlarmRecord] = []

        def work(transaction: Transaction) -> None:
            press = pending.press
            written.clear()
            earlier = transaction.row(
                "SELECT id FROM alarm WHERE input_id = ? AND press_id = ?", (press.button.id, press.request.press_id)
            )
            pending.earlier = earlier[0] if earlier else None
            if earlier is None:
                written.append(self._scribe.write_press(transaction, self._journal(), press))
            records[:] = read_alarms(transaction, [earlier[0] if earlier else press.alarm_id])

        def then() -> None:
            for message in written:
                self._outbox.add(message)
            self.book.show(*records)

        return self._ledger.submit(work, Urgency.PRESS, then)

    def _send_unstored(self, pending: _Pending) -> None:
        with self._lock:
            if pending.unstored is not None:
                return
            press = pending.press
            message = pending.unstored = self._scribe.raised_unstored(press)
        self._outbox.add(message)
        self.book.show(_unstored_record(press))

        def work(transaction: Transaction) -> list[OutgoingMessage]:
            known = transaction.execute(
                "UPDATE message SET other_digest = ? WHERE id = ? AND digest <> ?",
                (message.digest, message.id, message.digest),
            )
            update = AlarmUpdate(
                campus=self._campus,
                alarm_id=press.alarm_id,
                update=UpdateKind.STORED,
                at=rfc3339(self._clock.utc_ns()),
            )
            return [self._amendments.write(transaction, update, press.alarm_id)] if known else []

        self._amendments.hand_in(press.alarm_id, work)

    # ── what is said of an alarm later ─────────────────────────────────────────────────────────────────────────────
    def tell(self, alarm_id: str, update: UpdateKind, *, person: str | None = None, reason: str = "") -> None:
        """Say something more of an alarm to the center: cancelled (误报), duress, acknowledged in the school …

        The sending of the alarm itself goes on in any case. Raises NoSuchAlarmError, NotStoredError.
        """
        now_ns = self._clock.utc_ns()
        known: list[bool] = []

        def work(transaction: Transaction) -> list[OutgoingMessage]:
            # Asked of the disk: after a flood of presses the book has long forgotten the one that matters.
            known[:] = [transaction.row("SELECT 1 FROM alarm WHERE id = ?", (alarm_id,)) is not None]
            if known == [False]:
                return []
            kind = _STEP_OF_UPDATE.get(update)
            if kind is not None and not self._scribe.write_step(
                transaction, self._journal(), alarm_id, kind, at_utc_ns=now_ns, person=person, detail=reason
            ):
                return []  # said already
            message = AlarmUpdate(
                campus=self._campus, alarm_id=alarm_id, update=update, at=rfc3339(now_ns), person=person, reason=reason
            )
            return [self._amendments.write(transaction, message, alarm_id)]

        self._amendments.store(alarm_id, work)
        if known == [False]:
            raise NoSuchAlarmError(f"没有这次报警 / there is no alarm {alarm_id}")

    def call_off(self, alarm_id: str, *, person: str, reason: str, pin: str = "") -> None:
        """误报: a second, named act with a reason. With the duress PIN (胁迫密码) it looks the same and calls for help.

        The sending goes on in any case. Raises NoSuchAlarmError, NotStoredError.
        """
        update = UpdateKind.DURESS if self._is_duress(pin) else UpdateKind.CANCELLED
        self.tell(alarm_id, update, person=person, reason=reason)

    def arm_drill(self, input_id: str, person: str) -> ArmedDrill:
        """演练: the next press of this input within two minutes is a line test; announced to the center first.

        Asked again by the same person while it is armed, it is the same drill and no longer. Raises PressError,
        NotStoredError.
        """
        if input_id not in self.buttons:
            raise self._unknown(input_id)
        return self._arming.arm(input_id, person)

    def armed_drills(self) -> list[ArmedDrill]:
        """Inputs whose next press is a line test now."""
        return self._arming.armed()

    # ── what is known ──────────────────────────────────────────────────────────────────────────────────────────────
    def find(self, alarm_id: str) -> AlarmRecord | None:
        """An alarm as it stands now; older ones than the last few hundred are asked of alarms.query."""
        return self.book.get(alarm_id)

    def recent(self, limit: int = 50) -> list[AlarmRecord]:
        """The newest alarms, newest first."""
        return self.book.recent(limit)

    def load(self, transaction: Transaction) -> None:
        """Read what an earlier run left: called by the ledger when it opens the database."""
        records = read_recent(transaction, limit=200)
        self.book.show(*records)
        with self._lock:
            for record in reversed(records):
                self._remember((record.input_id, record.press_id), record.id)
        self._arming.forget_others(transaction)
        for message in read_waiting(transaction):
            self._outbox.add(message)

    def keep(self, message: Message, channel: Channel) -> Ticket:
        """Say something that is no alarm (a sealed day) until the center's receipt for it is here; returns at once."""
        kept: list[OutgoingMessage] = []

        def work(transaction: Transaction) -> None:
            kept[:] = [self._scribe.write_message(transaction, message, channel=channel, alarm_id=None)]

        return self._ledger.submit(work, Urgency.SOON, lambda: self._outbox.add(kept[0]))


def _unstored_record(press: Press) -> AlarmRecord:
    button, request = press.button, press.request
    return AlarmRecord(
        id=press.alarm_id,
        press_id=request.press_id,
        input_id=button.id,
        input_name=button.name,
        place=button.place,
        gate=button.gate,
        nearest_points=button.nearest_points,
        purpose=press.purpose,
        drill_id=press.drill_id,
        silent=button.silent,
        duress=request.duress,
        pressed_by=request.person,
        pressed_utc_ns=press.pressed_utc_ns,
        boot_id=press.boot_id,
        running_ns=press.running_ns,
        stored=False,
        messages_waiting=1,
        steps=(),
    )
