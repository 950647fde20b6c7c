"""Proven time: the age of a thing as running time shows it, not as a wall clock claims it (promise 2).

A wall clock can be wrong by years after a dead battery or at the word of a rogue time server. Running time cannot: it
only counts while there is power. Time without power counts only where two independent sources agree how long it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar, Final

from foundation.clock import NS_PER_S, Clock
from foundation.journal import Fact
from foundation.sqlite import Database, Transaction

PROVEN_TIME_SQL: Final = ("foundation", "proven_time.sql")
"""The schema step of the database whose owner keeps the running axis."""

AGREEMENT_NS: Final = 60 * NS_PER_S  # sources of school quality drift by seconds a day; a wrong one is off by hours
_MOST: Final = 0.5  # "most cameras" is more than half of those that answered before and after


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source said the time was, at a place of the running axis, give or take `error_ns`."""

    kind: str
    source: str
    axis_ns: int
    utc_ns: int
    error_ns: int


class TimeReading(Fact):
    """A source's word for the time, told by the role that asked it to the one that keeps the running axis."""

    kind: ClassVar[str] = "time.reading"
    source_kind: str
    source: str
    offset_ns: int
    """The source's time minus this box's wall time when it was asked."""
    asked_utc_ns: int
    """This box's wall time then."""
    asked_running_ns: int
    boot_id: str
    """With `asked_running_ns`: where on the running axis it was asked, however late the fact is read."""
    error_ns: int


@dataclass(frozen=True, slots=True)
class OffTime:
    """How long a stretch without power lasted at least, and who says so; 0 where it is not proven."""

    credited_ns: int
    told_by: tuple[str, ...]


NOT_PROVEN: Final = OffTime(0, ())


def proven_off_time(before: Iterable[Reading], after: Iterable[Reading]) -> OffTime:
    """Judge a stretch without power by each source's last reading before and first reading after it.

    At least two kinds of source must agree to within a minute and none may contradict; then the least that any of
    them says counts. Sources of one kind speak with one voice, that of most of them.
    """
    last = {(reading.kind, reading.source): reading for reading in before}
    claims: dict[str, list[int]] = {}
    for reading in after:
        earlier = last.get((reading.kind, reading.source))
        if earlier is None:
            continue
        passed_ns = reading.utc_ns - earlier.utc_ns
        powered_ns = reading.axis_ns - earlier.axis_ns
        claims.setdefault(reading.kind, []).append(passed_ns - powered_ns - reading.error_ns - earlier.error_ns)
    voices = {kind: voice for kind, told in claims.items() if (voice := _voice(told)) is not None}
    if len(voices) < 2 or max(voices.values()) - min(voices.values()) > AGREEMENT_NS:
        return NOT_PROVEN
    return OffTime(max(0, min(voices.values())), tuple(sorted(voices)))


def _voice(claims: Sequence[int]) -> int | None:
    middle = median(claims)
    agreeing = [claim for claim in claims if abs(claim - middle) <= AGREEMENT_NS]
    return min(agreeing) if len(agreeing) > len(claims) * _MOST else None


@dataclass(frozen=True, slots=True)
class ProvenAge:
    """Measures ages at one instant: running time since, plus proven stretches without power in between."""

    now_axis_ns: int
    offs: tuple[tuple[int, int], ...]
    """(place on the axis, credited nanoseconds) of each stretch without power."""

    def age_ns(self, axis_ns: int) -> int:
        """Proven nanoseconds since a place of the axis; never more than truly passed if the sources were honest."""
        return self.now_axis_ns - axis_ns + sum(credited for place, credited in self.offs if place >= axis_ns)

    def youngest_axis_older_than(self, age_ns: int) -> int:
        """The largest place of the axis whose proven age is at least `age_ns`: what lies at or before it is that old.

        May be negative: then nothing is that old.
        """
        credited = 0
        for place, more in sorted(self.offs, reverse=True):
            candidate = self.now_axis_ns + credited - age_ns
            if candidate > place:
                return candidate
            if candidate + more >= place:  # the stretch itself covers the remainder: all before it is old enough
                return place
            credited += more
        return self.now_axis_ns + credited - age_ns


class RunningTime:
    """Keeps the running axis in its owner's database; at most `SAVE_EVERY_S` of power-on time is lost to a crash
    that is also a power cut (within one boot nothing is lost, for the kernel counted on)."""

    SAVE_EVERY_S: Final = 10.0

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._anchor: tuple[int, int]
        """A place on the axis, and this boot's running clock there."""
        with database.transaction() as transaction:
            row = transaction.row("SELECT axis_ns, boot_id, boot_running_ns FROM running_time WHERE id = 1")
            if row is None:
                self._anchor = 0, clock.running_ns()
            elif row[1] == clock.boot_id():
                self._anchor = int(row[0]), int(row[2])
            else:
                self._anchor = int(row[0]), 0  # this boot's own time counts from its start
                transaction.execute("INSERT INTO power_off (axis_ns) VALUES (?) ON CONFLICT DO NOTHING", (row[0],))
            self._write(transaction)

    def now_ns(self) -> int:
        """The present place on the running axis."""
        # Read as one: another thread that saves in between must not make anything look older than it is.
        axis_ns, boot_running_ns = self._anchor
        return axis_ns + max(0, self._clock.running_ns() - boot_running_ns)

    def save(self, transaction: Transaction | None = None) -> int:
        """Store the present place, in the given transaction or one of its own; returns it."""
        if transaction is None:
            with self._database.transaction() as own:
                return self.save(own)
        (axis_ns, boot_running_ns), running_ns = self._anchor, self._clock.running_ns()
        self._anchor = axis_ns + max(0, running_ns - boot_running_ns), running_ns
        self._write(transaction)
        return self._anchor[0]

    def _write(self, transaction: Transaction) -> None:
        transaction.execute(
            "INSERT INTO running_time (id, axis_ns, boot_id, boot_running_ns) VALUES (1, ?, ?, ?) ON CONFLICT (id) "
            "DO UPDATE SET axis_ns = excluded.axis_ns, boot_id = excluded.boot_id, "
            "boot_running_ns = excluded.boot_running_ns",
            (self._anchor[0], self._clock.boot_id(), self._anchor[1]),
        )

    def note(self, reading: TimeReading) -> bool:
        """Take a source's word for the time; kept as the stretch's first or latest reading.

        False if it was asked in an earlier boot: it cannot be placed on the axis any more.
        """
        if reading.boot_id != self._clock.boot_id():
            return False
        with self._database.transaction() as transaction:
            axis_ns = self.save(transaction) - max(0, self._clock.running_ns() - reading.asked_running_ns)
            stretch = _latest_off(transaction)
            transaction.execute(
                "INSERT INTO time_reading VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET "
                "axis_ns = excluded.axis_ns, utc_ns = excluded.utc_ns, error_ns = excluded.error_ns",
                (
                    stretch,
                    reading.source_kind,
                    reading.source,
                    axis_ns,
                    reading.asked_utc_ns + reading.offset_ns,
                    reading.error_ns,
                ),
            )
            self._credit(transaction, stretch)
        return True

    def _credit(self, transaction: Transaction, off_axis_ns: int) -> None:
        row = transaction.row("SELECT max(axis_ns) FROM power_off WHERE axis_ns < ?", (off_axis_ns,))
        before_stretch = int(row[0]) if row and row[0] is not None else -1
        if off_axis_ns < 0:
            return
        before = [
            Reading(*found)
            for found in transaction.rows(
                "SELECT kind, source, axis_ns, utc_ns, error_ns FROM time_reading WHERE after_axis_ns = ?",
                (before_stretch,),
            )
        ]
        after = [
            Reading(*found)
            for found in transaction.rows(
                "SELECT kind, source, first_axis_ns, first_utc_ns, first_error_ns FROM time_reading "
                "WHERE after_axis_ns = ?",
                (off_axis_ns,),
            )
        ]
        proven = proven_off_time(before, after)
        transaction.execute(
            "UPDATE power_off SET credited_ns = ?, told_by = ? WHERE axis_ns = ?",
            (proven.credited_ns, ",".join(proven.told_by), off_axis_ns),
        )

    def proven_age(self) -> ProvenAge:
        """A ruler for ages as they are proven at this instant."""
        rows = self._database.rows("SELECT axis_ns, credited_ns FROM power_off ORDER BY axis_ns")
        return ProvenAge(self.now_ns(), tuple((int(place), int(credited)) for place, credited in rows))

    def unproven_offs(self) -> Mapping[int, int]:
        """Stretches without power that nobody vouches for, by place on the axis (they count as no time at all)."""
        rows = self._database.rows("SELECT axis_ns, credited_ns FROM power_off WHERE told_by = ''")
        return {int(place): int(credited) for place, credited in rows}


def _latest_off(transaction: Transaction) -> int:
    row = transaction.row("SELECT max(axis_ns) FROM power_off")
    return int(row[0]) if row and row[0] is not None else -1
