"""The two deadlines of an incident (1 小时电话报告，2 小时书面报告): how long is left, and what was late. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foundation.clock import Clock
from safety.incident import Incident, IncidentStage


class Report(StrEnum):
    """What must be done in time."""

    PHONE = "phone"
    WRITTEN = "written"


class Timeliness(StrEnum):
    """How a report stands with its deadline."""

    NOT_ASKED = "not_asked"
    """The grade, or the closing, asks for none."""
    RUNNING = "running"
    LATE = "late"
    """Not made yet, and its time is over."""
    IN_TIME = "in_time"
    MADE_LATE = "made_late"


@dataclass(frozen=True, slots=True)
class Moment:
    """All clocks at one instant."""

    utc_ns: int
    running_ns: int
    boot_id: str

    @staticmethod
    def of(clock: Clock) -> Moment:
        """Now."""
        return Moment(clock.utc_ns(), clock.running_ns(), clock.boot_id())


@dataclass(frozen=True, slots=True)
class Limits:
    """So long after the incident, in nanoseconds."""

    phone_ns: int
    written_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One of the two."""

    report: Report
    due_utc_ns: int
    left_ns: int
    """Negative when it is over; of no meaning once the report was made."""
    timeliness: Timeliness


def elapsed_ns(incident: Incident, now: Moment) -> int:
    """How long ago it happened: the longer of what wall and running clock say, so that no step buys time."""
    by_wall = now.utc_ns - incident.happened_utc_ns
    if now.boot_id != incident.boot_id:
        return max(0, by_wall)
    before_opening = incident.opened_utc_ns - incident.happened_utc_ns
    return max(0, by_wall, before_opening + now.running_ns - incident.running_ns)


def deadlines(incident: Incident, limits: Limits, now: Moment) -> tuple[Deadline, Deadline]:
    """Both, the phone call first."""
    return (
        _deadline(incident, Report.PHONE, limits.phone_ns, incident.phoned_after_ns, now),
        _deadline(incident, Report.WRITTEN, limits.written_ns, incident.submitted_after_ns, now),
    )


def _deadline(incident: Incident, report: Report, limit_ns: int, made_after_ns: int | None, now: Moment) -> Deadline:
    left_ns = limit_ns - elapsed_ns(incident, now)
    if made_after_ns is not None:
        timeliness = Timeliness.IN_TIME if made_after_ns <= limit_ns else Timeliness.MADE_LATE
    elif incident.stage is not IncidentStage.OPEN or not incident.grade.must_be_reported:
        timeliness = Timeliness.NOT_ASKED
    else:
        timeliness = Timeliness.RUNNING if left_ns >= 0 else Timeliness.LATE
    return Deadline(
        report=report, due_utc_ns=incident.happened_utc_ns + limit_ns, left_ns=left_ns, timeliness=timeliness
    )
