"""Certificates that end are told of 30 days ahead: ours by their files, the broker's own by asking it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from config.broker_path import BrokerPath, BrokerTls
from foundation.clock import ManualClock, SystemClock
from simulator.port import free_port
from tests.support.certificates import Authority, Issued
from tests.support.waiting import WAIT_AT_MOST_S
from uplink.certificate import Certificate, CertificateWatch


@pytest.fixture(autouse=True)
def slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker of this process may be slow to show what it has."""
    monkeypatch.setattr("uplink.certificate._ANSWER_WITHIN_S", WAIT_AT_MOST_S)


@contextmanager
def showing(shown: Issued, port: int) -> Iterator[None]:
    """A broker as far as TLS goes: it shows its certificate and demands one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.key)
    context.load_verify_locations(shown.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", port)) as listener:

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with suppress(OSError), context.wrap_socket(line, server_side=True) as channel:
                    channel.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_whichever_certificate_of_a_line_ends_first_is_told_also_the_brokers_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own, shown = authority.issue("campus", days=100), authority.issue("broker", days=60)
    clock = ManualClock(now_utc_ns=SystemClock().utc_ns())  # after both: they end so many days after a whole second
    port, told = free_port(), list[tuple[str, Certificate | None]]()
    tls = BrokerTls(ca_file=own.ca, certificate_file=own.certificate, key_file=own.key)
    broker = BrokerPath(id="primary", host="127.0.0.1", port=port, tls=tls)
    plain = BrokerPath(id="plain", host="127.0.0.1", port=port, allow_plain_text=True)
    watch = CertificateWatch([broker, plain], clock, told=lambda *said: told.append(said))

    def look() -> tuple[str, int] | None:
        watch.look()
        path, found = told[-1]
        assert path == "primary"
        return None if found is None else (found.name, found.days_left(clock.utc_ns()))

    with showing(shown, port):
        assert look() is None
        clock.advance(days=28)
        assert look() is None, "31 days are more than 30"
        clock.advance(days=3)
        assert look() == (f"127.0.0.1:{port}", 28)
    assert look() == (f"127.0.0.1:{port}", 28), "what it showed is remembered while it is away"
    clock.advance(days=40)
    with showing(authority.issue("renewed", days=400), port):
        assert look() == ("campus.crt", 28)
    clock.advance(days=30)
    assert look() == ("campus.crt", -2)


def test_a_broker_whose_certificate_has_ended_is_still_asked_what_it_shows(tmp_path: Path) -> None:
    authority, clock = Authority(tmp_path), SystemClock()
    own, shown = authority.issue("campus"), authority.issue("broker", days=-3)
    port, told = free_port(), list[Certificate | None]()
    tls = BrokerTls(ca_file=own.ca, certificate_file=own.certificate, key_file=own.key)
    watch = CertificateWatch(
        [BrokerPath(id="primary", host="127.0.0.1", port=port, tls=tls)],
        clock,
        told=lambda _, found: told.append(found),
    )
    with showing(shown, port):
        watch.look()
    (found,) = told
    assert found is not None
    assert found.days_left(clock.utc_ns()) < 0
