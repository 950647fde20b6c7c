"""The gatehouse (门卫室): the alarm line, the uplink and the gate page. Needs none of the other roles."""

from __future__ import annotations

from importlib.metadata import version

from alarms.assembly import build_alarms
from alarms.inputs.socket import PressSocket
from edge_agent.notices import notice_commands
from edge_agent.role import RoleContext
from foundation.service import Late, Service


def services(context: RoleContext) -> list[Service]:
    """The gatehouse's services in starting order: the alarm line at once, the rest when it runs."""
    alarms = build_alarms(
        context.settings,
        state=context.state,
        clock=context.clock,
        board=context.findings,
        journal=context.journal,
        software=f"campus-edge-agent {version('campus-edge-agent')}",
        commands=notice_commands(context.journal),
    )
    socket = PressSocket(context.state.socket("press"), alarms.answers)

    def further() -> list[Service]:
        # Loading the pages takes longer than the whole alarm line; a guard's press shall not wait for them.
        from edge_agent.gatehouse_further import gatehouse_further

        return gatehouse_further(context, alarms)

    return [*alarms.services, socket, Late("gate", further)]
