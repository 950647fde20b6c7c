"""Whether a device's streams are what they were, and what we set them to (码流设定); the round asks after each look.

A codec that changed of itself fills disks otherwise than reckoned and may stop playback: somebody must say it is right.
A setting that a device took and did not keep, or never took, breaks a plan that counts on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from camera.onvif.model import Codec, Profile, SourceStreams
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard, Severity

CODEC_CHANGED: Final = "camera.codec_changed"
SET_NOT_KEPT: Final = "camera.set_not_kept"

_SETTLES_NS: Final = 60 * NS_PER_S
"""What was asked is written down before the device is touched; so long it may take."""
_NEAR: Final = 0.1
"""Devices round bit rates to steps of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedStream:
    """What we last set a point's main stream to."""

    codec: Codec
    fps: float
    bitrate_bps: int
    at_utc_ns: int
    undone: bool = False
    """It was set back to this: from then on whoever changes it breaks no plan of ours."""

    def kept_by(self, told: Profile) -> bool:
        """Whether a device tells the same; what it does not tell is no contradiction."""
        near = told.bitrate_bps is None or abs(told.bitrate_bps - self.bitrate_bps) <= self.bitrate_bps * _NEAR
        return near and told.codec is self.codec and told.fps in (None, self.fps)

    @property
    def words(self) -> str:
        """As one says it: H265 15 fps 1500 kbit/s."""
        return f"{self.codec} {self.fps:g} fps {self.bitrate_bps // 1000} kbit/s"


Asked = Callable[[str], AskedStream | None]
"""By point id; None: we never set it."""


class StreamChanges:
    """Opens and clears both findings, per point. Belongs to the round's thread."""

    def __init__(
        self, points: Mapping[tuple[str, int], str], findings: FindingBoard, clock: Clock, asked: Asked
    ) -> None:
        self._points = points
        self._findings = findings
        self._clock = clock
        self._asked = asked

    def prepare(self) -> None:
        """Let go of findings about points that left the settings."""
        subjects = {f"point:{point}" for point in self._points.values()}
        for finding in self._findings.all_open():
            about_point = finding.subject.startswith("point:")
            if finding.kind in (CODEC_CHANGED, SET_NOT_KEPT) and about_point and finding.subject not in subjects:
                self._findings.clear(finding.subject, finding.kind)

    def judge(self, device_id: str, before: Mapping[int, str], streams: Sequence[SourceStreams]) -> None:
        """`before` are the codecs of the main streams by source, as they were known until this look."""
        for found in streams:
            point = self._points.get((device_id, found.source.number))
            if point is not None:
                asked = self._asked(point)
                self._judge_codec(point, before.get(found.source.number), found.main.profile.codec, asked)
                self._judge_asked(point, found.main.profile, asked)

    def accept(self, device_id: str) -> None:
        """A person says that the device is right as it is."""
        for (device, _), point in self._points.items():
            if device == device_id:
                self._findings.clear(f"point:{point}", CODEC_CHANGED)

    def _judge_codec(self, point: str, before: str | None, now: Codec, asked: AskedStream | None) -> None:
        subject = f"point:{point}"
        known = next(
            (one for one in self._findings.all_open() if (one.subject, one.kind) == (subject, CODEC_CHANGED)), None
        )
        if known is not None and known.evidence.get("codec_before") == now.value:
            self._findings.clear(subject, CODEC_CHANGED)
        elif before not in (None, now.value) and (asked is None or asked.codec is not now):
            evidence = {"codec_before": before, "codec_now": now.value}
            self._findings.open(subject, CODEC_CHANGED, Severity.ATTENTION, evidence=evidence)

    def _judge_asked(self, point: str, told: Profile, asked: AskedStream | None) -> None:
        subject = f"point:{point}"
        if asked is None or asked.undone or asked.kept_by(told):
            self._findings.clear(subject, SET_NOT_KEPT)
        elif not 0 <= self._clock.utc_ns() - asked.at_utc_ns < _SETTLES_NS:
            now = AskedStream(
                codec=told.codec, fps=told.fps or 0.0, bitrate_bps=told.bitrate_bps or 0, at_utc_ns=asked.at_utc_ns
            )
            evidence = {"what": "stream", "asked": asked.words, "device_tells": now.words}
            self._findings.open(subject, SET_NOT_KEPT, Severity.ATTENTION, evidence=evidence)
