"""An evacuation drill (应急疏散演练), its history, evaluation and photos, as readers see them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.every import Every


class EvacuationStage(StrEnum):
    """计划 → 实施 → 归档."""

    PLANNED = "planned"
    """已计划"""
    DONE = "done"
    """已开展: carried out, not filed yet."""
    FILED = "filed"
    """已归档"""
    CANCELLED = "cancelled"
    """已取消, with a reason."""

    @property
    def held(self) -> bool:
        """It took place, and so counts for the schedule."""
        return self in (EvacuationStage.DONE, EvacuationStage.FILED)


class EvacuationHappening(StrEnum):
    """What an entry of a drill's history says."""

    PLANNED = "planned"
    CARRIED_OUT = "carried_out"
    EVALUATED = "evaluated"
    """评估; a later one counts in place of an earlier one, which stays."""
    PHOTOGRAPHED = "photographed"
    MENDING = "mending"
    """What was found wrong became a fault; `detail` is 'point fault number'."""
    NOTED = "noted"
    CORRECTED = "corrected"
    """更正: what was written before stays."""
    FILED = "filed"
    CANCELLED = "cancelled"


class Point(StrEnum):
    """评估项目: what every drill is rated by."""

    PLAN = "plan"
    """预案与分工"""
    SIGNAL = "signal"
    """信号与通知"""
    WAY = "way"
    """疏散路线与秩序"""
    ASSEMBLY = "assembly"
    """集合与点名"""
    TIME = "time"
    """疏散用时"""
    AID = "aid"
    """救护与后勤保障"""


class Rating(StrEnum):
    """评价."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationPlan:
    """What is meant to be done (演练方案)."""

    kind: str
    """演练种类: 地震, 消防 … of the list that the school keeps."""
    planned_utc_ns: int
    night: bool
    """夜间: with boarders, out of their beds."""
    responsible: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRollCall:
    """A roll call that the gate made in the drill (门卫点名), as it stood when the drill was written down."""

    id: str
    begun_utc_ns: int
    expected: int
    found: int
    all_found_s: int | None
    """From its beginning until the last one was found; None while somebody was missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOut:
    """How it went (实施情况)."""

    began_utc_ns: int
    signal: str
    """发出的信号: whistle, broadcast, alarm bell …"""
    all_out_s: int
    """疏散用时: from the signal until everybody was out."""
    expected: int
    """应到"""
    present: int
    """实到"""
    missing: str
    """未到人员: names, as typed."""
    roll_call: GateRollCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One point of an evaluation."""

    point: Point
    rating: Rating
    mend: str = ""
    """需整改的问题; '' for none."""
    fault_id: str | None = None
    """The fault (隐患) that was made of it."""
    fault_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """总结和评估; of several the last one counts."""

    entry: int
    at_utc_ns: int
    person: str
    summary: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evacuation:
    """One row of the file."""

    id: str
    number: int
    """编号: 1, 2, 3 … over the life of the file."""
    stage: EvacuationStage
    plan: EvacuationPlan
    carried: CarriedOut | None
    evaluated: bool
    photos: int
    filed_utc_ns: int | None
    filed_by: str

    @property
    def moment_utc_ns(self) -> int:
        """When it took place, or was meant to."""
        return self.carried.began_utc_ns if self.carried else self.plan.planned_utc_ns

    @property
    def missing_people(self) -> int:
        """未到人数"""
        return self.carried.expected - self.carried.present if self.carried else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationEntry:
    """An entry of a drill's history; never changed."""

    number: int
    at_utc_ns: int
    person: str
    what: EvacuationHappening
    words: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationFile:
    """Everything about one drill."""

    evacuation: Evacuation
    history: tuple[EvacuationEntry, ...]
    evaluation: Evaluation | None
    photos: tuple[str, ...]
    """SHA-256 of each, in the order taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationOrder:
    """What the school has laid down about its drills: how often, at night, which kinds."""

    every: Every
    boarders: bool
    kinds: tuple[str, ...]
    person: str = ""
    """Who laid it down; '' where the settings still hold."""
    why: str = ""
    at_utc_ns: int | None = None


MOST_KINDS: Final = 20
