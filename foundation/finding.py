"""One type for whatever any role notices; the fault ledger (隐患台账) makes work of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, StringConstraints

from foundation.clock import Clock
from foundation.ids import new_id
from foundation.journal import Fact, Journal
from foundation.sqlite import Row, Transaction, open_read_only

Evidence = Mapping[str, str | int | float | bool | None]
Subject = Annotated[str, StringConstraints(pattern=r"^[a-z_]+:[A-Za-z0-9._:-]{1,128}$")]
"""What a finding is about: 'point:gate-east', 'device:nvr-1', 'volume:main', 'role:recorder'."""
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z0-9_]+)+$")]


class Severity(StrEnum):
    """How much it matters: ◆ attention (注意) or ▲ failing (异常)."""

    ATTENTION = "attention"
    FAILING = "failing"


class Finding(BaseModel):
    """Something that is not as it should be, from when until when."""

    model_config = ConfigDict(frozen=True)
    id: str
    subject: Subject
    kind: Kind
    severity: Severity
    cause: str | None = None
    evidence: dict[str, str | int | float | bool | None] = {}
    since_utc_ns: int
    cleared_utc_ns: int | None = None


class FindingOpened(Fact):
    """A finding began, or its severity, cause or evidence became another (`finding` is then told again whole)."""

    kind: ClassVar[str] = "finding.opened"
    finding: Finding


class FindingCleared(Fact):
    """What was measured is right again."""

    kind: ClassVar[str] = "finding.cleared"
    finding: Finding


_OPEN: Final = (
    "SELECT id, subject, kind, severity, cause, evidence, since_utc_ns, cleared_utc_ns FROM finding "
    "WHERE cleared_utc_ns IS NULL "
)
_OLDEST_FIRST: Final = "ORDER BY since_utc_ns, id"


class FindingBoard:
    """The open findings of one role, kept in its journal's database; saying the same again changes nothing."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def open(
        self,
        subject: str,
        kind: str,
        severity: Severity,
        *,
        evidence: Evidence | None = None,
        cause: str | None = None,
        transaction: Transaction | None = None,
    ) -> Finding:
        """Say that something is wrong; the first time a fact is told, later only if severity or cause changed."""
        if transaction is None:
            with self._journal.database.transaction() as own:
                return self.open(subject, kind, severity, evidence=evidence, cause=cause, transaction=own)
        before = _open_one(transaction, subject, kind)
        finding = Finding(
            id=before.id if before else new_id(),
            subject=subject,
            kind=kind,
            severity=severity,
            cause=cause,
            evidence=dict(evidence or {}),
            since_utc_ns=before.since_utc_ns if before else self._clock.utc_ns(),
        )
        if before is not None and (before.severity, before.cause) == (severity, cause):
            return before
        transaction.execute(
            "INSERT INTO finding (id, subject, kind, severity, cause, evidence, since_utc_ns, cleared_utc_ns) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, NULL) "
            "ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, cause = excluded.cause, "
            "evidence = excluded.evidence",
            (
                finding.id,
                subject,
                kind,
                severity.value,
                cause,
                json.dumps(finding.evidence, ensure_ascii=False),
                finding.since_utc_ns,
            ),
        )
        self._journal.append(FindingOpened(finding=finding), transaction=transaction)
        return finding

    def clear(self, subject: str, kind: str, *, transaction: Transaction | None = None) -> Finding | None:
        """Say that it is right again; returns the finding that ended, or None if none was open."""
        if transaction is None:
            if not self.is_open(subject, kind):  # the usual case, and it must not cost a commit
                return None
            with self._journal.database.transaction() as own:
                return self.clear(subject, kind, transaction=own)
        before = _open_one(transaction, subject, kind)
        if before is None:
            return None
        ended = before.model_copy(update={"cleared_utc_ns": self._clock.utc_ns()})
        transaction.execute("UPDATE finding SET cleared_utc_ns = ? WHERE id = ?", (ended.cleared_utc_ns, ended.id))
        self._journal.append(FindingCleared(finding=ended), transaction=transaction)
        return ended

    def is_open(self, subject: str, kind: str) -> bool:
        """True while such a finding is open."""
        return (
            self._journal.database.row(
                "SELECT 1 FROM finding WHERE subject = ? AND kind = ? AND cleared_utc_ns IS NULL", (subject, kind)
            )
            is not None
        )

    def all_open(self) -> list[Finding]:
        """Open findings of this role, oldest first."""
        rows = self._journal.database.rows(_OPEN + _OLDEST_FIRST)
        return [_finding(row) for row in rows]


def read_open_findings(path: Path) -> list[Finding]:
    """Open findings in another role's journal, oldest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(_OPEN + _OLDEST_FIRST)
    return [_finding(row) for row in rows]


def read_findings_between(path: Path, subjects: Sequence[str], start_utc_ns: int, end_utc_ns: int) -> list[Finding]:
    """What was open of some subjects at any time of a stretch, oldest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT id, subject, kind, severity, cause, evidence, since_utc_ns, cleared_utc_ns FROM finding "
            "WHERE subject IN (SELECT value FROM json_each(?1)) AND since_utc_ns < ?3 "
            "AND (cleared_utc_ns IS NULL OR cleared_utc_ns >= ?2) ORDER BY since_utc_ns, id",
            (json.dumps(list(subjects)), start_utc_ns, end_utc_ns),
        )
    return [_finding(row) for row in rows]


def _open_one(transaction: Transaction, subject: str, kind: str) -> Finding | None:
    row = transaction.row(_OPEN + "AND subject = ? AND kind = ?", (subject, kind))
    return _finding(row) if row else None


def _finding(row: Row) -> Finding:
    identity, subject, kind, severity, cause, evidence, since_utc_ns, cleared_utc_ns = row
    return Finding(
        id=identity,
        subject=subject,
        kind=kind,
        severity=Severity(severity),
        cause=cause,
        evidence=json.loads(evidence),
        since_utc_ns=since_utc_ns,
        cleared_utc_ns=cleared_utc_ns,
    )
