"""`campus-center person …`, and pages that leave the machine."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.center.brokers import plain_broker
from tests.center.campus_side import School
from tests.center.test_run import PROGRAM, Center
from tests.support.processes import Processes

pytestmark = pytest.mark.process

SECRET = "correct horse battery"


@pytest.fixture
def center(tmp_path: Path, processes: Processes) -> Center:
    """With one school in the district 东区, and a file that holds a password."""
    built = Center(tmp_path, processes, [plain_broker(processes, tmp_path)])
    (tmp_path / "password").write_text(SECRET + "\n")
    school = School()
    key = ("--public-key", school.key.public_key)
    assert built.command("enrol", "school-1", "--name", school.name, "--district", "东区", *key).returncode == 0
    return built


def _person(center: Center, *words: str) -> subprocess.CompletedProcess[str]:
    return center.command("person", *words)


def _added(center: Center, login: str, duty: str, *scope: str) -> subprocess.CompletedProcess[str]:
    file = str(center.folder / "password")
    return _person(center, "add", login, "--name", f"{login} 先生", "--duty", duty, *scope, "--password-file", file)


def test_accounts_are_made_listed_narrowed_and_ended(center: Center) -> None:
    assert _added(center, "li", "desk").returncode == 0
    assert _added(center, "du", "inspector", "--district", "东区", "--campus", "school-1").returncode == 0
    assert _person(center, "list").stdout.splitlines() == [
        "li\tli 先生\tdesk\tevery school",
        "du\tdu 先生\tinspector\t东区, school-1",
    ]
    assert _person(center, "scope", "li", "--campus", "school-1").returncode == 0
    assert _person(center, "end", "du").returncode == 0
    assert _person(center, "list").stdout.splitlines() == [
        "li\tli 先生\tdesk\tschool-1",
        "du\tdu 先生\tinspector\t东区, school-1\tended",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("li", "desk", "--district", "东 区"), "known: 东区"),
        (("li", "desk", "--campus", "school-7"), "known: school-1"),
        (("li", "guard"), "is a duty at a school"),
        (("x" * 61, "desk"), "1 to 60 characters"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence_and_makes_no_account(
    center: Center, words: tuple[str, ...], said: str
) -> None:
    done = _added(center, *words)
    assert (done.returncode, said in done.stderr, done.stderr.count("\n")) == (2, True, 1)
    assert _person(center, "list").stdout == ""


def test_the_first_account_shuts_a_running_center_to_everybody_else(center: Center) -> None:
    center.start()
    assert center.status()["campuses"]
    assert _added(center, "li", "desk").returncode == 0
    with httpx.Client(base_url=f"http://127.0.0.1:{center.port}", trust_env=False) as client:
        assert client.get("/api/status").status_code == 401
        assert client.post("/login", data={"login": "li", "password": SECRET}).status_code == 303
        assert client.get("/api/status").json()["campuses"]
        assert _person(center, "end", "li").returncode == 0
        assert client.get("/api/status").status_code == 401


def test_pages_that_leave_the_machine_are_encrypted_and_show_nothing_before_the_first_account(
    center: Center,
) -> None:
    file = center.config
    file.write_text(file.read_text().replace("page: {port", "page: {host: 0.0.0.0, port"))
    process = center.processes.start([PROGRAM, "run", "--config", file], name="center")
    process.wait_for(f"https://127.0.0.1:{center.port}/")
    authority = center.folder / "state" / "keys" / "tls" / "authority.crt"
    trusting = ssl.create_default_context(cafile=str(authority))
    url = f"https://127.0.0.1:{center.port}"
    assert httpx.get(f"{url}/authority.crt", verify=trusting, trust_env=False).content == authority.read_bytes()
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{url}/login", trust_env=False)
    elsewhere = httpx.HTTPTransport(verify=trusting, local_address="127.0.0.9")
    with httpx.Client(transport=elsewhere, trust_env=False) as client:
        assert client.get(f"{url}/api/status", headers={"host": "center.example"}).status_code == 401
    with httpx.Client(verify=trusting, trust_env=False) as local:
        assert local.get(f"{url}/api/status").status_code == 200
