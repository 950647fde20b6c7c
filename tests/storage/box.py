"""A recorder's insides on a clock of the test's, fed with clips."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import av

from camera.stream import TICKS_PER_S, Codec, Frame
from camera.stream_rtp import VideoDepacketizer
from config.volume import Volume
from foundation.clock import ManualClock, beijing_day_start_ns
from foundation.finding import FindingBoard
from foundation.journal import Journal
from storage.catalogue import Catalogue
from storage.rebuild import latest_axis_ms
from storage.run import Run
from storage.shelf import Shelf

MIDNIGHT_NS = beijing_day_start_ns(date(2026, 11, 20))


def frames_of(clip: Path, *, rate: int = 25) -> list[Frame]:
    """A clip's pictures as the camera room would hand them over, 1/rate s apart."""
    data = clip.read_bytes()
    head, _, body = data.partition(b"\n")
    codec = Codec(json.loads(head)["codec"])
    frames: list[Frame] = []
    depacketizer = VideoDepacketizer(codec, 96, [], frames.append)
    at = number = sequence = 0
    while at < len(body):
        (size,) = struct.unpack_from(">I", body, at)
        unit = body[at + 5 : at + 5 + size]
        at += 5 + size
        for nal in filter(None, unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")):
            packet = bytearray(
                struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, number * TICKS_PER_S // rate, 1) + nal
            )
            depacketizer.packet(packet, 0, len(packet), 0)
            sequence += 1
        number += 1
    depacketizer.flush()
    return frames


@dataclass
class Box:
    """A recorder's insides on a clock of the test's."""

    folder: Path
    clock: ManualClock
    catalogue: Catalogue
    shelf: Shelf
    findings: FindingBoard

    def run(self, copy_volume: str | None = None) -> Run:
        return Run("gate", 1, "main", copy_volume, self.catalogue, self.shelf, self.clock)

    @property
    def path(self) -> Path:
        return self.folder / "catalogue.sqlite"

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob("*/footage/*/*/*.mp4"))


def make_box(folder: Path, clock: ManualClock, volumes: list[Volume]) -> Box:
    roots = [volume.path for volume in volumes]
    catalogue = Catalogue(folder / "catalogue.sqlite", clock, least_axis_ms=lambda: latest_axis_ms(roots))
    findings = FindingBoard(Journal.open(folder / "journal.sqlite", clock), clock)
    shelf = Shelf(volumes, catalogue, findings)
    shelf.look()
    with catalogue.database.transaction() as transaction:
        transaction.execute(
            "INSERT INTO point (no, id, since_ms, since_axis_ms, policy, keep_days, volume) "
            "VALUES (1, 'gate', ?, 0, 'p', 90, 'main') ON CONFLICT DO NOTHING",
            (catalogue.now_ms(),),
        )
    return Box(folder, clock, catalogue, shelf, findings)


def volume(folder: Path, name: str = "main") -> Volume:
    return Volume(id=name, path=folder / name, own_disk=False, reserve_bytes=64 * 1024**2)


def play(run: Run, clip: Path, clock: ManualClock, *, seconds: float, rate: int = 25, first: int = 0) -> None:
    """Feed a looped clip in real time of the manual clock."""
    frames = frames_of(clip, rate=rate)
    for index in range(first, first + round(seconds * rate)):
        source = frames[index % len(frames)]
        ticks = index * TICKS_PER_S // rate
        run.take(Frame(ticks, source.keyframe, source.data, source.format, clock.running_ns()))
        clock.advance(seconds=1 / rate)


def decoded(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))
