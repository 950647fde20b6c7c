"""A line test (演练) is armed for one input: its next press within two minutes is the drill, announced before."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from alarms.amendment import Amendments
from alarms.book import Book
from alarms.drill_rows import drop_forgotten, write_armed
from alarms.outbox import OutgoingMessage
from alarms.press import PressError
from foundation.clock import NS_PER_S, Clock, rfc3339
from foundation.ids import new_id
from foundation.sqlite import Transaction
from uplink.messages.alarm import DrillArmed

ARMED_FOR_S: Final = 120
"""A drill is armed for two minutes at the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedDrill:
    """The next press of one input is a line test (演练), until the running clock says `until_running_ns`."""

    drill_id: str
    input_id: str
    person: str
    until_utc_ns: int
    until_running_ns: int


class Arming:
    """Thread-safe. Armed drills live in memory: after a start a press is real, whatever was armed before."""

    def __init__(self, campus: str, *, amendments: Amendments, book: Book, clock: Clock) -> None:
        self._campus = campus
        self._amendments = amendments
        self._book = book
        self._clock = clock
        self._lock = threading.Lock()
        self._armed: dict[str, ArmedDrill] = {}
        self._turn = threading.Lock()  # two who arm at once are one after the other; no press ever waits for it

    def arm(self, input_id: str, person: str) -> ArmedDrill:
        """Announce and arm; asked again by the same person, it is the same drill and no longer.

        Raises PressError if another person has armed this input, NotStoredError.
        """
        with self._turn:
            return self._arm(input_id, person)

    def _arm(self, input_id: str, person: str) -> ArmedDrill:
        for armed in self.armed():
            if armed.input_id == input_id:
                if armed.person != person:
                    raise PressError(
                        f"{armed.person} 已为 {input_id} 布置演练，请按下，或等它过期 / "
                        f"{armed.person} has armed a drill for {input_id!r}: press it or let it lapse"
                    )
                return armed
        now_ns = self._clock.utc_ns()
        drill = ArmedDrill(
            drill_id=new_id(),
            input_id=input_id,
            person=person,
            until_utc_ns=now_ns + ARMED_FOR_S * NS_PER_S,
            until_running_ns=self._clock.running_ns() + ARMED_FOR_S * NS_PER_S,
        )
        message = DrillArmed(
            campus=self._campus,
            drill_id=drill.drill_id,
            input=input_id,
            person=person,
            armed_at=rfc3339(now_ns),
            until=rfc3339(drill.until_utc_ns),
        )

        def work(transaction: Transaction) -> list[OutgoingMessage]:
            outgoing = self._amendments.write(transaction, message, None)
            write_armed(
                transaction,
                self._clock,
                drill_id=drill.drill_id,
                input_id=input_id,
                person=person,
                armed_utc_ns=now_ns,
                until_utc_ns=drill.until_utc_ns,
                until_running_ns=drill.until_running_ns,
                message_id=outgoing.id,
            )
            return [outgoing]

        self._amendments.store(None, work)
        with self._lock:
            self._armed[input_id] = drill
        self._book.touch()
        return drill

    def armed(self) -> list[ArmedDrill]:
        """Inputs whose next press is a line test now."""
        now_ns = self._clock.running_ns()
        with self._lock:
            return [drill for drill in self._armed.values() if drill.until_running_ns > now_ns]

    def take(self, input_id: str, now_ns: int) -> ArmedDrill | None:
        """The drill that this press is, if one was armed and has not lapsed; it is used up."""
        with self._lock:
            drill = self._armed.pop(input_id, None)
        return drill if drill is not None and drill.until_running_ns > now_ns else None

    def forget_others(self, transaction: Transaction) -> None:
        """Drop from the rows what an earlier run armed: a press now is real."""
        with self._lock:
            remembered = {drill.drill_id for drill in self._armed.values()}
        drop_forgotten(transaction, remembered=remembered, clock=self._clock)
