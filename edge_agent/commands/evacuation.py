"""`edge-agent drill evacuation …`: evacuation drills (应急疏散演练), the year and one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from edge_agent.evacuation_wiring import evacuation_book
from edge_agent.options import DEFAULT_CONFIG, DEFAULT_STATE, EXIT_REFUSED, ConfigOption, StateOption, settings_or_exit
from edge_agent.pages.drill.evacuation_plan import EvacuationBook
from edge_agent.pages.drill.evacuation_words import (
    DAY_OR_NIGHT,
    MONTH_MARKS,
    MONTH_STATES,
    POINTS,
    RATINGS,
    lines_of,
    minutes_words,
    stage_sign,
)
from foundation.clock import SystemClock, beijing, beijing_day
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from safety.evacuation import Evacuation, EvacuationFile
from safety.evacuation_query import evacuation_file
from web.language import Catalogue, Language
from web.signs import State

app = typer.Typer(help="Evacuation drills (应急疏散演练): list and show.", no_args_is_help=True)

EXIT_MISSED: Final = 1
_SIGNS: Final = {State.OK: "●", State.ATTENTION: "◆", State.FAILING: "▲", State.UNKNOWN: "○"}


@app.command("list")
def list_evacuations(
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    year: Annotated[int | None, typer.Option(min=2000, max=2099, help="This year if left out.")] = None,
) -> None:
    """The twelve months and the drills of a year; exit code 1 while a period was missed and not made up for."""
    book = _book(config, state)
    try:
        shown = book.year(year or beijing_day(book.clock.utc_ns()).year)
        missed = book.missed()
    except DatabaseError as error:
        raise _refused(str(error)) from error
    for cell in shown.months:
        sign = _SIGNS[MONTH_STATES[cell.mark]]
        typer.echo(f"{sign} {shown.year}-{cell.month:02}  {MONTH_MARKS[cell.mark]} {cell.mark}")
    for drill in shown.drills:
        typer.echo(_line(drill, book.clock.utc_ns()))
    for span in filter(None, (missed.drill, missed.night)):
        typer.echo(f"▲ {span.first} 到 {span.last} 漏演 missed")
    raise typer.Exit(EXIT_MISSED if missed.drill or missed.night else 0)


@app.command()
def show(
    evacuation_id: Annotated[str, typer.Argument(help="Its id, or its number.")],
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """One drill with its evaluation and its history."""
    book = _book(config, state)
    try:
        file = _find(book, evacuation_id)
    except DatabaseError as error:
        raise _refused(str(error)) from error
    if file is None:
        raise _refused(f"there is no evacuation drill {evacuation_id}; `drill evacuation list` names them")
    typer.echo(_line(file.evacuation, book.clock.utc_ns()))
    if file.evacuation.carried and file.evacuation.carried.missing:
        typer.echo(f"未到 missing: {file.evacuation.carried.missing}")
    if file.evaluation:
        typer.echo(file.evaluation.summary)
        for one in file.evaluation.marks:
            fault = f"  隐患 {one.fault_number}" if one.fault_number else ""
            typer.echo(f"  {POINTS[one.point]}  {RATINGS[one.rating]}  {one.mend}{fault}".rstrip())
    for line in reversed(lines_of(file.history, Catalogue(Language.CHINESE))):
        at = beijing(line.at_utc_ns).strftime("%Y-%m-%d %H:%M:%S")
        typer.echo(f"{at}  {line.what}  {line.who}  {line.detail or line.photo}  {line.words}".rstrip())


def _line(drill: Evacuation, now_utc_ns: int) -> str:
    sign, word = stage_sign(drill, now_utc_ns)
    at = beijing(drill.moment_utc_ns).strftime("%Y-%m-%d %H:%M")
    went = drill.carried
    counts = f"  {minutes_words(went.all_out_s)}  应到 {went.expected} 实到 {went.present}" if went else ""
    kind = f"{drill.plan.kind}（{DAY_OR_NIGHT[drill.plan.night]}）"
    return f"{_SIGNS[sign]} {drill.number}  {at}  {kind}  {word} {drill.stage}{counts}  {drill.id}"


def _find(book: EvacuationBook, name: str) -> EvacuationFile | None:
    if name.isascii() and name.isdecimal():
        name = next((one.id for one in book.recent(limit=10_000) if str(one.number) == name), name)
    return evacuation_file(book.path, name)


def _book(config: Path, state: Path) -> EvacuationBook:
    return evacuation_book(settings_or_exit(config), StateDirectory(state), SystemClock())


def _refused(why: str) -> typer.Exit:
    typer.echo(f"▲ {why}", err=True)
    return typer.Exit(EXIT_REFUSED)
