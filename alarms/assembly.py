"""The alarm line of a gatehouse put together from settings: what `serve gatehouse` starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from alarms.book import Book
from alarms.commands import CommandHandler, Commands
from alarms.duress import duress_pin
from alarms.file import DATABASE, open_or_replace
from alarms.inbox import Inbox
from alarms.inputs.answer import Answers
from alarms.inputs.contacts import input_services
from alarms.ledger import Ledger, Urgency
from alarms.line import AlarmLine
from alarms.outbox import Outbox, OutgoingMessage
from alarms.path import AlarmPath, PathReport
from alarms.path_session import path_session
from alarms.press import STORE_WITHIN_S, Button, School
from alarms.receipts import CenterWords
from alarms.record import AlarmRecord, StepKind, read_alarms
from alarms.reserve import Reserve
from alarms.scribe import Scribe
from alarms.siren import SirenSwitch, siren_findings
from alarms.upkeep import Upkeep, certificate_findings
from alarms.watch import Watch
from config.alarm_input import AlarmInput
from config.settings import Settings
from foundation.clock import Clock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.service import Service
from foundation.sqlite import Database, Transaction
from foundation.state import StateDirectory
from uplink.certificate import CertificateWatch
from uplink.clock_quality import system_clock_quality
from uplink.envelope import Received
from uplink.event import ClockQuality
from uplink.presence import CampusIdentity
from uplink.publication import Acceptance, CongestedError, NotConnectedError, Publication
from uplink.session import MqttSession
from uplink.signature import PinnedKeys, load_or_create_key
from uplink.standing import Standing

_log = structlog.get_logger("alarms")

CAMPUS_KEY: Final = "campus-ed25519"
"""Name of the campus's private key in the state directory; its public half is what the center pins."""
_FIRST_WITHIN_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class AlarmService:
    """What the gatehouse role uses: start `services` in order, close them in reverse."""

    line: AlarmLine
    standing: Standing
    paths: tuple[AlarmPath, ...]
    public_key: str
    """The campus's, in base64, for the center to pin."""
    answers: Answers
    """What socket and HTTP ask."""
    services: tuple[Service, ...]

    def path_reports(self) -> list[PathReport]:
        """How each path to the center stands."""
        return [path.report() for path in self.paths]


def build_alarms(
    settings: Settings,
    *,
    state: StateDirectory,
    clock: Clock,
    board: FindingBoard,
    journal: Journal,
    software: str,
    clock_quality: Callable[[], ClockQuality] = system_clock_quality,
    commands: Mapping[str, CommandHandler] | None = None,
    store_within_s: float = STORE_WITHIN_S,
) -> AlarmService:
    """Put the alarm line together; nothing runs yet. `board` and `journal` are the gatehouse's own.

    Raises KeyFileError, PublicKeyError, CredentialError: each says what to do.
    """
    campus = settings.campus
    key = load_or_create_key(state.key(CAMPUS_KEY))
    identity = CampusIdentity(campus=campus.id, name=campus.name, software=software, key=key)
    school = School(campus=campus.id, name=campus.name, address=campus.address, gatehouse_phone=campus.gatehouse_phone)
    scribe = Scribe(school, key, clock, clock_quality)
    outbox, book = Outbox(), Book()
    standing = Standing(identity, clock, clock_quality)
    opened: list[Journal] = []
    late = _Late()
    reserve = Reserve(state.root / "alarms.reserve")

    def open_database() -> Database:
        database = open_or_replace(state.database(DATABASE), clock, late.replaced)
        opened[:] = [Journal(database, clock)]
        return database

    ledger = Ledger(
        open_database,
        clock,
        on_open=lambda transaction: line.load(transaction),  # noqa: PLW0108 - line is made below
        on_trouble=late.not_stored,
        make_room=reserve.release,
    )
    line = AlarmLine(
        campus.id,
        {item.id: _button(item) for item in settings.alarm_inputs},
        ledger=ledger,
        journal=lambda: opened[0],
        scribe=scribe,
        outbox=outbox,
        book=book,
        clock=clock,
        is_duress=duress_pin(settings),
        store_within_s=store_within_s,
    )
    words = CenterWords(
        outbox=outbox,
        ledger=ledger,
        journal=lambda: opened[0],
        scribe=scribe,
        book=book,
        clock=clock,
        refused=late.refused,
    )

    def accepted(path: str, message: OutgoingMessage, acceptance: Acceptance) -> None:
        if message.raised and message.alarm_id is not None and not acceptance.refused:
            _note_accepted(ledger, scribe, lambda: opened[0], book, clock, path, message.alarm_id)

    paths = {
        item.id: AlarmPath(
            item.id,
            campus=campus.id,
            outbox=outbox,
            standing=standing,
            clock=clock,
            on_accepted=accepted,
            on_change=book.touch,
        )
        for item in settings.broker_paths
    }
    sessions: dict[str, MqttSession] = {}

    def answer(path: str, publication: Publication) -> None:
        try:
            sessions[path].publish(publication)
        except (NotConnectedError, CongestedError) as error:
            _log.warning("a command was done but its answer could not be sent", path=path, error=str(error))

    inbox = Inbox(
        campus=campus.id,
        keys=PinnedKeys.of(settings.center.public_keys if settings.center else ()),
        paths=paths,
        words=words,
        commands=Commands(
            identity,
            commands or {},
            clock=clock,
            first_time=lambda received: _first_time(ledger, words, clock, received),
            publish=answer,
        ),
        clock=clock,
        refused=late.refused,
    )
    for item in settings.broker_paths:
        sessions[item.id] = path_session(
            item, settings, identity, paths[item.id], inbox, ledger, outbox, clock, clock_quality
        )
        paths[item.id].attach(sessions[item.id])
    upkeep = Upkeep(
        inputs=settings.alarm_inputs,
        line_tests=settings.line_tests,
        ledger=ledger,
        reserve=reserve,
        board=board,
        clock=clock,
    )
    watch = Watch(
        campus=campus.id,
        paths=tuple(paths.values()),
        book=book,
        board=board,
        journal=journal,
        clock=clock,
        further=(upkeep.look,),
    )
    late.watch = watch

    answers = Answers(line, paths=lambda: [path.report() for path in paths.values()], database=state.database(DATABASE))
    services: tuple[Service, ...] = (
        ledger,
        inbox,
        *paths.values(),
        *sessions.values(),
        *input_services(settings, line, answers, clock=clock, board=board),
        *_sirens(settings, book, clock, board),
        watch,
        CertificateWatch(settings.broker_paths, clock, told=certificate_findings(board, clock)),
    )
    return AlarmService(line, standing, tuple(paths.values()), key.public_key, answers, services)


class _Late:
    """Where the parts that are made first tell the watch, which is made last."""

    def __init__(self) -> None:
        self.watch: Watch | None = None

    def refused(self, path: str, error: Exception) -> None:
        if self.watch is not None:
            self.watch.refused(path, error)

    def replaced(self, aside: str) -> None:
        if self.watch is not None:
            self.watch.replaced(aside)

    def not_stored(self, error: Exception | None) -> None:
        if self.watch is not None:
            self.watch.not_stored(error)


def _button(item: AlarmInput) -> Button:
    return Button(
        id=item.id,
        name=item.name,
        place=item.place,
        gate=item.gate,
        nearest_points=item.nearest_points,
        silent=item.silent,
        debounce_ms=item.debounce_ms,
    )


def _sirens(settings: Settings, book: Book, clock: Clock, board: FindingBoard) -> list[Service]:
    wired = [siren for siren in settings.sirens if siren.relay is None]  # those on relays are the inspector's
    if not wired:
        return []
    from alarms.modbus_coil import ModbusCoil  # most schools have none, and it takes time to load

    told = siren_findings(board)
    return [SirenSwitch(siren, ModbusCoil(siren), book, clock=clock, unreachable=told) for siren in wired]


def _first_time(ledger: Ledger, words: CenterWords, clock: Clock, received: Received) -> bool | None:
    now_ns = clock.utc_ns()
    first: list[int] = []
    ticket = ledger.submit(
        lambda transaction: first.__setitem__(slice(None), [words.first_time(transaction, received, now_ns)]),
        Urgency.SOON,
    )
    ticket.settled.wait(_FIRST_WITHIN_S)
    return first == [now_ns] if ticket.stored else None


def _note_accepted(
    ledger: Ledger,
    scribe: Scribe,
    journal: Callable[[], Journal],
    book: Book,
    clock: Clock,
    path: str,
    alarm_id: str,
) -> None:
    now_ns = clock.utc_ns()
    records: list[AlarmRecord] = []

    def work(transaction: Transaction) -> None:
        scribe.write_step(transaction, journal(), alarm_id, StepKind.BROKER_ACCEPTED, at_utc_ns=now_ns, path=path)
        records[:] = read_alarms(transaction, [alarm_id])

    ledger.submit(work, Urgency.LAZY, lambda: book.show(*records))
