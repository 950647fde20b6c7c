"""The four roles and what each is handed when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the command line knows the roles by name and loads none of what they are made from
    from config.settings import Settings
    from foundation.clock import Clock
    from foundation.finding import FindingBoard
    from foundation.journal import Journal
    from foundation.state import StateDirectory

COMMANDS: Final = "commands"
"""Name of the journal in which the command line tells what persons chose there."""


class Role(StrEnum):
    """Four processes, because video and reports must never hold up an alarm."""

    GATEHOUSE = "gatehouse"
    """门卫室: alarm inputs, outbox, uplink, gate pages. Starts first and needs none of the others."""
    RECORDER = "recorder"
    """录像: RTSP to disk."""
    INSPECTOR = "inspector"
    """巡检: ONVIF rounds, picture health, coverage."""
    OFFICE = "office"
    """办公室: every other page."""


@dataclass(frozen=True, slots=True)
class RoleContext:
    """What a role is made from; nothing in it is shared with another process but files."""

    role: Role
    settings: Settings
    state: StateDirectory
    clock: Clock
    journal: Journal
    findings: FindingBoard
