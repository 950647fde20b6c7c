"""What the recorder tells the other roles."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from config.volume import WhenFull
from foundation.journal import Fact


class RecordingStateChanged(Fact):
    """A point's recording began, ended or waits (录像状态)."""

    kind: ClassVar[str] = "recording.state"
    point: str
    state: str
    since_ms: int
    end_cause: str | None = None


class HoldRequested(Fact):
    """Another role asks that a stretch of footage stays; `hold_id` makes a repetition harmless."""

    kind: ClassVar[str] = "hold.requested"
    hold_id: str
    point: str
    from_ms: int
    to_ms: int
    reason: str
    person: str
    until_ms: int | None = None


class HoldEndRequested(Fact):
    """A person lets held footage go by its age again (解除保全)."""

    kind: ClassVar[str] = "hold.end_requested"
    hold_id: str
    person: str
    reason: str


class DiskReplaced(Fact):
    """A person put another disk in a volume's place for good (换盘); who that is has been shown."""

    kind: ClassVar[str] = "footage.disk_replaced"
    volume: str
    former_uuid: str
    uuid: str
    person: str
    """As it stands in the access log."""
    reason: str


class WhenFullChosen(Fact):
    """Persons chose what happens when a volume is full (满盘策略); each of them has shown who they are."""

    kind: ClassVar[str] = "footage.when_full_chosen"
    volume: str
    when_full: WhenFull
    persons: tuple[str, ...]
    """Who chose, as they stand in the access log; one is enough to stop, overwriting takes two."""
    reason: str = ""

    @model_validator(mode="after")
    def _enough_persons(self) -> Self:
        needed = 2 if self.when_full is WhenFull.OVERWRITE else 1
        if len(set(self.persons)) < needed:
            raise ValueError(f"{self.when_full} takes {needed} different persons, not {len(set(self.persons))}")
        return self
