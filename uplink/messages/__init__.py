"""Every message of the wire, one module per noun; the list is what schemas and AsyncAPI are made from."""

from __future__ import annotations

from typing import Final

from uplink.event import Message
from uplink.messages.acknowledgement import Acknowledgement, Closure
from uplink.messages.alarm import AlarmRaised, AlarmUpdate, DrillArmed
from uplink.messages.command import Answer, Command
from uplink.messages.day import DaySealed
from uplink.messages.finding import FindingList, FindingMessage
from uplink.messages.heartbeat import CenterHeartbeat, Heartbeat
from uplink.messages.path_state import Birth, Will
from uplink.messages.point_health import PointHealth
from uplink.messages.receipt import Receipt
from uplink.topics import Channel

CHANNELS: Final[dict[Channel, tuple[type[Message], ...]]] = {
    Channel.STATE: (Birth, Will, Heartbeat),
    Channel.ALARM: (AlarmRaised, AlarmUpdate, DrillArmed),
    Channel.POINT: (PointHealth,),
    Channel.FINDING: (FindingMessage, FindingList),
    Channel.DAY: (DaySealed,),
    Channel.ANSWER: (Answer,),
    Channel.RECEIPT: (Receipt, Acknowledgement, Closure),
    Channel.COMMAND: (Command,),
    Channel.HEARTBEAT: (CenterHeartbeat,),
}
"""Which messages travel on which topic; anything else there is refused."""

MESSAGES: Final[dict[str, type[Message]]] = {
    message.event_type: message for messages in CHANNELS.values() for message in messages
}
