"""Footage of a real agent: what the recorder writes is played, held and exported by the office, another process."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from functools import partial
from typing import Any

import av
import httpx
import pytest

from foundation.audit import verify_audit
from foundation.clock import SystemClock, beijing
from foundation.sqlite import open_read_only
from storage.query import recordings
from tests.edge_agent.conftest import Agent
from tests.support.waiting import wait_until
from uplink.signature import PinnedKeys, load_key
from web.duty import Duty
from web.people import NewPerson, PeopleBook

pytestmark = pytest.mark.process

PASSWORD = "correct-horse-7-battery"
POINT = "gate-east"
S = 1_000_000_000


def client_of(agent: Agent) -> httpx.Client:
    people = PeopleBook(agent.state / "people.sqlite", SystemClock())
    people.add([NewPerson(login="li", name="李校长", duty=Duty.LEADER, password=PASSWORD)], by="test")
    people.close()
    client = httpx.Client(base_url=f"http://127.0.0.1:{agent.office_port}")
    assert client.post("/login", data={"login": "li", "password": PASSWORD}).status_code == 303
    return client


def recorded_ms(agent: Agent) -> int:
    found = next(each for each in recordings(agent.state / "catalogue.sqlite") if each.point == POINT)
    return (found.last_fragment_ms or 0) - (found.since_ms or 0) if found.state == "recording" else 0


def holds(agent: Agent) -> list[Any]:
    with open_read_only(agent.state / "catalogue.sqlite") as reader:
        return reader.rows("SELECT person, ended_by FROM hold")


def test_the_office_plays_holds_and_exports_what_the_recorder_writes(agent: Agent) -> None:
    agent.start()
    wait_until(lambda: recorded_ms(agent) >= 8_000, what="eight seconds of footage")
    li = client_of(agent)
    now_ns = SystemClock().utc_ns()
    start, end = (beijing(at).strftime("%Y-%m-%dT%H:%M:%S") for at in (now_ns - 300 * S, now_ns))
    form = {"from": start, "to": end, "reason": "核实报警"}
    assert "东门" in li.get("/footage").text

    look = li.post(f"/footage/{POINT}/look", data=form)
    assert look.status_code == 303, look.text
    film = li.get(look.headers["location"].partition("?")[0] + ".mp4")
    assert film.status_code == 200
    file = agent.root / "film.mp4"
    file.write_bytes(film.content)
    with av.open(str(file)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 25

    live = li.post(f"/footage/{POINT}/live", data={"reason": "看秩序"}).headers["location"]
    wait_until(lambda: li.get(f"{live}/tail").status_code == 200, what="live fragments")
    still = partial(li.get, f"/stills/{POINT}.jpg", params={"reason": "看一眼"})
    wait_until(lambda: still().status_code == 200, what="a still, for which a busy machine may need a second try")

    until = (date.today() + timedelta(days=30)).isoformat()
    assert li.post(f"/footage/{POINT}/hold", data={**form, "until": until}).status_code == 303
    wait_until(lambda: holds(agent) == [("李校长（li）", None)], what="the recorder's hold")
    with open_read_only(agent.state / "catalogue.sqlite") as reader:
        ((hold_id,),) = reader.rows("SELECT id FROM hold")
    day = form["from"][:10]
    assert li.post(f"/footage/{POINT}/unhold", data={"day": day, "hold": hold_id, "reason": "结案"}).status_code == 303
    wait_until(lambda: holds(agent) == [("李校长（li）", "李校长（li）")], what="the end of the hold")

    order = li.post("/exports", data={**form, f"point-{POINT}": "yes", "point-corridor-1f": "yes"})
    assert order.status_code == 303, order.text
    folder = agent.state / "exports"

    def ready() -> list[str]:  # while it is being made its folder ends in .part
        return [path.parent.name for path in folder.glob("*/check.html") if not path.parent.suffix]

    [export_id] = wait_until(ready, what="the export")
    manifest = json.loads(li.get(f"/exports/{export_id}/manifest.json").content)
    PinnedKeys.of([load_key(agent.state / "keys" / "campus-ed25519").public_key]).verify(manifest)
    taken = li.get(f"/exports/{export_id}/{POINT}.mp4")
    assert hashlib.sha256(taken.content).hexdigest() == manifest["films"][-1]["sha256"]

    text = li.get("/access", params={"check": "1"}).text
    for word in ("回放", "看实时画面", "看截图", "录像保全", "解除保全", "导出", "下载导出文件", "没有被改动"):
        assert word in text
    verdict = verify_audit(agent.state / "access.sqlite")
    assert verdict.holds
    assert verdict.entries >= 8
