"""When the certificates of the lines to the brokers end (证书到期), ours and the brokers' own, found 30 days ahead."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from config.broker_path import BrokerPath, BrokerTls
from foundation.clock import NS_PER_S, Clock, utc_ns_of
from foundation.service import Service

_log = structlog.get_logger("uplink")

TELL_BEFORE_DAYS: Final = 30
_DAY_NS: Final = 86_400 * NS_PER_S
_FIRST_AFTER_S: Final = 20.0
"""A start is an alarm's delay, and no certificate ends within these seconds that did not end before."""
_EVERY_S: Final = 3_600.0
_ANSWER_WITHIN_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate's end."""

    name: str
    """Its file, or HOST:PORT for the one that the broker shows."""
    ends_utc_ns: int

    def days_left(self, now_utc_ns: int) -> int:
        """Whole days until then; negative when it is over."""
        return (self.ends_utc_ns - now_utc_ns) // _DAY_NS

    def ends_soon(self, now_utc_ns: int) -> bool:
        """Whether it is time to tell."""
        return self.days_left(now_utc_ns) <= TELL_BEFORE_DAYS


def read_certificate(file: Path) -> Certificate | None:
    """A PEM file; None if it cannot be read as a certificate: then its line does not stand, and that is said."""
    from cryptography import x509  # late: no start waits for it

    try:
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
    return Certificate(file.name, utc_ns_of(ends))


def ask_broker(broker: BrokerPath, tls: BrokerTls) -> Certificate | None:
    """The certificate that a broker shows, also one that has ended; None if it shows none now.

    Only its end is read: whom to trust is decided by the session, not here.
    """
    from cryptography import x509  # late: as above

    source = (broker.bind_address, 0) if broker.bind_address else None
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(str(tls.certificate_file), str(tls.key_file))
        with (
            socket.create_connection((broker.host, broker.port), _ANSWER_WITHIN_S, source) as line,
            context.wrap_socket(line, server_hostname=broker.host) as channel,
        ):
            shown = channel.getpeercert(binary_form=True)
    except OSError as error:  # ssl.SSLError too
        _log.info("a broker did not show its certificate", broker=broker.id, error=str(error))
        return None
    if shown is None:
        return None
    try:
        ends = x509.load_der_x509_certificate(shown).not_valid_after_utc
    except ValueError as error:  # stricter than what OpenSSL lets pass
        _log.info("a broker's certificate cannot be read", broker=broker.id, error=str(error))
        return None
    return Certificate(f"{broker.host}:{broker.port}", utc_ns_of(ends))


class CertificateWatch(Service):
    """Looks every hour; both ends run it, each for its own lines."""

    def __init__(
        self, brokers: Sequence[BrokerPath], clock: Clock, *, told: Callable[[str, Certificate | None], None]
    ) -> None:
        """`told(broker id, certificate)`: after each look the first to end, if it ends within 30 days, else None."""
        super().__init__("certificate-watch")
        self._brokers = brokers
        self._clock = clock
        self._told = told
        self._shown: dict[str, Certificate] = {}

    def _loop(self) -> None:
        wait_s = _FIRST_AFTER_S
        while not self.stopping.wait(wait_s):
            self.look()
            wait_s = _EVERY_S

    def look(self) -> None:
        """One look at every line that has certificates."""
        for broker in self._brokers:
            if broker.tls is None or self.stopping.is_set():
                continue
            shown = ask_broker(broker, broker.tls)
            if shown is not None:
                self._shown[broker.id] = shown
            files = (broker.tls.certificate_file, broker.tls.ca_file)
            found = [read for file in files if (read := read_certificate(file)) is not None]
            found += [self._shown[broker.id]] if broker.id in self._shown else []
            first = min(found, key=lambda certificate: certificate.ends_utc_ns, default=None)
            soon = first is not None and first.ends_soon(self._clock.utc_ns())
            self._told(broker.id, first if soon else None)
