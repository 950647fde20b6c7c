"""`edge-agent alarm …`: the one-button alarm (一键报警) from the command line."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from pydantic import ValidationError

from alarms.inputs import socket_client
from alarms.inputs.call import CALL, PathAnswer, PressCall, Reply
from alarms.query import find_alarm, recent_alarms
from alarms.record import AlarmRecord, Step
from edge_agent.options import DEFAULT_STATE, StateOption, refuse
from foundation.clock import SystemClock, beijing
from foundation.ids import new_id
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from uplink.liveness import PathStatus
from uplink.messages.alarm import Purpose

app = typer.Typer(help="Press, list and drill alarms (一键报警).", no_args_is_help=True)

EXIT_PATH_LOST = 1
_GIVE_UP_S = 10.0
_PRESS_GIVE_UP_S = 60.0
_LOOK_EVERY_S = 0.25
_NAMES: Final = {
    "person": "--person（姓名）",
    "reason": "--reason（原因）",
    "input": "INPUT（报警按钮）",
    "alarm_id": "ALARM（报警编号）",
}
_MISTAKES: Final = {
    "string_too_short": "不能空着 / must not be empty",
    "string_too_long": "太长了，最多 {max_length} 个字 / at most {max_length} letters",
}

PersonOption = Annotated[str, typer.Option(help="Who says so; the name stands in the alarm's history.")]


@app.command()
def press(
    input_id: Annotated[str, typer.Argument(metavar="INPUT", help="Which button, as in the settings.")],
    state: StateOption = DEFAULT_STATE,
    person: PersonOption = "",
) -> None:
    """Raise a REAL alarm (unless a drill is armed); one press, repeated until the gatehouse has answered."""
    try:
        call = PressCall(press_id=new_id(), input=input_id, person=person or None)
        reply = socket_client.call(_socket(state), call, clock=SystemClock(), give_up_after_s=_PRESS_GIVE_UP_S)
    except ValidationError as error:
        refuse(_mistake(error))
    except socket_client.NoAnswerError as error:
        refuse(f"报警没有送到门卫室进程，请直接拨打 110 / not taken, phone 110: {error}")
    if not reply.ok:
        refuse(reply.error)
    word = "已存储 stored" if reply.stored else "已发出，尚未存储 on its way, not stored yet"
    typer.echo(f"{reply.alarm_id} {word}")


@app.command("list")
def list_alarms(state: StateOption = DEFAULT_STATE, limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """Alarms, newest first, and how far each has come."""
    try:
        records = recent_alarms(_database(state), limit=limit)
    except DatabaseError as error:
        _unreadable(state, error)
    if not records:
        typer.echo("没有报警 / no alarms")
    for record in records:
        typer.echo(_line(record))


@app.command()
def show(
    alarm_id: Annotated[str, typer.Argument(metavar="ALARM", help="Its id, from `list`.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """One alarm with every step: when, by which path, by whom."""
    try:
        record = find_alarm(_database(state), alarm_id)
    except DatabaseError as error:
        _unreadable(state, error)
    if record is None:
        refuse(f"没有这次报警 / there is no alarm {alarm_id}: edge-agent alarm list shows them")
    typer.echo(_line(record))
    for step in record.steps_as_shown:
        after_ms = (step.at_utc_ns - record.pressed_utc_ns) // 1_000_000
        rest = "  ".join(part for part in (step.path, step.person, step.detail) if part)
        typer.echo(f"  {_time(step.at_utc_ns)}  +{after_ms} ms  {_word(step, record.purpose)}  {rest}")
    if record.messages_waiting:
        typer.echo(f"  ▲ {record.messages_waiting} 条消息还没有平台回执 / messages without a receipt yet")


@app.command()
def cancel(
    alarm_id: Annotated[str, typer.Argument(metavar="ALARM", help="Its id, from `list`.")],
    person: Annotated[str, typer.Option(help="Who says that it was a mistake.")],
    reason: Annotated[str, typer.Option(help="Why it was a mistake.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """误报: say by name that it was a mistake; the sending goes on and the center decides."""
    _call(state, "cancel", alarm_id=alarm_id, person=person, reason=reason)
    typer.echo(f"{alarm_id} 误报已存储并告知接警中心 / stored and told to the center")


@app.command()
def acknowledge(
    alarm_id: Annotated[str, typer.Argument(metavar="ALARM", help="Its id, from `list`.")],
    person: Annotated[str, typer.Option(help="Who in the school knows of it and sees to it.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """校内确认: sirens and screens in the school fall silent; the sending goes on."""
    _call(state, "acknowledge", alarm_id=alarm_id, person=person)
    typer.echo(f"{alarm_id} 校内已确认 / acknowledged: {person}")


@app.command("arm-drill")
def arm_drill(
    input_id: Annotated[str, typer.Argument(metavar="INPUT", help="Which button is tested.")],
    person: Annotated[str, typer.Option(help="Who holds the drill.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """演练: the next press of this button within two minutes is a line test, any other press is real."""
    reply = _call(state, "arm_drill", input=input_id, person=person)
    until = _time(reply.until_utc_ns) if reply.until_utc_ns is not None else ""
    typer.echo(f"【演练】{input_id} 到 {until} 为止的第一次按下算演练 / its first press until then is the drill")


@app.command("test-path")
def time_paths(
    state: StateOption = DEFAULT_STATE,
    wait_s: Annotated[float, typer.Option("--wait", min=0, max=60, help="Seconds to wait for the center.")] = 12.0,
) -> None:
    """Time each path to the center: a heartbeat there and its signed echo back; exit code 1 if one gives none."""
    clock, pause = SystemClock(), threading.Event()
    begun_ns = clock.running_ns()
    while True:
        paths = _call(state, "paths").paths
        waited_ms = (clock.running_ns() - begun_ns) / 1_000_000
        silent = [path for path in paths if path.connected and not path.answered_within(waited_ms)]
        if not silent or waited_ms >= wait_s * 1000:
            break
        pause.wait(_LOOK_EVERY_S)
    if not paths:
        typer.echo("○ 没有设置到接警中心的线路 / no broker paths in the settings")
    for path in paths:
        typer.echo(_path_line(path, answered=path.answered_within(waited_ms)))
    carries = all(path.answered_within(waited_ms) and path.status != PathStatus.LOST for path in paths)
    raise typer.Exit(0 if carries else EXIT_PATH_LOST)


def _path_line(path: PathAnswer, *, answered: bool) -> str:
    sign = "▲" if not answered or path.status == PathStatus.LOST else "●"
    trip = "" if path.round_trip_us is None else f"往返 {path.round_trip_us / 1000:.1f} ms round trip"
    if not answered:
        heard = "从未 never" if path.heard_age_ms is None else f"{path.heard_age_ms / 1000:.1f} s 前 ago"
        trip = f"接警中心没有应答 no answer (上次听到 last heard: {heard})"
    rest = (path.status, trip, f"MQTT {path.protocol}" if path.protocol else "", path.loss, path.error)
    return "  ".join((f"{sign} {path.id}", path.broker, *(part for part in rest if part)))


def _call(state: Path, do: str, **said: str) -> Reply:
    try:
        reply = socket_client.call(
            _socket(state), CALL.validate_python({"do": do, **said}), clock=SystemClock(), give_up_after_s=_GIVE_UP_S
        )
    except ValidationError as error:
        refuse(_mistake(error))
    except socket_client.NoAnswerError as error:
        refuse(str(error))
    if not reply.ok:
        refuse(reply.error)
    return reply


def _mistake(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][-1])
    words = _MISTAKES.get(first["type"], first["msg"])
    return f"{_NAMES.get(name, name)}：{words.format(**first.get('ctx', {}))}"


def _unreadable(state: Path, error: DatabaseError) -> NoReturn:
    if not _database(state).exists():
        refuse(f"{state} 里没有报警记录，请核对 --state / no alarms were ever kept under this state directory")
    refuse(f"报警记录读不出来 / the alarms cannot be read: {error}")


def _socket(state: Path) -> Path:
    return StateDirectory(state).socket("press")


def _database(state: Path) -> Path:
    return StateDirectory(state).database("alarms")


def _time(utc_ns: int) -> str:
    return beijing(utc_ns).strftime("%Y-%m-%d %H:%M:%S")


def _line(record: AlarmRecord) -> str:
    drill = "【演练】" if record.purpose == "drill" else ""
    steps = " → ".join(_word(step, record.purpose) for step in record.steps_as_shown)
    return f"{drill}{record.id}  {_time(record.pressed_utc_ns)}  {record.input_name}（{record.place}）  {steps}"


def _word(step: Step, purpose: Purpose) -> str:
    from edge_agent.pages.alarm.words import step_word  # a press does not wait for it

    return f"{step_word(step.kind, purpose)} {step.kind}"
