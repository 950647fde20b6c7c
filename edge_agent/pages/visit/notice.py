"""What a guard should know of whoever stands there (提醒): discreet, because the screen can be read from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog
from fastapi import Request

from edge_agent.pages.screen.station import station_of
from edge_agent.pages.visit.deps import VisitDeps
from foundation.clock import beijing_day
from foundation.ids import new_id
from foundation.sqlite import DatabaseError
from gate.companion import companions_in
from gate.facts import WatchHit
from gate.refusal import RefusalHit
from gate.visit import Visitor
from gate.watch import Stranger, WatchMatch, surest

_log = structlog.get_logger("gate-notice")


@dataclass(frozen=True, slots=True)
class Notices:
    """Possible matches on the watchlist, and refusals, of whoever stands there or came along."""

    watch: tuple[WatchMatch, ...] = ()
    refusals: tuple[RefusalHit, ...] = ()
    silent_id: str = ""
    """Id of a silent press, beside a match; empty if the school has no silent alarm."""

    def __bool__(self) -> bool:
        return bool(self.watch or self.refusals)


NONE: Final = Notices()


def notices_of(deps: VisitDeps, request: Request, visitor: Visitor, record_id: str) -> Notices:
    """What is to be known of a visitor and who came along, and the office told that somebody on its list stood there.

    A list that cannot be read costs the notice, never the sign-in; it is in the log.
    """
    try:
        matches = _matches(deps, visitor)
        _tell(deps, request, matches, record_id)
        silent_id = new_id() if matches and deps.has_silent(station_of(request)) else ""
        return Notices(matches, deps.book.refused_before(visitor), silent_id)
    except (DatabaseError, OSError) as error:
        _log.error("a visitor was not compared with the watchlist", error=str(error))
        return NONE


def _everybody(visitor: Visitor) -> tuple[Stranger, ...]:
    """The visitor and whoever came along by name."""
    first = Stranger(
        name=visitor.name, phone=visitor.phone, plate=visitor.plate, document_number=visitor.document_number
    )
    along = companions_in(visitor.companion_names)
    return (first, *(Stranger(name=one.name, document_number=one.document_number) for one in along))


def _matches(deps: VisitDeps, visitor: Visitor) -> tuple[WatchMatch, ...]:
    index, day = deps.watch.index(), beijing_day(deps.clock.utc_ns())
    return surest(
        replace(match, along=place > 0)
        for place, stranger in enumerate(_everybody(visitor))
        for match in index.matches(stranger, day)
    )


def _tell(deps: VisitDeps, request: Request, matches: Sequence[WatchMatch], record_id: str) -> None:
    """Each match once for each record, and again when a number says what only a name said before."""
    for match in matches:
        deps.book.journal.append(
            WatchHit(
                watch_id=match.entry.id, station_id=station_of(request).id, certainty=match.certainty, record=record_id
            ),
            fact_id=f"{match.entry.id}:{record_id}:{match.certainty}",
        )
