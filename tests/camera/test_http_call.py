"""A camera cannot hold us up, fill our memory or lead us astray by HTTP."""

from __future__ import annotations

import socket
import threading
import time
import tracemalloc

import pytest

from camera.device_error import Garbled, Unreachable
from camera.http_call import Limits, call
from camera.http_digest import DigestHttp
from camera.login import Login
from foundation.clock import SystemClock
from simulator.port import free_port
from tests.camera.raw_server import (
    ROOMY,
    RawServer,
    Script,
    dripping,
    dripping_head,
    endless,
    http_answer,
    mute,
    read_request,
    saying,
)
from tests.support.waiting import WAIT_AT_MOST_S

QUICK = Limits(connect_s=0.5, call_s=0.6)


@pytest.mark.parametrize("script", [mute, dripping, dripping_head], ids=lambda script: script.__name__)
def test_a_device_that_stays_silent_or_drips_costs_only_the_time_allowed(script: Script) -> None:
    with RawServer(script) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"within 0\.6 s"):
            call("GET", server.url, clock=SystemClock(), limits=QUICK)
        assert time.monotonic() - began < WAIT_AT_MOST_S, "it would drip for ever"


def test_an_endless_answer_is_cut_off_before_it_fills_memory() -> None:
    with RawServer(endless) as server:
        tracemalloc.start()
        with pytest.raises(Garbled, match="more than 200000 bytes"):
            call("GET", server.url, clock=SystemClock(), limits=ROOMY)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 3_000_000  # the test's own server is in this figure too


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="refused"):
        call("GET", f"http://127.0.0.1:{free_port()}/", clock=SystemClock(), limits=ROOMY)


def test_a_connection_closed_without_a_word_is_unreachable() -> None:
    def hang_up(peer: socket.socket, ending: threading.Event) -> None:
        read_request(peer)

    with RawServer(hang_up) as server, pytest.raises(Unreachable):
        call("GET", server.url, clock=SystemClock(), limits=ROOMY)


def test_half_an_answer_is_no_answer() -> None:
    def half(peer: socket.socket, ending: threading.Event) -> None:
        read_request(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")

    with RawServer(half) as server, pytest.raises(Unreachable, match="in the middle"):
        call("GET", server.url, clock=SystemClock(), limits=ROOMY)


def test_something_that_does_not_speak_http_is_garbled() -> None:
    def ssh(peer: socket.socket, ending: threading.Event) -> None:
        peer.sendall(b"SSH-2.0-dropbear\r\n")

    with RawServer(ssh) as server, pytest.raises(Garbled, match="does not speak HTTP"):
        call("GET", server.url, clock=SystemClock(), limits=ROOMY)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http:///x", "http://127.0.0.1:99999999/", "nonsense"])
def test_an_address_that_is_none_is_garbled_and_never_an_unknown_error(url: str) -> None:
    with pytest.raises(Garbled):
        call("GET", url, clock=SystemClock(), limits=ROOMY)


def test_a_redirect_is_not_followed() -> None:
    with RawServer(mute) as elsewhere:
        redirect = saying(b"", status="302 Found", headers=f"Location: {elsewhere.url}\r\n")
        with RawServer(redirect) as server:
            assert call("GET", server.url, clock=SystemClock(), limits=ROOMY).status == 302
        assert elsewhere.connections == 0


class DigestDoor:
    """A server with HTTP Digest log-in, written from RFC 7616 for the tests."""

    def __init__(self, password: str, *, algorithm: str = "MD5", nonce_lives: int = 100) -> None:
        self.password = password
        self.algorithm = algorithm
        self.nonce_lives = nonce_lives
        self.nonce = 0
        self.uses = 0
        self.tries = 0

    def __call__(self, peer: socket.socket, ending: threading.Event) -> None:
        line, headers, _ = read_request(peer)
        method, target, _ = line.split(" ")
        given = headers.get("authorization")
        if given is not None:
            self.tries += 1
        verdict = self.judge(method, target, given)
        if verdict == "in":
            peer.sendall(http_answer(b"welcome"))
            return
        self.nonce, self.uses = self.nonce + 1, 0
        stale = ", stale=true" if verdict == "stale" else ""
        challenge = f'Digest realm="cam, era", nonce="n{self.nonce}", qop="auth", algorithm={self.algorithm}{stale}'
        peer.sendall(http_answer(b"", status="401 No", headers=f"WWW-Authenticate: {challenge}\r\n"))

    def judge(self, method: str, target: str, given: str | None) -> str:
        if given is None:
            return "out"
        from urllib.request import parse_http_list, parse_keqv_list

        fields = parse_keqv_list(parse_http_list(given.removeprefix("Digest ")))
        if fields["nonce"] != f"n{self.nonce}" or self.uses >= self.nonce_lives:
            return "stale"
        self.uses += 1
        import hashlib

        name = {"MD5": "md5", "SHA-256": "sha256"}[self.algorithm]

        def digest(text: str) -> str:
            return hashlib.new(name, text.encode()).hexdigest()

        a1, a2 = digest(f"admin:cam, era:{self.password}"), digest(f"{method}:{target}")
        wanted = digest(f"{a1}:{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:auth:{a2}")
        return "in" if fields["response"] == wanted and int(fields["nc"], 16) == self.uses else "out"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_logs_in_and_then_reuses_the_nonce(algorithm: str) -> None:
    door = DigestDoor("s3cret", algorithm=algorithm)
    with RawServer(door) as server:
        http = DigestHttp(Login("admin", "s3cret"), SystemClock())
        assert [http.send("GET", server.url, limits=ROOMY).body for _ in range(3)] == [b"welcome"] * 3
        assert server.connections == 4  # one challenge, then straight in


def test_a_nonce_grown_old_is_not_a_refused_log_in() -> None:
    door = DigestDoor("s3cret", nonce_lives=1)
    with RawServer(door) as server:
        http = DigestHttp(Login("admin", "s3cret"), SystemClock())
        assert [http.send("GET", server.url, limits=ROOMY).status for _ in range(3)] == [200] * 3


def test_a_wrong_password_is_tried_once_and_no_more() -> None:
    door = DigestDoor("s3cret")
    with RawServer(door) as server:
        http = DigestHttp(Login("admin", "wrong"), SystemClock())
        assert http.send("GET", server.url, limits=ROOMY).status == 401
        assert door.tries == 1


def test_without_permission_to_log_in_no_password_is_sent() -> None:
    door = DigestDoor("s3cret")
    with RawServer(door) as server:
        http = DigestHttp(Login("admin", "s3cret"), SystemClock())
        assert http.send("GET", server.url, limits=ROOMY, log_in=False).status == 401
        assert door.tries == 0
