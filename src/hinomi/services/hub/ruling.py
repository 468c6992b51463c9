"""
People at the hub: what waits for them, what is known of one server, and what they decide.

Two people let a server out, one may take it back, as in a provider's home: a mistake of the first
kind hurts somebody innocent. What they decide counts for `hub.ruling_days`, from the next list on.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Final

from hinomi.errors import Conflict, NotFound, NotPermitted, UsageError
from hinomi.govern import approvals as rules
from hinomi.govern.approvals import Request, State
from hinomi.govern.mandate import Mandate
from hinomi.govern.roles import Kind
from hinomi.hub.aggregate import Decision, Outcome, aggregate
from hinomi.hub.rule import Rule
from hinomi.hub.servers import Columns
from hinomi.model.case import Finding, ServiceClass
from hinomi.model.listing import render_epoch
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.hub.epochs import Epoch, present_epoch
from hinomi.services.hub.founding import identity_key
from hinomi.services.hub.guarding import Guards
from hinomi.services.hub.hearing import hear
from hinomi.services.hub.witnesses import Witness, borne_out, witnesses
from hinomi.services.mandates import Operation, record
from hinomi.services.people import acting, people_in_force
from hinomi.services.weighing import PERSON
from hinomi.services.wording import said_words
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.rulings import Ruling
from hinomi.store.hub.weighings import Weighing
from hinomi.telemetry import mask_addresses
from hinomi.verify.holds import Hold, Lift, limits_of

_REFERENCE_LETTERS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One server that waits for people."""

    weighing: Weighing
    is_listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that is known of one server."""

    epoch: Epoch
    decision: Decision  # Were the list made now.
    entry: Entry | None  # Under which it is listed.
    witnesses: tuple[Witness, ...]
    holds: tuple[Hold, ...]
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What came of a decision."""

    ruling: Ruling | None  # None: another person has to decide the same.
    request: int | None  # That waits for another person, or let it through.
    answered: int = 0  # Sources that it says something of.


def queue(home: Home, outcome: Outcome = Outcome.QUEUE) -> tuple[int | None, tuple[Waiting, ...]]:
    """
    Give what waits for people since the last list was made, in the order to look at it.

    Returns:
        The epoch of that weighing, None where there was none, and the servers.
    """
    mandate = home.mandate(Operation.WEIGH)
    with home.casebook() as casebook:
        epoch = casebook.hub.weighings.newest_epoch()
        found = casebook.hub.weighings.of_outcome(outcome.value, -1 if epoch is None else epoch)
        listed = {each.endpoint for each in casebook.hub.snapshots.standing()}
    facts = {"act": "queue", "outcome": outcome.value, "servers": len(found)}
    record(home.journal(), Operation.WEIGH, mandate, facts)
    waiting = [Waiting(weighing=each, is_listed=each.endpoint in listed) for each in found]
    return epoch, tuple(sorted(waiting, key=_place))


def show(home: Home, endpoint: Endpoint) -> Shown:
    """
    Give all that is known of one server, and who says what of it.

    Raises:
        NotFound: If nobody says anything of it, and nobody did.
    """
    mandate = home.mandate(Operation.WEIGH)
    facts = {"act": "show", "server": reference(home, endpoint)}
    record(home.journal(), Operation.WEIGH, mandate, facts)
    with home.casebook() as casebook:
        return _known(home, casebook, endpoint)


def decide(
    home: Home,
    endpoint: Endpoint,
    *,
    is_listed: bool,
    reason: str,
    service_class: ServiceClass = ServiceClass.UNKNOWN,
    gone: bool = False,
) -> Ruled:
    """
    Decide that a server is listed, or that it is not.

    To list takes two people, who decide the same one after the other: the first asks by it, the
    second approves. To refuse takes one.

    Args:
        home: The hub's.
        endpoint: The server.
        is_listed: What it shall be.
        reason: Why, in the acting person's words.
        service_class: What kind of server it is; UNKNOWN: what members come to.
        gone: It was one and is none any more: a refusal that says nothing against anybody.

    Raises:
        NotFound: If nobody says anything of the server.
        NotPermitted: If something holds it that people may not lift, or nobody else may approve.
        Conflict: If the acting person asked for it, and nobody else has decided yet.
        UsageError: If the reason is blank, or class and decision do not fit.
    """
    said = said_words(reason, "the reason")
    if is_listed and gone:
        raise UsageError("what is gone is not to be listed: leave out --gone, or refuse it")
    mandate = home.mandate(Operation.RULE)
    with home.casebook() as casebook:
        known = _known(home, casebook, endpoint)
        if not is_listed:
            finding = Finding.UNSURE if gone else Finding.NOT_CC
            ruling = _ruling(home, known, finding, service_class, said)
            facts: dict[str, object] = {"act": "refuse", "gone": gone}
            return _rule(home, casebook, known, ruling, (mandate, facts))
        chosen = known.decision.service_class
        chosen = chosen if service_class is ServiceClass.UNKNOWN else service_class
        if not chosen.is_listable:
            raise UsageError(f"a {chosen} is not listed: refuse it with this class instead")
        _require_liftable(home, known)
        what: dict[str, object] = {
            "act": "hub list", **endpoint.render(), "class": chosen.value
        }  # fmt: skip
        asked = _asked(home, what, said)
        if asked.state_at(home.clock()) is not State.APPROVED:
            return Ruled(ruling=None, request=asked.id)
        _, approval = approvals.take(home, asked.id)
        ruling = _ruling(
            home, known, Finding.CC, chosen, asked.reason, by=(approval.by, *approval.approved_by)
        )
        facts = {"act": "list", "request": asked.id, "approved_by": list(approval.approved_by)}
        done = _rule(home, casebook, known, ruling, (mandate, facts))
        return Ruled(ruling=done.ruling, request=asked.id, answered=done.answered)


def reference(home: Home, endpoint: Endpoint) -> str:
    """Give what the journal calls a server: the same each time, and it tells nobody which it is."""
    named = hmac.digest(identity_key(home), f"journal|{endpoint}".encode(), hashlib.sha256)
    return named.hex()[:_REFERENCE_LETTERS]


def _known(home: Home, casebook: CaseBook, endpoint: Endpoint) -> Shown:
    now = present_epoch(home)
    hearing = hear(home, casebook, now)
    guards = Guards(home, casebook, hearing)
    rulings = casebook.hub.rulings.of(endpoint)
    rows = hearing.heard.servers.rows_of(Columns.of([endpoint]))
    if rows[0] < 0:
        raise NotFound(
            "nobody names this server now: no member, no listing, no evidence with this port"
        )
    row = int(rows[0])
    decisions = aggregate(
        hearing.heard,
        Rule.from_register(home.register),
        epoch=now.number,
        guard=guards.guard(),
        wanted=[row],
    )
    standing = {each.endpoint: each for each in casebook.hub.snapshots.standing()}
    return Shown(
        epoch=now,
        decision=next(each for each in decisions if each.endpoint == endpoint),
        entry=standing.get(endpoint),
        witnesses=witnesses(hearing, endpoint, now.days),
        holds=guards.holds(rows).get(row, ()),
        rulings=rulings,
    )


def _require_liftable(home: Home, known: Shown) -> None:
    """Refuse to list what nobody may, or what takes more methods than speak for it."""
    needed = limits_of(home.register).lift_methods
    for hold in known.holds:
        if hold.lift is Lift.NOBODY:
            raise NotPermitted(f"it is not to be listed by anybody: {hold.text}")
        if hold.lift is Lift.EVIDENCE and known.decision.methods < needed:
            raise NotPermitted(
                f"it takes {needed} independent methods, and {known.decision.methods} speak for "
                f"it: {hold.text}"
            )


def _asked(home: Home, what: dict[str, object], reason: str) -> Request:
    """Ask for a listing; where another person asked for the same, approve it."""
    actor = acting(home, people_in_force(home).people)
    found = [
        each
        for each in approvals.all_requests(home)
        if rules.fits(each, Kind.PUBLICATION, what)
        and each.state_at(home.clock()) in {State.OPEN, State.APPROVED}
    ]
    if not found:
        asked = approvals.ask(home, Kind.PUBLICATION, what, reason)
        if not asked.four_eyes:
            raise NotPermitted(
                "a listing takes two people, and nobody else here may approve it: give somebody "
                "the role reviewer or privacy-officer with `hinomi people add`"
            )
        return asked
    asked = found[-1]
    if not asked.four_eyes:
        raise NotPermitted("a listing takes two people: take this request back, and ask anew")
    if asked.state_at(home.clock()) is State.OPEN:
        if asked.by == actor.id:
            raise Conflict(
                f"you asked for it (request {asked.id}): another person has to decide the same"
            )
        return approvals.approve(home, asked.id)
    return asked


def _ruling(
    home: Home,
    known: Shown,
    finding: Finding,
    service_class: ServiceClass,
    reason: str,
    *,
    by: tuple[str, ...] = (),
) -> Ruling:
    days = home.register.integer("hub.ruling_days")
    said_by, *approved_by = by or (acting(home, people_in_force(home).people).id,)
    return Ruling(
        endpoint=known.decision.endpoint,
        finding=finding,
        service_class=service_class,
        reason=mask_addresses(reason),
        said_by=said_by,
        approved_by=" ".join(approved_by),
        epoch=known.epoch.number,
        until=known.epoch.number + max(days // known.epoch.days, 1),
    )


def _rule(
    home: Home,
    casebook: CaseBook,
    known: Shown,
    ruling: Ruling,
    told: tuple[Mandate, dict[str, object]],
) -> Ruled:
    """Write a ruling down, and what it says of those who spoke before."""
    mandate, facts = told
    facts |= {
        "server": reference(home, ruling.endpoint),
        "finding": ruling.finding.value,
        "class": ruling.service_class.value,
        "until": render_epoch(ruling.until, known.epoch.days),
        "person": ruling.said_by,
        "reason": ruling.reason,
        "register": home.register.version,
    }
    entry = record(home.journal(), Operation.RULE, mandate, facts)
    kept = replace(ruling, entry=entry)
    casebook.hub.rulings.add(kept)
    answers = _answers(home, known, kept)
    casebook.hub.outcomes.put(kept.endpoint, answers, known.epoch.number)
    return Ruled(ruling=kept, request=None, answered=len(answers))


def _answers(home: Home, known: Shown, ruling: Ruling) -> dict[str, bool]:
    """
    Tell whom a ruling bears out; a shared host, or one that is gone, says nothing of anybody.

    One person takes a server off; that whoever named it was wrong takes two who refuse it, else
    one could take their voice from all members.
    """
    if not _is_verdict(ruling):
        return {}
    is_cc = ruling.finding is Finding.CC
    others = [
        each
        for each in known.rulings
        if each.said_by != ruling.said_by
        and each.finding is ruling.finding
        and _is_verdict(each)
        and each.counts(known.epoch.number)
    ]
    if not is_cc and not others:
        # An answer of before stands no more, where this one contradicts it; nobody is wrong yet.
        return {}
    return borne_out(
        known.witnesses,
        ruling.endpoint,
        is_cc=is_cc,
        person=f"{PERSON}{ruling.said_by}",
        day=known.epoch.number * known.epoch.days,
        # Listing has to stand on methods beside the source; a refusal stands on two people.
        verdict_methods=home.register.integer("evidence.verdict_methods") if is_cc else 1,
    )


def _is_verdict(ruling: Ruling) -> bool:
    return ruling.finding is not Finding.UNSURE and ruling.service_class is not ServiceClass.SHARED


def _place(waiting: Waiting) -> tuple[int, Endpoint]:
    places = [int(why["place"]) for why in waiting.weighing.reasons if why["code"] == "queued"]
    return places[0] if places else 0, waiting.weighing.endpoint
