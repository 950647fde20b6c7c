"""Asks the recorder to keep the footage around an alarm: storage and alarms do not know each other."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alarms.facts import AlarmRaisedFact
from foundation.journal import Entry, Journal, Tail
from storage.facts import HoldRequested

_BEFORE_MS: Final = 5 * 60_000
_AFTER_MS: Final = 30 * 60_000
_NS_PER_MS: Final = 1_000_000


def hold_asker(alarms_database: Path, own: Journal) -> Tail:
    """Follows the alarms; each one's nearest points are asked for once, however often it is read."""

    def ask(entry: Entry) -> None:
        if entry.kind != AlarmRaisedFact.kind:
            return
        alarm = entry.read(AlarmRaisedFact)
        pressed_ms = alarm.pressed_utc_ns // _NS_PER_MS
        for point in alarm.nearest_points:
            hold_id = f"{alarm.alarm_id}:{point}"
            own.append(
                HoldRequested(
                    hold_id=hold_id,
                    point=point,
                    from_ms=pressed_ms - _BEFORE_MS,
                    to_ms=pressed_ms + _AFTER_MS,
                    reason=f"一键报警 {alarm.input_name}（{alarm.place}）",
                    person="一键报警",
                ),
                fact_id=hold_id,
            )

    return Tail(alarms_database, own, ask)
