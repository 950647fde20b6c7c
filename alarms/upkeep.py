"""What must be told in time: certificates that end, buttons that nobody has tested, room on the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from alarms.drill import Standing, every_of, schedule_of
from alarms.drill_rows import KNOWN_SINCE, InputProof, read_proofs
from alarms.ledger import Ledger, Urgency
from alarms.reserve import Reserve
from config.alarm_input import AlarmInput
from config.line_test import LineTests
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard, Severity
from foundation.sqlite import DatabaseError, Transaction
from uplink.certificate import Certificate

_log = structlog.get_logger("alarms")

_EVERY_S: Final = 600


def certificate_findings(board: FindingBoard, clock: Clock) -> Callable[[str, Certificate | None], None]:
    """Tells of certificates that end; a disk in trouble must not end the watch over them."""

    def tell(path: str, certificate: Certificate | None) -> None:
        subject, kind = f"path:{path}", "uplink.certificate_ending"
        try:
            if certificate is None:
                board.clear(subject, kind)
                return
            left = certificate.days_left(clock.utc_ns())
            severity = Severity.FAILING if left < 0 else Severity.ATTENTION
            days = {"days_over": -left} if left < 0 else {"days_left": left}
            board.open(subject, kind, severity, evidence={"certificate": certificate.name, **days})
        except DatabaseError as error:
            _log.error("a finding could not be kept", path=path, error=str(error))

    return tell


class Upkeep:
    """Looks every ten minutes; called by the watch."""

    def __init__(
        self,
        *,
        inputs: Sequence[AlarmInput],
        line_tests: LineTests | None = None,
        ledger: Ledger,
        reserve: Reserve,
        board: FindingBoard,
        clock: Clock,
    ) -> None:
        self._inputs = inputs
        self._line_tests = line_tests or LineTests()
        self._ledger = ledger
        self._reserve = reserve
        self._board = board
        self._clock = clock
        self._looked_ns: int | None = None
        self._tests: Mapping[str, InputProof] | None = None

    def look(self) -> None:
        """One look if it is time, and the answer to the last question about tests."""
        now_ns = self._clock.running_ns()
        if self._looked_ns is None or now_ns - self._looked_ns >= _EVERY_S * NS_PER_S:
            self._looked_ns = now_ns
            self._keep_room()
            self._ledger.submit(self._read_tests, Urgency.SOON)
        tests, self._tests = self._tests, None
        if tests is not None:
            self._judge_tests(tests)

    def _keep_room(self) -> None:
        subject, kind = "role:gatehouse", "alarm.no_reserve"
        if self._reserve.keep():
            self._board.clear(subject, kind)
        else:
            self._board.open(subject, kind, Severity.FAILING)

    def _read_tests(self, transaction: Transaction) -> None:
        now_s = self._clock.utc_ns() // NS_PER_S
        for item in self._inputs:
            transaction.execute(
                "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                (f"{KNOWN_SINCE}{item.id}", now_s),
            )
        self._tests = read_proofs(transaction, [item.id for item in self._inputs])

    def _judge_tests(self, tests: Mapping[str, InputProof]) -> None:
        for item in self._inputs:
            proof, wished = tests[item.id], item.line_test or self._line_tests
            schedule = schedule_of(
                every_of(wished.every, supervised=item.supervised),
                first_known_utc_ns=proof.first_known_utc_ns,
                proven_utc_ns=proof.proven_utc_ns,
                now_utc_ns=self._clock.utc_ns(),
            )
            subject, kind = f"input:{item.id}", "alarm.input_untested"
            if schedule.standing is Standing.MISSED:
                self._board.open(
                    subject,
                    kind,
                    Severity.ATTENTION,
                    evidence={"supervised": item.supervised, "responsible": wished.responsible},
                )
            else:
                self._board.clear(subject, kind)
