"""Tells when a role begins and ends, and notices when the run before ended without saying so."""

from __future__ import annotations

import os
from typing import ClassVar, Final

from edge_agent.role import RoleContext
from foundation.clock import rfc3339
from foundation.finding import Severity
from foundation.journal import Fact
from foundation.service import Service

UNCLEAN_END: Final = "role.unclean_end"
POWER_LOST: Final = "role.power_lost"
_STEADY_S: Final = 600.0  # a role that has run ten minutes again is well


class RoleStarted(Fact):
    """A role began to serve."""

    kind: ClassVar[str] = "role.started"
    role: str
    pid: int
    boot_id: str


class RoleStopped(Fact):
    """A role ended as it was asked to, with everything closed."""

    kind: ClassVar[str] = "role.stopped"
    role: str
    pid: int


class RoleLife(Service):
    """First to start and last to close, so that its word for a clean end is true."""

    def __init__(self, context: RoleContext) -> None:
        super().__init__("role-life")
        self._context = context

    def start(self) -> None:
        self._look_back()
        context = self._context
        context.journal.append(RoleStarted(role=context.role, pid=os.getpid(), boot_id=context.clock.boot_id()))
        super().start()

    def _look_back(self) -> None:
        context = self._context
        row = context.journal.database.row(
            "SELECT kind, body, at_utc_ns FROM fact WHERE kind IN (?, ?) ORDER BY seq DESC LIMIT 1",
            (RoleStarted.kind, RoleStopped.kind),
        )
        if row is None or row[0] == RoleStopped.kind:
            return
        last = RoleStarted.model_validate_json(row[1])
        same_boot = last.boot_id == context.clock.boot_id()
        context.findings.open(
            f"role:{context.role}",
            UNCLEAN_END if same_boot else POWER_LOST,
            Severity.ATTENTION,
            evidence={"pid": last.pid, "started_at": rfc3339(int(row[2]))},
            cause=None if same_boot else f"power:{context.clock.boot_id()}",
        )

    def _loop(self) -> None:
        if not self.stopping.wait(_STEADY_S):
            subject = f"role:{self._context.role}"
            for kind in (UNCLEAN_END, POWER_LOST):
                self._context.findings.clear(subject, kind)
            self.stopping.wait()

    def close(self) -> None:
        super().close()
        self._context.journal.append(RoleStopped(role=self._context.role, pid=os.getpid()))
        self._context.journal.database.close()
