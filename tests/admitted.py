"""A made-up member that lacks nothing to be let in, and what its node shows."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from hinomi.govern.people import token_digest
from hinomi.model.member import (
    Attestation,
    Credential,
    Ground,
    Member,
    MemberKind,
    MemberState,
    Outlet,
    Use,
)

FIRST_DAY: Final = date(2025, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)


def attested(since: date, days: int = 365) -> tuple[Attestation, ...]:
    """Give attestations of both grounds, from *since* on."""
    return tuple(
        Attestation(
            ground=ground,
            attested_by="the board",
            document="minutes 12",
            since=since,
            until=since + timedelta(days=days),
        )
        for ground in Ground
    )


def a_member(name: str, **changed: Any) -> Member:
    """Describe an admitted provider with all that it takes."""
    member = Member(
        name=name,
        organisation=f"Provider {name}",
        kind=MemberKind.DETECTING_ISP,
        state=MemberState.ADMITTED,
        contacts=(f"noc@{name}.example",),
        uses=(Use.DETECT,),
        page=f"https://{name}.example/flow",
        attestations=attested(FIRST_DAY, (LAST_DAY - FIRST_DAY).days),
    )
    return replace(member, **changed)


def a_credential(member: str, fingerprint: str, token: str) -> Credential:
    """Give what the hub knows of a node that may use every door."""
    return Credential(
        fingerprint=fingerprint,
        member=member,
        token_digest=token_digest(token),
        outlets=tuple(Outlet),
        until=LAST_DAY,
    )
