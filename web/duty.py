"""What a person is here for (岗位) and what that allows."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from web.language import mark


class Right(StrEnum):
    """Something that not everybody may do."""

    SEE_STATUS = "see_status"
    SEE_VISITS = "see_visits"
    """Names of visitors; numbers stay masked."""
    REVEAL_VISITOR = "reveal_visitor"
    """A whole document number or phone; each look is in the audit log."""
    WORK_AT_GATE = "work_at_gate"
    ARRANGE_GATE = "arrange_gate"
    """Hours, measures, roster, staff list, patrols, meetings."""
    EXPECT_VISITORS = "expect_visitors"
    """Enter expected visitors and pupils' leave slips: anybody who works here."""
    SEE_FOOTAGE = "see_footage"
    EXPORT_FOOTAGE = "export_footage"
    MEND_FAULTS = "mend_faults"
    CLOSE_FAULTS = "close_faults"
    ARM_DRILL = "arm_drill"
    HANDLE_INCIDENTS = "handle_incidents"
    """Grade, report and close an incident; everybody may open one and add to it."""
    MANAGE_PEOPLE = "manage_people"
    SEE_AUDIT = "see_audit"
    ANSWER_ALARMS = "answer_alarms"
    ANSWER_DRILLS = "answer_drills"
    """Take line tests at a desk of the district's, where a center has one."""
    SEE_DISTRICT = "see_district"


class Duty(StrEnum):
    """Who somebody is: six at the campus, five at the center."""

    GUARD = "guard"
    SAFETY_OFFICER = "safety_officer"
    LEADER = "leader"
    TECHNICIAN = "technician"
    AUDITOR = "auditor"
    STAFF = "staff"
    DESK = "desk"
    DRILL_DESK = "drill_desk"
    OPERATIONS = "operations"
    INSPECTOR = "inspector"
    CENTER_AUDITOR = "center_auditor"

    @property
    def word(self) -> str:
        """The Chinese word, key of the English one."""
        return _WORDS[self]

    @property
    def at_campus(self) -> bool:
        """A duty at a school; the others are the center's."""
        return self in _AT_CAMPUS

    def may(self, right: Right) -> bool:
        """Whether this duty allows it."""
        return right in _RIGHTS[self]


_AT_CAMPUS: Final = frozenset({Duty.GUARD, Duty.SAFETY_OFFICER, Duty.LEADER, Duty.TECHNICIAN, Duty.AUDITOR, Duty.STAFF})
_WORDS: Final = {
    Duty.GUARD: mark("保安"),
    Duty.SAFETY_OFFICER: mark("安全干部"),
    Duty.LEADER: mark("校领导"),
    Duty.TECHNICIAN: mark("技术员"),
    Duty.AUDITOR: mark("审计员"),
    Duty.STAFF: mark("教职工"),
    Duty.DESK: mark("接警员"),
    Duty.DRILL_DESK: mark("演练接收员"),
    Duty.OPERATIONS: mark("运维"),
    Duty.INSPECTOR: mark("督查员"),
    Duty.CENTER_AUDITOR: mark("平台审计员"),
}
_R = Right
_RIGHTS: Final[dict[Duty, frozenset[Right]]] = {
    Duty.GUARD: frozenset({_R.SEE_STATUS, _R.SEE_VISITS, _R.WORK_AT_GATE, _R.EXPECT_VISITORS}),
    Duty.SAFETY_OFFICER: frozenset(
        {
            _R.SEE_STATUS, _R.SEE_VISITS, _R.REVEAL_VISITOR, _R.WORK_AT_GATE, _R.SEE_FOOTAGE, _R.EXPORT_FOOTAGE,
            _R.MEND_FAULTS, _R.CLOSE_FAULTS, _R.ARM_DRILL, _R.HANDLE_INCIDENTS,
            _R.ARRANGE_GATE, _R.EXPECT_VISITORS,
        }
    ),
    Duty.LEADER: frozenset(
        {
            _R.SEE_STATUS, _R.SEE_VISITS, _R.REVEAL_VISITOR, _R.SEE_FOOTAGE, _R.EXPORT_FOOTAGE, _R.CLOSE_FAULTS,
            _R.ARM_DRILL, _R.HANDLE_INCIDENTS, _R.MANAGE_PEOPLE, _R.SEE_AUDIT,
            _R.ARRANGE_GATE, _R.EXPECT_VISITORS,
        }
    ),
    # Keeps the machines, so sees no visitors and no footage, and makes no account that could.
    Duty.TECHNICIAN: frozenset({_R.SEE_STATUS, _R.MEND_FAULTS, _R.EXPECT_VISITORS}),
    Duty.AUDITOR: frozenset({_R.SEE_STATUS, _R.SEE_AUDIT, _R.EXPECT_VISITORS}),
    # A teacher: invites visitors and writes leave slips, sees nothing else.
    Duty.STAFF: frozenset({_R.EXPECT_VISITORS}),
    Duty.DESK: frozenset({_R.ANSWER_ALARMS, _R.SEE_DISTRICT}),
    Duty.DRILL_DESK: frozenset({_R.ANSWER_DRILLS, _R.SEE_DISTRICT}),
    Duty.OPERATIONS: frozenset({_R.SEE_DISTRICT, _R.MANAGE_PEOPLE}),
    Duty.INSPECTOR: frozenset({_R.SEE_DISTRICT}),
    Duty.CENTER_AUDITOR: frozenset({_R.SEE_DISTRICT, _R.SEE_AUDIT}),
}  # fmt: skip
