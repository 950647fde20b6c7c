"""The box's own certificate authority (本机证书): pages are encrypted from the first start, without the internet.

A screen trusts the box once its authority is installed there (/authority.crt); nothing has to be renewed by hand.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from foundation.clock import Clock, utc_datetime
from foundation.service import RefusedError
from web.server import TlsFiles

AUTHORITY_YEARS: Final = 10
SERVER_DAYS: Final = 397
"""Browsers refuse server certificates that are valid for longer than 398 days."""
RENEW_BEFORE_DAYS: Final = 60
_BACKDATE: Final = timedelta(days=2)
"""A screen whose clock is a day behind must not refuse a new certificate."""


class AuthorityError(RefusedError):
    """Certificates cannot be made or read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def own_certificate(folder: Path, *, campus_name: str, names: Sequence[str], clock: Clock) -> TlsFiles:
    """The server certificate for these names and addresses, made or renewed if need be. Raises AuthorityError."""
    now = utc_datetime(clock.utc_ns())
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # gatehouse and office come at the same time
            authority = _read(folder / "authority") or _new_authority(folder, campus_name, now)
            if not _serves(folder, authority, names, now):
                _new_server(folder, authority, names, now)
    except (OSError, ValueError) as error:
        raise AuthorityError(
            f"the certificates in {folder} cannot be made or read ({error}): give this user the right to write there, "
            "or move pages.crt, pages.key, authority.crt and authority.key aside; new ones are made at the next start"
        ) from error
    return TlsFiles(certificate=folder / "pages.crt", key=folder / "pages.key")


def own_names() -> tuple[str, ...]:
    """Names and addresses that screens reach this box by."""
    host = socket.gethostname()
    found = {"localhost", "127.0.0.1", "::1", host, f"{host}.local"}
    try:
        for family, _, _, _, address in socket.getaddrinfo(host, None):
            if family in {socket.AF_INET, socket.AF_INET6}:
                found.add(str(address[0]).partition("%")[0])
    except socket.gaierror:
        pass  # a box without an entry for itself: its settings name the address
    return tuple(sorted(found))


def _new_authority(folder: Path, campus_name: str, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{campus_name} 校园安全系统"[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "authority", certificate, key, ())
    return _Pair(certificate, key)


def _new_server(folder: Path, authority: _Pair, names: Sequence[str], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(min(now + timedelta(days=SERVER_DAYS) - _BACKDATE, issuer.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    _write(folder / "pages", certificate, key, (issuer,))


def tls_unless_local(host: str, folder: Path, *, campus_name: str, clock: Clock) -> TlsFiles | None:
    """Encryption for pages that leave the box; None for an address that only the box itself reaches."""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if local:
        return None
    names = own_names() if host in {"0.0.0.0", "::"} else tuple(sorted({*own_names(), host}))
    return own_certificate(folder, campus_name=campus_name, names=names, clock=clock)


def authority_route(folder: Path) -> APIRouter:
    """GET /authority.crt: what a new screen installs so as to trust this box; public by nature."""
    routes = APIRouter()

    @routes.get("/authority.crt")
    def authority() -> Response:
        file = folder / "authority.crt"
        if not file.is_file():
            raise HTTPException(404)  # pages that do not leave the box need none
        return Response(file.read_bytes(), media_type="application/x-x509-ca-cert")

    return routes


def _serves(folder: Path, authority: _Pair, names: Sequence[str], now: datetime) -> bool:
    try:
        server = _read(folder / "pages")
    except ValueError:
        return False  # a crash between its two files: another pair costs nothing, the screens trust the authority
    if server is None:
        return False
    certificate = server.certificate
    if certificate.not_valid_after_utc - now < timedelta(days=RENEW_BEFORE_DAYS):
        return False
    if now < certificate.not_valid_before_utc or certificate.issuer != authority.certificate.subject:
        return False
    known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {_general_name(name) for name in names} <= set(known)


def _general_name(name: str) -> x509.GeneralName:
    try:
        address: IPv4Address | IPv6Address = ip_address(name)
    except ValueError:
        return x509.DNSName(name)
    return x509.IPAddress(address)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read(stem: Path) -> _Pair | None:
    try:
        certificate = x509.load_pem_x509_certificate(stem.with_suffix(".crt").read_bytes())
        key = serialization.load_pem_private_key(stem.with_suffix(".key").read_bytes(), password=None)
    except FileNotFoundError:
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{stem.name}.key is not an elliptic-curve key")
    if key.public_key() != certificate.public_key():
        raise ValueError(f"{stem.name}.key does not belong to {stem.name}.crt")
    return _Pair(certificate, key)


def _write(
    stem: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, chain: Sequence[x509.Certificate]
) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    # Together they count; a crash between the two leaves a pair that does not match, which is told and not served.
    _replace(stem.with_suffix(".key"), pem, 0o600)
    public = b"".join(item.public_bytes(serialization.Encoding.PEM) for item in (certificate, *chain))
    _replace(stem.with_suffix(".crt"), public, 0o644)


def _replace(file: Path, content: bytes, mode: int) -> None:
    fresh = file.with_name(file.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(file)
