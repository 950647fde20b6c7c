"""Which desk an alarm ends at: the police's, and for line tests (演练) the district's, where the settings name one."""

from __future__ import annotations

from dataclasses import dataclass

from center.alarm_view import AlarmView
from center.answering import Answering
from web.duty import Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Who answers what."""

    alarms: Answering
    drills: Answering | None = None
    """Signs with the name of the district's desk; None where line tests end at the same desk as alarms."""
    drill_desk: str = ""
    """区教育局 …: the name that schools read beside who took their line test."""

    def of(self, alarm: AlarmView) -> Answering:
        """The desk that an alarm ends at."""
        return self.drills if alarm.drill and self.drills is not None else self.alarms

    def right(self, alarm: AlarmView) -> Right:
        """What somebody must be allowed in order to answer it there."""
        return Right.ANSWER_DRILLS if alarm.drill and self.drills is not None else Right.ANSWER_ALARMS
