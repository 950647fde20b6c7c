"""What every request passes before a page sees it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from foundation.clock import SystemClock
from tests.support.processes import STOP_WITHIN_S
from tests.support.waiting import wait_until
from tests.web.conftest import HOSTILE, small_routes
from web.app import make_app
from web.listener import ServerAddressError, bind
from web.page import Theme
from web.server import PageServer


@pytest.mark.parametrize("path", ["/", "/nowhere", "/broken", "/static/web/face.css"])
def test_every_answer_carries_the_strict_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_pages_are_not_kept_by_a_browser(client: httpx.Client) -> None:
    assert client.get("/").headers["cache-control"] == "no-store"


def test_scripts_may_talk_to_the_named_port_of_this_host_and_to_no_other_host(client: httpx.Client) -> None:
    assert "connect-src 'self' http://127.0.0.1:8090;" in client.get("/").headers["content-security-policy"]
    hostile = client.get("/", headers={"host": "a; script-src *"}).headers["content-security-policy"]
    assert "script-src *" not in hostile


def test_hostile_text_stays_text(client: httpx.Client) -> None:
    shown = client.get("/").text
    assert HOSTILE not in shown
    assert "&lt;script&gt;alert(1)" in shown


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_a_form_from_another_sites_page_is_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    answer = client.post("/form", data={"name": "x"}, headers=headers)
    assert answer.status_code == 403
    assert "没有任何内容被改动" in answer.text


def test_a_form_from_our_own_page_and_a_program_without_a_page_are_taken(client: httpx.Client) -> None:
    own = str(client.base_url).rstrip("/")
    assert client.post("/form", data={"name": "张三"}, headers={"origin": own}).json() == {"name": "张三"}
    assert client.post("/form", data={"name": "张三"}, headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert client.post("/form", data={"name": "张三"}).status_code == 200


def test_a_2_gb_upload_is_refused_before_it_is_sent(server: PageServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as link:
        link.sendall(
            b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nContent-Length: 2000000000\r\n\r\n"
        )
        answer = link.recv(200).decode()
    assert answer.startswith("HTTP/1.1 413")


def test_an_upload_that_hides_its_size_is_cut_off(client: httpx.Client) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 200_000_000:
            sent += 65_536
            yield b"x" * 65_536

    try:
        answer = client.post("/upload", content=endless())
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        pass  # the server hung up while we were still sending
    else:
        assert answer.status_code == 413
    assert sent < 50_000_000


def test_one_path_may_take_more_than_the_others(client: httpx.Client) -> None:
    body = b"x" * 500_000
    assert client.post("/upload", content=body).json() == len(body)
    assert client.post("/count", content=body).status_code == 413


def test_an_error_says_what_to_do_and_never_how_the_box_works(client: httpx.Client) -> None:
    broken = client.get("/broken")
    assert broken.status_code == 500
    assert "报警不受影响" in broken.text
    assert "secret" not in broken.text
    assert "Traceback" not in broken.text
    english = client.get("/broken?lang=en")
    assert "The alarm is not affected" in english.text


def test_a_program_gets_the_same_words_as_json(client: httpx.Client) -> None:
    answer = client.get("/nowhere", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "to_do"}


def test_wrong_input_is_refused_without_echoing_it(client: httpx.Client) -> None:
    answer = client.post("/count", json={"count": HOSTILE})
    assert answer.status_code == 422
    assert "alert(1)" not in answer.text


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_pages_that_would_load_from_outside_are_not_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_language_is_remembered_and_chinese_is_first(client: httpx.Client) -> None:
    assert 'lang="zh-CN"' in client.get("/").text
    assert "Back to the first page" in client.get("/?lang=en").text
    assert "Back to the first page" in client.get("/").text
    assert "返回首页" in client.get("/?lang=zh").text
    assert "返回首页" in client.get("/?lang=xx").text


def test_the_switch_to_the_other_language_keeps_the_rest_of_the_address(client: httpx.Client) -> None:
    assert 'href="?day=3&amp;lang=en"' in client.get("/?day=3").text


def test_a_taken_port_is_said_in_a_sentence(server: PageServer) -> None:
    with pytest.raises(ServerAddressError, match=f"port {server.port} on 127.0.0.1 is taken by another program"):
        bind("127.0.0.1", server.port)


def test_an_address_that_is_not_ours_is_said_in_a_sentence() -> None:
    with pytest.raises(ServerAddressError, match="this box has no address"):
        bind("203.0.113.9", 0)


@pytest.mark.alone
def test_a_live_page_beats_every_second_and_does_not_hold_up_the_end() -> None:
    app = make_app(title="试验", theme=Theme.OFFICE, clock=SystemClock(), routers=(small_routes(),))
    serving = PageServer("ending", app, host="127.0.0.1", port=0)
    serving.start()
    with httpx.Client(base_url=serving.url, trust_env=False) as client, client.stream("GET", "/live") as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data:"))
        begun = time.monotonic()
        beats = [line for _, line in zip(range(3), lines, strict=False)]
        assert len(beats) == 3, beats
        assert time.monotonic() - begun < 4, "two seconds at its pace; at half of it four"
        begun = time.monotonic()
        serving.close()
        assert time.monotonic() - begun < STOP_WITHIN_S
    wait_until(lambda: not serving.alive)


def test_an_answer_does_not_wait_for_the_browser_to_acknowledge_its_head() -> None:
    async def sends_at_once() -> bool:
        connected = asyncio.Event()
        kept: list[asyncio.StreamWriter] = []

        def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            kept.append(writer)
            connected.set()

        listener = bind("127.0.0.1", 0)
        async with await asyncio.start_server(accept, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            await connected.wait()
            no_delay = kept[0].get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            writer.close()
            kept[0].close()
            return bool(no_delay)

    # On a thread of its own: a browser that another test opened keeps an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, sends_at_once()).result()
