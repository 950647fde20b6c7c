"""On what terms somebody is let in (准入核验): what holds now, what must be asked, who approved, who confirmed."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from foundation.audit import AuditChain
from foundation.record_keys import keys_file, open_keys
from foundation.sealed import UnsealError, unseal
from foundation.sqlite import Transaction, open_read_only
from gate.hours import GateHours, hours_in
from gate.policy import PolicyKind, kinds_at, policies_in
from gate.spelling import tidy_text
from gate.visit import Trouble

FEVER_C: Final = 37.3
"""体温: from here on nobody comes in without a named approver (school epidemic guidelines)."""
_TEMPERATURE: Final = re.compile(r"[34]\d(?:\.\d)?")
_LIKELY_C: Final = (34.0, 42.0)
_LONGEST: Final = 100
_FIELD_OF: Final = {
    PolicyKind.TEMPERATURE: "temperature",
    PolicyKind.MASK: "mask",
    PolicyKind.HEALTH_CODE: "health_code",
    PolicyKind.BAGS: "bags",
}
_GOOD_ANSWERS: Final = {"mask": "yes", "health_code": "green", "bags": "yes"}
_ANSWERS: Final = {"mask": ("yes", "no"), "health_code": ("green", "other"), "bags": ("yes", "no")}


class Confirmation(StrEnum):
    """How the host said that this visitor is welcome (被访人确认)."""

    NONE = "none"
    PAGE = "page"
    """The host entered the visit beforehand on a page of the office, or answered there while the visitor waited."""
    PHONE = "phone"
    """The guard phoned the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What was asked, answered and approved."""

    approver: str = ""
    approved_reason: str = ""
    temperature: str = ""
    """°C, one decimal."""
    mask: str = ""
    health_code: str = ""
    bags: str = ""
    confirmation: Confirmation = Confirmation.NONE
    confirmed_by: str = ""
    """Who said so on the page."""
    expected_id: str = ""
    leave_by_utc_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What holds at a moment."""

    policies: tuple[PolicyKind, ...] = ()
    closed: bool = False
    """Outside the gate's hours."""

    @property
    def asks(self) -> bool:
        """Whether the sign-in has anything more to ask."""
        return self.closed or bool(self.policies)

    @property
    def needs_approver(self) -> bool:
        """Whether nobody comes in without a name."""
        return self.closed or PolicyKind.CLOSED_CAMPUS in self.policies


NOTHING_ASKED: Final = Demand()


@dataclass(frozen=True, slots=True)
class Standing:
    """The office's orders as they bear on a sign-in."""

    hours: GateHours = field(default_factory=GateHours)
    demand: Demand = NOTHING_ASKED


def read_standing(orders: Path, now_utc_ns: int) -> Standing:
    """What holds now; nothing before the office laid anything down. Raises DatabaseError."""
    if not orders.exists():
        return Standing()
    with open_read_only(orders) as reader:
        hours, policies = hours_in(reader), policies_in(reader, since_utc_ns=now_utc_ns)
    return Standing(hours, Demand(policies=kinds_at(policies, now_utc_ns), closed=not hours.is_open(now_utc_ns)))


def tidy(admission: Admission) -> Admission:
    """The same without outer blanks and full-width figures."""
    return replace(
        admission,
        approver=tidy_text(admission.approver),
        approved_reason=tidy_text(admission.approved_reason),
        temperature=tidy_text(admission.temperature).replace("．", ".").replace(",", ".").removesuffix("℃"),
    )


def troubles(admission: Admission, demand: Demand) -> dict[str, Trouble]:
    """What keeps a visitor out: a question without an answer, or a bad answer without a named approver."""
    found: dict[str, Trouble] = {}
    refused = demand.needs_approver
    for kind, name in _FIELD_OF.items():
        answer = getattr(admission, name)
        if kind not in demand.policies:
            continue
        if not answer:
            found[name] = Trouble.MISSING
        elif not _possible(name, answer):
            found[name] = Trouble.WRONG_FORM
        else:
            refused = refused or not _good(name, answer)
    if PolicyKind.HEIGHTENED_WATCH in demand.policies and admission.confirmation is Confirmation.NONE:
        found["confirmation"] = Trouble.MISSING
    if refused:
        found |= {
            name: Trouble.MISSING for name in ("approver", "approved_reason") if not getattr(admission, name).strip()
        }
    return found | {
        name: Trouble.TOO_LONG for name in ("approver", "approved_reason") if len(getattr(admission, name)) > _LONGEST
    }


def write_admission(transaction: Transaction, audit: AuditChain, record_id: str, admission: Admission) -> None:
    """Keep the terms with a record ('visit:ID', 'vehicle:ID'), sealed with its key; once, as it comes in."""
    if admission == Admission():
        return
    body = asdict(admission) | {"confirmation": admission.confirmation.value}
    told = {name: str(value) for name, value in body.items() if value}
    kind, _, entry_id = record_id.partition(":")
    key_id, sealed = audit.seal(transaction, record_id=record_id, plain=json.dumps(body, ensure_ascii=False).encode())
    transaction.execute(
        "INSERT INTO admission (entry_id, leave_by_utc_ns, expected_id, key_id, sealed) VALUES (?, ?, ?, ?, ?)",
        (entry_id, admission.leave_by_utc_ns, admission.expected_id or None, key_id, sealed),
    )
    audit.append(transaction, record_id=record_id, action=f"{kind}.admitted", body=told)


def erase_admission(transaction: Transaction, record_id: str) -> int:
    """Whoever came is erased, and with them what was asked of them; when they should have left stays."""
    entry_id = record_id.partition(":")[2]
    return transaction.execute("UPDATE admission SET sealed = x'' WHERE entry_id = ?", (entry_id,))


def read_admission(path: Path, record_id: str) -> Admission | None:
    """The terms of a record; None if there were none or they are erased. Raises DatabaseError, RecordKeysError."""
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        row = reader.row("SELECT key_id, sealed FROM admission WHERE entry_id = ?", (record_id.partition(":")[2],))
        key = keys.key(row[0]) if row else None
    if row is None or key is None:
        return None
    try:
        found = json.loads(unseal(key, row[1], record_id))
    except UnsealError:
        return None
    known = {item.name for item in fields(Admission)}
    kept = {name: value for name, value in found.items() if name in known}
    return Admission(**{**kept, "confirmation": Confirmation(kept["confirmation"])})


def _possible(name: str, answer: str) -> bool:
    if name == "temperature":
        return bool(_TEMPERATURE.fullmatch(answer)) and _LIKELY_C[0] <= float(answer) <= _LIKELY_C[1]
    return answer in _ANSWERS[name]


def _good(name: str, answer: str) -> bool:
    return float(answer) < FEVER_C if name == "temperature" else answer == _GOOD_ANSWERS[name]
