"""Builds the container image with whatever builder is there and starts it once against the simulator: ./run image."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.engine import Engine, ImageError, call, find_engine
from deploy.trial import try_image

TREE = Path(__file__).resolve().parent.parent
CACHE = TREE / ".cache"

IMAGE = "localhost/campus-edge-agent:latest"
BASE = "debian:bookworm-slim"
OWN_BASE = "localhost/debian:bookworm-slim"
"""Made by debootstrap where no registry answers."""

PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "timeout")
"""What the builder's pip is told of this machine's: its other settings name paths that the image does not have."""

CA_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def main() -> int:
    """Build, start, look, stop; 0 only if the started image saw its cameras."""
    try:
        engine = find_engine(CACHE)
        if engine is None:
            raise ImageError("neither docker nor podman answers and buildah is not installed (apt-get install buildah)")
        say(f"building {IMAGE} with {engine.name}, a few minutes")
        engine.build(TREE, IMAGE, args={"BASE": base(engine), **pip_arguments()}, secrets=authorities())
        try_image(engine, IMAGE, say)
    except ImageError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130
    say(f"{IMAGE} was built, started, saw its cameras and stopped")
    return 0


def say(message: str) -> None:
    """Progress, for the person who waits."""
    sys.stderr.write(f"image: {message}\n")
    sys.stderr.flush()


def base(engine: Engine) -> str:
    """The name of the base image to build on: Debian's slim one, or one made here by debootstrap."""
    if engine.has(BASE) or engine.pull(BASE):
        return BASE
    if not engine.has(OWN_BASE):
        say(f"{BASE} cannot be fetched here: making a base of Debian's packages with debootstrap, a minute")
        make_base(engine)
    return OWN_BASE


def make_base(engine: Engine) -> None:
    """Debian 12's minimal system as an image, from the mirror this machine's apt uses."""
    debootstrap = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if debootstrap is None or os.geteuid() != 0:
        raise ImageError("without a registry the base is made by debootstrap: as root, apt-get install debootstrap")
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="base-") as folder:
        call([debootstrap, "--variant=minbase", "bookworm", folder, *apt_mirror()], quiet=True)
        for left in (Path(folder) / "var/cache/apt/archives").glob("*.deb"):
            left.unlink()
        engine.adopt(Path(folder), OWN_BASE)


def apt_mirror() -> list[str]:
    """The mirror that this machine's own bookworm comes from, or nothing: debootstrap knows a default."""
    if shutil.which("apt-get") is None:
        return []
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Codename: bookworm"]
    listed = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
    return listed[:1]


def pip_arguments() -> dict[str, str]:
    """Build arguments that send the builder's pip where this machine's pip goes."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    told = {}
    for line in listed.splitlines():  # global.index-url='…' or :env:.index-url='…'
        name, _, value = line.partition("=")
        setting = name.rpartition(".")[2]
        if setting in PIP_SETTINGS:
            variable = "PIP_DEFAULT_TIMEOUT" if setting == "timeout" else f"PIP_{setting.upper().replace('-', '_')}"
            told[variable] = value.strip("'")
    return told


def authorities() -> dict[str, Path]:
    """The certificate authorities this machine trusts: a school network may have one of its own."""
    for name in CA_VARIABLES:
        value = os.environ.get(name)
        if value and Path(value).is_file():
            return {"ca": Path(value)}
    debian = Path("/etc/ssl/certs/ca-certificates.crt")
    return {"ca": debian} if debian.is_file() else {}


if __name__ == "__main__":
    sys.exit(main())
