"""What the pages of evacuation drills (应急疏散演练) are made of, and what all of them show with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.exceptions import HTTPException

from edge_agent.pages.drill.evacuation_plan import EvacuationBook
from edge_agent.pages.drill.evacuation_words import (
    DAY_OR_NIGHT,
    POINTS,
    RATING_STATES,
    RATINGS,
    minutes_words,
    stage_sign,
)
from edge_agent.pages.drill.words import EVERY
from edge_agent.pages.incident.routes import may_handle
from foundation.clock import beijing_day
from foundation.ids import is_id, new_id
from safety.evacuation import EvacuationFile, GateRollCall
from safety.evacuation_ledger import EvacuationLedger
from safety.evacuation_query import evacuation_file
from safety.photo import PhotoShelf

BASE: Final = "/drills/evacuation"
_NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationDeps:
    """What the pages of evacuation drills are made of."""

    ledger: EvacuationLedger
    book: EvacuationBook
    photos: PhotoShelf
    roll_calls: Callable[[], Sequence[GateRollCall]]
    """Roll calls that the gate made as drills, latest first."""


def evacuation_frame(deps: EvacuationDeps, request: Request) -> dict[str, object]:
    """What every page of evacuation drills shows with."""
    now_utc_ns = deps.book.clock.utc_ns()
    return {
        "handles": may_handle(request),
        "stage_sign": lambda drill: stage_sign(drill, now_utc_ns),
        "day_or_night": DAY_OR_NIGHT,
        "points": POINTS,
        "ratings": RATINGS,
        "rating_states": RATING_STATES,
        "every_words": EVERY,
        "minutes": minutes_words,
        "today": beijing_day(now_utc_ns).isoformat(),
        "new_id": new_id,
        "errors": _NOTHING,
        "values": _NOTHING,
    }


def drill_or_404(deps: EvacuationDeps, evacuation_id: str) -> EvacuationFile:
    """Everything about one drill."""
    file = evacuation_file(deps.ledger.path, evacuation_id) if is_id(evacuation_id) else None
    if file is None:
        raise HTTPException(404)
    return file
