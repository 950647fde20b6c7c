"""Threads that touch a disk for others, so that a hung disk or share holds nobody up for longer than a limit.

A call into a dead NFS server or a dying disk cannot be interrupted. So it is made by a thread that may stay behind,
and whoever asked goes on after the limit: recording moves to another volume.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

LIMIT_S: Final = 8.0
"""Less than the watchdog of a stream (10 s): a hung disk must not be taken for a hung camera."""
MOST_HANDS: Final = 8
"""Per volume; more at once only wait for each other on the disk."""
_IDLE_S: Final = 30.0

T = TypeVar("T")


class _Task:
    """One call, and what becomes of it."""

    def __init__(self, call: Callable[[], Any], late: Callable[[], None]) -> None:
        self._call = call
        self._late = late
        self._lock = threading.Lock()
        self._ended = self._given_up = False
        self.done = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> bool:
        """Make the call unless nobody waits for it any more; True if it was given up meanwhile."""
        if not self._given_up:
            try:
                self.result = self._call()
            except BaseException as error:  # noqa: BLE001 - raised again where the call was asked for
                self.error = error
        with self._lock:
            self._ended = True
        self.done.set()
        if self._given_up:
            self._late()
        return self._given_up

    def give_up(self) -> bool:
        """Nobody waits any more; False if it has just ended."""
        with self._lock:
            self._given_up = not self._ended
            return self._given_up


def nothing() -> None:
    """What most calls leave in hand."""


class Hands:
    """The threads of one volume. They come as they are needed and go when they have nothing to do."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: SimpleQueue[_Task] = SimpleQueue()
        self._lock = threading.Lock()
        self._hands = 0
        self._free = 0
        """Idle hands less waiting tasks."""
        self._stuck = 0

    def do(self, call: Callable[[], T], *, limit_s: float = LIMIT_S, late: Callable[[], None] = nothing) -> T:
        """Make a call that touches the disk and give what it gives.

        Raises TimeoutError after `limit_s`, and at once while an earlier call is still stuck. `late` runs once a call
        that was given up has ended, or has turned out not to be needed: it lets go of what the call had in hand.
        """
        task = _Task(call, late)
        with self._lock:
            if self._stuck:
                raise _timed_out(self._name)
            if self._free <= 0 and self._hands < MOST_HANDS:
                self._hands += 1
                threading.Thread(target=self._work, name=f"disk-{self._name}", daemon=True).start()
            else:
                self._free -= 1
        self._tasks.put(task)
        if not task.done.wait(limit_s):
            with self._lock:
                if task.give_up():
                    self._stuck += 1
                    raise _timed_out(self._name)
        if task.error is not None:
            raise task.error
        result: T = task.result
        return result

    def _work(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=_IDLE_S)
            except Empty:
                with self._lock:
                    if self._free > 0:
                        self._free -= 1
                        self._hands -= 1
                        return
                continue  # a task is on its way
            was_stuck = task.run()
            with self._lock:
                self._free += 1
                self._stuck -= was_stuck


def _timed_out(name: str) -> TimeoutError:
    return TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), name)
