"""Writes down every few seconds how each point's recording stands, for the status page and the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from camera.facts import StreamMeasured
from foundation.clock import NS_PER_S
from foundation.journal import Journal
from foundation.service import Service
from foundation.sqlite import DatabaseError, Transaction
from storage.catalogue import Catalogue
from storage.facts import RecordingStateChanged
from storage.recorder import PointRecorder, RecorderState, RecordingState

TELL_EVERY_S: Final = 2.0
MEASURE_EVERY_S: Final = 60.0
_MEASURES_KEPT_S: Final = 86_400.0  # a minute's measure of yesterday is of no use to anybody
_SMOOTHING: Final = 0.3

_log = structlog.get_logger("recording")


class RecordingBoard(Service):
    """One row per point, all in one commit; a fact only when a state changes."""

    def __init__(self, catalogue: Catalogue, recorders: Sequence[tuple[int, PointRecorder]]) -> None:
        super().__init__("recording-board")
        self._catalogue = catalogue
        self._journal = Journal(catalogue.database, catalogue.clock)
        self._recorders = recorders
        self._told: dict[str, tuple[RecorderState, str | None]] = {}
        self._seen: dict[str, tuple[int, int, float]] = {}
        self._measured_at_ns = catalogue.clock.running_ns()

    def _loop(self) -> None:
        while True:
            stopping = self.stopping.wait(TELL_EVERY_S)
            try:
                self.tell()
            except DatabaseError as error:
                _log.error("the state of recording cannot be written", error=str(error))
            if stopping:
                return

    def tell(self) -> None:
        """Write all rows now. Raises DatabaseError."""
        rows = [(no, recorder.state()) for no, recorder in self._recorders]
        told_ms = self._catalogue.now_ms()
        with self._catalogue.database.transaction() as transaction:
            for no, state in rows:
                transaction.execute(
                    "INSERT INTO recording (point_no, state, since_ms, last_fragment_ms, bits_per_s, bytes, end_cause, "
                    "told_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (point_no) DO UPDATE SET "
                    "state = excluded.state, since_ms = excluded.since_ms, "
                    "last_fragment_ms = excluded.last_fragment_ms, bits_per_s = excluded.bits_per_s, "
                    "bytes = excluded.bytes, end_cause = excluded.end_cause, told_ms = excluded.told_ms",
                    (
                        no,
                        state.state.value,
                        state.since_ms,
                        state.last_fragment_ms,
                        self._bits_per_s(state),
                        state.bytes,
                        state.end_cause,
                        told_ms,
                    ),
                )
                if self._told.get(state.point) != (state.state, state.end_cause):
                    self._journal.append(
                        RecordingStateChanged(
                            point=state.point,
                            state=state.state.value,
                            since_ms=state.since_ms,
                            end_cause=state.end_cause,
                        ),
                        transaction=transaction,
                    )
            self._catalogue.running.save(transaction)
            self._tell_measures(transaction)
        self._told = {state.point: (state.state, state.end_cause) for _, state in rows}

    def _tell_measures(self, transaction: Transaction) -> None:
        clock = self._catalogue.clock
        if clock.running_ns() - self._measured_at_ns < MEASURE_EVERY_S * NS_PER_S:
            return
        self._measured_at_ns = clock.running_ns()
        for _, recorder in self._recorders:
            measured = recorder.measured()
            if measured is not None:
                self._journal.append(measured, transaction=transaction)
        old_utc_ns = clock.utc_ns() - round(_MEASURES_KEPT_S * NS_PER_S)
        self._journal.prune((StreamMeasured.kind,), before_utc_ns=old_utc_ns, transaction=transaction)

    def _bits_per_s(self, state: RecordingState) -> int:
        # Measured between fragments, since bytes come in steps of a whole one.
        if state.last_fragment_ms is None or state.state is not RecorderState.RECORDING:
            self._seen.pop(state.point, None)
            return 0
        last_bytes, last_ms, rate = self._seen.get(state.point, (0, state.run_started_ms or 0, 0.0))
        if state.bytes < last_bytes:
            last_bytes, last_ms, rate = 0, state.run_started_ms or 0, 0.0
        if state.last_fragment_ms > last_ms:
            now = (state.bytes - last_bytes) * 8000 / (state.last_fragment_ms - last_ms)
            rate = now if rate == 0 else rate + _SMOOTHING * (now - rate)
            self._seen[state.point] = (state.bytes, state.last_fragment_ms, rate)
        return round(rate)
