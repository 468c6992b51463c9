"""
Four eyes: one person asks for an act, another approves it, and it is done once.

Rules only; nothing here reads or writes. A request is bound to its content by a seal, a keyed
hash: the journal holds the seal, the request's file holds the content until it is closed.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

import msgspec

from hinomi.clock import render_time
from hinomi.errors import Conflict, NotPermitted
from hinomi.govern.people import People
from hinomi.govern.roles import Act, Kind, Role, refusal, require, table

SALT_BYTES: Final = 32


class State(StrEnum):
    """How far a request got."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    ENDED = "ended"  # Nobody decided, or nobody used it, in time.


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one person said of a request."""

    by: str
    at_ms: int
    entry: int  # Of the journal, where it stands as well.
    reason: str = ""


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One request, whatever became of it."""

    id: int
    kind: Kind
    by: str
    reason: str
    what: dict[str, Any] | None  # None once it is closed: only the seal remains.
    salt: str | None  # Hex; goes with *what*, so that nobody learns that by guessing.
    seal: str  # Hex.
    asked_ms: int
    ends_ms: int  # Until then to be decided; once approved, to be used.
    needed: int  # Approvals by others; 0 where nobody else may approve.
    entry: int
    state: State = State.OPEN
    approved: tuple[Decision, ...] = ()
    refused: Decision | None = None
    glass_broken: bool = False
    review_by_ms: int | None = None  # Where glass was broken.
    reviewed: Decision | None = None
    justified: bool | None = None  # As the after-review found.

    @property
    def four_eyes(self) -> bool:
        """Tell whether somebody else had to approve."""
        return self.needed > 0 and not self.glass_broken

    @property
    def awaits_review(self) -> bool:
        """Tell whether glass was broken and nobody else looked at it yet."""
        return self.glass_broken and self.reviewed is None

    def is_overdue(self, now_ms: int) -> bool:
        """Tell whether an after-review is late."""
        return self.awaits_review and self.review_by_ms is not None and now_ms > self.review_by_ms

    def state_at(self, now_ms: int) -> State:
        """Tell how far it got by *now_ms*."""
        if self.state in {State.OPEN, State.APPROVED} and now_ms >= self.ends_ms:
            return State.ENDED
        return self.state


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Leave to do one act once."""

    request: int
    kind: Kind
    by: str
    approved_by: tuple[str, ...]
    four_eyes: bool
    glass_broken: bool = False


def seal_of(salt: str, kind: Kind, what: Mapping[str, object]) -> str:
    """Bind *what* to a request: HMAC-SHA256 of its canonical form under *salt*, hex."""
    told = msgspec.json.encode([kind, what], order="sorted")
    return hmac.digest(bytes.fromhex(salt), told, hashlib.sha256).hex()


def approvals_needed(kind: Kind, by: str, people: People, today: date) -> int:
    """
    Count the approvals that a request takes.

    Where fewer others may approve than the table asks for, all of them must; where there is
    nobody else and the asker could approve it for others, none is needed: a home of one person
    works, and every record says that four eyes were impossible.

    Raises:
        NotPermitted: If *by* may not ask for it.
    """
    rule, roles = table().four_eyes[kind], people.people[by].roles
    if set(roles).isdisjoint(rule.ask):
        raise refusal(by, f"ask for a {kind}", rule.ask)
    others = len(people.others_with(rule.approve, by, today))
    if not others and set(roles).isdisjoint(rule.approve):
        return rule.approvals  # It waits until somebody may.
    return min(rule.approvals, others)


def require_decidable(request: Request, now_ms: int) -> None:
    """
    Return if *request* waits to be decided.

    Raises:
        Conflict: If it was decided, or its time is over.
    """
    state = request.state_at(now_ms)
    if state is not State.OPEN:
        when = f" {render_time(request.ends_ms)}" if state is State.ENDED else ""
        raise Conflict(f"request {request.id} is {state}{when}: nothing to decide")


def approve(
    request: Request, decision: Decision, roles: Collection[Role], *, valid_ms: int
) -> Request:
    """
    Add an approval by another person.

    Args:
        request: What was asked.
        decision: Who approves, when, and where that stands in the journal.
        roles: Of whoever approves.
        valid_ms: How long it may be used once enough have approved.

    Raises:
        NotPermitted: If it is their own, or their roles do not let them.
        Conflict: If it is decided already, or they approved before.
    """
    require_decidable(request, decision.at_ms)
    rule = table().four_eyes[request.kind]
    if decision.by == request.by:
        raise NotPermitted(
            f"{decision.by} asked for request {request.id}: another person has to approve it"
        )
    if set(roles).isdisjoint(rule.approve):
        raise refusal(decision.by, f"approve a {request.kind}", rule.approve)
    if decision.by in {each.by for each in request.approved}:
        raise Conflict(f"{decision.by} approved request {request.id} already: another has to")
    approved = (*request.approved, decision)
    if len(approved) < request.needed:
        return msgspec.structs.replace(request, approved=approved)
    ends_ms = decision.at_ms + valid_ms
    return msgspec.structs.replace(
        request, approved=approved, state=State.APPROVED, ends_ms=ends_ms
    )


def refuse(request: Request, decision: Decision, roles: Collection[Role]) -> Request:
    """
    Refuse a request; whoever asked may take it back in the same way.

    Raises:
        NotPermitted: If their roles do not let them.
        Conflict: If it is decided already.
    """
    require_decidable(request, decision.at_ms)
    rule = table().four_eyes[request.kind]
    if decision.by != request.by and set(roles).isdisjoint(rule.approve):
        raise refusal(decision.by, f"refuse a {request.kind}", rule.approve)
    return close(msgspec.structs.replace(request, refused=decision), State.REFUSED)


def review(
    request: Request, decision: Decision, roles: Collection[Role], *, justified: bool
) -> Request:
    """
    Say after the event whether breaking the glass was justified.

    Raises:
        NotPermitted: If it was their own deed, or their roles do not let them.
        Conflict: If no after-review is due.
    """
    if not request.awaits_review:
        raise Conflict(f"request {request.id} waits for no after-review")
    if decision.by == request.by:
        raise NotPermitted(f"{decision.by} broke the glass: another person has to review it")
    require(roles, Act.REVIEW.word, decision.by)
    reviewed = msgspec.structs.replace(request, reviewed=decision, justified=justified)
    return close(reviewed, State.USED)


def close(request: Request, state: State) -> Request:
    """Close a request; what it was about goes, unless an after-review still needs it."""
    if request.awaits_review:
        return msgspec.structs.replace(request, state=state)
    return msgspec.structs.replace(request, state=state, what=None, salt=None)


def fits(request: Request, kind: Kind, what: Mapping[str, object]) -> bool:
    """Tell whether *request* is about this very content."""
    if request.kind is not kind or request.salt is None:
        return False
    return hmac.compare_digest(request.seal, seal_of(request.salt, kind, what))


def require_usable(
    requests: Collection[Request], kind: Kind, what: Mapping[str, object], by: str, now_ms: int
) -> Request:
    """
    Give the approved request of *by* for this very content.

    Raises:
        NotPermitted: If there is none: not asked for, not approved, refused, used, ended, or
            approved for other content. The line says which.
    """
    own = [each for each in requests if each.kind is kind and each.by == by]
    meant = [each for each in own if fits(each, kind, what)]
    usable = [each for each in meant if each.state_at(now_ms) is State.APPROVED]
    if usable:
        return usable[-1]
    if meant:
        last = meant[-1]
        state = last.state_at(now_ms)
        why = "waits for approval by another person" if state is State.OPEN else f"is {state}"
        raise NotPermitted(f"a {kind} takes four eyes: request {last.id} {why}")
    if any(each.state_at(now_ms) is State.APPROVED for each in own):
        raise NotPermitted(f"a {kind} takes four eyes: what was approved is something else")
    raise NotPermitted(
        f"a {kind} takes four eyes: {by} has no approved request for it (those that were refused, "
        "used or ended count no more); ask for one"
    )


def require_glass(
    requests: Collection[Request], kind: Kind, by: str, people: People, now_ms: int
) -> None:
    """
    Return if *by* may do an act of this kind at once, to be reviewed afterwards.

    Raises:
        NotPermitted: If no emergency is thinkable for it, their roles do not let them, or they
            broke glass before and the review of that is overdue.
    """
    rule, roles = table().four_eyes[kind], people.people[by].roles
    if not rule.break_glass:
        raise NotPermitted(f"a {kind} is never so urgent: ask, and have it approved")
    require(roles, Act.BREAK_GLASS.word, by)
    if set(roles).isdisjoint(rule.ask):
        raise refusal(by, f"do a {kind}", rule.ask)
    late = [each.id for each in requests if each.by == by and each.is_overdue(now_ms)]
    if late:
        raise NotPermitted(
            f"{by} broke glass before and its after-review is overdue (request {late[0]}): "
            "another person has to review that first"
        )
