"""What the tests need that pip cannot bring: skipped visibly for a newcomer, a failure in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

DEBIAN_PYTHON = Path("/usr/bin/python3")
"""GStreamer's bindings are built for Debian's own Python only."""

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where Debian keeps mosquitto and iptables, which a person's PATH may lack."""


def in_ci() -> bool:
    """CI=true: every test must run."""
    return os.environ.get("CI") == "true"


def unavailable(what: str) -> NoReturn:
    """Skip the test and say what is missing; in CI fail it instead."""
    if in_ci():
        pytest.fail(f"in CI every test must run, but {what}", pytrace=False)
    pytest.skip(what)


def require_program(name: str, package: str = "") -> Path:
    """The path of a program, or a visible skip (CI: failure) that names the Debian package to install."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SBIN}")
    if found is None:
        unavailable(f"{name} is not installed (apt-get install {package or name})")
    return Path(found)


def require_debian_module(statement: str, package: str) -> Path:
    """Debian's own Python, able to run `statement` (an import), or a visible skip (CI: failure)."""
    if not DEBIAN_PYTHON.exists():
        unavailable(f"{DEBIAN_PYTHON} is not there")
    tried = subprocess.run([DEBIAN_PYTHON, "-c", statement], capture_output=True, text=True, timeout=60, check=False)
    if tried.returncode != 0:
        last = tried.stderr.strip().splitlines()[-1:] or ["no message"]
        unavailable(f"Debian's Python cannot run {statement!r}: {last[0]} (apt-get install {package})")
    return DEBIAN_PYTHON


def require_gstreamer_rtsp_server() -> Path:
    """Debian's Python with GStreamer's RTSP server, for cameras that are not ours."""
    return require_debian_module(
        "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer",
        "python3-gi gir1.2-gst-rtsp-server-1.0",
    )


def require_network_namespaces() -> Path:
    """`unshare`, with the right to make a network namespace, or a visible skip (CI: failure)."""
    unshare = require_program("unshare", "util-linux")
    tried = subprocess.run([unshare, "-n", "true"], capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode != 0:
        unavailable(f"no network namespace can be made here: {tried.stderr.strip()} (needs root)")
    return unshare
