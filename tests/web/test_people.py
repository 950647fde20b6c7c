"""Accounts: secrets, sessions that end, guesses that have to wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.audit import verify_audit
from foundation.clock import NS_PER_S, ManualClock
from web import password
from web.duty import Duty, Right
from web.guessing import LONGEST_WAIT_S, Subject, Wrong, wait_s
from web.password import Weakness, matches, password_weakness, pin_weakness
from web.people import (
    IDLE_S,
    LONGEST_S,
    LockedOutError,
    LoginTakenError,
    NewPerson,
    PeopleBook,
    PeopleError,
    Person,
    WeakSecretError,
    WrongLoginError,
    pin_holders,
)
from web.scope import WHOLE, Scope

SECRET = "correct horse battery"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def book(tmp_path: Path, clock: ManualClock) -> Iterator[PeopleBook]:
    opened = PeopleBook(tmp_path / "people.sqlite", clock)
    yield opened
    opened.close()


@pytest.fixture
def leader(book: PeopleBook) -> Person:
    (person,) = book.add([NewPerson(login="wang", name="王校长", duty=Duty.LEADER, password=SECRET)], by="command line")
    return person


# ── secrets ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("secret", "weakness"),
    [
        ("short", Weakness.TOO_SHORT),
        ("x" * 129, Weakness.TOO_LONG),
        ("aaaaaaaaaaaa", Weakness.TOO_COMMON),
        ("Password1234", Weakness.TOO_COMMON),
        ("my-wang-secret", Weakness.HOLDS_LOGIN),
        (SECRET, None),
        ("校门东边的老槐树今年又开花", None),
    ],
)
def test_a_password_is_long_and_not_the_first_guess(secret: str, weakness: Weakness | None) -> None:
    assert password_weakness(secret, "wang") is weakness


@pytest.mark.parametrize("pin", ["000000", "123456", "987654", "121212", "123123", "890123"])
def test_a_pin_that_is_guessed_first_is_not_taken(pin: str) -> None:
    assert pin_weakness(pin) is Weakness.TOO_SIMPLE


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "１２３４５６", ""])
def test_a_pin_has_six_digits(pin: str) -> None:
    assert pin_weakness(pin) is Weakness.NOT_SIX_DIGITS


def test_a_good_pin_is_taken() -> None:
    assert pin_weakness("739104") is None


def test_secrets_are_kept_as_argon2id_and_nowhere_else(book: PeopleBook, leader: Person) -> None:
    book.set_pin(leader.id, "739104", by="wang")
    stored = book.path.read_bytes() + book.path.with_name(book.path.name + "-wal").read_bytes()
    assert stored.count(b"$argon2id$") >= 2
    assert SECRET.encode() not in stored
    assert b"739104" not in stored


def test_nobody_who_has_no_password_can_log_in(book: PeopleBook) -> None:
    book.add([NewPerson(login="li", name="李老师", duty=Duty.GUARD)], by="wang")
    for guess in ["", "None", "the password of nobody"]:
        with pytest.raises(WrongLoginError):
            book.log_in("li", guess, address="10.0.0.1")
    assert not matches(None, "the password of nobody")


# ── accounts ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_list_of_people_is_taken_whole_or_not_at_all(book: PeopleBook, leader: Person) -> None:
    with pytest.raises(LoginTakenError):
        book.add(
            [
                NewPerson(login="li", name="李老师", duty=Duty.GUARD),
                NewPerson(login="WANG", name="另一个王", duty=Duty.GUARD),
            ],
            by="wang",
        )
    assert [person.login for person in book.people()] == ["wang"]


@pytest.mark.parametrize(
    "bad",
    [
        NewPerson(login="", name="x", duty=Duty.GUARD),
        NewPerson(login=" a", name="x", duty=Duty.GUARD),
        NewPerson(login="a", name=" ", duty=Duty.GUARD),
    ],
)
def test_an_account_without_login_or_name_is_refused(book: PeopleBook, bad: NewPerson) -> None:
    with pytest.raises(PeopleError):
        book.add([bad], by="wang")


def test_a_weak_password_makes_no_account(book: PeopleBook) -> None:
    with pytest.raises(WeakSecretError):
        book.add([NewPerson(login="li", name="李老师", duty=Duty.GUARD, password="1234567890")], by="wang")
    assert book.is_empty()


def test_every_change_is_in_the_audit_chain(book: PeopleBook, leader: Person) -> None:
    book.set_pin(leader.id, "739104", by="wang")
    book.change_duty(leader.id, Duty.AUDITOR, by="li")
    book.end(leader.id, by="li")
    verdict = verify_audit(book.path)
    assert (verdict.entries, verdict.holds) == (4, True)


def test_those_with_a_pin_can_be_read_by_the_gatehouse_until_they_leave(book: PeopleBook, leader: Person) -> None:
    assert pin_holders(book.path) == ()
    book.set_pin(leader.id, "739104", by="wang")
    (holder,) = pin_holders(book.path)
    assert matches(holder.pin_hash, "739104")
    book.end(leader.id, by="li")
    assert pin_holders(book.path) == ()


def test_each_duty_may_what_it_is_for_and_no_more() -> None:
    assert Duty.SAFETY_OFFICER.may(Right.SEE_FOOTAGE)
    assert not Duty.TECHNICIAN.may(Right.SEE_VISITS)
    assert not Duty.TECHNICIAN.may(Right.MANAGE_PEOPLE)
    assert not Duty.GUARD.may(Right.SEE_FOOTAGE)
    assert not Duty.AUDITOR.may(Right.MANAGE_PEOPLE)
    campus_only = {Right.WORK_AT_GATE, Right.SEE_VISITS, Right.SEE_FOOTAGE}
    assert not any(duty.may(right) for duty in Duty if not duty.at_campus for right in campus_only)


# ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_session_ends_when_nobody_uses_it(book: PeopleBook, leader: Person, clock: ManualClock) -> None:
    token = book.log_in("wang", SECRET, address="10.0.0.1")
    clock.advance(seconds=IDLE_S - 1)
    assert book.who(token, address="10.0.0.1") == leader
    clock.advance(seconds=IDLE_S - 1)
    assert book.who(token, address="10.0.0.1") == leader
    clock.advance(seconds=IDLE_S + 1)
    assert book.who(token, address="10.0.0.1") is None


def test_a_page_that_renews_itself_keeps_no_session_open(book: PeopleBook, leader: Person, clock: ManualClock) -> None:
    token = book.log_in("wang", SECRET, address="10.0.0.1")
    for _ in range(3):
        clock.advance(seconds=IDLE_S / 3)
        assert book.who(token, address="10.0.0.1", by_hand=False) == leader
    clock.advance(seconds=1)
    assert book.who(token, address="10.0.0.1", by_hand=False) is None


def test_a_desk_that_is_alive_stays_logged_in_and_one_that_is_shut_does_not(
    book: PeopleBook, clock: ManualClock
) -> None:
    new = NewPerson(login="li", name="李警官", duty=Duty.DESK, password=SECRET, scope=WHOLE)
    (officer,) = book.add([new], by="command line")
    token = book.log_in("li", SECRET, address="10.0.0.1")
    for _ in range(2 * LONGEST_S // 1200):
        clock.advance(seconds=1200)
        assert book.who(token, address="10.0.0.1", by_hand=False) == officer
    clock.advance(seconds=IDLE_S + 1)
    assert book.who(token, address="10.0.0.1", by_hand=False) is None


def test_what_a_person_may_see_is_kept_and_a_new_scope_ends_sessions(book: PeopleBook) -> None:
    scope = Scope(districts=frozenset({"东区", "西区"}), campuses=frozenset({"school-9"}))
    (officer,) = book.add([NewPerson(login="li", name="李警官", duty=Duty.DESK, password=SECRET, scope=scope)], by="t")
    assert (officer.scope, book.person_by_login("LI").scope) == (scope, scope)
    token = book.log_in("li", SECRET, address="10.0.0.1")
    assert book.change_scope(officer.id, WHOLE, by="t").scope == WHOLE
    assert book.who(token, address="10.0.0.1") is None
    assert verify_audit(book.path).entries == 3


def test_without_a_word_on_scope_a_person_sees_no_school(book: PeopleBook) -> None:
    (officer,) = book.add([NewPerson(login="li", name="李警官", duty=Duty.DESK)], by="t")
    assert not officer.scope.holds(campus="school-1", district="")


def test_a_session_ends_after_half_a_day_however_much_it_is_used(
    book: PeopleBook, leader: Person, clock: ManualClock
) -> None:
    token = book.log_in("wang", SECRET, address="10.0.0.1")
    for _ in range(int(LONGEST_S / 1200)):
        clock.advance(seconds=1200)
        assert book.who(token, address="10.0.0.1") == leader
    clock.advance(seconds=1)
    assert book.who(token, address="10.0.0.1") is None


def test_a_clock_set_back_lengthens_no_session_and_a_reboot_ends_all(
    book: PeopleBook, leader: Person, clock: ManualClock
) -> None:
    token = book.log_in("wang", SECRET, address="10.0.0.1")
    clock.advance(seconds=IDLE_S + 1)
    clock.step_wall(days=-30)
    assert book.who(token, address="10.0.0.1") is None
    token = book.log_in("wang", SECRET, address="10.0.0.1")
    clock.reboot(off_s=1, boot="boot-2")
    assert book.who(token, address="10.0.0.1") is None


@pytest.mark.parametrize("ending", ["log out", "new password", "new duty", "left"])
def test_what_ends_a_session_ends_it_at_once(book: PeopleBook, leader: Person, ending: str) -> None:
    token = book.log_in("wang", SECRET, address="10.0.0.1")
    match ending:
        case "log out":
            book.log_out(token)
        case "new password":
            book.set_password(leader.id, "another long secret", by="wang")
        case "new duty":
            book.change_duty(leader.id, Duty.AUDITOR, by="li")
        case _:
            book.end(leader.id, by="li")
    assert book.who(token, address="10.0.0.1") is None


def test_a_stolen_token_opens_nothing_elsewhere_and_ends_the_session(book: PeopleBook, leader: Person) -> None:
    token = book.log_in("wang", SECRET, address="10.0.0.1")
    assert book.who(token, address="10.0.0.66") is None
    assert book.who(token, address="10.0.0.1") is None
    assert verify_audit(book.path).entries == 3


def test_the_file_holds_no_token_that_could_be_used(book: PeopleBook, leader: Person) -> None:
    token = book.log_in("wang", SECRET, address="10.0.0.1")
    stored = book.path.read_bytes() + book.path.with_name(book.path.name + "-wal").read_bytes()
    assert token.encode() not in stored
    assert book.who(token[:-1], address="10.0.0.1") is None


# ── guesses ───────────────────────────────────────────────────────────────────────────────────────────────────────
def guess(book: PeopleBook, times: int, login: str = "wang", address: str = "10.0.0.9") -> int:
    """How many of these wrong guesses were looked at."""
    looked_at = 0
    for number in range(times):
        try:
            book.log_in(login, f"wrong guess {number}", address=address)
        except WrongLoginError:
            looked_at += 1
        except LockedOutError:
            pass
    return looked_at


def test_after_five_wrong_guesses_even_the_right_password_has_to_wait(
    book: PeopleBook, leader: Person, clock: ManualClock
) -> None:
    assert guess(book, 20) == 5
    with pytest.raises(LockedOutError) as locked:
        book.log_in("wang", SECRET, address="10.0.0.9")
    assert locked.value.wait_s == 30
    clock.advance(seconds=30)
    assert book.log_in("wang", SECRET, address="10.0.0.9")


def test_somebody_elses_guesses_do_not_lock_a_person_out_elsewhere(book: PeopleBook, leader: Person) -> None:
    guess(book, 10, address="10.0.0.9")
    assert book.log_in("wang", SECRET, address="10.0.0.1")


def test_one_place_cannot_try_many_people(book: PeopleBook, leader: Person) -> None:
    assert sum(guess(book, 1, login=f"person-{number}") for number in range(40)) == 20


def test_a_right_guess_forgets_the_wrong_ones_before(book: PeopleBook, leader: Person) -> None:
    guess(book, 4)
    book.log_in("wang", SECRET, address="10.0.0.9")
    assert guess(book, 10) == 5


def test_guesses_that_are_locked_out_cost_no_hashing_and_no_commit(
    book: PeopleBook, leader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    guess(book, 5)
    monkeypatch.setattr("web.people.matches", lambda *_: pytest.fail("a locked-out guess was hashed"))
    size = book.path.with_name(book.path.name + "-wal").stat().st_size
    assert guess(book, 1000) == 0
    assert book.path.with_name(book.path.name + "-wal").stat().st_size == size


def test_many_guesses_at_once_are_hashed_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    class Slow:
        def verify(self, kept: str, secret: str) -> bool:
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            threading.Event().wait(0.02)
            with lock:
                at_once -= 1
            return True

    monkeypatch.setattr(password, "_HASHER", Slow())
    threads = [threading.Thread(target=matches, args=("kept", "x")) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


@given(st.integers(0, 10_000), st.integers(0, 50), st.integers(0, 10**6))
def test_waiting_grows_with_wrong_guesses_and_always_ends(count: int, free: int, later_s: int) -> None:
    wrong = Wrong(count, 0)
    now = later_s * NS_PER_S
    assert 0 <= wait_s(wrong, free, now) <= LONGEST_WAIT_S
    assert wait_s(wrong, free, now) <= wait_s(Wrong(count + 1, 0), free, now)
    assert wait_s(wrong, free, LONGEST_WAIT_S * NS_PER_S) == 0
    assert (wait_s(wrong, free, 0) == 0) == (count < free)
    assert wait_s(None, Subject("x", free).free, now) == 0
