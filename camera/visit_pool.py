"""Threads for visits, which never keep the process from ending: a mute camera may hold one for seconds."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class VisitPool(Generic[T]):
    """At most `size` calls at once; threads begin when there is work for them and are daemons.

    The standard library's pool waits for its threads when the interpreter ends, and so would outstay a SIGTERM.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._waiting: queue.SimpleQueue[tuple[Callable[[], T], Future[T]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Do it on one of the threads; call from one thread only."""
        future: Future[T] = Future()
        self._waiting.put((work, future))
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._size:
            thread = threading.Thread(target=self._serve, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def close(self) -> None:
        """Begin nothing more; what is under way runs to its own end or to the end of the process."""
        for _ in self._threads:
            self._waiting.put(None)

    def _serve(self) -> None:
        while (item := self._waiting.get()) is not None:
            work, future = item
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - kept in the future, raised where the result is asked for
                future.set_exception(error)
            self._idle.release()
