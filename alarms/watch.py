"""Looks once a second at paths and alarms, and says what is not as it should be. Never in an alarm's way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from alarms.book import Book
from alarms.escalation import SEND_AGAIN_S, urging
from alarms.path import AlarmPath, PathReport
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Journal
from foundation.proven_time import TimeReading
from foundation.service import Service
from foundation.sqlite import DatabaseError
from uplink.fault import WireError
from uplink.liveness import PathStatus

TICK_S: Final = 1.0
READING_EVERY_S: Final = 600
REFUSED_FOR_S: Final = 3_600
"""A refused message stays a finding for an hour after the last one."""


@dataclass(slots=True)
class _Refusal:
    kind: str
    text: str
    running_ns: int
    count: int


class Watch(Service):
    """Opens and clears the findings of the alarm line; its database writes hold up nobody but itself."""

    def __init__(
        self,
        *,
        campus: str,
        paths: Sequence[AlarmPath],
        book: Book,
        board: FindingBoard,
        journal: Journal,
        clock: Clock,
        further: Sequence[Callable[[], None]] = (),
    ) -> None:
        """`further` are looked at on every tick too; each must return soon."""
        super().__init__("alarm-watch")
        self._campus = campus
        self._paths = paths
        self._book = book
        self._board = board
        self._journal = journal
        self._clock = clock
        self._further = further
        self._lock = threading.Lock()
        self._refusals: dict[str, _Refusal] = {}
        self._trouble: str | None = None
        self._aside: str | None = None
        self._shown: object = None
        self._readings: dict[str, int] = {}

    # ── told by others, at once ────────────────────────────────────────────────────────────────────────────────────
    def refused(self, path: str, error: Exception) -> None:
        """A message that came on a path was forged, foreign, replayed or garbage."""
        kind = error.kind if isinstance(error, WireError) else "foreign_topic"
        with self._lock:
            before = self._refusals.get(path)
            self._refusals[path] = _Refusal(
                kind, str(error)[:200], self._clock.running_ns(), (before.count if before else 0) + 1
            )

    def not_stored(self, trouble: Exception | None) -> None:
        """The alarm database cannot be written; None when it can again."""
        with self._lock:
            self._trouble = str(trouble) if trouble is not None else None

    def replaced(self, aside: str) -> None:
        """The alarm database was damaged; it was moved aside and a new one begun."""
        with self._lock:
            self._aside = aside

    # ── the loop ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _loop(self) -> None:
        while not self.stopping.wait(TICK_S):
            try:
                self.look()
            except DatabaseError as error:
                # The same disk that the alarms lie on may be the trouble; they go out all the same.
                self._log_once(str(error))

    def look(self) -> None:
        """One look at everything."""
        reports = [path.report() for path in self._paths]
        self._show(reports)
        for report in reports:
            self._judge(report)
            self._read_time(report)
        self._say_refusals()
        self._say_trouble()
        for look in self._further:
            look()

    def _show(self, reports: Sequence[PathReport]) -> None:
        now_ns, boot_id = self._clock.running_ns(), self._clock.boot_id()
        shown = (
            [(report.id, report.status, report.loss, report.session.connected) for report in reports],
            [(alarm.id, urging(alarm, now_running_ns=now_ns, boot_id=boot_id)) for alarm in self._book.recent()],
        )
        if shown != self._shown:
            self._shown = shown
            self._book.touch()

    def _judge(self, report: PathReport) -> None:
        subject = f"path:{report.id}"
        if report.status is PathStatus.LOST:
            self._board.open(
                subject,
                "uplink.path_lost",
                Severity.FAILING,
                cause=report.loss,
                evidence={"broker": report.host, "error": report.session.last_error},
            )
        elif report.status is PathStatus.UP:
            self._board.clear(subject, "uplink.path_lost")
        self._switch(
            subject,
            "alarm.no_receipt",
            wrong=report.oldest_unanswered_s is not None and report.oldest_unanswered_s >= SEND_AGAIN_S,
            evidence={"waited_s": round(report.oldest_unanswered_s or 0)},
        )
        acceptance = report.last_acceptance
        self._switch(
            subject,
            "uplink.publish_refused",
            wrong=acceptance is not None and acceptance.refused,
            evidence={"code": acceptance.code if acceptance else 0, "text": acceptance.text if acceptance else ""},
        )

    def _read_time(self, report: PathReport) -> None:
        now_ns = self._clock.running_ns()
        last_ns = self._readings.get(report.id)
        if report.skew is None or report.status is not PathStatus.UP:
            return
        if last_ns is not None and now_ns - last_ns < READING_EVERY_S * NS_PER_S:
            return
        self._readings[report.id] = now_ns
        self._journal.append(
            TimeReading(
                source_kind="center",
                source=f"center-by-{report.id}",
                offset_ns=report.skew.offset_ns,
                asked_utc_ns=self._clock.utc_ns(),
                asked_running_ns=now_ns,
                boot_id=self._clock.boot_id(),
                error_ns=report.skew.error_ns,
            )
        )

    def _say_refusals(self) -> None:
        now_ns = self._clock.running_ns()
        with self._lock:
            refusals = dict(self._refusals)
        for path, refusal in refusals.items():
            fresh = now_ns - refusal.running_ns < REFUSED_FOR_S * NS_PER_S
            self._switch(
                f"path:{path}",
                "uplink.message_refused",
                wrong=fresh,
                cause=refusal.kind,
                evidence={"kind": refusal.kind, "text": refusal.text, "count": refusal.count},
            )
            if not fresh:
                with self._lock:
                    self._refusals.pop(path, None)

    def _say_trouble(self) -> None:
        with self._lock:
            trouble, aside = self._trouble, self._aside
        self._switch(
            f"campus:{self._campus}",
            "alarm.not_stored",
            wrong=trouble is not None,
            evidence={"error": trouble},
            severity=Severity.FAILING,
        )
        if aside is not None:
            # Open until a person has looked at what was moved aside and starts the gatehouse anew.
            self._board.open(
                f"campus:{self._campus}",
                "alarm.database_replaced",
                Severity.FAILING,
                evidence={"moved_to": aside},
            )

    def _switch(
        self,
        subject: str,
        kind: str,
        *,
        wrong: bool,
        evidence: dict[str, str | int | float | bool | None],
        cause: str | None = None,
        severity: Severity = Severity.ATTENTION,
    ) -> None:
        if wrong:
            if not self._board.is_open(subject, kind) or cause is not None:
                self._board.open(subject, kind, severity, evidence=evidence, cause=cause)
        else:
            self._board.clear(subject, kind)

    def _log_once(self, error: str) -> None:
        if error != self._shown:
            self._shown = error
