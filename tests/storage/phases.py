"""Kills itself inside one phase of the recorder's work, at each of its steps: `python phases.py FOLDER PHASE STRIDE`.

A step is a call that changes a disk, or a commit. Each time a child begins with the same footage, is killed at the next
step, and another child starts as after a boot and checks. Prints the steps at which it was killed, then what was found.
"""

import json
import os
import shutil
import signal
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from foundation.clock import ManualClock
from foundation.sqlite import Database, Transaction
from storage.startup import StartupRepair
from storage.sweep import Sweep
from tests.storage.store import START_MS, Store

DISK_CALLS = ("writev", "fdatasync", "fsync", "ftruncate", "unlink", "rmdir", "rename", "mkdir")
POINTS = ("gate", "hall")


class Steps:
    """Counts steps; at the last one the process is gone."""

    def __init__(self, left: int, marker: Path) -> None:
        self._left = left
        self._marker = marker

    def step(self, name: str) -> None:
        self._left -= 1
        if self._left == 0:
            self._marker.write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Every change from here is a step."""
        for name in DISK_CALLS:
            setattr(os, name, self._counted(name, getattr(os, name)))
        healthy = Database.transaction
        steps = self

        @contextmanager
        def transaction(database: Database) -> Iterator[Transaction]:
            with healthy(database) as inside:
                yield inside
                steps.step("commit")
            steps.step("committed")

        setattr(Database, "transaction", transaction)  # noqa: B010 - a method of another shape for the type checker

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **more: Any) -> Any:
            self.step(name)
            return call(*arguments, **more)

        return counted


def opened(folder: Path, *, booted: bool = False) -> Store:
    """The box where it was, or after a boot."""
    saved = folder / "clock.json"
    clock = ManualClock(now_utc_ns=START_MS * 1_000_000, boot="first")
    if saved.exists():
        utc_ns, running_ns = json.loads(saved.read_text())
        clock = ManualClock(now_utc_ns=utc_ns, now_running_ns=running_ns, boot="first")
    if booted:
        clock.advance(days=1)
        clock.reboot(off_s=60, boot=str(uuid.uuid4()))
    return Store(folder, points=POINTS, clock=clock)


def save(store: Store) -> None:
    store.catalogue.running.save()
    (store.folder / "clock.json").write_text(json.dumps([store.clock.now_utc_ns, store.clock.now_running_ns]))


def record(store: Store) -> None:
    for point in POINTS:
        store.record(2, point=point)


def seal(store: Store) -> None:
    store.sealer.once()


def sweep(store: Store) -> None:
    assert Sweep(store.catalogue, store.shelf, store.audit, lambda: True).once().deleted == 8


def repair(store: Store) -> None:
    repair = StartupRepair(store.catalogue, store.shelf)
    repair.start()
    repair.close()
    repair._hash()


PHASES: dict[str, Callable[[Store], None]] = {"record": record, "seal": seal, "sweep": sweep, "repair": repair}


def prepare(folder: Path, phase: str) -> None:
    """Footage as the phase finds it."""
    store = opened(folder)
    record(store)
    save(store)
    if phase in ("seal", "sweep"):
        record(store)
        store.until_next_day()
    if phase == "sweep":
        seal(store)
        store.clock.advance(days=91)
    save(store)
    if phase == "repair":  # the power fails in the middle of a fragment
        steps = Steps(22, folder / "marker")
        newest = max(folder.glob("main/footage/*/*/*.mp4"))
        with newest.open("ab") as file:
            file.write(b"torn" * 100)
        with store.catalogue.database.transaction() as transaction:
            transaction.execute("UPDATE segment SET state = 0, duration_ms = 0, sha256 = NULL WHERE point_no = 2")
            transaction.execute("UPDATE run SET end_ms = NULL, end_cause = NULL WHERE point_no = 2")
        steps.watch()
        record(store)


def check(folder: Path) -> None:
    """What is wrong after the next start, its repair and its sweep."""
    store = opened(folder, booted=True)
    repair(store)
    found: list[object] = list(store.check().found)
    Sweep(store.catalogue, store.shelf, store.audit, lambda: True).once()
    store.sealer.once()
    found += store.check().found
    if store.catalogue.database.rows("SELECT 1 FROM segment WHERE state IN (0, 2)"):
        found.append("a segment is left between two states")
    if found:
        raise AssertionError(found)


def forked(work: Callable[[], None]) -> int:
    """Exit code of a child that does it; negative for a signal."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - a child says what went wrong and ends
            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(folder: Path, phase: str, number: int) -> str | None:
    """The step at which the child was killed; None if the phase was over before."""

    def work() -> None:
        steps = Steps(number, folder / "marker")
        store = opened(folder, booted=phase == "repair")
        steps.watch()
        PHASES[phase](store)

    code = forked(work)
    if code not in (0, -signal.SIGKILL):
        raise AssertionError(f"{phase} ended with {code}")
    return (folder / "marker").read_text() if code else None


def main() -> None:
    folder, phase, stride = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    base = folder / "base"
    base.mkdir()
    code = forked(lambda: prepare(base, phase))
    assert code == (-signal.SIGKILL if phase == "repair" else 0), code
    number = 1
    while True:
        copy = folder / f"at-{number}"
        shutil.copytree(base, copy)
        at = killed_at(copy, phase, number)
        if at is None:
            print("over", flush=True)
            return
        print(f"{number} {at}: {'clean' if forked(partial(check, copy)) == 0 else 'NOT CLEAN'}", flush=True)
        shutil.rmtree(copy)
        number += stride


if __name__ == "__main__":
    main()
