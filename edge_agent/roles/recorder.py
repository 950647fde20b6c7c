"""The recorder (录像): RTSP to disk, and nothing that could hold it up."""

from __future__ import annotations

from collections.abc import Callable

from camera.query import may_try
from camera.query import stream_source as known_source
from camera.stream import StreamSource
from config.credential import CredentialError
from config.settings import Settings
from edge_agent.role import COMMANDS, Role, RoleContext
from foundation.service import Service
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from storage.role import recorder_role


def services(context: RoleContext) -> list[Service]:
    """The recorder's services in starting order. Raises DatabaseError."""
    state = context.state
    return recorder_role(
        context.settings,
        catalogue_path=state.database("catalogue"),
        clock=context.clock,
        findings=context.findings,
        stream_source=stream_sources(context.settings, state),
        may_try=may_try(state.journal(Role.INSPECTOR)),
        journals=(
            state.journal(Role.GATEHOUSE),
            state.journal(Role.INSPECTOR),
            state.journal(Role.OFFICE),
            state.journal(COMMANDS),
            state.database("cameras"),
        ),
    )


def stream_sources(settings: Settings, state: StateDirectory) -> Callable[[str], StreamSource | None]:
    """Where a point's main stream is, as the inspector learnt it; None until it has."""

    def find(point_id: str) -> StreamSource | None:
        point = settings.point(point_id)
        device = settings.device(point.device)
        cameras = state.database("cameras")
        try:
            known = known_source(cameras, device.id, point.source) if cameras.exists() else None
        except DatabaseError:  # the inspector is just making it
            return None
        if known is None:
            return None
        if device.credential is None:
            return StreamSource(device=device.id, url=known.main.uri)
        credential = settings.credential(device.credential)
        try:
            password = credential.password()
        except CredentialError:  # the inspector's finding says what to do; the other cameras are recorded all the same
            return None
        return StreamSource(device=device.id, url=known.main.uri, user=credential.user, password=password)

    return find
