"""A small authority for certificates beside the hub's own, and clients that show what it issued."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hinomi.services.home import Home
from hinomi.web.hub.peer import fingerprint_of


@dataclass(frozen=True, slots=True)
class Authority:
    """A small authority for certificates, as a hub has one."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def create(cls, name: str = "hub.example authority") -> "Authority":
        """Make one."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = _name(name)
        built = _builder(named, named, key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return cls(key, built.sign(key, hashes.SHA256()))

    def issue(self, folder: Path, name: str, *, server: bool = False, days: int = 30) -> str:
        """Write ``NAME.key`` and ``NAME.pem`` into *folder*; give the fingerprint."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        built = _builder(_name(name), self.certificate.subject, key.public_key(), days)
        built = built.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = built.sign(self.key, hashes.SHA256())
        write_key(folder / f"{name}.key", key)
        write_certificate(folder / f"{name}.pem", certificate)
        return fingerprint_of(certificate.public_bytes(serialization.Encoding.DER))


def give_tls(home: Home) -> Authority:
    """Give a hub's home an authority and a server's certificate, as `hinomi hub init` does."""
    keys = home.folder / "keys" / "hub"
    authority = Authority.create()
    write_certificate(keys / "authority.pem", authority.certificate)
    authority.issue(keys, "server", server=True)
    return authority


def client_context(home: Path, folder: Path, name: str | None) -> ssl.SSLContext:
    """Give the TLS of a client that trusts the hub at *home* and shows the certificate *name*."""
    context = ssl.create_default_context(cafile=str(home / "keys/hub/authority.pem"))
    if name is not None:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key, for its owner alone."""
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Write a certificate."""
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int = 30
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )
