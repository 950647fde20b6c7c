"""Keys of records, apart from what they lock: a key erased here is erased for every copy of the rows (promise 7).

One file of 32-byte slots beside the state's other keys, never part of a backup of the databases. Slot 0 is the header;
a slot of zeros is a key that was erased, a slot of ones a key that this file never had. No database, because a database
leaves old copies of a row in free pages and logs; here a key lies in one place and is overwritten there.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from foundation.sqlite import DatabaseError

KEY_BYTES: Final = 32
ERASED: Final = bytes(KEY_BYTES)
ABSENT: Final = b"\xff" * KEY_BYTES
_HEADER: Final = b"campus-edge record keys, v1".ljust(KEY_BYTES, b"\n")
_READ_AT_ONCE: Final = KEY_BYTES * 32_768
_AHEAD: Final = 256
"""Keys are made in advance, so that only one record in so many waits for a second fsync."""


class RecordKeysError(DatabaseError):
    """The file of keys cannot be used; the message says which and what to do."""


class Keys(Protocol):
    """Where keys are looked up."""

    def key(self, number: int) -> bytes | None:
        """The key, or None if it was erased or never here."""


def keys_file(database: Path) -> Path:
    """The keys of a database's records: keys/NAME.keys beside it."""
    return database.parent / "keys" / f"{database.stem}.keys"


class RecordKeys:
    """Makes, finds and erases keys. Several processes may have it open; making takes a lock."""

    def __init__(self, path: Path, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """Opens the file or makes it, readable by its owner only. Raises RecordKeysError."""
        self.path = path
        self._random_bytes = random_bytes
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RecordKeysError(f"{path} cannot be opened ({error.strerror}): give this user the right") from error
        try:
            with self._locked():
                if os.fstat(self._file).st_size < KEY_BYTES:
                    self._write(0, _HEADER)
                    _sync_folder(path.parent)
            _check_header(self._file, path)
        except BaseException:
            os.close(self._file)
            raise

    def key(self, number: int) -> bytes | None:
        """The key, or None if it was erased or never here."""
        return _usable(self.slot(number))

    def slot(self, number: int) -> bytes:
        """What lies at a number: a key, ERASED or ABSENT."""
        return _slot(self._file, number)

    def provide(self, number: int) -> bytes | None:
        """The key of a number, made (and on the disk) if it is new; None if it was erased or has been lost.

        Raises RecordKeysError.
        """
        found = self.slot(number)
        if found == ABSENT and number > self.count():
            self._make(number)
            found = self.slot(number)
        return _usable(found)

    def count(self) -> int:
        """The highest number there is."""
        return os.fstat(self._file).st_size // KEY_BYTES - 1

    def erased(self) -> Iterator[range]:
        """Runs of numbers whose keys were erased, in order; reads the file in large pieces: a million are 32 MB."""
        begun: int | None = None
        number = 1
        while chunk := os.pread(self._file, _READ_AT_ONCE, number * KEY_BYTES):
            if begun is None and ERASED not in chunk:  # keys are random: no run of zeros, no erased slot
                number += len(chunk) // KEY_BYTES
                continue
            for at in range(0, len(chunk) - KEY_BYTES + 1, KEY_BYTES):
                if chunk[at : at + KEY_BYTES] == ERASED:
                    begun = number if begun is None else begun
                elif begun is not None:
                    yield range(begun, number)
                    begun = None
                number += 1
        if begun is not None:
            yield range(begun, number)

    def _make(self, number: int) -> None:
        with self._locked():
            first = self.count() + 1
            if number < first:
                return  # another process has made it
            # Lower numbers that are not here were given away by a file that is lost; they must not look erased.
            lost = ABSENT * (number - first)
            made = b"".join(self._random_bytes(KEY_BYTES) for _ in range(_AHEAD))
            self._write(first, lost + made)

    def erase(self, numbers: Iterable[int]) -> None:
        """Overwrite keys for ever; they are gone from the file when this returns. Raises RecordKeysError."""
        with self._locked():
            for number in numbers:
                self._put(number, ERASED)

    def take_over(self, other: Path) -> None:
        """Bring keys from a copy of this file that are missing here; what either has erased is erased here.

        Raises RecordKeysError.
        """
        with open_keys(other) as copy, self._locked():
            for number in range(1, max(copy.count(), self.count()) + 1):
                mine, its = self.slot(number), copy.slot(number)
                wanted = ERASED if ERASED in (mine, its) else (its if mine == ABSENT else mine)
                if wanted != mine:
                    self._put(number, wanted)

    def bring_up_to_date(self, copy: Path) -> None:
        """Make another file the same as this one, slot by slot in place: what was erased here vanishes there too.

        Raises RecordKeysError.
        """
        other = RecordKeys(copy)
        try:
            with other._locked():
                for number in range(1, max(other.count(), self.count()) + 1):
                    mine, its = self.slot(number), other.slot(number)
                    if mine != its and ERASED in (mine, its):
                        other._put(number, ERASED)
                    elif mine not in (its, ABSENT):
                        other._put(number, mine)
        finally:
            other.close()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _put(self, number: int, slot: bytes) -> None:
        # A hole in the file would read as zeros, and so as keys that were erased.
        first = min(number, self.count() + 1)
        self._write(first, ABSENT * (number - first) + slot)

    def _write(self, number: int, content: bytes) -> None:
        try:
            os.pwrite(self._file, content, number * KEY_BYTES)
            os.fdatasync(self._file)
        except OSError as error:
            raise RecordKeysError(f"{self.path} cannot be written ({error.strerror})") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)


class KeysReader:
    """The keys as another role, or a page, looks them up; nothing is made."""

    def __init__(self, file: int) -> None:
        self._file = file

    def key(self, number: int) -> bytes | None:
        """The key, or None if it was erased or never here."""
        return _usable(self.slot(number))

    def slot(self, number: int) -> bytes:
        """What lies at a number: a key, ERASED or ABSENT."""
        return ABSENT if self._file < 0 else _slot(self._file, number)

    def count(self) -> int:
        """The highest number there is."""
        return 0 if self._file < 0 else os.fstat(self._file).st_size // KEY_BYTES - 1


@contextmanager
def open_keys(path: Path) -> Iterator[KeysReader]:
    """Read keys, briefly; a file that is not there has none. Raises RecordKeysError."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield KeysReader(-1)
        return
    except OSError as error:
        raise RecordKeysError(f"{path} cannot be read ({error.strerror}): give this user the right") from error
    try:
        _check_header(file, path)
        yield KeysReader(file)
    finally:
        os.close(file)


def _slot(file: int, number: int) -> bytes:
    if number < 1:
        raise ValueError(f"keys are numbered from 1, not {number}")
    found = os.pread(file, KEY_BYTES, number * KEY_BYTES)
    return found if len(found) == KEY_BYTES else ABSENT


def _usable(slot: bytes) -> bytes | None:
    return None if slot in (ERASED, ABSENT) else slot


def _check_header(file: int, path: Path) -> None:
    if os.pread(file, KEY_BYTES, 0) != _HEADER:
        raise RecordKeysError(f"{path} is not a file of record keys: put the copy of it back that was last made")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
