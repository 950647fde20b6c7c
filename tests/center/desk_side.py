"""A desk as the pages' tests use it: the real server and database, without brokers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy.engine import URL

from center.answering import Answering
from center.database import CenterDatabase
from center.desks import Desks
from center.intake import Intake, Taken
from center.pages import make_center_app
from center.paths import Paths
from center.screens import Screens
from center.version import Version
from center.voice import Voice
from foundation.clock import SystemClock
from tests.center.campus_side import School
from tests.center.conftest import enrol_school
from uplink.certificate import Certificate
from uplink.event import Message
from uplink.session import SessionState
from uplink.signature import SigningKey
from web.people import PeopleBook
from web.server import PageServer


@dataclass(slots=True)
class FakeSession:
    """A broker connection whose state the test sets."""

    state: SessionState


@dataclass(slots=True)
class Desk:
    """A served desk with one school, without brokers."""

    server: PageServer
    intake: Intake
    school: School
    version: Version
    session: FakeSession
    database: CenterDatabase
    people: PeopleBook
    voice: Voice
    center_key: str
    """Public."""
    ending: dict[str, Certificate | None]
    """Certificates that end soon, by broker."""

    def take(self, message: Message) -> Taken:
        """A message of the school arrives."""
        return self.take_from(self.school, message)

    def take_from(self, school: School, message: Message) -> Taken:
        """A message of any school arrives."""
        (taken,) = self.intake.take([school.letter(message)])
        self.version.changed()
        return taken

    def get(self, path: str) -> httpx.Response:
        """As a browser asks."""
        return httpx.get(
            self.server.url.rstrip("/") + path,
            headers={"accept": "text/html"},
            follow_redirects=True,
            trust_env=False,
        )

    def acknowledge(self, alarm_id: str, person: str, **headers: str) -> httpx.Response:
        """As the form does."""
        return httpx.post(
            f"{self.server.url}alarms/{alarm_id}/acknowledge",
            data={"person": person},
            headers={"accept": "text/html", **headers},
            trust_env=False,
        )


@contextmanager
def served(folder: Path, *, drill_desk: str = "") -> Iterator[Desk]:
    """A desk on the real server, its files in `folder`; line tests may end at a desk of their own."""
    clock = SystemClock()
    school = School()
    with CenterDatabase(URL.create("sqlite", database=str(folder / "center.sqlite"))) as database:
        database.migrate()
        enrol_school(database, school)
        key = SigningKey(secrets.token_bytes(32))
        voice = Voice(center_id="center", desk="desk", key=key, clock=clock)
        paths, version = Paths(clock), Version()
        session = FakeSession(
            SessionState(connected=True, protocol="5", since_running_ns=0, last_error="", connections=1)
        )
        ending: dict[str, Certificate | None] = {}
        people = PeopleBook(folder / "people.sqlite", clock)
        app = make_center_app(
            name="示范区接警中心",
            clock=clock,
            screens=Screens(
                name="示范区接警中心",
                database=database,
                paths=paths,
                clock=clock,
                sessions=[("primary", "127.0.0.1", session)],
                version=version,
                ending=ending,
            ),
            desks=Desks(
                alarms=Answering(database, clock, voice, [], on_change=version.changed),
                drills=Answering(
                    database, clock, voice.of_desk(drill_desk), [], on_change=version.changed, drills_only=True
                )
                if drill_desk
                else None,
                drill_desk=drill_desk,
            ),
            people=people,
        )
        server = PageServer("pages", app, host="127.0.0.1", port=0)
        server.start()
        intake = Intake(database, clock, voice, paths)
        yield Desk(server, intake, school, version, session, database, people, voice, key.public_key, ending)
        server.close()
        people.close()
