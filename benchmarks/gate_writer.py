"""Signs visitors in until it is killed, and says each id that the book has answered: `… gate_writer FOLDER`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from foundation.clock import SystemClock
from foundation.ids import new_id
from gate.book import GateBook
from gate.visit import Visitor

_LOCK = threading.Lock()


def write(book: GateBook, gate: str) -> None:
    """One gate, without end."""
    while True:
        visit_id = new_id()
        visitor = Visitor(name=f"来访{visit_id[-6:]}", host="刘老师", reason="办事")
        book.sign_in(visit_id=visit_id, gate_id=gate, guard="王师傅", visitor=visitor)
        with _LOCK:
            sys.stdout.write(f"{visit_id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    opened = GateBook(Path(sys.argv[1]) / "gate.sqlite", SystemClock())
    for name in ("east", "west"):
        threading.Thread(target=write, args=(opened, name)).start()
