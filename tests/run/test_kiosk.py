"""The browser of a screen: systemd takes its unit, and with its flags an alarm is heard before anybody touched it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import QUIET
from tests.support.programs import require_program

_PAGE = """data:text/html,<script>
const sound = new AudioContext(), say = () => { document.title = sound.state; };
sound.onstatechange = say;
setTimeout(() => { if (sound.state === "suspended") document.title = "silent"; }, 500);
</script>"""


def test_the_unit_of_a_screen_is_one_that_systemd_accepts(root: Path, tmp_path: Path) -> None:
    require_program("chromium")  # named in the unit, and looked for
    unit = shutil.copy(root / "deploy/kiosk/campus-screen@.service", tmp_path / "campus-screen@gate.service")
    analysed = subprocess.run(
        [require_program("systemd-analyze", "systemd"), "verify", "--user", unit],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (analysed.returncode, analysed.stderr) == (0, "")


@pytest.mark.browser
def test_a_screen_started_so_sounds_before_anybody_touches_it(root: Path, browser: Browser) -> None:
    unit = (root / "deploy/kiosk/campus-screen@.service").read_text(encoding="utf-8")
    flags = re.findall(r"--autoplay-policy=\S+", unit)
    for more, heard in (([], "silent"), (flags, "running")):
        program = str(require_program("chromium"))
        started = browser.browser_type.launch(executable_path=program, args=[*QUIET, *more])
        page = started.new_page()
        page.goto(_PAGE)
        expect(page).to_have_title(heard)
        started.close()
