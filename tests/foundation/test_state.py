from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foundation.state import AlreadyRunningError, StateDirectory, StateDirectoryError


def test_a_second_copy_of_a_role_is_refused_and_named(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path).create()
    assert not state.is_running("recorder")
    held = state.lock("recorder")
    assert state.is_running("recorder")
    with pytest.raises(AlreadyRunningError, match="recorder is already running"):
        state.lock("recorder")
    state.lock("office").release()
    held.release()
    assert not state.is_running("recorder")
    state.lock("recorder").release()


@pytest.mark.process
def test_a_role_that_was_killed_leaves_no_lock_behind(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path).create()
    program = (
        "import sys, pathlib; from foundation.state import StateDirectory; "
        "lock = StateDirectory(pathlib.Path(sys.argv[1])).lock('recorder'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunningError):
            state.lock("recorder")
        holder.kill()
    state.lock("recorder").release()


def test_a_state_directory_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateDirectoryError, match="--state"):
        StateDirectory(tmp_path / "file" / "state").create()
