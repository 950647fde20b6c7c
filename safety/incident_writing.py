"""Rows of incidents inside one transaction: each change is a history entry and an audit entry with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from foundation.audit import AuditChain
from foundation.clock import NS_PER_S, Clock
from foundation.sqlite import Transaction, Value
from safety.incident import Incident, IncidentHappening, IncidentSource
from safety.incident_deadline import Moment, elapsed_ns
from safety.incident_query import read_incident
from safety.incident_said import SaidTimeError
from safety.said import Said

_SAME_MINUTE_NS: Final = 60 * NS_PER_S
"""A person says the minute, an alarm knows the second."""
_COLUMNS: Final = frozenset({"grade", "kind", "stage", "called_off", "closed_utc_ns"})


class IncidentWriting:
    """What may be done to the rows; used by safety.incident_ledger and by nothing else."""

    def __init__(self, transaction: Transaction, audit: AuditChain, clock: Clock) -> None:
        self.transaction = transaction
        self._audit = audit
        self._clock = clock

    def find(self, incident_id: str) -> Incident | None:
        """One as it stands inside the transaction."""
        return read_incident(self.transaction, incident_id)

    def is_known(self, once_id: str) -> bool:
        """Whether this form, or step of an alarm, has been taken before."""
        return self.transaction.row("SELECT 1 FROM incident_entry WHERE once_id = ?", (once_id,)) is not None

    def begin(
        self,
        *,
        incident_id: str,
        source: IncidentSource,
        title: str,
        place: str,
        happened_utc_ns: int,
        opened: Moment,
        said: Said,
        quiet: bool = False,
    ) -> Incident:
        """A new incident: not graded, open."""
        self.transaction.execute(
            "INSERT INTO incident (id, source, title, place, grade, kind, stage, happened_utc_ns, opened_utc_ns, "
            "boot_id, running_ns, quiet) VALUES (?, ?, ?, ?, 'undecided', 'undecided', 'open', ?, ?, ?, ?, ?)",
            (
                incident_id,
                source.value,
                title,
                place,
                happened_utc_ns,
                opened.utc_ns,
                opened.boot_id,
                opened.running_ns,
                int(quiet),
            ),
        )
        self.note(
            incident_id,
            IncidentHappening.OPENED,
            replace(said, at_utc_ns=happened_utc_ns),
            detail=title,
            further={"title": title, "place": place, "source": source.value},
        )
        made = self.find(incident_id)
        assert made is not None
        return made

    def set(self, incident_id: str, **columns: Value) -> None:
        """Change columns of the row."""
        assert _COLUMNS.issuperset(columns)
        names = ", ".join(f"{name} = :{name}" for name in columns)
        self.transaction.execute(f"UPDATE incident SET {names} WHERE id = :id", {**columns, "id": incident_id})  # noqa: S608 - our own words

    def reported(self, incident_id: str, what: IncidentHappening, moment_utc_ns: int, after_ns: int) -> None:
        """Note when a report was made for the first time; a later one changes nothing."""
        column = "phoned" if what is IncidentHappening.PHONED else "submitted"
        self.transaction.execute(
            f"UPDATE incident SET {column}_utc_ns = ?, {column}_after_ns = ? "  # noqa: S608 - our own words
            f"WHERE id = ? AND {column}_utc_ns IS NULL",
            (moment_utc_ns, after_ns, incident_id),
        )

    def happened(self, incident: Incident, said: Said) -> tuple[int, int]:
        """When something was done, and how long after the incident by the clock that gives nobody more time.

        Raises SaidTimeError.
        """
        now = Moment.of(self._clock)
        moment = now.utc_ns if said.at_utc_ns is None else said.at_utc_ns
        set_back = now.utc_ns < incident.happened_utc_ns
        if moment > now.utc_ns or (moment < incident.happened_utc_ns - _SAME_MINUTE_NS and not set_back):
            raise SaidTimeError("it was done after the incident and before now")
        ago_ns = now.utc_ns - moment
        if not set_back:
            moment = max(moment, incident.happened_utc_ns)
        return moment, max(0, elapsed_ns(incident, now) - ago_ns)

    def note(
        self,
        incident_id: str,
        what: IncidentHappening,
        said: Said,
        *,
        detail: str = "",
        further: Mapping[str, object] | None = None,
    ) -> int:
        """Add to history and audit chain; the entry's number."""
        now_utc_ns = self._clock.utc_ns()
        happened = now_utc_ns if said.at_utc_ns is None else said.at_utc_ns
        row = self.transaction.row("SELECT max(number) FROM incident_entry WHERE incident_id = ?", (incident_id,))
        number = int(row[0] or 0) + 1 if row else 1
        self.transaction.execute(
            "INSERT INTO incident_entry (incident_id, number, once_id, at_utc_ns, said_utc_ns, person, what, words, "
            "detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                incident_id,
                number,
                said.form_id,
                now_utc_ns,
                happened,
                said.person,
                what.value,
                said.words,
                detail,
            ),
        )
        self._audit.append(
            self.transaction,
            record_id=f"incident:{incident_id}",
            action=f"incident.{what.value}",
            body={
                "number": number,
                "person": said.person,
                "words": said.words,
                "detail": detail,
                "at": str(now_utc_ns),
                "said": str(happened),
                **(further or {}),
            },
        )
        return number
