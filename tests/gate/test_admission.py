"""Nobody comes in past what holds now: each measure asks its question, and a bad answer needs a name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.admission import (
    Admission,
    Confirmation,
    Demand,
    read_admission,
    read_standing,
    tidy,
    troubles,
)
from gate.book import GateBook
from gate.hours import DayKind, OpenSpan
from gate.orders import GateOrders
from gate.policy import PolicyKind, read_policies
from gate.query import record_of
from gate.record import RecordRefusedError
from gate.visit import Trouble, Visitor
from tests.gate.conftest import HOUR, SATURDAY_14

APPROVED = Admission(approver="赵校长", approved_reason="抢修水管")


def switch_on(orders: GateOrders, kind: PolicyKind, hours: int = 2) -> str:
    policy_id = new_id()
    now = orders.records.clock.utc_ns()
    orders.policies.switch_on(
        policy_id=policy_id, kind=kind, begins_utc_ns=now, until_utc_ns=now + hours * HOUR, by="王校长", note="区里通知"
    )
    return policy_id


def test_outside_the_hours_a_reason_and_a_named_approver_are_asked_for(orders: GateOrders) -> None:
    orders.hours.lay_down({DayKind.SCHOOL_DAY: [OpenSpan(420, 1080)]}, stay_minutes=120, by="王校长")
    demand = read_standing(orders.path, SATURDAY_14).demand
    assert demand.closed
    assert troubles(Admission(), demand) == {"approver": Trouble.MISSING, "approved_reason": Trouble.MISSING}
    assert troubles(replace(APPROVED, approver="  "), demand) == {"approver": Trouble.MISSING}
    assert troubles(APPROVED, demand) == {}


def test_a_measure_holds_until_its_time_and_ends_by_itself(orders: GateOrders, now: ManualClock) -> None:
    switch_on(orders, PolicyKind.CLOSED_CAMPUS)
    assert read_standing(orders.path, now.utc_ns()).demand.needs_approver
    now.advance(seconds=2 * 3600)
    assert not read_standing(orders.path, now.utc_ns()).demand.asks


def test_a_measure_can_be_ended_early_and_says_by_whom(orders: GateOrders, now: ManualClock) -> None:
    policy_id = switch_on(orders, PolicyKind.MASK)
    orders.policies.switch_off(policy_id, by="李主任")
    orders.policies.switch_off(policy_id, by="别人")
    assert not read_standing(orders.path, now.utc_ns()).demand.asks
    (kept,) = read_policies(orders.path, since_utc_ns=0)
    assert (kept.by_name, kept.note, kept.ended_by) == ("王校长", "区里通知", "李主任")


@pytest.mark.parametrize(("hours", "note"), [(0, "x"), (-1, "x"), (24 * 100, "x"), (2, ""), (2, "长" * 201)])
def test_a_measure_without_end_or_reason_is_refused(orders: GateOrders, hours: int, note: str) -> None:
    with pytest.raises(RecordRefusedError):
        orders.policies.switch_on(
            policy_id=new_id(),
            kind=PolicyKind.BAGS,
            begins_utc_ns=SATURDAY_14,
            until_utc_ns=SATURDAY_14 + hours * HOUR,
            by="王校长",
            note=note,
        )
    assert read_policies(orders.path, since_utc_ns=0) == ()


@pytest.mark.parametrize(
    ("kind", "field", "good", "bad"),
    [
        (PolicyKind.TEMPERATURE, "temperature", "36.5", "37.3"),
        (PolicyKind.MASK, "mask", "yes", "no"),
        (PolicyKind.HEALTH_CODE, "health_code", "green", "other"),
        (PolicyKind.BAGS, "bags", "yes", "no"),
    ],
)
def test_each_measure_asks_and_a_bad_answer_needs_an_approver(
    kind: PolicyKind, field: str, good: str, bad: str
) -> None:
    def answered(answer: str, approved: bool = False) -> Admission:
        terms: dict[str, Any] = {field: answer}
        return replace(APPROVED if approved else Admission(), **terms)

    demand = Demand(policies=(kind,))
    assert troubles(Admission(), demand) == {field: Trouble.MISSING}
    assert troubles(answered(good), demand) == {}
    assert set(troubles(answered(bad), demand)) == {"approver", "approved_reason"}
    assert troubles(answered(bad, approved=True), demand) == {}
    assert troubles(answered("?"), demand) == {field: Trouble.WRONG_FORM}
    assert troubles(Admission(), Demand()) == {}


@pytest.mark.parametrize("typed", ["36．5", " 36.5 ", "36,5", "36.5℃"])
def test_a_temperature_is_understood_as_guards_type_it(typed: str) -> None:
    demand = Demand(policies=(PolicyKind.TEMPERATURE,))
    assert troubles(tidy(Admission(temperature=typed)), demand) == {}


@pytest.mark.parametrize("typed", ["20.0", "45.5", "365", "nan", "36.55", "３６．５x"])
def test_a_temperature_nobody_can_have_is_refused(typed: str) -> None:
    demand = Demand(policies=(PolicyKind.TEMPERATURE,))
    assert troubles(tidy(Admission(temperature=typed)), demand) == {"temperature": Trouble.WRONG_FORM}


def test_under_heightened_watch_the_host_is_asked_first() -> None:
    demand = Demand(policies=(PolicyKind.HEIGHTENED_WATCH,))
    assert troubles(Admission(), demand) == {"confirmation": Trouble.MISSING}
    for asked in (Confirmation.PHONE, Confirmation.PAGE):
        assert troubles(Admission(confirmation=asked), demand) == {}


answers = st.sampled_from(["", "yes", "no", "green", "other", "36.5", "38.0", "x"])


@given(
    st.builds(
        Admission,
        approver=st.just(""),
        temperature=answers,
        mask=answers,
        health_code=answers,
        bags=answers,
        confirmation=st.sampled_from(list(Confirmation)),
    ),
    st.builds(
        Demand, policies=st.lists(st.sampled_from(list(PolicyKind)), unique=True).map(tuple), closed=st.booleans()
    ),
)
def test_without_an_approver_nobody_passes_a_closed_gate_or_a_bad_answer(admission: Admission, demand: Demand) -> None:
    passes = not troubles(admission, demand)
    held = set(demand.policies)
    good = (
        (PolicyKind.TEMPERATURE not in held or admission.temperature == "36.5")
        and (PolicyKind.MASK not in held or admission.mask == "yes")
        and (PolicyKind.HEALTH_CODE not in held or admission.health_code == "green")
        and (PolicyKind.BAGS not in held or admission.bags == "yes")
        and (PolicyKind.HEIGHTENED_WATCH not in held or admission.confirmation is not Confirmation.NONE)
    )
    assert passes is (good and not demand.closed and PolicyKind.CLOSED_CAMPUS not in held)


def test_the_terms_are_kept_sealed_with_the_visit_and_erased_with_the_visitor(gate_book: GateBook) -> None:
    visit_id, terms = new_id(), replace(APPROVED, temperature="37.8", leave_by_utc_ns=SATURDAY_14 + HOUR)
    visitor = Visitor(name="张三", host="刘老师", reason="办事")
    for _ in range(2):  # a touch that comes twice
        gate_book.sign_in(visit_id=visit_id, gate_id="east", guard="王师傅", visitor=visitor, admission=terms)
    assert read_admission(gate_book.path, record_of(visit_id)) == terms
    everything = b"".join(file.read_bytes() for file in gate_book.path.parent.rglob("*") if file.is_file())
    assert "抢修水管".encode() not in everything
    gate_book.erase_visitor(visit_id=visit_id, reason="保存期满")
    assert read_admission(gate_book.path, record_of(visit_id)) is None
    assert verify_audit(gate_book.path).holds
