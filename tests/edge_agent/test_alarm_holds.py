"""The footage around an alarm is asked to be kept: five minutes before it, thirty after, once for each near point."""

from __future__ import annotations

from pathlib import Path

from edge_agent.alarm_holds import hold_asker
from foundation.clock import ManualClock
from foundation.journal import Journal, read_entries
from storage.facts import HoldRequested
from tests.alarms.parts import LineParts, request

MINUTE_MS = 60_000


def test_each_near_point_is_held_from_five_minutes_before_to_thirty_after_once(tmp_path: Path) -> None:
    clock = ManualClock()
    parts = LineParts(tmp_path / "alarms.sqlite", clock).start()
    own = Journal.open(tmp_path / "gatehouse.sqlite", clock)
    alarm = parts.line.press(request("east"))
    pressed_ms = clock.utc_ns() // 1_000_000
    for _ in range(2):  # read again from its beginning, as after a restored backup
        asker = hold_asker(parts.path, own)
        for entry in read_entries(parts.path, after=0):
            asker._handle(entry)
    held = [entry.read(HoldRequested) for entry in read_entries(tmp_path / "gatehouse.sqlite", after=0)
            if entry.kind == HoldRequested.kind]  # fmt: skip
    assert [(hold.point, hold.from_ms - pressed_ms, hold.to_ms - pressed_ms, hold.until_ms) for hold in held] == [
        ("gate-east", -5 * MINUTE_MS, 30 * MINUTE_MS, None)
    ]
    assert alarm.alarm_id in held[0].hold_id
    parts.close()
