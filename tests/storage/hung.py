"""A disk or share that hangs, for code that touches it by name: no call below a path comes back until it is let go."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def hanging_paths(patch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Gives hang(path): every look at a folder or file below the path waits until the block is left."""
    over = threading.Event()
    started: list[Path] = []

    def hold(name: str, module: Any) -> None:
        healthy: Callable[..., Any] = getattr(module, name)

        def maybe(path: Any, *arguments: Any, **more: Any) -> Any:
            named = not isinstance(path, int)
            if named and any(Path(os.fspath(path)).is_relative_to(root) for root in started):
                over.wait(60)
            return healthy(path, *arguments, **more)

        patch.setattr(module, name, maybe)

    hold("scandir", os)
    hold("listdir", os)
    hold("open", Path)
    hold("statvfs", os)
    hold("read_text", Path)
    try:
        yield started.append
    finally:
        over.set()
