"""A form that is not finished yet (草稿): survives a restart of the agent and of the browser, sealed, in no backup."""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from foundation.clock import NS_PER_S, Clock
from foundation.sealed import UnsealError, seal, unseal

KEEP_S: Final = 24 * 3600
"""Whoever has not come in by then comes another time."""
_MOST: Final = 5
_LONGEST_BYTES: Final = 20_000
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed so far at a screen; `kind` is the page that it belongs to."""

    id: str
    kind: str
    kept_utc_ns: int
    texts: Mapping[str, str]


class DraftBox:
    """One small sealed file for each unfinished form of each screen."""

    def __init__(self, folder: Path, key_file: Path, clock: Clock) -> None:
        """The key is made with the first draft, so that a full disk keeps no book shut."""
        self._folder = folder
        self._clock = clock
        self._key_file = key_file
        self._keeping = threading.Lock()

    def keep(self, station_id: str, draft_id: str, kind: str, texts: Mapping[str, str]) -> None:
        """Keep what was typed; on the disk when this returns. Too much is not kept. Raises OSError."""
        now = self._clock.utc_ns()
        filled = {name: text for name, text in texts.items() if text}
        plain = json.dumps({"kind": kind, "kept_utc_ns": now, "texts": filled}, ensure_ascii=False).encode()
        if len(plain) > _LONGEST_BYTES:
            return
        file = self._file(station_id, draft_id)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = file.with_suffix(".part")
        with self._keeping, part.open("wb") as target:  # on a slow disk the next one comes while this one is written
            target.write(seal(self._key, plain, _place(station_id, draft_id)))
            target.flush()
            os.fsync(target.fileno())
            part.rename(file)
        for old in self.drafts(station_id)[_MOST:]:
            self.drop(station_id, old.id)

    def drafts(self, station_id: str) -> tuple[Draft, ...]:
        """Unfinished forms of a screen, latest first; what is too old is dropped. Raises OSError."""
        found = []
        for file in self._folder.glob(f"{_checked(station_id)}/*.draft"):
            draft = self._read(station_id, file.stem)
            if draft is None or abs(self._clock.utc_ns() - draft.kept_utc_ns) > KEEP_S * NS_PER_S:
                file.unlink(missing_ok=True)
            else:
                found.append(draft)
        return tuple(sorted(found, key=lambda draft: draft.kept_utc_ns, reverse=True))

    def find(self, station_id: str, draft_id: str) -> Draft | None:
        """One unfinished form. Raises OSError."""
        return next((draft for draft in self.drafts(station_id) if draft.id == draft_id), None)

    def drop(self, station_id: str, draft_id: str) -> None:
        """Finished or given up. Raises OSError."""
        self._file(station_id, draft_id).unlink(missing_ok=True)

    def drop_old(self) -> None:
        """Drop what is too old at every screen, also at those that are used no more. Raises OSError."""
        for folder in self._folder.glob("*"):
            self.drafts(folder.name)

    def forget(self, draft_id: str) -> None:
        """Drop a form wherever it was begun. Raises OSError."""
        for file in self._folder.glob(f"*/{_checked(draft_id)}.*"):
            file.unlink(missing_ok=True)

    @cached_property
    def _key(self) -> bytes:
        return _key_of(self._key_file)

    def _file(self, station_id: str, draft_id: str) -> Path:
        return self._folder / _checked(station_id) / f"{_checked(draft_id)}.draft"

    def _read(self, station_id: str, draft_id: str) -> Draft | None:
        try:
            told = json.loads(
                unseal(self._key, self._file(station_id, draft_id).read_bytes(), _place(station_id, draft_id))
            )
        except (FileNotFoundError, UnsealError):
            return None
        return Draft(id=draft_id, kind=told["kind"], kept_utc_ns=told["kept_utc_ns"], texts=told["texts"])


def _place(station_id: str, draft_id: str) -> str:
    return f"draft:{station_id}:{draft_id}"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no id")
    return name


def _key_of(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return file.read_bytes()
    with os.fdopen(descriptor, "wb") as target:
        key = secrets.token_bytes(32)
        target.write(key)
        target.flush()
        os.fsync(target.fileno())
    return key
