"""
The two files that people carry when a node joins a hub: its request, and the hub's welcome.

Nothing in a request is secret. The token in a welcome is worth nothing without the node's own
key, which never left the node; still it is for nobody else to read.
"""

import re
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from hinomi.errors import MalformedDocument, NotFound
from hinomi.govern.note import BadNote, Kind, Verifier
from hinomi.model.member import MEMBER_NAME, Outlet
from hinomi.share.canonical import digest, render_canonical
from hinomi.share.certificates import public_digest, requested_key

REQUEST: Final = "hinomi-request-1"
WELCOME: Final = "hinomi-welcome-1"
NUMBER_DIGITS: Final = 24
"""Of a welcome, as people read it out."""

_BYTES_MOST: Final = 262_144
_URL: Final = re.compile(r"https://[A-Za-z0-9.\[\]:_-]+(/[^\s\"<>@]*)?")
_TOKEN: Final = re.compile(r"[!-~]{32,512}")


class EnrolmentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a node asks a hub for: a certificate, and that its signatures be known."""

    format: str
    member: str
    csr: str  # PEM (RFC 2986): who signs it has the key.
    signing_key: str  # Public, of its statements, as `govern.note.Verifier` renders it.


class HubAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which hub it is, where, and by which keys its list and envelopes are known."""

    name: str  # As its signatures say it: the name of the key of its list.
    url: str
    list_key: str
    envelope_key: str
    epoch_days: int


class Welcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a hub gives to a node that it lets in."""

    format: str
    member: str
    hub: HubAddress
    authority: str  # PEM: who signed the hub's own certificate, and this one unless said below.
    certificate: str  # PEM, of the node's key.
    token: str
    outlets: tuple[Outlet, ...]
    client_authority: str = ""
    """PEM of an authority of the operator's own that signed the certificate; empty: the hub's."""


Document = TypeVar("Document", EnrolmentRequest, Welcome)


def statements_key_name(member: str) -> str:
    """Name the key that a member's statements are signed with."""
    return f"{member}/statements"


def render_document(document: EnrolmentRequest | Welcome) -> bytes:
    """Render one of the two files, for people to read as well."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def request_digest(request: EnrolmentRequest) -> str:
    """
    Give what both ends read to each other: the SHA-256 of name and keys of a request, hex.

    A request that is written again for the same keys has the same one.

    Raises:
        MalformedDocument: If it does not prove that its key is there.
    """
    key = public_digest(requested_key(request.csr, "request"))
    facts = {"member": request.member, "key": key, "signing_key": request.signing_key}
    return digest(render_canonical(facts))


def welcome_number(welcome: Welcome) -> str:
    """
    Give what both ends read to each other of a welcome: 24 hex digits.

    It covers all that a node believes from then on: who and where the hub is, the keys of its
    list and its envelopes, its authority, and the certificate. Ninety-six bits, since whoever
    changes a welcome on its way may draw keys until the number is the same.
    """
    facts = {
        "member": welcome.member,
        "hub": msgspec.to_builtins(welcome.hub),
        "authority": welcome.authority,
        "client_authority": welcome.client_authority,
        "certificate": welcome.certificate,
    }
    return digest(render_canonical(facts))[:NUMBER_DIGITS]


def read_request(path: Path) -> EnrolmentRequest:
    """
    Read a request.

    Raises:
        NotFound: If there is no such file.
        MalformedDocument: If it is none.
    """
    return parse_request(_content(path), str(path))


def parse_request(body: bytes, path: str = "request") -> EnrolmentRequest:
    """
    Read a request; its certificate request is for `certificates.requested_key` to look at.

    Raises:
        MalformedDocument: If it is none, or names a key that is not of its member.
    """
    request = _decode(body, EnrolmentRequest, REQUEST, path)
    _require_member(request.member, path)
    found = _verifier(request.signing_key, path)
    if found.name != statements_key_name(request.member):
        raise MalformedDocument(
            f"the key of its statements is not called {statements_key_name(request.member)}", path
        )
    return request


def read_welcome(path: Path) -> Welcome:
    """
    Read a welcome.

    Raises:
        NotFound: If there is no such file.
        MalformedDocument: If it is none.
    """
    return parse_welcome(_content(path), str(path))


def parse_welcome(body: bytes, path: str = "welcome") -> Welcome:
    """
    Read a welcome; its certificates are for whoever joins to look at.

    Raises:
        MalformedDocument: If it is none. Nothing of the token is repeated.
    """
    welcome = _decode(body, Welcome, WELCOME, path)
    hub = welcome.hub
    _require_member(welcome.member, path)
    if not _URL.fullmatch(hub.url):
        raise MalformedDocument("the hub's address does not begin with https://", path)
    _verifier(hub.envelope_key, path)
    if _verifier(hub.list_key, path).name != hub.name:
        raise MalformedDocument("the key of the list is not that of the hub it names", path)
    if hub.epoch_days < 1:
        raise MalformedDocument("an epoch has at least one day", path)
    if not _TOKEN.fullmatch(welcome.token):
        raise MalformedDocument("the token is none", path)
    if not welcome.outlets:
        raise MalformedDocument("it opens no outlet", path)
    return welcome


def _decode(body: bytes, kind: type[Document], form: str, path: str) -> Document:
    try:
        found = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise MalformedDocument(f"is no {form}: {_masked(str(error))}", path) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedDocument(f"is no {form}: it is no JSON", path) from error
    if found.format != form:
        raise MalformedDocument(f"is no {form}, which its first field would say", path)
    return found


def _masked(message: str) -> str:
    """Leave out what the file itself says: it may be a token that stands in the wrong field."""
    return re.sub(r"Invalid enum value '.*?'", "Invalid enum value", message)


def _require_member(name: str, path: str) -> None:
    if not MEMBER_NAME.fullmatch(name):
        raise MalformedDocument(
            "its member's name is none: lower-case letters, digits and hyphens, 32 at most", path
        )


def _verifier(line: str, path: str) -> Verifier:
    try:
        found = Verifier.parse(line)
    except BadNote as error:
        raise MalformedDocument(str(error), path) from error
    if found.kind is not Kind.NOTE:
        raise MalformedDocument(f"the key {found.name} is a witness's, which signs no note", path)
    return found


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(_BYTES_MOST + 1)
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from error
    if len(body) > _BYTES_MOST:
        raise MalformedDocument(f"has more than {_BYTES_MOST:,} bytes: it is none", str(path))
    return body
