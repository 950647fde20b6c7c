"""Forged, foreign, replayed and missing words of the center; lines that break, stall or lie."""

from __future__ import annotations

import pytest

from alarms.press import PressRequest
from alarms.record import StepKind
from foundation.clock import NS_PER_S, rfc3339
from foundation.ids import new_id
from tests.alarms.conftest import CAMPUS, Gatehouse, World, wait_received
from tests.alarms.desk import Desk
from tests.support.waiting import wait_until
from uplink.liveness import PathStatus
from uplink.messages.command import Answer, AnswerStatus, Command
from uplink.messages.heartbeat import Heartbeat
from uplink.messages.receipt import Receipt
from uplink.signature import SigningKey
from uplink.topics import Channel, Topic

FORGER = SigningKey(b"f" * 32)
REFUSED = ("path:primary", "uplink.message_refused")


def press(gatehouse: Gatehouse, input_id: str = "east") -> str:
    alarm_id: str = gatehouse.line.press(PressRequest(press_id=new_id(), input_id=input_id)).alarm_id
    return alarm_id


def joined(world: World) -> tuple[Gatehouse, Desk]:
    path = world.path_to(world.mosquitto())
    desk = world.desk([path])
    gatehouse = world.gatehouse([path])
    wait_until(lambda: gatehouse.service and gatehouse.service.path_reports()[0].status is PathStatus.UP, what="up")
    return gatehouse, desk


def test_a_forged_receipt_does_not_end_the_sending_and_is_a_finding(world: World) -> None:
    gatehouse, desk = joined(world)
    desk.answers = False
    alarm_id = press(gatehouse)
    wait_until(lambda: desk.copies[alarm_id], what="the alarm at the desk")
    arrival = next(one for one in desk.arrivals if one.received.event.id == alarm_id)
    desk.say(desk.receipt_for(arrival), key=FORGER)
    wait_until(lambda: REFUSED in gatehouse.findings(), what="the finding")
    assert not gatehouse.line.find(alarm_id).received
    wait_until(lambda: desk.copies[alarm_id] >= 2, what="the sending that goes on")
    desk.answers = True
    wait_received(gatehouse, alarm_id)


def test_a_receipt_for_another_content_does_not_end_the_sending(world: World) -> None:
    gatehouse, desk = joined(world)
    desk.answers = False
    alarm_id = press(gatehouse)
    wait_until(lambda: desk.copies[alarm_id], what="the alarm at the desk")
    desk.say(Receipt(campus=CAMPUS, message_id=alarm_id, digest="0" * 64, received_at=rfc3339(desk.clock.utc_ns())))
    wait_until(lambda: REFUSED in gatehouse.findings(), what="the finding")
    assert not gatehouse.line.find(alarm_id).received


def test_a_receipt_meant_for_another_campus_is_refused(world: World) -> None:
    gatehouse, desk = joined(world)
    desk.answers = False
    alarm_id = press(gatehouse)
    wait_until(lambda: desk.copies[alarm_id], what="the alarm at the desk")
    arrival = next(one for one in desk.arrivals if one.received.event.id == alarm_id)
    foreign = desk.receipt_for(arrival).model_copy(update={"campus": "other-school"})
    desk.say(foreign, topic=str(Topic(CAMPUS, Channel.RECEIPT)))
    wait_until(lambda: REFUSED in gatehouse.findings(), what="the finding")
    assert not gatehouse.line.find(alarm_id).received


@pytest.mark.parametrize("payload", [b"", b"\x00" * 5_000, b"{}", b"[" * 60_000, b"x" * 200_000])
def test_garbage_on_our_topics_is_a_finding_and_alarms_go_on(world: World, payload: bytes) -> None:
    gatehouse, desk = joined(world)
    for channel in (Channel.RECEIPT, Channel.COMMAND, Channel.HEARTBEAT):
        desk.publish(str(Topic(CAMPUS, channel)), payload)
    wait_until(lambda: REFUSED in gatehouse.findings(), what="the finding")
    wait_received(gatehouse, press(gatehouse))


def test_a_receipt_for_a_message_never_sent_is_a_finding(world: World) -> None:
    gatehouse, desk = joined(world)
    desk.say(Receipt(campus=CAMPUS, message_id=new_id(), digest="0" * 64, received_at=rfc3339(1)))
    wait_until(lambda: REFUSED in gatehouse.findings(), what="the finding")


def test_a_command_is_answered_once_however_often_it_comes_and_never_when_late(world: World) -> None:
    gatehouse, desk = joined(world)
    now_ns = desk.clock.utc_ns()
    command = Command(campus=CAMPUS, name="dance", person="李", not_after=rfc3339(now_ns + 60 * NS_PER_S))
    payload = desk.say(command)
    desk.publish(str(Topic(CAMPUS, Channel.COMMAND)), payload)
    wait_until(lambda: _answers(desk), what="the answer")
    desk.say(command.model_copy(update={"not_after": rfc3339(now_ns - 60 * NS_PER_S)}))
    wait_until(lambda: REFUSED in gatehouse.findings(), what="the finding for the late one")
    assert [answer.status for answer in _answers(desk)] == [AnswerStatus.REFUSED]


def _answers(desk: Desk) -> list[Answer]:
    return [one.received.event.data for one in desk.arrivals if isinstance(one.received.event.data, Answer)]


def heard_ago_s(gatehouse: Gatehouse) -> float:
    assert gatehouse.service is not None
    return gatehouse.service.path_reports()[0].last_heartbeat_age_s or 0.0


@pytest.mark.alone
def test_no_receipt_means_sending_again_after_five_seconds_with_the_very_same_bytes(world: World) -> None:
    gatehouse, desk = joined(world)
    desk.answers = False
    desk.hush()  # a center that is heard and gives no receipt is told again sooner
    wait_until(lambda: heard_ago_s(gatehouse) > 1, what="the last heartbeat on its way")
    pressed_ns = desk.clock.running_ns()
    alarm_id = press(gatehouse)
    wait_until(lambda: desk.copies[alarm_id] >= 2, what="a second copy")
    copies = [one for one in desk.arrivals if one.received.event.id == alarm_id]
    assert len({copy.payload for copy in copies}) == 1
    assert (copies[1].running_ns - pressed_ns) / NS_PER_S >= 5, "from the press: the first copy may come late"
    assert (copies[1].running_ns - copies[0].running_ns) / NS_PER_S < 7
    wait_until(lambda: ("path:primary", "alarm.no_receipt") in gatehouse.findings(), what="the finding")
    assert len(desk.alarms) == 1
    desk.answers = True
    wait_received(gatehouse, alarm_id)
    wait_until(lambda: ("path:primary", "alarm.no_receipt") not in gatehouse.findings(), what="its end")


def test_an_alarm_goes_out_on_both_paths_at_once_and_reaches_the_desk_once(world: World) -> None:
    primary, standby = world.mosquitto("primary"), world.mosquitto("standby")
    paths = [world.path_to(primary, "primary"), world.path_to(standby, "standby")]
    desk = world.desk(paths)
    gatehouse = world.gatehouse(paths)
    wait_until(lambda: all(session.connected for session in desk.sessions.values()), what="the desk on both brokers")
    # A path that came up only after the receipt would rightly send nothing any more.
    wait_until(
        lambda: gatehouse.service and all(path.session.connected for path in gatehouse.service.path_reports()),
        what="both paths",
    )
    desk.answers = False  # one receipt ends the sending, also that of a path whose turn has not come yet
    alarm_id = press(gatehouse)

    def came_by() -> set[str]:
        return {one.broker for one in desk.arrivals if one.received.event.id == alarm_id}

    wait_until(lambda: came_by() == {"primary", "standby"}, what="both copies")
    desk.answers = True
    wait_received(gatehouse, alarm_id)
    assert list(desk.alarms) == [alarm_id]
    primary.kill()
    wait_received(gatehouse, press(gatehouse, "west"))


def test_alarms_pressed_while_the_broker_is_down_arrive_newest_first_within_seconds(world: World) -> None:
    broker = world.mosquitto()
    path = world.path_to(broker)
    desk = world.desk([path])
    gatehouse = world.gatehouse([path])
    wait_until(lambda: desk.sessions["primary"].connected, what="the desk")
    broker.kill()
    older, newer = press(gatehouse, "east"), press(gatehouse, "west")
    wait_until(lambda: gatehouse.service and not gatehouse.service.path_reports()[0].session.connected, what="the loss")
    broker.start()
    wait_received(gatehouse, older, 15)
    wait_received(gatehouse, newer, 15)
    assert list(desk.alarms) == [newer, older]


def test_a_broker_that_forgets_everything_loses_no_alarm(world: World) -> None:
    broker = world.mosquitto()
    path = world.path_to(broker)
    gatehouse = world.gatehouse([path])
    wait_until(lambda: gatehouse.service and gatehouse.service.path_reports()[0].session.connected, what="up")
    alarm_id = press(gatehouse)  # accepted by the broker, no center there yet
    wait_until(lambda: gatehouse.line.find(alarm_id).step(StepKind.BROKER_ACCEPTED), what="the broker's word")
    broker.kill()
    for file in broker.directory.glob("mosquitto.db*"):
        file.unlink()
    broker.start()
    world.desk([path])
    wait_received(gatehouse, alarm_id)


@pytest.mark.alone
def test_a_lost_path_is_known_within_twenty_seconds_and_found_again(world: World) -> None:
    gatehouse, desk = joined(world)
    desk.hush()  # the broker stays, the center is gone
    began_ns = desk.clock.running_ns()
    lost = ("path:primary", "uplink.path_lost")
    wait_until(lambda: lost in gatehouse.findings(), 20, what="the loss")
    assert (desk.clock.running_ns() - began_ns) / NS_PER_S <= 20
    desk.beats = True
    wait_until(lambda: lost not in gatehouse.findings(), what="the recovery")


def test_heartbeats_tell_of_waiting_alarms_and_measure_the_clocks(world: World) -> None:
    gatehouse, desk = joined(world)
    assert gatehouse.service is not None
    wait_until(lambda: gatehouse.service and gatehouse.service.path_reports()[0].skew, what="a measured skew")
    skew = gatehouse.service.path_reports()[0].skew
    assert skew is not None
    assert abs(skew.offset_ns) <= skew.error_ns + NS_PER_S // 10
    assert any(isinstance(one.received.event.data, Heartbeat) for one in desk.arrivals)
