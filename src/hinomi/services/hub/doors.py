"""The doors of a running hub: whoever comes shows a certificate and its token, each time."""

import hmac
from dataclasses import dataclass
from typing import Final

from hinomi.clock import date_of
from hinomi.errors import NotPermitted
from hinomi.govern.people import token_digest
from hinomi.hub.admission import refusal
from hinomi.hub.outlets import Openings
from hinomi.model.member import Credential, Member, Outlet
from hinomi.services.home import Home
from hinomi.store.casebook import CaseBook

_NOBODY: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, known by certificate and token."""

    member: Member
    credential: Credential


class Unknown(NotPermitted):
    """Nobody that the hub knows: it is told nothing, not even why."""


def admit(
    home: Home,
    casebook: CaseBook,
    *,
    fingerprint: str | None,
    token: str | None,
    outlet: Outlet | None,
) -> Caller:
    """
    Let a member's node through to *outlet*, or refuse it.

    Nothing is remembered from one request to the next: a suspension counts from the next one on.

    Args:
        home: The hub's.
        casebook: Its, open.
        fingerprint: SHA-256 of the certificate that TLS checked, hex; None: there was none.
        token: That came with the request; None: none did.
        outlet: Which door; None: what every admitted member's node may.

    Raises:
        Unknown: If certificate and token do not stand for one node.
        NotPermitted: If the member may not do this, with the reason.
    """
    found = None if fingerprint is None else casebook.hub.members.credential(fingerprint)
    shown = token_digest(token or "")
    # Compared in constant time, and also where there is nothing to compare with.
    is_its = hmac.compare_digest(shown, _NOBODY if found is None else found[0].token_digest)
    if found is None or not token or not is_its:
        raise Unknown("certificate and token are not known here together")
    credential, member = found
    openings = Openings.from_register(home.register)
    reason = refusal(member, credential, outlet, openings=openings, day=date_of(home.clock()))
    if reason is not None:
        raise NotPermitted(reason)
    return Caller(member=member, credential=credential)
