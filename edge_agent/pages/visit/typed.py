"""Numbers that a form shows masked (遮盖): a screen at the gate is read from outside. Left as they were shown, they are
those of the visit that the form was filled in from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from edge_agent.pages.visit.form import values_of, visitor_of
from foundation.ids import is_id
from gate.book import GateBook
from gate.companion import companions_in, companions_text
from gate.query import visit_by_id
from gate.visit import Visitor, masked

FILLED_FROM: Final = "filled_from"
"""Form field: the visit whose numbers lie behind the mask."""
_NUMBERS: Final = ("document_number", "phone", "companion_names")


def masked_values(visitor: Visitor, visit_id: str) -> dict[str, str]:
    """The form as filled in from a visit."""
    return values_of(visitor) | _masked(visitor) | {FILLED_FROM: visit_id}


def typed_visitor(book: GateBook, form: Mapping[str, str]) -> Visitor:
    """The visitor that was typed in; a masked number that nobody touched is the earlier one. Raises DatabaseError."""
    earlier = form.get(FILLED_FROM, "")
    visit = visit_by_id(book.path, earlier) if is_id(earlier) else None
    if visit is None or visit.visitor is None:
        return visitor_of(form)
    untouched = {name for name, shown in _masked(visit.visitor).items() if form.get(name, "") == shown}
    return visitor_of({**form, **{name: getattr(visit.visitor, name) for name in untouched}})


def shown_again(form: Mapping[str, str], visitor: Visitor) -> dict[str, str]:
    """The form with what is not right: tidied, numbers as they were shown."""
    return {**form, **values_of(visitor), **{name: form.get(name, "") for name in _NUMBERS}}


def _masked(visitor: Visitor) -> dict[str, str]:
    along = companions_text(companions_in(visitor.companion_names), masked)
    return {
        "document_number": masked(visitor.document_number),
        "phone": masked(visitor.phone),
        "companion_names": along,
    }
