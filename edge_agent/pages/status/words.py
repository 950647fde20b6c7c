"""What the four processes are called on a page (程序)."""

from __future__ import annotations

from typing import Final

from edge_agent.role import Role
from web.language import mark

ROLES: Final = {
    Role.GATEHOUSE: mark("门卫与报警"),
    Role.RECORDER: mark("录像"),
    Role.INSPECTOR: mark("摄像机巡检"),
    Role.OFFICE: mark("值班室页面"),
}
