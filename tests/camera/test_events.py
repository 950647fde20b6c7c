"""Events: what devices tell by themselves becomes findings and facts; strangers are counted."""

from __future__ import annotations

import pytest

from camera import events as events_module
from camera.device_error import DeviceError, LoginRefused, OnvifFault
from camera.event_meaning import Meaning, read_event
from camera.events import PULL_S, CameraEvents
from camera.facts import InputChanged, RelayChanged
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.model import DeviceEvent
from camera.onvif.pull_point import PullPoint
from camera.query import unknown_topics
from camera.visit import Visitor
from foundation.journal import read_entries
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.round_box import Box, simulated
from tests.support.waiting import wait_until

Items = tuple[tuple[str, str], ...]


def event(topic: str, *data: tuple[str, str], source: Items = (), operation: str = "Changed") -> DeviceEvent:
    return DeviceEvent(topic, operation, None, source, data)


@pytest.mark.parametrize(
    ("topic", "data", "meaning", "active"),
    [
        ("VideoSource/SignalLoss", ("State", "true"), Meaning.SIGNAL_LOSS, True),
        ("VideoSource/SignalLoss", ("State", "0"), Meaning.SIGNAL_LOSS, False),
        ("VideoSource/GlobalSceneChange/AnalyticsService", ("State", "1"), Meaning.TAMPER, True),
        ("RuleEngine/TamperDetector/Tamper", ("IsTamper", "True"), Meaning.TAMPER, True),
        ("RuleEngine/CellMotionDetector/Motion", ("IsMotion", "true"), Meaning.NOTHING, True),
        ("VideoSource/ImageTooDark/ImagingService", ("State", "false"), Meaning.TOO_DARK, False),
        ("Device/HardwareFailure/StorageFailure", ("Failed", "true"), Meaning.STORAGE, True),
        ("Device/HardwareFailure/FanFailure", ("Failed", "true"), Meaning.HARDWARE, True),
        ("Device/Trigger/DigitalInput", ("LogicalState", "true"), Meaning.DIGITAL_INPUT, True),
        ("Device/Trigger/DigitalInput", ("State", "1"), Meaning.DIGITAL_INPUT, True),
        ("Device/Trigger/Relay", ("LogicalState", "inactive"), Meaning.RELAY, False),
        ("Device/Trigger/Relay", ("LogicalState", "active"), Meaning.RELAY, True),
        ("VideoSource/SignalLoss", ("State", "perhaps"), Meaning.SIGNAL_LOSS, None),
        ("Acme/Teapot", ("Boiling", "true"), None, True),
    ],
)
def test_topics_of_the_standard_and_the_vendors_are_understood(
    topic: str, data: tuple[str, str], meaning: Meaning | None, active: bool | None
) -> None:
    reading = read_event(event(topic, data))
    assert (reading.meaning, reading.active) == (meaning, active)


def listener(box: Box, *visitors: Visitor) -> CameraEvents:
    box.register.keep_only({visitor.device_id: visitor.address for visitor in visitors})
    return CameraEvents(
        visitors,
        box.register,
        box.findings,
        box.clock,
        is_well=lambda _: True,
        points={("gate", 0): "gate-east"},
    )


def unvisited(device_id: str) -> Visitor:
    def make(address: str, login: Login | None) -> OnvifDevice:
        raise AssertionError("nobody is asked in this test")

    return Visitor(device_id, f"http://{device_id}/", lambda: None, make)


def test_an_input_is_told_as_a_fact_with_whether_it_changed_or_was_found_so(box: Box) -> None:
    door: Items = (("InputToken", "in-1"),)
    heard = listener(box, unvisited("gate"))
    heard.take(
        "gate",
        [
            event("Device/Trigger/DigitalInput", ("LogicalState", "false"), source=door, operation="Initialized"),
            event("Device/Trigger/DigitalInput", ("LogicalState", "true"), source=door),
            event("Device/Trigger/DigitalInput", ("LogicalState", "false"), source=door),
            event("Device/Trigger/Relay", ("LogicalState", "active"), source=(("RelayToken", "r"),)),
        ],
    )
    told = [entry.read(InputChanged) for entry in read_entries(box.cameras, after=0, kind=InputChanged.kind)]
    assert [(fact.token, fact.closed, fact.initial) for fact in told] == [
        ("in-1", False, True),
        ("in-1", True, False),
        ("in-1", False, False),
    ]
    assert len(read_entries(box.cameras, after=0, kind=RelayChanged.kind)) == 1


def test_a_failed_card_is_the_devices_finding_and_is_cleared_by_the_device(box: Box) -> None:
    heard = listener(box, unvisited("gate"))
    heard.take("gate", [event("Device/HardwareFailure/StorageFailure", ("Failed", "true"))])
    assert box.open_kinds() == {("device:gate", "camera.storage_failure")}
    heard.take("gate", [event("Device/HardwareFailure/StorageFailure", ("Failed", "false"))])
    assert box.open_kinds() == set()


def test_a_device_that_chatters_leaves_only_its_last_word(box: Box) -> None:
    heard = listener(box, unvisited("gate"))
    states = [event("VideoSource/SignalLoss", ("State", str(number % 2))) for number in range(100)]
    heard.take("gate", states)
    assert len(read_entries(box.folder / "inspector.sqlite", after=0)) == 1


def test_unknown_topics_are_kept_and_counted_and_never_too_many(box: Box) -> None:
    heard = listener(box, unvisited("gate"))
    heard.take("gate", [event("Acme/Teapot", ("Boiling", "true")), event("Acme/Teapot", ("Boiling", "false"))])
    heard.take("gate", [event(f"Acme/Noise{number}") for number in range(150)])
    kept = unknown_topics(box.cameras)
    assert len(kept) == 100
    heard.take("gate", [event("Acme/Teapot", ("Boiling", "true"))])
    assert "Acme/Teapot" in {topic.topic for topic in unknown_topics(box.cameras)}


def test_a_covered_lens_is_heard_from_the_device_and_heard_again_after_its_reboot(
    box: Box, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "PULL_S", 1)
    monkeypatch.setattr(events_module, "_FIRST_PAUSE_S", 0.1)
    visitor = simulated(box, campus, "gate")
    box.round(visitor).run_once()
    heard = CameraEvents(
        [visitor], box.register, box.findings, box.clock, is_well=lambda _: True, points={("gate", 0): "gate-east"}
    )
    tamper = ("point:gate-east", "camera.tamper_reported")
    heard.start()
    try:
        campus.set_fault("gate", Fault.COVERED)
        wait_until(lambda: tamper in box.open_kinds(), what="the tamper finding")
        campus.set_fault("gate", Fault.DOWN)
        campus.set_fault("gate", None)
        wait_until(lambda: tamper not in box.open_kinds(), what="the all-clear after the reboot")
    finally:
        heard.close()
    assert heard.failure is None


class Quirk:
    """A device whose events end in the same way each time; counts how often it was asked for them."""

    def __init__(self, subscribing: DeviceError | None, pulling: DeviceError) -> None:
        self.asked = 0
        self._subscribing, self._pulling = subscribing, pulling

    def subscribe(self, *, keep_s: int) -> Quirk:
        self.asked += 1
        if self._subscribing is not None:
            raise self._subscribing
        return self

    def pull(self, _wait_s: int) -> tuple[DeviceEvent, ...]:
        raise self._pulling

    def close(self) -> None:
        """It has forgotten us anyway."""


def test_pull_points_that_die_are_opened_anew_and_devices_that_give_none_are_left_in_peace(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "_FIRST_PAUSE_S", 0.02)
    forgotten = OnvifFault("InvalidArgVal", "no such subscription")
    quirks = {
        "forgets": Quirk(None, forgotten),
        "none": Quirk(OnvifFault("ActionNotSupported", ""), forgotten),
        "not-for-us": Quirk(LoginRefused("the user may not"), forgotten),
    }
    visitors = [
        Visitor(name, f"http://{name}/", lambda: None, lambda _at, _login, quirk=quirk: quirk)
        for name, quirk in quirks.items()
    ]
    heard = listener(box, *visitors)
    heard.start()
    try:
        wait_until(lambda: all(quirk.asked for quirk in quirks.values()), what="each is asked once")
        often = quirks["forgets"].asked + 15
        wait_until(lambda: quirks["forgets"].asked >= often, what="a device that forgets is asked again and again")
    finally:
        heard.close()
    assert heard.failure is None
    assert (quirks["none"].asked, quirks["not-for-us"].asked) == (1, 1), "asking on would lock the account"


def test_closing_gives_the_pull_point_back(box: Box, campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[str] = []
    close = PullPoint.close

    def noted(point: PullPoint) -> None:
        close(point)
        with pytest.raises(OnvifFault):
            point.renew()  # the device knows it no more
        given_back.append(point.address)

    monkeypatch.setattr(PullPoint, "close", noted)
    visitor = simulated(box, campus, "corridor")
    box.round(visitor).run_once()
    heard = CameraEvents([visitor], box.register, box.findings, box.clock, is_well=lambda _: True, points={})
    heard.start()
    wait_until(lambda: heard.listening_to == {"corridor"}, what="a pull point")
    heard.close()
    wait_until(lambda: given_back, what="a device that answers, however late")


def test_a_subscription_is_renewed_before_it_ends(box: Box, campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "PULL_S", 0)
    service = campus._running["gate"]._events
    circle = box.round(simulated(box, campus, "gate"))
    circle.run_once()
    made = service._created
    events = CameraEvents(
        [simulated(box, campus, "gate")],
        box.register,
        box.findings,
        box.clock,
        is_well=lambda _: True,
        points={},
    )
    events.start()
    try:
        wait_until(lambda: str(made + 1) in service._subscriptions, what="a subscription")
        subscription = service._subscriptions[str(made + 1)]
        first_end = subscription.ends
        wait_until(lambda: subscription.ends > first_end, what="a later end")
        assert service._created == made + 1, "the same one"
    finally:
        events.close()
    assert events_module._RENEW_EVERY_PULLS * (PULL_S + 8) < events_module.KEEP_S, "in time, slow as a device may be"
