from __future__ import annotations

import hashlib
import http.client
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
import requests
from lxml import etree
from onvif import ONVIFCamera
from onvif.exceptions import ONVIFError
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from simulator.campus import Campus
from simulator.faults import Fault
from tests.simulator.conftest import SMALL

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"


def connect(campus: Campus, camera: str, password: str | None = None) -> Any:
    at = urlsplit(campus.addresses(camera).onvif_url)
    return ONVIFCamera(at.hostname, at.port, campus.account.user, password or campus.account.password)


def token(campus: Campus, created: datetime, nonce: bytes = b"0123456789abcdef", password: str | None = None) -> str:
    moment = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    secret = nonce + moment.encode() + (password or campus.account.password).encode()
    digest = b64encode(hashlib.sha1(secret).digest()).decode()
    return (
        f'<w:Security xmlns:w="{WSSE}" xmlns:u="{WSU}"><w:UsernameToken><w:Username>{campus.account.user}</w:Username>'
        f"<w:Password>{digest}</w:Password><w:Nonce>{b64encode(nonce).decode()}</w:Nonce>"
        f"<u:Created>{moment}</u:Created></w:UsernameToken></w:Security>"
    )


def post(campus: Campus, body: str, header: str = "", camera: str = "gate", auth: Any = None) -> requests.Response:
    envelope = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
    return requests.post(campus.addresses(camera).onvif_url, envelope.encode(), auth=auth, timeout=10)


INFORMATION = f'<GetDeviceInformation xmlns="{DEVICE}"/>'


@pytest.mark.parametrize(("camera", "serial"), [("gate", "SIM000001"), ("corridor", "SIM000002")])
def test_a_stock_client_learns_who_the_camera_is(campus: Campus, camera: str, serial: str) -> None:
    device = connect(campus, camera).devicemgmt
    assert device.GetDeviceInformation().SerialNumber == serial
    assert device.GetNetworkInterfaces()[0].Info.HwAddress.startswith("02:00:5e:10:00:0")
    assert device.GetHostname().Name == serial.lower()
    assert f"onvif://www.onvif.org/name/{camera}" in [scope.ScopeItem for scope in device.GetScopes()]
    before = datetime.now(UTC).replace(microsecond=0)  # as ONVIF tells it
    utc = device.GetSystemDateAndTime().UTCDateTime
    told = datetime(
        utc.Date.Year, utc.Date.Month, utc.Date.Day, utc.Time.Hour, utc.Time.Minute, utc.Time.Second, tzinfo=UTC
    )
    assert before <= told <= datetime.now(UTC)


def test_a_stock_client_finds_both_streams(campus: Campus) -> None:
    media = connect(campus, "gate").create_media_service()
    main, sub = media.GetProfiles()
    assert main.VideoEncoderConfiguration.Resolution.Width == SMALL.width
    assert main.VideoEncoderConfiguration.RateControl.FrameRateLimit == SMALL.fps
    assert main.VideoSourceConfiguration.SourceToken == media.GetVideoSources()[0].token
    assert len(media.GetVideoEncoderConfigurations()) == 2
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    at = campus.addresses("gate")
    assert media.GetStreamUri({"StreamSetup": setup, "ProfileToken": main.token}).Uri == at.rtsp_main_url
    assert media.GetStreamUri({"StreamSetup": setup, "ProfileToken": sub.token}).Uri == at.rtsp_sub_url
    assert media.GetSnapshotUri({"ProfileToken": main.token}).Uri == at.snapshot_url
    with pytest.raises(ONVIFError, match="no such profile"):
        media.GetStreamUri({"StreamSetup": setup, "ProfileToken": "nothing"})


def test_the_new_media_service_tells_h265_by_its_name(campus: Campus) -> None:
    services = post(campus, f'<GetServices xmlns="{DEVICE}"><IncludeCapability>false</IncludeCapability></GetServices>')
    assert MEDIA2 in services.text
    for camera, encoding in (("gate", "H264"), ("corridor", "H265")):
        asked = f'<GetProfiles xmlns="{MEDIA2}"><Type>All</Type></GetProfiles>'
        answer = post(campus, asked, token(campus, datetime.now(UTC), camera.encode()), camera)
        found = etree.fromstring(answer.content).findall(".//{*}Encoding")
        assert [one.text for one in found] == [encoding, "H264"]
        parts = "<Protocol>RTSP</Protocol><ProfileToken>Profile_1</ProfileToken>"
        wanted = f'<GetStreamUri xmlns="{MEDIA2}">{parts}</GetStreamUri>'
        answer = post(campus, wanted, token(campus, datetime.now(UTC), b"uri" + camera.encode()), camera)
        assert etree.fromstring(answer.content).findtext(".//{*}Uri") == campus.addresses(camera).rtsp_main_url


def test_time_and_services_are_told_without_log_in(campus: Campus) -> None:
    for name in ("GetSystemDateAndTime", "GetServices", "GetCapabilities"):
        assert post(campus, f'<{name} xmlns="{DEVICE}"/>').status_code == 200
    refused = post(campus, INFORMATION)
    assert refused.status_code == 401
    assert "Digest" in refused.headers["WWW-Authenticate"]


def test_a_token_lets_in_once(campus: Campus) -> None:
    header = token(campus, datetime.now(UTC), b"used only once..")
    assert post(campus, INFORMATION, header).status_code == 200
    again = post(campus, INFORMATION, header)
    assert again.status_code == 400
    assert "NotAuthorized" in again.text


@pytest.mark.parametrize("wrong", ["digest", "old", "future"])
def test_a_wrong_or_untimely_token_is_refused(campus: Campus, wrong: str) -> None:
    shift = {"digest": 0, "old": -310, "future": 310}[wrong]
    moment = datetime.now(UTC) + timedelta(seconds=shift)
    header = token(campus, moment, wrong.encode(), "no such password" if wrong == "digest" else None)
    refused = post(campus, INFORMATION, header)
    assert refused.status_code == 400
    assert "NotAuthorized" in refused.text
    # four minutes off is still let in
    near = datetime.now(UTC) + timedelta(seconds=shift * 240 // 310)
    assert post(campus, INFORMATION, token(campus, near, b"near" + wrong.encode())).status_code == 200


def test_http_digest_serves_devices_clients_without_tokens(campus: Campus) -> None:
    account = campus.account
    assert post(campus, INFORMATION, auth=HTTPDigestAuth(account.user, account.password)).status_code == 200
    assert post(campus, INFORMATION, auth=HTTPDigestAuth(account.user, "wrong")).status_code == 401


def test_a_stock_client_with_a_wrong_password_is_refused(campus: Campus) -> None:
    with pytest.raises(ONVIFError, match="not Authorized"):
        connect(campus, "gate", "wrong").devicemgmt.GetDeviceInformation()


@pytest.mark.parametrize("log_in", [HTTPDigestAuth, HTTPBasicAuth])
def test_a_snapshot_shows_the_present(campus: Campus, log_in: Any) -> None:
    at, account = campus.addresses("corridor").snapshot_url, campus.account
    assert requests.get(at, timeout=10).status_code == 401
    answer = requests.get(at, auth=log_in(account.user, account.password), timeout=10)
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (SMALL.height, SMALL.width, 3)


def test_garbage_and_entities_are_refused(campus: Campus) -> None:
    at = campus.addresses("gate").onvif_url
    bomb = '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><x>&b;</x></s:Body></s:Envelope>'
    for body in ("", "not xml", "<a/>", bomb):
        answer = requests.post(at, body.encode(), timeout=10)
        assert answer.status_code == 400
        assert "WellFormed" in answer.text
    unknown = post(campus, f'<MakeCoffee xmlns="{DEVICE}"/>', token(campus, datetime.now(UTC), b"coffee"))
    assert unknown.status_code == 500
    assert "ActionNotSupported" in unknown.text
    far = urlsplit(at)
    raw = http.client.HTTPConnection(far.hostname or "", far.port or 0, timeout=30)
    raw.request("GET", "/index.html")
    assert raw.getresponse().status == 404
    raw.close()


class PullPoint:
    """A subscription of the stock client."""

    def __init__(self, campus: Campus, camera: str) -> None:
        self._device = connect(campus, camera)
        self.service = self._device.create_pullpoint_service()

    def pull(self, wait_s: float = 5) -> dict[str, str]:
        """What has changed: topic's last part to state."""
        answer = self.service.PullMessages({"Timeout": timedelta(seconds=wait_s), "MessageLimit": 10})
        found: dict[str, str] = {}
        for notification in answer.NotificationMessage:
            message = notification.Message._value_1
            item = message.find("{*}Data/{*}SimpleItem")
            found[f"{item.get('Name')} {message.get('PropertyOperation')}"] = item.get("Value")
        return found


def test_a_pull_point_tells_how_things_stand_and_then_what_changes(healthy: Campus) -> None:
    subscription = PullPoint(healthy, "gate")
    terminals = {"LogicalState Initialized": "inactive"}  # of the relay; the inputs before it are of the same name
    assert subscription.pull() == {"State Initialized": "false", "IsTamper Initialized": "false"} | terminals
    assert subscription.pull(0.2) == {}
    healthy.set_fault("gate", Fault.COVERED)
    assert subscription.pull() == {"State Changed": "true", "IsTamper Changed": "true"}
    healthy.set_fault("gate", None)
    assert subscription.pull() == {"State Changed": "false", "IsTamper Changed": "false"}


def test_a_subscription_is_renewed_ended_and_then_gone(healthy: Campus) -> None:
    address = _subscribe(healthy, b"subscribe-1")
    namespace = "http://docs.oasis-open.org/wsn/b-2"

    def ask(body: str, nonce: bytes) -> requests.Response:
        envelope = (
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
            f"<s:Header>{token(healthy, datetime.now(UTC), nonce)}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        return requests.post(address, envelope.encode(), timeout=10)

    renewed = ask(f'<Renew xmlns="{namespace}"><TerminationTime>PT10M</TerminationTime></Renew>', b"renew")
    until = etree.fromstring(renewed.content).findtext(".//{*}TerminationTime") or ""
    assert timedelta(minutes=9) < datetime.fromisoformat(until) - datetime.now(UTC) < timedelta(minutes=11)
    assert ask(f'<Unsubscribe xmlns="{namespace}"/>', b"unsubscribe").status_code == 200
    assert (
        ask(f'<Renew xmlns="{namespace}"><TerminationTime>PT10M</TerminationTime></Renew>', b"again").status_code == 400
    )


def test_the_topics_are_announced(campus: Campus) -> None:
    properties = connect(campus, "gate").create_events_service().GetEventProperties()
    assert properties.FixedTopicSet is True


def _subscribe(campus: Campus, nonce: bytes) -> str:
    asked = (
        '<CreatePullPointSubscription xmlns="http://www.onvif.org/ver10/events/wsdl">'
        "<InitialTerminationTime>PT1M</InitialTerminationTime></CreatePullPointSubscription>"
    )
    answer = post(campus, asked, token(campus, datetime.now(UTC), nonce))
    return etree.fromstring(answer.content).findtext(".//{*}Address") or ""
