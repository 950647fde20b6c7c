"""SIGKILL and power cuts at any instant of recording, sealing, sweeping and repairing: the next start repairs all."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foundation.clock import ManualClock
from foundation.sqlite import open_read_only
from storage.check import Found
from storage.mounted import mounted
from storage.segment_file import NotOurSegment, read_segment
from storage.startup import StartupRepair
from storage.verify import verify_all
from tests.storage.churn import newest_ms
from tests.storage.store import Store
from tests.support.programs import require_program, unavailable
from tests.support.waiting import wait_until

HERE = Path(__file__).resolve().parent
KILLS = int(os.environ.get("CAMPUS_KILLS", "20"))
CUTS = int(os.environ.get("CAMPUS_POWER_CUTS", "30"))
"""The long run asks for 300."""
FRESH_EVERY = 40
"""A round takes a week of the box's life in moments: after so many cuts the disk holds years of seals to check."""

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.timeout(max(600, 12 * max(CUTS, KILLS)))]


def churn(processes: Any, folder: Path, root: Path) -> Any:
    return processes.start([sys.executable, HERE / "churn.py", folder], name="churn", env={"PYTHONPATH": str(root)})


def repaired(folder: Path) -> tuple[Store, tuple[Found, ...]]:
    """What a start makes of what was left, and what `check` says of it then."""
    clock = ManualClock(now_utc_ns=(newest_ms(folder) + 1_000) * 1_000_000, boot=f"after-{random.random()}")
    store = Store(folder, points=("gate", "hall"), clock=clock)
    repair = StartupRepair(store.catalogue, store.shelf)
    repair.start()
    repair.close()
    repair._hash()
    return store, store.check().found


def footage_is_as_written(store: Store, folder: Path) -> None:
    with open_read_only(store.path) as reader:
        volumes = mounted(reader, [store.volume])
    report = verify_all(
        store.path, volumes, clock=store.clock, progress_file=folder / "progress", rate_bytes_per_s=10**12
    )
    assert report.found == []


def test_killed_at_any_instant_the_next_start_leaves_nothing_wrong(processes: Any, root: Path, tmp_path: Path) -> None:
    choose = random.Random(7)
    for number in range(KILLS):
        process = churn(processes, tmp_path, root)
        if number % 4:  # every fourth is killed while it starts and repairs
            process.wait_for("ready")
        time.sleep(choose.uniform(0, 0.6))
        process.kill()
        if not (tmp_path / "catalogue.sqlite").exists():
            continue
        with contextlib.suppress(NotOurSegment):
            store, found = repaired(tmp_path)
            assert found == (), f"after kill {number}"
            store.close()
    store, found = repaired(tmp_path)
    assert found == ()
    footage_is_as_written(store, tmp_path)
    store.close()


def run(*words: str | Path) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise OSError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A mounted ext4 disk in an image file that can be copied in an instant: (mount point, image)."""
    require_program("mkfs.xfs", "xfsprogs")
    require_program("mkfs.ext4", "e2fsprogs")
    host, image = tmp_path / "host.img", tmp_path / "host" / "disk.img"
    mount = tmp_path / "disk"
    mount.mkdir()
    image.parent.mkdir()
    host.touch()
    os.truncate(host, 3 * 2**30)
    try:
        run("mkfs.xfs", "-q", "-m", "reflink=1", host)
        run("mount", "-o", "loop", host, image.parent)
    except OSError as error:
        unavailable(f"no loop device can be mounted here: {error} (needs root)")
    try:
        image.touch()
        os.truncate(image, 400 * 2**20)
        run("mkfs.ext4", "-q", image)
        run("mount", "-o", "loop", image, mount)
        try:
            yield mount, image
        finally:
            let_go(mount)
    finally:
        let_go(image.parent)


def clear(mount: Path) -> None:
    for path in mount.iterdir():
        if path.is_dir() and path.name != "lost+found":
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def let_go(mount: Path) -> None:
    def gone() -> bool:
        return subprocess.run(["umount", mount], capture_output=True, timeout=60).returncode == 0

    wait_until(gone, what=f"the end of {mount}", poll_s=0.2)


def fragments_seen(folder: Path) -> dict[Path, int]:
    """Whole fragments of each file now, the last of each left out: it may be on its way to the disk."""
    seen = {}
    for parent, _, names in os.walk(folder / "main" / "footage"):  # folders may go while they are read
        for path in (Path(parent, name) for name in names if name.endswith(".mp4")):
            with contextlib.suppress(NotOurSegment, FileNotFoundError):
                seen[path.relative_to(folder)] = len(read_segment(path, prove_last=False).fragments) - 1
    return seen


def test_the_power_fails_at_any_instant_and_only_last_fragments_are_lost(
    processes: Any, root: Path, tmp_path: Path, disk: tuple[Path, Path]
) -> None:
    mount, image = disk
    choose = random.Random(11)
    process = churn(processes, mount, root)
    try:
        process.wait_for("round 1")
        for number in range(CUTS):
            if number and number % FRESH_EVERY == 0:
                process.kill()
                clear(mount)
                process = churn(processes, mount, root)
                process.wait_for("round 1")
            time.sleep(choose.uniform(0, 0.3))
            assert process.running, process.output()[-2000:]
            before = fragments_seen(mount)
            copy, place = image.with_name(f"cut-{number}.img"), tmp_path / f"cut-{number}"
            run("cp", "--reflink=always", image, copy)
            after = fragments_seen(mount)
            place.mkdir()
            run("mount", "-o", "loop", copy, place)
            try:
                store, found = repaired(place)
                assert found == (), f"after power cut {number}"
                for path, fragments in before.items():
                    if path in after and fragments > 0:  # else retention took it meanwhile
                        assert len(read_segment(place / path).fragments) >= fragments
                if number % 10 == 0:
                    footage_is_as_written(store, tmp_path)
                store.close()
            finally:
                let_go(place)
                copy.unlink()
    finally:
        process.kill()  # else the disk stays busy
