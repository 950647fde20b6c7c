"""Who came before, findable though sealed: keyed digests of search words, once for each person.

A rare word is read off its index; a word that fits thousands is looked for among those who came last, so that neither a
million visits nor a single letter makes a guard wait.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from foundation.sqlite import Database, Row, Transaction
from gate.search import words_of
from gate.visit import Visitor, signs_of

_KEY_BYTES: Final = 32
_TOKEN_BYTES: Final = 8
_PERSON_BYTES: Final = 16
_RARE: Final = 1_000
"""A word that finds more people than this is looked for among the latest instead."""
_LATEST: Final = 20_000
_PAGE: Final = 500
_RECOMPUTED: Final = 20
"""Of a person's records that are left after an erasure, how many of the latest say what still finds the person."""


def search_key_file(database: Path) -> Path:
    """Where the key of the digests lies, apart from the database and its backups."""
    return database.parent / "keys" / f"{database.stem}.search"


@dataclass(frozen=True, slots=True)
class FoundBy:
    """What finds a visitor, as digests; made before the transaction, so that no other gate waits for it."""

    person: bytes
    """The same for the same person."""
    tokens: frozenset[bytes]
    """Of search words."""
    signs: tuple[bytes, ...]
    """Of what is certainly this person."""


class SearchKey:
    """Makes digests. Raises OSError if the key can be neither read nor made."""

    def __init__(self, file: Path) -> None:
        self._key = _key_of(file)

    @property
    def fingerprint(self) -> bytes:
        """Tells this key from another, and nothing else."""
        return self._digest("fingerprint of the index")[:_PERSON_BYTES]

    def found_by(self, visitor: Visitor) -> FoundBy:
        """Everything that finds a visitor."""
        signs = tuple(map(self.sign, signs_of(visitor)))
        return FoundBy(self.person(visitor), self.tokens(words_of(visitor)), signs)

    def person(self, visitor: Visitor) -> bytes:
        """The same for the same person: by document, else by name with phone, else by name with host."""
        if visitor.document_number:
            return self.sign(f"document:{visitor.document_kind}:{visitor.document_number}")
        return self.sign(f"person:{visitor.name}:{visitor.phone or visitor.host}")

    def sign(self, text: str) -> bytes:
        """A digest that is compared as a whole."""
        return self._digest(text)[:_PERSON_BYTES]

    def token(self, word: str) -> bytes:
        """What a search word lies in the index as."""
        return self._digest(word)[:_TOKEN_BYTES]

    def tokens(self, words: Iterable[str]) -> frozenset[bytes]:
        """The digests of words."""
        return frozenset(map(self.token, words))

    def code(self, text: str) -> int:
        """A number that nobody without the key can make for a text (a badge)."""
        return int.from_bytes(self._digest(f"code:{text}")[:8], "big")

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256")


_OF_TABLE: Final = {"visitor": "visit_id", "vehicle": "id", "refusal": "id"}
_INDEXED_AT_ONCE: Final = 50


def begin_index(database: Database, key: SearchKey) -> None:
    """An index made with another key, or by an older version, is emptied; `next_to_index` then says what is missing.

    Raises DatabaseError.
    """
    with database.transaction() as transaction:
        row = transaction.row("SELECT fingerprint FROM known_index")
        if row is not None and bytes(row[0]) == key.fingerprint:
            return
        for table in ("known_token", "known_record", "known_person", "inside_sign", "refusal_sign", "known_index"):
            transaction.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        transaction.execute(
            "INSERT INTO known_index SELECT 1, ?, (SELECT ifnull(max(rowid), 0) + 1 FROM visitor), "
            "(SELECT ifnull(max(rowid), 0) + 1 FROM vehicle), (SELECT ifnull(max(rowid), 0) + 1 FROM refusal)",
            (key.fingerprint,),
        )


def next_to_index(transaction: Transaction, table: Literal["visitor", "vehicle", "refusal"] = "visitor") -> list[str]:
    """Ids of the next records that the index lacks, latest first; whoever asks takes them in, in this transaction."""
    rows = transaction.rows(
        f"SELECT {_OF_TABLE[table]}, rowid FROM {table} "  # noqa: S608 - names of ours
        f"WHERE rowid < (SELECT next_{table} FROM known_index) ORDER BY rowid DESC LIMIT ?",
        (_INDEXED_AT_ONCE,),
    )
    if rows:
        transaction.execute(f"UPDATE known_index SET next_{table} = ?", (rows[-1][1],))  # noqa: S608 - names of ours
    return [row[0] for row in rows]


def remember(
    transaction: Transaction, *, record_id: str, person: bytes, tokens: frozenset[bytes], at_utc_ns: int
) -> None:
    """Make a record findable; what found the person before still does. The same record again moves it."""
    forget(transaction, record_id, lambda _: tokens)
    row = transaction.row("SELECT id, tokens, last_utc_ns, record FROM known_person WHERE person = ?", (person,))
    record = _bytes(record_id)
    if row is None:
        transaction.execute(
            "INSERT INTO known_person (person, record, last_utc_ns, tokens) VALUES (?, ?, ?, ?)",
            (person, record, at_utc_ns, b"".join(sorted(tokens))),
        )
        number = transaction.last_row_id()
        _add_tokens(transaction, number, tokens)
    else:
        number, before = int(row[0]), _split(row[1])
        latest = (record, at_utc_ns) if at_utc_ns >= row[2] else (row[3], row[2])
        transaction.execute(
            "UPDATE known_person SET record = ?, last_utc_ns = ?, tokens = ? WHERE id = ?",
            (*latest, b"".join(sorted(before | tokens)), number),
        )
        _add_tokens(transaction, number, tokens - before)
    transaction.execute("INSERT INTO known_record VALUES (?, ?, ?)", (record, number, at_utc_ns))


def forget(transaction: Transaction, record_id: str, tokens_of: Callable[[str], frozenset[bytes]]) -> None:
    """A record is erased or was a mistake: the person is found by the others, by what they say, or not at all.

    `tokens_of` tells what finds one of the records that are left.
    """
    record = _bytes(record_id)
    row = transaction.row("SELECT person FROM known_record WHERE record = ?", (record,))
    if row is None:
        return
    number = int(row[0])
    transaction.execute("DELETE FROM known_record WHERE record = ?", (record,))
    left = transaction.rows(
        "SELECT record, at_utc_ns FROM known_record WHERE person = ? ORDER BY at_utc_ns DESC LIMIT ?",
        (number, _RECOMPUTED),
    )
    before = _split((transaction.row("SELECT tokens FROM known_person WHERE id = ?", (number,)) or (b"",))[0])
    still = frozenset[bytes]().union(*(tokens_of(str(UUID(bytes=bytes(found[0])))) for found in left))
    gone = before - still
    transaction.execute_many(
        "DELETE FROM known_token WHERE token = ? AND person = ?", [(_number(token), number) for token in gone]
    )
    if not left:
        transaction.execute("DELETE FROM known_person WHERE id = ?", (number,))
        return
    _add_tokens(transaction, number, still - before)
    transaction.execute(
        "UPDATE known_person SET record = ?, last_utc_ns = ?, tokens = ? WHERE id = ?",
        (left[0][0], left[0][1], b"".join(sorted(still)), number),
    )


def found_records(reader: Transaction, key: SearchKey, asked: Sequence[frozenset[str]], limit: int) -> list[str]:
    """Ids of the latest records of those whom every word finds (in one of its ways), latest first."""
    wanted = [key.tokens(ways) for ways in asked]
    if not wanted:
        return []
    few = _fewest(reader, wanted)
    people = _latest_people(reader) if few is None else _people(reader, few)
    found = []
    for record, tokens in people:
        if all(any(token in tokens for token in ways) for ways in wanted):
            found.append(str(UUID(bytes=record)))
            if len(found) == limit:
                break
    return found


def record_of_person(reader: Transaction, person: bytes) -> str | None:
    """Id of the latest record of somebody certain (or of a vehicle with this plate)."""
    row = reader.row("SELECT record FROM known_person WHERE person = ?", (person,))
    return None if row is None else str(UUID(bytes=bytes(row[0])))


def latest_records(reader: Transaction, limit: int) -> list[str]:
    """Ids of the latest record of each of those who came last."""
    rows = reader.rows("SELECT record FROM known_person ORDER BY last_utc_ns DESC LIMIT ?", (limit,))
    return [str(UUID(bytes=bytes(row[0]))) for row in rows]


def _fewest(reader: Transaction, wanted: Sequence[frozenset[bytes]]) -> list[int] | None:
    """The people whom the rarest of the words finds; None if each finds too many to look at."""
    fewest: list[int] | None = None
    for ways in wanted:
        people: set[int] = set()
        for token in ways:
            rows = reader.rows("SELECT person FROM known_token WHERE token = ? LIMIT ?", (_number(token), _RARE + 1))
            people.update(row[0] for row in rows)
        if len(people) <= _RARE and (fewest is None or len(people) < len(fewest)):
            fewest = sorted(people)
    return fewest


def _people(reader: Transaction, numbers: Sequence[int]) -> Iterator[tuple[bytes, bytes]]:
    rows = reader.rows(
        "SELECT record, tokens FROM json_each(?) one JOIN known_person p ON p.id = one.value ORDER BY last_utc_ns DESC",
        (json.dumps(list(numbers)),),
    )
    return ((bytes(record), bytes(tokens)) for record, tokens in rows)


def _latest_people(reader: Transaction) -> Iterator[tuple[bytes, bytes]]:
    before: tuple[int, int] = (2**63 - 1, 2**63 - 1)
    for _ in range(_LATEST // _PAGE):
        rows: list[Row] = reader.rows(
            "SELECT record, tokens, last_utc_ns, id FROM known_person WHERE (last_utc_ns, id) < (?, ?) "
            "ORDER BY last_utc_ns DESC, id DESC LIMIT ?",
            (*before, _PAGE),
        )
        yield from ((bytes(row[0]), bytes(row[1])) for row in rows)
        if len(rows) < _PAGE:
            return
        before = int(rows[-1][2]), int(rows[-1][3])


def _add_tokens(transaction: Transaction, person: int, tokens: Iterable[bytes]) -> None:
    transaction.execute_many(
        "INSERT INTO known_token VALUES (?, ?) ON CONFLICT DO NOTHING", [(_number(token), person) for token in tokens]
    )


def _split(tokens: bytes) -> frozenset[bytes]:
    return frozenset(tokens[at : at + _TOKEN_BYTES] for at in range(0, len(tokens), _TOKEN_BYTES))


def _number(token: bytes) -> int:
    return int.from_bytes(token, "big", signed=True)


def _bytes(record_id: str) -> bytes:
    return UUID(record_id).bytes


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
