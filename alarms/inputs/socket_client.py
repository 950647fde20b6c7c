"""The caller's side of the local socket: says one thing until it is answered, whatever the gatehouse is doing."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from alarms.inputs.call import Call, PressCall, Reply
from foundation.clock import NS_PER_S, Clock
from foundation.ids import new_id

ANSWER_WITHIN_S: Final = 2.0
AGAIN_AFTER_S: Final = 0.25


class NoAnswerError(Exception):
    """Nobody answered on the socket in the time given."""


def press(
    path: Path,
    input_id: str,
    *,
    clock: Clock,
    person: str | None = None,
    press_id: str | None = None,
    give_up_after_s: float = 60.0,
    stopping: threading.Event | None = None,
) -> Reply:
    """Press a button by the local socket: the same press id again and again until the gatehouse answers.

    Raises NoAnswerError.
    """
    return call(
        path,
        PressCall(press_id=press_id or new_id(), input=input_id, person=person),
        clock=clock,
        give_up_after_s=give_up_after_s,
        stopping=stopping,
    )


def call(
    path: Path, what: Call, *, clock: Clock, give_up_after_s: float = 10.0, stopping: threading.Event | None = None
) -> Reply:
    """Make a call, again if the gatehouse restarts meanwhile; every call may safely be made twice.

    Raises NoAnswerError.
    """
    pause = stopping or threading.Event()
    until_ns = clock.running_ns() + round(give_up_after_s * NS_PER_S)
    while True:
        try:
            return _call_once(path, what)
        except (OSError, ValidationError) as error:
            if clock.running_ns() >= until_ns or pause.wait(AGAIN_AFTER_S):
                raise NoAnswerError(
                    f"门卫室程序没有回答，请看它是否在运行 / nobody answered on {path} ({error}): "
                    "is the gatehouse role running? edge-agent serve gatehouse"
                ) from error


def _call_once(path: Path, what: Call) -> Reply:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as channel:
        channel.settimeout(ANSWER_WITHIN_S)
        channel.connect(str(path))
        with channel.makefile("rwb") as stream:
            stream.write(what.model_dump_json(exclude_none=True).encode() + b"\n")
            stream.flush()
            line = stream.readline()
    if not line:
        raise ConnectionResetError("the gatehouse went away")
    return Reply.model_validate_json(line)
