"""Losses in the ledger (数据缺失): recorded footage that is gone before its time, and why."""

from __future__ import annotations

from typing import Final

from foundation.sqlite import Transaction
from storage.query import GAP_MS

SPANS: Final = ("overwritten", "replaced")
"""Causes that take segment after segment: a loss of theirs is a stretch, entered only where no whole copy is left."""


def enter_loss(
    transaction: Transaction,
    *,
    point_no: int,
    volume_no: int,
    cause: str,
    start_ms: int,
    end_ms: int,
    end_axis_ms: int,
    now_ms: int,
) -> None:
    """Enter a lost segment: it lengthens the stretch before it where that was lost in the same way, so that a disk of
    millions of segments is as many rows as it had runs. What has a whole copy on another volume is no loss."""
    if transaction.row(
        "SELECT 1 FROM segment WHERE point_no = ? AND start_ms = ? AND volume_no <> ? AND state = 1",
        (point_no, start_ms, volume_no),
    ):
        return
    before = transaction.row(
        "SELECT no, end_ms, cause, volume_no FROM loss WHERE point_no = ? AND start_ms < ? "
        "ORDER BY start_ms DESC LIMIT 1",
        (point_no, start_ms),
    )
    if before is not None and before[2:] == (cause, volume_no) and 0 <= start_ms - before[1] < GAP_MS:
        transaction.execute(
            "UPDATE loss SET end_ms = ?, end_axis_ms = ? WHERE no = ?", (end_ms, end_axis_ms, before[0])
        )
        return
    transaction.execute(
        "INSERT INTO loss (point_no, start_ms, end_ms, end_axis_ms, volume_no, cause, noticed_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (point_no, start_ms, end_ms, end_axis_ms, volume_no, cause, now_ms),
    )


WITHOUT_COPY: Final = (
    f"(l.cause IN {SPANS} OR NOT EXISTS (SELECT 1 FROM segment s WHERE s.point_no = l.point_no "  # noqa: S608 - constants
    "AND s.start_ms = l.start_ms AND s.state = 1))"
)
"""Of a loss `l`: nothing else holds what it says is gone."""
