"""Visitors, vehicles, refusals, badges, drafts and the watchlist over HTTP, at the gate and in the office."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from foundation.audit import verify_audit
from foundation.ids import new_id
from foundation.journal import read_entries
from gate.expected import Guest, expected_by_id
from gate.facts import ErasureAsked, WatchHit
from gate.hours import moment_of
from gate.look import LookKind, read_looks
from gate.query import inside_now, visit_by_id
from gate.refusal_book import refusals_between
from gate.staff import staff_inside
from gate.still import Picture, StillTaker
from gate.vehicle_book import vehicles_inside, vehicles_to_write_up
from gate.visit import Visit, Visitor
from gate.watch import Certainty, Watched
from gate.watch_book import read_watchlist, recent_hits
from tests.pages.school_gate import PASSWORD, School, school

SATURDAY = date(2026, 11, 21)
HOUR = 3_600_000_000_000
CARD = "11010519491231002X"
VISITOR = {
    "name": "张三",
    "host": "刘老师",
    "reason": "家长来访",
    "document_kind": "identity_card",
    "document_number": CARD,
    "phone": "13800000001",
}
VAN = {"kind": "delivery", "plate": "京A12345", "driver": "赵六", "cargo": "牛奶"}
WATCHED = Watched(names=("章三",), phones=("13800000001",), reason="曾在校门口滋事", from_day=SATURDAY)


@pytest.fixture
def campus(tmp_path: Path) -> Iterator[School]:
    with school(tmp_path, moment_of(SATURDAY, 10 * 60)) as served:
        yield served


@pytest.fixture
def gate(campus: School) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=campus.gate_url, headers={"accept": "text/html"}, trust_env=False) as opened:
        opened.get("/")
        yield opened


@pytest.fixture
def office(campus: School) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=campus.office_url, headers={"accept": "text/html"}, trust_env=False) as client:
        assert client.post("/login", data={"login": "leader", "password": PASSWORD}).status_code == 303
        yield client


def come_in(gate: httpx.Client, campus: School, **other: str) -> Visit:
    answer = gate.post(f"/visits/{new_id()}", data={**VISITOR, **other})
    assert answer.status_code == 303, unescape(answer.text)
    visit = visit_by_id(campus.book.path, answer.headers["location"].split("/")[2])
    assert visit is not None
    return visit


# ── badges ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_scanned_badge_leaves_once_and_is_worth_nothing_afterwards(gate: httpx.Client, campus: School) -> None:
    visit = come_in(gate, campus)
    badge = gate.get(f"/visits/{visit.id}/badge").text
    assert "<svg" in badge
    assert "张三" in badge
    code = campus.book.badge_code(visit)
    scanned = gate.get("/visits/new", params={"q": code}).text
    leave = re.search(r'action="(/visits/[^"]+/leave/[^"]+)" data-at-once', scanned)
    assert leave
    assert inside_now(campus.book.path), "looking alone changes nothing"
    assert "已登记离校" in gate.post(leave[1], follow_redirects=True).text
    assert inside_now(campus.book.path) == ()
    again = gate.get("/visits/new", params={"q": code}).text
    assert "已经离校，不能再用" in again
    assert "data-at-once" not in again
    forged = f"{code[:-3]}{(int(code[-3:]) + 1) % 1000:03}"
    assert "没有找到来过的人" in gate.get("/visits/new", params={"q": forged}).text


def test_a_form_filled_in_for_somebody_known_shows_no_whole_number_and_keeps_it(
    gate: httpx.Client, campus: School
) -> None:
    visit = come_in(gate, campus, companion_names="李四 H12345678")
    hidden = (CARD, "13800000001", "H12345678")
    correcting = gate.get(f"/visits/{visit.id}/correct").text
    gate.post(f"/visits/{visit.id}/leave/{new_id()}")
    again = gate.get("/visits/form", params={"again": visit.id}).text
    for page in (correcting, again):
        assert not any(number in page for number in hidden)
        assert "110105********002X" in page
    fields = dict(re.findall(r'name="([a-z_]+)" (?:type="\w+" )?value="([^"]*)"', again))
    typed = VISITOR | {name: fields[name] for name in ("document_number", "phone", "filled_from")}
    second = new_id()
    assert CARD not in gate.post(f"/visits/{second}", data=typed | {"host": ""}).text, "nor when something is wrong"
    gate.post(f"/visits/{second}/draft", data=typed)
    assert CARD not in gate.get("/visits/form", params={"draft": second}).text
    assert gate.post(f"/visits/{second}", data=typed).status_code == 303
    kept = visit_by_id(campus.book.path, second)
    assert kept is not None
    assert kept.visitor is not None
    assert (kept.visitor.document_number, kept.visitor.phone) == (CARD, "13800000001")
    changed = typed | {"phone": "13900000009", "correction_reason": "换了手机", "filled_from": second}
    assert gate.post(f"/visits/{second}/correct", data=changed).status_code == 303
    put_right = visit_by_id(campus.book.path, second)
    assert put_right is not None
    assert put_right.visitor is not None
    assert (put_right.visitor.document_number, put_right.visitor.phone) == (CARD, "13900000009")


def test_the_alarm_stands_on_a_page_that_says_what_went_wrong_too(gate: httpx.Client, campus: School) -> None:
    conflict = gate.post(f"/visits/{come_in(gate, campus).id}", data={**VISITOR, "name": "别人"})
    for answer, status in ((conflict, 409), (gate.get("/nothing"), 404)):
        assert answer.status_code == status
        assert 'id="alarm-form"' in answer.text
        assert "返回首页" in answer.text


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_somebody_refused_is_known_again_and_a_touch_undoes_it(gate: httpx.Client, campus: School) -> None:
    refusal_id = new_id()
    asked = gate.post(f"/visits/{refusal_id}/refuse", data=VISITOR)
    assert "不出示证件" in asked.text
    done = gate.post(f"/visits/{refusal_id}/refused/drunk", data=VISITOR, follow_redirects=True)
    assert "已登记拒绝入校" in done.text
    (refusal,) = refusals_between(campus.book.path, SATURDAY, SATURDAY)
    assert refusal.reason == "drunk"
    draft = gate.post(f"/visits/{new_id()}/draft", data={"name": "张三", "phone": "138 0000 0001"})
    assert "曾被拒绝" in draft.text
    assert "同名者" in gate.post(f"/visits/{new_id()}/draft", data={"name": "张三"}).text
    gate.post(f"/visits/refused/{refusal_id}/undo")
    assert "曾被拒绝" not in gate.post(f"/visits/{new_id()}/draft", data=VISITOR).text


def test_who_comes_along_is_compared_as_the_visitor_is(gate: httpx.Client, campus: School) -> None:
    other = "110101199003070134"
    refusal_id, party = new_id(), {**VISITOR, "companion_names": f"孙八 {other}"}
    gate.post(f"/visits/{refusal_id}/refused/drunk", data=party)
    by_number, by_sound = campus.orders.watch.add(
        [replace(WATCHED, names=("别人",), documents=(other,)), replace(WATCHED, names=("章三丰",))], by="李主任"
    )

    def notices(visit_id: str, **typed: str) -> str:
        answer = gate.post(f"/visits/{visit_id}/draft", data={"name": "赵六", **typed}).text
        assert not [text for text in ("滋事", "布控", "别人", "章三丰", other) if text in answer]
        return re.sub(r"\s", "", unescape(answer))

    assert notices(new_id(), companion_names="王五") == ""
    certain = notices(visit_id := new_id(), companion_names=f"王五 {other}")
    assert "同行人：曾被拒绝" in certain
    assert f"/visits/check/{by_number}?how=number&along=1" in certain
    assert "核对</a>" in certain
    perhaps = notices(visit_id, companion_names="孙八、张三封")
    assert "同行人：同名者曾被拒绝" in perhaps
    assert f"/visits/check/{by_sound}?how=sound" in perhaps
    assert "核对?" in perhaps
    assert "同行人：读音相同" in gate.get(f"/visits/check/{by_sound}", params={"how": "sound", "along": "1"}).text
    shown = gate.get(f"/visits/refused/{refusal_id}", params={"seen": "1"}).text
    assert "张三、孙八" in shown
    assert other not in shown
    visit = come_in(
        gate, campus, name="赵六", phone="", document_kind="none", document_number="", companion_names=f"王五 {other}"
    )
    assert "同行人" in gate.get(f"/visits/{visit.id}/done").text
    gate.post(f"/visits/{visit.id}/leave/{new_id()}")
    assert "曾被拒绝" not in gate.get("/visits/new", params={"q": "赵六"}).text, "who came along then is not here now"
    record = f"visit:{visit_id}"
    told = {(hit.watch_id, hit.certainty) for hit in recent_hits(campus.book.path) if hit.record == record}
    assert told == {(by_number, Certainty.NUMBER), (by_sound, Certainty.SOUND)}


def test_a_number_typed_after_a_name_makes_the_hit_surer_and_a_driver_is_compared_too(
    gate: httpx.Client, campus: School
) -> None:
    (watch_id,) = campus.orders.watch.add([WATCHED], by="李主任")
    visit_id = new_id()
    for typed in ({"name": "张三"}, VISITOR, {"name": "张三"}):
        gate.post(f"/visits/{visit_id}/draft", data=typed)
    assert [(hit.watch_id, hit.certainty) for hit in recent_hits(campus.book.path)] == [(watch_id, Certainty.NUMBER)]
    gate.post(f"/visits/{new_id()}/refused/drunk", data={"name": "赵六"})
    entered = gate.post(f"/vehicles/{new_id()}", data=VAN, follow_redirects=True).text
    assert "同名者曾被拒绝" in unescape(entered)


def test_another_reason_needs_words(gate: httpx.Client, campus: School) -> None:
    answer = gate.post(f"/visits/{new_id()}/refused/other", data={"name": "", "words": " "})
    assert answer.status_code == 422
    assert refusals_between(campus.book.path, SATURDAY, SATURDAY) == ()
    assert gate.post(f"/visits/{new_id()}/refused/nonsense", data={}).status_code == 404


# ── corrections ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_correction_needs_a_reason_and_is_shown(gate: httpx.Client, campus: School, office: httpx.Client) -> None:
    visit = come_in(gate, campus)
    form = gate.get(f"/visits/{visit.id}/correct").text
    assert 'name="correction_reason"' in form
    right = {**VISITOR, "name": "张珊"}
    assert gate.post(f"/visits/{visit.id}/correct", data=right).status_code == 422
    answer = gate.post(f"/visits/{visit.id}/correct", data={**right, "correction_reason": "听错了"})
    assert answer.status_code == 303
    assert "张珊" in gate.get(f"/visits/{visit.id}/done").text
    shown = office.get(f"/gate/book/visit/{visit.id}").text
    assert "更正" in shown
    assert "听错了" in shown


def test_a_correction_during_a_roll_call_moves_no_tick(gate: httpx.Client, campus: School) -> None:
    along = {"companions": "2", "companion_names": "李四、王五", "correction_reason": "写错了"}
    visit = come_in(gate, campus, **along)
    call = gate.post(f"/roll/begin/{new_id()}", data={"real": "yes"}).headers["location"]
    gate.post(f"{call}/found/{new_id()}", data={"subject": f"companion:{visit.id}.0"})
    swapped = {**VISITOR, **along, "companion_names": "王五、李四、赵六", "companions": "3"}
    assert gate.post(f"/visits/{visit.id}/correct", data=swapped).status_code == 303
    missing, _, found = unescape(gate.get(call).text).partition("<h2>")
    assert ("李四" in missing, "李四" in found, "王五" in missing, "赵六" in missing) == (False, True, True, True)
    assert "已找到 1 / 4 人" in missing
    gate.post(f"/visits/{visit.id}/correct", data={**swapped, "companion_names": "李四、赵六", "companions": "2"})
    gone = unescape(gate.get(call).text)
    assert "（更正后已不在登记里）" in gone
    assert "已找到 1 / 4 人" in gone


# ── vehicles ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_emergency_vehicle_passes_at_one_touch_from_the_idle_page_and_is_written_up(
    gate: httpx.Client, campus: School
) -> None:
    action = re.search(r'action="(/vehicles/[^"]+/pass)"', gate.get("/").text)
    assert action
    assert "应急车已放行" in gate.post(action[1], follow_redirects=True).text
    gate.post(action[1])
    (entry,) = vehicles_to_write_up(campus.book.path)
    assert "1 辆应急车待补登记" in gate.get("/").text
    assert f"/vehicles/{entry.id}/write-up" in gate.get("/vehicles").text
    wrong = gate.post(f"/vehicles/{entry.id}/write-up", data={"kind": "emergency", "plate": "?"})
    assert wrong.status_code == 422
    written = {"kind": "emergency", "plate": "京X1234应急", "cargo": "急救"}
    assert gate.post(f"/vehicles/{entry.id}/write-up", data=written).status_code == 303
    assert vehicles_to_write_up(campus.book.path) == ()
    assert "待补登记" not in gate.get("/").text


def test_a_drivers_phone_is_masked_when_the_vehicle_comes_again_and_is_kept(gate: httpx.Client, campus: School) -> None:
    van = VAN | {"phone": "13800000001"}
    gate.post(f"/vehicles/{new_id()}", data=van)
    (entry,) = vehicles_inside(campus.book.path)
    gate.post(f"/vehicles/{entry.id}/leave/{new_id()}")
    form = gate.get("/vehicles/form", params={"again": entry.id}).text
    correcting = gate.get(f"/vehicles/{entry.id}/write-up").text
    typed = van | {"phone": "138****0001", "filled_from": entry.id}
    wrong = gate.post(f"/vehicles/{new_id()}", data=typed | {"plate": "ABC"}).text
    for page in (form, correcting, wrong):
        assert "138****0001" in page
        assert "13800000001" not in page
    assert gate.post(f"/vehicles/{new_id()}", data=typed).status_code == 303
    (kept,) = vehicles_inside(campus.book.path)
    assert kept.vehicle is not None
    assert kept.vehicle.phone == "13800000001"
    changed = typed | {"phone": "13900000009", "filled_from": kept.id}
    assert gate.post(f"/vehicles/{kept.id}/write-up", data=changed).status_code == 303
    (put_right,) = vehicles_inside(campus.book.path)
    assert put_right.vehicle is not None
    assert put_right.vehicle.phone == "13900000009"


def test_a_vehicle_comes_leaves_and_comes_again_in_two_touches(gate: httpx.Client, campus: School) -> None:
    assert gate.post(f"/vehicles/{new_id()}", data=VAN).status_code == 303
    (entry,) = vehicles_inside(campus.book.path)
    assert gate.post(f"/vehicles/{new_id()}", data=VAN).status_code == 409
    leave = re.search(r'action="(/vehicles/[^"]+/leave/[^"]+)"', gate.get("/vehicles").text)
    assert leave
    assert "已登记离校" in gate.post(leave[1], follow_redirects=True).text
    again = gate.get("/vehicles", params={"q": "345"}).text
    assert f"again={entry.id}" in again
    form = gate.get("/vehicles/form", params={"again": entry.id}).text
    assert 'value="京A12345"' in form
    assert "牛奶" not in form, "what a delivery brings is asked anew"
    unknown = gate.post(f"/vehicles/{new_id()}", data={**VAN, "plate": "ABC"})
    assert unknown.status_code == 422
    assert 'name="plate_note"' in unknown.text


# ── drafts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_draft_is_offered_on_the_idle_page_until_it_is_finished_or_dropped(
    gate: httpx.Client, campus: School
) -> None:
    visit_id = new_id()
    assert gate.post(f"/visits/{visit_id}/draft", data={"name": "李四", "phone": "139"}).status_code == 200
    assert f"draft={visit_id}" in gate.get("/").text
    form = gate.get("/visits/form", params={"draft": visit_id}).text
    assert 'value="李四"' in form
    assert f'action="/visits/{visit_id}"' in form
    assert gate.post(f"/visits/{visit_id}", data={**VISITOR, "name": "李四"}).status_code == 303
    assert f"draft={visit_id}" not in gate.get("/").text
    gate.post(f"/visits/{visit_id}/draft", data={"name": "李四"})
    assert "draft=" not in gate.get("/").text, "a late save of a finished form is no draft"
    other = new_id()
    gate.post(f"/visits/{other}/draft", data={"name": "王五"})
    gate.post(f"/visits/{other}/draft/drop")
    assert "王五" not in gate.get("/").text
    assert gate.get("/visits/form", params={"draft": other}).status_code == 303


# ── the watchlist ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_match_is_discreet_and_the_silent_alarm_one_touch_away(gate: httpx.Client, campus: School) -> None:
    (watch_id,) = campus.orders.watch.add([WATCHED], by="李主任", picture=b"\xff\xd8 a face")
    visit_id = new_id()
    by_sound = gate.post(f"/visits/{visit_id}/draft", data={"name": "张三"}).text
    assert f"/visits/check/{watch_id}" in by_sound
    for text in ("滋事", "布控", "章三"):
        assert text not in by_sound
    assert "核对?" in re.sub(r"\s", "", unescape(by_sound))
    visit = come_in(gate, campus)
    done = gate.get(f"/visits/{visit.id}/done").text
    assert "核对" in done
    assert "滋事" not in done
    check = gate.get(f"/visits/check/{watch_id}", params={"how": "number", "back": visit.id}).text
    assert "滋事" in check
    assert "号码相同" in check
    assert gate.get(f"/visits/check/{watch_id}/picture.jpg").content == b"\xff\xd8 a face"
    press = re.search(r'action="(/visits/silent/[^"]+)"', check)
    assert press
    answers = [gate.post(press[1], headers={"accept": "application/json"}) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {202}
    assert {(input_id, alarm) for _, input_id, alarm in campus.line.presses} == {
        ("gate-east-silent", campus.line.presses[0][2])
    }
    hits = [entry.read(WatchHit) for entry in read_entries(campus.book.path, after=0, kind=WatchHit.kind)]
    assert {(hit.watch_id, hit.record) for hit in hits} == {
        (watch_id, f"visit:{visit_id}"),
        (watch_id, f"visit:{visit.id}"),
    }
    with httpx.Client(base_url=campus.office_url, headers={"accept": "text/html"}, trust_env=False) as leader:
        leader.post("/login", data={"login": "leader", "password": PASSWORD})
        shown = leader.get("/gate/watchlist").text
        assert "号码相同" in shown
        assert f"/gate/book/visit/{visit.id}" in shown
    assert len(hits) == 2, "once for each record, however often the page is looked at"


def test_the_office_keeps_the_watchlist_by_form_and_spreadsheet(office: httpx.Client, campus: School) -> None:
    added = office.post("/gate/watchlist", data={"names": "章三、疤脸", "reason": "滋事", "from_day": "2026-11-21"})
    assert added.status_code == 303
    (entry,) = read_watchlist(campus.orders.path)
    assert entry.watched.names == ("章三", "疤脸")
    assert office.post("/gate/watchlist", data={"names": "", "reason": ""}).status_code == 422
    sheet = workbook(
        ("姓名", "电话", "证件号码", "原因", "结束日期"),
        ("=HYPERLINK(1)", "13900000002", "", "网上通报", "2026-12-31"),
        ("王五", "", CARD, "离校纠纷", ""),
    )
    taken = office.post("/gate/watchlist/import", files={"file": ("布控.xlsx", sheet)})
    assert taken.headers["location"].endswith("taken=2")
    assert len(read_watchlist(campus.orders.path)) == 3
    bad = workbook(("姓名", "电话", "原因"), ("李四", "13900000003", "x"), ("", "", "没有人"), ("赵六", "12", "y"))
    refused = office.post("/gate/watchlist/import", files={"file": ("布控.xlsx", bad)})
    assert refused.status_code == 422
    assert "有 2 处要改" in refused.text
    assert len(read_watchlist(campus.orders.path)) == 3
    office.post(f"/gate/watchlist/{entry.id}/end")
    assert len(read_watchlist(campus.orders.path)) == 2


def test_who_may_not_see_numbers_sees_no_list(campus: School) -> None:
    with httpx.Client(base_url=campus.office_url, headers={"accept": "text/html"}, trust_env=False) as teacher:
        teacher.post("/login", data={"login": "teacher", "password": PASSWORD})
        for path in ("/gate/watchlist", "/gate/book", "/gate/looks"):
            assert teacher.get(path).status_code == 403, path
        assert teacher.post("/gate/book/export", data={}).status_code == 403


# ── the ledger ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_numbers_are_masked_until_somebody_gives_a_reason_that_is_written_down_first(
    gate: httpx.Client, campus: School, office: httpx.Client
) -> None:
    visit = come_in(gate, campus)
    path = f"/gate/book/visit/{visit.id}"
    for shown in (office.get("/gate/book").text, office.get(path).text):
        assert "张三" in shown
        assert "13800000001" not in shown
        assert CARD not in shown
    assert office.post(f"{path}/reveal", data={"reason": " "}).status_code == 422
    assert read_looks(campus.orders.path) == ()
    whole = office.post(f"{path}/reveal", data={"reason": "家长投诉，核对本人"}).text
    assert "13800000001" in whole
    assert CARD in whole
    (look,) = read_looks(campus.orders.path)
    assert (look.kind, look.name, look.reason) == (LookKind.REVEAL, "赵校长", "家长投诉，核对本人")
    assert "家长投诉，核对本人" in office.get("/gate/looks").text


def test_a_picture_is_seen_by_whoever_was_written_down_only(campus: School, office: httpx.Client) -> None:
    visitor = Visitor(name="张三", host="刘老师", reason="办事")
    visit = campus.book.sign_in(visit_id=new_id(), gate_id="east", guard="王", visitor=visitor, still_point="gate")
    taker = StillTaker(campus.book.records, campus.book.stills, lambda _, at: Picture(b"\xff\xd8x", at), campus.clock)
    assert taker.work_once()
    path = f"/gate/book/visit/{visit.id}"
    assert office.get(f"{path}/still.jpg").status_code == 403
    whole = office.post(f"{path}/reveal", data={"reason": "核对"}).text
    source = re.search(r'src="(/gate/book/visit/[^"]+still.jpg\?look=[^"]+)"', whole)
    assert source
    assert office.get(source[1]).content == b"\xff\xd8x"


def test_an_export_is_masked_by_default_and_whole_for_a_written_reason(
    gate: httpx.Client, campus: School, office: httpx.Client
) -> None:
    come_in(
        gate, campus, name="=cmd|'/c calc'!A1", organisation="-2+3", carried="@SUM(1)", companion_names=f"=1+1 {CARD}"
    )
    gate.post(f"/vehicles/{new_id()}", data=VAN)
    gate.post(f"/visits/{new_id()}/refused/drunk", data={"name": "李四"})

    def cells(answer: httpx.Response) -> str:
        assert answer.status_code == 200, answer.text
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        return " ".join(
            str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row
        )

    days = {"first": "2026-11-21", "last": "2026-11-21", "form": "xlsx"}
    masked = cells(office.post("/gate/book/export", data=days))
    assert CARD not in masked
    assert "13800000001" not in masked
    for text in ("京A12345", "李四", "醉酒"):
        assert text in masked
    assert "cmd|" in masked
    assert "=1+1 110105" in masked, "who came along is named, with the number masked"
    assert not re.search(r"(^| )[=@]", masked), "no cell begins as a formula would"
    assert office.post("/gate/book/export", data={**days, "whole": "yes"}).status_code == 422
    whole = cells(office.post("/gate/book/export", data={**days, "whole": "yes", "reason": "派出所调取"}))
    assert CARD in whole
    assert [look.kind for look in read_looks(campus.orders.path)] == [LookKind.EXPORT_WHOLE, LookKind.EXPORT]
    assert office.post("/gate/book/export", data={"first": "2026-11-22", "last": "2026-11-21"}).status_code == 422
    pdf = office.post("/gate/book/export", data={**days, "form": "pdf"})
    assert pdf.content.startswith(b"%PDF")


def test_a_leader_has_a_record_erased_and_the_gatehouse_is_told(
    gate: httpx.Client, campus: School, office: httpx.Client
) -> None:
    now, invited = campus.clock.utc_ns(), new_id()
    guest = Guest(name="张三", host="刘老师", reason="家长来访")
    campus.orders.expected.invite(
        expected_id=invited, guest=guest, begins_utc_ns=now, until_utc_ns=now + HOUR, by_person="", by="刘老师"
    )
    visit = come_in(gate, campus, expected=invited)
    path = f"/gate/book/visit/{visit.id}"
    assert office.post(f"{path}/erase", data={"erase_reason": ""}).status_code == 422
    assert campus.told == []
    assert office.post(f"{path}/erase", data={"erase_reason": "本人要求"}).status_code == 303
    (asked,) = campus.told
    assert asked == ErasureAsked(record=f"visit:{visit.id}", by="leader")
    erased = expected_by_id(campus.orders.path, invited)
    assert erased is not None
    assert erased.guest is None, "nor is it known any more who was expected"
    assert campus.book.erase_record(f"visit:{visit.id}", reason="leader 要求删除")
    shown = office.get(path).text
    assert "张三" not in shown
    assert "（已删除）" in shown
    assert "删除个人信息" in shown
    assert verify_audit(campus.book.path).holds


# ── what people type ──────────────────────────────────────────────────────────────────────────────────────────────
NAMES = (
    "买买提·艾力",
    "䶮𬭎𠮷𪚥",
    "ئالىم جان",
    "བཀྲ་ཤིས་དོན་གྲུབ།",
    "Jean-Baptiste d'Arc",
    "长" * 100,
    "<script>alert(1)</script>",
)


def test_every_name_comes_in_is_shown_and_found(gate: httpx.Client, campus: School, office: httpx.Client) -> None:
    for number, name in enumerate(NAMES):
        visit = come_in(gate, campus, name=name, document_kind="none", document_number="", phone=f"1380000{number:04}")
        assert visit.visitor is not None
        assert visit.visitor.name == name
        assert [found.id for found in campus.book.search(name)] == [visit.id]
    for page in (gate.get("/visits/leave"), gate.get("/roll"), office.get("/gate/book")):
        assert "<script>alert" not in page.text
        for name in NAMES:
            assert name in unescape(page.text)
    report = office.post("/gate/book/export", data={"first": "2026-11-21", "form": "pdf"})
    assert report.content.startswith(b"%PDF")


def test_wide_figures_count_and_a_name_nobody_sees_is_none(gate: httpx.Client, campus: School) -> None:
    visit = come_in(gate, campus, companions="３")
    assert visit.visitor is not None
    assert visit.visitor.companions == 3
    unseen = gate.post(f"/visits/{new_id()}", data={**VISITOR, "name": "\u200b"})
    assert (unseen.status_code, "这一项要填" in unseen.text) == (422, True)
    assert gate.post(f"/staff/{new_id()}/in/{new_id()}").status_code == 404
    assert staff_inside(campus.book.path) == {}


def test_a_name_of_101_letters_is_refused_in_words(gate: httpx.Client) -> None:
    answer = gate.post(f"/visits/{new_id()}", data={**VISITOR, "name": "长" * 101})
    assert answer.status_code == 422
    assert "太长了" in answer.text


DOCUMENTS = (
    ("passport", "E12345678", True),
    ("passport", "E1", False),
    ("home_return", "H12345678", True),
    ("home_return", "X12345678", False),
    ("taiwan_permit", "12345678", True),
    ("taiwan_permit", "1234", False),
)


def test_a_document_of_another_form_comes_in_with_a_reason_only(gate: httpx.Client) -> None:
    for place, (kind, number, right) in enumerate(DOCUMENTS):
        data = {**VISITOR, "document_kind": kind, "document_number": number, "phone": f"1380000{place:04}"}
        answer = gate.post(f"/visits/{new_id()}", data=data)
        assert answer.status_code == (303 if right else 422), (kind, number)
        if not right:
            assert gate.post(f"/visits/{new_id()}", data={**data, "document_note": "已核对原件"}).status_code == 303


def workbook(*rows: tuple[str, ...]) -> bytes:
    """An .xlsx of texts."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
    return held.getvalue()
