"""Stills of a real agent that records simulated cameras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from config.settings import read_settings
from edge_agent.stills.still import Still, StillError, StillSource
from edge_agent.stills.stills import Stills
from foundation.clock import NS_PER_S, SystemClock
from foundation.state import StateDirectory
from tests.edge_agent.still_box import size_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.process


def test_now_comes_from_the_growing_file_and_from_the_camera_where_there_is_none(
    agent: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPUS_CAMERA_PASSWORD", agent.password)
    agent.start()
    settings = read_settings(agent.settings_file)
    point = settings.points[0].id
    clock = SystemClock()
    stills = Stills(settings, StateDirectory(agent.state), clock)

    def look(source: StillSource) -> Still | None:
        try:
            still = stills.still(point)
        except StillError:
            return None
        return still if still.source is source else None

    still = wait_until(lambda: look(StillSource.FOOTAGE), what="a still from the recording")
    assert still is not None
    assert size_of(still.jpeg) == (320, 180)
    assert 0 <= still.age_s < 15
    assert abs(clock.utc_ns() - still.shows_utc_ns) < 20 * NS_PER_S

    without_footage = StateDirectory(tmp_path / "other").create()
    cameras = apsw.Connection(str(agent.state / "cameras.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    cameras.execute("VACUUM INTO ?", (str(without_footage.database("cameras")),))  # one moment, while it is written
    cameras.close()
    asked = Stills(settings, without_footage, clock).still(point)
    assert asked.source is StillSource.CAMERA
    assert size_of(asked.jpeg)[0] > 0
    assert asked.age_s < 5
