"""The recorder's services, in the order in which they start."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import structlog

from camera.facts import LoginRetryAsked
from camera.stream import StreamSource
from config.settings import Settings
from foundation.audit import AuditChain
from foundation.clock import Clock
from foundation.finding import FindingBoard
from foundation.journal import Entry, Journal, Tail
from foundation.proven_time import TimeReading
from foundation.service import Crew, Service
from storage.catalogue import Catalogue
from storage.facts import DiskReplaced, HoldEndRequested, HoldRequested, WhenFullChosen
from storage.forecasts import ForecastWatch
from storage.full_choice import FullChoices
from storage.holds import HoldRequest, Holds, UnknownPointError, remove_note, write_missing_notes
from storage.login_guard import LoginGuard
from storage.rebuild import latest_axis_ms
from storage.recorder import PointRecorder
from storage.recording_board import RecordingBoard
from storage.replacement import Replacements
from storage.seal import Sealer
from storage.shelf import Place, Shelf
from storage.startup import StartupRepair
from storage.sweep import Sweep
from storage.verify import Verifier

_M_ARENA_MAX: Final = -8
_M_MMAP_THRESHOLD: Final = -3

_log = structlog.get_logger("recorder")


class _Books(Service):
    """Holds the catalogue open while the others work: started first, closed last."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__("catalogue")
        self._catalogue = catalogue

    def _loop(self) -> None:
        self.stopping.wait()

    def close(self) -> None:
        super().close()
        self._catalogue.close()


def recorder_role(
    settings: Settings,
    *,
    catalogue_path: Path,
    clock: Clock,
    findings: FindingBoard,
    stream_source: Callable[[str], StreamSource | None],
    may_try: Callable[[str], bool],
    journals: Sequence[Path] = (),
    random: Random | None = None,
) -> list[Service]:
    """Services that record every point of the settings and keep what they wrote as promised.

    `stream_source` gives a point's stream by its id (None while it is not known yet), `may_try` says whether a device
    may be logged in to, `journals` are the databases of other roles whose facts (time readings, requests for holds)
    are heeded: until all that exist are read up to now, nothing is deleted. Raises DatabaseError.
    """
    few_memory_arenas()
    roots = [volume.path for volume in settings.volumes]
    catalogue = Catalogue(catalogue_path, clock, least_axis_ms=lambda: latest_axis_ms(roots))
    audit = AuditChain(clock)
    numbers = catalogue.enrol_points(settings)
    shelf = Shelf(settings.volumes, catalogue, findings)
    repair = StartupRepair(catalogue, shelf)
    own = Journal(catalogue.database, clock)
    choices = FullChoices(catalogue, audit, findings, settings.volumes)
    guard = LoginGuard(clock, may_try)
    heed = _Heed(catalogue, Holds(catalogue, audit), choices, Replacements(catalogue, audit), shelf, guard)
    tails = [Tail(path, own, heed) for path in journals]
    recorders = [
        PointRecorder(
            point,
            numbers[point.id],
            catalogue=catalogue,
            shelf=shelf,
            findings=findings,
            clock=clock,
            stream_source=stream_source,
            guard=guard,
            random=random,
        )
        for point in settings.points
    ]
    board = RecordingBoard(
        catalogue, [(numbers[point.id], each) for point, each in zip(settings.points, recorders, strict=True)]
    )

    def ready_to_delete() -> bool:
        return repair.settled and _heard_all(tails, journals)

    keepers = [
        Sweep(catalogue, shelf, audit, ready_to_delete, choices.of),
        Sealer(catalogue, shelf),
        Verifier(catalogue, shelf, findings),
        ForecastWatch(catalogue, settings, findings),
    ]
    return [_Books(catalogue), shelf, repair, *tails, Crew("recorders", recorders), board, *keepers]


def _heard_all(tails: Sequence[Tail], journals: Iterable[Path]) -> bool:
    # A role that has never run has asked for nothing; one whose journal cannot be read may have asked for anything.
    return all(tail.caught_up or not path.exists() for tail, path in zip(tails, journals, strict=True))


class _Heed:
    """Acts on the facts of other roles that concern footage."""

    def __init__(
        self,
        catalogue: Catalogue,
        holds: Holds,
        choices: FullChoices,
        replacements: Replacements,
        shelf: Shelf,
        guard: LoginGuard,
    ) -> None:
        self._catalogue = catalogue
        self._holds = holds
        self._choices = choices
        self._replacements = replacements
        self._shelf = shelf
        self._guard = guard

    def __call__(self, entry: Entry) -> None:
        if entry.kind == TimeReading.kind:
            self._catalogue.running.note(entry.read(TimeReading))
        elif entry.kind == HoldRequested.kind:
            self._place(entry.read(HoldRequested))
        elif entry.kind == HoldEndRequested.kind:
            self._end(entry.read(HoldEndRequested))
        elif entry.kind == LoginRetryAsked.kind:
            self._guard.forget(entry.read(LoginRetryAsked).device_id)
        elif entry.kind == WhenFullChosen.kind:
            self._choices.choose(entry.read(WhenFullChosen), entry.id)
        elif entry.kind == DiskReplaced.kind:
            self._replacements.apply(entry.read(DiskReplaced))

    def _end(self, asked: HoldEndRequested) -> None:
        point = self._holds.end(asked.hold_id, person=asked.person, reason=asked.reason)
        if point is None:
            return
        for place in self._shelf.places():
            self._touch(place, partial(remove_note, place.root, point, asked.hold_id))

    def _place(self, asked: HoldRequested) -> None:
        request = HoldRequest(
            point=asked.point,
            from_ms=asked.from_ms,
            to_ms=asked.to_ms,
            reason=asked.reason,
            person=asked.person,
            until_ms=asked.until_ms,
        )
        try:
            self._holds.enter(request, hold_id=asked.hold_id)
        except UnknownPointError as error:
            _log.error("a hold was asked for footage that does not exist", error=str(error))
        for place in self._shelf.places():
            self._touch(place, partial(write_missing_notes, self._catalogue, place.root))

    def _touch(self, place: Place, call: Callable[[], object]) -> None:
        try:
            self._shelf.do(place, call)
        except OSError as error:  # the hold stands in the catalogue; the note follows when the disk is well
            self._shelf.report(place, error)


def few_memory_arenas() -> None:
    """One heap for all threads: with one each, glibc keeps a fragment's worth of memory per camera for nothing."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_ARENA_MAX, 1)
        libc.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)  # large blocks go back to the system at once
    except (OSError, AttributeError):
        return  # another C library has its own ways
