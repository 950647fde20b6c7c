"""What must be told in time: certificates that end, buttons that nobody has tested, room on the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

from alarms.drill import Standing, every_of, schedule_of
from alarms.drill_rows import KNOWN_SINCE, InputProof, read_proofs
from alarms.ledger import Ledger, Urgency
from alarms.reserve import Reserve
from config.alarm_input import AlarmInput
from config.broker_path import BrokerPath
from config.line_test import LineTests
from foundation.clock import NS_PER_S, Clock, utc_ns_of
from foundation.finding import FindingBoard, Severity
from foundation.sqlite import Transaction

DAY_NS: Final = 86_400 * NS_PER_S
TELL_BEFORE_DAYS: Final = 30
"""A certificate's end is a finding this long before."""
_EVERY_S: Final = 600


@dataclass(frozen=True, slots=True)
class Certificate:
    """When a certificate file's validity ends."""

    file: Path
    ends_utc_ns: int

    @staticmethod
    def read(file: Path) -> Certificate | None:
        """None if it cannot be read as a certificate."""
        try:
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
        except (OSError, ValueError):
            return None
        return Certificate(file, utc_ns_of(certificate.not_valid_after_utc))


def days_left(ends_utc_ns: int, now_utc_ns: int) -> int:
    """Whole days until then; negative when it is over."""
    return (ends_utc_ns - now_utc_ns) // DAY_NS


class Upkeep:
    """Looks every ten minutes; called by the watch."""

    def __init__(
        self,
        *,
        inputs: Sequence[AlarmInput],
        line_tests: LineTests | None = None,
        brokers: Sequence[BrokerPath],
        ledger: Ledger,
        reserve: Reserve,
        board: FindingBoard,
        clock: Clock,
    ) -> None:
        self._inputs = inputs
        self._line_tests = line_tests or LineTests()
        self._brokers = brokers
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
            for broker in self._brokers:
                self._judge_certificates(broker)
            self._keep_room()
            self._ledger.submit(self._read_tests, Urgency.SOON)
        tests, self._tests = self._tests, None
        if tests is not None:
            self._judge_tests(tests)

    def _judge_certificates(self, broker: BrokerPath) -> None:
        subject, kind = f"path:{broker.id}", "uplink.certificate_ending"
        if broker.tls is None:
            return
        files = (broker.tls.certificate_file, broker.tls.ca_file)
        read = [found for file in files if (found := Certificate.read(file)) is not None]
        if not read:
            return  # a file that cannot be read is a lost path, and said there
        first = min(read, key=lambda certificate: certificate.ends_utc_ns)
        left = days_left(first.ends_utc_ns, self._clock.utc_ns())
        if left > TELL_BEFORE_DAYS:
            self._board.clear(subject, kind)
        else:
            severity = Severity.FAILING if left < 0 else Severity.ATTENTION
            self._board.open(subject, kind, severity, evidence={"file": first.file.name, "days_left": left})

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
