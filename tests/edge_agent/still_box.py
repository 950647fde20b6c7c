"""Footage whose pictures say when they were taken: one shade of grey for each second."""

from __future__ import annotations

import http.server
import io
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from config.settings import Settings
from edge_agent.role import Role
from edge_agent.stills.stills import Stills
from foundation.clock import NS_PER_S
from foundation.finding import FindingBoard, Severity
from foundation.journal import JOURNAL_SQL, Journal
from foundation.sqlite import Database, Schema
from foundation.state import StateDirectory
from tests.storage.box import Box, play

RATE = 5
SECONDS = 20


def grey_of(second: int) -> int:
    return 40 + 8 * (second % SECONDS)


def second_of(jpeg: bytes) -> int:
    """Which second of the clip a picture is of."""
    with av.open(io.BytesIO(jpeg), "r", format="jpeg_pipe") as container:
        grey = next(container.decode(video=0)).to_ndarray(format="gray").mean()
    return round((float(grey) - 40) / 8)


def size_of(jpeg: bytes) -> tuple[int, int]:
    with av.open(io.BytesIO(jpeg), "r", format="jpeg_pipe") as container:
        frame = next(container.decode(video=0))
    return frame.width, frame.height


def grey_clip(target: Path, *, codec: str = "h264", size: tuple[int, int] = (320, 240)) -> Path:
    """Each second begins with a keyframe and has its own grey."""
    encoder: Any = av.CodecContext.create({"h264": "libx264", "h265": "libx265"}[codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, RATE), RATE, RATE
    keys = f"keyint={RATE}:min-keyint={RATE}:scenecut=0:repeat-headers=1:bframes=0:log-level=error"
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"} | (
        {"x264-params": keys.replace(":log-level=error", "")} if codec == "h264" else {"x265-params": keys}
    )
    with target.open("wb") as file:
        file.write(json.dumps({"codec": codec, "frame_rate": RATE}).encode() + b"\n")
        for number in range(SECONDS * RATE):
            picture = np.full((size[1], size[0]), grey_of(number // RATE), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(
                format="yuv420p", src_color_range="JPEG", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = number, encoder.time_base
            for packet in encoder.encode(frame):
                file.write(struct.pack(">I", packet.size) + b"-" + bytes(packet))
        for packet in encoder.encode(None):
            file.write(struct.pack(">I", packet.size) + b"-" + bytes(packet))
    return target


@dataclass
class Camera:
    """A camera's snapshot address that counts who asks."""

    url: str
    asked: list[str] = field(default_factory=list)
    status: int = 200
    body: bytes = b""


@contextmanager
def snapshot_camera() -> Iterator[Camera]:
    """Serves one JPEG, or a refusal."""
    camera = Camera("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            camera.asked.append(self.path)
            self.send_response(camera.status)
            self.send_header("Content-Length", str(len(camera.body)))
            self.end_headers()
            self.wfile.write(camera.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    camera.url = f"http://127.0.0.1:{server.server_port}/snapshot"
    yield camera
    server.shutdown()
    thread.join(5)
    server.server_close()


@dataclass
class StillBox:
    """A point 'gate' that is being recorded, and stills of it."""

    box: Box
    state: StateDirectory
    settings: Settings
    stills: Stills
    began_ns: int

    def record(self, clip: Path, seconds: float) -> Any:
        """Record on, without closing the file."""
        run = self.box.run()
        play(run, clip, self.box.clock, seconds=seconds, rate=RATE)
        return run

    def at(self, second: float) -> int:
        """UTC of a second of the recording."""
        return self.began_ns + round(second * NS_PER_S)

    def files(self) -> list[Path]:
        return sorted(self.box.folder.glob("*/footage/*/*/*.mp4"))

    def know_camera(self, snapshot_uri: str | None) -> None:
        """What the inspector would have learnt."""
        schema = Schema.load("cameras", JOURNAL_SQL, ("camera", "schema.sql"), ("camera.picture", "schema.sql"))
        database = Database(self.state.database("cameras"), schema)
        with database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO device (id, address, state, since_utc_ns) VALUES ('cam', 'http://127.0.0.1/', 'ok', 0)"
            )
            transaction.execute(
                "INSERT INTO source (device_id, number, token, snapshot_uri) VALUES ('cam', 0, 't', ?)", (snapshot_uri,)
            )
            transaction.execute(
                "INSERT INTO stream (device_id, source, part, uri, profile, codec) "
                "VALUES ('cam', 0, 'main', 'rtsp://127.0.0.1/', 'p', 'H264')"
            )
        database.close()

    def login_refused(self, role: Role) -> None:
        """Another role found that the camera refuses the log-in."""
        journal = Journal.open(self.state.journal(role), self.box.clock)
        FindingBoard(journal, self.box.clock).open("device:cam", "camera.login_refused", Severity.FAILING)


def settings_of(folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "campus": {"id": "c", "name": "n", "address": "a", "gatehouse_phone": "110"},
            "devices": ({"id": "cam", "name": "cam", "address": "http://127.0.0.1/"},),
            "points": ({"id": "gate", "name": "东门", "device": "cam", "volume": "main", "retention": "standard"},),
            "volumes": tuple(
                {"id": name, "path": folder / name, "when_full": "stop", "reserve_bytes": 64 * 1024**2}
                for name in ("spare", "main")
            ),
            "retention": ({"id": "standard", "keep_days": 90},),
            "pages": {"gatehouse": {"port": 1}, "office": {"port": 2}},
        }
    )
