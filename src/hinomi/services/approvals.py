"""
Requests for acts that take four eyes, and leave to do them.

For others to call: `request` asks, `require_approved` gives leave once, or refuses; in an
emergency `break_glass` gives it at once. Each step stands in the journal before it counts, with a
seal in place of the content, and leave is given only where the journal says the same as the file.
"""

import os
from collections.abc import Callable, Mapping

import msgspec

from hinomi.errors import NotPermitted, UsageError
from hinomi.govern import approvals as rules
from hinomi.govern.approvals import Approval, Decision, Request, State
from hinomi.govern.roles import Kind, Role, refusal, table
from hinomi.services.home import REQUESTS, Home
from hinomi.services.journalled import OPERATION, require_journalled
from hinomi.services.people import (
    ACCEPT,
    Actor,
    acting,
    people_in_force,
    require_unedited,
    today,
)
from hinomi.store.approvals import RequestFiles
from hinomi.telemetry import mask_addresses


def request(home: Home, kind: Kind, what: Mapping[str, object], reason: str) -> int:
    """
    Ask for an act that takes four eyes.

    Where nobody else may approve it and the asker could for others, it is approved at once, and
    file and journal say that four eyes were impossible.

    Args:
        home: Where.
        kind: Of the act.
        what: The act itself, as JSON can tell it; only this very content may be done.
        reason: Why, in words for whoever approves.

    Returns:
        The number of the request.

    Raises:
        NotPermitted: If the acting person may not ask for it, or people were edited by hand.
        UsageError: If the reason is blank.
    """
    return ask(home, kind, what, reason).id


def ask(home: Home, kind: Kind, what: Mapping[str, object], reason: str) -> Request:
    """Do as `request`, and give the whole request."""
    actor = _actor(home, f"ask for a {kind}", what)
    needed = _needed(home, kind, actor)
    now_ms = home.clock()
    files = _files(home)
    with files.held():
        asked = _new(files, kind, what, reason, actor)
        state = State.OPEN if needed else State.APPROVED
        lasts_ms = home.register.integer("approvals.open_ms" if needed else "approvals.valid_ms")
        asked = msgspec.structs.replace(
            asked, needed=needed, asked_ms=now_ms, ends_ms=now_ms + lasts_ms, state=state
        )
        told = {"reason": mask_addresses(asked.reason), "needed": needed}
        entry = _journal(home, asked, "ask", actor, {**told, "four_eyes": asked.four_eyes})
        asked = msgspec.structs.replace(asked, entry=entry)
        files.put(asked)
    return asked


def approve(home: Home, number: int) -> Request:
    """
    Approve a request of another person, or find justified that they broke glass.

    Raises:
        NotFound: If there is none of this number.
        NotPermitted: If it is the acting person's own, or their roles do not let them.
        Conflict: If it is decided already, or its time is over.
    """
    files = _files(home)
    with files.held():
        found = files.get(number)
        actor = _actor(home, "approve", found.what)
        if found.awaits_review:
            return _review(home, files, found, actor, justified=True)
        valid_ms = home.register.integer("approvals.valid_ms")

        def decide(entry: int) -> Request:
            decision = Decision(by=actor.id, at_ms=home.clock(), entry=entry)
            return rules.approve(found, decision, actor.person.roles, valid_ms=valid_ms)

        _or_refuse(home, found, actor, "approve", lambda: decide(-1))
        decided = decide(_journal(home, found, "approve", actor, {}))
        files.put(decided)
    return decided


def refuse(home: Home, number: int, reason: str) -> Request:
    """
    Refuse a request, take an own one back, or find unjustified that somebody broke glass.

    Raises:
        As `approve`.
        UsageError: If the reason is blank.
    """
    said = _reason(reason)
    files = _files(home)
    with files.held():
        found = files.get(number)
        actor = _actor(home, "refuse", found.what)
        if found.awaits_review:
            return _review(home, files, found, actor, justified=False, reason=said)

        def decide(entry: int) -> Request:
            decision = Decision(by=actor.id, at_ms=home.clock(), entry=entry, reason=said)
            return rules.refuse(found, decision, actor.person.roles)

        _or_refuse(home, found, actor, "refuse", lambda: decide(-1))
        told = {"reason": mask_addresses(said)}
        decided = decide(_journal(home, found, "refuse", actor, told))
        files.put(decided)
    return decided


def require_approved(home: Home, kind: Kind, what: Mapping[str, object]) -> Approval:
    """
    Give leave to do *what* once, if another person approved that very thing.

    Raises:
        NotPermitted: If nobody did: not asked for, not approved, approved by the asker, refused,
            used, ended, other content, or not so in the journal. The refusal is journalled.
    """
    actor = _actor(home, f"do a {kind}")
    files = _files(home)
    with files.held():
        try:
            found = rules.require_usable(files.all(), kind, what, actor.id, home.clock())
            return _use(home, files, found, actor)
        except NotPermitted as error:
            told = {"kind": kind.value, "refused": str(error), **actor.facts}
            home.journal().append({"operation": OPERATION, "act": "use", **told})
            raise


def request_of(home: Home, number: int) -> Request:
    """
    Give a request as it stands.

    Raises:
        NotFound: If there is none of this number.
    """
    return _files(home).get(number)


def require_shown(home: Home, number: int) -> Request:
    """
    Give a request with its content, to whoever asked, may approve it or audits.

    Raises:
        NotFound: If there is none of this number.
        NotPermitted: If the acting person is none of these.
    """
    actor = acting(home, people_in_force(home).people)
    found = _files(home).get(number)
    readers = {*table().four_eyes[found.kind].approve, Role.AUDITOR}
    if actor.id != found.by and readers.isdisjoint(actor.person.roles):
        refused = refusal(actor.id, f"see what a {found.kind} asks for", sorted(readers))
        _journal(home, found, "show", actor, {"refused": str(refused)})
        raise refused
    return found


def require_open(home: Home, number: int) -> Request:
    """
    Give a request of which something may still become: decided, carried out or reviewed.

    Raises:
        NotFound: If there is none of this number.
        Conflict: If it is closed.
    """
    found = _files(home).get(number)
    if not found.awaits_review and found.state_at(home.clock()) is not State.APPROVED:
        rules.require_decidable(found, home.clock())
    return found


def take(home: Home, number: int) -> tuple[dict[str, object], Approval]:
    """
    Give the content of an approved request that its approval carries out, and close it.

    Raises:
        NotPermitted: If it is not approved, or not so in the journal.
    """
    actor = acting(home, people_in_force(home).people)
    files = _files(home)
    with files.held():
        found = files.get(number)
        state = found.state_at(home.clock())
        what = found.what
        if state is not State.APPROVED or what is None or not rules.fits(found, found.kind, what):
            raise NotPermitted(f"request {number} is {state}: it is not to be carried out")
        return what, _use(home, files, found, actor)


def break_glass(home: Home, kind: Kind, what: Mapping[str, object], reason: str) -> Approval:
    """
    Give leave to do *what* at once, in an emergency; another person reviews it afterwards.

    Raises:
        NotPermitted: If no emergency is thinkable for it, the acting person may not, people were
            edited by hand, or a review of what they broke before is overdue.
        UsageError: If the reason is blank.
    """
    actor = _actor(home, f"break glass for a {kind}")
    files = _files(home)
    with files.held():
        try:
            rules.require_glass(files.all(), kind, actor.id, actor.people, home.clock())
        except NotPermitted as error:
            told = {"kind": kind.value, "refused": str(error), **actor.facts}
            home.journal().append({"operation": OPERATION, "act": "break-glass", **told})
            raise
        now_ms = home.clock()
        broken = msgspec.structs.replace(
            _new(files, kind, what, reason, actor),
            asked_ms=now_ms,
            ends_ms=now_ms,
            state=State.USED,
            glass_broken=True,
            review_by_ms=now_ms + home.register.integer("approvals.review_ms"),
        )
        told = {"reason": mask_addresses(broken.reason), "four_eyes": False}
        entry = _journal(home, broken, "break-glass", actor, told)
        files.put(msgspec.structs.replace(broken, entry=entry))
    return _approval(broken)


def all_requests(home: Home) -> list[Request]:
    """Give every request, oldest first; those whose time is over lose their content now."""
    files, now_ms = _files(home), home.clock()
    found = files.all()
    if any(_is_over(each, now_ms) for each in found):
        with files.held():
            for each in files.all():
                if _is_over(each, now_ms):
                    files.put(rules.close(each, State.ENDED))
        found = files.all()
    return found


def _is_over(found: Request, now_ms: int) -> bool:
    return found.state is not State.ENDED and found.state_at(now_ms) is State.ENDED


def _actor(home: Home, deed: str, what: Mapping[str, object] | None = None) -> Actor:
    """Name the acting person, for an act that takes four eyes."""
    actor = acting(home, people_in_force(home).people)
    if what is not None and what.get("act") == ACCEPT:
        return actor  # It decides on the very edit that stands in the way of all others.
    try:
        require_unedited(home)
    except NotPermitted as error:
        told = {"operation": OPERATION, "act": deed, "refused": str(error), **actor.facts}
        home.journal().append(told)
        raise
    return actor


def _needed(home: Home, kind: Kind, actor: Actor) -> int:
    try:
        return rules.approvals_needed(kind, actor.id, actor.people, today(home))
    except NotPermitted as error:
        told = {"kind": kind.value, "refused": str(error), **actor.facts}
        home.journal().append({"operation": OPERATION, "act": "ask", **told})
        raise


def _new(
    files: RequestFiles, kind: Kind, what: Mapping[str, object], reason: str, actor: Actor
) -> Request:
    salt = os.urandom(rules.SALT_BYTES).hex()
    return Request(
        id=files.next_id(),
        kind=kind,
        by=actor.id,
        reason=_reason(reason),
        what=dict(what),
        salt=salt,
        seal=rules.seal_of(salt, kind, what),
        asked_ms=0,
        ends_ms=0,
        needed=0,
        entry=-1,
    )


def _use(home: Home, files: RequestFiles, found: Request, actor: Actor) -> Approval:
    require_journalled(home, found)
    _journal(home, found, "use", actor, {"four_eyes": found.four_eyes})
    files.put(rules.close(found, State.USED))
    return _approval(found)


def _review(
    home: Home,
    files: RequestFiles,
    found: Request,
    actor: Actor,
    *,
    justified: bool,
    reason: str = "",
) -> Request:
    def decide(entry: int) -> Request:
        decision = Decision(by=actor.id, at_ms=home.clock(), entry=entry, reason=reason)
        return rules.review(found, decision, actor.person.roles, justified=justified)

    _or_refuse(home, found, actor, "review", lambda: decide(-1))
    told = {"justified": justified, "reason": mask_addresses(reason)}
    reviewed = decide(_journal(home, found, "review", actor, told))
    files.put(reviewed)
    return reviewed


def _or_refuse(
    home: Home, found: Request, actor: Actor, act: str, decide: Callable[[], Request]
) -> None:
    """Try a decision out before it is journalled; one that is refused is journalled as such."""
    try:
        decide()
    except NotPermitted as error:
        _journal(home, found, act, actor, {"refused": str(error)})
        raise


def _journal(
    home: Home, found: Request, act: str, actor: Actor, facts: Mapping[str, object]
) -> int:
    told = {"operation": OPERATION, "act": act, "request": found.id, "kind": found.kind.value}
    return home.journal().append({**told, "seal": found.seal, **actor.facts, **facts})


def _approval(found: Request) -> Approval:
    return Approval(
        request=found.id,
        kind=found.kind,
        by=found.by,
        approved_by=tuple(each.by for each in found.approved),
        four_eyes=found.four_eyes,
        glass_broken=found.glass_broken,
    )


def _reason(reason: str) -> str:
    if not reason.strip():
        raise UsageError("say why, in words for whoever approves: the reason is blank")
    return reason.strip()


def _files(home: Home) -> RequestFiles:
    return RequestFiles(home.folder / REQUESTS)
