"""Runs PyPI's camera-health in its own virtual environment: pictures in on standard input, its opinion out.

Each picture is a line of JSON {"begin": bool} followed by 640*360*3 bytes (RGB); the answer to each is
a line of JSON with the kinds of faults it sees as critical or as warnings. "begin" starts a new monitor.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from camera_health import Monitor  # type: ignore[import-not-found,import-untyped,unused-ignore]

SHAPE = (360, 640, 3)


def main() -> None:
    """Until the input ends."""
    monitor = None
    while line := sys.stdin.buffer.readline():
        if json.loads(line).get("begin"):
            monitor = None
        data = sys.stdin.buffer.read(SHAPE[0] * SHAPE[1] * SHAPE[2])
        picture = np.frombuffer(data, np.uint8).reshape(SHAPE)
        if monitor is None:
            monitor = Monitor(picture, freeze_frames=3)
        health = monitor.update(picture)
        print(json.dumps({"ok": health.ok, "kinds": health.kinds}), flush=True)


main()
