"""Who may use which door of the hub: pure, asked anew at every request."""

from collections.abc import Collection
from datetime import date

from hinomi.model.member import Credential, Ground, Member, MemberKind, MemberState, Outlet


def refusal(
    member: Member,
    credential: Credential,
    outlet: Outlet,
    *,
    kinds: Collection[MemberKind],
    day: date,
) -> str | None:
    """
    Say why a member's node may not use *outlet* on *day*; None: it may.

    Args:
        member: Whose node it is.
        credential: What it showed.
        outlet: Which door.
        kinds: Those that the register admits.
        day: The present, UTC.
    """
    if member.state is not MemberState.ADMITTED:
        return f"the member is {member.state}"
    if credential.is_revoked or day > credential.until:
        return "the certificate is revoked, or its time is over"
    if member.kind not in kinds:
        return f"members of the kind {member.kind} are not admitted (hub.kinds)"
    if outlet not in credential.outlets:
        return f"this node has no leave for {outlet}"
    if outlet.gives_listings:
        held = {each.ground for each in member.attestations if each.holds(day)}
        if missing := sorted(set(Ground) - held):
            return f"no attestation of {missing[0]} holds today"
    return None
