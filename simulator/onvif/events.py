"""The event service (ver10) with pull points: clients subscribe, then ask again and again what is new."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulator.onvif.profiles import video_source, video_source_configuration
from simulator.onvif.soap import Call, Operation, SoapFault, tag
from simulator.wall_clock import WallClock

SUBSCRIPTION_PATH = "/onvif/subscription/"
_DEFAULT_LIFE_S, _LONGEST_LIFE_S, _LONGEST_PULL_S = 60.0, 3600.0, 60.0
_QUEUE = 100
"""Messages kept for a client that does not pull; the oldest fall out, as on a device."""

SCENE_CHANGE = "tns1:VideoSource/GlobalSceneChange/ImagingService"
TAMPER = "tns1:RuleEngine/TamperDetector/Tamper"
SIGNAL_LOSS = "tns1:VideoSource/SignalLoss"
"""Told by devices with several sources: a camera with one lens has no cable to lose."""


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    source: Mapping[str, str]
    data: Mapping[str, str]
    operation: str
    """Initialized or Changed; every topic here is a property with a state."""
    at: datetime

    def xml(self) -> str:
        def items(values: Mapping[str, str]) -> str:
            return "".join(f'<tt:SimpleItem Name="{name}" Value="{value}"/>' for name, value in values.items())

        return (
            '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
            f"{self.topic}</wsnt:Topic><wsnt:Message>"
            f'<tt:Message UtcTime="{_stamp(self.at)}" PropertyOperation="{self.operation}">'
            f"<tt:Source>{items(self.source)}</tt:Source><tt:Data>{items(self.data)}</tt:Data></tt:Message></wsnt:Message>"
            "</wsnt:NotificationMessage>"
        )


@dataclass
class _Subscription:
    ends: datetime
    waiting: deque[Message] = field(default_factory=lambda: deque(maxlen=_QUEUE))
    news: asyncio.Event = field(default_factory=asyncio.Event)


class EventService:
    def __init__(self, clock: WallClock, sources: int = 1) -> None:
        self._clock, self._sources = clock, sources
        self._subscriptions: dict[str, _Subscription] = {}
        self._created = 0
        self._state: dict[tuple[str, str], Message] = {}
        self.tampered(False)
        for source in range(sources if sources > 1 else 0):
            self.signal_lost(source, False)

    @property
    def subscriptions(self) -> int:
        return len(self._subscriptions)

    def tampered(self, is_tampered: bool) -> None:
        """Says whether something hangs before the lenses; both topics that vendors use for it."""
        value = str(is_tampered).lower()
        for number in range(self._sources):
            self.publish(SCENE_CHANGE, {"Source": video_source(number)}, {"State": value})
            source = {"VideoSourceConfigurationToken": video_source_configuration(number), "Rule": "Tamper"}
            self.publish(TAMPER, source, {"IsTamper": value})

    def signal_lost(self, source: int, is_lost: bool) -> None:
        """Says whether the camera behind a channel gives no signal."""
        self.publish(SIGNAL_LOSS, {"Source": video_source(source)}, {"State": str(is_lost).lower()})

    def forget(self) -> None:
        """Drops all subscriptions, as a reboot does."""
        self._subscriptions.clear()

    def publish(self, topic: str, source: Mapping[str, str], data: Mapping[str, str]) -> None:
        """Tells all subscribers a state, if it is another than before."""
        key = (topic, next(iter(source.values())))
        before = self._state.get(key)
        if before is not None and before.data == data:
            return
        self._state[key] = message = Message(topic, source, data, "Changed", self._clock.now())
        self._purge()
        for subscription in self._subscriptions.values():
            subscription.waiting.append(message)
            subscription.news.set()

    def operations(self) -> dict[str, Operation]:
        answers: tuple[Callable[[Call], str], ...] = (
            self.CreatePullPointSubscription,
            self.GetEventProperties,
            self.GetServiceCapabilities,
            self.SetSynchronizationPoint,
            self.Renew,
            self.Unsubscribe,
        )
        pull: dict[str, Callable[[Call], str | Awaitable[str]]] = {"PullMessages": self.PullMessages}
        return {answer.__name__: answer for answer in answers} | pull

    def CreatePullPointSubscription(self, call: Call) -> str:  # noqa: N802
        self._purge()
        self._created += 1
        number = str(self._created)
        ends = self._until(call.text("tev:InitialTerminationTime"))
        self._subscriptions[number] = subscription = _Subscription(ends)
        self._initialize(subscription)
        address = tag("a:Address", f"{call.base_url}{SUBSCRIPTION_PATH}{number}")
        return (
            f"<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>{address}</tev:SubscriptionReference>"
            f"{tag('wsnt:CurrentTime', _stamp(self._clock.now()))}{tag('wsnt:TerminationTime', _stamp(ends))}"
            "</tev:CreatePullPointSubscriptionResponse>"
        )

    async def PullMessages(self, call: Call) -> str:  # noqa: N802
        subscription = self._find(call)
        wait_s = min(duration_s(call.text("tev:Timeout") or "PT0S"), _LONGEST_PULL_S)
        limit = max(1, int(call.text("tev:MessageLimit") or "1"))
        if not subscription.waiting:
            subscription.news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(subscription.news.wait(), wait_s)
        messages = "".join(subscription.waiting.popleft().xml() for _ in range(min(limit, len(subscription.waiting))))
        return (
            f"<tev:PullMessagesResponse>{tag('tev:CurrentTime', _stamp(self._clock.now()))}"
            f"{tag('tev:TerminationTime', _stamp(subscription.ends))}{messages}</tev:PullMessagesResponse>"
        )

    def SetSynchronizationPoint(self, call: Call) -> str:  # noqa: N802
        self._initialize(self._find(call))
        return "<tev:SetSynchronizationPointResponse/>"

    def Renew(self, call: Call) -> str:  # noqa: N802
        subscription = self._find(call)
        subscription.ends = self._until(call.text("wsnt:TerminationTime"))
        return (
            f"<wsnt:RenewResponse>{tag('wsnt:TerminationTime', _stamp(subscription.ends))}"
            f"{tag('wsnt:CurrentTime', _stamp(self._clock.now()))}</wsnt:RenewResponse>"
        )

    def Unsubscribe(self, call: Call) -> str:  # noqa: N802
        self._find(call)
        subscription = self._subscriptions.pop(_number(call))
        subscription.news.set()
        return "<wsnt:UnsubscribeResponse/>"

    def GetServiceCapabilities(self, call: Call) -> str:  # noqa: N802
        return (
            '<tev:GetServiceCapabilitiesResponse><tev:Capabilities WSSubscriptionPolicySupport="true" '
            'WSPausableSubscriptionManagerInterfaceSupport="false" MaxPullPoints="10"/>'
            "</tev:GetServiceCapabilitiesResponse>"
        )

    def GetEventProperties(self, call: Call) -> str:  # noqa: N802
        return (
            "<tev:GetEventPropertiesResponse>"
            "<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>"
            "<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet>"
            f"<tns1:VideoSource>{_SIGNAL_LOSS if self._sources > 1 else ''}"
            '<GlobalSceneChange><ImagingService wstop:topic="true">'
            '<tt:MessageDescription IsProperty="true">'
            '<tt:Source><tt:SimpleItemDescription Name="Source" Type="tt:ReferenceToken"/></tt:Source>'
            '<tt:Data><tt:SimpleItemDescription Name="State" Type="xs:boolean"/></tt:Data>'
            "</tt:MessageDescription></ImagingService></GlobalSceneChange></tns1:VideoSource>"
            '<tns1:RuleEngine><TamperDetector><Tamper wstop:topic="true"><tt:MessageDescription IsProperty="true">'
            '<tt:Source><tt:SimpleItemDescription Name="VideoSourceConfigurationToken" Type="tt:ReferenceToken"/>'
            '<tt:SimpleItemDescription Name="Rule" Type="xs:string"/></tt:Source>'
            '<tt:Data><tt:SimpleItemDescription Name="IsTamper" Type="xs:boolean"/></tt:Data>'
            "</tt:MessageDescription></Tamper></TamperDetector></tns1:RuleEngine></wstop:TopicSet>"
            "<wsnt:TopicExpressionDialect>http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet</wsnt:TopicExpressionDialect>"
            "<tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect>"
            "<tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation>"
            "</tev:GetEventPropertiesResponse>"
        )

    def _initialize(self, subscription: _Subscription) -> None:
        """Tells a subscriber how things stand now."""
        now = self._clock.now()
        for message in self._state.values():
            subscription.waiting.append(Message(message.topic, message.source, message.data, "Initialized", now))
        subscription.news.set()

    def _find(self, call: Call) -> _Subscription:
        self._purge()
        subscription = self._subscriptions.get(_number(call))
        if subscription is None:
            raise SoapFault("no such subscription; it may have ended", subcodes=("ter:InvalidArgVal",))
        return subscription

    def _purge(self) -> None:
        now = self._clock.now()
        for number in [number for number, it in self._subscriptions.items() if it.ends < now]:
            del self._subscriptions[number]

    def _until(self, text: str | None) -> datetime:
        """The end that a client asks for, as a duration or a moment."""
        now = self._clock.now()
        if not text:
            return now + timedelta(seconds=_DEFAULT_LIFE_S)
        if text.startswith("P"):
            life_s = duration_s(text)
        else:
            try:
                life_s = (datetime.fromisoformat(text) - now).total_seconds()
            except (ValueError, TypeError) as error:
                raise _bad_time(text) from error
        return now + timedelta(seconds=min(max(life_s, 1.0), _LONGEST_LIFE_S))


_SIGNAL_LOSS = (
    '<SignalLoss wstop:topic="true"><tt:MessageDescription IsProperty="true">'
    '<tt:Source><tt:SimpleItemDescription Name="Source" Type="tt:ReferenceToken"/></tt:Source>'
    '<tt:Data><tt:SimpleItemDescription Name="State" Type="xs:boolean"/></tt:Data>'
    "</tt:MessageDescription></SignalLoss>"
)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def duration_s(text: str) -> float:
    """Seconds of an XML duration of days and less."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise _bad_time(text)
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), (86400, 3600, 60, 1), strict=True))


def _bad_time(text: str) -> SoapFault:
    return SoapFault(f"not a duration or time: {text[:40]}", subcodes=("ter:InvalidArgVal",))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _number(call: Call) -> str:
    return call.path.removeprefix(SUBSCRIPTION_PATH)
