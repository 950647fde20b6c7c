"""Looks at every point every 10 s and says what is wrong with its picture (图像完好)."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog

from camera.facts import PictureAccepted
from camera.login import Login
from camera.picture.episode import Watch
from camera.picture.keyframe import take_keyframe
from camera.picture.ledger import PictureLedger
from camera.picture.measure import Light
from camera.picture.picture import Picture
from camera.picture.point_eye import Change, Look, PointEye
from camera.picture.processor import use_sparingly
from camera.picture.verdict import Condition
from camera.query import StreamSource as KnownSource
from camera.query import read_stream_source
from camera.register import Register
from camera.stream import StreamError, StreamLoginRefused, StreamSource
from camera.together import failing_together
from camera.visit import LoginOf, login_mark
from camera.visit_pool import VisitPool
from config.credential import CredentialError
from foundation.clock import NS_PER_S, Clock
from foundation.finding import Evidence, FindingBoard, Severity
from foundation.journal import Entry
from foundation.service import Service
from foundation.sqlite import Transaction, open_read_only

_log = structlog.get_logger("picture")

LOOK_EVERY_S: Final = 10.0
MANY_AT_ONCE: Final = "picture.many_at_once"
CANNOT_BE_JUDGED: Final = "picture.cannot_be_judged"
"""A place shows too little to be judged by (无法判断): blur, cover or movement would pass unseen."""
_HOLD_NS: Final = 3600 * NS_PER_S
_SAVE_EVERY_NS: Final = 3600 * NS_PER_S
_ASKED_WITHIN: Final = 0.75
_AWAITED: Final = 0.2
"""Shares of a round: in the first all points are asked, in the second the last are awaited; the rest is for judging."""
_TOGETHER_NS: Final = 45 * NS_PER_S
_SHARED: Final = frozenset(
    {
        Condition.BLACK,
        Condition.TOO_DARK,
        Condition.TOO_BRIGHT,
        Condition.SIGNAL_LOSS,
        Condition.COVERED,
        Condition.FROZEN,
    }
)
"""What lamps, a recorder or a switch do to many pictures at once."""

TakePicture = Callable[[StreamSource], Picture]


@dataclass(frozen=True, slots=True)
class WatchedPoint:
    """A point to look at, and where its pictures come from."""

    point_id: str
    device_id: str
    source: int
    login_of: LoginOf


@dataclass(slots=True)
class _Seen:
    # What a worker brought home for one point.
    picture: Picture | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Refused:
    # A log-in that the stream refused: tried again when it is another one, or after an hour.
    mark: bytes
    at_running_ns: int


@dataclass(slots=True)
class _State:
    eye: PointEye
    saved_at_ns: int
    saved_lights: frozenset[Light]
    refused: _Refused | None = None
    episodes: dict[Condition, str] = field(default_factory=dict)


class PictureHealth(Service):
    """Workers fetch; the service's own thread judges and writes, all points one after the other and one commit a round.

    Judged as they come, a few each second, looks cost half as much again: each finds the processor's caches cold.
    """

    def __init__(
        self,
        points: Sequence[WatchedPoint],
        register: Register,
        findings: FindingBoard,
        clock: Clock,
        *,
        campus_id: str,
        is_well: Callable[[str], bool],
        every_s: float = LOOK_EVERY_S,
        workers: int = 6,
        take: TakePicture | None = None,
    ) -> None:
        super().__init__("picture-health")
        self._points = {point.point_id: point for point in points}
        self._register = register
        self._ledger = PictureLedger(register.database, clock)
        self._findings = findings
        self._clock = clock
        self._campus = f"campus:{campus_id}"
        self._is_well = is_well
        self._every_s = every_s
        self._take = take or partial(take_keyframe, clock=clock)
        self._pool = VisitPool[_Seen](workers, "look")
        self._running: dict[str, Future[_Seen]] = {}
        self._states: dict[str, _State] = {}
        self._accepted: queue.SimpleQueue[str] = queue.SimpleQueue()

    def start(self) -> None:
        """Remember references and open episodes, then begin."""
        self.prepare()
        super().start()

    def prepare(self) -> None:
        """Read what the last run knew."""
        use_sparingly()
        self._ledger.keep_only(self._points)
        for point_id in self._points:
            references = self._ledger.references(point_id)
            saved_at_ns = self._clock.running_ns()  # what was just read need not be written
            state = _State(PointEye(references=references), saved_at_ns, frozenset(references))
            for episode in self._ledger.open_episodes(point_id):
                state.eye.watches[episode.condition] = Watch("---", episode.suspected_utc_ns, open=True)
                state.episodes[episode.condition] = episode.id
            if self._findings.is_open(f"point:{point_id}", CANNOT_BE_JUDGED):
                state.eye.unjudged = Watch("-", open=True)
            self._states[point_id] = state

    def _loop(self) -> None:
        while not self.stopping.is_set():
            began_ns = self._clock.running_ns()
            self.run_once()
            taken_s = (self._clock.running_ns() - began_ns) / NS_PER_S
            self.stopping.wait(max(0.0, self._every_s - taken_s))

    def close(self) -> None:
        """End; what was learnt is kept."""
        super().close()
        self._pool.close()
        if self._states:
            with self._register.database.transaction() as transaction:
                for point_id, state in self._states.items():
                    self._save(transaction, point_id, state, always=True)

    @property
    def looking_at(self) -> frozenset[str]:
        """Points whose picture is being fetched or waits to be judged."""
        return frozenset(self._running)

    def run_once(self, *, submit: bool = True) -> None:
        """Look at every point once, spread over the round; points still being looked at are left out.

        Without `submit` only what the workers have brought is written down.
        """
        self._forget_accepted()
        due = [point for point in self._points.values() if submit and point.point_id not in self._running]
        with open_read_only(self._register.database.path) as reader:
            streams = [read_stream_source(reader, point.device_id, point.source) for point in due]
        pause_s = self._every_s * _ASKED_WITHIN / max(1, len(due))
        for point, known in zip(due, streams, strict=True):
            if self._is_well(point.device_id):
                self._running[point.point_id] = self._pool.submit(partial(self._look, point, known))
            if self.stopping.wait(pause_s if len(due) > 1 else 0):
                return
        deadline_ns = self._clock.running_ns() + round(self._every_s * _AWAITED * NS_PER_S)
        while any(not future.done() for future in self._running.values()):
            if self.stopping.wait(0.05) or self._clock.running_ns() > deadline_ns:
                break
        done = {point_id: future.result() for point_id, future in self._running.items() if future.done()}
        for point_id in done:
            del self._running[point_id]
        self._settle(done)

    def accept(self, point_id: str) -> None:
        """A person says that what is seen now is right: open episodes end, and the place is learnt anew.

        From any thread; done in the next round. A point that is not watched is passed over.
        """
        self._accepted.put(point_id)

    def take_fact(self, entry: Entry) -> None:
        """Handler for a `Tail` of the office's journal: `PictureAccepted`."""
        if entry.kind == PictureAccepted.kind:
            self.accept(entry.read(PictureAccepted).point_id)

    def _forget_accepted(self) -> None:
        for _ in range(self._accepted.qsize()):
            point_id = self._accepted.get()
            state = self._states.get(point_id)
            if state is None:
                continue
            if point_id in self._running:  # that picture was taken before the person looked: in the next round
                self._accepted.put(point_id)
                continue
            state.eye.accept()
            state.saved_lights = frozenset()
            with self._register.database.transaction() as transaction:
                self._ledger.forget(transaction, point_id)
                for condition in list(state.episodes):
                    self._end(transaction, point_id, state, condition)

    # ── on the workers ──────────────────────────────────────────────────────────────────────────────────────────────

    def _look(self, point: WatchedPoint, known: KnownSource | None) -> _Seen:
        state = self._states[point.point_id]
        if known is None:
            return _Seen(trouble="no_stream")
        try:
            login = point.login_of()
        except CredentialError:
            return _Seen(trouble="no_password")
        if state.refused is not None and self._held(point.device_id, login, state.refused):
            return _Seen(trouble="login_refused")
        try:
            picture = self._take(_stream_of(known, login))
        except StreamLoginRefused:
            state.refused = _Refused(login_mark(point.device_id, login), self._clock.running_ns())
            return _Seen(trouble="login_refused")
        except StreamError as error:
            return _Seen(trouble=error.cause.value)
        state.refused = None
        return _Seen(picture)

    def _held(self, device_id: str, login: Login | None, refused: _Refused) -> bool:
        # Only while one is refused: telling log-ins apart costs 15 ms, three times what the look itself does.
        recent = self._clock.running_ns() - refused.at_running_ns < _HOLD_NS
        return recent and login_mark(device_id, login) == refused.mark

    # ── on the service's own thread ─────────────────────────────────────────────────────────────────────────────────

    def _settle(self, seen: Mapping[str, _Seen]) -> None:
        # Judged before the transaction begins: whoever else writes to the cameras' database would wait for it.
        looks = {
            point_id: (self._states[point_id].eye.look(one.picture), one.picture)
            for point_id, one in seen.items()
            if one.picture is not None
        }
        with self._register.database.transaction() as transaction:
            for point_id, one in seen.items():
                if point_id in looks:
                    self._write(transaction, point_id, *looks[point_id])
                else:
                    self._ledger.note_trouble(transaction, point_id, one.trouble)
        self._tell()

    def _write(self, transaction: Transaction, point_id: str, look: Look, picture: Picture) -> None:
        state = self._states[point_id]
        for change in look.changes:
            if change.began:
                self._begin(transaction, point_id, state, change, picture, look.light)
            else:
                self._end(transaction, point_id, state, change.condition)
        self._ledger.note_look(transaction, point_id, look, state.eye.open_conditions, picture.taken_utc_ns)
        self._save(transaction, point_id, state)

    def _begin(
        self, transaction: Transaction, point_id: str, state: _State, change: Change, picture: Picture, light: Light
    ) -> None:
        references = state.eye.references
        reference = references.get(light) or next(iter(references.values()), None)
        since = state.eye.watches[change.condition].bad_since_utc_ns
        state.episodes[change.condition] = self._ledger.begin(
            transaction,
            point_id,
            change,
            picture,
            suspected_utc_ns=since if since is not None else picture.taken_utc_ns,
            beside=reference.view.picture if reference is not None else None,
        )

    def _end(self, transaction: Transaction, point_id: str, state: _State, condition: Condition) -> None:
        state.episodes.pop(condition, None)
        self._ledger.end(transaction, point_id, condition)

    def _save(self, transaction: Transaction, point_id: str, state: _State, *, always: bool = False) -> None:
        ready = {light: reference for light, reference in state.eye.references.items() if reference.ready}
        old = self._clock.running_ns() - state.saved_at_ns >= _SAVE_EVERY_NS
        if ready and (always or old or frozenset(ready) != state.saved_lights):
            self._ledger.save(transaction, point_id, ready)
            state.saved_at_ns, state.saved_lights = self._clock.running_ns(), frozenset(ready)

    def _tell(self) -> None:
        grouped: set[tuple[str, Condition]] = set()
        many: list[str] = []
        for condition in _SHARED:
            since = {
                point_id: watch.bad_since_utc_ns
                for point_id, state in self._states.items()
                if (watch := state.eye.watches[condition]).open and watch.bad_since_utc_ns is not None
            }
            for group in failing_together(since, span_ns=_TOGETHER_NS):
                grouped |= {(point_id, condition) for point_id in group.devices}
                many.append(f"{condition.value}: {', '.join(group.devices)}")
        if many:
            self._findings.open(self._campus, MANY_AT_ONCE, Severity.ATTENTION, evidence={"what": "; ".join(many)})
        else:
            self._findings.clear(self._campus, MANY_AT_ONCE)
        for point_id, state in self._states.items():
            if state.eye.unjudged.open:
                unseen: Evidence = {f"unseen_{condition.value}": True for condition in sorted(state.eye.unseen)}
                self._findings.open(f"point:{point_id}", CANNOT_BE_JUDGED, Severity.ATTENTION, evidence=unseen)
            else:
                self._findings.clear(f"point:{point_id}", CANNOT_BE_JUDGED)
            for condition in Condition:
                kind = f"picture.{condition.value}"
                if condition in state.episodes and (point_id, condition) not in grouped:
                    evidence: Evidence = {"episode": state.episodes[condition]}
                    self._findings.open(f"point:{point_id}", kind, Severity.FAILING, evidence=evidence)
                else:
                    self._findings.clear(f"point:{point_id}", kind)


def _stream_of(known: KnownSource, login: Login | None) -> StreamSource:
    return StreamSource(
        device=known.device_id,
        url=(known.sub or known.main).uri,
        user=login.user if login is not None else "",
        password=login.password if login is not None else "",
    )
