"""A camera that is not ours: GStreamer's RTSP server, run by Debian's own Python.

    /usr/bin/python3 rtsp_camera.py CLIP… [--user U --password P]

Each CLIP is a file of pre-encoded access units, served in a loop at /0, /1 … with live pace: lines of a small JSON
header, then for each unit 4 bytes of length, 1 byte 'K' for a keyframe, and the unit in Annex B form.
Prints `port N` when it serves. Commands on standard input: stall, go, end (clean end of stream), drop (close every
connection), swap N (go on with the N-th clip on every path), password P, quit. Each is answered by `ok`.
"""

import argparse
import json
import struct
import sys
import threading
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


class Clip:
    """Access units in memory."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        head, _, body = data.partition(b"\n")
        self.codec = json.loads(head)["codec"]
        self.frame_rate = json.loads(head)["frame_rate"]
        self.units = []
        at = 0
        while at < len(body):
            (size,) = struct.unpack_from(">I", body, at)
            self.units.append((body[at + 4 : at + 5] == b"K", body[at + 5 : at + 5 + size]))
            at += 5 + size


class Feed:
    """Pushes units of a clip into one media's appsrc; GStreamer's clock sets the pace."""

    def __init__(self, camera: "Camera", clip: Clip, source: Any) -> None:
        self.camera = camera
        self.clip = clip
        self.source = source
        self.index = 0
        self.count = 0
        source.connect("need-data", self.need_data)

    def need_data(self, source: Any, _length: int) -> None:
        if self.camera.ended:
            source.emit("end-of-stream")
            return
        if self.camera.stalled:
            self.camera.hungry.append(self)
            return
        clip = self.camera.swapped or self.clip
        _, unit = clip.units[self.index % len(clip.units)]
        buffer = Gst.Buffer.new_wrapped(unit)
        duration = Gst.SECOND // clip.frame_rate
        buffer.pts = buffer.dts = self.count * duration
        buffer.duration = duration
        self.index += 1
        self.count += 1
        source.emit("push-buffer", buffer)


class Factory(GstRtspServer.RTSPMediaFactory):  # type: ignore[misc]  # no types come with GStreamer
    """One path of the camera."""

    def __init__(self, camera: "Camera", clip: Clip) -> None:
        super().__init__()
        self.camera = camera
        self.clip = clip
        self.set_shared(True)

    def do_create_element(self, _url: Any) -> Any:
        name = "h264" if self.clip.codec == "h264" else "h265"
        audio = self.camera.audio
        sound = ""
        if audio == "pcma":
            sound = " audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1"
        elif audio == "aac":
            sound = (
                " audiotestsrc is-live=true ! audio/x-raw,rate=16000,channels=1 ! voaacenc ! aacparse "
                "! rtpmp4gpay name=pay1"
            )
        return Gst.parse_launch(
            f"( appsrc name=feed is-live=true format=time block=false "
            f"caps=video/x-{name},stream-format=byte-stream,alignment=au,framerate={self.clip.frame_rate}/1 "
            f"! {name}parse config-interval=-1 ! rtp{name}pay name=pay0 pt=96 config-interval=-1{sound} )"
        )

    def do_configure(self, media: Any) -> None:
        source = media.get_element().get_by_name("feed")
        media.feed = Feed(self.camera, self.clip, source)
        self.camera.feeds.append(media.feed)


class Camera:
    """The server and its troubles."""

    def __init__(self, clips: list[Clip], user: str, password: str, audio: str) -> None:
        self.stalled = False
        self.ended = False
        self.swapped: Clip | None = None
        self.hungry: list[Feed] = []
        self.feeds: list[Feed] = []
        self.clips = clips
        self.audio = audio
        self.user = user
        self.server = GstRtspServer.RTSPServer.new()
        self.server.set_address("127.0.0.1")
        self.server.set_service("0")
        mounts = self.server.get_mount_points()
        self.token = GstRtspServer.RTSPToken()
        for number, clip in enumerate(clips):
            factory = Factory(self, clip)
            if user:
                permissions = GstRtspServer.RTSPPermissions()
                permissions.add_permission_for_role("viewer", "media.factory.access", True)
                permissions.add_permission_for_role("viewer", "media.factory.construct", True)
                factory.set_permissions(permissions)
            mounts.add_factory(f"/{number}", factory)
        if user:
            self.token.set_string("media.factory.role", "viewer")
            self.auth = GstRtspServer.RTSPAuth()
            self.auth.set_supported_methods(2)  # digest
            self.auth.add_digest(user, password, self.token)
            self.server.set_auth(self.auth)
        self.server.attach(None)

    def command(self, line: str) -> bool:
        word, _, rest = line.strip().partition(" ")
        if word == "stall":
            self.stalled = True
        elif word == "go":
            self.stalled = self.ended = False
            hungry, self.hungry = self.hungry, []
            for feed in hungry:
                feed.need_data(feed.source, 0)
        elif word == "end":
            self.ended = True
        elif word == "drop":
            self.server.client_filter(lambda _server, _client: GstRtspServer.RTSPFilterResult.REMOVE)
        elif word == "swap":
            self.swapped = self.clips[int(rest)]
            for feed in self.feeds:
                feed.index = 0
        elif word == "password":
            self.auth.remove_digest(self.user)
            self.auth.add_digest(self.user, rest, self.token)
        print("ok", flush=True)
        return False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--audio", default="", choices=["", "pcma", "aac"])
    chosen = parser.parse_args()
    Gst.init(None)
    camera = Camera([Clip(path) for path in chosen.clips], chosen.user, chosen.password, chosen.audio)
    loop = GLib.MainLoop()

    def listen() -> None:
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            GLib.idle_add(camera.command, line)
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    print(f"port {camera.server.get_bound_port()}", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
