"""Who came before, findable though sealed: keyed digests of search words, kept up to date with each visit."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from foundation.sqlite import Transaction
from gate.search import asked_words, words_of
from gate.visit import Visitor

_KEY_BYTES: Final = 32
_TOKEN_BYTES: Final = 8
_PERSON_BYTES: Final = 16
_LOOKED_AT: Final = 400
"""Of the people that one word finds, how many of the latest the other words are compared with."""


def search_key_file(database: Path) -> Path:
    """Where the key of the digests lies, apart from the database and its backups."""
    return database.parent / "keys" / f"{database.stem}.search"


class SearchKey:
    """Makes digests. Raises OSError if the key can be neither read nor made."""

    def __init__(self, file: Path) -> None:
        self._key = _key_of(file)

    def person(self, visitor: Visitor) -> bytes:
        """The same for the same person: by document, else by name with phone, else by name with host."""
        if visitor.document_number:
            who = f"document:{visitor.document_kind}:{visitor.document_number}"
        else:
            who = f"person:{visitor.name}:{visitor.phone or visitor.host}"
        return self._digest(who)[:_PERSON_BYTES]

    def token(self, word: str) -> bytes:
        """What a search word lies in the index as."""
        return self._digest(word)[:_TOKEN_BYTES]

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256")


def remember(transaction: Transaction, key: SearchKey, *, visit_id: str, visitor: Visitor, in_utc_ns: int) -> None:
    """Make a visit findable; what found the person before still does."""
    person = key.person(visitor)
    tokens = {key.token(word) for word in words_of(visitor)} | _tokens(transaction, person)
    transaction.execute("INSERT INTO known_visit VALUES (?, ?, ?)", (visit_id, person, in_utc_ns))
    _point_at(transaction, person, visit_id, in_utc_ns, tokens)


def forget(transaction: Transaction, visit_id: str) -> None:
    """A visit is erased or was a mistake: the person is found by an earlier one, or not at all."""
    row = transaction.row("SELECT person FROM known_visit WHERE visit_id = ?", (visit_id,))
    if row is None:
        return
    person = bytes(row[0])
    transaction.execute("DELETE FROM known_visit WHERE visit_id = ?", (visit_id,))
    tokens = [
        bytes(found[0]) for found in transaction.rows("SELECT token FROM known_token WHERE person = ?", (person,))
    ]
    before = transaction.row(
        "SELECT visit_id, in_utc_ns FROM known_visit WHERE person = ? ORDER BY in_utc_ns DESC LIMIT 1", (person,)
    )
    if before is not None:
        _point_at(transaction, person, before[0], before[1], tokens)
        return
    transaction.execute("DELETE FROM known_token WHERE person = ?", (person,))
    transaction.execute("DELETE FROM known_person WHERE person = ?", (person,))


def found_visits(reader: Transaction, key: SearchKey, text: str, limit: int) -> list[str]:
    """Ids of the latest visits of the people whom every word of the text finds, latest first."""
    found: dict[bytes, int] | None = None
    for ways in asked_words(text):
        matching: dict[bytes, int] = {}
        for word in ways:
            rows = reader.rows(
                "SELECT person, last_utc_ns FROM known_token WHERE token = ? ORDER BY last_utc_ns DESC LIMIT ?",
                (key.token(word), _LOOKED_AT),
            )
            matching.update((bytes(row[0]), int(row[1])) for row in rows)
        found = matching if found is None else {who: at for who, at in found.items() if who in matching}
    latest = sorted((found or {}).items(), key=lambda item: item[1], reverse=True)[:limit]
    visits = (reader.row("SELECT visit_id FROM known_person WHERE person = ?", (person,)) for person, _ in latest)
    return [row[0] for row in visits if row is not None]


def _tokens(transaction: Transaction, person: bytes) -> set[bytes]:
    return {bytes(row[0]) for row in transaction.rows("SELECT token FROM known_token WHERE person = ?", (person,))}


def _point_at(
    transaction: Transaction, person: bytes, visit_id: str, last_utc_ns: int, tokens: Iterable[bytes]
) -> None:
    transaction.execute("DELETE FROM known_token WHERE person = ?", (person,))
    transaction.execute(
        "INSERT INTO known_person VALUES (?, ?, ?) ON CONFLICT (person) DO UPDATE SET visit_id = excluded.visit_id, "
        "last_utc_ns = excluded.last_utc_ns",
        (person, visit_id, last_utc_ns),
    )
    transaction.execute_many(
        "INSERT INTO known_token VALUES (?, ?, ?)", [(token, last_utc_ns, person) for token in tokens]
    )


def _key_of(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    if not file.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            target.write(secrets.token_bytes(_KEY_BYTES))
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(fresh, file)  # fails if another process was first; then its key counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_bytes()
