"""A guard's PIN at a gate screen (门卫口令), wherever one is asked for; wrong guesses soon cost time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gate.stations import Station
from web import figures
from web.guessing import GuessCounter, pin_subjects_of
from web.language import Catalogue, mark
from web.password import BusyError, matches
from web.people import PinHolder

_LONGEST = 20


class PinRefused(Exception):
    """The PIN was not taken; the message is for the screen."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class PinCheck:
    """Who has a PIN, and how often somebody guessed."""

    holders: Callable[[], tuple[PinHolder, ...]]
    """Everybody with a PIN. Raises DatabaseError."""
    guesses: GuessCounter

    def holder(self, person_id: str) -> PinHolder | None:
        """Somebody with a PIN, by id."""
        return next((one for one in self.holders() if one.id == person_id), None)

    def check(
        self,
        holder: PinHolder,
        station: Station,
        pin: str,
        texts: Catalogue,
        *,
        also: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Return if it is this person's PIN, or one that `also` takes, in the same time. Raises PinRefused."""
        subjects = pin_subjects_of(holder.id, station.id)
        wait_s = self.guesses.wait_s(subjects)
        if wait_s > 0:
            wait = figures.duration(wait_s, texts)
            raise PinRefused(429, texts(mark("试错太多次，请等 %(wait)s 再试。报警不受影响。"), wait=wait))
        try:
            right = matches(holder.pin_hash, pin[:_LONGEST]) or also(pin)
        except BusyError as busy:
            raise PinRefused(503, texts(mark("同时登录的人太多，请稍等再试"))) from busy
        if not right:
            self.guesses.count_wrong(subjects)
            raise PinRefused(403, texts(mark("口令不对，请再试")))
        self.guesses.forget(subjects[0])
