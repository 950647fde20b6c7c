from __future__ import annotations

import socket
from pathlib import Path

import pytest

from foundation.service import Ending, Service, ServiceFailedError, notify, run_until_signal


class Steady(Service):
    def __init__(self, name: str, events: list[str]) -> None:
        super().__init__(name)
        self._events = events

    def _loop(self) -> None:
        self._events.append(f"{self.name} runs")
        self.stopping.wait()

    def close(self) -> None:
        super().close()
        self._events.append(f"{self.name} closed")


class Ender(Steady):
    def __init__(self, name: str, events: list[str], stop: Ending) -> None:
        super().__init__(name, events)
        self._stop = stop

    def start(self) -> None:
        self._stop.set()
        super().start()


class Broken(Steady):
    def _loop(self) -> None:
        raise ValueError("the lens fell off")


def test_services_close_in_the_reverse_of_the_order_they_started() -> None:
    events: list[str] = []
    stop = Ending()
    run_until_signal([Steady("first", events), Ender("second", events, stop)], stop=stop)
    assert [event for event in events if "closed" in event] == ["second closed", "first closed"]


def test_a_role_that_is_told_to_end_while_it_starts_starts_no_more_and_closes_what_it_has() -> None:
    events: list[str] = []
    stop = Ending()
    run_until_signal([Ender("first", events, stop), Steady("second", events)], stop=stop)
    assert events == ["first runs", "first closed"]


def test_a_service_that_fails_ends_the_role_and_is_named() -> None:
    events: list[str] = []
    with pytest.raises(ServiceFailedError, match=r"broken.*the lens fell off"):
        run_until_signal([Steady("steady", events), Broken("broken", events)], stop=Ending())
    assert "steady closed" in events


def test_readiness_is_told_to_whoever_started_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("READY=1")
        assert listener.recv(64) == b"READY=1"
