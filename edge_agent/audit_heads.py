"""The audit chains of a state directory (审计链): found, verified, and held against what the center countersigned."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.audit import AuditHead, audit_head, verify_audit
from foundation.sqlite import DatabaseError, open_read_only
from foundation.state import StateDirectory
from uplink.envelope import read_attributes, read_event
from uplink.fault import WireError
from uplink.messages.day import DaySealed
from uplink.messages.receipt import Receipt
from uplink.signature import PinnedKeys, digest_of

ALARMS: Final = "alarms"
"""The chain of the file in which sealed days wait for their receipts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVerdict:
    """What became of one chain."""

    chain: str
    entries: int = 0
    erased: int = 0
    head: AuditHead | None = None
    countersigned: int = 0
    """How many of its heads the center countersigned."""
    trouble: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.trouble


class HeadsError(Exception):
    """Countersigned heads cannot be read; the message says where."""


def chains(state: StateDirectory) -> dict[str, Path]:
    """Every database with an audit chain, by name. Raises DatabaseError for one that cannot be read."""
    found = {}
    for path in sorted(state.root.glob("*.sqlite")):
        with open_read_only(path) as reader:
            if reader.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit'"):
                found[path.stem] = path
    return found


def heads(state: StateDirectory) -> dict[str, AuditHead]:
    """Where each chain ends now; chains without an entry are left out. Raises DatabaseError."""
    found = {}
    for name, path in chains(state).items():
        with open_read_only(path) as reader:
            head = audit_head(reader)
        if head.seq:
            found[name] = head
    return found


def countersigned_heads(alarms_database: Path, keys: PinnedKeys | None) -> dict[str, tuple[AuditHead, ...]]:
    """Heads in sealed days whose receipt is here. With `keys` each receipt's signature is checked.

    The outbox keeps day and receipt byte for byte, so nothing else has to be stored. Raises HeadsError, DatabaseError.
    """
    if not alarms_database.exists():
        return {}
    with open_read_only(alarms_database) as reader:
        rows = reader.rows(
            "SELECT id, payload, receipt FROM message WHERE type = ? AND receipt IS NOT NULL ORDER BY sequence",
            (DaySealed.event_type,),
        )
    found: dict[str, list[AuditHead]] = {}
    for message_id, payload, receipt in rows:
        try:
            day = _countersigned(message_id, payload, receipt, keys)
        except WireError as error:
            raise HeadsError(
                f"{alarms_database}: the receipt for the day {message_id} is not genuine: {error}"
            ) from error
        for head in day.audit_heads:
            found.setdefault(head.chain, []).append(AuditHead(head.seq, bytes.fromhex(head.hash)))
    return {chain: tuple(listed) for chain, listed in found.items()}


def _countersigned(message_id: str, payload: bytes, receipt: bytes, keys: PinnedKeys | None) -> DaySealed:
    attributes = read_attributes(receipt)
    if keys is not None:
        keys.verify(attributes)
    said, day = read_event(attributes).data, read_event(read_attributes(payload)).data
    if not isinstance(said, Receipt) or not isinstance(day, DaySealed):
        raise HeadsError(f"the day {message_id} or its receipt is something else")
    if said.message_id != message_id or said.digest != digest_of(payload):
        raise HeadsError(f"the receipt for the day {message_id} names another content")
    return day


def read_heads(file: Path) -> dict[str, tuple[AuditHead, ...]]:
    """Heads as the center hands them out: JSON, a list of {"chain", "seq", "hash"}. Raises HeadsError."""
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
        found: dict[str, list[AuditHead]] = {}
        for each in listed:
            found.setdefault(str(each["chain"]), []).append(AuditHead(int(each["seq"]), bytes.fromhex(each["hash"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadsError(f'{file} is not a list of {{"chain", "seq", "hash"}}: {error}') from error
    return {chain: tuple(heads_of) for chain, heads_of in found.items()}


def verify_chains(state: StateDirectory, known: dict[str, tuple[AuditHead, ...]]) -> Sequence[ChainVerdict]:
    """Every chain recomputed; one that the center knows and that is not here is trouble too."""
    verdicts: list[ChainVerdict] = []
    for path in sorted(state.root.glob("*.sqlite")):
        name = path.stem
        try:
            with open_read_only(path) as reader:
                if not reader.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit'"):
                    continue
            verdict = verify_audit(path, known.get(name, ()))
        except DatabaseError as error:
            verdicts.append(ChainVerdict(chain=name, trouble=(str(error),)))
            continue
        verdicts.append(
            ChainVerdict(
                chain=name,
                entries=verdict.entries,
                erased=verdict.erased,
                head=verdict.head,
                countersigned=len(known.get(name, ())),
                trouble=verdict.trouble,
            )
        )
    there = {verdict.chain for verdict in verdicts}
    verdicts.extend(
        ChainVerdict(chain=name, countersigned=len(listed), trouble=("the center countersigned it, and it is gone",))
        for name, listed in known.items()
        if name not in there
    )
    return verdicts
