"""What the center's tests share: databases of both kinds."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from center import refusals, register
from center.alarm_view import AlarmView, read_alarms
from center.campus_view import CampusView, read_campuses
from center.database import CenterDatabase
from center.intake import Intake, Letter, Taken
from center.paths import Paths
from center.voice import Voice
from foundation.clock import ManualClock
from simulator.port import free_port
from tests.center.campus_side import School
from tests.support import programs
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.envelope import unseal
from uplink.event import Message
from uplink.signature import PinnedKeys, SigningKey

PASSWORD = "test-only"


@dataclass(slots=True)
class PostgresCluster:
    """A PostgreSQL server of our own on a free port of 127.0.0.1."""

    port: int
    process: subprocess.Popen[bytes]
    databases: int = field(default=0)
    template: str = ""
    """A database with its tables, once there is one."""

    def url(self, database: str = "postgres") -> URL:
        """Where a database of the cluster is."""
        return URL.create(
            "postgresql+psycopg",
            username="postgres",
            password=PASSWORD,
            host="127.0.0.1",
            port=self.port,
            database=database,
        )

    def migrated_database(self) -> URL:
        """A database with its tables, copied from one that was brought up to date."""
        if not self.template:
            url = self.new_database()
            with CenterDatabase(url) as opened:
                opened.migrate()
            self.template = str(url.database)
        return self.new_database(self.template)

    def new_database(self, template: str = "template0") -> URL:
        """An empty database, or a copy."""
        self.databases += 1
        name = f"center_{self.databases}"
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", password=PASSWORD, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)


def _postgres_program(name: str) -> Path:
    # Debian keeps the server's programs out of everybody's PATH.
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return folder / name
    return programs.require_program(name, "postgresql")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """PostgreSQL from Debian's package; without it a visible skip, in CI a failure."""
    initdb, server = _postgres_program("initdb"), _postgres_program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="center-pg-"))
    user: str | None = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres"
        try:
            account = pwd.getpwnam(user)
        except KeyError:
            programs.unavailable("there is no user postgres (apt-get install postgresql)")
        os.chown(folder, account.pw_uid, account.pw_gid)
    password_file = folder / "password"
    password_file.write_text(PASSWORD)
    password_file.chmod(0o644)
    data = folder / "data"
    subprocess.run(
        [initdb, "-D", data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync"],
        check=True, capture_output=True, user=user, cwd=folder, timeout=WAIT_AT_MOST_S,
    )  # fmt: skip
    port = free_port()
    # No test cuts the power of this server, and the disk is needed by others: fsync is off.
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [server, "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1",
             "-c", f"unix_socket_directories={folder}", "-c", "max_connections=50",
             "-c", "fsync=off"],
            stdout=log, stderr=log, user=user, cwd=folder,
        )  # fmt: skip
    cluster = PostgresCluster(port, process)
    try:
        wait_until(lambda: _answers(cluster), what="the PostgreSQL server")
        yield cluster
    finally:
        process.send_signal(signal.SIGQUIT)  # "immediate": nothing of it is kept, so nothing need reach the disk
        process.wait(timeout=WAIT_AT_MOST_S)
        shutil.rmtree(folder)


def _answers(cluster: PostgresCluster) -> bool:
    assert cluster.process.poll() is None, "the PostgreSQL server ended by itself"
    try:
        psycopg.connect(
            host="127.0.0.1", port=cluster.port, user="postgres", password=PASSWORD, connect_timeout=2
        ).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> PostgresCluster | None:
    """Everything once on each kind; None is SQLite."""
    if request.param == "sqlite":
        return None
    cluster = request.getfixturevalue("postgres_cluster")
    assert isinstance(cluster, PostgresCluster)
    return cluster


@pytest.fixture
def database_url(database_kind: PostgresCluster | None, tmp_path: Path) -> URL:
    """An empty database."""
    if database_kind is None:
        return URL.create("sqlite", database=str(tmp_path / "center.sqlite"))
    return database_kind.new_database()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with its tables, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "center.sqlite"
    with CenterDatabase(URL.create("sqlite", database=str(file))) as opened:
        opened.migrate()
    return file


@pytest.fixture
def database(database_kind: PostgresCluster | None, migrated_file: Path, tmp_path: Path) -> Iterator[CenterDatabase]:
    """A database with its tables."""
    if database_kind is None:
        copy = shutil.copy(migrated_file, tmp_path / "center.sqlite")
        url = URL.create("sqlite", database=str(copy))
    else:
        url = database_kind.migrated_database()
    with CenterDatabase(url) as opened:
        yield opened


@dataclass(slots=True)
class Bench:
    """An intake with everything behind it, and one enrolled school."""

    database: CenterDatabase
    clock: ManualClock
    paths: Paths
    voice: Voice
    intake: Intake
    school: School
    center_key: SigningKey

    def take(self, message: Message, *, broker_id: str = "primary", payload: bytes | None = None) -> Taken:
        """Hand a message of the school in."""
        return self.take_letter(self.school.letter(message, broker_id=broker_id, payload=payload))

    def take_letter(self, letter: Letter) -> Taken:
        """Hand in anything."""
        (taken,) = self.intake.take([letter])
        return taken

    def said(self, taken: Taken) -> list[Message]:
        """The replies, their signatures checked."""
        keys = PinnedKeys.of([self.center_key.public_key])
        return [unseal(reply.payload, reply.topic, keys).event.data for reply in taken.replies]

    def alarms(self) -> tuple[AlarmView, ...]:
        """The queue."""
        with self.database.begin() as connection:
            return read_alarms(connection, now_utc_ns=self.clock.utc_ns())

    def campus(self, campus_id: str = "school-1") -> CampusView:
        """A school as the pages show it."""
        with self.database.begin() as connection:
            views = read_campuses(connection, self.paths)
        return next(view for view in views if view.id == campus_id)

    def refusals(self) -> list[tuple[str, int]]:
        """Reasons and counts, in no order that matters."""
        with self.database.begin() as connection:
            return sorted((item.reason, item.copies) for item in refusals.recent(connection))


def enrol_school(database: CenterDatabase, school: School) -> None:
    """As `campus-center enrol` does."""
    with database.begin() as connection:
        register.enrol(
            connection, school.clock, campus_id=school.campus, name=school.name, public_key=school.key.public_key
        )


@pytest.fixture
def bench(database: CenterDatabase) -> Bench:
    """On both kinds of database."""
    clock = ManualClock()
    school = School(clock=clock)
    enrol_school(database, school)
    key = SigningKey(secrets.token_bytes(32))
    voice = Voice(center_id="center", desk="示范区接警中心", key=key, clock=clock)
    paths = Paths(clock)
    return Bench(database, clock, paths, voice, Intake(database, clock, voice, paths), school, key)
