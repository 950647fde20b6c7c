"""What persons say of evacuation drills (应急疏散演练), checked before anything is written, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from config.every import Every
from foundation.clock import NS_PER_S
from safety.evacuation import MOST_KINDS, CarriedOut, EvacuationOrder, EvacuationPlan, EvacuationStage, Mark, Point
from safety.said import WORDS_LIMIT, long_words, short_words

PLAN_LIMIT: Final = 8_000
"""演练方案: four pages."""
SUMMARY_LIMIT: Final = 4_000
MEND_LIMIT: Final = 100
"""As long as the title of a fault."""
KIND_LIMIT: Final = 20
MOST_PHOTOS: Final = 30
MOST_PEOPLE: Final = 20_000
LONGEST_S: Final = 6 * 3_600
FARTHEST_S: Final = 400 * 86_400
"""A plan or a drill farther from today has a mistyped year."""


class EvacuationError(Exception):
    """Something cannot be done to a drill; nothing was changed."""


class UnknownEvacuationError(EvacuationError):
    """There is no such drill."""


class EvacuationStageError(EvacuationError):
    """It is in another stage, and so this cannot be done: somebody else was faster."""

    def __init__(self, stage: EvacuationStage) -> None:
        super().__init__(f"the drill is {stage}")
        self.stage = stage


class Wrong(StrEnum):
    """What is wrong with a field, where it is neither missing nor too long."""

    FUTURE = "future"
    """A drill that was held lies in the past."""
    TOO_FAR = "too_far"
    NO_NUMBER = "no_number"
    MORE_THAN_EXPECTED = "more_than_expected"
    NAMES = "names"
    """Somebody was missing, and nobody says who."""
    NO_ONE_MISSING = "no_one_missing"
    NOT_RATED = "not_rated"
    NOT_EVALUATED = "not_evaluated"
    NO_PHOTO = "no_photo"
    """Without a photo the filing says why."""
    TOO_MANY = "too_many"
    NOTHING_TO_MEND = "nothing_to_mend"
    PAST = "past"


class EvacuationFieldError(EvacuationError):
    """A field is not right; `field` says which."""

    def __init__(self, field: str, wrong: Wrong) -> None:
        super().__init__(f"{field}: {wrong}")
        self.field = field
        self.wrong = wrong


def checked_plan(plan: EvacuationPlan, now_utc_ns: int) -> EvacuationPlan:
    """The plan made fit to be kept. Raises WordsError, EvacuationFieldError."""
    if abs(plan.planned_utc_ns - now_utc_ns) > FARTHEST_S * NS_PER_S:
        raise EvacuationFieldError("planned", Wrong.TOO_FAR)
    return replace(
        plan,
        kind=short_words(plan.kind, "kind"),
        responsible=short_words(plan.responsible, "responsible"),
        text=long_words(plan.text, "text", PLAN_LIMIT, needed=True),
    )


def checked_carried(carried: CarriedOut, now_utc_ns: int) -> CarriedOut:
    """What happened, made fit to be kept. Raises WordsError, EvacuationFieldError."""
    if carried.began_utc_ns > now_utc_ns:
        raise EvacuationFieldError("began", Wrong.FUTURE)
    if now_utc_ns - carried.began_utc_ns > FARTHEST_S * NS_PER_S:
        raise EvacuationFieldError("began", Wrong.TOO_FAR)
    if not 0 < carried.all_out_s <= LONGEST_S:
        raise EvacuationFieldError("all_out", Wrong.NO_NUMBER)
    if carried.began_utc_ns + carried.all_out_s * NS_PER_S > now_utc_ns:
        raise EvacuationFieldError("all_out", Wrong.FUTURE)
    if not 0 < carried.expected <= MOST_PEOPLE:
        raise EvacuationFieldError("expected", Wrong.NO_NUMBER)
    if carried.present < 0:
        raise EvacuationFieldError("present", Wrong.NO_NUMBER)
    if carried.present > carried.expected:
        raise EvacuationFieldError("present", Wrong.MORE_THAN_EXPECTED)
    missing = long_words(carried.missing, "missing", WORDS_LIMIT)
    if carried.present < carried.expected and not missing:
        raise EvacuationFieldError("missing", Wrong.NAMES)
    if carried.present == carried.expected and missing:
        raise EvacuationFieldError("missing", Wrong.NO_ONE_MISSING)
    return replace(carried, signal=short_words(carried.signal, "signal"), missing=missing)


def checked_marks(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Every point rated once, in their order. Raises WordsError, EvacuationFieldError."""
    given = {mark.point: mark for mark in marks}
    for point in Point:
        if point not in given:
            raise EvacuationFieldError(f"rating-{point}", Wrong.NOT_RATED)
    return tuple(
        Mark(
            point=point,
            rating=given[point].rating,
            mend=long_words(given[point].mend, f"mend-{point}", MEND_LIMIT).replace("\n", " "),
        )
        for point in Point
    )


def checked_order(order: EvacuationOrder) -> EvacuationOrder:
    """An order made fit to be kept; the same kind twice is once. Raises WordsError, EvacuationFieldError."""
    if order.every is Every.WEEK:
        raise EvacuationFieldError("every", Wrong.NO_NUMBER)
    kinds = tuple(dict.fromkeys(long_words(kind, "kinds", KIND_LIMIT) for kind in order.kinds if kind.strip()))
    if not kinds:
        short_words("", "kinds")
    if len(kinds) > MOST_KINDS:
        raise EvacuationFieldError("kinds", Wrong.TOO_MANY)
    return replace(order, kinds=kinds, why=short_words(order.why, "why"), person=short_words(order.person, "person"))
