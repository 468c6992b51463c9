"""What may be changed of a member, and what somebody else has to see first."""

import re
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import Final

import msgspec

from hinomi.errors import Conflict, UsageError
from hinomi.hub.admission import is_same_organisation
from hinomi.model.member import Member, MemberKind, MemberState, Use
from hinomi.services.hub.scrutiny import with_key
from hinomi.services.wording import one_line
from hinomi.share.enrolment import EnrolmentRequest
from hinomi.store.casebook import CaseBook

AWAY: Final = (MemberState.APPLIED, MemberState.LEFT)
"""States of whoever takes no part, and has to be let in first."""

_PAGE: Final = re.compile(r"https?://[^\s\"<>]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What shall be different of a member; None leaves a thing as it is."""

    organisation: str | None = None
    kind: MemberKind | None = None
    contacts: tuple[str, ...] | None = None
    uses: tuple[Use, ...] | None = None
    page: str | None = None
    request: EnrolmentRequest | None = None  # Its signing key is taken.
    replaces_key: bool = False  # Also where another signing key is known; takes a reason.
    reason: str = ""


def changed(casebook: CaseBook, member: Member, said: Changed) -> Member:
    """
    Give *member* as it shall be.

    Attestations are of an organisation: where another one takes its place they end, and have to
    be made anew. Another spelling leaves them as they are.

    Raises:
        UsageError: If something that is said cannot be meant.
        Conflict: If its kind is not to be changed now, or the request cannot be its own.
        MalformedDocument: If who made the request does not have its key.
    """
    organisation = member.organisation if said.organisation is None else said.organisation
    organisation = one_line(organisation, "an organisation")
    if not is_same_organisation(organisation, member.organisation):
        member = replace(member, attestations=())
    member = replace(member, organisation=organisation)
    if said.kind is not None and said.kind is not member.kind:
        if member.state not in AWAY:
            raise Conflict(f"{member.name} is {member.state}: its kind was part of what let it in")
        member = replace(member, kind=said.kind)
    if said.contacts is not None:
        contacts = tuple(one_line(each, "a contact") for each in said.contacts)
        member = replace(member, contacts=contacts)
    if said.uses is not None:
        member = replace(member, uses=tuple(dict.fromkeys(said.uses)))
    if said.page is not None:
        if said.page and not _PAGE.fullmatch(said.page):
            raise UsageError("a page is an address that begins with https:// or http://")
        member = replace(member, page=said.page)
    if said.request is not None:
        if said.replaces_key:
            one_line(said.reason, "the reason for another key")
        member = with_key(casebook, member, said.request, replaces=said.replaces_key)
    return member


def difference(before: Member, after: Member) -> tuple[str, ...]:
    """Name the fields in which two states of a member differ."""
    names = (each.name for each in fields(Member))
    return tuple(each for each in names if getattr(before, each) != getattr(after, each))


def takes_another_person(before: Member, differ: Collection[str]) -> bool:
    """
    Tell whether a change is for two people.

    Of whoever takes part, each of organisation, page, contacts, uses, signing key and attestations
    was part of what let it in; together they could make it somebody else.
    """
    return before.state is MemberState.ADMITTED and bool(differ)


def shown_change(before: Member, after: Member) -> dict[str, object]:
    """Tell what whoever approves decides on: each field that differs, before and after."""
    told = {
        name: (
            msgspec.to_builtins(getattr(before, name)),
            msgspec.to_builtins(getattr(after, name)),
        )
        for name in difference(before, after)
    }
    return {
        "act": "change member",
        "member": before.name,
        "before": {name: old for name, (old, _) in told.items()},
        "after": {name: new for name, (_, new) in told.items()},
    }
