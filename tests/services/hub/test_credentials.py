"""What a member's node is let in by: given once, renewed, revoked, or issued elsewhere."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from enrolled import Entrance, second_person
from hinomi.config import render_config
from hinomi.errors import (
    ConfigError,
    Conflict,
    MalformedDocument,
    NotFound,
    NotPermitted,
    UsageError,
)
from hinomi.govern.approvals import Request
from hinomi.govern.people import token_digest
from hinomi.hub.authority import Authority
from hinomi.model.member import MemberKind, Outlet
from hinomi.services.deciding import approve_request
from hinomi.services.hub import members
from hinomi.services.hub.authorities import authority_certificate, trust
from hinomi.services.hub.changes import Changed
from hinomi.services.hub.credentials import Certified, Wanted, certify, revoke
from hinomi.services.mandates import TOKEN_VARIABLE
from hinomi.services.membership.joining import join
from hinomi.share.certificates import (
    draw_key,
    fingerprint,
    is_issued_by,
    parse_certificate,
    render_certificate,
    render_request,
    requested_key,
)
from hinomi.share.enrolment import read_request, read_welcome, request_digest


@pytest.fixture(name="entrance")
def an_entrance(tmp_path: Path) -> Entrance:
    """Give a hub."""
    return Entrance.build(tmp_path / "place")


def test_the_hub_keeps_the_digest_of_a_token_and_never_the_token(entrance: Entrance) -> None:
    """Not in its case book, and not in its journal; the file is its owner's alone."""
    member = entrance.joins("isp-a")
    path = entrance.folder / "isp-a-welcome.json"
    welcome = read_welcome(path)

    (credential,) = members.known(entrance.house.home(), "isp-a").credentials
    assert credential.token_digest == token_digest(welcome.token)
    assert credential.fingerprint == member.joined.fingerprint
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for each in entrance.house.folder.rglob("*"):
        assert not each.is_file() or welcome.token.encode() not in each.read_bytes(), each


def test_a_certificate_is_signed_here_for_so_long_as_registered(entrance: Entrance) -> None:
    """397 days."""
    entrance.joins("isp-a")
    welcome = read_welcome(entrance.folder / "isp-a-welcome.json")
    certificate = parse_certificate(welcome.certificate, "x")
    home = entrance.house.home()

    assert is_issued_by(certificate, authority_certificate(home))
    (credential,) = members.known(home, "isp-a").credentials
    assert credential.until == entrance.day + timedelta(days=397)
    assert set(credential.outlets) == set(Outlet) - {Outlet.RPZ}


def test_a_node_may_be_given_less_than_its_member_may(entrance: Entrance) -> None:
    """Of what its kind may: nothing that is refused to it."""
    entrance.joins("isp-a", MemberKind.RECEIVING_ISP)
    request = entrance.folder / "isp-a-request.json"
    given = entrance.certifies("isp-a", request, "w2.json", Outlet.TAXII, Outlet.RPZ)

    assert given.credential.outlets == (Outlet.TAXII, Outlet.RPZ)
    with pytest.raises(UsageError, match="submit is not for members of the kind receiving-isp"):
        entrance.certifies("isp-a", request, "w3.json", Outlet.SUBMIT)
    assert not (entrance.folder / "w3.json").exists()


def test_a_renewed_certificate_stands_beside_the_old_one(entrance: Entrance) -> None:
    """Until that one is revoked, by its beginning or with all others."""
    member = entrance.joins("isp-a")
    home = entrance.house.home()
    request = entrance.request(member.node, "isp-a")
    renewed = entrance.certifies("isp-a", request, "w2.json").credential
    join(member.node, entrance.folder / "w2.json")

    old, new = member.joined.fingerprint, renewed.fingerprint
    assert old != new
    assert [each.fingerprint for each in revoke(home, "isp-a", old[:12])] == [old]
    with pytest.raises(NotFound, match="none has this fingerprint"):
        revoke(home, "isp-a", old)
    with pytest.raises(UsageError, match="eight hex digits at least"):
        revoke(home, "isp-a", new[:7])
    assert [each.fingerprint for each in revoke(home, "isp-a", None)] == [new]
    assert revoke(home, "isp-a", None) == ()


def test_only_who_takes_part_is_certified(entrance: Entrance) -> None:
    """Applied, suspended or left: not."""
    request = entrance.request(entrance.node("isp-a"), "isp-a")
    entrance.enters("isp-a", request)
    home = entrance.house.home()

    def refused() -> None:
        with pytest.raises(Conflict, match="certificates are for those who take part"):
            entrance.certifies("isp-a", request, "w.json")

    refused()
    members.admit(home, "isp-a", "x")
    members.suspend(home, "isp-a", "x")
    refused()
    members.leave(home, "isp-a", "x")
    refused()
    with pytest.raises(NotFound, match="no member is called isp-b"):
        entrance.certifies("isp-b", request, "w.json")


def test_a_request_must_be_of_the_member_and_of_its_signing_key(entrance: Entrance) -> None:
    """A node whose keys changed is asked about first."""
    member, other = entrance.joins("isp-a"), entrance.joins("isp-b")
    with pytest.raises(Conflict, match="the request is of isp-b"):
        entrance.certifies("isp-a", entrance.request(other.node, "isp-b"), "w.json")
    request = entrance.request(member.node, "isp-a", new_keys=True)
    with pytest.raises(Conflict, match="by another key than isp-a's"):
        entrance.certifies("isp-a", request, "w.json")
    said = Changed(request=read_request(request), replaces_key=True, reason="lost")
    members.change(entrance.house.home(), "isp-a", said)

    entrance.certifies("isp-a", request, "w.json")
    join(member.node, entrance.folder / "w.json")


def test_a_file_that_is_there_is_not_overwritten(entrance: Entrance) -> None:
    """It may hold another member's token; and a folder that is not there takes none."""
    entrance.joins("isp-a")
    request = entrance.folder / "isp-a-request.json"
    before = len(members.known(entrance.house.home(), "isp-a").credentials)

    with pytest.raises(Conflict, match="may hold somebody's token"):
        entrance.certifies("isp-a", request, "isp-a-welcome.json")
    with pytest.raises(Exception, match="No such file"):
        entrance.certifies("isp-a", request, "nowhere/w.json")
    assert len(members.known(entrance.house.home(), "isp-a").credentials) == before


def test_a_hub_without_an_address_certifies_nobody(entrance: Entrance) -> None:
    """A node would not know where to go."""
    request = entrance.request(entrance.node("isp-a"), "isp-a")
    entrance.enters("isp-a", request)
    home = entrance.house.home()
    members.admit(home, "isp-a", "x")
    text = render_config(home.config).replace("https://127.0.0.1:8443", "")
    (home.folder / "config.toml").write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=r"hub\.url is empty"):
        entrance.certifies("isp-a", request, "w.json")


def operators(entrance: Entrance) -> Authority:
    """Give an authority of the operator's own, entered at the hub."""
    made = Authority.create("Operator", entrance.day)
    path = entrance.folder / "operator.pem"
    path.write_text(render_certificate(made.certificate))
    trust(entrance.house.home(), path)
    return made


def issued(issuer: Authority, entrance: Entrance, *usages: x509.ObjectIdentifier) -> Path:
    """Issue a certificate for isp-a's request, in the operator's own manner."""
    csr = read_request(entrance.folder / "isp-a-request.json").csr
    began = datetime.combine(entrance.day, datetime.min.time(), UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "host 7")]))
        .issuer_name(issuer.certificate.subject)
        .public_key(requested_key(csr, "x"))
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=50))
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    path = entrance.folder / "isp-a.pem"
    path.write_text(render_certificate(made))
    return path


def test_a_certificate_of_the_operators_own_authority_is_registered(entrance: Entrance) -> None:
    """It lets in whoever has its key and the token, until its own end; the node takes it, too."""
    member = entrance.joins("isp-a")
    own = operators(entrance)
    path = issued(own, entrance, ExtendedKeyUsageOID.CLIENT_AUTH)
    wanted = Wanted(request=read_request(entrance.folder / "isp-a-request.json"), certificate=path)
    given = certify(entrance.house.home(), "isp-a", wanted, entrance.folder / "own.json")
    assert isinstance(given, Certified)

    member.joined = join(member.node, entrance.folder / "own.json")
    assert given.credential.until == entrance.day + timedelta(days=50)
    assert given.credential.fingerprint == fingerprint(parse_certificate(path.read_text(), "x"))
    assert member.knocks(Outlet.SNAPSHOT).member.name == "isp-a"
    with pytest.raises(Conflict, match="this certificate is known already"):
        certify(entrance.house.home(), "isp-a", wanted, entrance.folder / "own2.json")


def test_a_certificate_of_anybody_else_is_not(entrance: Entrance) -> None:
    """An authority that was not entered, a server's certificate, another key's, none at all."""
    entrance.joins("isp-a")
    home = entrance.house.home()
    stranger = Authority.create("Operator", entrance.day)
    own = operators(entrance)
    request = read_request(entrance.folder / "isp-a-request.json")
    server = issued(own, entrance, ExtendedKeyUsageOID.SERVER_AUTH).read_text()
    sound = issued(own, entrance, ExtendedKeyUsageOID.CLIENT_AUTH).read_text()
    foreign = issued(stranger, entrance, ExtendedKeyUsageOID.CLIENT_AUTH).read_text()
    path = entrance.folder / "said.pem"

    def refused(text: str, said: str) -> None:
        path.write_text(text)
        with pytest.raises(MalformedDocument, match=said):
            certify(home, "isp-a", Wanted(request=request, certificate=path), path.parent / "o")
        assert not (path.parent / "o").exists()

    refused(foreign, "no authority that was entered issued it")
    refused(server, "is not for a client")
    refused(render_certificate(own.certificate), "is of another key")
    refused("nothing", "holds no certificate")
    refused(sound * 2, "2 certificates where one")
    entrance.house.epoch += 60
    refused(sound, "the certificate ended on")


def test_certificates_are_for_hubs(entrance: Entrance) -> None:
    """A provider's home gives none."""
    node = entrance.node("isp-a")
    request = read_request(entrance.request(node, "isp-a"))

    with pytest.raises(NotPermitted, match="this home is no hub"):
        certify(node, "isp-a", Wanted(request=request), entrance.folder / "w.json")
    with pytest.raises(NotPermitted, match="this home is no hub"):
        revoke(node, "isp-a", None)


def test_a_node_that_nobody_looked_at_takes_another_person(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its request may name the member's signing key, which is public; one renews what is known."""
    member = entrance.joins("isp-a")
    home = entrance.house.home()
    token = second_person(entrance, monkeypatch)
    mine = read_request(entrance.folder / "isp-a-request.json")
    evil = msgspec.structs.replace(mine, csr=render_request(draw_key(), "isp-a"))
    out = entrance.folder / "evil.json"

    with pytest.raises(UsageError, match="the reason is blank"):
        certify(home, "isp-a", Wanted(request=evil), out)
    wanted = Wanted(request=evil, reason="a second node")
    asked = certify(home, "isp-a", wanted, out)
    assert isinstance(asked, Request)
    assert asked.what is not None
    assert asked.what["request_sha256"] == request_digest(evil)
    assert certify(home, "isp-a", wanted, out) == asked
    assert not out.exists()
    entrance.certifies("isp-a", entrance.request(member.node, "isp-a"), "renewed.json")
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    approve_request(entrance.house.home(), asked.id)
    monkeypatch.delenv(TOKEN_VARIABLE)
    given = certify(home, "isp-a", wanted, out)
    assert isinstance(given, Certified)

    told = [each.parse() for each in home.journal().bodies(0)]
    lines = [each for each in told if each.get("act") == "certify"][-2:]
    assert ["approved_by" in each for each in lines] == [False, True]
    assert lines[1]["fingerprint"] == given.credential.fingerprint
    assert lines[1]["request_sha256"] == given.request_digest


def test_the_number_of_a_welcome_is_told_at_both_ends(entrance: Entrance) -> None:
    """The node works out what the hub shows."""
    member = entrance.joins("isp-a")
    request = entrance.request(member.node, "isp-a")
    given = entrance.certifies("isp-a", request, "w.json")

    assert join(member.node, given.welcome).number == given.number
