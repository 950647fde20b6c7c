"""What happens at the gate besides visits (校门日常): one book per noun, all in gate.sqlite."""

from __future__ import annotations

from gate.duty import DutyBook
from gate.handover import HandoverBook
from gate.leave_slip import PupilDoor
from gate.meeting import MeetingDoor
from gate.patrol import PatrolBook
from gate.record import RecordBook
from gate.roll_call import RollCallBook
from gate.roster import EscortDoor
from gate.staff import StaffDoor


class Door:
    """Made by the gate book, which owns the file."""

    def __init__(self, records: RecordBook, duty: DutyBook) -> None:
        self.records = records
        self.staff = StaffDoor(records)
        self.pupils = PupilDoor(records)
        self.meetings = MeetingDoor(records)
        self.handovers = HandoverBook(records, duty)
        self.patrol = PatrolBook(records)
        self.escorts = EscortDoor(records)
        self.roll_calls = RollCallBook(records)
