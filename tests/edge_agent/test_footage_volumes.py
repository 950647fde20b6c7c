"""`edge-agent footage adopt` and `choose`: persons show who they are, and no disk is taken into use by itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from config.settings import read_settings
from edge_agent.cli import app
from edge_agent.role import COMMANDS
from foundation.audit import AuditChain
from foundation.clock import ManualClock
from foundation.journal import read_entries
from foundation.state import StateDirectory
from storage.catalogue import Catalogue
from storage.facts import DiskReplaced, WhenFullChosen
from storage.replacement import Replacements
from storage.volume import IDENTITY_FILE, VolumeIdentity
from tests.support.programs import unavailable
from tests.support.waiting import wait_until
from web.duty import Duty
from web.people import NewPerson, PeopleBook

PASSWORDS = {"li": "correct-horse-7-battery", "zhao": "another-9-good-words", "wang": "guards-2-do-not-choose"}


@pytest.fixture
def campus(tmp_path: Path, root: Path) -> tuple[Path, StateDirectory]:
    """A settings file whose volume is a disk of its own, and a state directory with three persons."""
    values = yaml.safe_load((root / "config/example/campus.yaml").read_text(encoding="utf-8"))
    values["volumes"] = [{"id": "main", "path": str(tmp_path / "disk")}]
    values.pop("plan")
    file = tmp_path / "campus.yaml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    state = StateDirectory(tmp_path / "state").create()
    people = PeopleBook(state.database("people"), ManualClock())
    duties = {"li": Duty.SAFETY_OFFICER, "zhao": Duty.LEADER, "wang": Duty.GUARD}
    people.add(
        [NewPerson(login=login, name=login.title(), duty=duties[login], password=PASSWORDS[login]) for login in duties],
        by="test",
    )
    people.close()
    return file, state


def footage(campus: tuple[Path, StateDirectory], *words: str, typed: str = "") -> Result:
    file, state = campus
    return CliRunner().invoke(app, ["footage", *words, "--config", str(file), "--state", str(state.root)], input=typed)


def chosen(state: StateDirectory) -> list[WhenFullChosen]:
    path = state.journal(COMMANDS)
    return [entry.read(WhenFullChosen) for entry in read_entries(path, after=0)] if path.exists() else []


def test_one_person_stops_and_two_let_it_overwrite(campus: tuple[Path, StateDirectory]) -> None:
    why = ("--reason", "盘不够大")
    done = footage(campus, "choose", "main", "stop", "--person", "li", *why, typed=PASSWORDS["li"] + "\n")
    assert done.exit_code == 0, done.output
    both = f"{PASSWORDS['li']}\n{PASSWORDS['zhao']}\n"
    done = footage(campus, "choose", "main", "overwrite", "--person", "li", "--second", "zhao", *why, typed=both)
    assert done.exit_code == 0, done.output
    assert [(each.when_full, each.persons) for each in chosen(campus[1])] == [
        ("stop", ("Li（li）",)),
        ("overwrite", ("Li（li）", "Zhao（zhao）")),
    ]
    assert not any(password in done.output for password in PASSWORDS.values())


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("overwrite", "--person", "li"), "li"),
        (("overwrite", "--person", "li", "--second", "li"), "li li"),
        (("overwrite", "--person", "li", "--second", "wang"), "li wang"),
        (("overwrite", "--person", "li", "--second", "zhao"), "li wang"),
        (("stop", "--person", "wang"), "wang"),
        (("stop", "--person", "nobody"), "li"),
    ],
)
def test_who_may_not_or_is_not_who_they_say_chooses_nothing(
    campus: tuple[Path, StateDirectory], words: tuple[str, ...], typed: str
) -> None:
    passwords = "".join(f"{PASSWORDS[login]}\n" for login in typed.split())
    done = footage(campus, "choose", "main", *words, "--reason", "r", typed=passwords)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert chosen(campus[1]) == []


@pytest.fixture
def mounted_disk(campus: tuple[Path, StateDirectory]) -> Iterator[Path]:
    path = read_settings(campus[0]).volume("main").path
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", path], capture_output=True, text=True, timeout=10)
    if done.returncode:
        unavailable(f"no tmpfs can be mounted here: {done.stderr.strip()} (needs root)")
    yield path

    def gone() -> bool:  # a call that nobody waited for may still be ending
        return subprocess.run(["umount", path], capture_output=True, timeout=10).returncode == 0

    wait_until(gone, what="the end of the mount")


def test_a_folder_without_its_disk_is_not_taken_into_use(campus: tuple[Path, StateDirectory]) -> None:
    path = read_settings(campus[0]).volume("main").path
    path.mkdir()
    done = footage(campus, "adopt", "main")
    assert done.exit_code == 2
    assert "nothing is mounted" in done.output
    assert list(path.iterdir()) == []


def test_a_mounted_disk_is_taken_into_use_once(campus: tuple[Path, StateDirectory], mounted_disk: Path) -> None:
    done = footage(campus, "adopt", "main")
    assert done.exit_code == 0, done.output
    assert json.loads((mounted_disk / IDENTITY_FILE).read_text())["id"] == "main"
    again = footage(campus, "adopt", "main")
    assert again.exit_code == 2
    assert "in use already" in again.output


def known_disk(state: StateDirectory) -> str:
    """The recorder has used a disk as volume main."""
    catalogue = Catalogue(state.database("catalogue"), ManualClock())
    catalogue.enrol_volume(VolumeIdentity("main", "the-former"), empty=True)
    catalogue.close()
    return "the-former"


def test_another_disk_takes_the_place_of_one_only_by_a_named_person_with_a_reason(
    campus: tuple[Path, StateDirectory], mounted_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.commands.footage_volumes._LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("edge_agent.commands.footage_volumes._HEARD_WITHIN_S", 0.2)
    former = known_disk(campus[1])
    replace = ("adopt", "main", "--replace", "--person", "li")
    why = ("--reason", "盘坏了")
    for words, typed, says in [
        (("adopt", "main"), "", "--replace"),
        (("adopt", "main", "--replace"), "", "--person"),
        (replace, "", "--reason"),
        ((*replace, *why), "not-the-password\n", ""),
        ((*replace[:-1], "wang", *why), PASSWORDS["wang"] + "\n", "only a leader"),
    ]:
        done = footage(campus, *words, typed=typed)
        assert done.exit_code == 2, done.output
        assert says in done.output
        assert list(mounted_disk.iterdir()) == [], "nothing is written to it"
        assert not campus[1].journal(COMMANDS).exists()
    done = footage(campus, *replace, *why, typed=PASSWORDS["li"] + "\n")
    assert done.exit_code == 0, done.output
    assert "has not obeyed yet" in done.output, "no recorder runs"
    [entry] = read_entries(campus[1].journal(COMMANDS), after=0)
    new = json.loads((mounted_disk / IDENTITY_FILE).read_text())["uuid"]
    assert entry.read(DiskReplaced) == DiskReplaced(
        volume="main", former_uuid=former, uuid=new, person="Li（li）", reason="盘坏了"
    )
    again = footage(campus, *replace, *why, typed=PASSWORDS["li"] + "\n")
    assert again.exit_code == 0, "what was interrupted may be said again"
    assert json.loads((mounted_disk / IDENTITY_FILE).read_text())["uuid"] == new

    def obeyed(state: Path, fact: DiskReplaced) -> None:
        catalogue = Catalogue(campus[1].database("catalogue"), ManualClock())
        Replacements(catalogue, AuditChain(ManualClock())).apply(fact)
        catalogue.close()

    monkeypatch.setattr("edge_agent.commands.footage_volumes._tell", obeyed)
    followed = footage(campus, *replace, *why, typed=PASSWORDS["li"] + "\n")
    assert "entered in the ledger" in followed.output, followed.output


def test_a_disk_that_does_not_answer_is_said_in_a_sentence(
    campus: tuple[Path, StateDirectory], mounted_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.commands.footage_volumes._DISK_LIMIT_S", 0.3)
    identity = mounted_disk / IDENTITY_FILE
    os.mkfifo(identity)  # who opens it waits for a writer, as on a share without its server
    try:
        done = footage(campus, "adopt", "main")
    finally:
        os.close(os.open(identity, os.O_RDWR | os.O_NONBLOCK))
        identity.unlink()  # one that comes later does not wait at all
    assert (done.exit_code, "does not answer" in done.output) == (2, True), done.output


def test_a_volume_that_never_had_a_disk_has_none_to_replace(
    campus: tuple[Path, StateDirectory], mounted_disk: Path
) -> None:
    done = footage(campus, "adopt", "main", "--replace", "--person", "li", "--reason", "r")
    assert done.exit_code == 2
    assert list(mounted_disk.iterdir()) == []
