"""/stills/POINT.jpg: the picture with its time, each look written down, every reason a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from edge_agent.pages.picture.still_routes import StillDeps, router
from edge_agent.stills import still as reasons
from edge_agent.stills.still import Still, StillError, StillSource
from foundation.clock import SystemClock, utc_ns_of
from foundation.log import configure_log
from web.app import make_app
from web.page import Theme
from web.server import PageServer

SHOWS_NS = utc_ns_of(datetime.fromisoformat("2026-11-20T23:41:20+00:00"))
JPEG = b"\xff\xd8\xff picture \xff\xd9"


@dataclass
class Fake:
    """Stills that the test decides on."""

    asked: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    looks: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None
    log_error: Exception | None = None

    def still(self, point_id: str, at_utc_ns: int | None = None, *, largest_px: int | None = None) -> Still:
        self.asked.append((point_id, at_utc_ns, largest_px))
        if self.error is not None:
            raise self.error
        return Still(jpeg=JPEG, shows_utc_ns=SHOWS_NS, age_s=3.25, source=StillSource.FOOTAGE)

    def looked(self, **look: Any) -> None:
        if self.log_error is not None:
            raise self.log_error
        self.looks.append(look)


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def client(fake: Fake) -> Iterator[httpx.Client]:
    configure_log("test")
    deps = StillDeps(still=fake.still, looked=fake.looked, nobody="值班保安")
    app = make_app(title="试验", theme=Theme.OFFICE, clock=SystemClock(), routers=(router(deps),))
    server = PageServer("stills", app, host="127.0.0.1", port=0)
    server.start()
    with httpx.Client(base_url=server.url, trust_env=False) as opened:
        yield opened
    server.close()


def test_a_picture_comes_with_the_time_it_shows_and_is_kept_by_nobody(client: httpx.Client, fake: Fake) -> None:
    answer = client.get("/stills/gate-east.jpg")
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-shows-at"] == "2026-11-20T23:41:20.000000Z"
    assert answer.headers["x-age-s"] == "3.2"
    assert answer.headers["x-still-source"] == "footage"
    assert answer.headers["cache-control"] == "no-store"
    assert fake.asked == [("gate-east", None, None)]


def test_each_look_is_written_down_with_what_was_shown(client: httpx.Client, fake: Fake) -> None:
    client.get("/stills/gate.jpg", params={"reason": "家长报失"})
    assert fake.looks == [{"person": "值班保安", "point": "gate", "at_utc_ns": SHOWS_NS, "reason": "家长报失"}]


def test_what_cannot_be_written_down_is_not_shown(client: httpx.Client, fake: Fake) -> None:
    fake.log_error = OSError("disk full")
    answer = client.get("/stills/gate.jpg")
    assert answer.status_code == 500
    assert JPEG not in answer.content


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-21T07:41:20",
        "2026-11-21 07:41:20",
        "2026-11-21T07:41:20+08:00",
        "2026-11-20T23:41:20Z",
        "1795218080000",
    ],
)
@pytest.mark.parametrize("quoted", [True, False])
def test_an_instant_may_be_written_in_several_ways(client: httpx.Client, fake: Fake, at: str, quoted: bool) -> None:
    if quoted:
        client.get("/stills/gate.jpg", params={"at": at})
    else:
        client.get(f"/stills/gate.jpg?at={at}")
    assert fake.asked == [("gate", SHOWS_NS, None)]


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01", "٣", "9" * 30, "'; --", "0001-01-01T00:00:00+14:00x"])
def test_an_instant_that_is_none_is_refused(client: httpx.Client, fake: Fake, at: str) -> None:
    answer = client.get("/stills/gate.jpg", params={"at": at})
    assert answer.status_code == 422
    assert fake.asked == []


@pytest.mark.parametrize("largest", ["0", "-1", "99999", "x"])
def test_a_size_out_of_bounds_is_refused(client: httpx.Client, fake: Fake, largest: str) -> None:
    assert client.get("/stills/gate.jpg", params={"largest": largest}).status_code == 422
    assert fake.asked == []


def every_reason() -> list[type[StillError]]:
    return [kind for kind in vars(reasons).values() if isinstance(kind, type) and issubclass(kind, StillError)][1:]


@pytest.mark.parametrize("kind", every_reason(), ids=lambda kind: kind.__name__)
def test_every_reason_why_there_is_no_still_is_a_sentence(
    client: httpx.Client, fake: Fake, kind: Callable[[str], StillError]
) -> None:
    fake.error = kind("admin:secret@10.0.0.5")
    answer = client.get("/stills/gate.jpg")
    assert answer.status_code in (404, 503)
    assert answer.json()["error"]
    assert answer.json()["to_do"]
    assert "secret" not in answer.text
    assert fake.looks == []
