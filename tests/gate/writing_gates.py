"""Eight gates that write all they can as fast as they can, and say what the book has answered."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from foundation.clock import SystemClock
from foundation.ids import new_id
from gate.book import GateBook
from gate.leave_slip import Fetching
from gate.refusal import RefusalReason
from gate.vehicle import Vehicle, VehicleKind
from gate.visit import Visitor

GATES = 8
_LOCK = threading.Lock()


def say(what: str, record_id: str) -> None:
    """One whole line, out of this process before the next write begins."""
    with _LOCK:
        sys.stdout.write(f"{what} {record_id}\n")
        sys.stdout.flush()


def gate(book: GateBook, name: str) -> None:
    """Until the process dies. Nobody comes twice: whom the one before it left inside may not come in again."""
    number = 0
    while True:
        number += 1
        visitor = Visitor(name=f"{name} {os.getpid()} {number}", host="刘老师", reason="办事", phone=f"13{number:09}")
        visit_id = new_id()
        book.sign_in(visit_id=visit_id, gate_id=name, guard="王", visitor=visitor)
        say("in", visit_id)
        book.sign_out(visit_id=visit_id, departure_id=new_id(), gate_id=name, guard="王")
        say("out", visit_id)
        vehicle_id = new_id()
        van = Vehicle(kind=VehicleKind.DELIVERY, plate_note=f"{name}{number}", driver="赵六")
        book.vehicles.enter(vehicle_id=vehicle_id, gate_id=name, guard="王", vehicle=van)
        say("vehicle", vehicle_id)
        refusal_id = new_id()
        book.refusals.refuse(
            refusal_id=refusal_id, gate_id=name, guard="王", visitor=visitor, reason=RefusalReason.NO_HOST
        )
        say("refusal", refusal_id)
        out_id = new_id()
        fetching = Fetching(pupil=f"{name}{number}", class_name="二1班", adult="王大伟")
        book.door.pupils.leave_by_word(out_id=out_id, fetching=fetching, approver="赵", gate_id=name, guard="王")
        say("pupil", out_id)
        staff_id = new_id()
        book.door.staff.move(move_id=new_id(), staff_id=staff_id, coming=True, gate_id=name, guard="王")
        say("staff", staff_id)


def main() -> None:
    """python -m tests.gate.writing_gates FOLDER"""
    book = GateBook(Path(sys.argv[1]) / "gate.sqlite", SystemClock())
    threads = [threading.Thread(target=gate, args=(book, f"gate-{number}")) for number in range(GATES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
