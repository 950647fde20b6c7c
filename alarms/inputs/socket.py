"""The local Unix socket: panels on this box, the inspector's camera inputs, `edge-agent alarm …`."""

from __future__ import annotations

import os
import socket
import struct
import threading
from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError

from alarms.amendment import NotStoredError
from alarms.inputs.answer import Answers
from alarms.inputs.call import CALL, LONGEST_LINE, Reply
from alarms.line import NoSuchAlarmError
from alarms.press import PressError
from foundation.service import RefusedError, Service
from foundation.sqlite import DatabaseError

_log = structlog.get_logger("alarms")

MOST_CALLERS: Final = 32
QUIET_S: Final = 30.0
"""A caller that says nothing for so long is let go."""
_PEER: Final = struct.Struct("3i")  # pid, uid, gid


class PressSocketError(RefusedError):
    """The socket cannot be opened; the message says what to do."""


class PressSocket(Service):
    """Takes calls from processes of the same user or root; each caller has a thread, so none waits for another."""

    def __init__(
        self,
        path: Path,
        answers: Answers,
        *,
        allowed_uids: frozenset[int] | None = None,
    ) -> None:
        super().__init__("press-socket")
        self._path = path
        self._answers = answers
        self._allowed = frozenset({0, os.getuid()}) if allowed_uids is None else allowed_uids
        self._listener: socket.socket | None = None
        self._callers: set[socket.socket] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Open the socket, then begin. Raises PressSocketError."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._path.unlink(missing_ok=True)  # of a run that was killed; the role's lock says nobody else serves it
            listener.bind(str(self._path))
            self._path.chmod(0o660)
            listener.listen(MOST_CALLERS)
        except OSError as error:
            listener.close()
            raise PressSocketError(f"the press socket {self._path} cannot be opened ({error})") from error
        self._listener = listener
        super().start()

    def close(self) -> None:
        self.stopping.set()
        if self._listener is not None:
            # Only shutdown wakes an accept() that another thread is in.
            self._listener.shutdown(socket.SHUT_RDWR)
        with self._lock:
            callers = list(self._callers)
        for caller in callers:
            _shut(caller)
        super().close()
        if self._listener is not None:
            self._listener.close()
            self._path.unlink(missing_ok=True)

    def _loop(self) -> None:
        assert self._listener is not None
        while not self.stopping.is_set():
            try:
                caller, _ = self._listener.accept()
            except OSError as error:
                if not self.stopping.is_set():
                    _log.warning("a caller could not be taken", error=str(error))
                    self.stopping.wait(0.1)  # out of descriptors: let others go first
                continue
            with self._lock:
                full = len(self._callers) >= MOST_CALLERS
                if not full:
                    self._callers.add(caller)
            if full or not self._may_call(caller):
                caller.close()
                with self._lock:
                    self._callers.discard(caller)
                continue
            threading.Thread(target=self._serve, args=(caller,), name="press-caller", daemon=True).start()

    def _may_call(self, caller: socket.socket) -> bool:
        _, uid, _ = _PEER.unpack(caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        if uid not in self._allowed:
            _log.warning("a caller was refused", uid=uid)
        return uid in self._allowed

    def _serve(self, caller: socket.socket) -> None:
        caller.settimeout(QUIET_S)
        try:
            with caller, caller.makefile("rwb") as stream:
                while line := stream.readline(LONGEST_LINE + 1):
                    reply = self._reply(line)
                    stream.write(reply.model_dump_json(exclude_none=True).encode() + b"\n")
                    stream.flush()
                    if len(line) > LONGEST_LINE:
                        return
        except OSError as error:
            _log.debug("a caller went away", error=str(error))
        finally:
            with self._lock:
                self._callers.discard(caller)

    def _reply(self, line: bytes) -> Reply:
        if len(line) > LONGEST_LINE:
            return Reply(ok=False, error=f"a line has at most {LONGEST_LINE} bytes")
        try:
            call = CALL.validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            return Reply(ok=False, error=f"not a call: {'.'.join(map(str, first['loc']))}: {first['msg']}")
        try:
            return self._answers.to(call)
        except (PressError, NoSuchAlarmError, NotStoredError, DatabaseError) as error:
            return Reply(ok=False, error=str(error))


def _shut(caller: socket.socket) -> None:
    try:
        caller.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        _log.debug("a caller was gone already", error=str(error))
