"""The round: every device visited every 30 s, however many of them are mute."""

from __future__ import annotations

import queue
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import structlog

from camera.clock_watch import CLOCK_WRONG, ClockWatch
from camera.device_error import LoginRefused, Unreachable
from camera.device_findings import (
    NO_SUCH_SOURCE,
    OWN_LINK,
    SWAPPED,
    TOGETHER,
    TROUBLES,
    UNREACHABLE,
    Wanted,
    wanted_troubles,
)
from camera.device_state import DeviceState, LoginHold, Outcome, Standing, StateRules, hold_after, judge, may_log_in
from camera.facts import DeviceAccepted, LoginRetryAsked
from camera.onvif.model import DeviceTime, Identity
from camera.register import Register
from camera.stream_change import SET_NOT_KEPT, Asked, StreamChanges
from camera.together import failing_together
from camera.visit import HELD_ELSEWHERE, SetClock, Sighting, Visitor
from camera.visit_pool import VisitPool
from foundation.clock import NS_PER_S, Clock
from foundation.finding import Evidence, FindingBoard, Severity
from foundation.journal import Entry
from foundation.proven_time import TimeReading
from foundation.service import Service

_log = structlog.get_logger("round")

_STREAMS_EVERY_S: Final = 300.0
_READING_EVERY_S: Final = 3600.0
_PRUNE_EVERY_S: Final = 3600.0
_STEP_NS: Final = NS_PER_S // 2
_JITTER: Final = 0.1
_LOOK_S: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRules:
    """How the round goes."""

    period_s: float = 30.0
    workers: int = 16
    """Visits at once: 8 mute devices hold 8 of them for 8 s, and the other 56 still share the rest."""
    state: StateRules = field(default_factory=StateRules)
    sources_due: Mapping[str, tuple[int, ...]] | None = None
    """Device id to the source numbers that points are bound to."""
    points: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """Point of a device's source."""
    keep_clock: frozenset[str] = frozenset()
    """Devices whose clock we were asked to keep right."""


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What a round came to; None of it is stored."""

    visited: int
    good: int
    unfinished: tuple[str, ...]
    took_s: float


class CameraRound(Service):
    """Visits the devices, judges, writes, opens and clears findings. All writing is done by one thread."""

    def __init__(
        self,
        visitors: Sequence[Visitor],
        register: Register,
        findings: FindingBoard,
        clock: Clock,
        *,
        campus_id: str,
        rules: RoundRules = RoundRules(),
        may_try: Callable[[str], bool] = lambda _device_id: True,
        set_clock: SetClock | None = None,
        own_clock_holds: Callable[[], bool] = lambda: False,
        asked: Asked = lambda _point_id: None,
        chance: random.Random | None = None,
    ) -> None:
        """`set_clock` sets clocks of devices in `rules.keep_clock`, while `own_clock_holds` says that ours is right."""
        super().__init__("camera-round")
        self._visitors = {visitor.device_id: visitor for visitor in visitors}
        self._register = register
        self._findings = findings
        self._clock = clock
        self._campus = f"campus:{campus_id}"
        self._rules = rules
        self._may_try = may_try
        self._set_clock = set_clock
        self._clocks = ClockWatch(
            findings,
            clock,
            campus=self._campus,
            keep=rules.keep_clock,
            failing=rules.state.failing,
            own_clock_holds=own_clock_holds,
        )
        self._wall_ns = 0
        self._stream_changes = StreamChanges(rules.points, findings, clock, asked)
        self._chance = chance or random.Random()
        self._pool = VisitPool[Sighting](rules.workers, "visit")
        self._running: dict[str, Future[Sighting]] = {}
        self._standings: dict[str, tuple[Standing, LoginHold | None]] = {}
        self._streams_at_ns: dict[str, int] = {}
        self._reading_at_ns: dict[str, int] = {}
        self._pruned_at_ns = -round(_PRUNE_EVERY_S * NS_PER_S)
        self._accepted: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._retries: queue.SimpleQueue[str] = queue.SimpleQueue()

    def start(self) -> None:
        """Bring the register in line with the settings, then begin."""
        self.prepare()
        super().start()

    def prepare(self) -> None:
        """Bring the register and the findings in line with the settings."""
        gone = self._register.keep_only({visitor.device_id: visitor.address for visitor in self._visitors.values()})
        for device_id in gone:
            for kind in (*TROUBLES, CLOCK_WRONG, SWAPPED, NO_SUCH_SOURCE, SET_NOT_KEPT):
                self._findings.clear(f"device:{device_id}", kind)
        self._stream_changes.prepare()
        self._standings = self._register.standings()
        self._wall_ns = self._clock.utc_ns() - self._clock.running_ns()

    def _loop(self) -> None:
        while not self.stopping.is_set():
            began_ns = self._clock.running_ns()
            report = self.run_once()
            _log.debug("round", visited=report.visited, good=report.good, took_s=round(report.took_s, 2))
            self._pause(max(0.0, self._rules.period_s * self._chance.uniform(1 - _JITTER, 1) - report.took_s))
            lasted_s = (self._clock.running_ns() - began_ns) / NS_PER_S
            if lasted_s > 2 * self._rules.period_s and not self.stopping.is_set():
                # The box slept: its network needs a moment, and no camera is to blame for that.
                _log.warning("the box slept; a round is left out", lasted_s=round(lasted_s))
                self.stopping.wait(self._rules.period_s)

    def _pause(self, pause_s: float) -> None:
        """Until the next round is due, or a person asked for something."""
        ends_ns = self._clock.running_ns() + round(pause_s * NS_PER_S)
        while (left_s := (ends_ns - self._clock.running_ns()) / NS_PER_S) > 0:
            if self.stopping.wait(min(left_s, _LOOK_S)) or not (self._accepted.empty() and self._retries.empty()):
                return

    def close(self) -> None:
        """End; visits that are under way are left to their deadlines."""
        super().close()
        self._pool.close()

    def take_fact(self, entry: Entry) -> None:
        """Handler for a `Tail` of the office's journal: `DeviceAccepted`, `LoginRetryAsked`; a round begins at once."""
        if entry.kind == DeviceAccepted.kind:
            self._accepted.put(entry.read(DeviceAccepted).device_id)
        elif entry.kind == LoginRetryAsked.kind:
            self._retries.put(entry.read(LoginRetryAsked).device_id)

    def _obey(self) -> None:
        for _ in range(self._accepted.qsize()):
            device_id = self._accepted.get()
            self._findings.clear(f"device:{device_id}", SWAPPED)
            self._stream_changes.accept(device_id)
        for _ in range(self._retries.qsize()):
            device_id = self._retries.get()
            if device_id in self._standings:
                self._standings[device_id] = (self._standings[device_id][0], None)

    def is_well(self, device_id: str) -> bool:
        """Whether the device let us in when it was last visited, and nobody was refused by it."""
        standing, hold = self._standings.get(device_id, (None, None))
        return standing is not None and standing.state is DeviceState.OK and hold is None and self._may_try(device_id)

    def run_once(self) -> RoundReport:
        """One whole round, at most `period_s` long; a device still busy with an earlier visit is left out."""
        self._obey()
        stepped = self._was_stepped()  # before anybody is visited: no clock is set for what the wrong one showed
        began_ns = self._clock.running_ns()
        due = [device_id for device_id in self._visitors if device_id not in self._running]
        self._chance.shuffle(due)  # else the last of the list would always be the last asked
        for device_id in due:
            self._running[device_id] = self._pool.submit(partial(self._visit, device_id))
        sightings = dict(self._collect())
        took_ns = self._clock.running_ns() - began_ns
        stepped = self._was_stepped() or stepped
        self._settle(sightings, clock_holds=not stepped)
        good = sum(not sighting.outcome.trouble for sighting in sightings.values())
        return RoundReport(len(sightings), good, tuple(self._running), took_ns / NS_PER_S)

    def _was_stepped(self) -> bool:
        """Whether this box's wall clock was set since this was last asked."""
        before_ns, self._wall_ns = self._wall_ns, self._clock.utc_ns() - self._clock.running_ns()
        if abs(self._wall_ns - before_ns) <= _STEP_NS:
            return False
        _log.warning("this box's clock was set; the cameras' clocks are not judged by this round")
        self._clocks.own_clock_stepped()
        return True

    def _visit(self, device_id: str) -> Sighting:
        _, hold = self._standings[device_id]
        now = self._clock.utc_ns()

        elsewhere = not self._may_try(device_id)

        def allowed(mark: bytes) -> bool:
            return not elsewhere and may_log_in(hold, mark, now, self._rules.state)

        sighting = self._visitors[device_id].visit(
            may_log_in=allowed,
            want_streams=self._streams_due(device_id),
            set_clock=self._set_clock if self._clocks.may_set(device_id) else None,
        )
        if elsewhere and sighting.outcome.trouble == LoginRefused.trouble:
            # Not a refusal of our own: a finding of ours would hold the other role back for ever, and it us.
            return replace(sighting, outcome=Outcome(HELD_ELSEWHERE, sighting.outcome.message))
        return sighting

    def _streams_due(self, device_id: str) -> bool:
        at_ns = self._streams_at_ns.get(device_id)
        return at_ns is None or self._clock.running_ns() - at_ns >= _STREAMS_EVERY_S * NS_PER_S

    def _collect(self) -> Iterator[tuple[str, Sighting]]:
        names = {future: device_id for device_id, future in self._running.items()}
        ends_ns = self._clock.running_ns() + round(self._rules.period_s * NS_PER_S)
        while names and not self.stopping.is_set() and self._clock.running_ns() < ends_ns:
            done, _ = wait(names, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
            for future in done:
                device_id = names.pop(future)
                del self._running[device_id]
                yield device_id, future.result()
        if names and not self.stopping.is_set():
            _log.warning("visits go on beyond the round", devices=sorted(names.values()))

    def _settle(self, sightings: Mapping[str, Sighting], *, clock_holds: bool) -> None:
        if not sightings:
            return
        if all(sighting.own_link_down for sighting in sightings.values()):
            self._findings.open(self._campus, OWN_LINK, Severity.FAILING, evidence={"devices": len(sightings)})
            return  # nothing is known about any camera; what is old becomes unknown by itself
        self._findings.clear(self._campus, OWN_LINK)
        before = {device_id: self._register.identity(device_id) for device_id in sightings}
        codecs = {device_id: self._register.main_codecs(device_id) for device_id in sightings}
        with self._register.database.transaction() as transaction:  # one commit a round
            for device_id, sighting in sightings.items():
                if sighting.own_link_down:
                    continue
                self._judge(device_id, sighting)
                standing, hold = self._standings[device_id]
                good = not sighting.outcome.trouble
                self._register.note_visit(transaction, device_id, standing, hold, good=good)
                if sighting.identity is not None:
                    self._register.note_identity(transaction, device_id, sighting.identity)
                self._register.note_mac(transaction, device_id, sighting.mac)
                if sighting.streams is not None:
                    self._register.note_streams(transaction, device_id, sighting.streams)
                    self._streams_at_ns[device_id] = self._clock.running_ns()
                if sighting.clock_set == "" and sighting.time is not None:
                    self._register.note_clock_set(transaction, device_id, sighting.time)
                if sighting.time is not None and clock_holds:
                    self._register.note_time(transaction, device_id, sighting.time)
                    reading = self._reading(device_id, sighting.time)
                    if reading is not None:
                        self._register.tell(transaction, reading)
            if self._clock.running_ns() - self._pruned_at_ns >= _PRUNE_EVERY_S * NS_PER_S:
                self._pruned_at_ns = self._clock.running_ns()
                self._register.prune(transaction)
        for device_id, sighting in sightings.items():
            if sighting.clock_set is not None:
                if clock_holds:  # else by which of our clocks, nobody knows: it may be set again
                    self._clocks.was_set(device_id)
                _log.info("a device's clock was set", device=device_id, trouble=sighting.clock_set)
            self._judge_identity(device_id, before[device_id], sighting.identity)
            self._judge_sources(device_id, sighting)
            if sighting.streams is not None:
                self._stream_changes.judge(device_id, codecs[device_id], sighting.streams)
        if clock_holds:
            not_set = {device_id: sighting.clock_set for device_id, sighting in sightings.items() if sighting.clock_set}
            self._clocks.judge({device_id: sighting.time for device_id, sighting in sightings.items()}, not_set)
        self._tell_troubles()

    def _judge(self, device_id: str, sighting: Sighting) -> None:
        standing, hold = self._standings[device_id]
        now, rules = self._clock.utc_ns(), self._rules.state
        self._standings[device_id] = (
            judge(standing, sighting.outcome, now, rules),
            hold_after(sighting.outcome, hold, sighting.tried_login, sighting.login_mark, now, rules),
        )
        if sighting.outcome.trouble:
            self._streams_at_ns.pop(device_id, None)  # it may come back as another: ask for its streams then

    def _tell_troubles(self) -> None:
        since = {
            device_id: standing.since_utc_ns
            for device_id, (standing, _) in self._standings.items()
            if standing.state is DeviceState.FAILING and standing.trouble == Unreachable.trouble
        }
        groups = failing_together(since, span_ns=round(2 * self._rules.period_s * NS_PER_S))
        grouped = {device_id for group in groups for device_id in group.devices}
        for device_id, (standing, hold) in self._standings.items():
            wanted = wanted_troubles(standing, hold)
            if wanted is not None:
                hidden = {UNREACHABLE} if device_id in grouped else set()
                self._show(f"device:{device_id}", TROUBLES, {k: v for k, v in wanted.items() if k not in hidden})
        open_groups = {f"device:{group.name}": group for group in groups}
        for finding in self._findings.all_open():
            if finding.kind == TOGETHER and finding.subject not in open_groups:
                self._findings.clear(finding.subject, TOGETHER)
        for subject, group in open_groups.items():
            evidence: Evidence = {"devices": ", ".join(group.devices), "count": len(group.devices)}
            self._findings.open(subject, TOGETHER, Severity.FAILING, evidence=evidence, cause="network")

    def _show(self, subject: str, kinds: Sequence[str], wanted: Mapping[str, Wanted]) -> None:
        for kind in kinds:
            if kind not in wanted:
                self._findings.clear(subject, kind)
        for kind, finding in wanted.items():
            self._findings.open(subject, kind, finding.severity, evidence=finding.evidence)

    def _judge_identity(self, device_id: str, before: Identity | None, now: Identity | None) -> None:
        if before is None or now is None or not before.serial or before.serial == now.serial:
            return
        subject = f"device:{device_id}"
        known = next((one for one in self._findings.all_open() if (one.subject, one.kind) == (subject, SWAPPED)), None)
        if known is not None and known.evidence.get("serial_before") == now.serial:
            self._findings.clear(subject, SWAPPED)  # the one that was there hangs there again
            return
        evidence = {"serial_before": before.serial, "serial_now": now.serial, "model_now": now.model}
        self._findings.open(subject, SWAPPED, Severity.ATTENTION, evidence=evidence)

    def _judge_sources(self, device_id: str, sighting: Sighting) -> None:
        due = (self._rules.sources_due or {}).get(device_id, ())
        if sighting.streams is None or not due:
            return
        given = {found.source.number for found in sighting.streams}
        missing = [number for number in due if number not in given]
        evidence: Evidence = {"sources": ", ".join(map(str, missing)), "given": len(given)}
        shown = {NO_SUCH_SOURCE: Wanted(Severity.FAILING, evidence)} if missing else {}
        self._show(f"device:{device_id}", (NO_SUCH_SOURCE,), shown)

    def _reading(self, device_id: str, time: DeviceTime) -> TimeReading | None:
        # A camera set by a time server repeats that server's word: it is not a source of its own, and the box may
        # ask the same server. Only a clock that runs by itself can vouch for a stretch without power.
        if time.by_ntp:
            return None
        last_ns = self._reading_at_ns.get(device_id)
        if last_ns is not None and time.asked_running_ns - last_ns < _READING_EVERY_S * NS_PER_S:
            return None
        self._reading_at_ns[device_id] = time.asked_running_ns
        return TimeReading(
            source_kind="camera",
            source=device_id,
            offset_ns=time.offset_ns,
            asked_utc_ns=time.asked_utc_ns,
            asked_running_ns=time.asked_running_ns,
            boot_id=self._clock.boot_id(),
            error_ns=time.error_ns,
        )
