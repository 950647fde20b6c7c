"""What holds at the gate, asked in the sign-in form (准入核验); and the form filled in from an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.pages.door.approvers import approver_names
from edge_agent.pages.record_words import errors_of
from gate.admission import Admission, Confirmation, Demand, read_standing, tidy, troubles
from gate.expected import Expected, expected_by_code, expected_by_id, is_code
from gate.host import TITLES, Host, hosts_of
from gate.record import RecordRefusedError
from gate.staff import read_staff
from gate.visit import Visitor
from web.language import Catalogue

_FIELDS: Final = ("approver", "approved_reason", "temperature", "mask", "health_code", "bags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the form shows besides the visitor's own fields."""

    demand: Demand
    values: Mapping[str, str]
    approvers: tuple[str, ...]
    hosts: tuple[Host, ...]
    expected: Expected | None
    titles: str = " ".join(TITLES)
    """Words that a guard puts behind a family name."""


@dataclass(frozen=True, slots=True)
class AdmissionForm:
    """Reads what holds from the office's file; asked once per form, again when it comes back."""

    orders: Path

    def asked(self, form: Mapping[str, str], now_utc_ns: int) -> Asked:
        """What is to be asked now, with what was answered so far. Raises DatabaseError, RecordKeysError."""
        return Asked(
            demand=read_standing(self.orders, now_utc_ns).demand,
            values=form,
            approvers=approver_names(self.orders, now_utc_ns),
            hosts=self.hosts(),
            expected=self._expected(form, now_utc_ns),
        )

    def hosts(self) -> tuple[Host, ...]:
        """Who of the staff may be visited. Raises DatabaseError, RecordKeysError."""
        return hosts_of(read_staff(self.orders))

    def admission(self, form: Mapping[str, str], now_utc_ns: int) -> Admission:
        """What was answered; whoever is expected is confirmed by that, and leaves when the invitation ends."""
        expected = self._expected(form, now_utc_ns)
        answers = {name: form.get(name, "") for name in _FIELDS}
        answers["approver"] = form.get("approver_other", "").strip() or answers["approver"]
        phoned = form.get("confirmation", "") == Confirmation.PHONE
        return tidy(
            Admission(
                **answers,
                confirmation=Confirmation.PAGE if expected else Confirmation.PHONE if phoned else Confirmation.NONE,
                confirmed_by=expected.by_name if expected else "",
                expected_id=expected.id if expected else "",
                leave_by_utc_ns=expected.until_utc_ns if expected else None,
            )
        )

    def errors(self, admission: Admission, now_utc_ns: int, texts: Catalogue) -> dict[str, str]:
        """A sentence for each question that keeps the visitor out. Raises DatabaseError."""
        found = troubles(admission, read_standing(self.orders, now_utc_ns).demand)
        return errors_of(RecordRefusedError(found), texts)

    def invited(self, typed: str) -> Expected | None:
        """The invitation whose code was scanned; None for anything else. Raises DatabaseError, RecordKeysError."""
        return expected_by_code(self.orders, typed) if is_code(typed) else None

    def visitor(self, expected_id: str, now_utc_ns: int) -> Visitor | None:
        """Who is expected, as the form is filled in. Raises DatabaseError, RecordKeysError."""
        expected = self._expected({"expected": expected_id}, now_utc_ns)
        return expected.visitor if expected else None

    def _expected(self, form: Mapping[str, str], now_utc_ns: int) -> Expected | None:
        expected_id = form.get("expected", "")
        found = expected_by_id(self.orders, expected_id) if expected_id else None
        return found if found is not None and found.opens_at(now_utc_ns) else None
