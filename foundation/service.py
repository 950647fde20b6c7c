"""The one shape of everything that runs long: start, one loop, close."""

from __future__ import annotations

import os
import signal
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final

import structlog

_log = structlog.get_logger("service")

CLOSE_TIMEOUT_S: Final = 8.0  # the agent promises to be down 10 s after SIGTERM
_WATCH_S: Final = 0.2


class Service(ABC):
    """A named loop on a thread of its own. Subclasses write `_loop`, which returns soon after `stopping` is set.

    A loop that returns before it was asked to, or raises, ends the whole role: half a role is worse than a restart.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = threading.Event()
        self.failure: BaseException | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin the loop; returns at once. A subclass that must be ready first overrides and calls up last."""
        self._thread = threading.Thread(target=self._guarded_loop, name=self.name, daemon=True)
        self._thread.start()

    def _guarded_loop(self) -> None:
        try:
            self._loop()
        except BaseException as error:  # noqa: BLE001 - kept for run_until_signal, which ends the role with it
            self.failure = error
            _log.exception("a service failed", service=self.name)

    @abstractmethod
    def _loop(self) -> None:
        """Work until `stopping` is set; wait only with `self.stopping.wait(seconds)` or something it interrupts."""

    @property
    def alive(self) -> bool:
        """True while the loop runs."""
        return self._thread is not None and self._thread.is_alive()

    def ask_to_end(self) -> None:
        """The loop ends soon; nothing is waited for. A subclass that must interrupt more overrides and calls up."""
        self.stopping.set()

    def close(self) -> None:
        """Ask the loop to end and wait for it. A subclass that holds something overrides, calls up, then lets go."""
        self.ask_to_end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(CLOSE_TIMEOUT_S)
            if self._thread.is_alive():
                _log.error("a service did not end in time", service=self.name, timeout_s=CLOSE_TIMEOUT_S)


class Crew(Service):
    """Services that do not need one another: all are asked to end before the first is waited for.

    Each may be slow to end (a camera that does not answer); waited for one after the other, many would take too long.
    Ends, with its cause, when one of them does.
    """

    def __init__(self, name: str, members: Sequence[Service]) -> None:
        super().__init__(name)
        self._members = members

    def start(self) -> None:
        try:
            for member in self._members:
                member.start()
        except BaseException:
            self.close()
            raise
        super().start()

    def _loop(self) -> None:
        while not self.stopping.wait(_WATCH_S):
            _insist_alive(self._members)

    def ask_to_end(self) -> None:
        for member in self._members:
            member.ask_to_end()
        super().ask_to_end()

    def close(self) -> None:
        self.ask_to_end()
        for member in reversed(self._members):
            member.close()
        super().close()


class Late(Service):
    """Stands last in a role's list: its services are put together, and what they need is loaded, only when those before
    them run. An alarm is taken while pages still load. Ends, with its cause, when one of them does.
    """

    def __init__(self, name: str, build: Callable[[], Sequence[Service]]) -> None:
        super().__init__(f"late-{name}")
        self._build = build
        self._started: list[Service] = []

    def start(self) -> None:
        try:
            for service in self._build():
                service.start()
                self._started.append(service)
        except BaseException:
            self._close_started()
            raise
        super().start()

    def _loop(self) -> None:
        while not self.stopping.wait(_WATCH_S):
            _insist_alive(self._started)

    def _close_started(self) -> None:
        for service in reversed(self._started):
            service.close()

    def close(self) -> None:
        self._close_started()
        super().close()


class Ending:
    """Said once and for good: by SIGTERM, SIGINT or any thread.

    No threading.Event: its `set` takes a lock that `wait` holds for moments in the same thread. A handler that runs in
    such a moment waits for itself, and the process hears no signal any more. SimpleQueue.put is documented to be safe.
    """

    def __init__(self) -> None:
        self._said = False
        self._word: SimpleQueue[None] = SimpleQueue()

    def at_signals(self) -> Ending:
        """Let SIGTERM and SIGINT say it; call from the main thread. Returns itself."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.set())
        return self

    def set(self) -> None:
        """Say it; again changes nothing."""
        self._said = True
        self._word.put(None)

    def is_set(self) -> bool:
        """Whether it was said."""
        return self._said

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it is said, at most so long; whether it was."""
        try:
            if not self._said:
                self._word.get(timeout=timeout_s)
                self._word.put(None)  # for whoever else waits
        except Empty:
            pass
        return self._said


class RefusedError(Exception):
    """Something cannot start until a person has mended it: settings, a second copy, a taken port, a missing key.

    The message says what to do; starting again by itself would not help. Rooms name their own kinds of it.
    """


class ServiceFailedError(Exception):
    """A service of the role ended by itself; the role ends too and is started again from outside."""


def run_until_signal(services: Sequence[Service], *, stop: Ending | None = None) -> None:
    """Start services in order, say READY, wait for SIGTERM or SIGINT (or `stop`), close in reverse order.

    Call from the main thread. Raises ServiceFailedError if a service ends unasked; all are closed in any case.
    """
    ended = stop or Ending()
    if threading.current_thread() is threading.main_thread():
        ended.at_signals()
    started: list[Service] = []
    try:
        for service in services:
            if ended.is_set():  # asked to end while it still starts: a slow box must not start all the rest first
                return
            service.start()
            started.append(service)
        notify("READY=1")
        while not ended.wait(_WATCH_S):
            _insist_alive(started)
    finally:
        notify("STOPPING=1")
        for service in reversed(started):
            service.close()


def notify(message: str) -> None:
    """Tell whoever started this process (systemd, `edge-agent run`) by the sd_notify protocol; silent without one."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError as error:  # the starter is gone: nobody waits for the word
            _log.debug("readiness could not be told", error=str(error))


def _insist_alive(services: Sequence[Service]) -> None:
    dead = next((service for service in services if not service.alive), None)
    if dead is not None:
        raise ServiceFailedError(f"{dead.name} ended by itself: {dead.failure or 'its loop returned'}")
