# ruff: noqa: T201 - a command line
"""A district's broker: makes its authority and configuration, and enrols a campus with one command.

    python deploy/mosquitto/district.py init /etc/campus-broker --host broker.district.example
    python deploy/mosquitto/district.py enrol /etc/campus-broker SCHOOL-ID --out ./SCHOOL-ID \\
        --center /etc/campus-center/center.yaml --public-key KEY --name 示范小学

`init` once on the broker's machine (once more elsewhere for a standby: copy authority/ first, and enrol there with
`--path standby`). `enrol` issues the campus's client certificate, pins its public key at the center, and writes what
the school needs into a folder: the certificate files and the lines for its settings. Each again renews what it issues;
agent and center tell 30 days before an end. The authority's key never leaves its folder; keep a copy off line.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE: Final = Path(__file__).resolve().parent
CENTER: Final = "center"
"""Common name of the center's certificate; the access list knows it, so no campus may have it."""
AUTHORITY_DAYS: Final = 3_650
CERTIFICATE_DAYS: Final = 825
"""The agent makes a finding 30 days before the end; enrol again with the same id to renew."""
_SLUG: Final = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")
_KEY_TEXT: Final = re.compile(r"[A-Za-z0-9+/]{43}=")


class DistrictError(Exception):
    """Something must be put right first; the message says what."""


def main(arguments: list[str] | None = None) -> int:
    """The command line; 2 if something must be put right first."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("init", help="make authority, certificates of broker and center, mosquitto.conf")
    first.add_argument("folder", type=Path)
    first.add_argument("--host", required=True, help="name or address by which schools reach the broker")
    first.add_argument("--port", type=int, default=8883)
    first.add_argument("--bind", default="", help="address to listen at; all if left out")
    school = commands.add_parser("enrol", help="issue a campus's certificate and pin its key at the center")
    school.add_argument("folder", type=Path)
    school.add_argument("campus")
    school.add_argument("--out", type=Path, required=True, help="folder for what the school needs")
    school.add_argument("--path", default="primary", help="what the school calls this broker: primary or standby")
    school.add_argument("--center", type=Path, help="the center's settings; left out, the key is pinned by hand later")
    school.add_argument("--public-key", help="the campus's public key, as its agent shows it")
    school.add_argument("--name", default="", help="the school's name")
    options = parser.parse_args(arguments)
    try:
        if options.command == "init":
            init(options.folder, host=options.host, port=options.port, bind=options.bind)
            print(f"start it: mosquitto -c {options.folder / 'mosquitto.conf'}")
        else:
            print(enrol(options.folder, options.campus, options.out, path=options.path))
            if options.center is not None:
                print(pin(options.center, options.campus, options.public_key or "", options.name))
    except DistrictError as error:
        print(f"▲ {error}", file=sys.stderr)
        return 2
    return 0


def init(folder: Path, *, host: str, port: int = 8883, bind: str = "") -> None:
    """Authority, certificates of broker and center, access list and mosquitto.conf. Raises DistrictError."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = folder / "authority"
    if not (authority / "ca.key").exists():
        _make_authority(authority)
    (folder / "data").mkdir(exist_ok=True, mode=0o700)
    (folder / "host").write_text(f"{host}:{port}\n", encoding="utf-8")
    _issue(authority, folder / "broker", host, hosts=(host, "localhost", "127.0.0.1"), server=True)
    _issue(authority, folder / CENTER, CENTER)
    (folder / "acl").write_text((HERE / "acl").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "acl").chmod(0o600)
    template = (HERE / "mosquitto.conf").read_text(encoding="utf-8")
    listener = f"{port} {bind}".strip()
    (folder / "mosquitto.conf").write_text(
        template.replace("@FOLDER@", str(folder.resolve())).replace("@LISTENER@", listener), encoding="utf-8"
    )


def enrol(folder: Path, campus: str, out: Path, *, path: str = "primary") -> str:
    """Issue a campus's certificate into `out`; returns the lines for its settings. Raises DistrictError."""
    if not _SLUG.match(campus) or campus == CENTER:
        raise DistrictError(f"{campus!r} cannot be a campus's id: lower-case letters, digits and hyphens, not 'center'")
    if not _SLUG.match(path):
        raise DistrictError(f"{path!r} cannot be a path's id: lower-case letters, digits and hyphens, e.g. standby")
    authority = folder / "authority"
    if not (authority / "ca.key").exists():
        raise DistrictError(f"there is no authority in {folder}: run init there first")
    _issue(authority, out, campus)
    host, _, port = (folder / "host").read_text(encoding="utf-8").strip().rpartition(":")
    lines = [
        "broker_paths:",
        f"  - id: {path}",
        f"    host: {host}",
        f"    port: {port}",
        "    tls:",
        "      ca_file: ca.crt",
        f"      certificate_file: {campus}.crt",
        f"      key_file: {campus}.key",
    ]
    text = "\n".join(lines) + "\n"
    (out / "broker_paths.yaml").write_text(text, encoding="utf-8")
    return text


def pin(center: Path, campus: str, public_key: str, name: str) -> str:
    """Pin the campus's key at the center; returns the lines that pin the center's there. Raises DistrictError."""
    if not _KEY_TEXT.fullmatch(public_key):
        raise DistrictError("give the campus's --public-key (44 letters of base64): `edge-agent public-key` on its box")
    try:
        called = yaml.safe_load(center.read_text(encoding="utf-8"))["name"]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError) as error:
        raise DistrictError(f"{center} does not read like a center's settings: {error}") from error
    program = Path(sys.executable).with_name("campus-center")
    command = [str(program), "enrol", campus, "--public-key", public_key, "--name", name or campus]
    done = subprocess.run([*command, "--config", str(center)], capture_output=True, text=True, check=False)
    center_key = done.stdout.strip()
    if done.returncode != 0 or not _KEY_TEXT.fullmatch(center_key):
        raise DistrictError(f"the center did not enrol it: {(done.stderr or done.stdout).strip()}")
    said = {"center": {"name": called, "public_keys": [center_key]}}
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False)


def _make_authority(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "campus broker authority")])
    now = datetime.now(UTC)  # noqa: TID251 - a command on the district's machine, apart from the agent
    certificate = (
        _builder(name, name, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_private(folder / "ca.key", key)
    (folder / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _issue(authority: Path, out: Path, name: str, *, hosts: tuple[str, ...] = (), server: bool = False) -> None:
    loaded = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), password=None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    issuer = x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)  # noqa: TID251 - as above
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(subject, issuer.subject, key, now, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(loaded.public_key()), critical=False)
    )
    if hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in dict.fromkeys(hosts)])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(loaded, hashes.SHA256())
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    stem = "broker" if server else name
    _write_private(out / f"{stem}.key", key)
    (out / f"{stem}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (out / "ca.crt").write_bytes(issuer.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a box whose clock is a little behind must connect too
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_private(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as opened:
        opened.write(pem)


if __name__ == "__main__":
    sys.exit(main())
