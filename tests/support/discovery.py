"""Discovery asks everybody on the loopback interface: whoever is to be found there is alone meanwhile."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_on_loopback() -> Iterator[None]:
    """Waits until no other test worker of this machine has cameras that answer discovery."""
    with (Path(tempfile.gettempdir()) / "campus-tests-discovery.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
