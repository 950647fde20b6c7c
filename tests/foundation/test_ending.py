from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

from foundation.service import Ending
from tests.support.waiting import WAIT_AT_MOST_S

_TRIES = 40
_ASKED_IN_ANY_MOMENT = textwrap.dedent(
    """
    import os, signal, sys
    from foundation.service import Ending

    ending = Ending().at_signals()
    moments = 0

    def at_any_moment(frame, event, argument):
        # The signal comes between any two steps of waiting: each run is asked one step later than the one before.
        global moments
        moments += 1
        if moments == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGTERM)
        frame.f_trace_opcodes = True
        return at_any_moment

    sys.settrace(at_any_moment)
    while not ending.wait(0.001):
        pass
    sys.settrace(None)
    print("ended", moments >= int(sys.argv[1]))
    """
)


def test_a_signal_ends_a_process_at_whatever_step_of_its_waiting_it_comes() -> None:
    for step in range(1, _TRIES + 1):
        ended = subprocess.run(
            [sys.executable, "-c", _ASKED_IN_ANY_MOMENT, str(step)],
            capture_output=True,
            text=True,
            timeout=WAIT_AT_MOST_S,
            check=True,
        )
        assert ended.stdout == "ended True\n"


def test_what_was_said_once_stays_said_for_all_who_wait() -> None:
    ending = Ending()
    assert not ending.wait(0.001)
    heard: list[bool] = []
    waiting = [threading.Thread(target=lambda: heard.append(ending.wait(60))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    ending.set()
    ending.set()
    for thread in waiting:
        thread.join(60)
    assert heard == [True, True, True]
    assert ending.is_set()
    assert ending.wait(0)
