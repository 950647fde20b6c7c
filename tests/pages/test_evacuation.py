"""Evacuation drills on the office pages: planned, carried out, evaluated, filed; what was missed is said."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from foundation.clock import NS_PER_S, ManualClock, beijing_day_start_ns
from foundation.ids import new_id
from safety.evacuation import GateRollCall, Point
from safety.query import open_faults
from tests.pages.conftest import Pictures
from tests.pages.incident_office import PASSWORD, Office, serve
from tests.support.browser import watched
from tests.support.page_check import cut_texts, small_targets, violations

NOON_NS = beijing_day_start_ns(date(2026, 11, 21)) + 12 * 3_600 * NS_PER_S
BASE = "/drills/evacuation"
NAME = "བཀྲ་ཤིས·买买提·阿不都热西提"
PLANNED = {
    "kind": "消防",
    "night": "day",
    "planned_day": "2026-11-21",
    "planned_time": "10:00",
    "responsible": NAME,
    "text": "广播警报后各班按三号路线疏散到操场，班主任点名。",
}
WENT = {
    "began_day": "2026-11-21",
    "began_time": "10:01:30",
    "signal": "广播警报",
    "all_out_min": "3",
    "all_out_s": "5",
    "expected": "812",
    "present": "811",
    "missing": "初一（2）班 =HYPERLINK(1)，在医务室",
}
EVALUATED = {f"rating-{point}": "good" for point in Point} | {"words": "总体有序，二楼稍慢。"}
MENDED = EVALUATED | {"rating-way": "poor", "mend-way": "=1+1 二楼楼梯口堆有杂物"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    served = serve(tmp_path, ManualClock(now_utc_ns=NOON_NS, now_running_ns=10**13))
    yield served
    served.close()


def photo(side: int = 64) -> bytes:
    noise = np.random.default_rng(3).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", noise)[1])


def sent(client: httpx.Client, path: str, form: dict[str, str], expected: int = 303) -> httpx.Response:
    answer = client.post(f"{BASE}/{path}", data={"form_id": new_id(), **form})
    assert answer.status_code == expected, answer.text
    return answer


def planned(client: httpx.Client, **more: str) -> str:
    drill_id = new_id()
    sent(client, "new", {"form_id": drill_id, **PLANNED, **more})
    return drill_id


def held(client: httpx.Client, **more: str) -> str:
    drill_id = planned(client)
    sent(client, f"{drill_id}/carry-out", WENT | more)
    return drill_id


def uploaded(client: httpx.Client, drill_id: str, content: bytes) -> httpx.Response:
    form = {"form_id": new_id(), "id": drill_id}
    return client.post(f"{BASE}/photo", data=form, files={"photo": ("a.jpg", content)})


def test_a_drill_goes_from_plan_to_file_and_programs_read_the_same_addresses(office: Office) -> None:
    client, program = office.client("li"), office.client("li", "application/json")
    drill_id = held(client)
    sent(client, f"{drill_id}/evaluate", MENDED)
    assert uploaded(client, drill_id, photo()).status_code == 303
    due = {"point": "way", "owner": "后勤王主任", "due": "2026-11-28"}
    sent(client, f"{drill_id}/mend", due)
    sent(client, f"{drill_id}/file", {"words": ""})
    sent(client, f"{drill_id}/correct", {"words": "应到应是 811 人"})
    file = program.get(f"{BASE}/{drill_id}").json()
    assert file["drill"]["stage"] == "filed"
    assert file["drill"]["carried_out"]["all_out_s"] == 185
    assert [one["what"] for one in file["history"]][-2:] == ["filed", "corrected"]
    (row,) = open_faults(office.faults.path, office.clock.utc_ns())
    assert (row.fault.title, row.fault.owner) == ("=1+1 二楼楼梯口堆有杂物", "后勤王主任")
    year = program.get(BASE).json()
    assert year["months"][10] == {"month": 11, "mark": "done", "drills": [drill_id]}
    assert [one["mark"] for one in year["months"]][9:] == ["before", "done", "ahead"]
    assert [one["asked"] for one in year["nights"]] == ["before", "before", "due"]
    shown = client.get(f"{BASE}/{drill_id}").text
    for text in (NAME, "3 分 05 秒", "未到 1 人", "李老师（li）", "隐患 1", "已归档"):
        assert text in shown
    (sha256,) = file["photos"]
    assert client.get(f"{BASE}/photos/{sha256}.jpg").headers["content-type"] == "image/jpeg"
    assert client.get(f"{BASE}/photos/{'0' * 64}.jpg").status_code == 404
    for path in (BASE, f"{BASE}/order", f"{BASE}/new?like={drill_id}"):
        english = client.get(path, headers={"accept-language": "en"}, params={"lang": "en"}).text
        assert "Evacuation" in english


def test_the_record_is_an_official_form_and_nothing_in_an_export_is_a_formula(office: Office) -> None:
    client = office.client("li")
    drill_id = planned(client)
    assert client.get(f"{BASE}/{drill_id}/record.pdf").content.startswith(b"%PDF")  # to be filled in by hand
    sent(client, f"{drill_id}/carry-out", WENT)
    sent(client, f"{drill_id}/evaluate", MENDED)
    sent(client, f"{drill_id}/correct", {"words": "信号是连续哨声"})
    assert client.get(f"{BASE}/{drill_id}/record.pdf").content.startswith(b"%PDF")
    word = client.get(f"{BASE}/{drill_id}/record.docx").content
    text = zipfile.ZipFile(io.BytesIO(word)).read("word/document.xml").decode()
    for said in ("应急疏散演练记录表", NAME, "811 人", "二楼稍慢", "信号是连续哨声", "校领导"):
        assert said in text
    (row,) = list(csv.reader(io.StringIO(client.get(f"{BASE}/register.csv").text.lstrip("\ufeff"))))[1:]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert client.get(f"{BASE}/register.xlsx").content.startswith(b"PK")
    assert client.get(f"{BASE}/register.exe").status_code == 404
    assert client.get(BASE, params={"year": "1.5"}).status_code == 400


IMPOSSIBLE = (
    ({"began_day": "2026-11-22"}, "不能晚于现在"),
    ({"began_day": "2062-11-21"}, "不能晚于现在"),
    ({"began_day": "2025-01-21"}, "年份有没有写错"),
    ({"began_time": "10点"}, "时间写成 14:05"),
    ({"all_out_s": "⑤"}, "大于零"),
    ({"expected": "-3"}, "大于零"),
    ({"present": "813"}, "实到不能多于应到"),
    ({"missing": ""}, "请写下是谁"),
    ({"signal": "长" * 101}, "最多 100 字"),
    ({"roll_call": new_id()}, "请重新选"),
)


def test_what_cannot_be_is_said_in_a_sentence_and_nothing_typed_is_lost(office: Office) -> None:
    client = office.client("li")
    drill_id = planned(client)
    for more, says in IMPOSSIBLE:
        refused = sent(client, f"{drill_id}/carry-out", WENT | more, 422).text
        assert says in refused, more
        assert [typed for name, typed in (WENT | more).items() if typed not in refused and name != "roll_call"] == []
    assert "待登记" in client.get(f"{BASE}/{drill_id}").text


def test_a_plan_and_an_evaluation_that_are_not_whole_come_back_with_what_was_typed(office: Office) -> None:
    client = office.client("li")
    for more, says in (({"kind": ""}, "这一项要填"), ({"planned_time": ""}, "14:05"), ({"text": " "}, "这一项要填")):
        refused = sent(client, "new", PLANNED | more, 422).text
        assert says in refused
        assert NAME in refused
    drill_id = held(client)
    refused = sent(client, f"{drill_id}/evaluate", MENDED | {"rating-aid": ""}, 422).text
    assert "这一项还没有评价" in refused
    assert "二楼楼梯口堆有杂物" in refused
    assert "还没有总结和评估，不能归档" in sent(client, f"{drill_id}/file", {"words": "想归档"}, 422).text
    sent(client, f"{drill_id}/evaluate", EVALUATED)
    assert "还没有照片" in sent(client, f"{drill_id}/file", {}, 422).text
    past = {"point": "way", "owner": "王主任", "due": "2026-11-20"}
    sent(client, f"{drill_id}/evaluate", MENDED)
    refused = sent(client, f"{drill_id}/mend", past, 422).text
    assert "整改期限要在今天或以后" in refused
    assert "王主任" in refused


def test_somebody_who_comes_second_is_told_and_keeps_the_words(office: Office) -> None:
    client = office.client("li")
    drill_id = planned(client)
    sent(office.client("zhao"), f"{drill_id}/cancel", {"words": "下雨"})
    told = sent(client, f"{drill_id}/carry-out", WENT, 409).text
    assert "别人刚处理过" in told
    assert "在医务室" in told
    told = sent(client, f"{drill_id}/cancel", {"words": "改到下周一"}, 409).text
    assert "改到下周一" in told


def test_what_is_no_photo_or_too_big_is_refused_in_a_sentence(office: Office) -> None:
    client = office.client("li")
    drill_id = held(client)
    no_photo, too_large = "读不出这张照片，请用 JPEG 或 PNG", "照片太大，最多"
    for content, says in (
        (b"", no_photo),
        (b"GIF89a", no_photo),
        (photo()[:700], no_photo),
        (b"x" * 12_000_001, too_large),
    ):
        refused = uploaded(client, drill_id, content)
        assert refused.status_code == 422
        assert says in refused.text
    assert "还没有照片" in client.get(f"{BASE}/{drill_id}").text


def test_counts_that_are_left_empty_are_those_of_the_gates_roll_call(office: Office) -> None:
    client = office.client("li")
    call = GateRollCall(id=new_id(), begun_utc_ns=NOON_NS - 7_000 * NS_PER_S, expected=640, found=640, all_found_s=200)
    office.roll_calls.append(call)
    drill_id = planned(client)
    assert "应有 640 人，找到 640 人" in client.get(f"{BASE}/{drill_id}/carry-out").text
    sent(client, f"{drill_id}/carry-out", WENT | {"roll_call": call.id, "expected": "", "present": "", "missing": ""})
    shown = office.client("li", "application/json").get(f"{BASE}/{drill_id}").json()["drill"]["carried_out"]
    assert (shown["expected"], shown["present"], shown["roll_call_id"]) == (640, 640, call.id)


def test_a_missed_month_is_a_finding_until_a_drill_makes_up_for_it(office: Office) -> None:
    client = office.client("li")

    def found() -> list[str]:
        office.evacuation_watch.look()
        return sorted(one.kind for one in office.board.all_open())

    assert found() == []
    office.clock.advance(days=41)  # the first of January: December had no drill
    assert found() == ["drill.evacuation_missed"]
    client = office.client("li")
    assert "2026-12-01 到 2026-12-31 没有演练" in client.get(BASE).text
    months = client.get(BASE, params={"year": "2026"}, headers={"accept": "application/json"}).json()["months"]
    assert months[11]["mark"] == "missed"
    order = {"every": "quarter", "boarders": "yes", "kinds": "消防\n防暴", "why": "本校是幼儿园"}
    assert client.post(f"{BASE}/order", data=order | {"why": ""}).status_code == 422
    assert client.post(f"{BASE}/order", data=order).status_code == 303
    assert found() == []
    assert "本校是幼儿园" in client.get(f"{BASE}/order").text
    assert client.post(f"{BASE}/order", data=order | {"every": "month"}).status_code == 303
    drill_id = planned(client, planned_day="2027-01-01", planned_time="09:00")
    assert found() == ["drill.evacuation_missed"]  # a plan is no drill
    months = client.get(BASE, headers={"accept": "application/json"}).json()["months"]
    assert [one["mark"] for one in months[:3]] == ["planned", "free", "ahead"]
    sent(client, f"{drill_id}/carry-out", WENT | {"began_day": "2027-01-01"})
    assert found() == []


def test_who_does_not_answer_for_drills_reads_and_adds_and_changes_nothing(office: Office) -> None:
    drill_id = held(office.client("li"))
    guard = office.client("wang")
    shown = guard.get(f"{BASE}/{drill_id}").text
    assert "写总结和评估" not in shown
    sent(guard, f"{drill_id}/note", {"words": "西门在 10:02 打开"})
    assert uploaded(guard, drill_id, photo()).status_code == 303
    for path in ("new", f"{drill_id}/evaluate", f"{drill_id}/file", f"{drill_id}/correct", "order"):
        sent(guard, path, {"words": "x"}, 403)
    assert guard.get(f"{BASE}/new").status_code == 403
    for path in (new_id(), "nonsense", f"{new_id()}/record.pdf"):
        assert guard.get(f"{BASE}/{path}").status_code == 404
    assert guard.post(f"{BASE}/{drill_id}/burn", data={"form_id": new_id()}).status_code == 404


@pytest.mark.browser
def test_in_a_browser_a_drill_is_planned_held_evaluated_and_filed_on_both_screens(
    office: Office, browser: Browser, pictures: Pictures
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    watch = watched(page, office.url)

    def look(name: str) -> None:
        for width, height in ((1280, 800), (800, 1280)):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("scrollTo(0, 0)")
            found = violations(page) if width == 1280 else []
            assert (cut_texts(page), small_targets(page, 24), found) == ([], [], []), name
            pictures(page, name)

    page.goto(f"{office.url}/login?next=/drills")
    page.fill("#login", "li")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.click("text=应急疏散")
    page.click("text=计划一次演练")
    page.locator("[name='kind'][value='地震']").check(force=True)
    page.fill("#planned_day", "2026-11-21")
    page.fill("#planned_time", "10:00")
    page.fill("#text", PLANNED["text"])
    page.click("text=保存计划")
    page.click("a.main")
    for name in ("began_time", "signal", "all_out_min", "all_out_s", "expected", "present"):
        page.fill(f"#{name}", WENT[name])
    page.click("button.main")
    expect(page.locator(".error")).to_contain_text("请写下是谁")
    look("evacuation-refused")
    page.fill("#missing", "初一（2）班 张三，在医务室")
    page.click("button.main")
    page.click("text=写总结和评估")
    page.fill("#words", EVALUATED["words"])
    for point in Point:
        page.locator(f"[name='rating-{point}'][value='{'poor' if point is Point.WAY else 'good'}']").check(force=True)
    page.fill("#mend-way", "二楼楼梯口堆有杂物")
    page.click("button.main")
    page.set_input_files("#photo", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    page.click("#do-photo button")
    expect(page.locator("#evacuation-photos img")).to_have_count(1)
    page.click("#do-mend-way summary")
    page.fill("#mend-way-owner", "后勤王主任")
    look("evacuation-done")
    page.click("#do-mend-way button")
    expect(page.locator("#evacuation-evaluation")).to_contain_text("隐患 1")
    page.click("#do-file button")
    expect(page.locator("#evacuation-facts")).to_contain_text("已归档")
    page.click("text=应急疏散演练 >> nth=0")
    expect(page.locator("#evacuation-year li.ok")).to_contain_text("地震")
    look("evacuation-year")
    assert ([error for error in watch.errors if "422" not in error], watch.outside) == ([], [])
    page.close()
