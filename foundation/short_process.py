"""Work that may not hurt its asker (a hostile picture, a hostile spreadsheet): done in a process of its own that is
bounded in time, memory and output, and gone when it is done."""

from __future__ import annotations

import os
import resource
import runpy
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

REFUSED: Final = 3
"""Exit code of a module that says in one line of standard error why it will not do what was asked."""
_LAST_WORDS_BYTES: Final = 4_000
_GONE_AFTER_S: Final = 5.0
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "PYTHONHOME")


class ShortProcessError(Exception):
    """The work was not done."""


class OutOfTimeError(ShortProcessError):
    """It took longer than it may."""


class RefusedWorkError(ShortProcessError):
    """The process looked at its input and said why it cannot be done; the text is for a person."""


class DiedError(ShortProcessError):
    """The process ended by a signal, a limit or a fault of its own; the text is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """What a piece of work may cost."""

    wall_s: float
    cpu_s: int
    memory_bytes: int
    """Of address space, so mapped files count too."""
    output_bytes: int
    nice: int = 10
    """Recording and the alarm line come first."""


def run_short(module: str, given: bytes, limits: WorkLimits, arguments: Sequence[str] = ()) -> bytes:
    """Run `python -m module` with `given` as its standard input; returns its standard output.

    It inherits no environment, so no password. Raises OutOfTimeError, RefusedWorkError, DiedError.
    """
    words = (module, limits.cpu_s, limits.memory_bytes, limits.output_bytes, limits.nice, *arguments)
    with _in_memory(given) as source, _in_memory(b"") as result, _in_memory(b"") as said:
        process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--"),
                *(sys.executable, "-P", "-m", "foundation.short_process", *map(str, words)),
            ],
            stdin=source,
            stdout=result,
            stderr=said,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"LANG": "C.UTF-8"},
            start_new_session=True,
        )
        try:
            if not _ends_within(process.pid, limits.wall_s):
                raise OutOfTimeError(f"{module} took longer than {limits.wall_s:g} s")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            code = _gathered(process)
        if code == 0:
            return _content(result)
        words_said = _content(said)[-_LAST_WORDS_BYTES:].decode("utf-8", "replace").strip().splitlines() or [""]
        if code == REFUSED:
            raise RefusedWorkError(words_said[-1])
        raise DiedError(f"{module} ended with {code}: {words_said[-1]}")


@contextmanager
def _in_memory(content: bytes) -> Iterator[int]:
    # Files in memory instead of pipes: nobody has to read while the other writes, the kernel bounds what is written,
    # and a hanging disk has no part in it.
    file = os.memfd_create("work", os.MFD_CLOEXEC)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


def _content(file: int) -> bytes:
    size, found = os.fstat(file).st_size, bytearray()
    while len(found) < size and (piece := os.pread(file, size - len(found), len(found))):
        found += piece
    return bytes(found)


def _gathered(process: subprocess.Popen[bytes]) -> int | None:
    # A killed process that waits for a dead disk goes when the disk answers; its asker does not wait for that.
    try:
        return process.wait(_GONE_AFTER_S)
    except subprocess.TimeoutExpired:
        return None


def _ends_within(pid: int, wall_s: float) -> bool:
    # Popen.wait looks every 50 ms; a person is waiting for this.
    handle = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(wall_s * 1000))
    finally:
        os.close(handle)


def refuse(reason: str) -> NoReturn:
    """What a module calls that will not do what was asked; `reason` is one line for a person."""
    sys.stderr.write(reason.replace("\n", " ") + "\n")
    sys.stderr.flush()
    os._exit(REFUSED)  # a library's threads must not delay it


def _limited() -> None:
    """The other side: take the limits on before anything of the module is imported."""
    module, cpu_s, memory_bytes, output_bytes, nice, *arguments = sys.argv[1:]
    for what, most in (
        (resource.RLIMIT_CPU, int(cpu_s)),
        (resource.RLIMIT_AS, int(memory_bytes)),
        (resource.RLIMIT_FSIZE, int(output_bytes)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(int(nice))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _limited()
