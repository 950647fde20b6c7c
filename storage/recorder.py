"""Records one point (录像): connect, run, a named end, try again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from random import Random
from typing import Final

import structlog

from camera.facts import StreamMeasured
from camera.stream import EndCause, Frame, StreamError, StreamSource, StreamUnsupported
from camera.stream_health import StreamMeter
from camera.stream_rtsp import RtspStream
from config.point import Point
from foundation.clock import NS_PER_S, Clock
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import DatabaseError
from storage.backoff import Backoff
from storage.catalogue import Catalogue
from storage.frame_clock import ClockStepped
from storage.login_guard import LoginGuard
from storage.look_rhythm import until_look_s
from storage.run import FormatChanged, Run, RunFigures
from storage.shelf import NoPlace, Shelf
from storage.volume import VolumeRefused

_LOOK_AGAIN_S: Final = 1.0
_VOLUME_WAIT_S: Final = 5.0
_STEADY_S: Final = 10.0
"""A run of this length counts as having worked."""
MOST_FORMATS_PER_MINUTE: Final = 4
"""A camera that changes its format more often is disconnected for a while instead of filling the disk with crumbs."""


class RecorderState(StrEnum):
    """What a point's recording does now."""

    RECORDING = "recording"
    CONNECTING = "connecting"
    WAITING = "waiting"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingState:
    """How a point's recording stands (录像状态)."""

    point: str
    state: RecorderState
    since_ms: int
    last_fragment_ms: int | None
    run_started_ms: int | None
    bytes: int
    fragments: int
    packets_lost: int
    end_cause: str | None


class PointRecorder(Service):
    """One thread that records one point for as long as the role lives."""

    def __init__(
        self,
        point: Point,
        point_no: int,
        *,
        catalogue: Catalogue,
        shelf: Shelf,
        findings: FindingBoard,
        clock: Clock,
        stream_source: Callable[[str], StreamSource | None],
        guard: LoginGuard,
        random: Random | None = None,
    ) -> None:
        super().__init__(f"record-{point.id}")
        self._point = point
        self._point_no = point_no
        self._catalogue = catalogue
        self._shelf = shelf
        self._findings = findings
        self._clock = clock
        self._stream_source = stream_source
        self._guard = guard
        self._backoff = Backoff(random or Random())
        self._log = structlog.get_logger("recorder").bind(point=point.id)
        self._subject = f"point:{point.id}"
        self._state = RecorderState.WAITING
        self._since_ms = catalogue.now_ms()
        self._end_cause: str | None = None
        self._figures = RunFigures()
        self._stream: RtspStream | None = None
        self._meter = StreamMeter()
        self._format_changes: deque[int] = deque(maxlen=MOST_FORMATS_PER_MINUTE)

    def state(self) -> RecordingState:
        """How it stands now; may be called from any thread."""
        figures, stream = self._figures, self._stream
        return RecordingState(
            point=self._point.id,
            state=self._state,
            since_ms=self._since_ms,
            last_fragment_ms=figures.last_fragment_ms,
            run_started_ms=figures.started_ms,
            bytes=figures.bytes,
            fragments=figures.fragments,
            packets_lost=stream.packets_lost if stream else 0,
            end_cause=self._end_cause,
        )

    def measured(self) -> StreamMeasured | None:
        """How the stream came since this was last asked; None if too little came. From any thread."""
        stream = self._stream
        reading = self._meter.reading(stream.packets_lost if stream else 0)
        if reading is None:
            return None
        return StreamMeasured(point_id=self._point.id, codec=self._meter.codec, **asdict(reading))

    def ask_to_end(self) -> None:
        """The run ends soon, with its last fragment on the disk; nothing is waited for."""
        super().ask_to_end()
        stream = self._stream
        if stream is not None:
            stream.interrupt()

    def _loop(self) -> None:
        while not self.stopping.is_set():
            source = self._stream_source(self._point.id)
            if source is None:
                self._now(RecorderState.WAITING, "no_stream_address")
                self.stopping.wait(_LOOK_AGAIN_S)
            elif not self._guard.may_try(source):
                if self._guard.is_refused(source):
                    self._now(RecorderState.REFUSED, EndCause.LOGIN_REFUSED)
                self.stopping.wait(_LOOK_AGAIN_S)
            else:
                began_ns = self._clock.running_ns()
                self._connect_and_record(source)
                if self._clock.running_ns() - began_ns >= _STEADY_S * NS_PER_S and self._figures.fragments:
                    self._backoff.reset()
                self.stopping.wait(min(self._backoff.next_s(), self._longest_wait_s()))
        self._now(RecorderState.STOPPED, self._end_cause)

    def _longest_wait_s(self) -> float:
        # A disk that was full may have room at any time, and an alarm may open its reserve.
        return _VOLUME_WAIT_S if (self._end_cause or "").startswith("volume_") else float("inf")

    def _connect_and_record(self, source: StreamSource) -> None:
        self._now(RecorderState.CONNECTING, self._end_cause)
        try:
            stream = RtspStream(source, self._clock, audio=self._point.audio, ending=self.stopping)
        except StreamError as error:
            self._failed(source, error)
            return
        self._stream = stream
        self._figures = RunFigures()
        self._guard.accepted(source)
        self._findings.clear(f"device:{source.device}", "camera.login_refused")
        self._mind_audio(stream)
        try:
            self._record(stream)
        except StreamError as error:
            self._failed(source, error)
        except (NoPlace, VolumeRefused) as error:
            self._ended(f"volume_{error.trouble}", str(error))
        except DatabaseError as error:
            self._ended("catalogue_failed", str(error))
            self._findings.open(
                "role:recorder", "storage.catalogue_failed", Severity.FAILING, evidence={"reason": str(error)}
            )
        finally:
            self._stream = None
            self._meter.broke(stream.packets_lost)
            stream.close()

    def _record(self, stream: RtspStream) -> None:
        while not self.stopping.is_set():
            run = Run(
                self._point.id,
                self._point_no,
                self._point.volume,
                self._point.copy_volume,
                self._catalogue,
                self._shelf,
                self._clock,
            )
            self._figures = run.figures
            cause: str = EndCause.ASKED
            try:
                self._fill(run, stream)
            except ClockStepped as step:
                cause = "clock_stepped"
                self._log.warning("a clock stepped; a new run begins", reason=str(step))
            except FormatChanged:
                cause = "format_changed"
                self._mind_format_changes()
            except StreamError as error:
                if self.stopping.is_set():  # `close` ended the stream
                    return
                cause = error.cause
                raise
            except NoPlace as error:
                cause = f"volume_{error.trouble}"
                raise
            except VolumeRefused as error:
                cause = f"volume_{error.trouble}"
                self._log.warning("recording moves to another volume", reason=str(error))
            except DatabaseError:
                cause = "catalogue_failed"
                raise
            finally:
                run.end(cause, packets_lost=stream.packets_lost)

    def _fill(self, run: Run, stream: RtspStream) -> None:
        while not self.stopping.is_set():
            for frame in stream.read():
                if isinstance(frame, Frame):
                    self._meter.take(frame)
                    run.take(frame)
                else:
                    run.take_sound(frame)
            if self._state is not RecorderState.RECORDING and run.figures.fragments:
                self._now(RecorderState.RECORDING, self._end_cause)
                self._well()
            self.stopping.wait(until_look_s(self._clock.running_ns(), stream.opened_running_ns))

    def _well(self) -> None:
        self._log.info("recording")
        for kind in ("storage.unreachable", "storage.stalled", "storage.stream_unsupported", "storage.not_recording"):
            self._findings.clear(self._subject, kind)
        self._findings.clear("role:recorder", "storage.catalogue_failed")

    def _mind_audio(self, stream: RtspStream) -> None:
        if stream.dropped_audio is None:
            self._findings.clear(self._subject, "storage.audio_dropped")
            return
        self._findings.open(
            self._subject, "storage.audio_dropped", Severity.ATTENTION, evidence={"coding": stream.dropped_audio}
        )

    def _mind_format_changes(self) -> None:
        now_ns = self._clock.running_ns()
        crowded = len(self._format_changes) == MOST_FORMATS_PER_MINUTE
        crowded = crowded and now_ns - self._format_changes[0] < 60 * NS_PER_S
        self._format_changes.append(now_ns)
        if crowded:
            raise StreamUnsupported(f"{self._point.id}: the camera changes its video format again and again; fix one")

    def _failed(self, source: StreamSource, error: StreamError) -> None:
        if error.cause is EndCause.LOGIN_REFUSED:
            self._guard.refused(source)
        else:
            self._guard.unanswered(source)
        self._ended(error.cause, str(error))
        if self.stopping.is_set():
            return
        if error.cause is EndCause.LOGIN_REFUSED:
            self._findings.open(
                f"device:{source.device}", "camera.login_refused", Severity.FAILING, evidence={"reason": str(error)}
            )
        elif error.cause is EndCause.UNSUPPORTED:
            self._open("storage.stream_unsupported", error)
        elif error.cause in (EndCause.STALLED, EndCause.BUSY):
            self._open("storage.stalled", error)
        else:
            self._open("storage.unreachable", error)

    def _open(self, kind: str, error: StreamError) -> None:
        self._findings.open(self._subject, kind, Severity.FAILING, cause=error.cause, evidence={"reason": str(error)})

    def _ended(self, cause: str, reason: str) -> None:
        self._now(RecorderState.WAITING, cause)
        self._log.warning("recording stopped", cause=cause, reason=reason)

    def _now(self, state: RecorderState, cause: str | None) -> None:
        if state is not self._state:
            self._since_ms = self._catalogue.now_ms()
        self._state, self._end_cause = state, cause
