"""What the center asks of the campus: done at most once, never late, always answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from foundation.clock import Clock
from uplink.envelope import Received, seal
from uplink.event import campus_source, new_event, utc_ns_of_text
from uplink.fault import ReplayedError
from uplink.messages.command import Answer, AnswerStatus, Command
from uplink.presence import CampusIdentity
from uplink.publication import Publication
from uplink.topics import Channel, Topic


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a command, for the person who asked."""

    status: AnswerStatus
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


CommandHandler = Callable[[str, Command], CommandResult]
"""Called with the event's id, which a later answer names, and the command."""


class Commands:
    """Knows which commands there are; handlers run on the inbox's thread and must return soon."""

    def __init__(
        self,
        identity: CampusIdentity,
        handlers: Mapping[str, CommandHandler],
        *,
        clock: Clock,
        first_time: Callable[[Received], bool | None],
        publish: Callable[[str, Publication], None],
    ) -> None:
        """`first_time` notes the event on the disk and tells whether it is new, or None if the disk does not take it;
        `publish(path, …)` sends the answer."""
        self._identity = identity
        self._handlers = handlers
        self._clock = clock
        self._first_time = first_time
        self._publish = publish

    def take(self, path: str, received: Received, command: Command) -> None:
        """Do what is asked and answer. Raises ReplayedError for one that is too late."""
        if utc_ns_of_text(command.not_after) < self._clock.utc_ns():
            raise ReplayedError(f"command {received.event.id} was to be done before {command.not_after}")
        first = self._first_time(received)
        if first is False:
            return  # the second copy, by the other path
        handler = self._handlers.get(command.name)
        if first is None:
            # Done now, it might be done once more by its second copy.
            result = CommandResult(AnswerStatus.FAILED, "the disk hangs: nothing was done, ask again")
        elif handler is None:
            result = CommandResult(AnswerStatus.REFUSED, f"{command.name} is not known to this version")
        else:
            result = handler(received.event.id, command)
        answer = Answer(
            campus=self._identity.campus,
            command_id=received.event.id,
            status=result.status,
            text=result.text,
            values=dict(result.values),
        )
        event = new_event(answer, source=campus_source(self._identity.campus), utc_ns=self._clock.utc_ns())
        self._publish(
            path,
            Publication(
                topic=str(Topic(self._identity.campus, Channel.ANSWER)), payload=seal(event, self._identity.key)
            ),
        )
