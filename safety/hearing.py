"""What becomes of facts that other roles tell; each does nothing the second time it hears of the same finding."""

from __future__ import annotations

from collections.abc import Callable

from foundation.finding import Finding, Severity
from safety.facts import NoticeReceived
from safety.fault import Fault, Happening, Source
from safety.grade import Grade, Stage
from safety.rule import NOTICE, Next, Rule, cause_key, on_all_cleared, on_opened
from safety.writing import Writing


def opened(
    writing: Writing, role: str, finding: Finding, at_utc_ns: int, device_of: Callable[[str], str | None]
) -> None:
    """A finding began, or was told again: it joins its fault, reopens it or begins a new one."""
    known = writing.transaction.row(
        "SELECT fault_id, severity, cleared_utc_ns FROM fault_finding WHERE finding_id = ?", (finding.id,)
    )
    if known is not None:
        _told_again(writing, finding, known[0], known[1], at_utc_ns, cleared=known[2] is not None)
        return
    rule = writing.rule(finding.kind)
    key = cause_key(finding, rule, device_of)
    last = writing.transaction.row(
        "SELECT id, stage, closed_utc_ns FROM fault WHERE cause_key = ? ORDER BY number DESC LIMIT 1", (key,)
    )
    what = on_opened((Stage(last[1]), last[2]) if last else None, at_utc_ns, rule)
    if last is None or what is Next.NEW:
        fault_id = writing.begin(
            rule=rule,
            source=Source.FINDING,
            kind=finding.kind,
            cause_key=key,
            at_utc_ns=at_utc_ns,
            subject=finding.subject,
        ).id
    else:
        fault_id = last[0]
        _again(writing, writing.fault(fault_id), what, finding, rule, at_utc_ns)
    writing.transaction.execute(
        "INSERT INTO fault_finding (finding_id, fault_id, role, subject, kind, severity, since_utc_ns) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            finding.id,
            fault_id,
            role,
            finding.subject,
            finding.kind,
            finding.severity.value,
            finding.since_utc_ns,
        ),
    )
    writing.raise_grade(fault_id, rule, at_utc_ns)


def _again(writing: Writing, fault: Fault, what: Next, finding: Finding, rule: Rule, at_utc_ns: int) -> None:
    about = f"{finding.kind} {finding.subject}"
    if what is Next.REOPEN:
        writing.reopen(fault, rule, at_utc_ns, words=about)
    elif fault.stage is Stage.OPEN:
        writing.note(fault.id, Happening.JOINED, at_utc_ns, detail=about)
    else:
        writing.move(fault, Stage.OPEN, at_utc_ns)
        writing.note(fault.id, Happening.RETURNED, at_utc_ns, detail=about)


def _told_again(
    writing: Writing, finding: Finding, fault_id: str, severity: str, at_utc_ns: int, *, cleared: bool
) -> None:
    # Only ever worse: so the same facts read once more, from the beginning, leave no second entry.
    if cleared or Severity(severity) is Severity.FAILING or finding.severity is Severity.ATTENTION:
        return
    writing.transaction.execute(
        "UPDATE fault_finding SET severity = ? WHERE finding_id = ?", (finding.severity.value, finding.id)
    )
    writing.note(fault_id, Happening.WORSENED, at_utc_ns, detail=f"{severity} → {finding.severity.value}")


def cleared(writing: Writing, finding_id: str, at_utc_ns: int) -> None:
    """A finding ended; once all of a fault have, that is its re-check (复查)."""
    known = writing.transaction.row(
        "SELECT fault_id, kind, subject FROM fault_finding WHERE finding_id = ? AND cleared_utc_ns IS NULL",
        (finding_id,),
    )
    if known is None:
        return
    writing.transaction.execute(
        "UPDATE fault_finding SET cleared_utc_ns = ? WHERE finding_id = ?", (at_utc_ns, finding_id)
    )
    fault = writing.fault(known[0])
    about = f"{known[1]} {known[2]}"
    if fault.measured_wrong or fault.stage.mended:
        writing.note(fault.id, Happening.CLEARED, at_utc_ns, detail=about)
        return
    writing.move(fault, Stage.RECHECKED, at_utc_ns)
    writing.note(fault.id, Happening.RECHECKED, at_utc_ns, detail=about)
    if on_all_cleared(writing.rule(fault.kind)) is Stage.CLOSED:
        writing.move(fault, Stage.CLOSED, at_utc_ns)
        writing.note(fault.id, Happening.CLOSED, at_utc_ns)


def notice(writing: Writing, told: NoticeReceived, at_utc_ns: int) -> None:
    """A rectification notice becomes a fault; the same number again does nothing."""
    if writing.transaction.row("SELECT 1 FROM notice WHERE number = ?", (told.number,)):
        return
    fault = writing.begin(
        rule=writing.rule(NOTICE),
        source=Source.NOTICE,
        kind=NOTICE,
        cause_key=f"notice:{told.number}",
        at_utc_ns=at_utc_ns,
        title=told.title,
        place=told.place,
        grade=Grade(told.grade) if told.grade in set(Grade) else None,
        due=told.due_utc_ns,
        person=told.sent_by,
        words=told.text,
    )
    writing.transaction.execute(
        "INSERT INTO notice (number, command_id, fault_id, text, sent_by, received_utc_ns) VALUES (?, ?, ?, ?, ?, ?)",
        (told.number, told.command_id, fault.id, told.text, told.sent_by, at_utc_ns),
    )
