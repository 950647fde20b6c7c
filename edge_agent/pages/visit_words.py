"""What refusals and vehicles are called on the screen and on paper."""

from __future__ import annotations

from typing import Final

from gate.refusal import RefusalReason
from gate.vehicle import VehicleKind
from gate.watch import Certainty
from web.language import mark

REFUSALS: Final = {
    RefusalReason.NO_HOST: mark("找不到被访人或被访人不见"),
    RefusalReason.NO_DOCUMENT: mark("不出示证件"),
    RefusalReason.NOT_CHECKED: mark("不配合登记检查"),
    RefusalReason.FORBIDDEN_THINGS: mark("带了不能带的东西"),
    RefusalReason.DRUNK: mark("醉酒或情绪激动"),
    RefusalReason.CLOSED: mark("不在开放时间或封闭管理"),
    RefusalReason.HEALTH: mark("体温或健康码不行"),
    RefusalReason.WATCHED: mark("核对后不能进"),
    RefusalReason.OTHER: mark("其他原因"),
}
VEHICLES: Final = {
    VehicleKind.DELIVERY: mark("送货车"),
    VehicleKind.SCHOOL_BUS: mark("校车"),
    VehicleKind.PARENT: mark("家长车"),
    VehicleKind.STAFF: mark("教职工车"),
    VehicleKind.WORKS: mark("施工维修车"),
    VehicleKind.EMERGENCY: mark("应急车"),
    VehicleKind.OTHER: mark("其他车"),
}
CERTAINTIES: Final = {
    Certainty.NUMBER: mark("号码相同"),
    Certainty.NAME: mark("姓名相同，可能是"),
    Certainty.SOUND: mark("读音相同，可能是"),
}
