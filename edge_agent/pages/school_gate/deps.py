"""What the office's pages of the gate (校门) are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request

from foundation.clock import Clock
from foundation.journal import Fact
from gate.orders import GateOrders
from web.login import person_of

ON_THE_BOX: Final = "本机"
"""Who acts on the box itself before the first account exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolGateDeps:
    """The office writes `orders`; what happened at the gate is only read."""

    clock: Clock
    orders: GateOrders
    book: Path
    """gate.sqlite, which the gatehouse writes; may not be there yet."""
    campus_name: str
    gate_names: Mapping[str, str]
    """By id."""
    tell: Callable[[Fact, str], object]
    """tell(fact, id): the gatehouse hears it; the same id again is the same fact."""
    gatehouse_url: Callable[[Request], str]
    """Where a phone on the school's network reaches the gatehouse, without a slash at the end."""


def by_of(request: Request) -> str:
    """Whose name goes into the record."""
    person = person_of(request)
    return person.name if person else ON_THE_BOX
