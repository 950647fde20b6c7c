"""The gate page over HTTP: who may use it, what a visit becomes, what a press becomes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.requests import Request

from edge_agent.pages.screen.enrolment import VALID_S, offer, take
from edge_agent.pages.screen.station import is_token, station_token
from foundation.audit import verify_audit
from foundation.clock import ManualClock, beijing_day
from foundation.ids import new_id
from foundation.sealed import unseal
from gate.query import inside_now, visits_of_day
from gate.stations import Stations
from tests.pages.gate_screen import INPUT, TOKEN, Gatehouse
from tests.support.waiting import wait_until
from web.nearby import on_the_box

VISITOR = {"name": "张三", "host": "刘老师", "reason": "家长来访", "document_kind": "none", "phone": "13800000001"}
HOSTILE = "<script>alert(1)</script>\"'>"


@pytest.fixture
def client(gatehouse: Gatehouse) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gatehouse.url, headers={"accept": "text/html"}, trust_env=False) as opened:
        opened.get("/")  # the screen on the box is given its token
        yield opened


def request_from(client: str, host: str) -> Request:
    return Request(
        {"type": "http", "client": (client, 5000), "headers": [(b"host", host.encode())], "path": "/", "method": "GET"}
    )


# ── who may use it ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("client", "host", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1:8080", True),
        ("127.0.0.1", "localhost:8080", True),
        ("::1", "[::1]:8080", True),
        ("192.168.1.20", "192.168.1.5:8080", False),
        ("192.168.1.20", "127.0.0.1:8080", False),
        ("127.0.0.1", "evil.example:8080", False),
        ("127.0.0.1", "", False),
    ],
)
def test_only_the_boxs_own_screen_under_its_own_name_is_given_a_token(client: str, host: str, allowed: bool) -> None:
    assert on_the_box(request_from(client, host)) is allowed


def test_a_phone_on_the_network_sees_no_visitor_and_raises_no_alarm(gatehouse: Gatehouse) -> None:
    pupil = {"host": "192.168.1.5:8080", "accept": "text/html"}  # what a phone would send; its address is not ours
    for method, path in [("GET", "/"), ("GET", "/visits/inside"), ("GET", "/api/live"), ("POST", "/api/alarm/press")]:
        answer = httpx.request(
            method,
            gatehouse.url.rstrip("/") + path,
            headers=pupil,
            json={"id": new_id()} if method == "POST" else None,
            trust_env=False,
        )
        assert answer.status_code == 403, path
        assert "110" in answer.text
        assert "set-cookie" not in answer.headers
    guessed = httpx.get(gatehouse.url, headers=pupil, cookies={"station": TOKEN[:-1]}, trust_env=False)
    assert guessed.status_code == 403
    assert gatehouse.line.presses == []


def test_the_token_cannot_be_read_by_a_script_nor_sent_by_another_site(gatehouse: Gatehouse) -> None:
    cookie = httpx.get(gatehouse.url, trust_env=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_the_token_is_made_once_and_only_its_owner_can_read_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("keys") / "station-token"
    token = station_token(file)
    assert len(token) >= 40
    assert station_token(file) == token
    assert file.stat().st_mode & 0o077 == 0
    assert is_token(token, token)
    assert not is_token(None, token)
    assert not is_token("é", token)


def from_afar(gatehouse: Gatehouse) -> httpx.Client:
    """A browser elsewhere on the school's network, as far as names can tell."""
    headers = {"host": "192.168.1.5:8080", "accept": "text/html"}
    return httpx.Client(base_url=gatehouse.url, headers=headers, trust_env=False)


def test_a_screen_at_another_gate_is_enrolled_by_a_code_and_works_for_that_gate(gatehouse: Gatehouse) -> None:
    code = offer(gatehouse.folder / "enrol", name="西门平板", gate_id="west", clock=gatehouse.deps.clock)
    with from_afar(gatehouse) as tablet:
        assert "登记码" in tablet.get("/").text
        taken = tablet.post("/enrol", data={"code": code})
        assert taken.status_code == 303
        token = taken.cookies["station"]
        tablet.cookies.set("station", token)
        assert "西门" in tablet.get("/").text
        tablet.post("/api/alarm/press", json={"id": new_id()})
        assert tablet.post(f"/visits/{new_id()}", data=VISITOR).status_code == 303
    assert [input_id for _, input_id, _ in gatehouse.line.presses] == ["gate-west-page"]
    assert [visit.gate_id for visit in inside_now(gatehouse.book.path)] == ["west"]
    with from_afar(gatehouse) as another:
        assert another.post("/enrol", data={"code": code}).status_code == 403


def test_an_old_code_and_one_from_before_a_reboot_are_worth_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    old = offer(tmp_path, name="x", gate_id="east", clock=clock)
    clock.advance(seconds=VALID_S + 1)
    assert take(tmp_path, old, clock) is None
    before = offer(tmp_path, name="x", gate_id="east", clock=clock)
    clock.reboot(off_s=1, boot="boot-2")
    assert take(tmp_path, before, clock) is None
    assert take(tmp_path, "../../etc/passwd", clock) is None
    assert list(tmp_path.iterdir()) == []


def test_codes_cannot_be_guessed(gatehouse: Gatehouse) -> None:
    with from_afar(gatehouse) as tablet:
        answers = [tablet.post("/enrol", data={"code": f"{number:08}"}).status_code for number in range(30)]
        code = offer(gatehouse.folder / "enrol", name="x", gate_id="west", clock=gatehouse.deps.clock)
        assert tablet.post("/enrol", data={"code": code}).status_code == 429
    assert answers == [403] * 5 + [429] * 25


def test_a_screen_that_was_let_go_is_a_stranger_again(tmp_path: Path) -> None:
    clock = ManualClock()
    stations = Stations(tmp_path / "stations.sqlite", clock)
    station, token = stations.enrol(name="平板", gate_id="west")
    stations.close()
    reopened = Stations(tmp_path / "stations.sqlite", clock)
    assert reopened.of_token(token) == station
    reopened.end(station.id, by="wang")
    assert reopened.of_token(token) is None
    assert reopened.all() == ()
    assert verify_audit(tmp_path / "stations.sqlite").entries == 2
    assert token.encode() not in (tmp_path / "stations.sqlite").read_bytes()
    reopened.close()


def test_the_alarm_button_stays_when_the_gate_book_cannot_be_read(client: httpx.Client, gatehouse: Gatehouse) -> None:
    book = gatehouse.book.path
    gatehouse.book.close()
    book.write_bytes(b"not a database any more" * 1000)
    shown = client.get("/")
    assert shown.status_code == 200
    assert "登记簿读不出来" in shown.text
    assert 'id="alarm"' in shown.text
    assert client.post("/api/alarm/press", json={"id": new_id()}).status_code == 202


# ── duty ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_guard_signs_on_with_a_pin_and_stands_in_the_book(
    client: httpx.Client, gatehouse: Gatehouse, guards: dict[str, str]
) -> None:
    assert "王师傅" in client.get("/duty").text
    assert client.post("/duty/on", data={"person": guards["wang"], "pin": "739104"}).status_code == 303
    assert "王师傅" in client.get("/").text
    sign_in(client)
    assert [visit.in_guard for visit in inside_now(gatehouse.book.path)] == ["王师傅"]
    client.post("/duty/on", data={"person": guards["li"], "pin": "520861"})
    duty = gatehouse.book.duty.on_duty("box")
    assert duty is not None
    assert duty.name == "李师傅"
    client.post("/duty/off")
    assert gatehouse.book.duty.on_duty("box") is None
    assert verify_audit(gatehouse.book.path).holds


def test_a_pin_of_somebody_else_or_at_the_office_opens_nothing(client: httpx.Client, guards: dict[str, str]) -> None:
    assert client.post("/duty/on", data={"person": guards["wang"], "pin": "520861"}).status_code == 403
    assert client.post("/duty/on", data={"person": new_id(), "pin": "739104"}).status_code == 422
    assert client.post("/login", data={"login": "wang", "password": "739104"}).status_code == 404


GUESSES = range(739_050, 749_050)
"""The right PIN, 739104, comes while the first wait lasts: after a wait it could be the one guess that is looked at."""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_pin_guesses_find_nothing_and_hold_up_no_alarm(
    client: httpx.Client, gatehouse: Gatehouse, guards: dict[str, str]
) -> None:
    answers: list[int] = []

    def guess(first: int) -> None:
        # The plainest client there is: half of the time would otherwise go into making requests.
        guesser = HTTPConnection(urlsplit(gatehouse.url).netloc, timeout=60)
        headers = {"Cookie": f"station={TOKEN}", "Content-Type": "application/x-www-form-urlencoded"}
        for number in GUESSES[first::4]:
            guesser.request("POST", "/duty/on", f"person={guards['wang']}&pin={number:06}", headers)
            answer = guesser.getresponse()
            answer.read()
            answers.append(answer.status)
        guesser.close()

    guessers = [threading.Thread(target=guess, args=(first,)) for first in range(4)]
    for guesser in guessers:
        guesser.start()
    took = []
    for share in range(1, 11):  # a press after each tenth of the guesses
        due = share * len(GUESSES) // 11
        wait_until(partial(lambda due: len(answers) >= due, due), 120)
        begun = time.monotonic()
        assert client.post("/api/alarm/press", json={"id": new_id()}).status_code == 202
        took.append(time.monotonic() - begun)
    for guesser in guessers:
        guesser.join(120)
    assert len(answers) == len(GUESSES)
    assert len(gatehouse.line.presses) == 10
    assert sorted(took)[5] < 2, took
    assert set(answers) == {403, 429}, "none was let in"
    # Four guessers at once; after that each wait lets one more be looked at, and the waits grow.
    assert 4 <= answers.count(403) <= 20, "only few guesses may be looked at"
    assert gatehouse.book.duty.on_duty("box") is None


# ── visits ────────────────────────────────────────────────────────────────────────────────────────────────────────
def sign_in(client: httpx.Client, visit_id: str | None = None, **other: str) -> httpx.Response:
    return client.post(f"/visits/{visit_id or new_id()}", data={**VISITOR, **other})


def test_a_visitor_is_signed_in_and_out(client: httpx.Client, gatehouse: Gatehouse) -> None:
    answer = sign_in(client)
    assert answer.status_code == 303
    assert "已登记进校" in client.get(answer.headers["location"]).text
    (visit,) = inside_now(gatehouse.book.path)
    assert (visit.gate_id, visit.in_guard) == ("east", "未签到")
    leave = re.search(r'action="(/visits/[^"]+/leave/[^"]+)"', client.get("/visits/leave").text)
    assert leave
    assert "已登记离校" in client.post(leave[1], follow_redirects=True).text
    assert inside_now(gatehouse.book.path) == ()


def test_a_double_touch_on_the_form_makes_one_visit(client: httpx.Client, gatehouse: Gatehouse) -> None:
    visit_id = new_id()
    first, second = sign_in(client, visit_id), sign_in(client, visit_id)
    assert first.headers["location"] == second.headers["location"]
    assert len(inside_now(gatehouse.book.path)) == 1


def test_a_double_touch_on_undo_does_not_undo_the_step_before(client: httpx.Client, gatehouse: Gatehouse) -> None:
    sign_in(client)
    (visit,) = inside_now(gatehouse.book.path)
    client.post(f"/visits/{visit.id}/leave/{new_id()}")
    client.post(f"/visits/{visit.id}/undo/out")
    client.post(f"/visits/{visit.id}/undo/out")
    assert inside_now(gatehouse.book.path) == (visit,)


def test_mistakes_are_said_beside_their_field_and_what_was_typed_stays(
    client: httpx.Client, gatehouse: Gatehouse
) -> None:
    answer = sign_in(client, host="", phone="12", organisation="某公司")
    assert answer.status_code == 422
    assert 'id="host-error"' in answer.text
    assert 'id="phone-error"' in answer.text
    assert 'value="某公司"' in answer.text
    assert inside_now(gatehouse.book.path) == ()


def test_a_card_that_does_not_check_can_be_taken_with_a_reason(client: httpx.Client, gatehouse: Gatehouse) -> None:
    wrong = {"document_kind": "identity_card", "document_number": "110105194912310021"}
    answer = sign_in(client, **wrong)
    assert answer.status_code == 422
    assert 'name="document_note"' in answer.text
    assert sign_in(client, **wrong, document_note="老证件，已核对").status_code == 303


def test_one_who_is_still_inside_is_offered_to_be_signed_out_first(client: httpx.Client) -> None:
    sign_in(client)
    answer = sign_in(client)
    assert answer.status_code == 409
    assert "此人已在校内" in answer.text


@pytest.mark.parametrize("field", ["name", "host", "reason_other", "organisation", "carried", "plate"])
def test_hostile_text_stays_text_on_every_page(client: httpx.Client, field: str) -> None:
    answer = sign_in(client, **{field: HOSTILE})
    assert answer.status_code in {303, 422}
    for path in ["/", "/visits/new", "/visits/leave", "/visits/inside", answer.headers.get("location", "/")]:
        assert "<script>alert" not in client.get(path).text
    assert "<script>alert" not in answer.text


def test_numbers_of_past_visitors_are_masked_in_the_list(client: httpx.Client, gatehouse: Gatehouse) -> None:
    sign_in(client)
    (visit,) = inside_now(gatehouse.book.path)
    client.post(f"/visits/{visit.id}/leave/{new_id()}")
    shown = client.get("/visits/new").text
    assert "138****0001" in shown
    assert "13800000001" not in shown


NOBODYS_ID = "01a2009e-3fa8-7468-97f7-4b40b2ab5cd5"


@pytest.mark.parametrize(
    "path", ["/visits/nonsense/done", f"/visits/{NOBODYS_ID}/done", "/alarm/nonsense", f"/alarm/{NOBODYS_ID}"]
)
def test_what_is_not_there_is_said_kindly(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "返回首页" in answer.text


def test_the_day_list_keeps_an_undone_entry(client: httpx.Client, gatehouse: Gatehouse) -> None:
    sign_in(client)
    (visit,) = inside_now(gatehouse.book.path)
    client.post(f"/visits/{visit.id}/undo/in")
    today = beijing_day(gatehouse.deps.clock.utc_ns())
    assert len(visits_of_day(gatehouse.book.path, today)) == 1
    assert "已撤销" in client.get("/visits/inside").text


# ── the alarm ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_press_is_passed_on_with_the_input_of_this_screen(client: httpx.Client, gatehouse: Gatehouse) -> None:
    press_id = new_id()
    answers = [client.post("/api/alarm/press", json={"id": press_id}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["alarm_id"] for answer in answers}) == 1
    assert {(press, input_id) for press, input_id, _ in gatehouse.line.presses} == {(press_id, INPUT.id)}


def test_a_press_without_script_leads_to_a_page_with_the_steps(client: httpx.Client) -> None:
    action = re.search(r'action="(/alarm/[^"]+)"', client.get("/").text)
    assert action
    shown = client.post(action[1], follow_redirects=True)
    assert "接警中心已收到" in shown.text


def test_a_press_with_a_bad_id_is_refused(client: httpx.Client, gatehouse: Gatehouse) -> None:
    for bad in [{}, {"id": "x"}, {"id": new_id(), "more": 1}]:
        assert client.post("/api/alarm/press", json=bad).status_code == 422
    assert gatehouse.line.presses == []


# ── looking for somebody who came before ──────────────────────────────────────────────────────────────────────────
def test_a_past_visitor_is_found_and_a_stranger_is_offered_a_form_with_what_was_typed(
    client: httpx.Client, gatehouse: Gatehouse
) -> None:
    sign_in(client)
    (visit,) = inside_now(gatehouse.book.path)
    assert "还在校内" in client.get("/visits/new", params={"q": "zs"}).text
    client.post(f"/visits/{visit.id}/leave/{new_id()}")
    assert f"again={visit.id}" in client.get("/visits/new", params={"q": "0001"}).text
    stranger = client.get("/visits/new", params={"q": "11010519491231002X"})
    assert "没有找到来过的人" in stranger.text
    form = client.get("/visits/form", params={"typed": "11010519491231002X"})
    assert 'value="11010519491231002X"' in form.text
    hostile = client.get("/visits/new", params={"q": HOSTILE})
    assert "<script>alert" not in hostile.text


def test_the_count_of_visitors_on_every_page_unseals_nobody(
    gatehouse: Gatehouse, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        client.post(f"/visits/{new_id()}", data=VISITOR | {"name": f"访{number}", "phone": f"1380000{number:04}"})
    unsealed: list[str] = []

    def counted(key: bytes, sealed: bytes, place: str) -> bytes:
        unsealed.append(place)
        return unseal(key, sealed, place)

    monkeypatch.setattr("gate.query.unseal", counted)
    assert '<b class="figure">5</b>' in client.get("/duty").text
    assert unsealed == []
    assert "访0" in client.get("/").text
    assert len(unsealed) == 1, "the idle page names one visitor, and unseals that one"
