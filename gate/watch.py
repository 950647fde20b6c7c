"""The watchlist (布控名单): who must not come in unseen, and how somebody at the gate is compared with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from gate.pinyin import sounds_of
from gate.plate import tidy_plate
from gate.spelling import tidy_number, tidy_text
from gate.visit import NAME_LIMIT, TEXT_LIMIT, Trouble, is_phone

MOST_OF_A_KIND: Final = 20
"""Names, phones, plates or numbers of one person."""


class Certainty(StrEnum):
    """How sure a match is, surest first."""

    NUMBER = "number"
    """同号: document, phone or plate"""
    NAME = "name"
    """同名: the same name or alias, which others may have too"""
    SOUND = "sound"
    """同音: only sounds the same"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Who is on the list, and why. Build it with `tidy_watched`."""

    names: tuple[str, ...] = ()
    """Name first, then aliases (曾用名、绰号)."""
    phones: tuple[str, ...] = ()
    plates: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    reason: str = ""
    from_day: date
    until_day: date | None = None
    """The last day, or None until it is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEntry:
    """An entry as it stands on the list."""

    id: str
    watched: Watched
    by: str
    added_utc_ns: int
    picture: bool = False

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a Beijing day."""
        until = self.watched.until_day
        return self.watched.from_day <= day and (until is None or day <= until)


@dataclass(frozen=True, slots=True)
class WatchMatch:
    """Somebody at the gate may be this one; `shared` is what they have in common."""

    entry: WatchEntry
    certainty: Certainty
    shared: str
    along: bool = False
    """It is somebody who came along, not the visitor."""


def tidy_watched(watched: Watched) -> Watched:
    """The same in one form, nothing twice."""
    return Watched(
        names=_once(tidy_text(name) for name in watched.names),
        phones=_once(tidy_number(phone) for phone in watched.phones),
        plates=_once(tidy_plate(plate) for plate in watched.plates),
        documents=_once(tidy_number(document) for document in watched.documents),
        reason=tidy_text(watched.reason),
        from_day=watched.from_day,
        until_day=watched.until_day,
    )


def watched_troubles(watched: Watched) -> dict[str, Trouble]:
    """What keeps a tidy entry off the list, by field; a plate or a phone alone is enough to watch for."""
    found: dict[str, Trouble] = {}
    if not (watched.names or watched.phones or watched.plates or watched.documents):
        found["names"] = Trouble.MISSING
    if not watched.reason:
        found["reason"] = Trouble.MISSING
    if len(watched.reason) > TEXT_LIMIT:
        found["reason"] = Trouble.TOO_LONG
    for field in ("names", "phones", "plates", "documents"):
        texts: tuple[str, ...] = getattr(watched, field)
        if len(texts) > MOST_OF_A_KIND or any(len(text) > NAME_LIMIT for text in texts):
            found[field] = Trouble.TOO_LONG
    if any(not is_phone(phone) for phone in watched.phones):
        found["phones"] = Trouble.WRONG_FORM
    if watched.until_day is not None and watched.until_day < watched.from_day:
        found["until_day"] = Trouble.OUT_OF_RANGE
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """What is known of somebody at the gate; anything may be empty."""

    name: str = ""
    phone: str = ""
    plate: str = ""
    document_number: str = ""


class WatchIndex:
    """The list in memory: a comparison takes microseconds, however long it is."""

    def __init__(self, entries: Iterable[WatchEntry]) -> None:
        self._by: dict[Certainty, dict[str, list[WatchEntry]]] = {kind: defaultdict(list) for kind in Certainty}
        for entry in entries:
            watched = entry.watched
            for kind, keys in (
                (Certainty.NUMBER, (*watched.phones, *watched.plates, *watched.documents)),
                (Certainty.NAME, tuple(_name_key(name) for name in watched.names)),
                (Certainty.SOUND, tuple({sound for name in watched.names for sound in sounds_of(name)})),
            ):
                for key in keys:
                    self._by[kind][key].append(entry)

    def matches(self, stranger: Stranger, day: date) -> tuple[WatchMatch, ...]:
        """Who it may be on a Beijing day, surest first, each entry once."""
        asked: tuple[tuple[Certainty, str, str], ...] = (
            *(
                (Certainty.NUMBER, text, text)
                for text in (
                    tidy_number(stranger.document_number),
                    tidy_number(stranger.phone),
                    tidy_plate(stranger.plate),
                )
                if text
            ),
            (Certainty.NAME, _name_key(stranger.name), tidy_text(stranger.name)),
            *((Certainty.SOUND, sound, tidy_text(stranger.name)) for sound in sounds_of(tidy_text(stranger.name))),
        )
        return surest(
            WatchMatch(entry, certainty, shared)
            for certainty, key, shared in asked
            for entry in (self._by[certainty].get(key, ()) if key else ())
            if entry.holds_on(day)
        )


def surest(matches: Iterable[WatchMatch]) -> tuple[WatchMatch, ...]:
    """Of what was found for several people, each entry once, surest first."""
    order = tuple(Certainty)
    found: dict[str, WatchMatch] = {}
    for match in sorted(matches, key=lambda match: order.index(match.certainty)):
        found.setdefault(match.entry.id, match)
    return tuple(found.values())


def _name_key(name: str) -> str:
    return "".join(letter for letter in tidy_text(name).casefold() if letter.isalnum())


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
