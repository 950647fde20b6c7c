"""Footage in a real Chromium: it plays, seeks over segments and gaps, follows the camera, and lets no name run."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from camera.stream import TICKS_PER_S, Frame
from foundation.clock import NS_PER_S, ManualClock
from tests.pages.footage_office import HOSTILE, PASSWORD, Office, recorded, serve
from tests.storage import clip_files
from tests.storage.box import MIDNIGHT_NS, frames_of, make_box, volume
from tests.support.browser import Watch, watched
from tests.support.waiting import WAIT_AT_MOST_S, wait_until

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("CAMPUS_PICTURES")
SHAPES = {"wide": (1280, 800), "upright": (800, 1280)}


@contextmanager
def opened(
    browser: Browser, office: Office, path: str, *, login: str = "li", shape: str = "wide"
) -> Iterator[tuple[Page, Watch]]:
    width, height = SHAPES[shape]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.add_cookies([{"name": "session", "value": office.token(login), "url": office.url}])
    page = context.new_page()
    watch = watched(page, office.url)
    page.goto(office.url.rstrip("/") + path)
    try:
        yield page, watch
    finally:
        context.close()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=False)


def value(page: Page, expression: str) -> Any:
    return page.evaluate(f"(() => {{ const film = document.getElementById('film'); return {expression}; }})()")


def until(page: Page, expression: str, *, timeout_s: float = WAIT_AT_MOST_S) -> None:
    # Not page.wait_for_function: it evaluates strings inside the page, which the page's own policy forbids.
    wait_until(lambda: value(page, expression), timeout_s, what=expression)


def test_a_film_plays_and_seeks_across_segments_and_a_gap(browser: Browser, footage: Office) -> None:
    path = footage.look(footage.client())
    with opened(browser, footage, path) as (page, watch):
        until(page, "film.readyState >= 3")
        assert value(page, "film.duration") == pytest.approx(105, abs=0.2)
        assert value(page, "film.videoWidth") > 0
        value(page, "film.play()")
        until(page, "film.currentTime > 1 && !film.paused")
        for target in (70, 97, 12.5):  # the second segment, behind the gap, back in the first
            value(page, f"(film.currentTime = {target}, film.play())")  # it may have come to its end meanwhile
            until(page, f"!film.seeking && film.readyState >= 3 && film.currentTime >= {target}")
            until(page, f"film.currentTime > {target} + 0.4")
        picture(page, "player")
        value(page, "(film.currentTime = 74, film.play())")  # runs into the gap of 20 s and passes over it
        until(page, "film.currentTime >= 95 && !film.seeking && film.readyState >= 3")
        until(page, "film.currentTime > 96")
        played = "Array.from(film.played, (_, n) => [film.played.start(n), film.played.end(n)])"
        assert not [each for each in value(page, played) if each[0] < 90 < each[1]], "the gap was played"
        assert value(page, "film.error") is None
        assert not watch.errors
        assert not watch.outside


def test_a_click_on_the_bar_jumps_there_and_out_of_a_gap(browser: Browser, footage: Office) -> None:
    path = footage.look(footage.client())
    with opened(browser, footage, path) as (page, watch):
        until(page, "film.readyState >= 3")
        # A page that renews itself puts another bar in the place of the one just found.
        box = wait_until(lambda: page.locator("#bar").bounding_box(), what="the bar")
        assert box is not None
        for share, seconds in ((0.5, 52.5), (0.8, 95.0)):  # 0.8 lies in the gap, which ends at 95 s
            page.locator("#bar").click(position={"x": box["width"] * share, "y": box["height"] * 0.4})
            until(page, f"!film.seeking && Math.abs(film.currentTime - {seconds}) < 1.5")
        expect(page.locator("#shown")).to_contain_text("00:02:25")
        assert not watch.errors


def test_the_asked_moment_is_shown_though_the_film_begins_with_its_segment(browser: Browser, footage: Office) -> None:
    answer = footage.client().post("/footage/gate/look", data=footage.form(30, 60))
    with opened(browser, footage, answer.headers["location"]) as (page, _):
        until(page, "film.readyState >= 3 && film.currentTime > 0")
        start_ms = int(page.get_attribute("#film", "data-start-ms") or 0)
        assert value(page, "film.currentTime") == pytest.approx((footage.start_ms + 30_000 - start_ms) / 1000, abs=0.1)


def test_what_the_browser_cannot_decode_is_said(browser: Browser, tmp_path: Path) -> None:
    clip = clip_files.synthetic(tmp_path / "h265.clip", codec="h265")
    clock = ManualClock(now_utc_ns=MIDNIGHT_NS + 50 * NS_PER_S, now_running_ns=5 * NS_PER_S)
    box = make_box(tmp_path, clock, [volume(tmp_path), volume(tmp_path, "spare")])
    office = serve(box, recorded(box, clip, seconds=6), tmp_path / "office")
    try:
        with opened(browser, office, office.look(office.client())) as (page, _):
            decodes = page.evaluate("MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L60.90\"')")
            said = page.get_by_text("这个浏览器放不了这种视频")
            if decodes:
                expect(said).to_be_hidden()
            else:
                expect(said).to_be_visible()
                expect(page.get_by_text("录像放不出来")).to_be_hidden()
                picture(page, "h265")
                page.get_by_role("button", name="导出这一段").click()
                page.wait_for_url("**/exports")
                expect(page.get_by_text("排队中")).to_be_visible()
    finally:
        office.close()
        box.catalogue.close()


@contextmanager
def going_on(office: Office, clip: Path) -> Iterator[None]:
    """Recording in real time until the block ends."""
    ended, box = threading.Event(), office.box
    run, frames = box.run(), frames_of(clip)

    def record() -> None:
        index = 0
        while not ended.wait(0.04):
            source = frames[index % len(frames)]
            ticks = index * TICKS_PER_S // 25
            run.take(Frame(ticks, source.keyframe, source.data, source.format, box.clock.running_ns()))
            box.clock.advance(seconds=0.04)
            index += 1

    recorder = threading.Thread(target=record)
    recorder.start()
    try:
        yield
    finally:
        ended.set()
        recorder.join()
        run.end("asked")


def test_the_live_picture_follows_the_camera(browser: Browser, footage: Office, h264_clip: Path) -> None:
    path = footage.client().post("/footage/gate/live", data={"reason": "看放学秩序"}).headers["location"]
    with going_on(footage, h264_clip), opened(browser, footage, path) as (page, watch):
        until(page, "film.readyState >= 3 && film.currentTime > 0")
        first = value(page, "film.currentTime")
        until(page, f"film.currentTime > {first} + 4")
        expect(page.locator("[data-state=live]")).to_be_visible()
        behind = value(page, "film.buffered.end(film.buffered.length - 1) - film.currentTime")
        assert behind < 6.5
        until(page, "Number(document.getElementById('behind').textContent) <= 8")
        picture(page, "live")
        assert not watch.errors
    assert footage.log.latest()[0].reason == "看放学秩序"


def test_a_stretch_is_chosen_by_dragging_and_leads_to_the_film(browser: Browser, footage: Office) -> None:
    with opened(browser, footage, "/footage/gate") as (page, watch):
        # A page that renews itself puts another bar in the place of the one just found.
        box = wait_until(lambda: page.locator("#bar").bounding_box(), what="the bar")
        assert box is not None
        bar, y = page.locator("#bar"), box["height"] * 0.4
        bar.drag_to(bar, source_position={"x": 0.5, "y": y}, target_position={"x": 40, "y": y})
        assert page.input_value("#from").startswith("00:00")
        assert page.input_value("#to") > "00:20"
        page.fill("#reason", f"核实 {HOSTILE}")
        picture(page, "day")
        page.get_by_role("button", name="回放").click()
        page.wait_for_url("**/footage/looks/**")
        assert HOSTILE in page.inner_text("main")
        assert not watch.errors


@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("path", ["/footage", "/footage/gate", "/exports", "/access"])
def test_every_page_fits_and_runs_nothing_hostile(browser: Browser, footage: Office, path: str, shape: str) -> None:
    li = footage.client()
    li.post("/footage/gate/hold", data={**footage.form(), "reason": HOSTILE * 3})
    li.post("/exports", data={**footage.form(), "reason": HOSTILE, "point-gate": "yes"})
    footage.look(li)
    footage.heard.poll()
    footage.desk.work_one()
    with opened(browser, footage, path, login="shen" if path == "/access" else "li", shape=shape) as (page, watch):
        assert HOSTILE in page.inner_text("main")
        assert page.evaluate("document.documentElement.scrollWidth") <= SHAPES[shape][0]
        picture(page, f"{path.strip('/').replace('/', '-')}-{shape}")
        assert not watch.errors
        assert not watch.outside


@pytest.mark.parametrize("shape", SHAPES)
def test_two_persons_choose_on_the_page_of_the_disks(browser: Browser, footage: Office, shape: str) -> None:
    with opened(browser, footage, "/footage", shape=shape) as (page, watch):
        picture(page, f"footage-undecided-{shape}")
        page.get_by_role("link", name="看存得下几天，再决定").click()
        expect(page.get_by_text("还没有人决定。")).to_be_visible()
        picture(page, f"volumes-{shape}")
        page.locator("input[value=overwrite]").check()
        page.get_by_label("为什么这样决定").fill("下学期才能加盘")
        page.get_by_role("button", name="就这样定").click()
        expect(page.get_by_text("覆盖要两个人决定")).to_be_visible()
        picture(page, f"volumes-refused-{shape}")
        page.get_by_label("第二个人的账号").fill("zhao")
        page.get_by_label("第二个人的密码").fill(PASSWORD)
        page.get_by_role("button", name="就这样定").click()
        expect(page.get_by_text("已交给录像程序")).to_be_visible()
        footage.heard.poll()
        page.goto(footage.url.rstrip("/") + "/volumes")
        expect(page.get_by_text("李老师（li）、赵校长（zhao）")).to_be_visible()
        picture(page, f"volumes-chosen-{shape}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert [error for error in watch.errors if "422" not in error] == []
        assert not watch.outside
