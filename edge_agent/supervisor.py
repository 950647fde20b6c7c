"""`edge-agent run`: starts the four roles and starts again whichever ends (demo, container; a school uses systemd)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

import structlog

from edge_agent.child import Child
from edge_agent.role import Role
from edge_agent.serve import EXIT_FAILED, EXIT_REFUSED
from foundation.clock import NS_PER_S, Clock
from foundation.service import Ending, notify

_POLL_S: Final = 0.1
_READY_TIMEOUT_S: Final = 90.0  # a busy or old box loads for long; given up, it would start the same load anew
_STOP_TIMEOUT_S: Final = 9.0  # the whole agent is down 10 s after SIGTERM
_SECOND_RESTART_S: Final = 0.4  # the first comes at once: whoever presses waits for it
_SLOWEST_RESTART_S: Final = 30.0
_STEADY_S: Final = 60.0

_log = structlog.get_logger("supervisor")


class Supervisor:
    """Keeps four roles alive until it is told to stop."""

    def __init__(self, config_file: Path, state_root: Path, clock: Clock, *, log_style: str = "json") -> None:
        self._clock = clock
        self._ending = Ending()
        self._directory = tempfile.TemporaryDirectory(prefix="edge-agent-")
        self._roles = {
            role: _Kept(
                Child(
                    role.value,
                    [
                        *(sys.executable, "-m", "edge_agent.serve", role.value),
                        *("--config", str(config_file), "--state", str(state_root), "--log", log_style),
                    ],
                    Path(self._directory.name),
                ),
                clock,
            )
            for role in Role
        }

    def run(self) -> int:
        """Start, keep, stop; returns the exit code. Call from the main thread."""
        self._ending.at_signals()
        try:
            code = self._start()
            if code == 0:
                notify("READY=1")
                while not self._ending.wait(_POLL_S):
                    for kept in self._roles.values():
                        kept.keep()
            return code
        finally:
            notify("STOPPING=1")
            self._close()

    def _start(self) -> int:
        # The gatehouse first: an alarm can be pressed before any camera is asked.
        code = self._start_and_wait([Role.GATEHOUSE])
        return code or self._start_and_wait([role for role in Role if role is not Role.GATEHOUSE])

    def _start_and_wait(self, roles: list[Role]) -> int:
        for role in roles:
            self._roles[role].child.start()
        deadline_ns = self._clock.running_ns() + round(_READY_TIMEOUT_S * NS_PER_S)
        while not all(self._roles[role].child.look() for role in roles):
            if any(self._roles[role].child.exit_code() == EXIT_REFUSED for role in roles):
                return EXIT_REFUSED  # it has said why; nothing runs half-configured
            for kept in self._roles.values():  # the gatehouse too, while the others load
                kept.keep()
            if self._clock.running_ns() > deadline_ns:
                late = ", ".join(role for role in roles if not self._roles[role].child.ready)
                _log.error("a role was not ready in time", roles=late, timeout_s=_READY_TIMEOUT_S)
                return EXIT_FAILED
            if self._ending.wait(_POLL_S):
                return 0
        return 0

    def _close(self) -> None:
        children = [kept.child for kept in self._roles.values()]
        for child in children:
            child.terminate()
        deadline_ns = self._clock.running_ns() + round(_STOP_TIMEOUT_S * NS_PER_S)
        for child in children:
            left_s = max(0.1, (deadline_ns - self._clock.running_ns()) / NS_PER_S)
            if not child.wait(left_s):
                _log.error("a role had to be killed", role=child.name)
            child.release()
        self._directory.cleanup()


class _Kept:
    """A role's child and when it may be started again."""

    def __init__(self, child: Child, clock: Clock) -> None:
        self.child = child
        self._clock = clock
        self._pause_s = 0.0
        self._started_ns = clock.running_ns()
        self._again_ns: int | None = None

    def keep(self) -> None:
        """Look after it once: start it again when its pause is over."""
        self.child.look()
        now_ns = self._clock.running_ns()
        if self._again_ns is None:
            code = self.child.exit_code()
            if code is None:
                return
            if now_ns - self._started_ns > _STEADY_S * NS_PER_S:
                self._pause_s = 0.0
            self._again_ns = now_ns + round(self._pause_s * NS_PER_S)
            _log.warning("a role ended and is started again", role=self.child.name, code=code, pause_s=self._pause_s)
            self._pause_s = min(_SLOWEST_RESTART_S, max(_SECOND_RESTART_S, self._pause_s * 2))
        if now_ns >= self._again_ns:
            self._again_ns = None
            self._started_ns = now_ns
            self.child.start()
