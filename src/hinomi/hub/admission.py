"""Who may use which door of the hub: pure, asked anew at every request."""

from datetime import date
from typing import Final

from hinomi.hub.outlets import Openings
from hinomi.model.member import Credential, Ground, Member, MemberState, Outlet, Use

SHARED: Final = ("organisation", "page", "contacts")
"""What no two members have in common, unless they are one organisation."""


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

    Case, spaces around and a slash at the end make no difference. A member that has left shares
    nothing.
    """
    if one.name == other.name or MemberState.LEFT in {one.state, other.state}:
        return ()
    return tuple(name for name in SHARED if _plain(one, name) & _plain(other, name))


def _plain(member: Member, name: str) -> set[str]:
    said = getattr(member, name)
    words = said if isinstance(said, tuple) else (said,)
    return {" ".join(each.casefold().split()).rstrip("/") for each in words} - {""}


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
