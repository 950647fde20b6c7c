"""The gate page over HTTP: who may use it, what a visit becomes, what a press becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import Request

from edge_agent.pages.station import is_token, station_token
from foundation.clock import beijing_day
from foundation.ids import new_id
from gate.query import inside_now, visits_of_day
from tests.pages.conftest import INPUT, TOKEN, Gatehouse
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


# ── visits ────────────────────────────────────────────────────────────────────────────────────────────────────────
def sign_in(client: httpx.Client, visit_id: str | None = None, **other: str) -> httpx.Response:
    return client.post(f"/visits/{visit_id or new_id()}", data={**VISITOR, **other})


def test_a_visitor_is_signed_in_and_out(client: httpx.Client, gatehouse: Gatehouse) -> None:
    answer = sign_in(client)
    assert answer.status_code == 303
    assert "已登记进校" in client.get(answer.headers["location"]).text
    (visit,) = inside_now(gatehouse.book.path)
    assert (visit.gate_id, visit.in_guard) == ("east", "王师傅")
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


@pytest.mark.parametrize(
    "path", ["/visits/nonsense/done", f"/visits/{new_id()}/done", "/alarm/nonsense", f"/alarm/{new_id()}"]
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


def test_false_alarm_is_told_and_the_alarm_stays(client: httpx.Client, gatehouse: Gatehouse) -> None:
    alarm_id = client.post("/api/alarm/press", json={"id": new_id()}).json()["alarm_id"]
    assert client.post(f"/api/alarm/{alarm_id}/call-off").status_code == 202
    assert gatehouse.line.called_off == [alarm_id]
    assert client.get(f"/api/alarm/{alarm_id}").json()["id"] == alarm_id
