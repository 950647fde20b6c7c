"""Alarms and gate screens on the office pages, made of the role's files and the gatehouse's socket."""

from __future__ import annotations

from fastapi import APIRouter

from alarms.duress import duress_pin
from alarms.inputs.call import Call, Reply
from alarms.inputs.socket_client import call
from edge_agent.pages.alarm.office import AlarmOfficeDeps, alarm_office_routes
from edge_agent.pages.screen.enrolment import offer
from edge_agent.pages.screen.routes import StationDeps, station_routes
from edge_agent.role import RoleContext
from gate.facts import StationEndAsked
from gate.stations import enrolled_stations
from web.people import PeopleBook

_ASK_WITHIN_S = 3.0


def alarm_office(context: RoleContext, people: PeopleBook) -> tuple[APIRouter, ...]:
    """/alarms and /stations. Raises CredentialError for a duress PIN that cannot be read."""
    settings, state, clock = context.settings, context.state, context.clock

    def ask(what: Call) -> Reply:
        return call(state.socket("press"), what, clock=clock, give_up_after_s=_ASK_WITHIN_S)

    alarms = AlarmOfficeDeps(
        clock=clock,
        campus=settings.campus,
        alarms=state.database("alarms"),
        inputs=settings.alarm_inputs,
        points={point.id: point.name for point in settings.points},
        people=people,
        ask=ask,
        is_duress=duress_pin(settings),
    )
    stations = StationDeps(
        stations=lambda: enrolled_stations(state.database("stations")),
        gates={gate.id: gate.name for gate in settings.gates},
        offer=lambda name, gate_id: offer(state.key("enrol"), name=name, gate_id=gate_id, clock=clock),
        ask_end=lambda station_id, by: context.journal.append(StationEndAsked(station_id=station_id, by=by)),
    )
    return alarm_office_routes(alarms), station_routes(stations)
