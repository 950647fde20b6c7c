"""Rectification notices (整改通知书): from the center's command to the office's ledger, and the answer back."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import structlog

from alarms.assembly import CAMPUS_KEY
from alarms.commands import CommandHandler, CommandResult
from alarms.path import AlarmPath
from edge_agent.role import RoleContext
from foundation.clock import Clock, beijing_day_start_ns
from foundation.journal import Entry, Journal, Tail
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from safety.facts import LEDGER, NoticeAnswered, NoticeReceived
from uplink.envelope import seal
from uplink.event import campus_source, new_event
from uplink.messages.command import Answer, AnswerStatus, Command
from uplink.publication import Acceptance, CongestedError, NotConnectedError, Publication
from uplink.signature import SigningKey, load_or_create_key
from uplink.topics import Channel, Topic

_log = structlog.get_logger("notices")

COMMAND: Final = "rectification_notice"
"""Arguments: number (文号), title, text; if wanted place, grade ('general', 'major') and due (2026-12-05)."""
_NUMBER_LIMIT: Final = 80
_TITLE_LIMIT: Final = 100
_ACCEPTED_WITHIN_S: Final = 5.0
_AGAIN_S: Final = 2.0


def notice_commands(journal: Journal) -> Mapping[str, CommandHandler]:
    """What the gatehouse does with a notice: tells the office, by its own journal, and says that it has."""

    def take(event_id: str, command: Command) -> CommandResult:
        told = command.arguments
        number, title = told.get("number", "").strip(), told.get("title", "").strip()
        if not 0 < len(number) <= _NUMBER_LIMIT or not 0 < len(title) <= _TITLE_LIMIT:
            return CommandResult(AnswerStatus.REFUSED, "a notice needs a number (文号) and a title")
        try:
            due_utc_ns = _end_of_day(told["due"]) if told.get("due") else None
        except ValueError:
            return CommandResult(AnswerStatus.REFUSED, f"due {told['due']!r} is not a day such as 2026-12-05")
        try:
            journal.append(
                NoticeReceived(
                    number=number,
                    command_id=event_id,
                    title=title,
                    text=told.get("text", ""),
                    place=told.get("place", ""),
                    grade=told.get("grade", ""),
                    due_utc_ns=due_utc_ns,
                    sent_by=command.person,
                )
            )
        except DatabaseError as error:
            return CommandResult(AnswerStatus.FAILED, f"the notice could not be kept, send it again: {error}")
        return CommandResult(AnswerStatus.DONE, "已收到，列入隐患台账", {"number": number, "stage": "received"})

    return {COMMAND: take}


def _end_of_day(text: str) -> int:
    return beijing_day_start_ns(date.fromisoformat(text) + timedelta(days=1)) - 1


class NoticeAnswers(Tail):
    """Sends the school's answers to notices, each until a broker has taken it.

    The answer's event id is the fact's, so that a second copy is known for what it is.
    """

    def __init__(
        self, state: StateDirectory, own: Journal, paths: Sequence[AlarmPath], *, campus: str, clock: Clock
    ) -> None:
        """Raises KeyFileError."""
        super().__init__(state.database(LEDGER), own, self._send)
        self._paths = paths
        self._campus = campus
        self._clock = clock
        self._key: SigningKey = load_or_create_key(state.key(CAMPUS_KEY))

    def _send(self, entry: Entry) -> None:
        if entry.kind != NoticeAnswered.kind:
            return
        told = entry.read(NoticeAnswered)
        answer = Answer(
            campus=self._campus,
            command_id=told.command_id,
            status=AnswerStatus.DONE,
            text=told.text,
            values={
                "number": told.number,
                "stage": "closed" if told.final else "under_way",
                "person": told.person,
                "fault": str(told.fault_number),
            },
        )
        event = new_event(answer, source=campus_source(self._campus), utc_ns=self._clock.utc_ns(), event_id=entry.id)
        publication = Publication(topic=str(Topic(self._campus, Channel.ANSWER)), payload=seal(event, self._key))
        while not any(self._taken(path, publication) for path in self._paths):
            if self.stopping.wait(_AGAIN_S):
                raise InterruptedError("the answer to a notice waits for a connection; it is sent after the restart")
        _log.info("the answer to a notice was sent", number=told.number, final=told.final)

    def _taken(self, path: AlarmPath, publication: Publication) -> bool:
        settled = threading.Event()
        said: list[Acceptance] = []

        def accepted(acceptance: Acceptance) -> None:
            said.append(acceptance)
            settled.set()

        try:
            path.say(publication, accepted)
        except (NotConnectedError, CongestedError):
            return False
        return settled.wait(_ACCEPTED_WITHIN_S) and not said[0].refused


def notice_answers(context: RoleContext, paths: Sequence[AlarmPath]) -> NoticeAnswers:
    """The gatehouse's service that sends answers; `paths` are the alarm line's. Raises KeyFileError."""
    return NoticeAnswers(context.state, context.journal, paths, campus=context.settings.campus.id, clock=context.clock)
