"""The programs that build and start container images: docker, podman, or buildah alone where there is no engine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PULL_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 20


class ImageError(Exception):
    """The image could not be built or started; the message says what to do."""


class Engine(Protocol):
    """What ./run image needs of a container program."""

    name: str

    def pull(self, image: str) -> bool:
        """Fetch an image from its registry; False where there is no way to one."""

    def has(self, image: str) -> bool:
        """Whether the image is here already."""

    def adopt(self, root: Path, image: str) -> None:
        """Make an image of a root folder."""

    def build(self, tree: Path, image: str, *, args: Mapping[str, str], secrets: Mapping[str, Path]) -> None:
        """Build `tree`'s Dockerfile."""

    def start(self, image: str, *, settings: Path) -> Container:
        """Start the image's own command on the host's network, `settings` being /etc/campus-edge."""


class Container(Protocol):
    """A started image."""

    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """SIGTERM, as any engine stops a container, then removal."""


def build_words(tree: Path, image: str, args: Mapping[str, str], secrets: Mapping[str, Path]) -> list[str]:
    """What docker, podman and buildah all take after their build command."""
    words = ["--file", str(tree / "Dockerfile"), "--tag", image]
    for name, value in args.items():
        words += ["--build-arg", f"{name}={value}"]
    for name, path in secrets.items():
        words += ["--secret", f"id={name},src={path}"]
    return [*words, str(tree)]


def call(words: Sequence[str], *, quiet: bool = False, env: Mapping[str, str] | None = None) -> None:
    """Run a command that must succeed; ImageError names it when it does not."""
    output = subprocess.DEVNULL if quiet else None
    try:
        subprocess.run(words, check=True, stdout=output, env={**os.environ, **(env or {})})
    except subprocess.CalledProcessError as error:
        raise ImageError(f"{' '.join(words[:3])} … ended with {error.returncode} (see above)") from error


def succeeds(words: Sequence[str], *, timeout_s: float = 30.0) -> bool:
    """Whether a command that only asks ends well in time."""
    try:
        return subprocess.run(words, capture_output=True, timeout=timeout_s, check=False).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


@dataclass(slots=True)
class EngineContainer:
    """A container of docker or podman, attached to this terminal."""

    program: str
    container: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop and, started with --rm, remove it."""
        succeeds([self.program, "stop", "--time", str(STOP_TIMEOUT_S), self.container], timeout_s=STOP_TIMEOUT_S + 10)
        self.process.wait(timeout=STOP_TIMEOUT_S)


@dataclass(slots=True)
class DockerLike:
    """docker and podman take the same words."""

    name: str

    def pull(self, image: str) -> bool:
        """Fetch `image`."""
        return succeeds([self.name, "pull", "--quiet", image], timeout_s=PULL_TIMEOUT_S)

    def has(self, image: str) -> bool:
        """Whether `image` is here."""
        return succeeds([self.name, "image", "inspect", image])

    def adopt(self, root: Path, image: str) -> None:
        """Import a root folder through a tar stream."""
        with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as tar:
            imported = subprocess.run([self.name, "import", "-", image], stdin=tar.stdout, check=False)
        if imported.returncode or tar.returncode:
            raise ImageError(f"{self.name} could not import {root}")

    def build(self, tree: Path, image: str, *, args: Mapping[str, str], secrets: Mapping[str, Path]) -> None:
        """Build with BuildKit, which knows secrets, in the format that knows health checks."""
        own_format = ["--format", "docker"] if self.name == "podman" else []
        call([self.name, "build", *own_format, *build_words(tree, image, args, secrets)], env={"DOCKER_BUILDKIT": "1"})

    def start(self, image: str, *, settings: Path) -> EngineContainer:
        """Run it attached."""
        container = f"campus-edge-trial-{os.getpid()}"
        words = [self.name, "run", "--rm", "--name", container, "--network", "host"]
        process = subprocess.Popen([*words, "--volume", f"{settings}:/etc/campus-edge:ro", image])
        return EngineContainer(self.name, container, process)


@dataclass(slots=True)
class BuildahContainer:
    """A working container of buildah."""

    words: list[str]
    container: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """SIGTERM to the container's first process, which buildah does not pass on by itself."""
        agent = started_by_buildah(self.process.pid)
        try:
            if agent is not None:
                os.kill(agent, signal.SIGTERM)
            self.process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            if agent is not None:
                os.kill(agent, signal.SIGKILL)
            raise ImageError(f"the container did not stop within {STOP_TIMEOUT_S} s") from error
        finally:
            self.process.kill()
            succeeds([*self.words, "rm", self.container])


@dataclass(slots=True)
class Buildah:
    """buildah alone: needs no engine, only root, and keeps everything in one folder of the tree's cache."""

    storage: Path
    name: str = "buildah"

    @property
    def words(self) -> list[str]:
        """The command with its storage; vfs works on every file system."""
        return [
            "buildah",
            "--root",
            f"{self.storage}/root",
            "--runroot",
            f"{self.storage}/run",
            "--storage-driver",
            "vfs",
        ]

    def pull(self, image: str) -> bool:
        """Fetch `image`."""
        return succeeds([*self.words, "pull", "--quiet", image], timeout_s=PULL_TIMEOUT_S)

    def has(self, image: str) -> bool:
        """Whether `image` is here."""
        return succeeds([*self.words, "inspect", "--type", "image", image])

    def adopt(self, root: Path, image: str) -> None:
        """Commit a container that holds nothing but a root folder."""
        made = subprocess.run([*self.words, "from", "scratch"], capture_output=True, text=True, check=False)
        if made.returncode:
            raise ImageError(f"buildah could not make a container: {made.stderr.strip()}")
        container = made.stdout.strip()
        call([*self.words, "add", "--quiet", container, str(root), "/"], quiet=True)
        call([*self.words, "commit", "--quiet", "--rm", container, image], quiet=True)

    def build(self, tree: Path, image: str, *, args: Mapping[str, str], secrets: Mapping[str, Path]) -> None:
        """Build in a chroot, which works inside another container too."""
        call(
            [
                *self.words,
                "bud",
                "--format",
                "docker",
                "--isolation",
                "chroot",
                *build_words(tree, image, args, secrets),
            ]
        )
        # With vfs each image is a whole copy: the one that lost its name to this one would stay for ever.
        succeeds([*self.words, "rmi", "--prune"])

    def start(self, image: str, *, settings: Path) -> BuildahContainer:
        """Run the image's own command and user in a working container."""
        made = subprocess.run([*self.words, "from", "--pull-never", image], capture_output=True, text=True, check=False)
        if made.returncode:
            raise ImageError(f"buildah could not start {image}: {made.stderr.strip()}")
        container = made.stdout.strip()
        command = self._command(image)
        words = [*self.words, "run", "--isolation", "chroot", "--volume", f"{settings}:/etc/campus-edge:ro"]
        return BuildahContainer(self.words, container, subprocess.Popen([*words, container, "--", *command]))

    def _command(self, image: str) -> list[str]:
        words = [*self.words, "inspect", "--type", "image", image]
        described = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        command: list[str] = json.loads(described)["OCIv1"]["config"]["Cmd"]
        return command


def started_by_buildah(pid: int) -> int | None:
    """The first process below `pid` that is not buildah itself: the container's own; None when it has ended."""
    waiting = [pid]
    while waiting:
        parent = Path(f"/proc/{waiting.pop(0)}")
        try:
            if not parent.joinpath("cmdline").read_bytes().startswith(b"buildah"):
                return int(parent.name)
            for listed in parent.glob("task/*/children"):
                waiting += map(int, listed.read_text(encoding="ascii").split())
        except OSError:
            continue  # it ended meanwhile
    return None


def find_engine(cache: Path) -> Engine | None:
    """The first that answers; None where there is none."""
    for name in ("docker", "podman"):
        if succeeds([name, "info"]):
            return DockerLike(name)
    return Buildah(cache / "containers") if shutil.which("buildah") else None
