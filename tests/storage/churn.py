"""Records, seals, holds and sweeps as fast as it can until it is killed: `python churn.py FOLDER`.

Each start repairs first, under a clock that goes on after the newest footage. Prints a line per round.
"""

import sys
import uuid
from pathlib import Path

import apsw

from foundation.clock import ManualClock
from storage.holds import HoldRequest, Holds
from storage.startup import StartupRepair
from storage.sweep import Sweep
from tests.storage.store import START_MS, Store


def newest_ms(folder: Path) -> int:
    path = folder / "catalogue.sqlite"
    if not path.exists():
        return START_MS
    with apsw.Connection(str(path)) as connection:
        try:
            row = connection.execute("SELECT max(start_ms + duration_ms) FROM segment").fetchone()
        except apsw.SQLError:  # killed before the first table was made
            return START_MS
    return (row[0] if row else None) or START_MS


def main() -> None:
    folder = Path(sys.argv[1])
    clock = ManualClock(now_utc_ns=(newest_ms(folder) + 3_600_000) * 1_000_000, boot=str(uuid.uuid4()))
    store = Store(folder, points=("gate", "hall"), clock=clock)
    repair = StartupRepair(store.catalogue, store.shelf)
    repair.start()
    holds = Holds(store.catalogue, store.audit)
    sweep = Sweep(store.catalogue, store.shelf, store.audit, lambda: repair.settled)
    print("ready", flush=True)
    for number in range(10**6):
        for point in ("gate", "hall"):
            store.record(3, point=point)
        if number % 5 == 0:
            now_ms = store.catalogue.now_ms()
            request = HoldRequest(point="gate", from_ms=now_ms - 60_000, to_ms=now_ms, reason="r", person="p")
            identity = holds.place(request, [store.volume.path])
            if number % 10:
                holds.end(identity, person="p", roots=[store.volume.path])
        store.until_next_day()
        store.sealer.once()
        store.clock.advance(days=7)
        sweep.once()
        print(f"round {number}", flush=True)


if __name__ == "__main__":
    main()
