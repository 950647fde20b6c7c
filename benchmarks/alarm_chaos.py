"""Presses while everything around them fails: `python -m benchmarks.alarm_chaos [--quick] [--broker 3.1.1]`.

The school's roles run in a network namespace, their state on a disk whose power can be cut; two brokers and the center
are real processes outside. Each fault lasts while fingers press; then it is healed and every alarm must come to the
desk, once. Fingers repeat their press until they are answered, as the page's button does.

lost: presses whose alarm never reached the desk. doubled: alarms at the desk beyond one for each press. not_stored:
presses that were answered "stored" and are not on the disk, now or in a copy of it taken as by a power cut.
heal_to_receipt_p99_s: from the end of a fault to the receipt, over all alarms that waited then. A kind of fault that
was never tried fails the run. Needs root (namespace, loop devices).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from alarms.inputs.call import Reply
from alarms.inputs.socket_client import NoAnswerError
from alarms.query import recent_alarms
from alarms.record import AlarmRecord, StepKind
from benchmarks.alarm_district import District, percentile, say, wait_for
from benchmarks.conditions import Conditions
from foundation.ids import new_id
from foundation.sqlite import DatabaseError
from tests.support.namespace import Namespace
from tests.support.power_cut import PowerCutDisk

PRESSES, QUICK_PRESSES = 320, 112
ROLES: Final = ("gatehouse", "recorder", "inspector", "office")
IN_ONE_FAULT: Final = 8
GIVE_UP_S: Final = 120.0
SEED: Final = 20261121


@dataclass
class Finger:
    """One press and what became of it."""

    press_id: str
    fault: str
    reply: Reply | None = None
    error: str = ""
    healed_utc_ns: int = 0


@dataclass
class Chaos:
    """The faults, each a block: it holds while the block runs."""

    district: District
    line: Namespace
    disk: PowerCutDisk
    random: random.Random = field(default_factory=lambda: random.Random(SEED))
    fingers: list[Finger] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    not_stored: int = 0
    pressed: int = 0

    def faults(self) -> dict[str, Callable[[], object]]:
        """All kinds by name."""
        kinds: dict[str, Callable[[], object]] = {f"kill_{role}": self._kill(role) for role in ROLES}
        kinds |= {
            "kill_center": self.kill_center,
            "kill_one_broker": self.kill_one_broker,
            "kill_both_brokers": self.kill_both_brokers,
            "power_cut": self.power_cut,
            "partition": self.partition,
            "silent_drop": self.silent_drop,
            "brokers_forget": self.brokers_forget,
            "full_queues": self.full_queues,
            "saturated_uplink": self.saturated_uplink,
            "frozen_brokers": self.frozen_brokers,
        }
        return kinds

    # ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _kill(self, role: str) -> Callable[[], object]:
        @contextmanager
        def killed() -> Iterator[None]:
            self.district.end(role, signal.SIGKILL)
            yield
            self.district.start_role(role)

        return killed

    @contextmanager
    def kill_center(self) -> Iterator[None]:
        self.district.end("center", signal.SIGKILL)
        yield
        self.district.start_center(wait=False)

    @contextmanager
    def kill_one_broker(self) -> Iterator[None]:
        broker = self.random.choice(list(self.district.brokers.values()))
        broker.kill()
        yield
        broker.start()

    @contextmanager
    def kill_both_brokers(self) -> Iterator[None]:
        for broker in self.district.brokers.values():
            broker.kill()
        yield
        for broker in self.district.brokers.values():
            broker.start()

    @contextmanager
    def power_cut(self) -> Iterator[None]:
        """Copies of the disk at instants while fingers press; what was answered before a copy must be in it."""
        done = threading.Event()
        cutting = threading.Thread(target=self._cut_until, args=(done,))
        cutting.start()
        yield
        done.set()
        cutting.join()

    def _cut_until(self, done: threading.Event) -> None:
        while not done.wait(self.random.uniform(0.0, 0.3)):
            answered = {finger.press_id for finger in self.fingers if finger.reply and finger.reply.stored}
            with self.disk.cut() as found:
                on_disk = recent_alarms(found / "state" / "alarms.sqlite", limit=100_000)
            self.not_stored += len(answered - {alarm.press_id for alarm in on_disk})

    @contextmanager
    def partition(self) -> Iterator[None]:
        self.line.cut()
        yield
        self.line.mend()

    @contextmanager
    def silent_drop(self) -> Iterator[None]:
        self.line.drop()
        yield
        time.sleep(self.random.uniform(1, 14))  # before and after the keepalive notices
        self.line.carry()

    @contextmanager
    def brokers_forget(self) -> Iterator[None]:
        self.district.end("center", signal.SIGKILL)
        yield
        for broker in self.district.brokers.values():
            broker.kill()
            for file in broker.directory.glob("mosquitto.db*"):
                file.unlink()
            broker.start()
        self.district.start_center(wait=False)

    @contextmanager
    def full_queues(self) -> Iterator[None]:
        """More than the brokers keep for an absent center: they acknowledge and drop the rest."""
        self.district.end("center", signal.SIGKILL)
        dropped = self.district.times_dropped()
        self.press_some("full_queues", self.district.queue_limit + 5)
        yield
        if not self.district.plain_311:  # amqtt keeps what it wants, and does not say
            wait_for(lambda: self.district.times_dropped() > dropped, 30, "a message that a full broker dropped")
        self.district.start_center(wait=False)

    @contextmanager
    def saturated_uplink(self) -> Iterator[None]:
        self.line.choke()
        yield
        self.line.widen()

    @contextmanager
    def frozen_brokers(self) -> Iterator[None]:
        pids = [broker.pid for broker in self.district.brokers.values()]
        for pid in pids:
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
        yield
        time.sleep(self.random.uniform(0, 12))
        for pid in pids:
            assert pid is not None
            os.kill(pid, signal.SIGCONT)

    # ── fingers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def press_some(self, fault: str, count: int) -> list[threading.Thread]:
        """Fingers on different buttons within about a second; each goes on until it is answered."""
        threads = []
        for _ in range(count):
            finger = Finger(new_id(), fault)
            self.fingers.append(finger)
            thread = threading.Thread(target=self._press, args=(finger, self.pressed))
            self.pressed += 1
            thread.start()
            threads.append(thread)
            time.sleep(self.random.uniform(0, 0.25))
        return threads

    def _press(self, finger: Finger, number: int) -> None:
        try:
            finger.reply = self.district.press(number, finger.press_id, give_up_after_s=GIVE_UP_S)
        except NoAnswerError as error:
            finger.error = str(error)

    def round(self, fault: str) -> None:
        """One fault from beginning to healing, and all its alarms at the desk before the next."""
        say(f"{len(self.fingers):4d} presses so far · {fault}")
        before = len(self.fingers)
        with self.faults()[fault]():  # type: ignore[attr-defined]
            threads = self.press_some(fault, IN_ONE_FAULT)
        healed_utc_ns = time.time_ns()
        self.tried[fault] += 1
        for thread in threads:
            thread.join()
        for finger in self.fingers[before:]:
            finger.healed_utc_ns = healed_utc_ns
        try:
            wait_for(lambda: self.all_received(before), GIVE_UP_S, f"the receipts after {fault}")
        except RuntimeError as error:
            say(str(error))

    def all_received(self, since: int) -> bool:
        alarms = self.on_disk()
        return all(finger.press_id in alarms and alarms[finger.press_id].received for finger in self.fingers[since:])

    def on_disk(self) -> dict[str, AlarmRecord]:
        """Alarms of the school by press id; empty while the file cannot be read."""
        try:
            found = recent_alarms(self.district.state.database("alarms"), limit=100_000)
        except DatabaseError:
            return {}
        return {alarm.press_id: alarm for alarm in found}

    # ── the reckoning ──────────────────────────────────────────────────────────────────────────────────────────────
    def figures(self) -> dict[str, object]:
        """What is printed."""
        alarms = self.on_disk()
        desk = Counter(self.district.desk_alarm_ids())
        lost = [
            finger for finger in self.fingers if finger.press_id not in alarms or not desk[alarms[finger.press_id].id]
        ]
        stored = [finger for finger in self.fingers if finger.reply is not None and finger.reply.stored]
        waits: dict[str, list[float]] = {}
        for finger in self.fingers:
            step = alarms[finger.press_id].step(StepKind.CENTER_RECEIVED) if finger.press_id in alarms else None
            if step is not None and step.at_utc_ns > finger.healed_utc_ns:
                waits.setdefault(finger.fault, []).append((step.at_utc_ns - finger.healed_utc_ns) / 1e9)
        for fault, seconds in sorted(waits.items()):
            median, longest = percentile(seconds, 0.5), max(seconds)
            say(f"{fault}: {len(seconds)} waited, half of them {median:.2f} s after healing, at most {longest:.2f} s")
        every = [seconds for some in waits.values() for seconds in some]
        return {
            "presses": len(self.fingers),
            "lost": len(lost),
            "duplicated": sum(desk.values()) - len(set(desk)) + max(0, len(desk) - len(self.fingers)),
            "not_stored": self.not_stored + sum(1 for finger in stored if finger.press_id not in alarms),
            "heal_to_receipt_p99_s": round(percentile(every, 0.99), 2) if every else 0.0,
            "waited_at_healing": len(every),
            "faults": dict(sorted(self.tried.items())),
        }


def main() -> int:
    """Run, print one JSON line; 1 if a kind of fault was never tried, something was lost, doubled or not stored."""
    conditions = Conditions()
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--broker", choices=("5", "3.1.1"), default="5", help="3.1.1: amqtt without TLS")
    parser.add_argument("--only", help="one kind of fault, for looking closely", default="")
    options = parser.parse_args()
    wanted = QUICK_PRESSES if options.quick else PRESSES
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        line, disk = Namespace().open(), PowerCutDisk(Path(folder) / "power").open()
        district = District(
            Path(folder) / "district",
            paths=("primary", "standby"),
            host=line.host_address,
            queue_limit=10,
            state_folder=disk.mount / "state",
            plain_311=options.broker == "3.1.1",
            prefix=dict.fromkeys(ROLES, line.inside),
        )
        chaos = Chaos(district, line, disk)
        try:
            district.start_brokers()
            district.start_center()
            district.write_campus()
            for role in ROLES:
                district.start_role(role)
            wait_for(district.carries, 90, "both paths")
            kinds = [options.only] if options.only else list(chaos.faults())
            while len(chaos.fingers) < wanted or (not options.only and set(kinds) - set(chaos.tried)):
                for fault in chaos.random.sample(kinds, len(kinds)):
                    chaos.round(fault)
                    if len(chaos.fingers) >= wanted and not set(kinds) - set(chaos.tried):
                        break
            figures = chaos.figures()
        finally:
            district.close()
            line.close()
            disk.close()
    print(json.dumps({"benchmark": "alarm_chaos", "figures": figures, "conditions": conditions.words()}))
    failed = figures["lost"] or figures["duplicated"] or figures["not_stored"] or set(kinds) - set(chaos.tried)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
