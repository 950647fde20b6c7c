"""From a finger to the center's receipt, over real brokers."""

from __future__ import annotations

from alarms.press import PressRequest
from alarms.query import find_alarm
from alarms.record import StepKind
from foundation.clock import rfc3339
from foundation.ids import new_id
from tests.alarms.conftest import World, wait_received
from tests.support.waiting import wait_until
from uplink.messages.acknowledgement import Acknowledgement


def test_a_press_over_mutual_tls_is_stored_sent_received_and_acknowledged_by_a_person(world: World) -> None:
    authority = world.authority()
    broker = world.mosquitto(tls=authority.issue("broker"))
    desk = world.desk([world.path_to(broker, client=authority.issue("center"))])
    gatehouse = world.gatehouse([world.path_to(broker, client=authority.issue("test-school"))])

    alarm = gatehouse.line.press(PressRequest(press_id=new_id(), input_id="east", person="王师傅"))
    wait_until(lambda: find_alarm(gatehouse.state.database("alarms"), alarm.alarm_id), what="the alarm on the disk")
    wait_received(gatehouse, alarm.alarm_id)
    assert desk.alarms[alarm.alarm_id].place == "东门门卫室"

    desk.say(
        Acknowledgement(
            campus="test-school",
            alarm_id=alarm.alarm_id,
            person="李警官",
            desk="police",
            at=rfc3339(desk.clock.utc_ns()),
        )
    )
    wait_until(lambda: gatehouse.line.find(alarm.alarm_id).step(StepKind.ACKNOWLEDGED), what="the acknowledgement")
    stored = find_alarm(gatehouse.state.database("alarms"), alarm.alarm_id)
    assert stored is not None
    assert stored.state is StepKind.ACKNOWLEDGED
    assert stored.messages_waiting == 0


def test_a_broker_that_speaks_only_3_1_1_carries_an_alarm_too(world: World) -> None:
    broker = world.amqtt()
    desk = world.desk([world.path_to(broker)])
    gatehouse = world.gatehouse([world.path_to(broker)])
    alarm = gatehouse.line.press(PressRequest(press_id=new_id(), input_id="east"))
    wait_received(gatehouse, alarm.alarm_id)
    assert list(desk.alarms) == [alarm.alarm_id]
    assert gatehouse.service is not None
    assert gatehouse.service.path_reports()[0].session.protocol == "3.1.1"
