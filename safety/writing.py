"""Rows of the fault ledger inside one transaction: each change is a history entry and an audit entry with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundation.audit import AuditChain
from foundation.ids import new_id
from foundation.sqlite import Transaction, Value
from safety.fault import Fault, Happening, Source
from safety.grade import Grade, Stage, due_utc_ns, graver
from safety.query import read_fault
from safety.rule import Merge, Rule, rule_for

_CHANGED_BY: Final[Mapping[Stage, str]] = {
    Stage.OPEN: "repaired_utc_ns = NULL, rechecked_utc_ns = NULL, closed_utc_ns = NULL",
    Stage.REPAIRED: "repaired_utc_ns = :at",
    Stage.RECHECKED: "rechecked_utc_ns = :at",
    Stage.CLOSED: "closed_utc_ns = :at",
}


class Writing:
    """What may be done to the rows; used by safety.ledger and by nothing else."""

    def __init__(self, transaction: Transaction, audit: AuditChain) -> None:
        self.transaction = transaction
        self._audit = audit

    def rules(self) -> dict[str, Rule]:
        """The rules as they stand."""
        rows = self.transaction.rows("SELECT kind, grade, owner, due_h, closes_itself, reopen_h, merge FROM rule")
        return {
            kind: Rule(
                kind=kind,
                grade=Grade(grade),
                owner=owner,
                due_h=due_h,
                closes_itself=bool(closes_itself),
                reopen_h=reopen_h,
                merge=Merge(merge),
            )
            for kind, grade, owner, due_h, closes_itself, reopen_h, merge in rows
        }

    def rule(self, kind: str) -> Rule:
        """The rule of a kind."""
        return rule_for(kind, self.rules())

    def put_rule(self, rule: Rule, edited_by: str) -> None:
        """Write a rule over the one of its kind."""
        self.transaction.execute(
            "INSERT INTO rule (kind, grade, owner, due_h, closes_itself, reopen_h, merge, edited_by) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (kind) DO UPDATE SET grade = ?2, owner = ?3, "
            "due_h = ?4, closes_itself = ?5, reopen_h = ?6, merge = ?7, edited_by = ?8",
            (
                rule.kind,
                rule.grade.value,
                rule.owner,
                rule.due_h,
                int(rule.closes_itself),
                rule.reopen_h,
                rule.merge.value,
                edited_by,
            ),
        )
        if edited_by:
            self._audit.append(
                self.transaction,
                record_id=f"fault-rule:{rule.kind}",
                action="fault.rule_edited",
                body={
                    "grade": rule.grade.value,
                    "owner": rule.owner,
                    "due_h": rule.due_h,
                    "closes_itself": rule.closes_itself,
                    "reopen_h": rule.reopen_h,
                    "merge": rule.merge.value,
                    "person": edited_by,
                },
            )

    def begin(
        self,
        *,
        rule: Rule,
        source: Source,
        kind: str,
        cause_key: str,
        at_utc_ns: int,
        fault_id: str | None = None,
        subject: str = "",
        title: str = "",
        place: str = "",
        grade: Grade | None = None,
        due: int | None = None,
        person: str = "",
        words: str = "",
    ) -> Fault:
        """A new fault; grade and due date by its rule where they are not given."""
        chosen_id, chosen = fault_id or new_id(), grade or rule.grade
        self.transaction.execute(
            "INSERT INTO fault (id, source, kind, cause_key, subject, title, place, grade, stage, owner, "
            "opened_utc_ns, due_utc_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)",
            (
                chosen_id,
                source.value,
                kind,
                cause_key,
                subject,
                title,
                place,
                chosen.value,
                rule.owner,
                at_utc_ns,
                due if due is not None else due_utc_ns(at_utc_ns, rule.due_h),
            ),
        )
        self.note(chosen_id, Happening.OPENED, at_utc_ns, person=person, words=words, detail=chosen.value)
        return self.fault(chosen_id)

    def fault(self, fault_id: str) -> Fault:
        """A fault that is there."""
        found = read_fault(self.transaction, fault_id)
        assert found is not None
        return found

    def move(self, fault: Fault, stage: Stage, at_utc_ns: int) -> None:
        """Put a fault into another stage."""
        self.transaction.execute(
            f"UPDATE fault SET stage = :stage, {_CHANGED_BY[stage]} WHERE id = :id",  # noqa: S608 - our own words
            {"stage": stage.value, "id": fault.id} | ({} if stage is Stage.OPEN else {"at": at_utc_ns}),
        )

    def reopen(self, fault: Fault, rule: Rule, at_utc_ns: int, *, person: str = "", words: str = "") -> None:
        """Open a closed fault once more: a new round and a new due date, the history goes on."""
        self.move(fault, Stage.OPEN, at_utc_ns)
        self.transaction.execute(
            "UPDATE fault SET rounds = rounds + 1, due_utc_ns = ? WHERE id = ?",
            (due_utc_ns(at_utc_ns, rule.due_h), fault.id),
        )
        self.note(fault.id, Happening.REOPENED, at_utc_ns, person=person, words=words)

    def raise_grade(self, fault_id: str, rule: Rule, at_utc_ns: int) -> None:
        """Let a fault become as grave as what joined it; its due date only moves nearer."""
        fault = self.fault(fault_id)
        if graver(fault.grade, rule.grade) is fault.grade:
            return
        self.transaction.execute(
            "UPDATE fault SET grade = ?, due_utc_ns = min(due_utc_ns, ?) WHERE id = ?",
            (rule.grade.value, due_utc_ns(at_utc_ns, rule.due_h), fault_id),
        )
        self.note(fault_id, Happening.GRADED, at_utc_ns, detail=rule.grade.value)

    def set(self, fault_id: str, column: str, value: Value) -> None:
        """Change one column ('owner', 'grade', 'due_utc_ns')."""
        assert column in {"owner", "grade", "due_utc_ns"}
        self.transaction.execute(f"UPDATE fault SET {column} = ? WHERE id = ?", (value, fault_id))  # noqa: S608

    def note(
        self,
        fault_id: str,
        what: Happening,
        at_utc_ns: int,
        *,
        person: str = "",
        words: str = "",
        detail: str = "",
    ) -> int:
        """Add to history and audit chain; the entry's number."""
        row = self.transaction.row("SELECT max(number) FROM fault_entry WHERE fault_id = ?", (fault_id,))
        number = int(row[0] or 0) + 1 if row else 1
        self.transaction.execute(
            "INSERT INTO fault_entry (fault_id, number, at_utc_ns, person, what, words, detail) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (fault_id, number, at_utc_ns, person, what.value, words, detail),
        )
        self._audit.append(
            self.transaction,
            record_id=f"fault:{fault_id}",
            action=f"fault.{what.value}",
            body={"number": number, "person": person, "words": words, "detail": detail, "at": str(at_utc_ns)},
        )
        return number
