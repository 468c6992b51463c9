"""Who may use which door of the hub: pure, asked anew at every request."""

import re
import unicodedata
from contextlib import suppress
from datetime import date
from typing import Final
from urllib.parse import unquote, urlsplit

from hinomi.hub.outlets import Openings
from hinomi.model.member import Credential, Ground, Member, MemberState, Outlet, Use

SHARED: Final = ("organisation", "page", "contacts")
"""What no two members have in common, unless they are one organisation."""

_MAIL: Final = re.compile(r"[^\s<>()\[\]:;,\"@]+@([^\s<>()\[\]:;,\"@]+)")
_FORMS: Final = {"(株)": "株式会社", "(有)": "有限会社", "(同)": "合同会社"}
_BESIDE_FORM: Final = re.compile(rf" ?({'|'.join(_FORMS.values())}) ?")
_SLASHES: Final = re.compile("/+")
_COMMON_PORTS: Final = (None, 80, 443)


def refusal(
    member: Member,
    credential: Credential,
    outlet: Outlet | None,
    *,
    openings: Openings,
    day: date,
) -> str | None:
    """
    Say why a member's node may not use *outlet* on *day*; None: it may.

    Args:
        member: Whose node it is.
        credential: What it showed.
        outlet: Which door; None: what every admitted member's node may, and no door of its own.
        openings: What the register admits.
        day: The present, UTC.

    Returns:
        One line for that very node: it names no other member.
    """
    stranger = _stranger(member, credential, day)
    if stranger is not None:
        return stranger
    shut = openings.refusal(member.kind, outlet)
    if shut is not None:
        return shut
    if outlet is None:
        return None if credential.outlets else "this node may use nothing"
    if outlet not in credential.outlets:
        return f"this node may not use {outlet}"
    return _unfit(member, outlet, day) if outlet.gives_listings else None


def gaps(member: Member, openings: Openings, day: date) -> tuple[str, ...]:
    """
    Say what is still missing before a member can be admitted on *day*.

    Whoever takes listings is fit for them from the first day, or is not let in at all.
    """
    found = []
    if member.kind not in openings.kinds:
        found.append(f"the register does not admit the kind {member.kind} (hub.kinds)")
    found += [
        f"no attestation of {each} holds today"
        for each in Ground
        if not _attested(member, each, day)
    ]
    if not member.contacts:
        found.append("nobody is named who can be reached")
    if not member.signing_key:
        found.append("no key of its signatures is known: its node's request has it")
    if any(outlet.gives_listings for outlet in openings.open_to(member.kind)):
        if not member.uses:
            found.append("no use of the list is stated")
        if not member.page:
            found.append("no page is named where its subscribers read what it does with the list")
    return tuple(found)


def shared_by(one: Member, other: Member) -> tuple[str, ...]:
    """
    Name what two members have in common, of what makes them one organisation (`SHARED`).

    Another spelling makes no difference: widths, case and blanks of all, dots, commas and short
    corporate forms of an organisation, all but host and path of a page, all but the mail
    address of a contact. A member that has left shares nothing.

    Notes:
        Letters of two scripts that look alike are two letters: people see the names.
    """
    if one.name == other.name or MemberState.LEFT in {one.state, other.state}:
        return ()
    return tuple(name for name in SHARED if _keys(one, name) & _keys(other, name))


def domains_shared_by(one: Member, other: Member) -> tuple[str, ...]:
    """
    Name the domains at which two members both have a contact, or their pages.

    That proves nothing, as one outsourcer may run the mail of many: it is for people to look at.
    """
    if one.name == other.name or MemberState.LEFT in {one.state, other.state}:
        return ()
    return tuple(sorted(_domains(one) & _domains(other)))


def is_same_organisation(one: str, other: str) -> bool:
    """Tell whether two names differ in spelling alone, as `shared_by` compares them."""
    return _organisation(one) == _organisation(other)


def _keys(member: Member, name: str) -> set[str]:
    """Give what is compared of a member's organisation, page or contacts."""
    if name == "organisation":
        found = {_organisation(member.organisation)}
    elif name == "page":
        found = {"".join(_page(member.page))}
    else:
        found = {key for each in member.contacts for key in _contact(each)}
    return found - {""}


def _domains(member: Member) -> set[str]:
    of_mail = {_host(domain) for each in member.contacts for domain in _MAIL.findall(_plain(each))}
    return (of_mail | {_page(member.page)[0]}) - {""}


def _plain(text: str) -> str:
    """
    Give *text* without what is spelling alone.

    Source:
        Unicode Standard Annex 15 (NFKC); the Unicode Standard, section 3.13 (case folding, which
        may undo the form that it was given).
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def _organisation(text: str) -> str:
    plain = "".join("-" if unicodedata.category(each) == "Pd" else each for each in _plain(text))
    for short, form in _FORMS.items():
        plain = plain.replace(short, form)
    plain = " ".join(plain.replace(".", "").replace(",", " ").split())
    return _BESIDE_FORM.sub(r"\1", plain)


def _contact(text: str) -> set[str]:
    plain = _plain(text)
    return {found.group().rstrip(".") for found in _MAIL.finditer(plain)} or {plain}


def _page(text: str) -> tuple[str, str]:
    """Give host (with its port, where that is no common one) and path of a page."""
    plain = _plain(text)
    try:
        parts = urlsplit(plain)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return "", plain
    if port not in _COMMON_PORTS:
        host = f"{host}:{port}"
    path = _SLASHES.sub("/", unquote(parts.path)).rstrip("/")
    return host, path + (f"?{parts.query}" if parts.query else "")


def _host(text: str) -> str:
    """Give a host's name in its ASCII form, without what is no part of the name."""
    host = text.rstrip(".").removeprefix("www.")
    with suppress(UnicodeError):  # What is no name of a host stays as it was written.
        host = host.encode("idna").decode("ascii")
    return host


def _stranger(member: Member, credential: Credential, day: date) -> str | None:
    """Say why nothing at all is open to whoever shows a certificate."""
    if credential.member != member.name:
        return "the certificate is another member's"
    if member.state is not MemberState.ADMITTED:
        return f"the member is {member.state}"
    if credential.is_revoked or day > credential.until:
        return "the certificate is revoked, or its time is over"
    return None


def _unfit(member: Member, outlet: Outlet, day: date) -> str | None:
    """Say why the list may not leave to a member whom the door stands open to (R5, R6, R8)."""
    for ground in Ground:
        if not _attested(member, ground, day):
            return f"no attestation of {ground} holds today"
    if not member.page:
        return "no page is known that tells the member's subscribers what it does with the list"
    if not member.uses:
        return "the member has stated no use of the list"
    if outlet is Outlet.RPZ and Use.BLOCK_CONSENTED not in member.uses:
        return f"the member has not stated the use {Use.BLOCK_CONSENTED}, which {outlet} is for"
    return None


def _attested(member: Member, ground: Ground, day: date) -> bool:
    return any(each.ground is ground and each.holds(day) for each in member.attestations)
