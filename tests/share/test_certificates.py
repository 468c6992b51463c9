"""Requests and certificates as they come from elsewhere: taken where sound, else one clear line."""

from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import ConfigError, MalformedDocument
from hinomi.hub.authority import Authority
from hinomi.share.certificates import (
    common_name,
    draw_key,
    is_for_clients,
    is_of,
    parse_certificate,
    parse_certificates,
    parse_key,
    render_certificate,
    render_key,
    render_request,
    requested_key,
    require_in_time,
)

TODAY = date(2026, 11, 23)
NOON_MS = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)
KEY = draw_key()
AUTHORITY = Authority.create("hub.example", TODAY)
REQUEST = render_request(KEY, "isp-a")

Signing = (
    ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    | ed448.Ed448PrivateKey | dsa.DSAPrivateKey
)  # fmt: skip


def request_of(key: Signing) -> str:
    """Write a request for *key*, signed by it."""
    plain = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    begun = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    made = begun.sign(key, None if plain else hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65_537, 3072),
    ],
)
def test_sound_keys_are_taken(key: Signing) -> None:
    """EC on P-256 and P-384, Ed25519, RSA of 3072 bits."""
    public = requested_key(request_of(key), "request")

    assert is_of(AUTHORITY.issue_node(public, "isp-a", TODAY, 1), public)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65_537, 2048),
        ed448.Ed448PrivateKey.generate(),
        dsa.generate_private_key(2048),
    ],
)
def test_other_keys_are_not_taken(key: Signing) -> None:
    """Weak, or of a kind that few check."""
    with pytest.raises(MalformedDocument, match="of a kind that is not taken"):
        requested_key(request_of(key), "request")


def test_a_request_must_prove_that_the_key_is_there() -> None:
    """One that was signed by another key asks for a certificate of somebody else's."""
    mine, other = (
        x509.load_pem_x509_csr(request_of(ed25519.Ed25519PrivateKey.generate()).encode())
        for _ in range(2)
    )
    forged = mine.public_bytes(Encoding.DER).removesuffix(mine.signature) + other.signature
    pem = x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM).decode()

    with pytest.raises(MalformedDocument, match="not signed by its own key"):
        requested_key(pem, "request")


@given(at=st.integers(0, len(REQUEST) - 1), letter=st.characters())
def test_a_damaged_request_is_refused_in_one_line(at: int, letter: str) -> None:
    """Whatever became of it: its own key, or a line that says what is wrong."""
    damaged = REQUEST[:at] + letter + REQUEST[at + 1 :]

    try:
        key = requested_key(damaged, "request")
    except MalformedDocument:
        return
    assert is_of(AUTHORITY.issue_node(key, "a", TODAY, 1), KEY.public_key())


@given(text=st.text())
def test_no_text_is_taken_for_a_certificate(text: str) -> None:
    """Nothing but `MalformedDocument`, and `ConfigError` for a key."""
    with pytest.raises(MalformedDocument):
        parse_certificates(text, "x")
    with pytest.raises(MalformedDocument):
        requested_key(text, "x")
    with pytest.raises(ConfigError, match="key x is damaged"):
        parse_key(text.encode("utf-8", "surrogatepass"), "x")


def test_a_long_text_is_not_looked_at() -> None:
    """Whoever checks it is not kept busy."""
    with pytest.raises(MalformedDocument, match="longer than"):
        parse_certificates(render_certificate(AUTHORITY.certificate) * 200, "x")


def test_keys_and_certificates_come_back_as_they_were() -> None:
    """Through their text forms."""
    back = parse_key(render_key(KEY), "x")
    certificate = AUTHORITY.certificate

    assert back.private_numbers() == KEY.private_numbers()
    assert parse_certificate(render_certificate(certificate), "x") == certificate
    with pytest.raises(MalformedDocument, match="2 certificates where one"):
        parse_certificate(render_certificate(certificate) * 2, "x")


def test_a_key_of_another_kind_is_not_the_hubs() -> None:
    """It was put there by hand; and nothing of it is repeated."""
    other = ed25519.Ed25519PrivateKey.generate()
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    with pytest.raises(ConfigError, match="not of the kind"):
        parse_key(pem, "x")


@pytest.mark.parametrize(
    ("usages", "is_clients"),
    [
        (None, True),
        ([ExtendedKeyUsageOID.CLIENT_AUTH], True),
        ([ExtendedKeyUsageOID.SERVER_AUTH], False),
        ([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], True),
    ],
)
def test_a_certificate_says_whether_a_client_may_show_it(
    usages: list[x509.ObjectIdentifier] | None, *, is_clients: bool
) -> None:
    """Without the extension it may be used for anything."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    begun = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    )
    if usages is not None:
        begun = begun.add_extension(x509.ExtendedKeyUsage(usages), critical=False)

    assert is_for_clients(begun.sign(KEY, hashes.SHA256())) is is_clients


def test_a_certificate_has_its_time() -> None:
    """Before it, and after it, it is refused with the day."""
    found = AUTHORITY.issue_node(KEY.public_key(), "isp-a", TODAY, 10)
    day_ms = 86_400_000

    require_in_time(found, NOON_MS, "x")
    require_in_time(found, NOON_MS + 10 * day_ms, "x")
    with pytest.raises(MalformedDocument, match="ended on 2026-12-03"):
        require_in_time(found, NOON_MS + 11 * day_ms, "x")
    with pytest.raises(MalformedDocument, match="begins on 2026-11-22: is the clock right"):
        require_in_time(found, NOON_MS - 3 * day_ms, "x")


def test_the_name_of_a_certificate_is_the_only_one_in_it() -> None:
    """As it was issued."""
    assert common_name(AUTHORITY.issue_node(KEY.public_key(), "isp-a", TODAY, 1)) == "isp-a"
