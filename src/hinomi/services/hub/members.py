"""
The members of a hub: who they are, what they attested, and whether they take part.

Each act stands in the journal before it counts. Letting a member in takes four eyes, since the
whole list goes to a party that did not have it (`Kind.BULK_EXPORT`), and so does whatever else
would let another party take part in its place: of one that was let in, another signing key,
organisation, page, contact, use or attestation. Shutting one out is one person's act, and counts
from the next request on.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import msgspec

from hinomi.clock import date_of
from hinomi.errors import Conflict, NotPermitted, UsageError
from hinomi.govern.approvals import Request, State
from hinomi.hub.admission import domains_shared_by, gaps
from hinomi.hub.outlets import Openings
from hinomi.model.member import Attestation, Credential, Member, MemberKind, MemberState
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.hub.changes import (
    AWAY,
    Changed,
    changed,
    difference,
    shown_change,
    takes_another_person,
)
from hinomi.services.hub.scrutiny import (
    approval_facts,
    asked,
    key_facts,
    requests_of,
    require_alone,
)
from hinomi.services.mandates import Operation, record
from hinomi.services.wording import one_line
from hinomi.store.casebook import CaseBook
from hinomi.telemetry import mask_addresses

_SHUT_OUT_FROM: Final = {
    MemberState.SUSPENDED: (MemberState.ADMITTED,),
    MemberState.LEFT: (MemberState.APPLIED, MemberState.ADMITTED, MemberState.SUSPENDED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a member, and what is still missing before it could be admitted."""

    member: Member
    credentials: tuple[Credential, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of the wish to let a member in: done, or waiting for another person."""

    member: Member
    request: Request

    @property
    def is_done(self) -> bool:
        """Tell whether the member takes part from now on."""
        return self.member.state is MemberState.ADMITTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of the wish to change a member: done, or waiting for another person."""

    member: Member  # As it stands now.
    request: Request | None  # None: it took nobody else.
    is_done: bool


def add(home: Home, name: str, organisation: str, kind: MemberKind, said: Changed) -> Member:
    """
    Enter an organisation that wants to take part; nothing is open to it by that.

    Raises:
        UsageError: If what is said of it cannot be meant.
        Conflict: If a member of this name is there, another one has its signing key, or another
            one is the same organisation, by its name, page or a contact.
    """
    mandate = home.mandate(Operation.MEMBERS)
    try:
        fresh = Member(name=name, organisation=organisation.strip(), kind=kind)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with home.casebook() as casebook:
        member = changed(casebook, fresh, said)
        if any(each.name == name for each in casebook.hub.members.all()):
            raise Conflict(f"a member is called {name}; `hinomi hub member change` changes it")
        require_alone(casebook, member)
        facts = {
            "act": "add",
            "member": name,
            "kind": kind.value,
            **key_facts(fresh, member, said.request),
        }
        record(home.journal(), Operation.MEMBERS, mandate, facts)
        casebook.hub.members.add(member)
    return member


def change(home: Home, name: str, said: Changed) -> Change:
    """
    Change what is known of a member; its state is for other acts.

    Whatever is changed of a member that takes part is asked for first: the same call once more
    does it when another person has approved.

    Raises:
        NotFound: If there is none of this name.
        UsageError: If what is said cannot be meant, or there is no reason where it takes one.
        Conflict: If it would change the kind of a member that takes part, its signing key
            without saying so, or make it another member's twin.
        NotPermitted: If the acting person may not ask.
    """
    mandate = home.mandate(Operation.MEMBERS)
    with home.casebook() as casebook:
        before = casebook.hub.members.get(name)
        after = changed(casebook, before, said)
        differ = difference(before, after)
        require_alone(casebook, after, differ)
        keys = key_facts(before, after, said.request)
        facts = {"act": "change", "member": name, "changed": list(differ), **keys}
        if said.reason:
            facts["reason"] = mask_addresses(one_line(said.reason, "the reason"))
        request = None
        if takes_another_person(before, differ):
            request = asked(home, {**shown_change(before, after), **keys}, said.reason)
            if request.state_at(home.clock()) is not State.APPROVED:
                return Change(member=before, request=request, is_done=False)
            _, approval = approvals.take(home, request.id)
            facts |= approval_facts(approval)
        record(home.journal(), Operation.MEMBERS, mandate, facts)
        casebook.hub.members.put(after, before)
    return Change(member=after, request=request, is_done=True)


def attest(
    home: Home, name: str, attestations: tuple[Attestation, ...], reason: str = ""
) -> Change:
    """
    Enter that somebody attests a member's fitness, with the document that says so.

    Of a member that takes part it is asked for first, since the list goes to it for as long as an
    attestation holds: the same call once more does it when another person has approved. Of whoever
    is to be let in the attestations are looked at by then.

    Raises:
        NotFound: If there is none of this name.
        UsageError: If an attestation ends before it begins, holds for longer than is registered,
            or names nobody or no document; or there is no reason where it takes one.
        NotPermitted: If the acting person may not ask.
    """
    mandate = home.mandate(Operation.MEMBERS)
    attestations = _as_may_be(home, attestations)
    with home.casebook() as casebook:
        before = casebook.hub.members.get(name)
        after = replace(before, attestations=(*before.attestations, *attestations))
        told = [
            {
                "ground": each.ground.value,
                "since": str(each.since),
                "until": str(each.until),
                "days": (each.until - each.since).days + 1,
                "document": mask_addresses(each.document),
            }
            for each in attestations
        ]
        facts: dict[str, object] = {"act": "attest", "member": name, "attestations": told}
        if reason:
            facts["reason"] = mask_addresses(one_line(reason, "the reason"))
        request = None
        if takes_another_person(before, difference(before, after)):
            what = shown_change(before, after) | {"act": "attest member"}
            request = asked(home, what, reason)
            if request.state_at(home.clock()) is not State.APPROVED:
                return Change(member=before, request=request, is_done=False)
            _, approval = approvals.take(home, request.id)
            facts |= approval_facts(approval)
        record(home.journal(), Operation.MEMBERS, mandate, facts)
        casebook.hub.members.put(after, before)
    return Change(member=after, request=request, is_done=True)


def admit(home: Home, name: str, reason: str) -> Admission:
    """
    Let a member in, or ask another person for leave to.

    The approval is of the member as it stands: who changes it meanwhile has to ask anew.

    Raises:
        NotFound: If there is none of this name.
        Conflict: If it takes part already, is suspended, or something is missing.
        NotPermitted: If the acting person may not ask.
    """
    return _let_in(home, name, reason, "admit", AWAY)


def reinstate(home: Home, name: str, reason: str) -> Admission:
    """
    Let a suspended member in again; it takes what letting it in first took.

    Raises:
        NotFound: If there is none of this name.
        Conflict: If it is not suspended, or something is missing.
        NotPermitted: If the acting person may not ask.
    """
    return _let_in(home, name, reason, "reinstate", (MemberState.SUSPENDED,))


def suspend(home: Home, name: str, reason: str) -> Member:
    """
    Shut a member out, at once: its next request is refused, whatever it shows.

    Raises:
        NotFound: If there is none of this name.
        Conflict: If it does not take part.
        UsageError: If the reason is blank.
    """
    return _shut_out(home, name, reason, "suspend", MemberState.SUSPENDED)


def leave(home: Home, name: str, reason: str) -> Member:
    """
    Enter that a member takes part no longer; its certificates are worth nothing from now on.

    Raises:
        NotFound: If there is none of this name.
        Conflict: If it has left already.
        UsageError: If the reason is blank.
    """
    return _shut_out(home, name, reason, "leave", MemberState.LEFT)


def known(home: Home, name: str) -> Known:
    """
    Give what is known of one member.

    Raises:
        NotFound: If there is none of this name.
        NotPermitted: If this home is no hub.
    """
    require_hub(home)
    with home.casebook() as casebook:
        return _known(home, casebook, casebook.hub.members.get(name))


def all_known(home: Home) -> tuple[Known, ...]:
    """
    Give what is known of every member, by name.

    Raises:
        NotPermitted: If this home is no hub.
    """
    require_hub(home)
    with home.casebook() as casebook:
        return tuple(_known(home, casebook, each) for each in casebook.hub.members.all())


def neighbours(home: Home, name: str) -> tuple[str, ...]:
    """
    Say which other members have a contact or their page at a domain of this one.

    They may be one organisation, or have one outsourcer: that is for people to look at.

    Raises:
        NotFound: If there is none of this name.
        NotPermitted: If this home is no hub.
    """
    require_hub(home)
    with home.casebook() as casebook:
        asked_of = casebook.hub.members.get(name)
        found = {
            each.name: domains_shared_by(asked_of, each) for each in casebook.hub.members.all()
        }
    return tuple(
        f"{name} and {other} have a contact or their page at {' and '.join(domains)}: look whether "
        "they are one organisation, whose word would count twice"
        for other, domains in found.items()
        if domains
    )


def require_hub(home: Home) -> None:
    """
    Return if this home is a hub's.

    Raises:
        NotPermitted: If it is not: it has no members.
    """
    if not home.is_hub:
        raise NotPermitted("this home is no hub; `hinomi hub init` makes one, in another folder")


def _as_may_be(home: Home, attestations: tuple[Attestation, ...]) -> tuple[Attestation, ...]:
    """Give attestations as they are entered, none of which holds for too long."""
    most = home.register.integer("hub.attestation_days_most")
    last = date_of(home.clock()) + timedelta(days=most - 1)
    for each in attestations:
        if each.until < each.since:
            raise UsageError(f"the attestation ends on {each.until}, before it begins")
        if (each.until - each.since).days >= most or each.until > last:
            raise UsageError(
                f"an attestation holds for {most} days at most, and ends on {last} at the latest "
                "(hub.attestation_days_most): somebody has to look again"
            )
    return tuple(
        replace(
            each,
            attested_by=one_line(each.attested_by, "who attests it"),
            document=one_line(each.document, "the document"),
        )
        for each in attestations
    )


def _let_in(
    home: Home, name: str, reason: str, act: str, states: tuple[MemberState, ...]
) -> Admission:
    mandate = home.mandate(Operation.MEMBERS)
    with home.casebook() as casebook:
        before = casebook.hub.members.get(name)
        if before.state not in states:
            raise Conflict(f"{name} is {before.state}: it cannot be let in by {act!r}")
        missing = gaps(before, Openings.from_register(home.register), date_of(home.clock()))
        if missing:
            raise Conflict(f"{name} cannot be let in yet: {'; '.join(missing)}")
        require_alone(casebook, replace(before, state=MemberState.APPLIED))
        entered = requests_of(home, name).entered
        request = asked(home, _what(act, before, entered), reason)
        if request.state_at(home.clock()) is not State.APPROVED:
            return Admission(member=before, request=request)
        _, approval = approvals.take(home, request.id)
        facts = {
            "act": act,
            "member": name,
            "request_sha256": entered,
            **approval_facts(approval),
        }
        record(home.journal(), Operation.MEMBERS, mandate, facts)
        after = replace(before, state=MemberState.ADMITTED)
        casebook.hub.members.put(after, before)
    return Admission(member=after, request=request)


def _what(act: str, member: Member, entered: str) -> dict[str, object]:
    """Tell what whoever approves decides on: the member as it stands, and its node's request."""
    told: dict[str, object] = msgspec.to_builtins(replace(member, state=MemberState.APPLIED))
    return {"act": f"{act} member", "request_sha256": entered, **told}


def _shut_out(home: Home, name: str, reason: str, act: str, state: MemberState) -> Member:
    mandate = home.mandate(Operation.MEMBERS)
    said = one_line(reason, "the reason")
    with home.casebook() as casebook:
        members = casebook.hub.members
        found = members.get(name).state
        if found not in _SHUT_OUT_FROM[state]:
            raise Conflict(f"{name} is {found}: there is nothing to {act}")
        facts = {"act": act, "member": name, "reason": mask_addresses(said)}
        record(home.journal(), Operation.MEMBERS, mandate, facts)
        after = members.set_state(name, state, among=_SHUT_OUT_FROM[state])
        if state is MemberState.LEFT:
            for each in members.credentials(name):
                members.revoke(each.fingerprint)
    return after


def _known(home: Home, casebook: CaseBook, member: Member) -> Known:
    openings = Openings.from_register(home.register)
    return Known(
        member=member,
        credentials=casebook.hub.members.credentials(member.name),
        gaps=gaps(member, openings, date_of(home.clock())),
    )
