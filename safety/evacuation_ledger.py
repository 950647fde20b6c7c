"""Evacuation drills (应急疏散演练): planned, carried out, evaluated and filed by name; in safety.sqlite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from foundation.audit import AuditChain
from foundation.clock import Clock
from foundation.journal import Journal
from foundation.sqlite import Transaction
from safety.evacuation import (
    CarriedOut,
    Evacuation,
    EvacuationHappening,
    EvacuationOrder,
    EvacuationPlan,
    EvacuationStage,
    Mark,
    Point,
)
from safety.evacuation_query import read_evacuation, read_evaluation
from safety.evacuation_said import (
    MOST_PHOTOS,
    SUMMARY_LIMIT,
    EvacuationFieldError,
    EvacuationStageError,
    UnknownEvacuationError,
    Wrong,
    checked_carried,
    checked_marks,
    checked_order,
    checked_plan,
)
from safety.facts import EvacuationTold
from safety.fault import Fault, Source
from safety.rule import HAND
from safety.said import Said, checked, long_words, short_words
from safety.writing import Writing

_H = EvacuationHappening
_HELD: Final = (EvacuationStage.DONE, EvacuationStage.FILED)


class EvacuationLedger:
    """Writes drills. Each call is one transaction: row, history, audit entry and fact, committed before it returns."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """`journal` is the fault ledger's: both lie in one database, which has one writer. Raises DatabaseError."""
        self.journal = journal
        self._database = journal.database
        self._clock = clock
        self._audit = AuditChain(clock)
        with self._database.transaction() as transaction:
            transaction.execute("INSERT OR IGNORE INTO evacuation_kept VALUES (1, ?)", (clock.utc_ns(),))

    @property
    def path(self) -> Path:
        """The file, for the query functions."""
        return self._database.path

    def plan(self, evacuation_id: str, plan: EvacuationPlan, *, said: Said) -> None:
        """计划: what is meant to be done. The same id again changes nothing.

        Raises WordsError, EvacuationFieldError, DatabaseError.
        """
        plan, said = checked_plan(plan, self._clock.utc_ns()), checked(replace(said, form_id=evacuation_id))
        with self._database.transaction() as transaction:
            if read_evacuation(transaction, evacuation_id) is not None:
                return
            transaction.execute(
                "INSERT INTO evacuation (id, stage, kind, planned_utc_ns, night, responsible, plan) "
                "VALUES (?, 'planned', ?, ?, ?, ?, ?)",
                (evacuation_id, plan.kind, plan.planned_utc_ns, int(plan.night), plan.responsible, plan.text),
            )
            further = asdict(plan) | {"planned_utc_ns": str(plan.planned_utc_ns)}
            self._note(transaction, evacuation_id, _H.PLANNED, said, further=further)

    def carry_out(self, evacuation_id: str, carried: CarriedOut, *, said: Said) -> None:
        """开展: how it went.

        Raises UnknownEvacuationError, EvacuationStageError, WordsError, EvacuationFieldError, DatabaseError.
        """
        carried, said = checked_carried(carried, self._clock.utc_ns()), checked(said)
        with self._on(evacuation_id, said, EvacuationStage.PLANNED) as (transaction, _):
            if transaction is None:
                return
            call = carried.roll_call
            called = (call.id, call.begun_utc_ns, call.expected, call.found, call.all_found_s) if call else (None,) * 5
            transaction.execute(
                "UPDATE evacuation SET stage = 'done', began_utc_ns = ?, signal = ?, all_out_s = ?, expected = ?, "
                "present = ?, missing = ?, call_id = ?, call_begun_utc_ns = ?, call_expected = ?, call_found = ?, "
                "call_all_found_s = ? WHERE id = ?",
                (
                    carried.began_utc_ns,
                    carried.signal,
                    carried.all_out_s,
                    carried.expected,
                    carried.present,
                    carried.missing,
                    *called,
                    evacuation_id,
                ),
            )
            told = asdict(carried) | {"began_utc_ns": str(carried.began_utc_ns), "roll_call": call.id if call else ""}
            self._note(transaction, evacuation_id, _H.CARRIED_OUT, said, further=told)

    def evaluate(self, evacuation_id: str, marks: Sequence[Mark], *, said: Said) -> None:
        """总结和评估; `said.words` is the summary. Again before the filing: the last one counts, all are kept.

        Raises UnknownEvacuationError, EvacuationStageError, WordsError, EvacuationFieldError, DatabaseError.
        """
        summary = long_words(said.words, "words", SUMMARY_LIMIT, needed=True)
        marks, said = checked_marks(marks), replace(said, words=summary, person=short_words(said.person, "person"))
        with self._on(evacuation_id, said, EvacuationStage.DONE) as (transaction, _):
            if transaction is None:
                return
            before = read_evaluation(transaction, evacuation_id)
            known = {(one.point, one.mend): one.fault_id for one in before.marks} if before else {}
            told = {mark.point.value: [mark.rating.value, mark.mend] for mark in marks}
            entry = self._note(transaction, evacuation_id, _H.EVALUATED, said, further={"marks": told})
            transaction.execute_many(
                "INSERT INTO evacuation_mark (evacuation_id, entry, point, rating, mend, fault_id) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (evacuation_id, entry, m.point.value, m.rating.value, m.mend, known.get((m.point, m.mend)))
                    for m in marks
                ],
            )

    def mend(self, evacuation_id: str, point: Point, *, fault_id: str, owner: str, due_utc_ns: int, said: Said) -> None:
        """转入隐患台账: what must be mended becomes a fault with owner and due date; once for each.

        Raises UnknownEvacuationError, EvacuationStageError, WordsError, EvacuationFieldError, DatabaseError.
        """
        owner, said = short_words(owner, "owner"), checked(said)
        with self._on(evacuation_id, said, *_HELD) as (transaction, evacuation):
            if transaction is None:
                return
            if due_utc_ns <= self._clock.utc_ns():
                raise EvacuationFieldError("due", Wrong.PAST)
            evaluation = read_evaluation(transaction, evacuation_id)
            mark = next((one for one in evaluation.marks if one.point is point), None) if evaluation else None
            if evaluation is None or mark is None or not mark.mend or mark.fault_id is not None:
                raise EvacuationFieldError("owner", Wrong.NOTHING_TO_MEND)
            fault = self._fault(transaction, evacuation, mark, fault_id, owner, due_utc_ns, said)
            transaction.execute(
                "UPDATE evacuation_mark SET fault_id = ? WHERE evacuation_id = ? AND entry = ? AND point = ?",
                (fault.id, evacuation_id, evaluation.entry, point.value),
            )
            self._note(transaction, evacuation_id, _H.MENDING, said, detail=f"{point.value} {fault.number}")

    def add_photo(self, evacuation_id: str, *, sha256: str, size_bytes: int, said: Said) -> None:
        """A photo that lies in photos/ already; the same one again changes nothing.

        Raises UnknownEvacuationError, EvacuationStageError, EvacuationFieldError, DatabaseError.
        """
        said = checked(said)
        with self._on(evacuation_id, said, *_HELD) as (transaction, evacuation):
            known = "SELECT 1 FROM evacuation_photo WHERE evacuation_id = ? AND sha256 = ?"
            if transaction is None or transaction.row(known, (evacuation_id, sha256)) is not None:
                return
            if evacuation.photos >= MOST_PHOTOS:
                raise EvacuationFieldError("photo", Wrong.TOO_MANY)
            entry = self._note(transaction, evacuation_id, _H.PHOTOGRAPHED, said, detail=sha256)
            transaction.execute(
                "INSERT INTO evacuation_photo (evacuation_id, sha256, entry, size_bytes) VALUES (?, ?, ?, ?)",
                (evacuation_id, sha256, entry, size_bytes),
            )

    def note(self, evacuation_id: str, *, said: Said, corrects: bool = False) -> None:
        """Add to the history in any stage; a correction (更正) leaves what it corrects.

        Raises UnknownEvacuationError, WordsError, DatabaseError.
        """
        said = checked(said, needed=True)
        with self._on(evacuation_id, said) as (transaction, _):
            if transaction is not None:
                self._note(transaction, evacuation_id, _H.CORRECTED if corrects else _H.NOTED, said)

    def file(self, evacuation_id: str, *, said: Said) -> None:
        """归档: evaluated, and with photos or a word on why there are none.

        Raises UnknownEvacuationError, EvacuationStageError, WordsError, EvacuationFieldError, DatabaseError.
        """
        said = checked(said)
        with self._on(evacuation_id, said, EvacuationStage.DONE) as (transaction, evacuation):
            if transaction is None:
                return
            if not evacuation.evaluated:
                raise EvacuationFieldError("words", Wrong.NOT_EVALUATED)
            if not evacuation.photos and not said.words:
                raise EvacuationFieldError("words", Wrong.NO_PHOTO)
            transaction.execute(
                "UPDATE evacuation SET stage = 'filed', filed_utc_ns = ?, filed_by = ? WHERE id = ?",
                (self._clock.utc_ns(), said.person, evacuation_id),
            )
            self._note(transaction, evacuation_id, _H.FILED, said)

    def cancel(self, evacuation_id: str, *, said: Said) -> None:
        """取消, with a reason; only what was not carried out.

        Raises UnknownEvacuationError, EvacuationStageError, WordsError, DatabaseError.
        """
        said = checked(said, needed=True)
        with self._on(evacuation_id, said, EvacuationStage.PLANNED) as (transaction, _):
            if transaction is not None:
                transaction.execute("UPDATE evacuation SET stage = 'cancelled' WHERE id = ?", (evacuation_id,))
                self._note(transaction, evacuation_id, _H.CANCELLED, said)

    def lay_down(self, order: EvacuationOrder) -> None:
        """How often, at night, which kinds: from now on, by whom and why. Raises WordsError,
        EvacuationFieldError, DatabaseError."""
        order = checked_order(order)
        with self._database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO evacuation_order (every, boarders, kinds, at_utc_ns, person, why) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    order.every.value,
                    int(order.boarders),
                    "\n".join(order.kinds),
                    self._clock.utc_ns(),
                    order.person,
                    order.why,
                ),
            )
            body = {
                "every": order.every.value,
                "boarders": order.boarders,
                "kinds": list(order.kinds),
                "person": order.person,
                "why": order.why,
            }
            self._audit.append(
                transaction, record_id="evacuation-order", action="evacuation.order_laid_down", body=body
            )

    # ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _fault(
        self,
        transaction: Transaction,
        evacuation: Evacuation,
        mark: Mark,
        fault_id: str,
        owner: str,
        due_utc_ns: int,
        said: Said,
    ) -> Fault:
        writing = Writing(transaction, self._audit)
        return writing.begin(
            rule=replace(writing.rule(HAND), owner=owner),
            source=Source.HAND,
            kind=HAND,
            cause_key=f"evacuation:{evacuation.id}:{mark.point}",
            at_utc_ns=self._clock.utc_ns(),
            fault_id=fault_id,
            title=mark.mend,
            place=f"应急疏散演练 {evacuation.number} 号",
            due=due_utc_ns,
            person=said.person,
            words=said.words,
        )

    @contextmanager
    def _on(
        self, evacuation_id: str, said: Said, *only_in: EvacuationStage
    ) -> Iterator[tuple[Transaction | None, Evacuation]]:
        """The drill inside a transaction; nothing to write with where this very form was taken before."""
        with self._database.transaction() as transaction:
            evacuation = read_evacuation(transaction, evacuation_id)
            if evacuation is None:
                raise UnknownEvacuationError(f"there is no evacuation drill {evacuation_id}")
            known = transaction.row("SELECT 1 FROM evacuation_entry WHERE once_id = ?", (said.form_id,))
            if known is not None:
                yield None, evacuation
                return
            if only_in and evacuation.stage not in only_in:
                raise EvacuationStageError(evacuation.stage)
            yield transaction, evacuation

    def _note(
        self,
        transaction: Transaction,
        evacuation_id: str,
        what: EvacuationHappening,
        said: Said,
        *,
        detail: str = "",
        further: Mapping[str, object] | None = None,
    ) -> int:
        now_utc_ns = self._clock.utc_ns()
        row = transaction.row("SELECT max(number) FROM evacuation_entry WHERE evacuation_id = ?", (evacuation_id,))
        number = int(row[0] or 0) + 1 if row else 1
        transaction.execute(
            "INSERT INTO evacuation_entry (evacuation_id, number, once_id, at_utc_ns, person, what, words, detail) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (evacuation_id, number, said.form_id, now_utc_ns, said.person, what.value, said.words, detail),
        )
        body = {"number": number, "person": said.person, "words": said.words, "detail": detail, "at": str(now_utc_ns)}
        self._audit.append(
            transaction,
            record_id=f"evacuation:{evacuation_id}",
            action=f"evacuation.{what.value}",
            body={**body, **(further or {})},
        )
        told = EvacuationTold(evacuation_id=evacuation_id, step=what.value, entry=number)
        self.journal.append(told, transaction=transaction)
        return number
