"""An office that reads a journal into its ledger and is killed at one fact: JOURNAL LEDGER N WHERE."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from foundation.clock import SystemClock
from foundation.journal import Entry, Tail
from safety.fault import Happening
from safety.ledger import FaultLedger
from safety.writing import Writing


def main() -> None:
    journal, path, number, where = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    ledger = FaultLedger(path, SystemClock())
    seen = 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if where == "inside":
        note = Writing.note

        def note_and_die(writing: Writing, fault_id: str, what: Happening, at_utc_ns: int, **more: Any) -> int:
            number_of_entry = note(writing, fault_id, what, at_utc_ns, **more)
            if seen == number:
                die()  # rows are written, nothing is committed
            return number_of_entry

        setattr(Writing, "note", note_and_die)  # noqa: B010

    def take(entry: Entry) -> None:
        nonlocal seen
        seen += 1
        if where == "before" and seen == number:
            die()
        ledger.take(entry)
        if where == "after" and seen == number:
            die()  # the fact is acted on, the reader's cursor is not moved

    Tail(journal, ledger.journal, take).poll()
    ledger.close()


if __name__ == "__main__":
    main()
