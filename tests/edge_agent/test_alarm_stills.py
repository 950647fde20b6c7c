"""Pictures of an alarm's points: taken when it is told, kept for themselves, found again by the press."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_agent.alarm_stills import KEPT_DAYS, AlarmStills
from edge_agent.stills.still import CameraSilent, NoFootageThen, Still, StillSource
from foundation.clock import NS_PER_S, ManualClock
from foundation.journal import read_entries
from tests.alarms.parts import LineParts, request

NS_PER_MS = 1_000_000


class Camera:
    """Stands for Stills.still: footage, else the camera, else nothing."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.footage = True
        self.live = True
        self.asked: list[tuple[str, int | None]] = []

    def still(self, point: str, at_utc_ns: int | None = None, *, largest_px: int | None = None) -> Still:
        self.asked.append((point, at_utc_ns))
        if at_utc_ns is not None and not self.footage:
            raise NoFootageThen(point)
        if at_utc_ns is None and not self.live:
            raise CameraSilent(point)
        shows = (at_utc_ns or self.clock.utc_ns()) - NS_PER_S
        jpeg = b"then" if at_utc_ns else b"now"
        return Still(jpeg=jpeg, shows_utc_ns=shows, age_s=1, source=StillSource.FOOTAGE)


def pressed(tmp_path: Path) -> tuple[AlarmStills, Camera, LineParts, int]:
    clock = ManualClock()
    camera = Camera(clock)
    parts = LineParts(tmp_path / "alarms.sqlite", clock).start()
    parts.line.press(request("east"))
    return AlarmStills(tmp_path / "stills", camera.still, clock), camera, parts, clock.utc_ns()


def take(stills: AlarmStills, parts: LineParts) -> None:
    for entry in read_entries(parts.path, after=0):
        stills.take(entry)


def test_the_picture_of_the_press_is_kept_once_and_stays_when_the_footage_is_gone(tmp_path: Path) -> None:
    stills, camera, parts, at_ns = pressed(tmp_path)
    take(stills, parts)
    take(stills, parts)
    assert camera.asked == [("gate-east", at_ns)]
    camera.footage = camera.live = False
    kept = stills.still("gate-east", at_ns // NS_PER_MS * NS_PER_MS)
    assert (kept.jpeg, kept.shows_utc_ns // NS_PER_MS) == (b"then", (at_ns - NS_PER_S) // NS_PER_MS)
    with pytest.raises(NoFootageThen):
        stills.still("gate-east", at_ns + NS_PER_S)
    with pytest.raises(NoFootageThen):
        stills.still("../gate-east", at_ns)
    parts.close()


def test_without_footage_the_camera_is_asked_and_without_both_the_page_tries_again_later(tmp_path: Path) -> None:
    stills, camera, parts, at_ns = pressed(tmp_path)
    camera.footage = camera.live = False
    take(stills, parts)
    camera.live = True
    take(stills, parts)
    assert stills.still("gate-east", at_ns).jpeg == b"now"
    parts.close()


def test_pictures_older_than_a_year_go_with_the_next_alarm(tmp_path: Path) -> None:
    stills, camera, parts, at_ns = pressed(tmp_path)
    (tmp_path / "stills").mkdir()
    old, young = tmp_path / "stills" / "gate-east.1.1.jpg", tmp_path / "stills" / "gate-east.2.2.jpg"
    for file, days in ((old, KEPT_DAYS + 1), (young, KEPT_DAYS - 1)):
        file.write_bytes(b"x")
        stamp = at_ns / NS_PER_S - days * 86_400
        os.utime(file, (stamp, stamp))
    take(stills, parts)
    assert (old.exists(), young.exists(), len(camera.asked)) == (False, True, 1)
    parts.close()
