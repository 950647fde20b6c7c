"""A recorder (NVR) of the simulator with three cameras behind it: found, taken in, visited, watched, and heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from camera.events import CameraEvents
from camera.login import Login
from camera.onvif.device import OnvifDevice
from camera.onvif.discovery import enrol, probe
from camera.picture.keyframe import take_keyframe
from camera.query import StreamSource, stream_source
from camera.round import RoundRules
from camera.settings_text import enrolled_text
from camera.stream import StreamSource as Source
from camera.stream import StreamStalled
from config.settings import read_settings
from simulator.campus import Campus, Quality, SubQuality, demo_recorder
from simulator.faults import Fault
from tests.camera.round_box import Box, simulated
from tests.support.discovery import alone_on_loopback
from tests.support.waiting import WAIT_AT_MOST_S, wait_until

CHANNELS = 3
MAIN = Quality(width=480, height=270, fps=1, bitrate_bps=64_000)
SUB = SubQuality(width=320, height=180, fps=1, bitrate_bps=64_000)


@pytest.fixture(scope="module")
def campus(root: Path) -> Iterator[Campus]:
    running = Campus(
        cameras=[demo_recorder(CHANNELS, MAIN, SUB)],
        cache=root / ".cache" / "simulator-tests",
        progress=lambda _: None,
        discoverable=True,
        prepare_faults=False,
    )
    with alone_on_loopback(), running:
        yield running


def test_what_is_discovered_and_enrolled_is_a_point_of_each_channel_that_the_settings_accept(
    tmp_path: Path, campus: Campus, box: Box
) -> None:
    address = campus.addresses("nvr").onvif_url
    (found, *_) = wait_until(lambda: [one for one in probe("127.0.0.1", wait_s=1.0) if one.address == address])
    assert found.name == "nvr"
    taken = enrol(found, OnvifDevice(address, Login(campus.account.user, campus.account.password), box.clock))
    printed = enrolled_text([taken], credential="cams", volume="main", retention="law")
    file = tmp_path / "campus.yaml"
    file.write_text(
        "campus: {id: east, name: East School, address: Road 1, gatehouse_phone: '123456'}\n"
        "credentials: [{id: cams, user: campus, password_env: CAMS}]\n"
        f"volumes: [{{id: main, path: {tmp_path}, when_full: stop}}]\n"
        "retention: [{id: law}]\n"
        "pages: {gatehouse: {port: 8001}, office: {port: 8002}}\n" + printed,
        encoding="utf-8",
    )
    points = read_settings(file).points
    assert [(point.id, point.device, point.source) for point in points] == [
        ("nvr-1", "nvr", 0), ("nvr-2", "nvr", 1), ("nvr-3", "nvr", 2),
    ]  # fmt: skip


def played(campus: Campus, url: str) -> Source:
    return Source(device="nvr", url=url, user=campus.account.user, password=campus.account.password)


def known(box: Box, number: int) -> StreamSource:
    found = stream_source(box.cameras, "nvr", number)
    assert found is not None
    return found


def test_a_round_learns_the_streams_of_each_channel_and_each_shows_its_own_scene(box: Box, campus: Campus) -> None:
    rules = RoundRules(sources_due={"nvr": tuple(range(CHANNELS + 1))})
    box.round(simulated(box, campus, "nvr"), rules=rules).run_once()
    (missing,) = box.findings.all_open()  # and a channel that is not there is said
    assert (missing.kind, missing.evidence["sources"]) == ("camera.no_such_source", "3")
    uris = [known(box, number).main.uri for number in range(CHANNELS)]
    assert len(set(uris)) == CHANNELS
    means = []
    for number in range(CHANNELS):
        sub = known(box, number).sub
        assert sub is not None
        picture = take_keyframe(played(campus, sub.uri), box.clock, within_s=WAIT_AT_MOST_S)
        means.append(float(picture.y.mean()))
    assert abs(means[0] - means[2]) < 3 < abs(means[0] - means[1])  # two gates, and a corridor between them
    stills = {known(box, number).snapshot_uri for number in range(CHANNELS)}
    assert len(stills) == CHANNELS
    for uri in stills:
        assert uri is not None
        answer = requests.get(uri, auth=(campus.account.user, campus.account.password), timeout=10)
        assert answer.content.startswith(b"\xff\xd8")


def test_a_camera_that_goes_from_behind_the_recorder_is_a_finding_of_its_point_alone(box: Box, campus: Campus) -> None:
    visitor = simulated(box, campus, "nvr")
    rounds = box.round(visitor)
    rounds.run_once()
    points = {("nvr", number): f"place-{number}" for number in range(CHANNELS)}
    events = CameraEvents([visitor], box.register, box.findings, box.clock, is_well=rounds.is_well, points=points)
    events.start()
    try:
        wait_until(lambda: "nvr" in events.listening_to)
        url = f"{campus.control_url}/cameras/nvr/signal"
        assert requests.post(url, json={"source": 1, "lost": True}, timeout=10).status_code == 200
        wait_until(lambda: ("point:place-1", "camera.signal_loss") in box.open_kinds())
        assert box.open_kinds() == {("point:place-1", "camera.signal_loss")}
        gone, stays = (known(box, number).main.uri for number in (1, 0))
        with pytest.raises(StreamStalled):
            take_keyframe(played(campus, gone), box.clock, within_s=2)
        assert take_keyframe(played(campus, stays), box.clock, within_s=WAIT_AT_MOST_S).y.any()
        campus.lose_signal("nvr", 1, lost=False)
        wait_until(lambda: not box.open_kinds())
        assert requests.post(url, json={"source": 9, "lost": True}, timeout=10).status_code == 422
    finally:
        events.close()


def test_one_device_that_is_down_is_one_finding_for_all_its_points(box: Box, campus: Campus) -> None:
    rounds = box.round(simulated(box, campus, "nvr"))
    rounds.run_once()
    campus.set_fault("nvr", Fault.DOWN)
    for _ in range(2):
        rounds.run_once()
    assert box.open_kinds() == {("device:nvr", "camera.unreachable")}
