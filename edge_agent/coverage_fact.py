"""What the inspector tells of coverage; apart from the computing, so that the office need not load it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from edge_agent.pages.status.model import CoverageStatus
from foundation.journal import Fact
from foundation.sqlite import open_read_only
from web.signs import State


class CoverageComputed(Fact):
    """What the cameras see of the campus, as of now; the latest one counts."""

    kind: ClassVar[str] = "coverage.computed"
    coverage: CoverageStatus


def latest_coverage(inspector_journal: Path) -> CoverageStatus:
    """The answer that counts now; unknown before the first. Raises DatabaseError."""
    if not inspector_journal.exists():
        return CoverageStatus(state=State.UNKNOWN)
    with open_read_only(inspector_journal) as reader:
        row = reader.row("SELECT body FROM fact WHERE kind = ? ORDER BY seq DESC LIMIT 1", (CoverageComputed.kind,))
    return CoverageComputed.model_validate_json(row[0]).coverage if row else CoverageStatus(state=State.UNKNOWN)
