"""How long somebody who guesses wrongly has to wait (登录锁定). Rules only; nothing of this stands before the alarm."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from foundation.clock import NS_PER_S, Clock

LONGEST_WAIT_S: Final = 15 * 60
_FIRST_WAIT_S: Final = 30
_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom wrong guesses are counted for, and how many are free."""

    key: str
    free: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """Wrong guesses of one subject in this boot."""

    count: int
    last_running_ns: int


def subjects_of(login: str, address: str) -> tuple[Subject, ...]:
    """One person from one place; one place for whomever; one person from wherever (slower, so that nobody can lock a
    colleague out with a few guesses from elsewhere)."""
    person = login.casefold()
    return (
        Subject(f"login:{person}@{address}", 5),
        Subject(f"address:{address}", 20),
        Subject(f"login:{person}", 50),
    )


def pin_subjects_of(person_id: str, station_id: str) -> tuple[Subject, ...]:
    """A PIN has only a million values: fewer free guesses, for each person and for each screen."""
    return (Subject(f"pin:{person_id}@{station_id}", 4), Subject(f"station:{station_id}", 12))


def wait_s(wrong: Wrong | None, free: int, now_running_ns: int) -> float:
    """Seconds until the next guess is looked at, 0 if at once: doubles from 30 s with each one beyond the free ones."""
    if wrong is None or wrong.count < free:
        return 0.0
    full_s = min(LONGEST_WAIT_S, _FIRST_WAIT_S * float(1 << min(wrong.count - free, 10)))
    return max(0.0, full_s - (now_running_ns - wrong.last_running_ns) / NS_PER_S)


def longest_wait_s(pairs: Iterable[tuple[Wrong | None, Subject]], now_running_ns: int) -> float:
    """The wait that several subjects together ask for."""
    return max((wait_s(wrong, subject.free, now_running_ns) for wrong, subject in pairs), default=0.0)


class GuessCounter:
    """Wrong guesses kept in memory, for a role that keeps no accounts; thread-safe, and it forgets the oldest."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: dict[str, Wrong] = {}

    def wait_s(self, subjects: Iterable[Subject]) -> float:
        """Seconds until the next guess is looked at."""
        with self._lock:
            return longest_wait_s(((self._wrong.get(one.key), one) for one in subjects), self._clock.running_ns())

    def count_wrong(self, subjects: Iterable[Subject]) -> None:
        """Note a wrong guess."""
        now_ns = self._clock.running_ns()
        with self._lock:
            for one in subjects:
                before = self._wrong.pop(one.key, None)
                self._wrong[one.key] = Wrong((before.count if before else 0) + 1, now_ns)
            while len(self._wrong) > _REMEMBERED:
                del self._wrong[next(iter(self._wrong))]

    def forget(self, subject: Subject) -> None:
        """A right guess: the wrong ones before it count no more."""
        with self._lock:
            self._wrong.pop(subject.key, None)
