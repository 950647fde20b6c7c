"""Runs PyPI's ipycam, a camera that is not ours, inside its own virtual environment; see `ipycam` in conftest.py.

usage: ipycam_host.py PORT RTSP_PORT USER PASSWORD
"""

import sys
import threading
import time

import ipycam.camera  # type: ignore[import-not-found]  # installed only where this runs
import numpy
from ipycam import CameraConfig, IPCamera


class Quiet(threading.Thread):
    """Stands in for its WS-Discovery, which would speak to the network around this machine."""

    def __init__(self, _service: object) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        return

    def stop(self) -> None:
        return


ipycam.camera.WSDiscoveryServer = Quiet
port, rtsp_port, user, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
config = CameraConfig(
    local_ip="10.20.30.40",  # what a camera behind NAT says of itself
    onvif_port=port,
    rtsp_port=rtsp_port,
    username=user,
    password=password,
    main_width=640,
    main_height=360,
    main_fps=5,
    sub_width=320,
    sub_height=180,
)
camera = IPCamera(config)
if not camera.start():
    sys.exit("ipycam did not start")
print("IPYCAM READY", flush=True)
picture = numpy.zeros((360, 640, 3), numpy.uint8)
while True:
    picture[:, :, 1] += 16  # wraps
    camera.stream(picture)
    time.sleep(0.2)
