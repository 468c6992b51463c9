"""
Joining a hub, as a member's node does it: its request out, the hub's welcome in.

The node draws its keys itself, and they never leave it. A laboratory joins nothing: it took in
what no provider may, and can share nothing (R3).
"""

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from hinomi.errors import (
    ConfigError,
    Conflict,
    MalformedDocument,
    NotFound,
    NotPermitted,
    UsageError,
)
from hinomi.govern.mandate import Mandate
from hinomi.govern.note import SEED_BYTES, Signer
from hinomi.model.member import MEMBER_NAME, Outlet
from hinomi.services.home import Home
from hinomi.services.journals import read_signer
from hinomi.services.mandates import Operation, record
from hinomi.share.certificates import (
    common_name,
    draw_key,
    fingerprint,
    is_authority,
    is_issued_by,
    is_of,
    last_day,
    parse_certificate,
    parse_key,
    render_key,
    render_request,
    require_in_time,
)
from hinomi.share.enrolment import (
    NUMBER_DIGITS,
    REQUEST,
    EnrolmentRequest,
    HubAddress,
    Welcome,
    read_welcome,
    render_document,
    request_digest,
    statements_key_name,
    welcome_number,
)
from hinomi.store.durable import (
    draft_of,
    on_disk,
    publish,
    replace_durably,
    require_file_place,
    sync_folder,
    write_secret,
)

KEYS: Final = "keys/membership"
NODE_KEY: Final = f"{KEYS}/node.key"
"""What the node proves itself with to the hub; PEM."""
STATEMENTS_KEY: Final = f"{KEYS}/statements.key"
"""What its statements are signed with."""
CERTIFICATE: Final = f"{KEYS}/node.pem"
AUTHORITY: Final = f"{KEYS}/authority.pem"
"""Whose certificate the hub shows."""
TOKEN: Final = f"{KEYS}/token"
MEMBERSHIP: Final = "hub/membership.json"

FORMAT: Final = "hinomi-membership-1"
_NUMBER: Final = re.compile(rf"[0-9a-f]{{{NUMBER_DIGITS}}}")
_SECRET: Final = 0o600
_PRIVATE: Final = 0o700


class Membership(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which hub a node belongs to, and as whom."""

    format: str
    member: str
    hub: HubAddress
    authority: str  # PEM.
    certificate: str  # PEM.
    outlets: tuple[Outlet, ...]
    client_authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What a node asks with."""

    member: str
    out: Path
    digest: str  # Of the request, for both ends to compare.
    drawn: bool  # Whether keys were drawn for it; else they were there.


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What a node is from now on."""

    membership: Membership
    fingerprint: str
    until: date
    authority: str  # Fingerprint of whose certificate the hub shows.
    number: str  # Of the welcome, for both ends to compare.


def enrol(home: Home, member: str, out: Path, *, new_keys: bool = False) -> Enrolled:
    """
    Write what a hub needs to let this node in; keys that are there are used again.

    Args:
        home: The node's.
        member: What the hub calls, or will call, this provider.
        out: The file to be carried to the hub; nothing in it is secret.
        new_keys: Draw new keys; what was signed or certified with the old ones ends with them.

    Raises:
        NotPermitted: If this home is a laboratory, or a hub.
        UsageError: If *member* can be nobody's name.
        Conflict: If the keys that are there are another member's.
        ConfigError: If they are damaged.
        Unavailable: If the disk refuses.
    """
    mandate = _mandate(home)
    if not MEMBER_NAME.fullmatch(member):
        raise UsageError("a member's name is lower-case letters, digits and hyphens, 32 at most")
    require_file_place(out)
    drawn = new_keys or not (home.folder / STATEMENTS_KEY).exists()
    if not drawn:
        _require_named(home, member)
    facts = {"act": "enrol", "member": member, "drawn": drawn}
    record(home.journal(), Operation.JOIN, mandate, facts)
    with on_disk(home.folder / KEYS):
        if drawn:
            _draw(home, member)
        key, signer = node_key(home), statements_signer(home)
    request = EnrolmentRequest(
        format=REQUEST,
        member=member,
        csr=render_request(key, member),
        signing_key=signer.verifier.render(),
    )
    replace_durably(out, render_document(request))
    return Enrolled(member=member, out=out, digest=request_digest(request), drawn=drawn)


def join(home: Home, file: Path, *, replaces: bool = False, number: str = "") -> Joined:
    """
    Take a hub's welcome: from now on this node belongs to it.

    Args:
        home: The node's.
        file: As the hub gave it.
        replaces: Also where this node belongs to another hub, or the hub has another key.
        number: What the hub's people read out; a welcome with another one is refused. Empty: the
            caller compares what is returned.

    Raises:
        NotPermitted: If this home is a laboratory, or a hub.
        NotFound: If there is no such file, or this node never enrolled.
        MalformedDocument: If it is none, has another number, or was not made for this node's key.
        UsageError: If *number* can be no welcome's.
        Conflict: If this node belongs to another hub.
        Unavailable: If the disk refuses; then everything stays as it was.
    """
    mandate = _mandate(home)
    welcome = read_welcome(file)
    _require_number(welcome, number, str(file))
    certificate = _require_own(home, welcome, str(file))
    before = read_membership(home) if (home.folder / MEMBERSHIP).exists() else None
    if before is not None and not replaces:
        _require_same(before, welcome)
    membership = _membership(welcome)
    told = fingerprint(certificate)
    facts = {
        "act": "join",
        "member": welcome.member,
        "hub": welcome.hub.name,
        "fingerprint": told,
        "number": welcome_number(welcome),
        "compared": bool(number),
    }
    record(home.journal(), Operation.JOIN, mandate, facts)
    _write_all(
        home,
        {
            CERTIFICATE: welcome.certificate.encode("utf-8"),
            AUTHORITY: welcome.authority.encode("utf-8"),
            TOKEN: f"{welcome.token}\n".encode("ascii"),
            MEMBERSHIP: msgspec.json.format(msgspec.json.encode(membership), indent=2) + b"\n",
        },
    )
    return Joined(
        membership=membership,
        fingerprint=told,
        until=last_day(certificate),
        authority=fingerprint(parse_certificate(welcome.authority, str(file))),
        number=welcome_number(welcome),
    )


def read_membership(home: Home) -> Membership:
    """
    Tell which hub this node belongs to.

    Raises:
        NotFound: If it belongs to none.
        ConfigError: If what it knows of it is damaged.
    """
    path = home.folder / MEMBERSHIP
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Membership)
    except FileNotFoundError as error:
        raise NotFound(
            "this node belongs to no hub; `hinomi listings enrol`, then `hinomi listings join`"
        ) from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read; take the hub's welcome again: `hinomi listings join`"
        ) from error
    if found.format != FORMAT:
        raise ConfigError(f"{path} is of another version of hinomi")
    return found


def read_token(home: Home) -> str:
    """
    Read what this node shows beside its certificate.

    Raises:
        ConfigError: If it is missing.
    """
    path = home.folder / TOKEN
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read; take the hub's welcome again: `hinomi listings join`"
        ) from error


def statements_signer(home: Home) -> Signer:
    """
    Read the key that this node's statements are signed with.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    return read_signer(home.folder / STATEMENTS_KEY)


def node_key(home: Home) -> ec.EllipticCurvePrivateKey:
    """
    Read the key that this node proves itself with.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    path = home.folder / NODE_KEY
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"key {path}: {error.strerror}; restore it from backup") from error
    return parse_key(pem, str(path))


def _mandate(home: Home) -> Mandate:
    """Give the mandate to join; a laboratory has none (R3)."""
    mandate = home.mandate(Operation.JOIN)
    if home.is_laboratory:
        refused = "a laboratory joins no hub: it took in what no provider may, and shares nothing"
        record(home.journal(), Operation.JOIN, mandate, {"refused": refused})
        raise NotPermitted(refused)
    return mandate


def _draw(home: Home, member: str) -> None:
    """Draw both keys; the one that says whose they are comes last, and so stands for both."""
    signer = Signer(statements_key_name(member), os.urandom(SEED_BYTES))
    (home.folder / KEYS).mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    replace_durably(home.folder / NODE_KEY, render_key(draw_key()), mode=_SECRET)
    content = f"{signer.render()}\n".encode()
    replace_durably(home.folder / STATEMENTS_KEY, content, mode=_SECRET)


def _require_named(home: Home, member: str) -> None:
    name = statements_signer(home).name
    if name != statements_key_name(member):
        raise Conflict(
            f"the keys here are those of {name.removesuffix('/statements')}; keep that name, or "
            "draw others with --new-keys"
        )


def _require_own(home: Home, welcome: Welcome, path: str) -> x509.Certificate:
    """Give the certificate of a welcome, if it is for this node and its authority's."""
    if not (home.folder / STATEMENTS_KEY).exists():
        raise NotFound("this node has no keys yet; begin with `hinomi listings enrol`")
    if statements_signer(home).name != statements_key_name(welcome.member):
        raise MalformedDocument(f"is for {welcome.member}, which this node is not", path)
    authority = parse_certificate(welcome.authority, path)
    if not is_authority(authority):
        raise MalformedDocument("its authority may sign no certificate", path)
    certificate = parse_certificate(welcome.certificate, path)
    if not is_of(certificate, node_key(home).public_key()):
        raise MalformedDocument(
            "its certificate is of another key: the request it answers was made elsewhere, or "
            "before keys were drawn anew",
            path,
        )
    issuer = authority
    if welcome.client_authority:
        issuer = parse_certificate(welcome.client_authority, path)
    elif common_name(certificate) != welcome.member:
        raise MalformedDocument(f"its certificate does not name {welcome.member}", path)
    if not is_issued_by(certificate, issuer):
        raise MalformedDocument("its certificate is not signed by its authority", path)
    require_in_time(certificate, home.clock(), path)
    return certificate


def _membership(welcome: Welcome) -> Membership:
    return Membership(
        format=FORMAT,
        member=welcome.member,
        hub=welcome.hub,
        authority=welcome.authority,
        certificate=welcome.certificate,
        outlets=welcome.outlets,
        client_authority=welcome.client_authority,
    )


def _require_number(welcome: Welcome, said: str, path: str) -> None:
    """Compare what was read out with what the file gives; spaces and case make no difference."""
    if not said:
        return
    number = "".join(said.split()).lower()
    if not _NUMBER.fullmatch(number):
        raise UsageError(f"the number of a welcome has {NUMBER_DIGITS} hex digits")
    if number != welcome_number(welcome):
        raise MalformedDocument(
            "has another number than the hub's people read out: it was changed on its way, or "
            "another one was meant; ask the hub, and join nothing by it",
            path,
        )


def _require_same(before: Membership, welcome: Welcome) -> None:
    if (before.hub.name, before.hub.list_key) != (welcome.hub.name, welcome.hub.list_key):
        raise Conflict(
            f"this node belongs to {before.hub.name}, whose list is signed by another key; say "
            "--replace if it is to change"
        )


def _write_all(home: Home, contents: dict[str, bytes]) -> None:
    """Put files in place of what there was: all are on disk before the first has its name."""
    paths = {home.folder / name: content for name, content in contents.items()}
    with on_disk(home.folder / MEMBERSHIP):
        try:
            for path, content in paths.items():
                path.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
                draft_of(path).unlink(missing_ok=True)
                write_secret(draft_of(path), content)
            for path in paths:
                publish(path)
        finally:
            for path in paths:
                draft_of(path).unlink(missing_ok=True)
        for folder in {path.parent for path in paths}:
            sync_folder(folder)
