"""Keeps a wrong password from locking a camera's account: one try per device until a log-in is known to work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from camera.stream import StreamSource
from foundation.clock import NS_PER_S, Clock

PAUSE_S: Final = 3600.0
"""After a refusal the same log-in is tried again only then, by every role; a try an hour locks no account."""
PROBE_S: Final = 30.0
"""A first try that gave no answer in this time gives its turn away."""


class _Standing(Enum):
    TRYING = auto()
    GOOD = auto()
    REFUSED = auto()


@dataclass(slots=True)
class _Known:
    login: tuple[str, str]
    standing: _Standing
    since_ns: int


class LoginGuard:
    """Asked by all recorders of the role; an NVR with sixteen points is tried once, not sixteen times."""

    def __init__(self, clock: Clock, others: Callable[[str], bool]) -> None:
        """`others` says whether the rest of the agent leaves the device open to tries."""
        self._clock = clock
        self._others = others
        self._lock = threading.Lock()
        self._devices: dict[str, _Known] = {}

    def may_try(self, source: StreamSource) -> bool:
        """Whether to connect now; a True for an untried log-in is the turn to try it."""
        if not self._others(source.device):
            return False
        login, now_ns = (source.user, source.password), self._clock.running_ns()
        with self._lock:
            known = self._devices.get(source.device)
            if known is not None and known.login == login:
                if known.standing is _Standing.GOOD:
                    return True
                wait_s = PROBE_S if known.standing is _Standing.TRYING else PAUSE_S
                if now_ns - known.since_ns < wait_s * NS_PER_S:
                    return False
            self._devices[source.device] = _Known(login, _Standing.TRYING, now_ns)
            return True

    def is_refused(self, source: StreamSource) -> bool:
        """Whether this very log-in was refused last, here or by the rest of the agent's word."""
        if not self._others(source.device):
            return True
        with self._lock:
            known = self._devices.get(source.device)
            return known is not None and known.standing is _Standing.REFUSED

    def accepted(self, source: StreamSource) -> None:
        """The camera let us in."""
        self._set(source, _Standing.GOOD)

    def refused(self, source: StreamSource) -> None:
        """The camera refused the log-in."""
        self._set(source, _Standing.REFUSED)

    def unanswered(self, source: StreamSource) -> None:
        """The try ended before anybody judged the log-in: the next may try."""
        with self._lock:
            known = self._devices.get(source.device)
            if known is not None and known.standing is _Standing.TRYING:
                del self._devices[source.device]

    def forget(self, device_id: str) -> None:
        """A person put the log-in right at the device and wants it tried now: one try, then all is as before."""
        with self._lock:
            self._devices.pop(device_id, None)

    def _set(self, source: StreamSource, standing: _Standing) -> None:
        with self._lock:
            self._devices[source.device] = _Known((source.user, source.password), standing, self._clock.running_ns())
