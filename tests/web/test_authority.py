"""Encrypted from the first start: the box is its own certificate authority."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from foundation.clock import ManualClock, SystemClock
from tests.web.conftest import small_routes
from web.app import make_app
from web.authority import (
    RENEW_BEFORE_DAYS,
    SERVER_DAYS,
    AuthorityError,
    authority_route,
    own_certificate,
    own_names,
    tls_unless_local,
)
from web.page import Theme
from web.server import PageServer

NAMES = ("localhost", "127.0.0.1", "school-box")


def made(folder: Path, clock: ManualClock | SystemClock, names: tuple[str, ...] = NAMES) -> bytes:
    return own_certificate(folder, campus_name="示范小学", names=names, clock=clock).certificate.read_bytes()


def test_a_screen_that_trusts_the_box_reaches_it_encrypted_and_one_that_does_not_is_warned(tmp_path: Path) -> None:
    clock = SystemClock()
    files = own_certificate(tmp_path, campus_name="示范小学", names=NAMES, clock=clock)
    app = make_app(title="试验", theme=Theme.OFFICE, clock=clock, routers=(small_routes(), authority_route(tmp_path)))
    server = PageServer("tls", app, host="127.0.0.1", port=0, tls=files)
    server.start()
    trusting = ssl.create_default_context(cafile=str(tmp_path / "authority.crt"))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    answer = httpx.get(server.url, verify=trusting, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"]
    shown = httpx.get(server.url + "authority.crt", verify=trusting, trust_env=False)
    assert shown.content == (tmp_path / "authority.crt").read_bytes()
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(server.url, trust_env=False)
    server.close()


def test_the_certificate_stays_until_it_is_near_its_end_or_the_box_has_another_name(tmp_path: Path) -> None:
    clock = ManualClock()
    first = made(tmp_path, clock)
    assert made(tmp_path, clock) == first
    authority = (tmp_path / "authority.crt").read_bytes()
    clock.advance(days=SERVER_DAYS - RENEW_BEFORE_DAYS)
    renewed = made(tmp_path, clock)
    assert renewed != first
    assert made(tmp_path, clock, (*NAMES, "10.0.0.7")) != renewed
    assert (tmp_path / "authority.crt").read_bytes() == authority, "screens would have to trust the box anew"


def test_private_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    made(tmp_path, ManualClock())
    for key in ("authority.key", "pages.key"):
        assert (tmp_path / key).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["not a certificate", ""])
def test_damaged_files_are_told_in_a_sentence(tmp_path: Path, damage: str) -> None:
    made(tmp_path, ManualClock())
    (tmp_path / "authority.crt").write_text(damage)
    with pytest.raises(AuthorityError, match=r"move pages\.crt, .* aside"):
        made(tmp_path, ManualClock())


def test_a_pair_torn_by_a_power_cut_is_made_anew_under_the_same_authority(tmp_path: Path) -> None:
    first = made(tmp_path, ManualClock())
    authority = (tmp_path / "authority.crt").read_bytes()
    (tmp_path / "pages.key").write_bytes((tmp_path / "authority.key").read_bytes())
    assert made(tmp_path, ManualClock()) != first
    assert (tmp_path / "authority.crt").read_bytes() == authority


@pytest.mark.parametrize(
    ("host", "encrypted"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("192.168.1.5", True)],
)
def test_pages_that_leave_the_box_are_encrypted(tmp_path: Path, host: str, encrypted: bool) -> None:
    files = tls_unless_local(host, tmp_path, campus_name="示范小学", clock=ManualClock())
    assert (files is not None) is encrypted


def test_the_box_knows_names_for_itself() -> None:
    assert {"localhost", "127.0.0.1", "::1"} <= set(own_names())
