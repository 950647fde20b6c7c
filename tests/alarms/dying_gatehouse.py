"""A gatehouse's alarm line as a process of its own, which can die by its own hand at an exact place.

python -m tests.alarms.dying_gatehouse STATE PORT CENTER_KEY [before_commit|after_commit]
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from alarms.assembly import build_alarms
from alarms.inputs.socket import PressSocket
from alarms.outbox import Outbox, OutgoingMessage
from alarms.scribe import Scribe
from config.broker_path import BrokerPath
from foundation.clock import SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.service import run_until_signal
from foundation.state import StateDirectory
from tests.alarms.conftest import settings_for
from tests.support.waiting import WAIT_AT_MOST_S


def die(*_: object, **__: object) -> NoReturn:
    """As a power cut would: nothing is flushed, nothing is said."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def main() -> None:
    state_folder, port, center_key, *when = sys.argv[1:]
    if when == ["before_commit"]:
        Scribe.write_step = die  # type: ignore[method-assign]
    if when == ["after_commit"]:
        added = Outbox.add

        def add(self: Outbox, message: OutgoingMessage) -> None:
            die() if message.raised else added(self, message)

        Outbox.add = add  # type: ignore[method-assign]
    state, clock = StateDirectory(Path(state_folder)).create(), SystemClock()
    journal = Journal.open(state.journal("gatehouse"), clock)
    path = BrokerPath(id="primary", host="127.0.0.1", port=int(port), allow_plain_text=True)
    service = build_alarms(
        settings_for([path], center_key),
        state=state,
        clock=clock,
        board=FindingBoard(journal, clock),
        journal=journal,
        software="test 0",
        store_within_s=WAIT_AT_MOST_S,  # else it may die, and answer, before a slow disk has come so far
    )
    socket = PressSocket(state.socket("gatehouse"), service.answers)
    run_until_signal([*service.services, socket])


if __name__ == "__main__":
    main()
