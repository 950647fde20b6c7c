"""Virtual environments for programs that we only compare with: built once, pinned, kept in .cache, away from ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_TREE: Final = Path(__file__).resolve().parent.parent


class PeerUnavailable(Exception):
    """The program cannot be had here; the message says what is missing."""


def peer_python(
    name: str, requirements: Sequence[str], *, build: Sequence[str] = (), programs: Mapping[str, str] | None = None
) -> Path:
    """The Python of an environment with these requirements.

    With `build`, those are installed first and the rest is built with them; `programs` are what the build needs, with
    the Debian packages that bring them. Raises PeerUnavailable.
    """
    folder = _TREE / ".cache" / f"peer-{name}-py{sys.version_info.major}.{sys.version_info.minor}"
    python, ready = folder / "bin" / "python", folder / "ready"
    if ready.exists() and ready.read_text() == "\n".join(requirements):
        return python
    for program, package in (programs or {}).items():
        if shutil.which(program) is None:
            _install(name, package)
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", folder])
    options: list[str] = []
    if build:
        _run([python, "-m", "pip", "install", "-q", *build])
        options = ["--no-build-isolation", "--no-deps"]
    wanted = folder / "requirements.txt"
    wanted.write_text("\n".join(requirements))
    _run([python, "-m", "pip", "install", "-q", *options, "-r", wanted])
    ready.write_text("\n".join(requirements))
    return python


def ask(python: Path, host: Path, request: str) -> str:
    """What a script answers on standard output in its own environment. Raises PeerUnavailable."""
    done = subprocess.run([python, host], input=request, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        raise PeerUnavailable(f"{host.name} failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    return done.stdout


def _install(name: str, package: str) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise PeerUnavailable(f"{name} is built with {package} (apt-get install {package})")
    print(f"installing for {name}, with apt-get: {package}", file=sys.stderr, flush=True)
    _run(["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", package])


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PeerUnavailable(f"{' '.join(map(str, command[:4]))} … failed: {last}")
