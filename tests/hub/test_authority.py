"""The small authority: what it signs says what it decides, and OpenSSL agrees."""

import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from hinomi.errors import ConfigError
from hinomi.hub.authority import AUTHORITY_DAYS, Authority
from hinomi.share.certificates import (
    common_name,
    draw_key,
    fingerprint,
    is_authority,
    is_for_clients,
    is_issued_by,
    is_of,
    last_day,
    render_certificate,
)

TODAY = date(2026, 11, 23)
AUTHORITY = Authority.create("hub.example", TODAY)
KEY = draw_key().public_key()


def test_an_authority_signs_certificates_and_nothing_else() -> None:
    """For ten years; those it signs sign no others."""
    own = AUTHORITY.certificate
    usage = own.extensions.get_extension_for_class(x509.KeyUsage)

    assert is_authority(own)
    assert is_issued_by(own, own)
    assert last_day(own) == TODAY + timedelta(days=AUTHORITY_DAYS)
    assert (usage.value.key_cert_sign, usage.value.digital_signature, usage.critical) == (
        True,
        False,
        True,
    )
    assert own.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


@settings(max_examples=20)
@given(
    member=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True),
    days=st.integers(1, 5000),
)
def test_a_nodes_certificate_is_for_a_client_of_one_name(member: str, days: int) -> None:
    """Signed by the authority, of the node's key, to the end of its last day, and no authority."""
    found = AUTHORITY.issue_node(KEY, member, TODAY, days)

    assert is_issued_by(found, AUTHORITY.certificate)
    assert is_of(found, KEY)
    assert common_name(found) == member
    assert last_day(found) == min(TODAY + timedelta(days=days), last_day(AUTHORITY.certificate))
    assert not is_authority(found)
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    with pytest.raises(x509.ExtensionNotFound):
        found.extensions.get_extension_for_class(x509.SubjectAlternativeName)


@pytest.mark.parametrize(
    ("host", "names", "addresses"),
    [
        ("", ["localhost"], ["127.0.0.1", "::1"]),
        ("Hub.example", ["hub.example", "localhost"], ["127.0.0.1", "::1"]),
        ("192.0.2.7", ["localhost"], ["192.0.2.7", "127.0.0.1", "::1"]),
        ("localhost", ["localhost"], ["127.0.0.1", "::1"]),
    ],
)
def test_the_hubs_certificate_is_for_its_host_and_this_machine(
    host: str, names: list[str], addresses: list[str]
) -> None:
    """A server's, and of no use to a client."""
    found = AUTHORITY.issue_server(KEY, host, TODAY, 397)
    said = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert said.get_values_for_type(x509.DNSName) == names
    assert [str(each) for each in said.get_values_for_type(x509.IPAddress)] == addresses
    assert not is_for_clients(found)


def test_every_certificate_has_a_number_and_a_fingerprint_of_its_own() -> None:
    """Also of one key, for one member, on one day."""
    made = [AUTHORITY.issue_node(KEY, "isp-a", TODAY, 397) for _ in range(50)]

    assert len({each.serial_number for each in made}) == 50
    assert len({fingerprint(each) for each in made}) == 50


def test_an_authority_whose_time_is_over_signs_nothing() -> None:
    """And says so in one line."""
    late = TODAY + timedelta(days=AUTHORITY_DAYS + 1)

    with pytest.raises(ConfigError, match="authority ended on 2036-11-23"):
        AUTHORITY.issue_node(KEY, "isp-a", late, 1)


def test_key_and_certificate_of_an_authority_belong_together() -> None:
    """What was restored by halves is refused; so is a certificate that may sign nothing."""
    with pytest.raises(ConfigError, match="restore both"):
        Authority(draw_key(), AUTHORITY.certificate)
    with pytest.raises(ConfigError, match="restore both"):
        Authority(AUTHORITY.key, AUTHORITY.issue_node(KEY, "isp-a", TODAY, 1))


def test_another_authority_did_not_sign_it() -> None:
    """Of the same name, with another key."""
    other = Authority.create("hub.example", TODAY)

    assert not is_issued_by(AUTHORITY.issue_node(KEY, "a", TODAY, 1), other.certificate)
    assert not is_issued_by(AUTHORITY.certificate, AUTHORITY.issue_node(KEY, "a", TODAY, 1))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(
    ("purpose", "node", "server"), [("sslclient", True, False), ("sslserver", False, True)]
)
def test_openssl_takes_each_certificate_for_its_purpose_alone(
    tmp_path: Path,
    purpose: str,
    node: bool,  # noqa: FBT001 - a parameter of the test.
    server: bool,  # noqa: FBT001 - the same.
) -> None:
    """In its strict mode, which asks for every identifier of RFC 5280."""
    (tmp_path / "ca.pem").write_text(render_certificate(AUTHORITY.certificate))
    made = {
        AUTHORITY.issue_node(KEY, "isp-a", TODAY, 397): node,
        AUTHORITY.issue_server(KEY, "hub.example", TODAY, 397): server,
    }
    at = str(int(AUTHORITY.certificate.not_valid_before_utc.timestamp()) + 100_000)
    for certificate, good in made.items():
        (tmp_path / "one.pem").write_text(render_certificate(certificate))
        words = ["-x509_strict", "-attime", at, "-purpose", purpose, "-CAfile", "ca.pem", "one.pem"]
        said = subprocess.run(
            ["openssl", "verify", *words], cwd=tmp_path, capture_output=True, check=False
        )
        assert (said.returncode == 0) is good, said.stderr
