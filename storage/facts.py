"""What the recorder tells the other roles."""

from __future__ import annotations

from typing import ClassVar

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
