"""Incidents as persons use them: a countdown that runs, a person who grades, reports that are made and printed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from foundation.audit import verify_audit
from foundation.clock import ManualClock, beijing, beijing_day_start_ns
from foundation.ids import new_id
from foundation.sqlite import DatabaseFullError
from safety.incident import IncidentGrade, IncidentHappening
from safety.incident_query import incident_file, open_incidents
from safety.incident_writing import IncidentWriting
from tests.alarms.parts import request
from tests.pages.incident_office import PASSWORD, Office, serve
from tests.support.browser import watched
from uplink.messages.alarm import UpdateKind

HOSTILE = "<img src=x onerror=alert(1)>"
NOON_NS = beijing_day_start_ns(date(2026, 11, 21)) + 12 * 3_600_000_000_000


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    served = serve(tmp_path, ManualClock(now_utc_ns=NOON_NS, now_running_ns=10**13))
    yield served
    served.close()


def alarm(office: Office) -> str:
    alarm_id = office.alarms.line.press(request("east")).alarm_id
    office.tail.poll()
    return alarm_id


def by_hand(client: httpx.Client, **more: str) -> str:
    incident_id = new_id()
    form = {"form_id": incident_id, "title": "学生摔伤", "place": "操场", "words": "已送医"} | more
    assert client.post("/incidents/new", data=form).status_code == 303
    return incident_id


def happened(office: Office, incident_id: str) -> list[IncidentHappening]:
    file = incident_file(office.incidents.path, incident_id)
    assert file is not None
    return [entry.what for entry in file.history]


def test_a_real_alarm_opens_an_incident_with_its_steps_and_a_drill_opens_none(office: Office) -> None:
    office.alarms.line.arm_drill("east", "李老师")
    drill = alarm(office)
    office.clock.advance(seconds=5)
    real = alarm(office)
    office.alarms.line.tell(real, UpdateKind.LOCAL_ACKNOWLEDGED, person="王师傅")
    office.tail.poll()
    office.faults.hear_anew("alarms")  # as after a lost cursor
    office.tail.poll()
    assert [one.id for one in open_incidents(office.incidents.path)] == [real]
    assert drill != real
    page = office.client("wang").get(f"/incidents/{real}").text
    for text in ("一键报警：东门按钮", "东门门卫室", "报警已存储", "校内已确认", "王师傅", "待定级，按重大计", "还剩"):
        assert text in page


def test_alarms_from_before_a_box_kept_incidents_open_none_and_those_that_can_still_be_reported_do(
    office: Office,
) -> None:
    old = office.alarms.line.press(request("east")).alarm_id
    office.clock.advance(seconds=2 * 3_600 + 60)
    in_time = office.alarms.line.press(request("west")).alarm_id
    office.clock.advance(seconds=600)
    office.tail.poll()  # the first look after an upgrade
    office.alarms.line.tell(old, UpdateKind.LOCAL_ACKNOWLEDGED, person="王师傅")
    office.tail.poll()
    assert [one.id for one in open_incidents(office.incidents.path)] == [in_time]
    office.alarms.line.tell(in_time, UpdateKind.LOCAL_ACKNOWLEDGED, person="王师傅")
    office.clock.advance(seconds=24 * 3_600)
    office.tail.poll()
    assert happened(office, in_time)[-1] is IncidentHappening.ALARM_STEP, "later steps of one that is known are added"


def test_what_a_duress_pin_means_is_read_only_by_who_answers_for_incidents(office: Office) -> None:
    real = alarm(office)
    office.alarms.line.tell(real, UpdateKind.DURESS, person="王师傅", reason="误报")
    office.tail.poll()
    guard, officer = office.client("wang"), office.client("li")
    for answer in (
        guard.get(f"/incidents/{real}"),
        office.client("wang", "application/json").get(f"/incidents/{real}"),
    ):
        assert "胁迫" not in answer.text
        assert "duress" not in answer.text
        assert "门卫说是误报" in answer.text
    assert "胁迫" in officer.get(f"/incidents/{real}").text


def test_a_silent_alarm_stands_on_no_page_that_was_not_asked_for_it(office: Office) -> None:
    office.alarms.line.press(request("west"))
    office.tail.poll()
    client = office.client("li")
    for address in ("/", "/incidents"):
        assert "西门按钮" not in client.get(address).text
    assert "西门按钮" in client.get("/incidents?silent=1").text
    assert office.client("li", "application/json").get("/incidents").json() == []


def test_a_late_report_is_a_finding_until_it_is_made(office: Office) -> None:
    incident_id = by_hand(office.client("li"))
    office.clock.advance(seconds=3_601)
    client = office.client("li")
    office.watch.look()
    assert [(one.subject, one.kind) for one in office.board.all_open()] == [("incident:1", "safety.phone_report_late")]
    page = client.get("/incidents").text
    assert "超时未报" in page
    assert "超时未报" in client.get("/").text, "the Today page says so too"
    form = {"form_id": new_id(), "to_whom": "区教育局", "at": "", "words": "已报"}
    assert client.post(f"/incidents/{incident_id}/phone", data=form).status_code == 303
    office.watch.look()
    assert office.board.all_open() == []
    assert "已报告，超时" in client.get(f"/incidents/{incident_id}").text


def test_a_form_that_is_sent_twice_is_one_entry(office: Office) -> None:
    client = office.client("li")
    incident_id = by_hand(client)
    by_hand(client, form_id=incident_id)
    form = {"form_id": new_id(), "words": "家长已到校"}
    for _ in range(2):
        assert client.post(f"/incidents/{incident_id}/note", data=form).status_code == 303
    assert happened(office, incident_id) == [IncidentHappening.OPENED, IncidentHappening.NOTED]


def test_of_two_who_grade_at_once_the_second_sees_the_first_and_keeps_what_was_typed(office: Office) -> None:
    first, second = office.client("li"), office.client("zhao")
    incident_id = by_hand(first)
    major = {"form_id": new_id(), "seen": "0", "grade": "major", "kind": "accident", "words": "骨折"}
    general = {"form_id": new_id(), "seen": "0", "grade": "general", "kind": "accident", "words": "只是扭伤"}
    assert first.post(f"/incidents/{incident_id}/classify", data=major).status_code == 303
    refused = second.post(f"/incidents/{incident_id}/classify", data=general)
    assert refused.status_code == 422
    assert "别人刚刚也提交了" in refused.text
    assert "只是扭伤" in refused.text
    assert "骨折" in refused.text, "the other's word is on the page"
    seen = re.search(r'name="seen" value="(\d+)"', refused.text)
    assert seen is not None
    again = general | {"form_id": new_id(), "seen": seen[1]}
    assert second.post(f"/incidents/{incident_id}/classify", data=again).status_code == 303
    file = incident_file(office.incidents.path, incident_id)
    assert file is not None
    assert file.incident.grade is IncidentGrade.GENERAL
    assert verify_audit(office.incidents.path).holds


def test_a_guard_may_open_an_incident_and_add_to_it_but_not_grade_it_or_take_the_report(office: Office) -> None:
    guard = office.client("wang")
    incident_id = by_hand(guard)
    assert (
        guard.post(f"/incidents/{incident_id}/note", data={"form_id": new_id(), "words": "人已离开"}).status_code == 303
    )
    for action in ("classify", "phone", "submit", "close", "false-alarm", "reopen", "correct"):
        form = {"form_id": new_id(), "words": "x"}
        assert guard.post(f"/incidents/{incident_id}/{action}", data=form).status_code == 403
    assert guard.get(f"/incidents/{incident_id}/report").status_code == 403
    assert "登记电话报告" not in guard.get(f"/incidents/{incident_id}").text


def test_a_false_alarm_is_closed_by_name_with_a_reason(office: Office) -> None:
    real = alarm(office)
    client = office.client("li")
    refused = client.post(f"/incidents/{real}/false-alarm", data={"form_id": new_id(), "words": " "})
    assert refused.status_code == 422
    assert "这一项要填" in refused.text
    form = {"form_id": new_id(), "words": "快递员碰到了按钮"}
    assert client.post(f"/incidents/{real}/false-alarm", data=form).status_code == 303
    page = client.get(f"/incidents/{real}").text
    assert "误报，已销案" in page
    assert "李老师（li）" in page
    assert client.post(f"/incidents/{real}/false-alarm", data=form).status_code == 303, "the same form again"
    late = office.client("zhao").post(f"/incidents/{real}/close", data={"form_id": new_id(), "words": "我来结案"})
    assert late.status_code == 409
    assert "别人刚处理过" in late.text
    assert "我来结案" in late.text, "what was typed is not lost"


def test_it_is_said_what_is_missing_before_an_incident_closes(office: Office) -> None:
    client = office.client("li")
    incident_id = by_hand(client)
    refused = client.post(f"/incidents/{incident_id}/close", data={"form_id": new_id(), "words": "已处理好"})
    assert refused.status_code == 422
    assert "还没有登记电话报告，书面报告也没有报送" in refused.text
    assert "已处理好" in refused.text


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("title", "", "这一项要填"),
        ("title", "长" * 101, "最多 100 字"),
        ("words", "长" * 2_001, "最多 2000 字"),
        ("at", "25:00", "时间不对"),
        ("at", "2027-01-01 08:00", "现在之前"),
        ("at", "2026-02-30 08:00", "时间不对"),
        ("at", "=1+1", "时间不对"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field_and_nothing_typed_is_lost(
    office: Office, field: str, text: str, says: str
) -> None:
    form = {"form_id": new_id(), "title": "学生摔伤", "place": "操场", "words": "已送医", field: text}
    refused = office.client("li").post("/incidents/new", data=form)
    assert refused.status_code == 422
    assert says in refused.text
    assert "操场" in refused.text
    assert open_incidents(office.incidents.path) == ()


def test_what_the_disk_does_not_take_stays_on_the_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client = office.client("li")
    incident_id = by_hand(client)

    def full(*_: object, **__: object) -> None:
        raise DatabaseFullError("no room left")

    monkeypatch.setattr(IncidentWriting, "note", full)
    refused = client.post(f"/incidents/{incident_id}/note", data={"form_id": new_id(), "words": "家长已到校"})
    assert refused.status_code == 422
    assert "没有存上" in refused.text
    assert "家长已到校" in refused.text
    assert happened(office, incident_id) == [IncidentHappening.OPENED]


def test_a_time_of_day_is_the_latest_one_that_is_past(office: Office) -> None:
    client = office.client("li")
    for text, day in (("11:59", 21), ("12：01", 20)):
        by_hand(client, at=text)
        assert beijing(open_incidents(office.incidents.path)[0].happened_utc_ns).day == day


def test_hostile_words_stay_words_on_pages_and_in_exports(office: Office) -> None:
    client = office.client("li")
    incident_id = by_hand(client, title="=HYPERLINK(1)", words=HOSTILE + "\x00\u202e")
    page = client.get(f"/incidents/{incident_id}").text
    assert HOSTILE not in page
    assert "&lt;img" in page
    assert "\u202e" not in page
    assert '"\'=HYPERLINK(1)"' in client.get("/incidents/export.csv").text
    assert client.get("/incidents/export.xlsx").content.startswith(b"PK")
    for wrong in (
        "/incidents/export.exe",
        f"/incidents/{new_id()}",
        "/incidents/nonsense",
        f"/incidents/{incident_id}/x",
    ):
        assert client.get(wrong).status_code in (404, 405)
    assert client.post(f"/incidents/{incident_id}/note", data={"form_id": "x", "words": "x"}).status_code == 400


def test_the_report_is_drafted_from_the_records_and_leaves_as_pdf_and_word(office: Office) -> None:
    real = alarm(office)
    client = office.client("li")
    client.post(f"/incidents/{real}/note", data={"form_id": new_id(), "words": "来人已被劝离", "at": "12:00"})
    client.post(f"/incidents/{real}/phone", data={"form_id": new_id(), "to_whom": "区教育局值班室", "words": ""})
    draft = client.get(f"/incidents/{real}/report").text
    for text in ("2026年11月21日12时0分", "发出一键报警", "报警已存储", "来人已被劝离", "已向区教育局值班室电话报告"):
        assert text in draft
    form = {"form_id": new_id(), "seen": "0", "sort": "first", "recipient": "区教育局", "course": "经过\n第二段"}
    for _ in range(2):
        assert client.post(f"/incidents/{real}/report", data=form).status_code == 303
    other = client.post(f"/incidents/{real}/report", data=form | {"form_id": new_id(), "course": "我的经过"})
    assert other.status_code == 422
    assert "我的经过" in other.text, "what was typed is not lost"
    assert "第 1 稿" in other.text
    assert client.get(f"/incidents/{real}/report-1.pdf").content.startswith(b"%PDF")
    word = client.get(f"/incidents/{real}/report-1.docx").content
    document = zipfile.ZipFile(io.BytesIO(word)).read("word/document.xml").decode()
    for text in ("突发事件报告（初报）", "第二段", "来人已被劝离", "待续报", "（单位公章）", "待定级，按重大计"):
        assert text in document
    assert client.get(f"/incidents/{real}/report-2.pdf").status_code == 404
    handed = {"form_id": new_id(), "version": "1", "words": "政务邮箱", "at": ""}
    assert client.post(f"/incidents/{real}/submit", data=handed).status_code == 303
    assert "已按时报告" in client.get(f"/incidents/{real}").text


def test_a_report_says_what_was_known_when_it_was_kept(office: Office) -> None:
    client = office.client("li")
    incident_id = by_hand(client)
    form = {"form_id": new_id(), "seen": "0", "sort": "first", "recipient": "区教育局", "course": "经过"}
    client.post(f"/incidents/{incident_id}/report", data=form)
    grade = {"form_id": new_id(), "seen": "0", "grade": "gravest", "kind": "accident", "words": "加重"}
    client.post(f"/incidents/{incident_id}/classify", data=grade)
    client.post(f"/incidents/{incident_id}/report", data=form | {"form_id": new_id(), "seen": "1", "sort": "further"})

    def text(version: int) -> str:
        word = client.get(f"/incidents/{incident_id}/report-{version}.docx").content
        return zipfile.ZipFile(io.BytesIO(word)).read("word/document.xml").decode()

    assert "特别重大" not in text(1)
    assert "特别重大" in text(2)


def test_programs_read_the_same_addresses(office: Office) -> None:
    incident_id = by_hand(office.client("li"))
    program = office.client("li", "application/json")
    (row,) = program.get("/incidents").json()
    assert row["grade"] == "undecided"
    assert [one["timeliness"] for one in row["deadlines"]] == ["running", "running"]
    assert row["happened_utc"].endswith("Z")
    whole = program.get(f"/incidents/{incident_id}").json()
    assert [line["what"] for line in whole["timeline"]] == ["事件立案"]
    refused = program.post(f"/incidents/{incident_id}/close", data={"form_id": "x"})
    assert refused.json()["error"]


@pytest.mark.browser
def test_in_a_browser_the_countdown_runs_and_an_incident_is_graded_reported_and_closed(
    office: Office, browser: Browser
) -> None:
    incident_id = by_hand(office.client("wang"))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    watch = watched(page, office.url)
    page.goto(f"{office.url}/login?next=/incidents/{incident_id}")
    page.fill("#login", "li")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    left = page.locator("#incident-clocks .left").first
    expect(left).to_contain_text(re.compile(r"还剩 (1:00:00|0:59:5\d)"))  # a screen counts on between two beats
    office.clock.advance(seconds=65)
    expect(left).to_contain_text("还剩 0:58:5")
    page.select_option("#grade", "major")
    page.select_option("#kind", "accident")
    page.fill("#classify-words", "骨折")
    page.click("#do-classify button")
    expect(page.locator("#incident-facts")).to_contain_text("重大（Ⅱ级）")
    page.fill("#phone-words", "已报告")
    page.click("#do-phone button")
    expect(page.locator("#incident-clocks")).to_contain_text("已按时报告")
    page.click("text=起草书面报告")
    page.fill("#losses", "一人受伤")
    page.click("text=保存这一稿")
    page.fill("#submit-words", "政务邮箱")
    page.click("#do-submit button")
    page.click("#do-close summary")
    page.fill("#close-words", "已处置")
    page.click("#do-close button")
    expect(page.locator("#incident-facts")).to_contain_text("已结案")
    assert (watch.errors, watch.outside) == ([], [])
    page.close()


@pytest.mark.browser
def test_a_countdown_stands_until_the_box_has_told_its_time(office: Office, browser: Browser) -> None:
    """A screen's own clock may be days wrong; this one's is, for the box's stands in the past."""
    incident_id = by_hand(office.client("li"))
    page = browser.new_page()
    page.route("**/incidents/live*", lambda _: None)  # no beat comes
    page.goto(f"{office.url}/login?next=/incidents/{incident_id}")
    page.fill("#login", "li")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    left = page.locator("#incident-clocks .left").first
    expect(left).to_have_text("还剩 1:00:00")
    page.wait_for_timeout(1_200)  # two ticks
    expect(left).to_have_text("还剩 1:00:00", timeout=1)
    page.close()
