"""What refusals and vehicles are called on the screen and on paper."""

from __future__ import annotations

from typing import Final

from gate.look import LookKind
from gate.refusal import RefusalReason
from gate.vehicle import VehicleKind
from gate.watch import Certainty
from web.language import mark

REFUSALS: Final = {
    RefusalReason.NO_HOST: mark("被访人找不到或不见"),
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
LOOKS: Final = {
    LookKind.REVEAL: mark("看全号码和照片"),
    LookKind.EXPORT: mark("导出，号码遮盖"),
    LookKind.EXPORT_WHOLE: mark("导出，号码不遮盖"),
    LookKind.ERASE: mark("要求删除"),
}
STEPS: Final = {
    "visit.signed_in": mark("登记进校"),
    "visit.admitted": mark("准入核验"),
    "visit.signed_out": mark("登记离校"),
    "visit.corrected": mark("更正"),
    "visit.undone": mark("撤销"),
    "visit.refused": mark("拒绝入校"),
    "visit.refusal_undone": mark("撤销"),
    "vehicle.in": mark("登记进校"),
    "vehicle.admitted": mark("准入核验"),
    "vehicle.passed_first": mark("应急车放行"),
    "vehicle.written_up": mark("补登记"),
    "vehicle.corrected": mark("更正"),
    "vehicle.out": mark("登记离校"),
    "vehicle.undone_in": mark("撤销进校"),
    "vehicle.undone_out": mark("撤销离校"),
    "still.taken": mark("抓拍"),
    "audit.erased": mark("删除个人信息"),
}
"""What the audit chain's actions are called."""
