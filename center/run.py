"""The center put together: sessions with every broker, reception, pulse and pages in one process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from socket import socket
from typing import Final

import structlog

from center import desk, said
from center.database import CenterDatabase, CenterDatabaseError
from center.intake import Intake, Letter
from center.paths import Paths
from center.post import Left, Post
from center.reception import Inbox, Reception
from center.settings import CenterSettings
from center.version import Version
from center.voice import Voice
from center.watch import Watch
from config.broker_path import BrokerPath
from foundation.clock import Clock
from foundation.service import Late, Service, run_until_signal
from foundation.state import StateDirectory
from uplink.certificate import Certificate, CertificateWatch
from uplink.connection import Login
from uplink.session import MqttSession
from uplink.signature import SigningKey, load_or_create_key
from uplink.topics import center_subscriptions
from web.listener import bind
from web.people import PeopleBook

_log = structlog.get_logger("center")

KEY_NAME: Final = "center-signing"
LOCK_NAME: Final = "center"
PEOPLE_NAME: Final = "people"


def signing_key(state: StateDirectory) -> SigningKey:
    """The center's own key, made at the first start or enrolment. Raises KeyFileError."""
    return load_or_create_key(state.key(KEY_NAME))


def run_center(settings: CenterSettings, clock: Clock, *, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` is told the address of the pages.

    Raises StateDirectoryError, AlreadyRunningError, CredentialError, KeyFileError, CenterDatabaseError, DatabaseError
    or ServerAddressError before anything runs, AuthorityError when the pages start, ServiceFailedError if a part ends
    by itself.
    """
    state = StateDirectory(settings.state_directory).create()
    with contextlib.ExitStack() as stack:
        stack.callback(state.lock(LOCK_NAME).release)
        database = stack.enter_context(CenterDatabase(settings.database()))
        database.hold_alone()
        database.migrate()
        people = PeopleBook(state.database(PEOPLE_NAME), clock)
        stack.callback(people.close)
        # A taken port is found before anything runs; who asks before the pages are loaded waits for them.
        listener = bind(settings.page.host, settings.page.port)
        stack.callback(listener.close)
        run_until_signal(_services(settings, clock, database, people, state, listener, on_ready))


def _services(
    settings: CenterSettings,
    clock: Clock,
    database: CenterDatabase,
    people: PeopleBook,
    state: StateDirectory,
    listener: socket,
    on_ready: Callable[[str], None],
) -> Sequence[Service]:
    voice = Voice(center_id=settings.id, desk=settings.name, key=signing_key(state), clock=clock)
    version, inbox, paths = Version(), Inbox(), Paths(clock)
    with database.begin() as connection:
        paths.load(connection)
        words = said.recent(connection, clock)

    def receipts_left(all_left: Sequence[Left]) -> None:
        try:
            with database.begin() as connection:
                for left in all_left:
                    assert left.receipt.receipt_for_alarm is not None
                    campus, alarm_id = left.receipt.topic.campus, left.receipt.receipt_for_alarm
                    desk.receipted(connection, campus, alarm_id, left.left_utc_ns)
        except CenterDatabaseError as error:
            _log.error("receipts have left, but that could not be written down", error=str(error))
        version.changed()

    def read_states_anew() -> None:
        for session in sessions:
            session.reconnect("states were let go while there was too much to do")

    def line_changed(broker_id: str) -> None:
        version.changed()
        if any(session.connected for session in sessions if session.broker.id == broker_id):
            watch.broker_is_back(broker_id)

    sessions = [_session(settings, broker, clock, inbox, line_changed) for broker in settings.brokers]
    posts = {
        session.broker.id: Post(session.broker.id, session, clock, on_receipts=receipts_left) for session in sessions
    }
    for post in posts.values():
        for word in words:
            post.send(word)
    reception = Reception(
        inbox,
        Intake(database, clock, voice, paths),
        posts,
        on_change=version.changed,
        on_missed=read_states_anew,
    )
    watch = Watch(database, paths, voice, posts, on_change=version.changed)
    ending: dict[str, Certificate | None] = {}

    def certificate_told(broker_id: str, certificate: Certificate | None) -> None:
        if certificate != ending.get(broker_id):
            _log.warning("the certificate that ends first", broker=broker_id, certificate=certificate)
        ending[broker_id] = certificate
        version.changed()

    def pages() -> list[Service]:
        # Loading the pages takes as long as all the rest; schools that wait for a receipt shall not wait for them.
        from center.front import front

        return front(
            settings,
            clock,
            database,
            people,
            state,
            paths,
            sessions,
            voice,
            posts,
            listener=listener,
            ending=ending,
            version=version,
            on_ready=on_ready,
        )

    # Closed in the other order: receipts for what is stored still leave.
    certificates = CertificateWatch(settings.brokers, clock, told=certificate_told)
    return [*sessions, *posts.values(), reception, watch, certificates, Late("pages", pages)]


def _session(
    settings: CenterSettings, broker: BrokerPath, clock: Clock, inbox: Inbox, on_change: Callable[[str], None]
) -> MqttSession:
    login = None
    if broker.credential is not None:
        credential = settings.credential(broker.credential)
        login = Login(credential.user, credential.password())
    return MqttSession(
        broker,
        client_id=f"center-{settings.id}",
        clock=clock,
        on_message=lambda topic, payload: inbox.put(Letter(broker.id, topic, payload)),
        subscriptions=center_subscriptions(),
        login=login,
        urgent=lambda: True,  # schools may be waiting for a receipt, and one center is no herd
        on_change=lambda: on_change(broker.id),
    )
