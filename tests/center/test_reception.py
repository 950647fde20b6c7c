"""The one thread that takes letters in: alarms first, nothing lost quietly while the database is away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from center.database import CenterDatabaseError
from center.intake import Letter, Taken
from center.reception import AT_ONCE, MOST_WAITING, Inbox, Reception
from tests.support.waiting import wait_until


def _letter(channel: str, number: int = 0) -> Letter:
    return Letter("primary", f"campus/school-1/{channel}", str(number).encode())


def test_alarms_go_first_and_keep_their_order() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.put(_letter("point/gate", number))
        inbox.put(_letter("alarm", number))
        inbox.put(_letter("state/primary", number))
    taken = [(letter.topic.split("/")[2], letter.payload) for letter in inbox.get(1.0)]
    assert [channel for channel, _ in taken] == ["alarm"] * 3 + ["state"] * 3 + ["point"] * 3
    assert [payload for _, payload in taken] == [b"0", b"1", b"2"] * 3


def test_one_commit_never_holds_more_than_an_alarm_can_wait_for() -> None:
    inbox = Inbox()
    for number in range(AT_ONCE + 1):
        inbox.put(_letter("alarm", number))
    assert (len(inbox.get(1.0)), len(inbox.get(1.0)), inbox.get(0.01)) == (AT_ONCE, 1, [])


def test_a_flood_of_other_messages_cannot_push_an_alarm_out() -> None:
    inbox = Inbox()
    for number in range(MOST_WAITING + 10):
        inbox.put(_letter("point/gate", number))
    assert inbox.missed
    inbox.put(_letter("alarm"))
    assert inbox.get(1.0)[0].topic == "campus/school-1/alarm"


@dataclass(slots=True)
class FakeIntake:
    """Stores while `works`; refuses as a whole what holds a poisoned letter."""

    works: bool = True
    stored: list[bytes] = field(default_factory=list)
    tries: int = 0

    def take(self, letters: Sequence[Letter]) -> list[Taken]:
        self.tries += 1
        if not self.works or any(letter.payload == b"poison" for letter in letters):
            raise CenterDatabaseError("away")
        self.stored += [letter.payload for letter in letters]
        return [Taken() for _ in letters]


@dataclass(slots=True)
class Room:
    """A reception that is not begun yet."""

    inbox: Inbox
    intake: FakeIntake
    anew: list[str]
    reception: Reception


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr("center.reception._RETRY_S", 0.01)
    inbox, intake, anew = Inbox(), FakeIntake(), list[str]()
    reception = Reception(
        inbox,
        intake,
        {},
        on_change=lambda: None,
        on_missed=lambda: anew.append("anew"),
    )
    yield Room(inbox, intake, anew, reception)
    reception.close()


def test_states_are_asked_for_anew_once_the_database_is_back_and_not_before(room: Room) -> None:
    room.reception.start()
    room.intake.works = False
    room.inbox.put(_letter("point/gate"))
    wait_until(lambda: room.inbox.missed, what="the miss")
    tries = room.intake.tries
    room.inbox.put(_letter("state/primary"))
    wait_until(lambda: room.intake.tries >= tries + 3, what="more tries")
    assert room.anew == []
    room.intake.works = True
    room.inbox.put(_letter("state/primary", 1))
    wait_until(lambda: room.anew, what="the asking")
    assert room.anew == ["anew"]


def test_a_letter_the_database_cannot_take_does_not_hold_up_the_others(room: Room) -> None:
    room.inbox.put(Letter("primary", "campus/school-1/alarm", b"poison"))
    for number in range(3):
        room.inbox.put(_letter("alarm", number))
    room.reception.start()  # takes all four at once
    wait_until(lambda: len(room.intake.stored) == 3, what="the others")
    assert room.intake.stored == [b"0", b"1", b"2"]
