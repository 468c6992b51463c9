"""
A small certificate authority: it signs the hub's own certificate and those of members' nodes.

What a certificate says is decided here, and nothing of it by whoever asks for one. It is not a
public authority: nobody but this hub and its members' nodes has to trust it.

Source:
    RFC 5280, section 4.1.2.5 (validity) and section 4.2 (extensions).
"""

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hinomi.errors import ConfigError
from hinomi.share.certificates import NodeKey, draw_key, is_authority, is_of, last_day

AUTHORITY_DAYS: Final = 3653
"""Ten years."""

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """The key that signs certificates, and the certificate that says so."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @classmethod
    def create(cls, hub: str, day: date) -> Self:
        """
        Make the authority of a hub.

        Args:
            hub: What the hub is called.
            day: The present, UTC.
        """
        key = draw_key()
        name = _name(hub, "authority", "certificates of members")
        certificate = (
            _begun(name, name, key.public_key(), day, day + timedelta(days=AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(_identifier(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    def __post_init__(self) -> None:
        if not is_authority(self.certificate) or not is_of(self.certificate, self.key.public_key()):
            raise ConfigError("the authority's key and certificate are not one: restore both")

    def issue_server(self, key: NodeKey, host: str, day: date, days: int) -> x509.Certificate:
        """
        Sign what the hub shows to members' nodes.

        Args:
            key: The hub's.
            host: The name or address that nodes reach it by; empty: on this machine alone.
            day: The present, UTC.
            days: How long it shall be valid, at least 1.

        Raises:
            ConfigError: If the time of the authority itself is over.
        """
        names = dict.fromkeys(each for each in (host.lower(), *_LOOPBACK) if each)
        begun = self._begin(key, _name(self.hub, "server", "hub"), day, days)
        alternatives = x509.SubjectAlternativeName([_general(each) for each in names])
        extended = begun.add_extension(alternatives, critical=False)
        return self._signed(extended, ExtendedKeyUsageOID.SERVER_AUTH)

    def issue_node(self, key: NodeKey, member: str, day: date, days: int) -> x509.Certificate:
        """
        Sign what a member's node shows to the hub; it is good for that alone.

        Args:
            key: Which the node proved to have (`share.certificates.requested_key`).
            member: Its name at the hub.
            day: The present, UTC.
            days: How long it shall be valid, at least 1.

        Raises:
            ConfigError: If the time of the authority itself is over.
        """
        begun = self._begin(key, _name(self.hub, member, "member"), day, days)
        return self._signed(begun, ExtendedKeyUsageOID.CLIENT_AUTH)

    @property
    def hub(self) -> str:
        """What the hub is called."""
        (name,) = self.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        return str(name.value)

    def _begin(
        self, key: NodeKey, subject: x509.Name, day: date, days: int
    ) -> x509.CertificateBuilder:
        end = last_day(self.certificate)
        if day > end:
            raise ConfigError(f"the hub's authority ended on {end}; a new hub has a new one")
        until = min(day + timedelta(days=days), end)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            _begun(subject, self.certificate.subject, key, day, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(_identifier(key), critical=False)
            .add_extension(issuer, critical=False)
        )

    def _signed(
        self, begun: x509.CertificateBuilder, usage: x509.ObjectIdentifier
    ) -> x509.Certificate:
        extended = begun.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return extended.sign(self.key, hashes.SHA256())


def _begun(
    subject: x509.Name, issuer: x509.Name, key: NodeKey, day: date, until: date
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # From the day before: the clock of a node may be behind.
        .not_valid_before(datetime.combine(day - _DAY, time.min, UTC))
        .not_valid_after(datetime.combine(until, time(23, 59, 59), UTC))
    )


def _name(hub: str, name: str, unit: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, hub),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _identifier(key: NodeKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
