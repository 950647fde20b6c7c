"""What is said of an alarm after its press: written down in one commit, and only then on its way and on the screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alarms.book import Book
from alarms.ledger import Ledger, Ticket, Urgency
from alarms.outbox import Outbox, OutgoingMessage
from alarms.record import AlarmRecord, read_alarms
from alarms.scribe import Scribe
from foundation.sqlite import Transaction
from uplink.event import Message
from uplink.topics import Channel

_ANSWER_WITHIN_S: Final = 5.0

AmendmentWork = Callable[[Transaction], list[OutgoingMessage]]
"""Writes rows and returns what is to be sent; may run again, in a new transaction."""


class NotStoredError(Exception):
    """A cancel, arming or note could not be stored now; say it again."""


class Amendments:
    """Thread-safe. Presses go before anything that is handed in here."""

    def __init__(self, *, ledger: Ledger, scribe: Scribe, outbox: Outbox, book: Book) -> None:
        self._ledger = ledger
        self._scribe = scribe
        self._outbox = outbox
        self._book = book

    def write(self, transaction: Transaction, message: Message, alarm_id: str | None) -> OutgoingMessage:
        """Sign a message for the desk and put it into the outbox's rows; for use inside a piece of work."""
        return self._scribe.write_message(transaction, message, channel=Channel.ALARM, alarm_id=alarm_id)

    def hand_in(self, alarm_id: str | None, work: AmendmentWork) -> Ticket:
        """Write something, then send what it says and show how the alarm stands; returns at once."""
        messages: list[OutgoingMessage] = []
        records: list[AlarmRecord] = []

        def all_work(transaction: Transaction) -> None:
            messages[:] = work(transaction)
            records[:] = read_alarms(transaction, [alarm_id] if alarm_id else [])

        def then() -> None:
            for message in messages:
                self._outbox.add(message)
            self._book.show(*records)

        return self._ledger.submit(all_work, Urgency.SOON, then)

    def store(self, alarm_id: str | None, work: AmendmentWork) -> None:
        """As `hand_in`, and wait until it is on the disk. Raises NotStoredError; it is tried again all the same."""
        ticket = self.hand_in(alarm_id, work)
        ticket.settled.wait(_ANSWER_WITHIN_S)
        if not ticket.stored:
            raise NotStoredError(
                "暂时存不下来，会自动再试，请过一分钟再看 / "
                f"it could not be stored yet ({ticket.error or 'the disk hangs'}); it is tried again, look in a minute"
            )
