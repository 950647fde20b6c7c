"""Places are clicked in a camera's picture and on the plan, in a real browser, and give its pose."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

from camera.coverage.calibration import Click, calibrate
from camera.coverage.click_page import PictureRefusedError, click_page
from config.plan import Plan
from tests.camera.coverage.conftest import camera
from tests.camera.coverage.test_calibration import clicks_of

POSE = camera(108, 18, 90)


def still(folder: Path, width: int, height: int) -> Path:
    file = folder / "still.png"
    cv2.imwrite(str(file), np.full((height, width, 3), 90, np.uint8))
    return file


@pytest.mark.browser
def test_four_pairs_of_clicks_become_a_file_that_calibrates(
    browser: Browser, example_plan: Plan, tmp_path: Path
) -> None:
    # The still is smaller than the stream: clicks count in the stream's pixels.
    page_file = tmp_path / "clicks.html"
    page_file.write_text(
        click_page(example_plan, still(tmp_path, 960, 540), point_id="gate", name="东门", pose=POSE), encoding="utf-8"
    )
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(page_file.as_uri())
    picture, plan = page.locator("#picture img"), page.locator("#plan")
    true = POSE.model_copy(update={"azimuth_deg": 100.0, "tilt_deg": 25.0})
    on_plan = [click for click in clicks_of(true, 40, Random(3)) if 0 < click.x_m < 124 and 0 < click.y_m < 80]
    clicks = on_plan[:5]
    for click in clicks:
        box = picture.bounding_box()
        assert box is not None
        across, down = click.u_px / POSE.width_px * box["width"], click.v_px / POSE.height_px * box["height"]
        picture.click(position={"x": across, "y": down})
        x, y = plan.evaluate(
            "(svg, at) => { const p = new DOMPoint(...at).matrixTransform(svg.getScreenCTM()); return [p.x, p.y]; }",
            [click.x_m, -click.y_m],
        )
        page.mouse.click(x, y)
    page.get_by_role("button", name="删除").last.click()
    assert page.locator("tbody tr").count() == 4
    with page.expect_download() as download:
        page.get_by_role("button", name="保存").click()
    rows = json.loads(Path(download.value.path()).read_text())
    assert errors == []
    context.close()
    told = [Click(u_px=u, v_px=v, x_m=x, y_m=y, z_m=z) for u, v, x, y, z in rows]
    for one, other in zip(told, clicks, strict=False):
        assert (one.u_px, one.v_px) == pytest.approx((other.u_px, other.v_px), abs=4)
        assert (one.x_m, one.y_m) == pytest.approx((other.x_m, other.y_m), abs=0.3)
    assert calibrate(told, POSE).pose.azimuth_deg == pytest.approx(100, abs=3)


def test_places_on_an_upper_floor_begin_at_that_floor_s_height(example_plan: Plan, tmp_path: Path) -> None:
    upstairs = camera(25, 41.5, 90, height_m=6.0)
    page = click_page(example_plan, still(tmp_path, 1920, 1080), point_id="c", name="二楼", pose=upstairs)
    assert "floor_m = 3.6" in page


def test_a_picture_that_is_not_the_stream_s_is_refused(example_plan: Plan, tmp_path: Path) -> None:
    for file, said in (
        (still(tmp_path, 640, 480), "another shape"),
        (tmp_path / "none.png", "cannot be read"),
        (tmp_path / "still.gif", "PNG or JPEG"),
    ):
        with pytest.raises(PictureRefusedError, match=said):
            click_page(example_plan, file, point_id="gate", name="东门", pose=POSE)
