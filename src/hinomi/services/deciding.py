"""
Approving what somebody asked for, and carrying it out where approval is all that was missing.

Changes of parameters and of people happen the moment enough others have approved. Whatever else
takes four eyes is done by whoever asked, once, within the registered time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hinomi.govern.approvals import Request, State
from hinomi.govern.people import Change
from hinomi.govern.roles import Kind
from hinomi.services import parameters, people
from hinomi.services.approvals import approve, ask, require_open, take
from hinomi.services.home import Home

AT_ONCE: Final = frozenset({Kind.PARAMETER_CHANGE, Kind.PEOPLE_CHANGE})
"""Kinds that approval carries out."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a request."""

    request: Request
    version: str | None = None  # Of register or people from now on, where they changed.


def approve_request(home: Home, number: int) -> Decided:
    """
    Approve a request of another person, and carry out what it asks for if that is for us to do.

    A request that was approved and whose carrying out was stopped by a power cut is carried out
    when somebody approves it once more.

    Raises:
        NotFound: If there is none of this number.
        NotPermitted: If the acting person may not.
        Conflict: If it is decided already, or cannot be carried out any more; then nothing
            changes, and it is to be refused.
    """
    found = require_open(home, number)
    _require_possible(home, found)
    if found.kind not in AT_ONCE or found.state_at(home.clock()) is not State.APPROVED:
        found = approve(home, number)
    return _carried_out(home, found)


def change_people(home: Home, change: Change, reason: str) -> Decided:
    """
    Ask for a change of people, and carry it out where nobody else could approve it.

    Raises:
        NotFound: If it speaks of a person who is not there.
        Conflict: If it adds one who is there, or nobody would be left who may change people.
        UsageError: If what it says cannot be meant.
        NotPermitted: If the acting person may not ask for it.
    """
    return _ask_for(home, people.plan(change), reason)


def accept_people(home: Home, reason: str) -> Decided:
    """
    Ask that ``people.toml``, edited by hand, shall count as it stands.

    Raises:
        Conflict: If it says what counts already.
        ConfigError: If it cannot be read.
        NotPermitted: If the acting person may not ask for it.
    """
    return _ask_for(home, people.plan_acceptance(home), reason)


def _ask_for(home: Home, what: Mapping[str, object], reason: str) -> Decided:
    people.outcome(home, what)  # Raises where nobody need be asked.
    return _carried_out(home, ask(home, Kind.PEOPLE_CHANGE, what, reason))


def _require_possible(home: Home, request: Request) -> None:
    if request.kind is Kind.PARAMETER_CHANGE and not request.glass_broken:
        parameters.require_unchanged(home, request)
    if request.kind is Kind.PEOPLE_CHANGE and request.what is not None:
        people.outcome(home, request.what)


def _carried_out(home: Home, request: Request) -> Decided:
    if request.state_at(home.clock()) is not State.APPROVED:
        return Decided(request)
    if request.kind is Kind.PARAMETER_CHANGE:
        return Decided(request, parameters.carry_out(home, request.id).version)
    if request.kind is Kind.PEOPLE_CHANGE:
        what, approval = take(home, request.id)
        facts = {
            "request": approval.request,
            "person": approval.by,
            "approved_by": list(approval.approved_by),
            "four_eyes": approval.four_eyes,
        }
        return Decided(request, people.carry_out(home, what, facts).version)
    return Decided(request)
