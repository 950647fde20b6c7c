"""The recorder role as a whole: how all its points end."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import NoReturn

import pytest
import structlog

from camera.stream import StreamEnded, StreamSource
from config.settings import Settings
from foundation.clock import SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.service import Ending, run_until_signal
from storage.role import recorder_role
from tests.support.waiting import WAIT_AT_MOST_S

POINTS = ("gate", "hall", "yard")


def settings(volume: Path) -> Settings:
    return Settings.model_validate(
        {
            "campus": {"id": "c", "name": "n", "address": "a", "gatehouse_phone": "110"},
            "devices": tuple({"id": point, "name": point, "address": "http://127.0.0.1/"} for point in POINTS),
            "points": tuple(
                {"id": point, "name": point, "device": point, "volume": "main", "retention": "standard"}
                for point in POINTS
            ),
            "volumes": ({"id": "main", "path": volume, "own_disk": False, "reserve_bytes": 64 * 1024**2},),
            "retention": ({"id": "standard", "keep_days": 90},),
            "pages": {"gatehouse": {"port": 1}, "office": {"port": 2}},
        }
    )


def test_recorders_at_mute_cameras_are_all_asked_to_end_before_the_first_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = Ending()
    trying = threading.Barrier(len(POINTS), action=end.set)
    all_asked = threading.Barrier(len(POINTS))

    def mute(source: StreamSource, clock: SystemClock, *, audio: bool, ending: threading.Event) -> NoReturn:
        trying.wait(WAIT_AT_MOST_S)
        ending.wait()
        all_asked.wait(WAIT_AT_MOST_S)
        raise StreamEnded(source.url)

    monkeypatch.setattr("storage.recorder.RtspStream", mute)
    clock = SystemClock()
    services = recorder_role(
        settings(tmp_path / "main"),
        catalogue_path=tmp_path / "catalogue.sqlite",
        clock=clock,
        findings=FindingBoard(Journal.open(tmp_path / "journal.sqlite", clock), clock),
        stream_source=lambda point: StreamSource(device=point, url=f"rtsp://{point}/"),
        may_try=lambda _: True,
    )
    with structlog.testing.capture_logs() as told:
        run_until_signal(services, stop=end)
    assert [line for line in told if line["log_level"] == "error"] == []
    assert not any(service.alive for service in services)
