"""The fault ledger (隐患台账): the only writer of safety.sqlite. What it has answered is on the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from foundation.audit import AUDIT_SQL, AuditChain
from foundation.clock import Clock
from foundation.finding import FindingCleared, FindingOpened
from foundation.journal import JOURNAL_SQL, Entry, Journal
from foundation.sqlite import Database, Schema, Transaction
from safety import hearing
from safety.facts import NoticeAnswered, NoticeReceived
from safety.fault import Fault, Happening, Source
from safety.grade import Grade, Stage
from safety.query import read_fault
from safety.rule import DEFAULT_RULES, HAND, Rule
from safety.writing import Writing

SCHEMA: Final = Schema.load(
    "safety",
    JOURNAL_SQL,
    AUDIT_SQL,
    ("safety", "schema.sql"),
    ("safety", "incident.sql"),
    ("safety", "evacuation.sql"),
)
WORDS_LIMIT: Final = 1_000
_SHORT_LIMIT: Final = 100
_HEARD: Final = (FindingOpened.kind, FindingCleared.kind, NoticeReceived.kind)


class FaultError(Exception):
    """Something cannot be done to a fault; nothing was changed."""


class UnknownFaultError(FaultError):
    """There is no such fault."""


class WrongStageError(FaultError):
    """The fault is not in a stage that allows this: somebody else was faster, or a step is missing."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(f"the fault is {stage}")
        self.stage = stage


class StillMeasuredError(FaultError):
    """A person cannot find right what the agent still measures as wrong."""


class WordsError(FaultError):
    """What was written is missing or too long; `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is missing or too long")
        self.field = field


class FaultLedger:
    """Writes faults. Each call is one transaction: rows, history, audit entry and fact, committed before it returns."""

    def __init__(
        self, path: Path, clock: Clock, *, device_of: Callable[[str], str | None] = lambda _subject: None
    ) -> None:
        """`device_of` names the device of a finding's subject ('point:gate-east' → 'nvr-1'). Raises DatabaseError."""
        self._clock = clock
        self._device_of = device_of
        self._database = Database(path, SCHEMA)
        self._audit = AuditChain(clock)
        self.journal = Journal(self._database, clock)
        self._fill_rules()

    @property
    def path(self) -> Path:
        """The file, for the query functions."""
        return self._database.path

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # ── what other roles tell ──────────────────────────────────────────────────────────────────────────────────────
    def take(self, entry: Entry) -> None:
        """Act on a fact of any role's journal, exactly once however often it is handed over.

        The cursor moves in the same transaction as the rows, so a kill between the two cannot happen. Raises
        UnreadableFactError, DatabaseError.
        """
        if entry.kind not in _HEARD:
            return
        with self._writing() as writing:
            cursor = writing.transaction.row("SELECT seq FROM cursor WHERE journal = ?", (entry.journal,))
            if cursor is not None and entry.seq <= int(cursor[0]):
                return
            if entry.kind == FindingOpened.kind:
                finding = entry.read(FindingOpened).finding
                hearing.opened(writing, entry.journal, finding, entry.at_utc_ns, self._device_of)
            elif entry.kind == FindingCleared.kind:
                hearing.cleared(writing, entry.read(FindingCleared).finding.id, entry.at_utc_ns)
            else:
                hearing.notice(writing, entry.read(NoticeReceived), entry.at_utc_ns)
            writing.transaction.execute(
                "INSERT INTO cursor (journal, seq) VALUES (?1, ?2) ON CONFLICT (journal) DO UPDATE SET seq = ?2",
                (entry.journal, entry.seq),
            )

    def let_go(self, role: str, open_ids: Set[str]) -> int:
        """Clear findings that a role no longer has, though it never said so: its journal was lost or replaced.

        Returns how many.
        """
        with self._writing() as writing:
            rows = writing.transaction.rows(
                "SELECT finding_id FROM fault_finding WHERE role = ? AND cleared_utc_ns IS NULL", (role,)
            )
            gone = [identity for (identity,) in rows if identity not in open_ids]
            for identity in gone:
                hearing.cleared(writing, identity, self._clock.utc_ns())
            return len(gone)

    def hear_anew(self, role: str) -> None:
        """Read a role's journal from its beginning: it was replaced. What is known of it changes nothing again."""
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM cursor WHERE journal = ?", (role,))

    # ── what persons do ────────────────────────────────────────────────────────────────────────────────────────────
    def write_down(self, *, fault_id: str, title: str, place: str, grade: Grade, words: str, person: str) -> Fault:
        """A fault seen by a person (人工登记). The same id again changes nothing. Raises WordsError, DatabaseError."""
        title, place = _short(title, "title"), _short(place, "place")
        words = _words(words, needed=False)
        with self._writing() as writing:
            known = read_fault(writing.transaction, fault_id)
            return known or writing.begin(
                rule=writing.rule(HAND),
                source=Source.HAND,
                kind=HAND,
                cause_key=f"hand:{fault_id}",
                at_utc_ns=self._clock.utc_ns(),
                fault_id=fault_id,
                title=title,
                place=place,
                grade=grade,
                person=_short(person, "person"),
                words=words,
            )

    def assign(self, fault_id: str, *, owner: str, due_utc_ns: int | None, person: str, words: str = "") -> None:
        """责任人 and 整改期限. Raises UnknownFaultError, WrongStageError, WordsError, DatabaseError."""
        owner, words = _short(owner, "owner"), _words(words, needed=False)
        with self._on(fault_id, person, not_in=(Stage.CLOSED,)) as (writing, fault):
            due = fault.due_utc_ns if due_utc_ns is None else due_utc_ns
            if (owner, due) == (fault.owner, fault.due_utc_ns):
                return
            writing.set(fault_id, "owner", owner)
            writing.set(fault_id, "due_utc_ns", due)
            self._note(writing, fault, Happening.ASSIGNED, person, words, detail=owner)

    def regrade(self, fault_id: str, *, grade: Grade, person: str, words: str) -> None:
        """定级 by a person. Raises UnknownFaultError, WrongStageError, WordsError, DatabaseError."""
        words = _words(words)
        with self._on(fault_id, person, not_in=(Stage.CLOSED,)) as (writing, fault):
            if grade is not fault.grade:
                writing.set(fault_id, "grade", grade.value)
                self._note(writing, fault, Happening.GRADED, person, words, detail=grade.value)

    def repair(self, fault_id: str, *, person: str, words: str) -> None:
        """整改: what was done. Raises UnknownFaultError, WrongStageError, WordsError, DatabaseError."""
        self._step(fault_id, Stage.OPEN, Stage.REPAIRED, Happening.REPAIRED, person, words)

    def recheck(self, fault_id: str, *, passed: bool, person: str, words: str) -> None:
        """复查 by a person.

        Raises StillMeasuredError, UnknownFaultError, WrongStageError, WordsError, DatabaseError.
        """
        words = _words(words)
        with self._on(fault_id, person, not_in=(Stage.CLOSED, Stage.RECHECKED)) as (writing, fault):
            if passed and fault.measured_wrong:
                raise StillMeasuredError(f"{fault.measured_wrong} findings of fault {fault.number} are still open")
            writing.move(fault, Stage.RECHECKED if passed else Stage.OPEN, self._clock.utc_ns())
            what = Happening.RECHECKED if passed else Happening.RECHECK_FAILED
            self._note(writing, fault, what, person, words)

    def close_fault(self, fault_id: str, *, person: str, words: str) -> None:
        """销账, only after a re-check; a notice of the district is answered with the same words.

        Raises UnknownFaultError, WrongStageError, WordsError, DatabaseError.
        """
        words = _words(words)
        with self._on(fault_id, person, only_in=Stage.RECHECKED) as (writing, fault):
            writing.move(fault, Stage.CLOSED, self._clock.utc_ns())
            self._note(writing, fault, Happening.CLOSED, person, words)
            self._answer(writing, fault, person, words, final=True)

    def reopen(self, fault_id: str, *, person: str, words: str) -> None:
        """Open a closed fault again. Raises UnknownFaultError, WrongStageError, WordsError, DatabaseError."""
        words = _words(words)
        with self._on(fault_id, person, only_in=Stage.CLOSED) as (writing, fault):
            writing.reopen(fault, writing.rule(fault.kind), self._clock.utc_ns(), person=person, words=words)
            self._answer(writing, fault, person, words, final=False)

    def look(self, fault_id: str, *, person: str, words: str) -> None:
        """Sign a look at a fault (巡查签字). Raises UnknownFaultError, WrongStageError, WordsError, DatabaseError."""
        words = _words(words)
        with self._on(fault_id, person, not_in=(Stage.CLOSED,)) as (writing, fault):
            self._note(writing, fault, Happening.LOOKED, person, words)

    def reply(self, fault_id: str, *, person: str, words: str) -> None:
        """A word to the district before the closing. Raises UnknownFaultError, WrongStageError, WordsError,
        DatabaseError."""
        words = _words(words)
        with self._on(fault_id, person) as (writing, fault):
            if fault.source is not Source.NOTICE:
                raise WrongStageError(fault.stage)
            self._note(writing, fault, Happening.REPLIED, person, words)
            self._answer(writing, fault, person, words, final=False)

    def add_photo(self, fault_id: str, *, sha256: str, size_bytes: int, person: str) -> None:
        """A photo that lies in photos/ already; the same one again changes nothing. Raises UnknownFaultError,
        DatabaseError."""
        with self._on(fault_id, person) as (writing, fault):
            known = writing.transaction.row("SELECT 1 FROM photo WHERE fault_id = ? AND sha256 = ?", (fault_id, sha256))
            if known is None:
                number = self._note(writing, fault, Happening.PHOTOGRAPHED, person, "", detail=sha256)
                writing.transaction.execute(
                    "INSERT INTO photo (fault_id, sha256, entry, size_bytes) VALUES (?, ?, ?, ?)",
                    (fault_id, sha256, number, size_bytes),
                )

    def edit_rule(self, rule: Rule, *, person: str) -> None:
        """Write a rule anew; audited. It counts from the next finding on. Raises WordsError, DatabaseError."""
        if not 0 < rule.due_h <= 24 * 366 or not 0 <= rule.reopen_h <= 24 * 366:
            raise WordsError("due_h")
        _short(rule.owner, "owner")
        with self._writing() as writing:
            writing.put_rule(rule, _short(person, "person"))

    # ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _step(self, fault_id: str, before: Stage, after: Stage, what: Happening, person: str, words: str) -> None:
        words = _words(words)
        with self._on(fault_id, person, only_in=before) as (writing, fault):
            writing.move(fault, after, self._clock.utc_ns())
            self._note(writing, fault, what, person, words)

    def _note(
        self, writing: Writing, fault: Fault, what: Happening, person: str, words: str, *, detail: str = ""
    ) -> int:
        return writing.note(fault.id, what, self._clock.utc_ns(), person=person, words=words, detail=detail)

    def _answer(self, writing: Writing, fault: Fault, person: str, words: str, *, final: bool) -> None:
        notice = writing.transaction.row("SELECT number, command_id FROM notice WHERE fault_id = ?", (fault.id,))
        if notice is None:
            return
        writing.transaction.execute(
            "UPDATE notice SET answered_utc_ns = ? WHERE fault_id = ?",
            (self._clock.utc_ns() if final else None, fault.id),
        )
        told = NoticeAnswered(
            number=notice[0],
            command_id=notice[1],
            final=final,
            text=words,
            person=person,
            fault_number=fault.number,
        )
        self.journal.append(told, transaction=writing.transaction)

    @contextmanager
    def _on(
        self, fault_id: str, person: str, *, only_in: Stage | None = None, not_in: tuple[Stage, ...] = ()
    ) -> Iterator[tuple[Writing, Fault]]:
        _short(person, "person")
        with self._writing() as writing:
            fault = read_fault(writing.transaction, fault_id)
            if fault is None:
                raise UnknownFaultError(f"there is no fault {fault_id}")
            if fault.stage in not_in or (only_in is not None and fault.stage is not only_in):
                raise WrongStageError(fault.stage)
            yield writing, fault

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self._database.transaction() as transaction:
            yield Writing(transaction, self._audit)

    def _fill_rules(self) -> None:
        with self._writing() as writing:
            transaction: Transaction = writing.transaction
            edited = {kind for (kind,) in transaction.rows("SELECT kind FROM rule WHERE edited_by <> ''")}
            for rule in DEFAULT_RULES:
                if rule.kind not in edited:
                    writing.put_rule(rule, "")


def _words(text: str, *, needed: bool = True) -> str:
    text = text.strip()
    if (needed and not text) or len(text) > WORDS_LIMIT:
        raise WordsError("words")
    return text


def _short(text: str, field: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= _SHORT_LIMIT:
        raise WordsError(field)
    return text
