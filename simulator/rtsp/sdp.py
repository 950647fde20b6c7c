"""The session description of a stream (RFC 8866, with the parameters of RFC 6184 and RFC 7798)."""

from __future__ import annotations

from base64 import b64encode

from simulator.loop import Codec, Loop
from simulator.rtsp.rtp import CLOCK_HZ, PAYLOAD_TYPE


def describe(loop: Loop, host: str, session_id: int, name: str) -> str:
    spec = loop.spec
    sets = [b64encode(unit).decode() for unit in loop.parameter_sets]
    if spec.codec is Codec.H264:
        profile = loop.parameter_sets[0][1:4].hex().upper()
        parameters = f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={','.join(sets)}"
    else:
        parameters = ";".join(f"sprop-{kind}={value}" for kind, value in zip(("vps", "sps", "pps"), sets, strict=True))
    return "\r\n".join(
        (
            "v=0",
            f"o=- {session_id} 1 IN IP4 {host}",
            f"s={name}",
            f"c=IN IP4 {host}",
            "t=0 0",
            "a=control:*",
            "a=range:npt=now-",
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
            f"b=AS:{spec.bitrate_bps // 1000}",
            f"a=rtpmap:{PAYLOAD_TYPE} {spec.codec}/{CLOCK_HZ}",
            f"a=fmtp:{PAYLOAD_TYPE} {parameters}",
            f"a=framerate:{spec.fps}",
            f"a=framesize:{PAYLOAD_TYPE} {spec.width}-{spec.height}",
            "a=control:track1",
            "",
        )
    )
