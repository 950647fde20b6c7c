"""An incident (突发事件), its history and its written report, as readers see them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class IncidentSource(StrEnum):
    """How it became known."""

    ALARM = "alarm"
    """一键报警"""
    HAND = "hand"
    """Written down by a person without a button (人工登记)."""


class IncidentGrade(StrEnum):
    """事件等级, as the national plan for public emergencies names them."""

    UNDECIDED = "undecided"
    """待定级: counts as major until a named person decides."""
    GENERAL = "general"
    """一般（Ⅳ级）"""
    LARGER = "larger"
    """较大（Ⅲ级）"""
    MAJOR = "major"
    """重大（Ⅱ级）"""
    GRAVEST = "gravest"
    """特别重大（Ⅰ级）"""

    @property
    def must_be_reported(self) -> bool:
        """Whether the two deadlines count."""
        return self in (IncidentGrade.UNDECIDED, IncidentGrade.MAJOR, IncidentGrade.GRAVEST)


class IncidentKind(StrEnum):
    """事件类别."""

    UNDECIDED = "undecided"
    PUBLIC_SECURITY = "public_security"
    """社会安全"""
    ACCIDENT = "accident"
    """事故灾难"""
    PUBLIC_HEALTH = "public_health"
    """公共卫生"""
    NATURAL_DISASTER = "natural_disaster"
    """自然灾害"""
    NETWORK = "network"
    """网络与信息安全"""
    OTHER = "other"


class IncidentStage(StrEnum):
    """How far it has come."""

    OPEN = "open"
    """处置中"""
    CLOSED = "closed"
    """已结案"""
    FALSE_ALARM = "false_alarm"
    """误报，已销案"""


class IncidentHappening(StrEnum):
    """What an entry of an incident's history says."""

    OPENED = "opened"
    ALARM_STEP = "alarm_step"
    """Gathered from the alarm's own history; `detail` is the step."""
    CLASSIFIED = "classified"
    """定级; `detail` is 'grade kind'."""
    NOTED = "noted"
    CORRECTED = "corrected"
    """更正: what was written before stays."""
    PHONED = "phoned"
    """电话报告; `detail` is to whom."""
    DRAFTED = "drafted"
    """A version of the written report was kept; `detail` is its number."""
    SUBMITTED = "submitted"
    """书面报告报送; `detail` is the version."""
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"
    REOPENED = "reopened"


class ReportSort(StrEnum):
    """What a written report is."""

    FIRST = "first"
    """初报"""
    FURTHER = "further"
    """续报"""
    CORRECTION = "correction"
    """更正"""
    FINAL = "final"
    """终报"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One row of the ledger."""

    id: str
    number: int
    """编号: 1, 2, 3 … over the life of the ledger."""
    source: IncidentSource
    title: str
    place: str
    grade: IncidentGrade
    kind: IncidentKind
    stage: IncidentStage
    happened_utc_ns: int
    """事发时间"""
    opened_utc_ns: int
    boot_id: str
    running_ns: int
    quiet: bool
    """Of a silent or duress alarm: while it is open no page shows it by itself, for an attacker may look on."""
    called_off: bool
    """误报 was said at the gate; a named person still decides."""
    phoned_utc_ns: int | None = None
    phoned_after_ns: int | None = None
    submitted_utc_ns: int | None = None
    submitted_after_ns: int | None = None
    closed_utc_ns: int | None = None
    classified_entry: int = 0
    """Number of the entry that graded it last; 0 while nobody has."""
    latest_version: int = 0
    """Of the written report; 0 while there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEntry:
    """An entry of an incident's history; never changed."""

    number: int
    at_utc_ns: int
    """When it was written down."""
    said_utc_ns: int
    """When it happened."""
    person: str
    what: IncidentHappening
    words: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportText:
    """What a person writes into the report; every part but the course may be empty."""

    recipient: str
    course: str
    losses: str = ""
    measures: str = ""
    cause: str = ""
    next_steps: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportVersion:
    """A version of the written report; never changed."""

    version: int
    entry: int
    sort: ReportSort
    at_utc_ns: int
    person: str
    text: ReportText
    submitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFile:
    """Everything about one incident."""

    incident: Incident
    history: tuple[IncidentEntry, ...]
    reports: tuple[ReportVersion, ...]
