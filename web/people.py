"""Who may log in (人员账号), kept in people.sqlite with an audit chain; sessions that end by themselves."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.audit import AUDIT_SQL, AuditChain
from foundation.clock import NS_PER_S, Clock
from foundation.ids import new_id
from foundation.sqlite import Database, Row, Schema, Transaction, open_read_only
from web.duty import Duty, Right
from web.guessing import Subject, Wrong, longest_wait_s, subjects_of
from web.password import LONGEST, Weakness, hashed, matches, password_weakness, pin_weakness
from web.scope import NOTHING, SCOPE_COLUMN, Scope, read_scope, scope_evidence, write_scope

SCHEMA: Final = Schema.load("people", AUDIT_SQL, ("web", "people.sql"), ("web", "people_scope.sql"))
IDLE_S: Final = 30 * 60
"""A session that nobody uses ends: the office computer is shared."""
LONGEST_S: Final = 12 * 3600
_TOUCH_S: Final = 60
_LOGIN_LIMIT: Final = 60
_NAME_LIMIT: Final = 100

_COLUMNS: Final = (
    "id", "login", "name", "duty", "password_hash IS NOT NULL", "pin_hash IS NOT NULL", "ended_utc_ns", SCOPE_COLUMN,
)  # fmt: skip
_PERSON: Final = f"SELECT {', '.join(_COLUMNS)} FROM person "  # noqa: S608 - constants of ours


class PeopleError(Exception):
    """Something about an account cannot be done; the message says why."""


class LoginTakenError(PeopleError):
    """Another account has this login."""


class UnknownPersonError(PeopleError):
    """There is no such account."""


class PasswordFileError(PeopleError):
    """The file that should hold a password cannot be read as text."""


class WeakSecretError(PeopleError):
    """The password or PIN is too easy to guess."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(f"the password or PIN is not strong enough: {weakness}")
        self.weakness = weakness


def password_in(file: Path) -> str:
    """A password as a command line is given it: a text file's only line. Raises PasswordFileError."""
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise PasswordFileError(f"the password file {file} cannot be read: {why}") from error


class WrongLoginError(PeopleError):
    """Login and password do not fit; which of the two is wrong is not said."""


class LockedOutError(PeopleError):
    """Too many wrong guesses: this one was not even looked at."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many wrong guesses; wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account."""

    id: str
    login: str
    name: str
    duty: Duty
    has_password: bool
    has_pin: bool
    ended: bool
    scope: Scope
    """What a person at the center may see; at a campus it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """An account to be made."""

    login: str
    name: str
    duty: Duty
    password: str | None = None
    scope: Scope = NOTHING


class PeopleBook:
    """Writes people.sqlite: the office, and the command line for the first person (SQLite lets them take turns)."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._database = Database(path, SCHEMA)
        self._audit = AuditChain(clock)

    @property
    def path(self) -> Path:
        """The file, for readers in other roles."""
        return self._database.path

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # ── accounts ──────────────────────────────────────────────────────────────────────────────────────────────────
    def add(self, people: Sequence[NewPerson], *, by: str) -> tuple[Person, ...]:
        """Make accounts, all or none. Raises PeopleError, LoginTakenError, WeakSecretError, DatabaseError."""
        hashes = [self._checked_hash(person) for person in people]
        with self._database.transaction() as transaction:
            return tuple(
                self._add(transaction, person, password_hash, by)
                for person, password_hash in zip(people, hashes, strict=True)
            )

    def _checked_hash(self, person: NewPerson) -> str | None:
        if not 0 < len(person.login) <= _LOGIN_LIMIT or person.login != person.login.strip():
            raise PeopleError(f"a login has 1 to {_LOGIN_LIMIT} characters and no outer spaces: {person.login!r}")
        if not 0 < len(person.name.strip()) <= _NAME_LIMIT:
            raise PeopleError(f"a name has 1 to {_NAME_LIMIT} characters: {person.name!r}")
        if person.password is None:
            return None
        weakness = password_weakness(person.password, person.login)
        if weakness is not None:
            raise WeakSecretError(weakness)
        return hashed(person.password)

    def _add(self, transaction: Transaction, person: NewPerson, password_hash: str | None, by: str) -> Person:
        if transaction.row("SELECT 1 FROM person WHERE login = ?", (person.login,)):
            raise LoginTakenError(f"the login {person.login!r} is taken")
        person_id = new_id()
        transaction.execute(
            "INSERT INTO person (id, login, name, duty, password_hash, made_utc_ns) VALUES (?, ?, ?, ?, ?, ?)",
            (person_id, person.login, person.name.strip(), person.duty.value, password_hash, self._clock.utc_ns()),
        )
        body: dict[str, object] = {"login": person.login, "name": person.name, "duty": person.duty.value, "by": by}
        if not person.duty.at_campus:
            write_scope(transaction, person_id, person.scope)
            body["scope"] = scope_evidence(person.scope)
        self._note(transaction, person_id, "person.added", body)
        return _known(transaction, person_id)

    def change_duty(self, person_id: str, duty: Duty, *, by: str) -> Person:
        """Give another duty; open sessions end, since they were begun with other rights."""
        with self._database.transaction() as transaction:
            _known(transaction, person_id)
            transaction.execute("UPDATE person SET duty = ? WHERE id = ?", (duty.value, person_id))
            transaction.execute("DELETE FROM session WHERE person_id = ?", (person_id,))
            self._note(transaction, person_id, "person.duty_changed", {"duty": duty.value, "by": by})
            return _known(transaction, person_id)

    def change_scope(self, person_id: str, scope: Scope, *, by: str) -> Person:
        """Let a person at the center see other schools; open sessions end, as with another duty."""
        with self._database.transaction() as transaction:
            _known(transaction, person_id)
            write_scope(transaction, person_id, scope)
            transaction.execute("DELETE FROM session WHERE person_id = ?", (person_id,))
            self._note(transaction, person_id, "person.scope_changed", {"scope": scope_evidence(scope), "by": by})
            return _known(transaction, person_id)

    def end(self, person_id: str, *, by: str) -> Person:
        """End an account (离职): it stays readable, its sessions end now."""
        with self._database.transaction() as transaction:
            _known(transaction, person_id)
            transaction.execute(
                "UPDATE person SET ended_utc_ns = ?, password_hash = NULL, pin_hash = NULL WHERE id = ?",
                (self._clock.utc_ns(), person_id),
            )
            transaction.execute("DELETE FROM session WHERE person_id = ?", (person_id,))
            self._note(transaction, person_id, "person.ended", {"by": by})
            return _known(transaction, person_id)

    def set_password(self, person_id: str, password: str, *, by: str) -> None:
        """Set a password; every session of the person ends. Raises WeakSecretError, UnknownPersonError."""
        person = self.person(person_id)
        weakness = password_weakness(password, person.login)
        if weakness is not None:
            raise WeakSecretError(weakness)
        self._set_secret(person_id, "password_hash", hashed(password), by)

    def set_pin(self, person_id: str, pin: str, *, by: str) -> None:
        """Set the PIN for an enrolled gate screen. Raises WeakSecretError, UnknownPersonError."""
        self.person(person_id)
        weakness = pin_weakness(pin)
        if weakness is not None:
            raise WeakSecretError(weakness)
        self._set_secret(person_id, "pin_hash", hashed(pin), by)

    def _set_secret(self, person_id: str, column: str, secret_hash: str, by: str) -> None:
        with self._database.transaction() as transaction:
            transaction.execute(f"UPDATE person SET {column} = ? WHERE id = ?", (secret_hash, person_id))  # noqa: S608
            transaction.execute("DELETE FROM session WHERE person_id = ?", (person_id,))
            self._note(transaction, person_id, f"person.{column.removesuffix('_hash')}_set", {"by": by})

    def person(self, person_id: str) -> Person:
        """An account. Raises UnknownPersonError."""
        rows = self._database.rows(_PERSON + "WHERE id = ?", (person_id,))
        if not rows:
            raise UnknownPersonError(f"there is no person {person_id}")
        return _person(rows[0])

    def person_by_login(self, login: str) -> Person:
        """An account by what is typed to log in. Raises UnknownPersonError."""
        rows = self._database.rows(_PERSON + "WHERE login = ?", (login,))
        if not rows:
            raise UnknownPersonError(f"there is no account {login!r}")
        return _person(rows[0])

    def people(self) -> tuple[Person, ...]:
        """All accounts, those in use first."""
        return tuple(
            _person(row) for row in self._database.rows(_PERSON + "ORDER BY ended_utc_ns IS NOT NULL, duty, login")
        )

    def is_empty(self) -> bool:
        """True until the first account is made."""
        return self._database.row("SELECT 1 FROM person LIMIT 1") is None

    # ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────
    def log_in(self, login: str, password: str, *, address: str) -> str:
        """The token of a new session. Raises WrongLoginError, LockedOutError, BusyError."""
        subjects = subjects_of(login[:_LOGIN_LIMIT], address)
        self._refuse_locked(subjects)  # before any hashing: a flood of guesses costs a look-up each
        row = self._database.row(
            "SELECT id, password_hash FROM person WHERE login = ? AND ended_utc_ns IS NULL", (login,)
        )
        if not matches(row[1] if row else None, password[: LONGEST + 1]) or row is None:
            self._count_wrong(subjects)
            raise WrongLoginError("login and password do not fit")
        token = secrets.token_urlsafe(32)
        now_ns = self._clock.running_ns()
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM guess WHERE subject = ?", (subjects[0].key,))
            transaction.execute(
                "INSERT INTO session (token_digest, person_id, boot_id, begun_running_ns, seen_running_ns, address, "
                "begun_utc_ns) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (_digest(token), row[0], self._clock.boot_id(), now_ns, now_ns, address, self._clock.utc_ns()),
            )
            self._note(transaction, row[0], "person.logged_in", {"address": address})
        return token

    def who(self, token: str, *, address: str, by_hand: bool = True) -> Person | None:
        """Whose session this is; None if it has ended or never was.

        A token that turns up at another address was stolen or carried away: the session ends for both. What a page
        asks for by itself (`by_hand` false) keeps no session from ending, except that of a person who answers alarms:
        while the desk's page is alive it stays, or an alarm would come to a screen that asks for a password.
        """
        digest, now_ns = _digest(token), self._clock.running_ns()
        row = self._database.row(
            "SELECT person_id, boot_id, begun_running_ns, seen_running_ns, address FROM session WHERE token_digest = ?",
            (digest,),
        )
        if row is None:
            return None
        person_id, boot_id, begun_ns, seen_ns, begun_at = row
        if address != begun_at:
            self._end_stolen(token, person_id, begun_at, address)
            return None
        person = self.person(person_id)
        stays = person.duty.may(Right.ANSWER_ALARMS)
        over = (
            boot_id != self._clock.boot_id()
            or now_ns - seen_ns > IDLE_S * NS_PER_S
            or (now_ns - begun_ns > LONGEST_S * NS_PER_S and not stays)
        )
        if over:
            self.log_out(token)
            return None
        if (by_hand or stays) and now_ns - seen_ns > _TOUCH_S * NS_PER_S:
            with self._database.transaction() as transaction:
                transaction.execute("UPDATE session SET seen_running_ns = ? WHERE token_digest = ?", (now_ns, digest))
        return None if person.ended else person

    def log_out(self, token: str) -> None:
        """End a session; one that has ended already stays so."""
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM session WHERE token_digest = ?", (_digest(token),))

    def _end_stolen(self, token: str, person_id: str, begun_at: str, seen_at: str) -> None:
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM session WHERE token_digest = ?", (_digest(token),))
            body: dict[str, object] = {"begun_at": begun_at, "seen_at": seen_at}
            self._note(transaction, person_id, "person.session_elsewhere", body)

    def _refuse_locked(self, subjects: Sequence[Subject]) -> None:
        wait_s = longest_wait_s(((self._wrong(one), one) for one in subjects), self._clock.running_ns())
        if wait_s > 0:
            raise LockedOutError(wait_s)

    def _wrong(self, subject: Subject) -> Wrong | None:
        row = self._database.row(
            "SELECT wrong, last_running_ns FROM guess WHERE subject = ? AND boot_id = ?",
            (subject.key, self._clock.boot_id()),
        )
        return Wrong(int(row[0]), int(row[1])) if row else None

    def _count_wrong(self, subjects: Sequence[Subject]) -> None:
        boot_id, now_ns = self._clock.boot_id(), self._clock.running_ns()
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM guess WHERE boot_id <> ?", (boot_id,))
            for subject in subjects:
                transaction.execute(
                    "INSERT INTO guess (subject, wrong, last_running_ns, boot_id) VALUES (?, 1, ?, ?) "
                    "ON CONFLICT (subject) DO UPDATE SET wrong = wrong + 1, last_running_ns = excluded.last_running_ns",
                    (subject.key, now_ns, boot_id),
                )

    def _note(self, transaction: Transaction, person_id: str, action: str, body: dict[str, object]) -> None:
        self._audit.append(transaction, record_id=f"person:{person_id}", action=action, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinHolder:
    """Somebody who may sign on at a gate screen."""

    id: str
    name: str
    pin_hash: str


def pin_holders(path: Path) -> tuple[PinHolder, ...]:
    """Everybody with a PIN, by name, for the gatehouse (which only reads); nobody before the file exists.

    Raises DatabaseError.
    """
    if not path.exists():
        return ()
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT id, name, pin_hash FROM person WHERE pin_hash IS NOT NULL AND ended_utc_ns IS NULL ORDER BY name"
        )
    return tuple(PinHolder(id=row[0], name=row[1], pin_hash=row[2]) for row in rows)


def _known(transaction: Transaction, person_id: str) -> Person:
    row = transaction.row(_PERSON + "WHERE id = ?", (person_id,))
    if row is None:
        raise UnknownPersonError(f"there is no person {person_id}")
    return _person(row)


def _person(row: Row) -> Person:
    person_id, login, name, duty, has_password, has_pin, ended_utc_ns, scope = row
    return Person(
        id=person_id,
        login=login,
        name=name,
        duty=Duty(duty),
        has_password=bool(has_password),
        has_pin=bool(has_pin),
        ended=ended_utc_ns is not None,
        scope=read_scope(scope),
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
