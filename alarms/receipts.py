"""What the center says of our alarms: receipts (平台回执), acknowledgements (人工确认), closures (结案)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alarms.book import Book
from alarms.ledger import Ledger, Urgency
from alarms.outbox import Outbox
from alarms.record import AlarmRecord, StepKind, read_alarms
from alarms.scribe import Scribe
from foundation.clock import NS_PER_S, Clock
from foundation.journal import Journal
from foundation.sqlite import Transaction
from uplink.envelope import Received
from uplink.fault import BadSignatureError, ReplayedError
from uplink.messages.acknowledgement import Acknowledgement, Closure
from uplink.messages.receipt import Receipt

REPLAY_AFTER_S: Final = 600
"""The same receipt again within this time is a second delivery (two paths, QoS 1); later somebody replays it."""


class CenterWords:
    """Applies what the center said, each event once; the sending of a message ends here and nowhere else."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        ledger: Ledger,
        journal: Callable[[], Journal],
        scribe: Scribe,
        book: Book,
        clock: Clock,
        refused: Callable[[str, Exception], None],
    ) -> None:
        """`refused(path, error)` hears of what turned out to be wrong only when compared with the rows."""
        self._outbox = outbox
        self._ledger = ledger
        self._journal = journal
        self._scribe = scribe
        self._book = book
        self._clock = clock
        self._refused = refused

    def receipt(self, path: str, received: Received, payload: bytes, receipt: Receipt) -> None:
        """The center has a message. Raises BadSignatureError if it names another content than ours."""
        message = self._outbox.get(receipt.message_id)
        if message is None:
            self._late_receipt(path, received, receipt)
            return
        if receipt.digest not in (message.digest, message.other_digest):
            raise BadSignatureError(f"a receipt for {receipt.message_id} names a content that was never sent")
        self._outbox.settle(message.id)
        now_ns = self._clock.utc_ns()

        def work(transaction: Transaction) -> list[str]:
            self.first_time(transaction, received, now_ns)
            transaction.execute(
                "UPDATE message SET received_at = ?, receipt_utc_ns = ?, receipt = ? "
                "WHERE id = ? AND received_at IS NULL",
                (receipt.received_at, now_ns, payload, message.id),
            )
            if message.raised and message.alarm_id is not None:
                self._scribe.write_step(
                    transaction,
                    self._journal(),
                    message.alarm_id,
                    StepKind.CENTER_RECEIVED,
                    at_utc_ns=now_ns,
                    center_at=receipt.received_at,
                    path=path,
                )
            return [message.alarm_id] if message.alarm_id else []

        self._write(work)

    def acknowledgement(self, path: str, received: Received, said: Acknowledgement | Closure) -> None:
        """A person at the desk acknowledged or closed an alarm; said again after each birth, so known ones pass."""
        now_ns = self._clock.utc_ns()
        kind = StepKind.ACKNOWLEDGED if isinstance(said, Acknowledgement) else StepKind.CLOSED
        outcome = f"{said.outcome}: " if isinstance(said, Closure) else ""

        def work(transaction: Transaction) -> list[str]:
            self.first_time(transaction, received, now_ns)
            if transaction.row("SELECT 1 FROM alarm WHERE id = ?", (said.alarm_id,)) is None:
                self._refused(path, ReplayedError(f"{received.event.type} for an alarm never raised: {said.alarm_id}"))
                return []
            self._scribe.write_step(
                transaction,
                self._journal(),
                said.alarm_id,
                kind,
                at_utc_ns=now_ns,
                center_at=said.at,
                path=path,
                person=f"{said.person} ({said.desk})",
                detail=f"{outcome}{said.note}".removesuffix(": "),
            )
            return [said.alarm_id]

        self._write(work)

    def _late_receipt(self, path: str, received: Received, receipt: Receipt) -> None:
        now_ns = self._clock.utc_ns()

        def work(transaction: Transaction) -> None:
            first_ns = self.first_time(transaction, received, now_ns)
            if now_ns - first_ns > REPLAY_AFTER_S * NS_PER_S:
                self._refused(path, ReplayedError(f"receipt {received.event.id} was heard long ago"))
            elif transaction.row("SELECT 1 FROM message WHERE id = ?", (receipt.message_id,)) is None:
                self._refused(path, ReplayedError(f"a receipt for a message never sent: {receipt.message_id}"))

        self._ledger.submit(work, Urgency.LAZY)

    @staticmethod
    def first_time(transaction: Transaction, received: Received, now_ns: int) -> int:
        """When this event was first acted on; now, if it is new."""
        transaction.execute(
            "INSERT INTO center_event (id, type, first_utc_ns) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (received.event.id, received.event.type, now_ns),
        )
        row = transaction.row("SELECT first_utc_ns FROM center_event WHERE id = ?", (received.event.id,))
        return int(row[0]) if row else now_ns

    def _write(self, work: Callable[[Transaction], list[str]]) -> None:
        records: list[AlarmRecord] = []

        def all_work(transaction: Transaction) -> None:
            records[:] = read_alarms(transaction, work(transaction))

        self._ledger.submit(all_work, Urgency.SOON, lambda: self._book.show(*records))
