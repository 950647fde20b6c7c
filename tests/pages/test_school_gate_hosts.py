"""Whom a visitor wants to see: who is meant, who is asked, and whose answer counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from foundation.ids import new_id
from gate.admission import Confirmation, read_admission
from gate.host import Host, hosts_of, is_for, meant_by, staff_of_account
from gate.host_ask import answers_version, open_asks
from gate.query import record_of
from gate.staff import StaffMember
from tests.pages.school_gate import School, action

VISITOR = {"name": "张三", "host": "刘老师", "reason": "家长来访", "document_kind": "none", "phone": "13800000001"}


def test_a_host_answers_on_the_own_page_while_the_visitor_waits(
    campus: School, teacher: httpx.Client, gate: httpx.Client
) -> None:
    visit_id, visitor = new_id(), VISITOR | {"host": "陈老师", "name": "孙工"}
    assert "问被访人" in gate.get("/visits/form").text
    asked = gate.post(f"/visits/{visit_id}/ask", data=visitor)
    assert asked.status_code == 303
    waiting = gate.get(asked.headers["location"]).text
    assert "已问 陈老师" in waiting
    assert 'value="孙工"' in waiting
    other = new_id()
    gate.post(f"/visits/{other}/ask", data=VISITOR | {"host": "王主任", "name": "周工"})
    shown = teacher.get("/gate/expected").text
    assert "孙工" in shown
    assert "周工" not in shown, "who wants to see somebody else is nobody's business"
    before = answers_version(campus.orders.path)
    assert teacher.post(action(shown, "/gate/expected/asks/[^/]+/no")).status_code == 303
    assert "陈老师 说不可以" in gate.get(asked.headers["location"]).text
    assert teacher.post(action(shown, "/gate/expected/asks/[^/]+/yes")).status_code == 303
    assert answers_version(campus.orders.path) != before, "the gate's page is told at its next beat"
    assert "陈老师 说可以" in gate.get(asked.headers["location"]).text
    assert gate.post(f"/visits/{visit_id}", data=visitor).status_code == 303
    kept = read_admission(campus.book.path, record_of(visit_id))
    assert kept is not None
    assert (kept.confirmation, kept.confirmed_by) == (Confirmation.PAGE, "陈老师")
    assert teacher.post(action(shown, "/gate/expected/asks/[^/]+/yes")).status_code == 409, "the visitor is in"
    (foreign,) = open_asks(campus.book.path, campus.orders.path, campus.clock.utc_ns())
    assert teacher.post(f"/gate/expected/asks/{foreign.id}/yes").status_code == 409
    assert gate.post(f"/visits/{other}/ask", data={"name": "周工"}).status_code == 422


def test_an_answer_for_another_host_or_of_an_hour_ago_confirms_nobody(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    visit_id, visitor = new_id(), VISITOR | {"host": "陈老师", "name": "孙工"}
    gate.post(f"/visits/{visit_id}/ask", data=visitor)
    leader.post(action(leader.get("/gate/expected").text, "/gate/expected/asks/[^/]+/yes"))
    gate.post(f"/visits/{visit_id}", data=visitor | {"host": "王主任"})
    assert read_admission(campus.book.path, record_of(visit_id)) is None
    late = new_id()
    gate.post(f"/visits/{late}/ask", data=VISITOR | {"name": "周工", "phone": ""})
    leader.post(action(leader.get("/gate/expected").text, "/gate/expected/asks/[^/]+/yes"))
    campus.clock.advance(seconds=3600)
    gate.post(f"/visits/{late}", data=VISITOR | {"name": "周工", "phone": ""})
    assert read_admission(campus.book.path, record_of(late)) is None


@pytest.mark.parametrize(
    ("host", "name", "same"),
    [
        ("陈老师", "陈芳", True),
        ("欧阳老师", "欧阳明", True),
        ("陈芳", "陈芳", True),
        ("陈芳", "陈芳华", False),
        ("老师", "陈芳", False),
        ("王主任", "陈芳", False),
        ("", "", False),
    ],
)
def test_whom_a_guard_means_by_what_was_written(host: str, name: str, same: bool) -> None:
    assert is_for(host, name) is same


CHEN = StaffMember(id="1", number="T1", name="陈芳", department="语文组", phone="13700000001", ended=False)
CHEN_TOO = replace(CHEN, id="2", number="T2", department="数学组", phone="")
CHEN_QIANG = replace(CHEN, id="3", number="T3", name="陈强", phone="")


def test_whoever_of_the_list_may_be_meant_is_offered_under_a_label_of_their_own() -> None:
    def labels(found: Sequence[Host]) -> list[str]:
        return [one.label for one in found]

    hosts = hosts_of([CHEN, CHEN_TOO, CHEN_QIANG])
    assert labels(hosts) == ["陈芳（语文组）", "陈芳（数学组）", "陈强"]
    assert labels(meant_by("陈老师", hosts)) == ["陈芳（语文组）", "陈芳（数学组）", "陈强"]
    assert labels(meant_by("陈芳", hosts)) == ["陈芳（语文组）", "陈芳（数学组）"]
    assert labels(meant_by(" 陈芳（数学组） ", hosts)) == ["陈芳（数学组）"]
    assert labels(meant_by("王老师", hosts)) == []
    same = hosts_of([CHEN, replace(CHEN_TOO, department="语文组")])
    assert labels(same) == ["陈芳（T1）", "陈芳（T2）"]


@pytest.mark.parametrize(
    ("login", "name", "number"),
    [
        ("t1", "不同的名字", "T1"),
        ("137 0000 0001", "", "T1"),
        ("chenfang", "陈芳", None),  # two have this name
        ("x", "陈强", "T3"),
        ("x", "王芳", None),
        ("", "", None),
    ],
)
def test_an_account_belongs_to_whose_number_or_telephone_is_its_login(
    login: str, name: str, number: str | None
) -> None:
    found = staff_of_account([CHEN, CHEN_TOO, CHEN_QIANG], login=login, name=name)
    assert (found and found.number) == number


def test_of_several_teachers_of_a_name_only_the_one_who_was_chosen_is_asked(
    campus: School, leader: httpx.Client, teacher: httpx.Client, gate: httpx.Client
) -> None:
    assert "没有对应到教职工名册" not in teacher.get("/gate/expected").text
    for number, name, department in (("teacher", "陈芳", "语文组"), ("T2", "陈强", "后勤处")):
        leader.post("/gate/staff", data={"number": number, "name": name, "department": department})
    assert "对应名册里的 陈芳" in teacher.get("/gate/expected").text
    visit_id, visitor = new_id(), VISITOR | {"host": "陈老师", "name": "孙工"}
    unclear = gate.post(f"/visits/{visit_id}/ask", data=visitor)
    assert unclear.status_code == 422
    assert "名册里有：陈强、陈芳" in unclear.text
    gate.post(f"/visits/{new_id()}/ask", data=visitor | {"host": "陈强", "name": "周工"})
    asked = gate.post(f"/visits/{visit_id}/ask", data=visitor | {"host": "陈芳"})
    shown = teacher.get("/gate/expected").text
    assert "孙工" in shown
    assert "周工" not in shown
    teacher.post(action(shown, "/gate/expected/asks/[^/]+/yes"))
    assert "陈老师 说可以" in gate.get(asked.headers["location"]).text
