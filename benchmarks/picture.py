"""How well and how cheaply pictures are judged: `python -m benchmarks.picture [--quick] [--set first] [--view NAME]`.

Episodes where nothing is wrong are counted on eight hours of each evaluation view (benchmarks/picture_unseen.py, made
after the judgement was frozen) and on opencv-doc's vtest.avi; detection by faults made before the lens, in it and on
the sensor at random moments of day and night, each judged from what the judge knew at that moment. `--tuning` runs the
footage that the thresholds were set on instead.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.peer_environment import PeerUnavailable, peer_python
from benchmarks.picture_buildings import BUILDING_LOOKS, BUILDINGS, Building, BuildingFootage
from benchmarks.picture_cast import CAST_VIEWS, LATER_CAST_VIEWS, LATEST_CAST_VIEWS, CastFootage, CastView
from benchmarks.picture_cast import LOOKS as CAST_LOOKS
from benchmarks.picture_courts import COURTS_AND_HALLS
from benchmarks.picture_faults import FAULTS as TUNING_FAULTS
from benchmarks.picture_grounds import GROUND_LOOKS, GROUNDS, GroundFootage
from benchmarks.picture_grounds_places import Ground
from benchmarks.picture_lens import FAULTS
from benchmarks.picture_rooms import ROOMS, YARDS, RoomFootage, RoomView
from benchmarks.picture_scenes import HOURS, PLACES, compressed
from benchmarks.picture_scenes import Footage as TuningFootage
from benchmarks.picture_unseen import LOOK_S, LOOKS, Footage, Look
from benchmarks.picture_views import LAST_VIEWS, LATER_VIEWS, VIEWS, View
from benchmarks.picture_watch import Tally, began, watch
from benchmarks.picture_yards import YARDS_AND_ROOMS
from camera.picture.picture import Picture, from_bgr
from camera.picture.point_eye import PointEye
from camera.picture.processor import use_sparingly
from foundation.clock import NS_PER_S

AnyView = View | CastView | Ground | Building
SETS: dict[str, tuple[tuple[AnyView, ...], int]] = {
    "first": (VIEWS, 6_600),
    "second": (LATER_VIEWS, 8_800),
    "third": (CAST_VIEWS, 31_700),
    "fourth": ((*LATER_CAST_VIEWS, *LAST_VIEWS), 54_300),
    "fifth": (LATEST_CAST_VIEWS, 71_900),
    "sixth": ((*ROOMS, *YARDS), 93_400),
    "seventh": (GROUNDS, 118_200),
    "eighth": (BUILDINGS, 141_300),
    "ninth": (YARDS_AND_ROOMS, 163_700),
    "tenth": (COURTS_AND_HALLS, 229_900),
}
"""Evaluation views with their seed."""
USED_UP = frozenset(
    view.name
    for used in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
    for view in SETS[used][0]
)
"""Views that have mended the judgement since they were judged (docs/decisions/0066): tuning footage now."""
TUNING_SEED = 77_013
LEARNT_WITHIN_S = 120
PARTS = ("footage", "clips", "cpu_share", "peer")
CLIPS = Path(os.environ.get("CAMPUS_CLIPS") or Path(__file__).resolve().parent.parent / ".cache" / "clips")


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="two hours of three views, 2 of each fault")
    parser.add_argument("--tuning", action="store_true", help="the footage that the thresholds were set on")
    parser.add_argument("--set", choices=sorted(SETS), default="tenth", help="the evaluation views")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be repeated")
    parser.add_argument("--faults", type=int, help="of each kind and view; 10, or 2 if quick")
    parser.add_argument("--view", action="append", default=[], help="only this evaluation view; may be repeated")
    asked = parser.parse_args()
    views, seed = SETS[asked.set]
    unknown = set(asked.view) - {one.name for one in views}
    if unknown:
        parser.error(f"the {asked.set} set has no view {', '.join(sorted(unknown))}")
    use_sparingly()
    tally, parts = Tally(), asked.part or PARTS
    injections = asked.faults if asked.faults is not None else 2 if asked.quick else 10
    names = [one.name for one in (PLACES if asked.tuning else views)]
    wanted = [number for number, name in enumerate(names) if asked.tuning or not asked.view or name in asked.view]
    for number in (wanted[:3] if asked.quick else wanted) if "footage" in parts else ():
        say(f"{names[number]}: {injections} of each fault")
        place = Tuning(number, asked.quick) if asked.tuning else Unseen(views[number], seed + number, asked.quick)
        watch(place, tally, injections, (TUNING_SEED if asked.tuning else seed) + number, LOOK_S)
        say(f"so far: {tally.figures()}")
    figures: dict[str, Any] = {}
    if "clips" in parts and CLIPS.is_dir():
        real_clip(CLIPS / "vtest.avi", tally)
        figures["hand_in_tree_avi_found"] = hand_found(CLIPS / "tree.avi")
    if tally.cpu_ms:
        figures |= tally.figures()
    if "cpu_share" in parts:
        say("32 points of a simulated campus")
        figures["cpu_share_32"] = cpu_share(32, 20.0 if asked.quick else 60.0)
    if "peer" in parts:
        say("PyPI's camera-health on the same pictures")
        figures["peer"] = peer([(views[number], seed + number) for number in wanted], 0.1 if asked.quick else 2.0)
    print(json.dumps({"benchmark": "picture", "figures": figures}))


class Unseen:
    """An evaluation view as the judge sees it."""

    def __init__(self, view: AnyView, seed: int, quick: bool = False) -> None:
        self.name = view.name
        self._footage = footage_of(view, seed)
        self.looks = 720 if quick else looks_of(view)

    def picture(self, number: int, fault: str | None = None, fault_seed: int = 0) -> Picture:
        """A look, with or without a fault."""
        made = FAULTS[fault](np.random.default_rng(fault_seed)) if fault else None
        look = self._footage.look(number, made, fault_seed)
        return Picture(look.y, look.u, look.v, number * LOOK_S * NS_PER_S)


def footage_of(view: AnyView, seed: int) -> Footage | CastFootage | GroundFootage | BuildingFootage:
    """The looks of an evaluation view, by the means of its set."""
    if isinstance(view, Building):
        return BuildingFootage(view, seed)
    if isinstance(view, Ground):
        return GroundFootage(view, seed)
    if isinstance(view, RoomView):
        return RoomFootage(view, seed)
    return CastFootage(view, seed) if isinstance(view, CastView) else Footage(view, seed)


def looks_of(view: AnyView) -> int:
    """How many looks there are."""
    if isinstance(view, Building):
        return BUILDING_LOOKS
    if isinstance(view, Ground):
        return GROUND_LOOKS
    return CAST_LOOKS if isinstance(view, CastView) else LOOKS


class Tuning:
    """A place that thresholds were set on; its looks come in order, so that the latest are kept."""

    def __init__(self, number: int, quick: bool = False) -> None:
        self.name = PLACES[number].name
        self.looks = 720 if quick else int(HOURS * 3600 / LOOK_S)
        self._footage = TuningFootage(PLACES[number], TUNING_SEED + number)
        self._latest: dict[int, Any] = {}

    def picture(self, number: int, fault: str | None = None, fault_seed: int = 0) -> Picture:
        """A look, with or without a fault."""
        if number not in self._latest:
            self._latest[number] = self._footage.frame(number * LOOK_S).bgr
            self._latest.pop(number - 20, None)
        bgr = self._latest[number]
        if fault:
            bgr = compressed(TUNING_FAULTS[fault](bgr, np.random.default_rng(fault_seed)), 85)
        return from_bgr(bgr, number * LOOK_S * NS_PER_S)


def real_clip(clip: Path, tally: Tally) -> None:
    """Real footage, each tenth frame a look."""
    frames, eye = frames_of(clip), PointEye()
    for number, frame in enumerate(frames[::10]):
        for condition in began(tally.look(eye, from_bgr(frame, number * LOOK_S * NS_PER_S))):
            tally.false[f"{clip.name}: {condition.value}"] += 1
    tally.camera_hours += len(frames[::10]) * LOOK_S / 3600


def hand_found(clip: Path) -> bool:
    """Whether the real hand over the lens is found, and nothing before it; each frame is a look."""
    eye = PointEye()
    opened = [
        condition.value
        for number, frame in enumerate(frames_of(clip))
        for condition in began(eye.look(from_bgr(frame, number * LOOK_S * NS_PER_S)))
    ]
    return opened == ["covered"]


def frames_of(clip: Path) -> list[Any]:
    """All frames as OpenCV reads them."""
    capture = cv2.VideoCapture(str(clip))
    frames: list[Any] = []
    while (read := capture.read())[0]:
        frames.append(np.asarray(read[1], np.uint8))
    return frames


def cpu_share(points: int, measured_s: float) -> float:
    """Share of one core for looking at so many points every 10 s: RTSP reception, decoding and judging."""
    from camera.login import Login
    from camera.onvif.device import OnvifDevice
    from camera.picture.health import PictureHealth, WatchedPoint
    from camera.register import Register
    from camera.round import CameraRound
    from camera.visit import Visitor
    from foundation.clock import SystemClock
    from foundation.finding import FindingBoard
    from foundation.journal import Journal

    clock = SystemClock()
    command = [sys.executable, "-m", "simulator.cli", "run", "--cameras", str(points), "--width", "640", "--height"]
    command += ["360", "--fps", "2", "--bitrate-kbps", "64", "--json-ready", "--with-parent"]
    simulator = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert simulator.stdout is not None
        cameras = json.loads(simulator.stdout.readline())["cameras"]
        with tempfile.TemporaryDirectory(prefix="picture-") as folder:
            findings = FindingBoard(Journal.open(Path(folder) / "inspector.sqlite", clock), clock)
            register = Register(Path(folder) / "cameras.sqlite", clock)
            login = Login(cameras[0]["user"], cameras[0]["password"])
            visitors = [
                Visitor(one["id"], one["onvif_url"], lambda: login, lambda at, who: OnvifDevice(at, who, clock))
                for one in cameras
            ]
            circle = CameraRound(visitors, register, findings, clock, campus_id="bench")
            circle.prepare()
            circle.run_once()
            watched = [WatchedPoint(one["id"], one["id"], 0, lambda: login) for one in cameras]

            def look_every(every_s: float) -> PictureHealth:
                made = PictureHealth(
                    watched, register, findings, clock, campus_id="bench", is_well=lambda _: True, every_s=every_s
                )
                made.prepare()
                return made

            # What costs is judging by a reference, so every place is learnt first: each needs six looks, and a keyframe
            # of so slow a sub-stream comes each few seconds.
            learning, ends = look_every(2.0), time.monotonic() + LEARNT_WITHIN_S
            while len(register.database.rows("SELECT DISTINCT point_id FROM picture_reference")) < points:
                assert time.monotonic() < ends, f"not all places were learnt within {LEARNT_WITHIN_S} s"
                learning.run_once()
            learning.close()
            health = look_every(10.0)
            began, cpu = time.monotonic(), time.process_time()
            rounds = 0
            while time.monotonic() - began < measured_s:
                health.run_once()
                rounds += 1
            share = (time.process_time() - cpu) / (rounds * 10.0)
            health.close()
            register.close()
        return round(share, 4)
    finally:
        simulator.terminate()
        simulator.wait(timeout=30)


def peer(views: Sequence[tuple[AnyView, int]], hours: float) -> dict[str, Any]:
    """PyPI's camera-health in the middle hours of each view: three bad opinions of four count as an episode."""
    try:
        python = peer_python("camera-health", ["camera-health==0.1.0"])
    except PeerUnavailable as error:
        return {"unavailable": str(error)}
    host = Path(__file__).with_name("camera_health_host.py")
    process = subprocess.Popen([python, host], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    false, asked, took = 0, 0, 0.0
    for view, seed in views:
        recent: list[bool] = []
        is_open = False
        footage = footage_of(view, seed)
        first = looks_of(view) // 2 - int(hours * 1800 / LOOK_S)
        for index in range(first, first + int(hours * 3600 / LOOK_S)):
            rgb = _rgb(footage.look(index))
            began = time.perf_counter()
            ok = _ask_peer(process, rgb, begin=index == first)
            took, asked = took + time.perf_counter() - began, asked + 1
            recent = [*recent, not ok][-4:]
            if not is_open and sum(recent) >= 3:
                is_open, false = True, false + 1
            elif is_open and not any(recent[-3:]):
                is_open = False
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=30)
    camera_hours = hours * len(views)
    return {
        "false_episodes_per_camera_hour": round(false / camera_hours, 3),
        "camera_hours": camera_hours,
        "mean_ms": round(took / asked * 1000, 2),
    }


def _ask_peer(process: subprocess.Popen[bytes], rgb: Any, *, begin: bool) -> bool:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"begin": begin}).encode() + b"\n" + rgb.tobytes())
    process.stdin.flush()
    return bool(json.loads(process.stdout.readline())["ok"])


def _rgb(look: Look) -> Any:
    planes = np.concatenate([look.y.reshape(-1), look.u.reshape(-1), look.v.reshape(-1)]).reshape(540, 640)
    return cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420)


def say(line: str) -> None:
    """Progress, apart from the figures."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
