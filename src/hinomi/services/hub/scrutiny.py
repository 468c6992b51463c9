"""
What is looked at before a member's name and keys count at the hub.

The signing key of a member stands in its record. Which requests were looked at, and so which node
keys are known to be its own, stands in the journal alone: a request that is not among them takes
another person, even if its signing key is the member's, since that one is public.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hinomi.errors import Conflict
from hinomi.govern import approvals as rules
from hinomi.govern.approvals import Approval, Request, State
from hinomi.govern.note import BadNote, Verifier
from hinomi.govern.roles import Kind
from hinomi.hub.admission import SHARED, shared_by
from hinomi.model.member import Member
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.mandates import Operation
from hinomi.share.certificates import requested_key
from hinomi.share.enrolment import EnrolmentRequest, request_digest
from hinomi.store.casebook import CaseBook

_LETS_IN: Final = frozenset({"admit", "reinstate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Which requests of one member's nodes people looked at, by `enrolment.request_digest`."""

    admitted: frozenset[str] = frozenset()
    entered: str = ""  # By one person, and not admitted yet; empty: none.


def asked(home: Home, what: Mapping[str, object], reason: str) -> Request:
    """
    Find the request for this very act that still stands, or ask.

    Args:
        home: The hub's.
        what: What whoever approves decides on.
        reason: Why, for whoever approves.

    Raises:
        NotPermitted: If the acting person may not ask.
        UsageError: If it has to be asked for, and the reason is blank.
    """
    now_ms = home.clock()
    standing = [
        each
        for each in approvals.all_requests(home)
        if rules.fits(each, Kind.BULK_EXPORT, what)
        and each.state_at(now_ms) in {State.OPEN, State.APPROVED}
    ]
    # What is approved comes before what is open.
    standing.sort(key=lambda each: each.state_at(now_ms) is State.APPROVED)
    return standing[-1] if standing else approvals.ask(home, Kind.BULK_EXPORT, what, reason)


def approval_facts(approval: Approval) -> dict[str, object]:
    """Tell by whose leave something was done, for its line in the journal."""
    return {
        "request": approval.request,
        "approved_by": list(approval.approved_by),
        "four_eyes": approval.four_eyes,
    }


def requests_of(home: Home, name: str) -> Requests:
    """
    Tell which requests of a member's nodes people looked at, from the journal.

    What one person entered counts once the member is let in, since that is approved together
    with it; what was approved by itself counts at once. Where the journal no longer goes back so
    far, a request is unknown, and asked about anew.

    Args:
        home: The hub's.
        name: The member's.
    """
    admitted: set[str] = set()
    entered = ""
    for each in home.journal().bodies(0):
        told = each.parse()
        if told.get("operation") != Operation.MEMBERS.word or told.get("member") != name:
            continue
        if "refused" in told:
            continue
        said = str(told.get("request_sha256") or "")
        if told.get("act") in _LETS_IN:
            admitted |= {entered} - {""}
            entered = ""
        elif said and "approved_by" in told:
            admitted.add(said)
        elif said and told.get("act") in {"add", "change"}:
            entered = said
    return Requests(admitted=frozenset(admitted), entered=entered)


def require_alone(casebook: CaseBook, member: Member, said: Collection[str] = SHARED) -> None:
    """
    Return if no other member is the same organisation.

    Args:
        casebook: The hub's.
        member: As it shall be.
        said: By which of its fields that is asked.

    Raises:
        Conflict: If one is.
    """
    for each in casebook.hub.members.all():
        if shared := [name for name in shared_by(member, each) if name in said]:
            raise Conflict(
                f"{each.name} has the same {' and '.join(shared)}: one organisation is one member, "
                "or its word would count twice; correct either, or let one leave"
            )


def key_facts(before: Member, after: Member, request: EnrolmentRequest | None) -> dict[str, object]:
    """Tell what a request changes: key ids of the signing keys, and the digest both ends read."""
    if request is None:
        return {}
    return {
        "key_before": _key_id(before.signing_key),
        "key_after": _key_id(after.signing_key),
        "request_sha256": request_digest(request),
    }


def _key_id(line: str) -> str:
    try:
        return Verifier.parse(line).key_id.hex() if line else ""
    except BadNote:
        return "unreadable"


def require_own_key(casebook: CaseBook, member: Member, request: EnrolmentRequest) -> None:
    """
    Return if a request may be a member's: in its name, and with a signing key of its own.

    Raises:
        Conflict: If it is in another name, or another member signs by this key.
        MalformedDocument: If who made it does not have the key that it asks a certificate for.
    """
    if request.member != member.name:
        raise Conflict(f"the request is of {request.member}, and not of {member.name}")
    requested_key(request.csr, "request")
    for each in casebook.hub.members.all():
        if each.name != member.name and each.signing_key == request.signing_key:
            raise Conflict("another member signs by this key: each draws its own")


def with_key(
    casebook: CaseBook, member: Member, request: EnrolmentRequest, *, replaces: bool
) -> Member:
    """
    Give *member* with the signing key of its node's request.

    Raises:
        Conflict: If the request cannot be the member's, or another key is known and not replaced.
        MalformedDocument: If who made it does not have the key that it asks a certificate for.
    """
    require_own_key(casebook, member, request)
    if member.signing_key not in {"", request.signing_key} and not replaces:
        raise Conflict(
            f"{member.name} signs by another key; ask them, then say --replace-key: what the old "
            "one signed is kept"
        )
    return replace(member, signing_key=request.signing_key)
