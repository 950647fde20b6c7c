"""Makes findings of what the recorder measured: the inspector compares it with what the camera says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from camera.facts import StreamMeasured
from camera.register import Register
from camera.stream_health import StreamAsSet, StreamFault, StreamReading, StreamRules, StreamStanding, faults_of
from config.point import Point
from foundation.clock import NS_PER_S, Clock
from foundation.finding import Evidence, FindingBoard, Severity
from foundation.journal import Entry

_FRESH_S: Final = 300.0  # older ones, read after the inspector was away, say nothing about now


class StreamWatch:
    """Hand `take_fact` to a `Tail` of the recorder's catalogue."""

    def __init__(
        self,
        points: Sequence[Point],
        register: Register,
        findings: FindingBoard,
        clock: Clock,
        rules: StreamRules | None = None,
    ) -> None:
        self._points = {point.id: point for point in points}
        self._register = register
        self._findings = findings
        self._clock = clock
        self._rules = rules or StreamRules()
        kinds = {fault.value: fault for fault in StreamFault}
        known: dict[str, set[StreamFault]] = {point.id: set() for point in points}
        for finding in findings.all_open():
            if finding.kind in kinds:
                point_id = finding.subject.partition(":")[2]
                if point_id in known:
                    known[point_id].add(kinds[finding.kind])
                else:
                    findings.clear(finding.subject, finding.kind)  # the point left the settings
        self._standings = {name: StreamStanding(self._rules, frozenset(faults)) for name, faults in known.items()}

    def take_fact(self, entry: Entry) -> None:
        """A minute was measured."""
        if entry.kind != StreamMeasured.kind:
            return
        told = entry.read(StreamMeasured)
        point = self._points.get(told.point_id)
        if point is None or self._clock.utc_ns() - entry.at_utc_ns > _FRESH_S * NS_PER_S:
            return
        self._register.note_measure(told, point.device, entry.at_utc_ns)
        as_set = self._register.main_as_set(point.device, point.source)
        reading = StreamReading(
            seconds=told.seconds,
            bits_per_s=told.bits_per_s,
            fps=told.fps,
            keyframe_s=told.keyframe_s,
            frames=told.frames,
            packets_lost=told.packets_lost,
            damaged_frames=told.damaged_frames,
        )
        standing = self._standings[point.id].judge(faults_of(reading, told.codec, as_set, self._rules))
        for fault in StreamFault:
            subject = f"point:{point.id}"
            if fault in standing:
                evidence = _evidence(reading, told.codec, as_set)
                self._findings.open(subject, fault.value, Severity.ATTENTION, evidence=evidence)
            else:
                self._findings.clear(subject, fault.value)


def _evidence(reading: StreamReading, codec: str, as_set: StreamAsSet | None) -> Evidence:
    found: Evidence = {
        "codec": codec,
        "kbit_per_s": round(reading.bits_per_s / 1000),
        "fps": round(reading.fps, 1),
        "keyframe_s": round(reading.keyframe_s, 1) if reading.keyframe_s is not None else None,
        "packets_lost": reading.packets_lost,
        "frames": reading.frames,
    }
    if as_set is None:
        return found
    kbit_set = as_set.bitrate_bps // 1000 if as_set.bitrate_bps else None
    return {**found, "codec_set": as_set.codec, "kbit_per_s_set": kbit_set, "fps_set": as_set.fps}
