"""Judges devices' clocks beside ours after each round, and says which of them may be set (校时).

Where most devices are off alike, it may be our own clock that is wrong: one finding then, and not one for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from statistics import median_low
from typing import Final

from camera.device_clock import ClockFault, clock_fault, off_alike
from camera.onvif.model import DeviceTime
from camera.stream_change import SET_NOT_KEPT
from foundation.clock import NS_PER_S, Clock
from foundation.finding import Evidence, FindingBoard, Severity

CLOCK_WRONG: Final = "camera.clock_wrong"
CLOCKS_TOGETHER: Final = "camera.clocks_wrong_together"

_SET_EVERY_NS: Final = 3600 * NS_PER_S
"""A device that does not keep its time is not set again and again."""


class ClockWatch:
    """Opens and clears the findings about clocks. Belongs to the round's thread, but for `may_set`."""

    def __init__(
        self,
        findings: FindingBoard,
        clock: Clock,
        *,
        campus: str,
        keep: Collection[str],
        failing: int,
        own_clock_holds: Callable[[], bool],
    ) -> None:
        """`campus` is the subject of what concerns all; a clock is wrong after `failing` readings in a row.

        Clocks of the devices in `keep` may be set, while `own_clock_holds` says that ours is right.
        """
        self._findings = findings
        self._clock = clock
        self._campus = campus
        self._keep = frozenset(keep)
        self._failing = failing
        self._own_clock_holds = own_clock_holds
        self._times: dict[str, DeviceTime] = {}
        self._doubts: dict[str, int] = {}
        self._set_at_ns: dict[str, int] = {}

    def may_set(self, device_id: str) -> bool:
        """Whether a device's clock shall be set on the visit that begins."""
        if device_id not in self._keep or self._doubts.get(device_id, 0) < self._failing:
            return False
        at_ns = self._set_at_ns.get(device_id)
        rested = at_ns is None or self._clock.running_ns() - at_ns >= _SET_EVERY_NS
        return rested and self._own_clock_holds()

    def was_set(self, device_id: str) -> None:
        """It was tried to set a device's clock, with or without success."""
        self._set_at_ns[device_id] = self._clock.running_ns()

    def own_clock_stepped(self) -> None:
        """Our own clock was set: earlier readings, and what devices were set to by it, say nothing any more."""
        self._times.clear()
        self._doubts.clear()
        self._set_at_ns.clear()

    def judge(self, told: Mapping[str, DeviceTime | None], not_set: Mapping[str, str]) -> None:
        """What a round read, None of devices that told no time; `not_set` says why clocks could not be set."""
        faults = {}
        for device_id, time in told.items():
            if time is None:
                self._times.pop(device_id, None)
                continue
            self._times[device_id] = time
            faults[device_id] = fault = clock_fault(time)
            self._doubts[device_id] = self._doubts.get(device_id, 0) + 1 if fault else 0
        if not faults:
            return  # nobody told the time: what was known stays
        wrong = {name: time for name, time in self._times.items() if self._doubts[name] >= self._failing}
        together = off_alike(wrong, of=len(self._times))
        for device_id, fault in faults.items():
            self._tell(device_id, fault, alone=device_id not in together, not_set=not_set.get(device_id, ""))
        self._tell_together(together)

    def _tell(self, device_id: str, fault: ClockFault | None, *, alone: bool, not_set: str) -> None:
        subject, time = f"device:{device_id}", self._times[device_id]
        if fault is None:
            self._findings.clear(subject, SET_NOT_KEPT)
        elif not_set:
            evidence = {"what": "clock", "device_tells": not_set}
            self._findings.open(subject, SET_NOT_KEPT, Severity.ATTENTION, evidence=evidence)
        if fault is None or not alone:
            self._findings.clear(subject, CLOCK_WRONG)
        elif self._doubts[device_id] >= self._failing:
            self._findings.open(subject, CLOCK_WRONG, Severity.ATTENTION, evidence=_evidence(fault, time, not_set))

    def _tell_together(self, together: tuple[str, ...]) -> None:
        if not together:
            if not any(0 < doubts < self._failing for doubts in self._doubts.values()):  # else it is not decided
                self._findings.clear(self._campus, CLOCKS_TOGETHER)
            return
        evidence: Evidence = {
            "offset_ms": round(median_low(self._times[name].offset_ns for name in together) / 1e6),
            "devices": ", ".join(together),
            "count": len(together),
            "own_clock": "kept" if self._own_clock_holds() else "not_kept",
        }
        self._findings.open(self._campus, CLOCKS_TOGETHER, Severity.ATTENTION, evidence=evidence)


def _evidence(fault: ClockFault, time: DeviceTime, not_set: str) -> Evidence:
    found: Evidence = {
        "fault": fault.value,
        "offset_ms": round(time.offset_ns / 1e6),
        "error_ms": round(time.error_ns / 1e6),
    }
    return {**found, "not_set": not_set} if not_set else found
