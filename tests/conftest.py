"""What the tests of every room share."""

from __future__ import annotations

import inspect
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from simulator.port import free_port as another_free_port
from tests.support import programs
from tests.support.browser import launched
from tests.support.processes import Processes
from tests.support.waiting import WAIT_AT_MOST_S

ROOT = Path(__file__).resolve().parent.parent

# Tests judge what is right; benchmarks judge how fast, on a machine that is not busy with something else.
hypothesis.settings.register_profile("campus", deadline=None, print_blob=True)
hypothesis.settings.load_profile("campus")

# A request that a test makes is bounded like every other wait (httpx gives up after five seconds), and hundreds of
# clients do not each read the world's certificate authorities anew.
_REQUESTS = {"timeout": WAIT_AT_MOST_S, "verify": ssl.create_default_context()}
for _call in (httpx.Client.__init__, httpx.request, httpx.stream, httpx.get, httpx.post):
    inspect.unwrap(_call).__kwdefaults__.update(_REQUESTS)

# An installation has its modules compiled. Programs that the tests start would compile ours anew each time, a third of
# what they take to be ready, in a shell that forbids Python to keep what it compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, the longest before all: a worker that began one last would work alone at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.get_closest_marker("demo") is None, item.path not in slow))


@dataclass(frozen=True, slots=True)
class Clips:
    """Real footage from Debian's opencv-doc."""

    vtest: Path
    """768x576, a fixed outdoor view with people walking."""
    tree: Path
    """A real hand over the lens."""


@pytest.fixture(scope="session")
def root() -> Path:
    """The tree under test."""
    return ROOT


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, one for the whole run: two Playwrights at once do not go together in one thread."""
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture(scope="session")
def clips() -> Clips:
    """Clips fetched by `./run test` (or found in $CAMPUS_CLIPS); without them a visible skip, in CI a failure."""
    folder = Path(os.environ.get("CAMPUS_CLIPS") or ROOT / ".cache" / "clips")
    found = Clips(vtest=folder / "vtest.avi", tree=folder / "tree.avi")
    if not (found.vtest.is_file() and found.tree.is_file()):
        programs.unavailable(f"vtest.avi and tree.avi are not in {folder} (./run test fetches them)")
    return found


@pytest.fixture
def free_port() -> int:
    """One free TCP port of 127.0.0.1; simulator.port gives more."""
    return another_free_port()


@pytest.fixture(scope="session")
def require_program() -> Callable[..., Path]:
    """require_program("mosquitto") is its path, or a visible skip; in CI a failure."""
    return programs.require_program


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """An empty folder for an agent's state."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Starts real processes; every one is ended, with its children, when the test is over."""
    folder = tmp_path / "processes"
    folder.mkdir()
    keeper = Processes(folder)
    yield keeper
    keeper.end_all()
