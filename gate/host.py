"""Whom a visitor wants to see (被访人): what a guard writes, and who of the staff list is meant by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gate.spelling import tidy_number, tidy_text
from gate.staff import StaffMember

TITLES: Final = ("老师", "主任", "校长", "书记", "园长", "师傅")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Somebody of the staff list as the gate names them."""

    staff_id: str
    name: str
    label: str
    """The name; with department or staff number where several have it."""
    department: str
    phone: str


def hosts_of(staff: Sequence[StaffMember]) -> tuple[Host, ...]:
    """Everybody on the list, each under a label of their own."""
    names = Counter(one.name for one in staff)
    places = Counter((one.name, one.department) for one in staff)

    def label(one: StaffMember) -> str:
        if names[one.name] == 1:
            return one.name
        alone = one.department and places[one.name, one.department] == 1
        return f"{one.name}（{one.department if alone else one.number}）"

    return tuple(
        Host(staff_id=one.id, name=one.name, label=label(one), department=one.department, phone=one.phone)
        for one in staff
    )


def meant_by(written: str, hosts: Sequence[Host]) -> tuple[Host, ...]:
    """Who may be meant: whoever has this label or name, else by family name and title (刘老师); several if it is not
    clear."""
    written = tidy_text(written)
    return (
        tuple(one for one in hosts if one.label == written)
        or tuple(one for one in hosts if one.name == written)
        or tuple(one for one in hosts if is_for(written, one.name))
    )


def is_for(host: str, name: str) -> bool:
    """Whether somebody of this name is the host a guard wrote down: '刘芳', or '刘老师' for 刘芳."""
    family = next((host.removesuffix(title) for title in TITLES if host.endswith(title)), "")
    return bool(name) and (host == name or (bool(family) and name.startswith(family)))


def staff_of_account(staff: Sequence[StaffMember], *, login: str, name: str) -> StaffMember | None:
    """Who of the list has an account: by staff number or telephone as its login, else by a name (or 陈老师) that
    only one has."""
    typed = tidy_number(login)
    named = [one for one in staff if one.name == name] or [one for one in staff if is_for(name, one.name)]
    by_login = [one for one in staff if typed and typed in (tidy_number(one.number), tidy_number(one.phone))]
    found = by_login or named
    return found[0] if len(found) == 1 else None
