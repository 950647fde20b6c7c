"""Encoded loops on disk, so that a campus starts at once the second time."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock

import simulator.loop
import simulator.scenes
from foundation.service import Ending
from simulator.loop import Loop, LoopSpec, encode

Progress = Callable[[str], None]


class Stopped(Exception):
    """Encoding was given up because the program ends."""


def default_directory() -> Path:
    """``$XDG_CACHE_HOME/campus-simulator``, or ``~/.cache/campus-simulator``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "campus-simulator"


@dataclass
class Library:
    """Loops by what they show; made when first asked for, kept in memory and on disk."""

    directory: Path
    progress: Progress = logging.getLogger(__name__).info
    stopping: Ending = field(default_factory=Ending)
    """When set, encoding under way ends within a frame, with ``Stopped``."""
    _loops: dict[LoopSpec, Loop] = field(default_factory=dict)
    _making: dict[LoopSpec, Lock] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def loop(self, spec: LoopSpec) -> Loop:
        """The loop for ``spec``: from memory, from disk, or encoded now (seconds of work; safe from any thread)."""
        with self._lock:
            making = self._making.setdefault(spec, Lock())
        with making:
            found = self._loops.get(spec)
            if found is None:
                found = self._load(spec) or self._make(spec)
                self._loops[spec] = found
            return found

    def prepare(self, specs: Iterable[LoopSpec]) -> None:
        """Has all these loops ready, encoding on every core."""
        # the dearest first, so that no core waits for one long loop at the end
        wanted = sorted(set(specs), key=lambda spec: (spec.codec, spec.width * spec.height * spec.fps), reverse=True)
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="encode") as pool:
            for _ in pool.map(self.loop, wanted):
                pass

    def _path(self, spec: LoopSpec) -> Path:
        name = hashlib.sha256(f"{_code_version()} {spec.as_text()}".encode()).hexdigest()[:24]
        return self.directory / f"{spec.scene}-{spec.variant}-{spec.codec.lower()}-{name}.loop"

    def _load(self, spec: LoopSpec) -> Loop | None:
        try:
            with self._path(spec).open("rb") as file:
                lengths = json.loads(file.readline())
                frames = [file.read(length) for length in lengths]
        except (FileNotFoundError, ValueError):
            return None
        if [len(frame) for frame in frames] != lengths or len(frames) != spec.frames:
            return None
        return Loop(spec, frames)

    def _make(self, spec: LoopSpec) -> Loop:
        what = f"{spec.scene} {spec.variant} {spec.codec} {spec.width}x{spec.height} {spec.fps} fps"
        self.progress(f"drawing {what}")
        frames: list[bytes] = []
        for frame in encode(spec):
            if self.stopping.is_set():
                raise Stopped(what)
            frames.append(frame)
        loop = Loop(spec, frames)
        path = self._path(spec)
        self.directory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.directory, delete=False) as file:
            file.write(json.dumps([len(frame) for frame in loop.frames]).encode() + b"\n")
            file.writelines(loop.frames)
        Path(file.name).replace(path)
        self.progress(f"ready   {what}: {sum(map(len, loop.frames)) / 1e6:.1f} MB")
        return loop


@cache
def _code_version() -> str:
    """A digest of the code that draws and encodes: another drawing, another loop."""
    sources = [*sorted(Path(next(iter(simulator.scenes.__path__))).glob("*.py")), Path(simulator.loop.__file__)]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
