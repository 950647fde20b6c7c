"""Parents' meetings (家长会): a list in bulk from the office, ticked at the door by one touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day
from foundation.ids import new_id
from foundation.record_keys import keys_file, open_keys
from foundation.sqlite import Row, open_read_only
from gate.hours import MINUTE_NS
from gate.record import (
    Person,
    RecordBook,
    RecordRefusedError,
    UnknownRecordError,
    checked,
    person_of,
    refuse,
)
from gate.spelling import tidy_text
from gate.visit import Trouble

EARLY_NS: Final = 120 * MINUTE_NS
"""How long before its beginning a meeting stands on the gate screen."""
MOST_ATTENDEES: Final = 3_000
_COLUMNS: Final = "id, title, place, begins_utc_ns, ends_utc_ns, by_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttendee:
    """Somebody who is asked to come."""

    name: str
    pupil: str = ""
    """学生"""
    class_name: str = ""
    """班级"""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Somebody on a meeting's list."""

    id: str
    name: str
    pupil: str
    class_name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting."""

    id: str
    title: str
    place: str
    begins_utc_ns: int
    ends_utc_ns: int
    by_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Somebody of the list came."""

    id: str
    attendee_id: str
    at_utc_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """How a meeting stands at the door."""

    ticks: dict[str, Tick]
    """By attendee."""
    over_id: str
    """Of the touch that ended it; empty while it goes on."""


class MeetingList:
    """The office's meetings; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def call(
        self,
        *,
        meeting_id: str,
        title: str,
        place: str,
        begins_utc_ns: int,
        ends_utc_ns: int,
        attendees: Sequence[NewAttendee],
        by: str,
    ) -> None:
        """A meeting with its whole list. The same id again adds nothing. Raises RecordRefusedError, DatabaseError."""
        title, place = tidy_text(title), tidy_text(place)
        found = checked({"title": title, "place": place}, needed=("title",))
        if not 0 < ends_utc_ns - begins_utc_ns <= 24 * 60 * MINUTE_NS:
            found["ends"] = Trouble.OUT_OF_RANGE
        if not 0 < len(attendees) <= MOST_ATTENDEES:
            found["file"] = Trouble.OUT_OF_RANGE if attendees else Trouble.MISSING
        refuse(found)
        people = [_checked(one) for one in attendees]
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM meeting WHERE id = ?", (meeting_id,)):
                return
            transaction.execute(
                "INSERT INTO meeting (id, title, place, begins_utc_ns, ends_utc_ns, by_name) VALUES (?, ?, ?, ?, ?, ?)",
                (meeting_id, title, place, begins_utc_ns, ends_utc_ns, by),
            )
            for number, person in enumerate(people, start=1):
                attendee_id = new_id()
                transaction.execute(
                    "INSERT INTO attendee (id, meeting_id, place) VALUES (?, ?, ?)", (attendee_id, meeting_id, number)
                )
                day = beijing_day(ends_utc_ns)
                self._records.keep_person(transaction, f"attendee:{attendee_id}", person, day=day)
            body = {"title": title, "place": place, "attendees": len(people), "by": by}
            self._records.note(transaction, f"meeting:{meeting_id}", "meeting.called", body)

    def cancel(self, meeting_id: str, *, by: str) -> None:
        """The meeting does not take place; twice is as once. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM meeting WHERE id = ?", (meeting_id,)) is None:
                raise UnknownRecordError(f"there is no meeting {meeting_id}")
            done = transaction.execute(
                "UPDATE meeting SET cancelled_utc_ns = ? WHERE id = ? AND cancelled_utc_ns IS NULL",
                (self._records.clock.utc_ns(), meeting_id),
            )
            if done:
                self._records.note(transaction, f"meeting:{meeting_id}", "meeting.cancelled", {"by": by})


class MeetingDoor:
    """Who came; part of gate.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def tick(self, *, tick_id: str, meeting_id: str, attendee_id: str, gate_id: str, guard: str) -> None:
        """Somebody of the list came (签到); once each, whichever screen was first. Raises DatabaseError."""
        with self._records.writing() as transaction:
            there = transaction.row(
                "SELECT 1 FROM meeting_tick WHERE id = ? OR (attendee_id = ? AND undone_utc_ns IS NULL)",
                (tick_id, attendee_id),
            )
            if there:
                return
            transaction.execute(
                "INSERT INTO meeting_tick (id, meeting_id, attendee_id, gate_id, at_utc_ns, guard) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (tick_id, meeting_id, attendee_id, gate_id, self._records.clock.utc_ns(), guard),
            )
            body = {"meeting": meeting_id, "attendee": attendee_id, "gate": gate_id, "guard": guard}
            self._records.note(transaction, f"meeting_tick:{tick_id}", "meeting.came", body)

    def undo_tick(self, *, tick_id: str, guard: str) -> None:
        """Undo a tick made by mistake. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if self._records.undo(transaction, "meeting_tick", tick_id, guard):
                self._records.note(transaction, f"meeting_tick:{tick_id}", "meeting.undone", {"guard": guard})

    def over(self, *, over_id: str, meeting_id: str, guard: str) -> None:
        """Everybody has left (散会): nobody of the list is inside any more. Raises DatabaseError."""
        with self._records.writing() as transaction:
            there = transaction.row(
                "SELECT 1 FROM meeting_over WHERE id = ? OR (meeting_id = ? AND undone_utc_ns IS NULL)",
                (over_id, meeting_id),
            )
            if there:
                return
            transaction.execute(
                "INSERT INTO meeting_over (id, meeting_id, at_utc_ns, guard) VALUES (?, ?, ?, ?)",
                (over_id, meeting_id, self._records.clock.utc_ns(), guard),
            )
            body = {"meeting": meeting_id, "guard": guard}
            self._records.note(transaction, f"meeting_over:{over_id}", "meeting.over", body)

    def undo_over(self, *, over_id: str, guard: str) -> None:
        """It was not over yet. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if self._records.undo(transaction, "meeting_over", over_id, guard):
                self._records.note(transaction, f"meeting_over:{over_id}", "meeting.goes_on", {"guard": guard})


def read_meetings(orders: Path, begins_utc_ns: int, ends_utc_ns: int) -> tuple[Meeting, ...]:
    """Meetings that touch a stretch, in order; none before the file exists. Raises DatabaseError."""
    if not orders.exists():
        return ()
    with open_read_only(orders) as reader:
        rows = reader.rows(
            f"SELECT {_COLUMNS} FROM meeting WHERE begins_utc_ns < ? AND ends_utc_ns > ? "  # noqa: S608 - ours
            "AND cancelled_utc_ns IS NULL ORDER BY begins_utc_ns",
            (ends_utc_ns, begins_utc_ns),
        )
    return tuple(map(_meeting, rows))


def meetings_near(orders: Path, now_utc_ns: int) -> tuple[Meeting, ...]:
    """Meetings for the gate screen: from two hours before until two hours after. Raises DatabaseError."""
    return read_meetings(orders, now_utc_ns - EARLY_NS, now_utc_ns + EARLY_NS)


def read_meeting(orders: Path, meeting_id: str) -> tuple[Meeting, tuple[Attendee, ...]] | None:
    """A meeting and its list. Raises DatabaseError, RecordKeysError."""
    if not orders.exists():
        return None
    with open_read_only(orders) as reader, open_keys(keys_file(orders)) as keys:
        row = reader.row(
            f"SELECT {_COLUMNS} FROM meeting WHERE id = ? AND cancelled_utc_ns IS NULL",  # noqa: S608 - ours
            (meeting_id,),
        )
        if row is None:
            return None
        rows = reader.rows(
            "SELECT a.id, p.key_id, p.sealed FROM attendee a LEFT JOIN person_part p "
            "ON p.record_id = 'attendee:' || a.id WHERE a.meeting_id = ? ORDER BY a.place",
            (meeting_id,),
        )
        people = tuple(_attendee(one[0], person_of(keys, f"attendee:{one[0]}", one[1], one[2])) for one in rows)
    return _meeting(row), people


def attendee_by_id(orders: Path, attendee_id: str) -> Attendee | None:
    """Somebody of any list; None if there is no such. Raises DatabaseError, RecordKeysError."""
    if not orders.exists():
        return None
    with open_read_only(orders) as reader, open_keys(keys_file(orders)) as keys:
        record_id = f"attendee:{attendee_id}"
        row = reader.row("SELECT key_id, sealed FROM person_part WHERE record_id = ?", (record_id,))
        return _attendee(attendee_id, person_of(keys, record_id, row[0], row[1])) if row else None


def read_attendance(book: Path, meeting_id: str) -> Attendance:
    """Who came, and whether it is over. Raises DatabaseError."""
    with open_read_only(book) as reader:
        rows = reader.rows(
            "SELECT id, attendee_id, at_utc_ns FROM meeting_tick WHERE meeting_id = ? AND undone_utc_ns IS NULL",
            (meeting_id,),
        )
        over = reader.row("SELECT id FROM meeting_over WHERE meeting_id = ? AND undone_utc_ns IS NULL", (meeting_id,))
    ticks = {row[1]: Tick(id=row[0], attendee_id=row[1], at_utc_ns=row[2]) for row in rows}
    return Attendance(ticks=ticks, over_id=over[0] if over else "")


def _checked(new: NewAttendee) -> Person:
    texts = {name: tidy_text(text) for name, text in asdict(new).items()}
    troubles = checked(texts, needed=("name",))
    if troubles:
        raise RecordRefusedError({"file": next(iter(troubles.values()))})
    return texts


def _meeting(row: Row) -> Meeting:
    return Meeting(id=row[0], title=row[1], place=row[2], begins_utc_ns=row[3], ends_utc_ns=row[4], by_name=row[5])


def _attendee(attendee_id: str, person: Person) -> Attendee:
    return Attendee(
        id=attendee_id,
        name=person.get("name", ""),
        pupil=person.get("pupil", ""),
        class_name=person.get("class_name", ""),
        phone=person.get("phone", ""),
    )
