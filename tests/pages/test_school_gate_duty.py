"""Duty, checkpoints and the roll call: what guards sign, and who is counted."""

from __future__ import annotations

import io
import re
from datetime import date
from html import unescape

import httpx
from python_calamine import CalamineWorkbook

from foundation.ids import new_id
from gate.handover import read_handovers
from gate.hours import moment_of
from gate.patrol import RoundState, read_points, read_rounds
from gate.roll_call import read_roll_calls
from gate.staff import read_staff
from tests.pages.school_gate import PASSWORD, PINS, School, action

VISITOR = {"name": "张三", "host": "刘老师", "reason": "家长来访", "document_kind": "none", "phone": "13800000001"}
HOSTILE = "<img src=x onerror=alert(1)>"


# ── duty ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_both_sign_a_handover_with_their_own_pin(campus: School, gate: httpx.Client, leader: httpx.Client) -> None:
    wang, li = campus.person("王师傅"), campus.person("李师傅")
    gate.post("/duty/on", data={"person": wang.id, "pin": PINS["王师傅"]})
    gate.post(f"/visits/{new_id()}", data=VISITOR)
    campus.clock.advance(seconds=3 * 3600)
    gate.post(f"/visits/{new_id()}/draft", data={"name": "半个人"})
    asked = gate.get("/handover").text
    assert "填到一半" in asked
    assert "半个人" not in asked
    assert "胸牌 1 超时未离校" in asked
    assert "张三" not in asked
    path = action(asked, r"/handover/[0-9a-f-]+")
    form = {"to": li.id, "note": "钥匙在抽屉"}
    assert gate.post(path, data=form | {"from_pin": "000000", "to_pin": PINS["李师傅"]}).status_code == 422
    assert gate.post(path, data=form | {"from_pin": PINS["王师傅"], "to_pin": PINS["王师傅"]}).status_code == 422
    assert (
        gate.post(path, data={"from_pin": PINS["王师傅"], "to": wang.id, "to_pin": PINS["王师傅"]}).status_code == 422
    )
    assert read_handovers(campus.book.path) == ()
    signed = form | {"from_pin": PINS["王师傅"], "to_pin": PINS["李师傅"]}
    assert gate.post(path, data=signed).status_code == 303
    (kept,) = read_handovers(campus.book.path)
    assert (kept.from_name, kept.from_signed, kept.to_name, kept.inside, kept.overstayed) == (
        "王师傅",
        True,
        "李师傅",
        1,
        1,
    )
    assert "李师傅" in gate.get("/").text
    page = gate.get("/duty/today").text
    assert "王师傅 → 李师傅" in page
    assert "钥匙在抽屉" in page
    gone = action(gate.get("/handover").text, r"/handover/[0-9a-f-]+")
    assert gate.post(gone, data={"from_gone": "yes", "to": wang.id, "to_pin": PINS["王师傅"]}).status_code == 303
    assert not read_handovers(campus.book.path)[0].from_signed
    _the_ledger_of_these_days_says_so(campus, leader)


def _the_ledger_of_these_days_says_so(campus: School, leader: httpx.Client) -> None:
    leader.post("/login", data={"login": "leader", "password": PASSWORD})
    leader.post("/gate/patrol", data={"name": "后门"})
    leader.post(
        "/gate/roster",
        data={"post": "guard", "name": "王师傅", "day": "2026-11-23", "begins": "7:00", "ends": "12:00"},
    )
    campus.clock.advance(seconds=6 * 3600)
    leader.post("/login", data={"login": "leader", "password": PASSWORD})
    days = {"first": "2026-11-22", "last": "2026-11-23"}
    shown = unescape(leader.get("/gate/duty", params=days).text)
    for words in ("钥匙在抽屉", "没有签", "保安值班没有排", "带班领导没有排", "漏巡"):
        assert words in shown, words
    book = CalamineWorkbook.from_filelike(io.BytesIO(leader.get("/gate/duty/ledger.xlsx", params=days).content))
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    first, second = [row for row in rows if {"王师傅", "李师傅"} <= set(row)]
    assert [first.count("已签"), second.count("已签"), second.count("没有签")] == [2, 1, 1]
    assert any("胸牌 1 超时未离校" in str(cell) for cell in first)
    pdf = leader.get("/gate/duty/ledger.pdf", params=days)
    assert pdf.content.startswith(b"%PDF"), pdf.text
    for wrong in ({"first": "2026-11-23", "last": "2026-11-22"}, {"first": "2026-01-01", "last": "2026-11-23"}):
        assert leader.get("/gate/duty", params=wrong).status_code == 422


def test_a_phone_reads_a_checkpoint_after_one_pin_and_a_stranger_reads_nothing(
    campus: School, leader: httpx.Client
) -> None:
    for name in ("后门", "配电房"):
        leader.post("/gate/patrol", data={"name": name})
    campus.clock.advance(days=1)
    points = read_points(campus.orders.path)
    headers = {"host": "192.168.1.5:8080", "accept": "text/html"}  # a phone on the network: no station's token
    with httpx.Client(base_url=campus.gate_url, headers=headers, trust_env=False) as phone:
        assert phone.get("/patrol/guessed").status_code == 404
        assert phone.get("/").status_code == 403
        first = phone.get(f"/patrol/{points[0].code}")
        assert first.status_code == 200
        path = action(first.text, rf"/patrol/{re.escape(points[0].code)}/[0-9a-f-]+")
        wang = campus.person("王师傅")
        assert phone.post(path, data={"person": wang.id, "pin": "111111"}).status_code == 403
        done = phone.post(path, data={"person": wang.id, "pin": PINS["王师傅"]})
        assert done.status_code == 303
        assert "SameSite" in done.headers["set-cookie"] or "samesite" in done.headers["set-cookie"].lower()
        phone.cookies.set("patrol", done.cookies["patrol"])
        assert "已记录" in phone.get(done.headers["location"]).text
        second = action(phone.get(f"/patrol/{points[1].code}").text, rf"/patrol/{re.escape(points[1].code)}/[0-9a-f-]+")
        assert phone.post(second).status_code == 303  # known for the shift
        campus.clock.advance(seconds=11 * 3600)
        assert phone.post(f"/patrol/{points[1].code}/{new_id()}").status_code == 422
    rounds = read_rounds(campus.orders.path, campus.book.path, date(2026, 11, 24))
    states = {one.due_utc_ns: one.state(campus.clock.utc_ns()) for one in rounds}
    assert states[moment_of(date(2026, 11, 24), 10 * 60)] is RoundState.DONE
    assert states[moment_of(date(2026, 11, 24), 13 * 60)] is RoundState.MISSED


def test_the_walls_code_leads_a_phone_to_the_gatehouse(campus: School, leader: httpx.Client) -> None:
    leader.post("/gate/patrol", data={"name": "后门"})
    page = leader.get("/gate/patrol/codes").text
    assert page.count("<svg") >= 1
    assert "只在本机开放" in page  # this gatehouse listens on 127.0.0.1, and the page says that phones cannot come
    assert leader.post("/gate/patrol/times", data={"due": "7:00、9:00"}).status_code == 422
    assert leader.post("/gate/patrol/times", data={"due": "6:30，9:00, 12:00 15:00、21:30"}).status_code == 303
    assert "06:30、09:00、12:00、15:00、21:30" in leader.get("/gate/patrol").text


# ── roll call ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_drill_counts_everybody_inside_and_keeps_the_time(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    leader.post("/gate/staff", data={"number": "T1", "name": "李老师"})
    (member,) = read_staff(campus.orders.path)
    gate.post(f"/staff/{member.id}/in/{new_id()}")
    gate.post(f"/visits/{new_id()}", data=VISITOR | {"companions": "2"})
    listed = gate.get("/roll").text
    assert "4 人" in listed
    begun = gate.post(action(listed, r"/roll/begin/[0-9a-f-]+"))
    where = begun.headers["location"]
    for _ in range(2):
        page = gate.get(where).text
        campus.clock.advance(seconds=30)
        subject = re.search(r'name="subject" value="([^"]+)"', page)
        assert subject
        gate.post(action(page, r"/roll/[0-9a-f-]+/found/[0-9a-f-]+"), data={"subject": subject[1]})
    assert "全部找到，用时 1 分 0 秒" in gate.get(where).text
    assert "正在点名" in gate.get("/").text
    gate.post(f"{where}/end")
    (call,) = read_roll_calls(campus.book.path)
    assert call.drill
    assert call.ended_utc_ns is not None
    assert "1 分 0 秒" in leader.get("/gate").text


def test_a_roll_call_names_who_came_along_and_counts_pupils_by_class(
    campus: School, leader: httpx.Client, gate: httpx.Client
) -> None:
    card = "11010519491231002X"
    campus.clock.advance(days=2)  # a Monday
    leader.post("/login", data={"login": "leader", "password": PASSWORD})
    wrong = leader.post("/gate/classes", data={"sizes": "一1班 42\n一2班"})
    assert (wrong.status_code, "第 2 行看不懂" in unescape(wrong.text)) == (422, True)
    assert "学生不逐个登记" in gate.get("/roll").text
    assert leader.post("/gate/classes", data={"sizes": "一（1）班 42\r\n一2班\t40\r\n"}).status_code == 303
    assert "82" in leader.get("/gate/classes").text
    fetched = {"pupil": "小明", "class_name": "一1班", "adult": "王大伟", "approver": "赵校长"}
    assert gate.post(f"/pupils/without/{new_id()}", data=fetched).status_code == 303
    along = {"companions": "3", "companion_names": f"李四 {card}、王五"}
    wrong_card, visit_id = VISITOR | along | {"companion_names": f"李四 {card[:-1]}1"}, new_id()
    gate.post(f"/visits/{visit_id}/draft", data=wrong_card)
    refused = gate.post(f"/visits/{visit_id}", data=wrong_card)
    assert (refused.status_code, "身份证号对不上" in refused.text) == (422, True)
    assert "李四" in gate.get(f"/visits/{visit_id}", follow_redirects=True).text, "asked for anew nothing typed is lost"
    signed = gate.post(f"/visits/{visit_id}", data=VISITOR | along)
    assert signed.status_code == 303, unescape(signed.text)
    listed = unescape(gate.get("/roll").text)
    assert "4 人" in listed, "the visitor, two by name, one by number"
    assert "李四" in listed
    assert "王五" in listed
    assert "+1" in listed
    assert card not in listed
    assert "学生 81 人" in listed
    assert "应在校 41 人，已减去今天离校 1 人" in listed
    where = gate.post(action(listed, r"/roll/begin/[0-9a-f-]+"), data={"real": "yes"}).headers["location"]
    calling = unescape(gate.get(where).text)
    assert "还差 85 人" in calling
    assert {"李四", "一(1)班"} <= set(re.findall(r"<b>(?:<span[^>]*>\d+</span> )?([^<+]+?)(?: \+\d+)?</b>", calling))
    gate.post(f"{signed.headers['location'].rsplit('/', 1)[0]}/leave/{new_id()}")
    assert "李四" in unescape(gate.get(where).text), "who has left meanwhile still stands on the list by name"
