"""An office that hears one alarm into its incidents and is killed at an entry: LEDGER ALARM N WHERE."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from foundation.clock import SystemClock
from safety.incident_ledger import AlarmStep, HeardAlarm, IncidentLedger
from safety.incident_writing import IncidentWriting
from safety.ledger import FaultLedger

STEPS = ("stored", "center_received", "acknowledged")


def main() -> None:
    path, alarm_id, number, where = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    faults = FaultLedger(path, SystemClock())
    ledger = IncidentLedger(faults.journal, SystemClock())
    written = 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    note = IncidentWriting.note

    def note_and_die(writing: IncidentWriting, *positional: Any, **more: Any) -> int:
        nonlocal written
        made = note(writing, *positional, **more)
        written += 1
        if where == "inside" and written == number:
            die()  # rows are written, nothing is committed
        return made

    setattr(IncidentWriting, "note", note_and_die)  # noqa: B010
    for reached in range(1, len(STEPS) + 1):
        ledger.hear(
            HeardAlarm(
                id=alarm_id,
                title="一键报警：东门按钮",
                place="东门",
                pressed_utc_ns=1,
                boot_id="boot",
                running_ns=1,
                quiet=False,
                called_off=False,
                steps=tuple(AlarmStep(step=step, at_utc_ns=reached) for step in STEPS[:reached]),
            )
        )
        if where == "after" and reached == number:
            die()
    faults.close()


if __name__ == "__main__":
    main()
