"""A served office over footage that the recorder's own insides wrote, for the tests of the footage pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import APIRouter, Request
from starlette.responses import Response

from alarms.record import AlarmRecord
from config.volume import Volume
from edge_agent.access_log import AccessLog
from edge_agent.exports import ExportDesk
from edge_agent.pages.footage.deps import FootageDeps
from edge_agent.pages.footage.routes import footage_routes
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.picture.still_routes import StillDeps
from edge_agent.pages.picture.still_routes import router as still_routes
from edge_agent.pages.status.model import CampusStatus
from edge_agent.stills.still import Still
from foundation.audit import AuditChain
from foundation.finding import Finding
from foundation.journal import Journal, Tail
from foundation.sqlite import open_read_only
from storage.forecast import VolumeForecast, forecast_volume
from storage.forecasts import read_histories
from storage.full_choice import FullChoices
from storage.holds import Holds
from storage.login_guard import LoginGuard
from storage.mounted import READ_LIMIT_S, Mounted, mounted
from storage.replacement import Replacements
from storage.role import _Heed
from tests.storage.box import Box, play, volume
from uplink.signature import SigningKey
from web.duty import Duty
from web.people import NewPerson, PeopleBook
from web.server import PageServer
from web.stream import events

HOSTILE = "<img src=x onerror=alert(1)>"
PASSWORD = "correct-horse-7-battery"
KEY = SigningKey(bytes(range(32)))
PEOPLE = (
    ("li", "李老师", Duty.SAFETY_OFFICER),
    ("zhao", "赵校长", Duty.LEADER),
    ("shen", "沈审计", Duty.AUDITOR),
    ("wang", "王师傅", Duty.GUARD),
)


@dataclass(slots=True)
class Office:
    """A served office with footage of one point named by an attacker."""

    url: str
    box: Box
    start_ms: int
    log: AccessLog
    desk: ExportDesk
    journal: Journal
    heard: Tail
    folder: Path
    free_bytes: list[int]
    disks: list[Volume] = field(default_factory=list)
    alarms: list[AlarmRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    people: PeopleBook | None = None
    close: Callable[[], None] = lambda: None

    def client(self, login: str = "li") -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"accept": "text/html"})
        assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
        return client

    def token(self, login: str = "li") -> str:
        assert self.people is not None
        return self.people.log_in(login, PASSWORD, address="127.0.0.1")

    def form(self, first_s: float = 0, last_s: float = 100, reason: str = "核实报警") -> dict[str, str]:
        from foundation.clock import beijing

        def text(seconds: float) -> str:
            return beijing(int(self.start_ms + seconds * 1000) * 1_000_000).strftime("%Y-%m-%dT%H:%M:%S")

        return {"from": text(first_s), "to": text(last_s), "reason": reason}

    def look(self, client: httpx.Client, first_s: float = 0, last_s: float = 100) -> str:
        """Begin a look; its page's path."""
        answer = client.post("/footage/gate/look", data=self.form(first_s, last_s))
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).partition("?")[0]


def recorded(box: Box, clip: Path, *, seconds: float = 75, gap_s: float = 20, more_s: float = 10) -> int:
    """75 s over two minute borders, 20 s of nothing, 10 s more; returns when it began."""
    start_ms = box.catalogue.now_ms()
    run = box.run()
    play(run, clip, box.clock, seconds=seconds)
    run.end("stalled")
    box.clock.advance(seconds=gap_s)
    run = box.run()
    play(run, clip, box.clock, seconds=more_s)
    run.end("asked")
    return start_ms


def volumes_of(box: Box) -> list[Mounted]:
    with open_read_only(box.path) as reader:
        return mounted(reader, [volume(box.folder), volume(box.folder, "spare")], limit_s=READ_LIMIT_S)


def no_alarms() -> APIRouter:
    """What the bar on every office page asks for; nobody presses here."""
    routes = APIRouter()

    @routes.get("/api/alarms/calls")
    async def calls(request: Request) -> Response:
        return events(request, lambda: "[]", every_s=1.0)

    return routes


def box_forecasts(box: Box, disks: Sequence[Volume]) -> list[VolumeForecast]:
    """What a disk of 100 GB could keep of this."""
    with open_read_only(box.path) as reader:
        histories = read_histories(reader, 1, {"gate"})
    now_hour = box.catalogue.now_ms() // 3_600_000
    return [forecast_volume(disk.id, capacity_bytes=10**11, histories=histories, now_hour=now_hour) for disk in disks]


def serve(
    box: Box,
    start_ms: int,
    folder: Path,
    *,
    still: Callable[..., Still] | None = None,
) -> Office:
    """Start the office's pages."""
    clock = box.clock
    people = PeopleBook(folder / "people.sqlite", clock)
    if people.is_empty():
        people.add([NewPerson(login=a, name=b, duty=c, password=PASSWORD) for a, b, c in PEOPLE], by="test")
    log = AccessLog(folder / "access.sqlite", clock)
    journal = Journal.open(folder / "office.sqlite", clock)
    free_bytes = [10**12]
    desk = ExportDesk(
        log=log,
        folder=folder / "exports",
        catalogue=box.path,
        volumes=lambda: volumes_of(box),
        names=lambda point: HOSTILE,
        campus_name="示范小学",
        signing_key=KEY,
        clock=clock,
        free_bytes=lambda path: free_bytes[0],
    )
    holds = Holds(box.catalogue, AuditChain(clock))
    disks = [volume(box.folder)]
    chosen = FullChoices(box.catalogue, AuditChain(clock), box.findings, disks)
    replaced = Replacements(box.catalogue, AuditChain(clock))
    heed = _Heed(box.catalogue, holds, chosen, replaced, box.shelf, LoginGuard(clock, lambda device: True))
    heard = Tail(journal.database.path, Journal(box.catalogue.database, clock), heed)
    alarms: list[AlarmRecord] = []
    findings: list[Finding] = []

    def between(start_ns: int, end_ns: int) -> Sequence[AlarmRecord]:
        return [alarm for alarm in alarms if start_ns <= alarm.pressed_utc_ns < end_ns]

    deps = FootageDeps(
        clock=clock,
        points=lambda: {"gate": HOSTILE},
        catalogue=box.path,
        volumes=lambda: volumes_of(box),
        alarms=between,
        findings=lambda point, start, end: findings,
        log=log,
        desk=desk,
        journal=journal,
        disks=disks,
        forecasts=lambda: box_forecasts(box, disks),
        people=people,
    )
    further = [*footage_routes(deps), no_alarms()]
    if still is not None:
        further.append(still_routes(StillDeps(still=still, looked=deps.looked)))
    app = office_app(
        OfficeDeps(
            clock=clock,
            campus_name="示范小学",
            status=lambda: CampusStatus(campus_id="x", campus_name="x", taken_at_utc_ns=0),
            people=people,
            further=further,
        )
    )
    server = PageServer("office-pages", app, host="127.0.0.1", port=0)
    server.start()

    def close() -> None:
        server.close()
        desk.close()
        for each in (log, people, journal.database):
            each.close()

    return Office(
        url=server.url,
        box=box,
        start_ms=start_ms,
        log=log,
        desk=desk,
        journal=journal,
        heard=heard,
        folder=folder,
        free_bytes=free_bytes,
        disks=disks,
        alarms=alarms,
        findings=findings,
        people=people,
        close=close,
    )
