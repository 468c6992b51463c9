"""
The hub's certificates at rest: its own authority, what it shows itself, and whom else it trusts.

An operator that has an authority of its own enters it here. That lets nobody in: a certificate
counts only once it is registered for a member, by its fingerprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509

from hinomi.clock import date_of
from hinomi.errors import ConfigError, Conflict, MalformedDocument, NotFound, UsageError
from hinomi.hub.authority import Authority
from hinomi.services.home import Home
from hinomi.services.hub.founding import AUTHORITY, AUTHORITY_KEY, KEYS, SERVER, SERVER_KEY, host_of
from hinomi.services.mandates import Operation, record
from hinomi.share.certificates import (
    draw_key,
    fingerprint,
    is_authority,
    is_issued_by,
    last_day,
    parse_certificate,
    parse_certificates,
    parse_key,
    render_certificate,
    render_key,
    require_in_time,
)
from hinomi.store.durable import replace_durably

CLIENT_AUTHORITIES: Final = f"{KEYS}/client-authorities.pem"
"""Authorities of the operator's own whose certificates members' nodes may show."""

_SECRET: Final = 0o600
_FINGERPRINT_LEAST: Final = 8

Chosen = TypeVar("Chosen")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """What the hub shows to members' nodes."""

    fingerprint: str
    hosts: tuple[str, ...]
    until: date


def authority(home: Home) -> Authority:
    """
    Read the hub's own authority.

    Raises:
        ConfigError: If its key or its certificate is missing or damaged.
    """
    key = parse_key(_content(home.folder / AUTHORITY_KEY), str(home.folder / AUTHORITY_KEY))
    return Authority(key, authority_certificate(home))


def authority_certificate(home: Home) -> x509.Certificate:
    """
    Read the certificate of the hub's own authority.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    return _own_certificate(home.folder / AUTHORITY)


def server_certificate(home: Home) -> ServerCertificate:
    """
    Tell what the hub shows to members' nodes.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    return _told(_own_certificate(home.folder / SERVER))


def require_own_certificate(home: Home) -> None:
    """
    Return if what the hub shows to members' nodes is of the authority that they know it by.

    Raises:
        ConfigError: If it is of another one, or missing or damaged: no node would connect.
    """
    server = _own_certificate(home.folder / SERVER)
    if not is_issued_by(server, authority_certificate(home)):
        raise ConfigError(
            f"{home.folder / SERVER} is not of the hub's authority ({AUTHORITY}), by which alone "
            "members' nodes know the hub: run `hinomi hub certify`, or restore it from backup"
        )


def certify_hub(home: Home) -> ServerCertificate:
    """
    Make the hub's own certificate anew, with a new key: for its address as it is configured now.

    A hub that runs shows it from its next start on.

    Raises:
        UsageError: If ``hub.url`` is no address.
        ConfigError: If the authority is missing or damaged.
        Unavailable: If the disk refuses; the old one may then have to be made again.
    """
    mandate = home.mandate(Operation.MEMBERS)
    host, day, key = host_of(home.config.hub.url), date_of(home.clock()), draw_key()
    days = home.register.integer("hub.certificate_days")
    issued = authority(home).issue_server(key.public_key(), host, day, days)
    told = _told(issued)
    facts = {"act": "certify hub", "fingerprint": told.fingerprint, "until": str(told.until)}
    record(home.journal(), Operation.MEMBERS, mandate, facts)
    replace_durably(home.folder / SERVER_KEY, render_key(key), mode=_SECRET)
    replace_durably(home.folder / SERVER, render_certificate(issued).encode("ascii"))
    return told


def client_authorities(home: Home) -> tuple[x509.Certificate, ...]:
    """
    Give whose certificates members' nodes may show: the hub's own authority, then the operator's.

    Raises:
        ConfigError: If a file of them is damaged.
    """
    return (authority_certificate(home), *_others(home))


def operators_authorities(home: Home) -> tuple[x509.Certificate, ...]:
    """
    Give the authorities of the operator's own.

    Raises:
        ConfigError: If their file is damaged.
    """
    return _others(home)


def trust(home: Home, file: Path) -> x509.Certificate:
    """
    Enter an authority of the operator's own.

    Raises:
        NotFound: If there is no such file.
        MalformedDocument: If it holds no certificate that may sign others, or its time is over.
        Conflict: If it is entered already.
    """
    mandate = home.mandate(Operation.MEMBERS)
    found = parse_certificate(read_text(file), str(file))
    if not is_authority(found):
        raise MalformedDocument(
            "the certificate is not an authority's: it may sign no other", str(file)
        )
    require_in_time(found, home.clock(), str(file))
    known = client_authorities(home)
    if fingerprint(found) in {fingerprint(each) for each in known}:
        raise Conflict("this authority is entered already")
    facts = {"act": "trust", "fingerprint": fingerprint(found), "until": str(last_day(found))}
    record(home.journal(), Operation.MEMBERS, mandate, facts)
    _keep(home, (*known[1:], found))
    return found


def distrust(home: Home, said: str) -> x509.Certificate:
    """
    Take an authority of the operator's own out; certificates by it end with the hub's next start.

    Args:
        home: The hub's.
        said: Its fingerprint, or the beginning of it.

    Raises:
        NotFound: If none begins so.
        UsageError: If several do.
    """
    mandate = home.mandate(Operation.MEMBERS)
    known = _others(home)
    gone = chosen({fingerprint(each): each for each in known}, said, "hinomi hub trust list")
    facts = {"act": "distrust", "fingerprint": fingerprint(gone)}
    record(home.journal(), Operation.MEMBERS, mandate, facts)
    _keep(home, tuple(each for each in known if each is not gone))
    return gone


def chosen(known: Mapping[str, Chosen], said: str, where: str) -> Chosen:
    """
    Pick what goes by a fingerprint.

    Args:
        known: By fingerprint, 64 hex digits.
        said: The fingerprint or its beginning, at least eight digits; colons do not count.
        where: The command that shows them.

    Raises:
        NotFound: If none begins so.
        UsageError: If it is too short, or several begin so.
    """
    digits = said.replace(":", "").lower()
    if len(digits) < _FINGERPRINT_LEAST:
        raise UsageError(f"a fingerprint has eight hex digits at least; `{where}` shows them")
    found = [each for name, each in known.items() if name.startswith(digits)]
    if len(found) > 1:
        raise UsageError(f"several begin so; give more digits, as `{where}` shows them")
    if not found:
        raise NotFound(f"none has this fingerprint; `{where}` shows them")
    return found[0]


def read_text(file: Path) -> str:
    """
    Read a file that somebody named.

    Raises:
        NotFound: If there is none.
    """
    try:
        return file.read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from error


def _told(certificate: x509.Certificate) -> ServerCertificate:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        names = x509.SubjectAlternativeName([])
    hosts = [
        *names.get_values_for_type(x509.DNSName),
        *map(str, names.get_values_for_type(x509.IPAddress)),
    ]
    return ServerCertificate(
        fingerprint=fingerprint(certificate), hosts=tuple(hosts), until=last_day(certificate)
    )


def _others(home: Home) -> tuple[x509.Certificate, ...]:
    path = home.folder / CLIENT_AUTHORITIES
    if not path.exists() or not (text := _content(path).decode("utf-8", "replace")).strip():
        return ()
    try:
        return parse_certificates(text, str(path))
    except MalformedDocument as error:
        raise ConfigError(f"{error}; restore it from backup") from error


def _keep(home: Home, authorities: tuple[x509.Certificate, ...]) -> None:
    text = "".join(map(render_certificate, authorities))
    replace_durably(home.folder / CLIENT_AUTHORITIES, text.encode("ascii"))


def _own_certificate(path: Path) -> x509.Certificate:
    try:
        return parse_certificate(_content(path).decode("utf-8", "replace"), str(path))
    except MalformedDocument as error:
        raise ConfigError(f"{error}; restore it from backup") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; restore it from backup") from error
