"""Real Mosquitto brokers for the center's tests: plain, or TLS with client certificates from a CA of the test's own."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config.broker_path import BrokerPath, BrokerTls
from simulator.port import free_port
from tests.support.ports import accepts
from tests.support.processes import Processes, Started
from tests.support.programs import require_program
from tests.support.waiting import wait_until


@dataclass(slots=True)
class Broker:
    """A broker that can be killed and started again on the same port."""

    id: str
    port: int
    config: Path
    processes: Processes
    tls: BrokerTls | None = None
    process: Started | None = None

    @property
    def path(self) -> BrokerPath:
        """As settings name it."""
        return BrokerPath(id=self.id, host="127.0.0.1", port=self.port, tls=self.tls, allow_plain_text=self.tls is None)

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self.process = self.processes.start(
            [require_program("mosquitto"), "-c", self.config], name=f"mosquitto-{self.id}"
        )
        wait_until(lambda: accepts(self.port), what=f"broker {self.id}")

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()


def plain_broker(processes: Processes, folder: Path, broker_id: str = "primary") -> Broker:
    """Without TLS, on a free port of this machine."""
    port = free_port()
    config = folder / f"{broker_id}.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    broker = Broker(broker_id, port, config, processes)
    broker.start()
    return broker


def tls_broker(processes: Processes, folder: Path, broker_id: str = "primary") -> Broker:
    """With TLS, letting in only who shows a certificate of the test's CA."""
    port = free_port()
    authority = Authority(folder)
    server = authority.issue("127.0.0.1", server=True)
    client = authority.issue("client")
    for file in folder.glob("*.pem"):
        file.chmod(0o644)  # Mosquitto drops its rights before it reads them
    config = folder / f"{broker_id}.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n"
        "set_tcp_nodelay true\n"  # else the kernel holds small messages back for up to 40 ms
        f"cafile {authority.certificate}\ncertfile {server[0]}\nkeyfile {server[1]}\nrequire_certificate true\n"
    )
    tls = BrokerTls(ca_file=authority.certificate, certificate_file=client[0], key_file=client[1])
    broker = Broker(broker_id, port, config, processes, tls)
    broker.start()
    return broker


class Authority:
    """A certificate authority that lives as long as a test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
        self.certificate = folder / "ca.pem"
        certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, server: bool = False) -> tuple[Path, Path]:
        """Certificate and key file."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            address = x509.IPAddress(ipaddress.ip_address(name))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        files = self._folder / f"{name}.pem", self._folder / f"{name}.key.pem"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
