"""Looking at every point: rows, episodes with both pictures, findings, and what is not asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from camera.device_state import DeviceState
from camera.login import Login
from camera.onvif.model import Codec, Profile, SourceStreams, Stream, VideoSource
from camera.picture.health import PictureHealth, WatchedPoint
from camera.picture.keyframe import take_keyframe
from camera.picture.picture import Picture
from camera.picture.query import episode_pictures, picture_episodes, picture_states
from camera.stream import StreamLoginRefused, StreamSource
from foundation.clock import NS_PER_S, ManualClock, SystemClock
from simulator.campus import Campus
from simulator.faults import Fault
from tests.camera.round_box import Box, simulated
from tests.support.waiting import wait_until

LOOK_S = 10
GREY = np.full((180, 320), 128, np.uint8)


class Scene:
    """Bright boxes on a dark ground, with a sensor's noise and some colour; a test may cover or darken it."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.ground = np.full((360, 640), 70, np.float32)
        for _ in range(120):
            x, y = random.integers(0, 600), random.integers(0, 330)
            self.ground[y : y + random.integers(8, 40), x : x + random.integers(8, 60)] = random.integers(30, 230)
        self.covered = self.dark = self.bare = False
        self.noise = random

    def picture(self, at_utc_ns: int) -> Picture:
        seen = np.full_like(self.ground, 110) if self.bare else self.ground * (0.1 if self.dark else 1.0)
        if self.covered:
            seen = seen.copy()
            seen[:, :300] = 90
        y = np.clip(seen + self.noise.normal(0, 2, seen.shape), 0, 255).astype(np.uint8)
        colour = np.clip(GREY + np.linspace(-25, 25, 320), 0, 255).astype(np.uint8)
        return Picture(y, colour, colour, at_utc_ns)


class Campaign:
    """Points a, b, c with scenes, looked at by hand."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("a", "b", "c")) -> None:
        self.clock = ManualClock()
        self.box = Box(folder, self.clock)
        self.scenes = {name: Scene(number) for number, name in enumerate(names)}
        self.asked: list[str] = []
        self.refuse = False
        self.password = "one"
        self.box.register.keep_only({name: f"http://{name}/" for name in names})
        with self.box.register.database.transaction() as transaction:
            for name in names:
                self.box.register.note_streams(transaction, name, [streams_of(name)])
        self.health = self.made()

    def made(self) -> PictureHealth:
        points = [WatchedPoint(f"point-{name}", name, 0, lambda: Login("admin", self.password)) for name in self.scenes]
        health = PictureHealth(
            points,
            self.box.register,
            self.box.findings,
            self.clock,
            campus_id="east",
            is_well=lambda _: True,
            every_s=0.0,
            take=self.take,
        )
        health.prepare()
        return health

    def take(self, source: StreamSource) -> Picture:
        self.asked.append(source.device)
        if self.refuse:
            raise StreamLoginRefused("no")
        return self.scenes[source.device].picture(self.clock.utc_ns())

    def look(self, times: int) -> None:
        for _ in range(times):
            look_once(self.health)
            self.clock.advance(seconds=LOOK_S)

    def close(self) -> None:
        self.health.close()
        self.box.close()


def look_once(health: PictureHealth) -> None:
    health.run_once()

    def settled() -> bool:
        health.run_once(submit=False)
        return not health.looking_at

    wait_until(settled, what="the workers")


def streams_of(name: str) -> SourceStreams:
    profile = Profile(
        token="p", name="p", source_token="s", configuration_token="c", encoder_token="e", codec=Codec.H264,
        width_px=640, height_px=360, fps=5.0, bitrate_bps=1, media2=False,
    )  # fmt: skip
    return SourceStreams(VideoSource(number=0, token="s"), Stream(profile, f"rtsp://{name}/main"), None, None)


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    made = Campaign(tmp_path)
    yield made
    made.close()


def states(campaign: Campaign) -> dict[str, DeviceState]:
    return {status.point_id: status.state for status in picture_states(campaign.box.cameras)}


def test_a_point_is_unknown_until_its_place_is_learnt_and_then_ok(campaign: Campaign) -> None:
    assert set(states(campaign).values()) == {DeviceState.UNKNOWN}
    campaign.look(3)
    assert set(states(campaign).values()) == {DeviceState.UNKNOWN}
    campaign.look(5)
    assert set(states(campaign).values()) == {DeviceState.OK}


def test_a_cover_is_a_finding_with_both_pictures_and_its_end_is_written_down(campaign: Campaign) -> None:
    campaign.look(8)
    campaign.scenes["a"].covered = True
    campaign.look(5)
    assert states(campaign)["point-a"] is DeviceState.FAILING
    (finding,) = campaign.box.findings.all_open()
    assert (finding.subject, finding.kind) == ("point:point-a", "picture.covered")
    pictures = episode_pictures(campaign.box.cameras, str(finding.evidence["episode"]))
    assert pictures is not None
    assert all(picture is not None and picture[:2] == b"\xff\xd8" for picture in pictures)
    campaign.scenes["a"].covered = False
    campaign.look(4)
    assert campaign.box.open_kinds() == set()
    (episode,) = picture_episodes(campaign.box.cameras, from_utc_ns=0, until_utc_ns=2**62)
    assert episode.ended_utc_ns is not None
    assert (episode.opened_utc_ns - episode.suspected_utc_ns) / NS_PER_S <= 60
    assert episode.measure >= episode.threshold


def test_lights_out_in_the_whole_house_is_one_finding(campaign: Campaign) -> None:
    campaign.look(8)
    for scene in campaign.scenes.values():
        scene.dark = True
    campaign.look(5)
    assert campaign.box.open_kinds() == {("campus:east", "picture.many_at_once")}
    for scene in campaign.scenes.values():
        scene.dark = False
    campaign.look(5)
    assert campaign.box.open_kinds() == set()


def test_what_was_learnt_and_what_is_open_outlive_a_restart(campaign: Campaign) -> None:
    campaign.look(8)
    campaign.scenes["b"].covered = True
    campaign.look(5)
    campaign.health.close()
    campaign.health = campaign.made()
    campaign.look(1)
    assert states(campaign) == {
        "point-a": DeviceState.OK,
        "point-b": DeviceState.FAILING,
        "point-c": DeviceState.OK,
    }
    assert len(picture_episodes(campaign.box.cameras, from_utc_ns=0, until_utc_ns=2**62)) == 1


def test_what_was_learnt_is_written_each_hour_and_not_at_once_after_a_restart(campaign: Campaign) -> None:
    def saved() -> set[int]:
        return {row[0] for row in campaign.box.register.database.rows("SELECT saved_utc_ns FROM picture_reference")}

    campaign.clock.advance(seconds=7_200)
    campaign.look(8)
    campaign.health.close()
    at_the_end = saved()
    campaign.clock.advance(seconds=60)
    campaign.health = campaign.made()
    campaign.look(1)
    assert saved() == at_the_end
    campaign.clock.advance(seconds=3_600)
    campaign.look(1)
    assert min(saved()) > max(at_the_end)


def test_a_person_accepts_the_view_and_it_is_learnt_anew(campaign: Campaign) -> None:
    campaign.look(8)
    campaign.scenes["a"].covered = True
    campaign.look(5)
    campaign.health.accept("point-a")
    campaign.look(12)
    assert campaign.box.open_kinds() == set()
    assert states(campaign)["point-a"] is DeviceState.UNKNOWN, "half of it is bare: a cover would pass there"


def test_a_place_that_shows_too_little_is_a_finding_and_never_ok_until_it_shows_more(campaign: Campaign) -> None:
    wall = campaign.scenes["a"]
    wall.bare = True
    campaign.look(20)
    assert campaign.box.open_kinds() == set(), "a crowd before the lens is no finding"
    campaign.look(6)
    assert campaign.box.open_kinds() == {("point:point-a", "picture.cannot_be_judged")}
    (finding,) = campaign.box.findings.all_open()
    assert set(finding.evidence) == {"unseen_blurred", "unseen_covered", "unseen_moved"}
    assert states(campaign)["point-a"] is DeviceState.UNKNOWN
    again = campaign.made()
    look_once(again)
    assert campaign.box.open_kinds() == {("point:point-a", "picture.cannot_be_judged")}, "a restart does not mend it"
    wall.bare = False
    campaign.health.accept("point-a")
    campaign.look(30)
    assert campaign.box.open_kinds() == set()
    assert states(campaign)["point-a"] is DeviceState.OK
    again.close()


def test_a_refused_stream_is_asked_again_only_with_another_password_or_after_an_hour(campaign: Campaign) -> None:
    campaign.refuse = True
    campaign.look(4)
    assert sorted(campaign.asked) == ["a", "b", "c"]
    campaign.password = "two"
    campaign.look(2)
    assert len(campaign.asked) == 6
    campaign.clock.advance(seconds=3600)
    campaign.look(1)
    assert len(campaign.asked) == 9


def test_a_point_not_looked_at_lately_is_unknown_and_not_good(campaign: Campaign) -> None:
    campaign.look(8)
    now = campaign.clock.utc_ns()
    fresh = picture_states(campaign.box.cameras, now_utc_ns=now)
    assert {status.state for status in fresh} == {DeviceState.OK}
    stale = picture_states(campaign.box.cameras, now_utc_ns=now + 120 * NS_PER_S)
    assert {status.state for status in stale} == {DeviceState.UNKNOWN}


@pytest.mark.parametrize("camera", ["gate", "corridor"])
def test_a_keyframe_comes_from_a_real_stream(campus: Campus, camera: str) -> None:
    at = campus.addresses(camera)
    login = campus.account
    for url in (at.rtsp_main_url, at.rtsp_sub_url):  # the corridor's main stream is H.265
        source = StreamSource(device=camera, url=url, user=login.user, password=login.password)
        picture = take_keyframe(source, SystemClock())
        assert picture.y.shape == (360, 640)
        assert picture.y.std() > 10


def test_a_covered_lens_of_the_simulator_is_found(tmp_path: Path, campus: Campus) -> None:
    box = Box(tmp_path)
    login = Login(campus.account.user, campus.account.password)
    visitor = simulated(box, campus, "gate")
    box.round(visitor).run_once()
    ticks = iter(range(10_000))

    def take(source: StreamSource) -> Picture:
        seen = take_keyframe(source, box.clock)
        return Picture(seen.y, seen.u, seen.v, next(ticks) * LOOK_S * NS_PER_S)  # as if ten seconds lay between

    health = PictureHealth(
        [WatchedPoint("gate-east", "gate", 0, lambda: login)], box.register, box.findings, box.clock,
        campus_id="east", is_well=lambda _: True, every_s=0.0, take=take,
    )  # fmt: skip
    health.prepare()

    for _ in range(8):
        look_once(health)
    assert picture_states(box.cameras)[0].state is DeviceState.OK
    campus.set_fault("gate", Fault.COVERED)
    for _ in range(6):
        look_once(health)
    assert box.open_kinds() == {("point:gate-east", "picture.covered")}
    health.close()
    box.close()
