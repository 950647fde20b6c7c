"""Exports: asked for with a reason, made one after the other, whole or gone, each file that leaves in the log."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from edge_agent.access_log import AccessKind, Who
from edge_agent.exports import ExportDesk, ExportState, NoRoomError
from tests.pages.footage_office import HOSTILE, KEY, Office
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.signature import PinnedKeys

LI = Who("li", "李老师")


def order(office: Office, first_s: float = 0, last_s: float = 100) -> str:
    answer = office.client().post(
        "/exports", data={**office.form(first_s, last_s, f"案件 {HOSTILE}"), "point-gate": "yes"}
    )
    assert answer.status_code == 303, answer.text
    return office.desk.rows()[0].access.id


def state_of(desk: ExportDesk, export_id: str) -> ExportState:
    return next(row.state for row in desk.rows() if row.access.id == export_id)


def test_an_export_is_made_signed_logged_and_downloaded(footage: Office) -> None:
    export_id = order(footage, 1.5, 60)
    assert state_of(footage.desk, export_id) is ExportState.WAITING
    footage.desk.start()
    wait_until(lambda: state_of(footage.desk, export_id) is ExportState.READY, what="the export")
    li = footage.client()
    page = li.get("/exports").text
    assert "可下载" in page
    assert HOSTILE not in page
    manifest = json.loads(li.get(f"/exports/{export_id}/manifest.json").content)
    assert PinnedKeys.of([KEY.public_key]).verify(manifest) == KEY.key_id
    assert (manifest["person"], manifest["reason"]) == ("李老师（li）", f"案件 {HOSTILE}")
    film = li.get(f"/exports/{export_id}/gate.mp4")
    assert hashlib.sha256(film.content).hexdigest() == manifest["films"][0]["sha256"]
    assert "attachment" in film.headers["content-disposition"]
    part = li.get(f"/exports/{export_id}/gate.mp4", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, film.content[100:200])
    whole = zipfile.ZipFile(io.BytesIO(li.get(f"/exports/{export_id}/all.zip").content))
    assert whole.testzip() is None
    assert {name.rpartition("/")[2] for name in whole.namelist()} == {"gate.mp4", "manifest.json", "check.html"}
    taken = [entry for entry in footage.log.latest() if entry.kind is AccessKind.DOWNLOAD]
    assert sorted(entry.reason for entry in taken) == ["all.zip", "gate.mp4", "manifest.json"]
    assert {entry.about for entry in taken} == {export_id}
    assert footage.log.verify().holds


@pytest.mark.browser
def test_the_page_that_goes_with_it_finds_a_changed_byte_in_a_browser(
    footage: Office, browser: Browser, tmp_path: Path
) -> None:
    export_id = order(footage)
    footage.desk.work_one()
    folder = tmp_path / "on the police officer's computer"
    zipfile.ZipFile(io.BytesIO(footage.client().get(f"/exports/{export_id}/all.zip").content)).extractall(folder)
    [checker], [film] = folder.glob("*/check.html"), folder.glob("*/gate.mp4")
    page = browser.new_page()
    page.goto(checker.as_uri())
    page.wait_for_selector("body[data-signature=good]")
    assert HOSTILE in page.inner_text("#about")
    page.set_input_files("#files", str(film))
    page.wait_for_selector("td[data-result=good]")
    data = bytearray(film.read_bytes())
    data[-1000] ^= 1
    changed = tmp_path / "changed" / film.name
    changed.parent.mkdir()
    changed.write_bytes(data)
    page.set_input_files("#files", str(changed))
    page.wait_for_selector("td[data-result=bad]")
    page.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"point-gate": None}, "请选择点位"),
        ({"reason": ""}, "请写明为什么查看"),
        ({"to": "2026-11-22T00:00:00"}, "一次最多 24 小时"),
        ({"from": "2026-11-01T00:00", "to": "2026-11-01T01:00"}, "没有可以导出的录像"),
    ],
)
def test_what_is_not_right_is_said_and_nothing_is_ordered(
    footage: Office, change: dict[str, str | None], says: str
) -> None:
    form = {**footage.form(), "point-gate": "yes", **change}
    answer = footage.client().post("/exports", data={name: text for name, text in form.items() if text is not None})
    assert (answer.status_code, says in answer.text) == (422, True)
    assert footage.desk.rows() == []
    assert footage.log.latest() == []


def test_without_room_on_the_disk_nothing_is_begun(footage: Office) -> None:
    footage.free_bytes[0] = 10**9
    answer = footage.client().post("/exports", data={**footage.form(), "point-gate": "yes"})
    assert (answer.status_code, "磁盘空间不够" in answer.text) == (422, True)
    with pytest.raises(NoRoomError):
        footage.desk.order(LI, ["gate"], (footage.start_ms, footage.start_ms + 1000), "x")
    footage.free_bytes[0] = 10**12
    export_id = order(footage)
    footage.free_bytes[0] = 10**9  # gone meanwhile
    footage.desk.work_one()
    (row,) = footage.desk.rows()
    assert (row.access.id, row.state, row.trouble) == (export_id, ExportState.FAILED, "NoRoomError")
    assert "磁盘空间不够" in footage.client().get("/exports").text


def test_a_person_stops_one_that_waits_or_is_being_made_and_nothing_of_it_stays(
    footage: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = order(footage), order(footage)
    li = footage.client()
    assert li.post(f"/exports/{second}/stop").status_code == 303
    assert state_of(footage.desk, second) is ExportState.STOPPED
    begun, go_on = threading.Event(), threading.Event()
    make = footage.desk._make

    def slow(*arguments: object) -> object:
        begun.set()
        assert go_on.wait(WAIT_AT_MOST_S)
        return make(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(footage.desk, "_make", slow)
    footage.desk.start()
    assert begun.wait(WAIT_AT_MOST_S)
    assert state_of(footage.desk, first) is ExportState.WORKING
    assert "正在导出" in li.get("/exports").text
    li.post(f"/exports/{first}/stop")
    go_on.set()
    wait_until(lambda: state_of(footage.desk, first) is ExportState.STOPPED, what="the stop")
    assert list((footage.folder / "exports").iterdir()) == []


def test_the_end_of_the_role_does_not_lose_an_order(footage: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    export_id = order(footage)
    footage.desk.stopping.set()
    footage.desk.work_one()
    assert state_of(footage.desk, export_id) is ExportState.WAITING
    assert list((footage.folder / "exports").iterdir()) == []


def test_a_kill_between_film_and_row_ends_in_one_whole_export(footage: Office) -> None:
    export_id = order(footage)
    footage.desk.work_one()
    with footage.log.database.transaction() as transaction:
        transaction.execute("UPDATE export SET state = 'working'")
    (footage.folder / "exports" / "rest.part").mkdir()
    footage.desk._clear_unfinished()
    footage.desk.work_one()
    assert state_of(footage.desk, export_id) is ExportState.READY
    assert [path.name for path in (footage.folder / "exports").iterdir()] == [export_id]


def test_exports_are_removed_after_seven_days_and_not_before(footage: Office) -> None:
    export_id = order(footage)
    footage.desk.work_one()
    folder = footage.folder / "exports" / export_id
    footage.box.clock.advance(days=6.99)
    assert (footage.desk.remove_old(), folder.exists()) == (0, True)
    footage.box.clock.advance(days=0.02)
    assert (footage.desk.remove_old(), folder.exists()) == (1, False)
    li = footage.client()
    assert "已过期删除" in li.get("/exports").text
    assert li.get(f"/exports/{export_id}/gate.mp4").status_code == 404
    assert footage.log.verify().holds


@pytest.mark.parametrize("name", ["..", "../access.sqlite", "%2e%2e%2faccess.sqlite", "nothing.mp4"])
def test_only_the_exports_own_files_can_be_taken(footage: Office, name: str) -> None:
    export_id = order(footage)
    footage.desk.work_one()
    answer = footage.client().get(f"/exports/{export_id}/{name}")
    assert answer.status_code in (404, 405) or answer.url.path == "/exports"
    assert b"SQLite" not in answer.content


def test_a_guard_or_auditor_takes_nothing_away(footage: Office) -> None:
    export_id = order(footage)
    footage.desk.work_one()
    for login in ("wang", "shen"):
        client = footage.client(login)
        for path in ("/exports", f"/exports/{export_id}/gate.mp4", f"/exports/{export_id}/all.zip"):
            assert client.get(path).status_code == 403
    assert [entry.kind for entry in footage.log.latest()] == [AccessKind.EXPORT]
