"""How many pupils are in school, by class (班级人数): they are not written down one by one, a roll call counts them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day
from foundation.sqlite import open_read_only
from gate.hours import DAY_MINUTES, DayKind, GateHours, minute_of, moment_of
from gate.leave_slip import read_pupils_out
from gate.record import RecordBook, refuse
from gate.spelling import tidy_text
from gate.visit import Trouble

_LINE: Final = re.compile(r"(?P<name>.*?\S)[\s,:]*(?P<pupils>[0-9]{1,5})\s*[人名]?")
_MOST_CLASSES: Final = 300
_MOST_PUPILS: Final = 20_000
_NAME_LIMIT: Final = 40
_TAUGHT: Final = (DayKind.SCHOOL_DAY, DayKind.EXAM_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSize:
    """A class as the office laid it down."""

    class_name: str
    pupils: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPresent:
    """A class as it should be in school now."""

    class_name: str
    pupils: int
    left: int
    """Pupils who were fetched today; already taken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupils:
    """What is known of the pupils in school; not who they are."""

    classes: tuple[ClassPresent, ...] = ()
    left_elsewhere: int = 0
    """Who left today from a class that is not on the list."""

    @property
    def count(self) -> int:
        """All of them, as far as they were counted."""
        return max(0, sum(one.pupils for one in self.classes) - self.left_elsewhere)


class ClassSizes:
    """Writes the list; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def replace(self, sizes: Sequence[ClassSize], *, by: str) -> None:
        """All classes at once, in place of those before. Raises RecordRefusedError, DatabaseError."""
        plain = [ClassSize(class_name=tidy_text(one.class_name), pupils=one.pupils) for one in sizes]
        refuse({"sizes": trouble} if (trouble := _trouble(plain)) else {})
        with self._records.writing() as transaction:
            transaction.execute("DELETE FROM class_size")
            transaction.execute_many(
                "INSERT INTO class_size (class_name, pupils, place) VALUES (?, ?, ?)",
                [(one.class_name, one.pupils, place) for place, one in enumerate(plain)],
            )
            body = {"by": by, "sizes": {one.class_name: one.pupils for one in plain}}
            self._records.note(transaction, "class_sizes", "class_sizes.laid_down", body)


def class_size_of(line: str) -> ClassSize | None:
    """'一1班 42人' as a class of 42; None if it is none."""
    found = _LINE.fullmatch(unicodedata.normalize("NFKC", tidy_text(line)))
    name = found["name"].rstrip(",:") if found else ""
    if found is None or not any(letter.isalpha() for letter in name):
        return None
    return ClassSize(class_name=name, pupils=int(found["pupils"]))


def read_class_sizes(orders: Path) -> tuple[ClassSize, ...]:
    """The list in its order; empty before the file exists. Raises DatabaseError."""
    if not orders.exists():
        return ()
    with open_read_only(orders) as reader:
        rows = reader.rows("SELECT class_name, pupils FROM class_size ORDER BY place")
    return tuple(ClassSize(class_name=row[0], pupils=row[1]) for row in rows)


def in_school(hours: GateHours, now_utc_ns: int) -> bool:
    """Whether pupils are in school: on a day with lessons, from the gate's first opening to its last closing."""
    day = beijing_day(now_utc_ns)
    if hours.kind_of(day) not in _TAUGHT:
        return False
    spans, minute = hours.spans_of(day), minute_of(now_utc_ns)
    return not spans or spans[0].opens_minute <= minute < spans[-1].closes_minute


def pupils_left_in(sizes: Sequence[ClassSize], left: Sequence[str]) -> Pupils:
    """Every class without those who left; `left` names the class of each. One number for the school counts all."""
    gone = Counter(_key(name) for name in left)
    if len(sizes) == 1:
        gone = Counter({_key(sizes[0].class_name): len(left)})
    classes = tuple(
        ClassPresent(
            class_name=one.class_name,
            pupils=max(0, one.pupils - gone[_key(one.class_name)]),
            left=gone[_key(one.class_name)],
        )
        for one in sizes
    )
    known = {_key(one.class_name) for one in sizes}
    return Pupils(classes=classes, left_elsewhere=sum(n for name, n in gone.items() if name not in known))


def pupils_in_school(book: Path, orders: Path, hours: GateHours, now_utc_ns: int) -> Pupils:
    """By the list and who was fetched today; none outside school hours. Raises DatabaseError, RecordKeysError."""
    sizes = read_class_sizes(orders)
    if not sizes or not in_school(hours, now_utc_ns):
        return Pupils()
    day = beijing_day(now_utc_ns)
    out = read_pupils_out(book, moment_of(day, 0), moment_of(day, DAY_MINUTES))
    left = [one.fetching.class_name if one.fetching else "" for one in out if one.undone_utc_ns is None]
    return pupils_left_in(sizes, left)


def _trouble(sizes: Sequence[ClassSize]) -> Trouble | None:
    if any(not one.class_name for one in sizes):
        return Trouble.MISSING
    if len(sizes) > _MOST_CLASSES or any(len(one.class_name) > _NAME_LIMIT for one in sizes):
        return Trouble.TOO_LONG
    if any(not 0 < one.pupils <= _MOST_PUPILS for one in sizes):
        return Trouble.OUT_OF_RANGE
    twice = len({_key(one.class_name) for one in sizes}) < len(sizes)
    return Trouble.WRONG_FORM if twice else None


def _key(class_name: str) -> str:
    """一（1）班, 一(1)班 and 一1班 are one class."""
    plain = unicodedata.normalize("NFKC", class_name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
