"""The office (办公室): every page but the gate's. May die without anyone at the gate noticing."""

from __future__ import annotations

from config.retention import FLOOR_DAYS
from edge_agent.alarm_office_wiring import alarm_office
from edge_agent.camera_wiring import camera_services
from edge_agent.drill_wiring import drill_deps
from edge_agent.evacuation_wiring import evacuation_services
from edge_agent.fault_wiring import fault_services
from edge_agent.footage_wiring import footage_services
from edge_agent.held import Held
from edge_agent.incident_wiring import incident_services
from edge_agent.pages.camera.routes import CAMERA_BODY_LIMITS
from edge_agent.pages.coverage.model import ShownCoverage
from edge_agent.pages.coverage.routes import CoverageDeps, coverage_routes
from edge_agent.pages.drill.evacuation_routes import EVACUATION_BODY_LIMITS, evacuation_routes
from edge_agent.pages.drill.routes import drill_routes
from edge_agent.pages.fault.routes import BODY_LIMITS, FaultDeps, fault_routes
from edge_agent.pages.incident.report_routes import incident_report_routes
from edge_agent.pages.incident.routes import IncidentDeps, incident_routes
from edge_agent.pages.office import OfficeDeps, office_app
from edge_agent.pages.school_gate.routes import BODY_LIMITS as GATE_BODY_LIMITS
from edge_agent.picture_wiring import picture_pages
from edge_agent.role import Role, RoleContext
from edge_agent.school_gate_wiring import school_gate_services
from edge_agent.status import StatusGatherer
from edge_agent.subject_name import subject_namer
from foundation.service import Service
from web.authority import authority_route, tls_unless_local
from web.people import PeopleBook
from web.server import PageServer


def services(context: RoleContext) -> list[Service]:
    """The office's services."""
    gatherer = StatusGatherer(context.settings, context.state, context.clock)
    people = PeopleBook(context.state.database("people"), context.clock)
    cameras = camera_services(context)
    faults = fault_services(context)
    incidents = incident_services(context, faults.ledger)
    evacuation = evacuation_services(context, faults.ledger, faults.photos)
    footage = footage_services(context, people)
    school_gate = school_gate_services(context)
    fault_pages = FaultDeps(
        clock=context.clock,
        ledger=faults.ledger,
        photos=faults.photos,
        name_of=subject_namer(context.settings),
    )
    incident_pages = IncidentDeps(
        clock=context.clock,
        ledger=incidents.ledger,
        limits=incidents.limits,
        reports=context.settings.incident_reports,
        campus=context.settings.campus,
    )
    coverage_pages = CoverageDeps(
        shown=ShownCoverage(context.state.root / "coverage"),
        plan=context.settings.plan.file if context.settings.plan is not None else None,
        keep_days=max((policy.keep_days for policy in context.settings.retention), default=FLOOR_DAYS),
        inspecting=lambda: context.state.is_running(Role.INSPECTOR),
    )
    app = office_app(
        OfficeDeps(
            clock=context.clock,
            campus_name=context.settings.campus.name,
            status=gatherer.status,
            people=people,
            hears_alarms=True,
            incidents=incident_pages.running,
            further=(
                authority_route(context.state.key("tls")),
                cameras.routes,
                picture_pages(context, footage.looked),
                coverage_routes(coverage_pages),
                fault_routes(fault_pages),
                incident_report_routes(incident_pages),  # first, for the other takes any action
                incident_routes(incident_pages),
                evacuation_routes(evacuation.deps),  # first, for the other takes any name
                drill_routes(drill_deps(context)),
                *footage.routes,
                *alarm_office(context, people),
                *school_gate.routes,
            ),
            body_limits={**BODY_LIMITS, **CAMERA_BODY_LIMITS, **EVACUATION_BODY_LIMITS, **GATE_BODY_LIMITS},
        )
    )
    address = context.settings.pages.office
    tls = tls_unless_local(
        address.host, context.state.key("tls"), campus_name=context.settings.campus.name, clock=context.clock
    )
    return [
        Held("people", people.close),
        *cameras.services,
        *faults.services,
        *incidents.services,
        *evacuation.services,
        *footage.services,
        *school_gate.services,
        PageServer("office-pages", app, host=address.host, port=address.port, tls=tls),
    ]
