"""
Keys, requests and certificates as both ends of a connection to the hub read and write them.

A node draws its own key and asks for a certificate of it; the key itself never leaves the node.

Source:
    RFC 5280 (certificates), RFC 2986 (requests), RFC 7468 (their text form).
"""

from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hinomi.errors import ConfigError, MalformedDocument
from hinomi.share.canonical import digest

NodeKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
"""What a node may show itself by."""

RSA_BITS_LEAST: Final = 3072
RSA_BITS_MOST: Final = 8192
"""A larger one only costs whoever checks it."""

_CURVES: Final = (ec.SECP256R1, ec.SECP384R1)
_TEXT_MOST: Final = 65_536


def draw_key() -> ec.EllipticCurvePrivateKey:
    """Draw a new key, on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def render_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Render a private key as PEM (PKCS #8), without a password: its file is the owner's alone."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def parse_key(pem: bytes, path: str) -> ec.EllipticCurvePrivateKey:
    """
    Read a private key that `render_key` wrote.

    Raises:
        ConfigError: If it is none; nothing of it is repeated.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"key {path} is damaged; restore it from backup") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, _CURVES):
        raise ConfigError(f"key {path} is not of the kind that hinomi draws; restore it")
    return key


def render_request(key: ec.EllipticCurvePrivateKey, member: str) -> str:
    """Ask for a certificate of *key*, as PEM; the signature proves that the key is there."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, member)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM).decode("ascii")


def requested_key(pem: str, path: str) -> NodeKey:
    """
    Give the public key that a request is for, once it proved that whoever wrote it has that key.

    Whatever else the request asks for, a name, a length of time, other uses, is not looked at.

    Raises:
        MalformedDocument: If it is no request, is not signed by its own key, or the key is not of
            a kind that is taken: EC on P-256 or P-384, Ed25519, RSA of 3072 bits or more.
    """
    try:
        request = x509.load_pem_x509_csr(_bytes(pem, path))
        key = request.public_key()
        proved = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MalformedDocument("holds no certificate request that can be read", path) from error
    if not proved:
        raise MalformedDocument("the request for a certificate is not signed by its own key", path)
    return _taken(key, path)


def parse_certificates(pem: str, path: str) -> tuple[x509.Certificate, ...]:
    """
    Read one certificate or several.

    Raises:
        MalformedDocument: If there is none, or one that cannot be read.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(_bytes(pem, path)))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MalformedDocument("holds no certificate that can be read", path) from error


def parse_certificate(pem: str, path: str) -> x509.Certificate:
    """
    Read the only certificate of a text.

    Raises:
        MalformedDocument: If there is none, more than one, or one that cannot be read.
    """
    found = parse_certificates(pem, path)
    if len(found) != 1:
        raise MalformedDocument(f"holds {len(found)} certificates where one is expected", path)
    return found[0]


def render_certificate(certificate: x509.Certificate) -> str:
    """Render a certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def fingerprint(certificate: x509.Certificate) -> str:
    """Give what names a certificate at the hub: the SHA-256 of its DER, 64 hex digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def last_day(certificate: x509.Certificate) -> date:
    """Give the last day, UTC, of which a certificate covers at least the beginning."""
    return certificate.not_valid_after_utc.date()


def is_of(certificate: x509.Certificate, key: NodeKey) -> bool:
    """Tell whether a certificate is of the public *key*."""
    try:
        shown = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return shown.public_bytes(*form) == key.public_bytes(*form)


def public_digest(key: NodeKey) -> str:
    """Give the SHA-256 of a public key (its SubjectPublicKeyInfo), hex."""
    return digest(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def common_name(certificate: x509.Certificate) -> str:
    """Give the name in a certificate's subject; empty if there is not exactly one."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Tell whether *authority*, which must be one, signed a certificate itself."""
    if not is_authority(authority):
        return False
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_authority(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate may sign others (RFC 5280, section 4.2.1.9)."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return constraints.value.ca


def is_for_clients(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate may be shown by whoever asks (RFC 5280, section 4.2.1.12)."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True  # Without the extension it may be used for anything.
    except (x509.DuplicateExtension, ValueError):
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in usage


def require_in_time(certificate: x509.Certificate, now_ms: int, path: str) -> None:
    """
    Return if a certificate is valid at *now_ms*, ms since the Unix epoch.

    Raises:
        MalformedDocument: If its time is over, or has not come.
    """
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    if now > certificate.not_valid_after_utc:
        raise MalformedDocument(f"the certificate ended on {last_day(certificate)}", path)
    if now < certificate.not_valid_before_utc:
        begins = certificate.not_valid_before_utc.date()
        raise MalformedDocument(f"the certificate begins on {begins}: is the clock right?", path)


def _taken(key: object, path: str) -> NodeKey:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    if isinstance(key, rsa.RSAPublicKey) and RSA_BITS_LEAST <= key.key_size <= RSA_BITS_MOST:
        return key
    raise MalformedDocument(
        "the key is of a kind that is not taken: EC on P-256 or P-384, Ed25519, or RSA of "
        f"{RSA_BITS_LEAST} to {RSA_BITS_MOST} bits",
        path,
    )


def _bytes(pem: str, path: str) -> bytes:
    if len(pem) > _TEXT_MOST:
        raise MalformedDocument(f"is longer than {_TEXT_MOST:,} letters", path)
    return pem.encode("utf-8", "surrogateescape")
