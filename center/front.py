"""What a person sees of the center: its pages. Apart from the line, so that they are loaded when it already serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from socket import socket
from typing import Final

from center.answering import Answering
from center.database import CenterDatabase
from center.desks import Desks
from center.pages import make_center_app
from center.paths import Paths
from center.post import Post
from center.screens import Screens
from center.settings import CenterSettings
from center.version import Version
from center.voice import Voice
from foundation.clock import Clock
from foundation.service import Service
from foundation.state import StateDirectory
from uplink.certificate import Certificate
from uplink.session import MqttSession
from web.authority import authority_route, tls_unless_local
from web.people import PeopleBook
from web.server import PageServer

TLS_NAME: Final = "tls"


def front(
    settings: CenterSettings,
    clock: Clock,
    database: CenterDatabase,
    people: PeopleBook,
    state: StateDirectory,
    paths: Paths,
    sessions: Sequence[MqttSession],
    voice: Voice,
    posts: Mapping[str, Post],
    *,
    listener: socket,
    ending: Mapping[str, Certificate | None],
    version: Version,
    on_ready: Callable[[str], None],
) -> list[Service]:
    """The pages, and last the word that they are there. `ending`: certificates that end soon, by broker.

    Raises AuthorityError.
    """
    screens = Screens(
        name=settings.name,
        database=database,
        paths=paths,
        clock=clock,
        sessions=[(session.broker.id, session.broker.host, session) for session in sessions],
        version=version,
        ending=ending,
    )
    certificates = state.key(TLS_NAME)

    def answering(voice: Voice, *, drills_only: bool = False) -> Answering:
        return Answering(database, clock, voice, posts.values(), on_change=version.changed, drills_only=drills_only)

    drill_desk = settings.drill_desk
    app = make_center_app(
        name=settings.name,
        clock=clock,
        screens=screens,
        desks=Desks(
            alarms=answering(voice),
            drills=answering(voice.of_desk(drill_desk), drills_only=True) if drill_desk else None,
            drill_desk=drill_desk or "",
        ),
        people=people,
        further=(authority_route(certificates),),
    )
    tls = tls_unless_local(settings.page.host, certificates, campus_name=settings.name, clock=clock)
    pages = PageServer("pages", app, host=settings.page.host, port=settings.page.port, tls=tls, listener=listener)
    return [pages, _Announcement(pages, on_ready)]


class _Announcement(Service):
    """Started last: says where the pages are once everything runs."""

    def __init__(self, pages: PageServer, say: Callable[[str], None]) -> None:
        super().__init__("announcement")
        self._pages = pages
        self._say = say

    def start(self) -> None:
        """Say it."""
        self._say(self._pages.url)
        super().start()

    def _loop(self) -> None:
        self.stopping.wait()
