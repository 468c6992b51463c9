"""
Findings from a file: for a provider that keeps no case book, or found them by other means.

The program cannot count the lines behind what stands in a file: whoever sends it says that they
did, and the journal says who said so. As with a listing, another person lets it out. It is kept
until the hub takes it, in this epoch or one of the next (`waiting`), and is the whole batch of
the epoch that it goes for; before it goes, everything is looked at anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from hinomi.errors import Conflict, MalformedDocument, NotPermitted, UsageError
from hinomi.govern import approvals as rules
from hinomi.govern.approvals import Request, State
from hinomi.govern.mandate import Mandate
from hinomi.govern.roles import Kind
from hinomi.model.statement import Deed, Endpoint, Statement
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.listings import require_may_leave
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.asking import NotTaken
from hinomi.services.membership.findingsfile import first_refused, read_findings
from hinomi.services.membership.holding import read_held, read_in_use
from hinomi.services.membership.joined import JoinedHub, read_joined, spoken_of
from hinomi.services.membership.saidbefore import said_in_lease
from hinomi.services.membership.sending import (
    Parcel,
    alone_sending,
    begun,
    dispatch,
    find_sent,
    find_waiting,
)
from hinomi.services.membership.submitting import (
    Planned,
    Submitted,
    keep_plan,
    own_servers,
    plan_submission,
    planned_from,
    send,
    submit,
    taking_back,
)
from hinomi.services.membership.waiting import (
    Made,
    Waiting,
    content_of,
    drop_waiting,
    put_waiting,
    read_waiting,
    require_let_out,
    sent_of,
    told_of,
    waiting_of,
)
from hinomi.services.people import acting, people_in_force
from hinomi.share.canonical import digest
from hinomi.share.submission import Profile
from hinomi.share.threshold import Backed


def submit_file(home: Home, path: Path, *, lines_checked: bool, reason: str = "") -> Submitted:
    """
    Send the findings of a CSV file as the whole batch of an epoch, once another person agreed.

    What goes is made anew from the rows, in the order of the addresses: neither the order of the
    file nor anything else that stands in it leaves. Where the hub takes nothing more of the
    present epoch, the file waits for the next, and `submit_due` sends it.

    Args:
        home: Where.
        path: The file, with the header address,protocol,port and what the register turns on.
        lines_checked: Whoever sends it says that enough distinct lines stand behind each.
        reason: What whoever approves is told, where nobody was asked yet.

    Raises:
        UsageError: If nobody says that the lines were counted.
        Conflict: If it waits to be approved.
        NotFound, MalformedDocument, NotPermitted: As `read_findings`.
        NotPermitted, Unavailable, BadNote: As `submitting.submit`; what was approved waits.
        NotTaken: If the hub finds it wrong; it does not wait.
    """
    mandate = require_may_leave(home, Operation.SUBMIT)
    membership = read_joined(home)
    if not lines_checked:
        least = home.register.integer("share.lines_least")
        raise UsageError(
            f"the program cannot count the lines behind a file: make sure that at least {least} "
            "distinct ones stand behind each finding, and say so with --lines-checked"
        )
    spoken_of(home, membership)  # Before the file: differing epochs are graver.
    given = read_findings(home, mandate, path)
    with alone_sending(home):
        return _submit(home, membership, mandate, given, reason)


def submit_due(home: Home) -> Submitted:
    """
    Send the file that waits for this epoch; where none does, this house's listings.

    Raises:
        As `submit_file` and `submitting.submit`.
    """
    mandate = require_may_leave(home, Operation.SUBMIT)
    membership = read_joined(home)
    epoch = spoken_of(home, membership)
    with alone_sending(home):
        waiting = read_waiting(home, membership)
        if waiting is None:
            return submit(home)
        if epoch < waiting.epoch:
            return replace(submit(home), waiting=told_of(membership, waiting))
        done = _send(home, membership, mandate, waiting)
        if done.sent is not None or done.shut:
            return done
        return replace(submit(home), waiting=done.waiting, let_go=done.let_go)


def plan_file(home: Home, path: Path) -> Planned:
    """
    Tell what of a file would go to the hub; nothing goes, and nobody is asked.

    Raises:
        As `submit_file`.
    """
    mandate = require_may_leave(home, Operation.SUBMIT)
    membership = read_joined(home)
    spoken_of(home, membership)
    return _plan(home, membership, read_findings(home, mandate, path))


def plan_due(home: Home) -> Planned:
    """
    Tell what `submit_due` would send now; nothing goes.

    Raises:
        As `submitting.plan_submission`.
    """
    require_may_leave(home, Operation.SUBMIT)
    membership = read_joined(home)
    waiting = read_waiting(home, membership)
    epoch = spoken_of(home, membership)
    if waiting is None or not waiting.epoch <= epoch <= waiting.last:
        return plan_submission(home)
    return _plan(home, membership, waiting.statements())


def _plan(home: Home, membership: JoinedHub, given: Sequence[Statement]) -> Planned:
    epoch = spoken_of(home, membership)
    profile = Profile.from_register(home.register)
    echoed = _echoed(home, membership, epoch)
    # Nobody counted them here: each is taken as having more lines than exactly enough.
    lines = home.register.integer("share.lines_least") + 1
    backed = [Backed(profile.limit(each), lines) for each in given if each.endpoint not in echoed]
    left_out = tuple(sorted(each.endpoint for each in given if each.endpoint in echoed))
    planned = planned_from(home, membership, backed, echoes=len(left_out))
    planned = taking_back(home, membership, planned)
    return replace(planned, echoed=left_out)


def _echoed(home: Home, membership: JoinedHub, epoch: int) -> frozenset[Endpoint]:
    """
    Give the servers of which a row would only say the hub's list back to it.

    They stand on the list that is held here, this house does not list them on its own, and it did
    not say so before they stood there: of its batches within a lease, whatever is in them was no
    echo.
    """
    held = read_held(home, membership)
    if held is None:
        return frozenset()
    listings = read_in_use(home, membership, held).listings
    there = {Endpoint(each.address, each.proto, each.port) for each in listings}
    return frozenset(there - own_servers(home, epoch) - said_in_lease(home, membership, epoch))


def _submit(
    home: Home,
    membership: JoinedHub,
    mandate: Mandate,
    given: tuple[Statement, ...],
    reason: str,
) -> Submitted:
    planned = _plan(home, membership, given)
    kept = read_waiting(home, membership)
    made = waiting_of(membership, given, None, planned.epoch)
    if kept is not None and kept.findings == made.findings and planned.epoch <= kept.last:
        return _send(home, membership, mandate, kept)
    before = find_sent(home, membership, Deed.SUBMISSION, planned.epoch)
    if before is not None and planned.body is not None and before.digest == digest(planned.body):
        done = send(home, membership, planned.epoch, before, {})
        told = None if kept is None else told_of(membership, kept)
        return replace(done, waiting=told)
    if planned.body is None:
        drop_waiting(home)  # Whoever gives a file anew means that one.
        keep_plan(home, membership, mandate, planned)
        done = send(home, membership, planned.epoch, None, planned.facts)
        return replace(done, echoed=planned.echoed)
    if planned.gathered.statements:  # To take back, nobody need be asked.
        asked = _approved(home, content_of(made), reason)
        made = msgspec.structs.replace(made, request=asked.id, four_eyes=asked.four_eyes)
    facts = {"stage": "kept", **made.facts(), "epoch": planned.day}
    facts["register"] = home.register.version
    entry = record(home.journal(), Operation.SUBMIT, mandate, facts)
    kept = put_waiting(home, msgspec.structs.replace(made, entry=entry))
    return _send(home, membership, mandate, kept)


def _send(home: Home, membership: JoinedHub, mandate: Mandate, waiting: Waiting) -> Submitted:
    """Send what waits as the batch of the present epoch; where that cannot be, it waits on."""
    epoch = spoken_of(home, membership)
    if waiting.made is not None and waiting.made.epoch < epoch:
        # The hub may have taken it, and its receipt was lost.
        dispatch(home, membership, Operation.SUBMIT, epoch, None)
    if (sent := sent_of(home, membership, waiting)) is not None:
        drop_waiting(home)
        return _outcome(membership, sent.epoch, sent=sent, was_sent=True)
    if epoch > waiting.last:
        why = f"the hub took it in no epoch until {membership.day_of(waiting.last)}: give it again"
        return _let_go(home, membership, mandate, waiting, why)
    if epoch < waiting.epoch:
        return _outcome(membership, epoch, waiting=told_of(membership, waiting))
    try:
        require_let_out(home, waiting)
    except NotPermitted as error:
        _let_go(home, membership, mandate, waiting, str(error))
        raise
    before = begun(home, membership, Deed.SUBMISSION, epoch)
    if before is None:
        return _send_anew(home, membership, mandate, waiting)
    if waiting.made != Made(epoch, before.digest):
        return _put_off(home, membership, mandate, waiting)
    return _dispatched(home, membership, mandate, waiting, before)


def _send_anew(home: Home, membership: JoinedHub, mandate: Mandate, waiting: Waiting) -> Submitted:
    """Look at everything anew, make the batch of the present epoch, and send it."""
    statements = waiting.statements()
    refused = first_refused(home, mandate, [each.endpoint for each in statements])
    if refused is not None:
        _let_go(home, membership, mandate, waiting, refused[1])
        raise MalformedDocument(f"{refused[1]}; nothing was sent", "the file that waited")
    planned = _plan(home, membership, statements)
    epoch, echoed = planned.epoch, planned.echoed
    if planned.body is None and planned.alone:
        told = told_of(membership, waiting)
        return _outcome(membership, epoch, facts=planned.facts, waiting=told, echoed=echoed)
    if planned.body is None or (planned.gathered.statements and waiting.request is None):
        why = "what may leave of it now is not what was approved: give it again"
        return _let_go(home, membership, mandate, waiting, why)
    made = Made(epoch, digest(planned.body))
    waiting = put_waiting(home, msgspec.structs.replace(waiting, made=made))
    parcel = keep_plan(home, membership, mandate, planned, **waiting.facts())
    if parcel is None or parcel.digest != made.digest:  # Another process was faster.
        return _put_off(home, membership, mandate, waiting)
    facts = {**planned.facts, "request": waiting.request}
    done = _dispatched(home, membership, mandate, waiting, parcel)
    return replace(done, facts=facts, echoed=echoed)


def _dispatched(
    home: Home, membership: JoinedHub, mandate: Mandate, waiting: Waiting, parcel: Parcel
) -> Submitted:
    """Send the batch that was made of *waiting*, which waits on where the hub is shut or away."""
    try:
        done = send(home, membership, parcel.epoch, parcel, {})
    except NotTaken as error:
        _let_go(home, membership, mandate, waiting, str(error))
        raise
    except Conflict as error:
        if find_waiting(home, membership, Deed.SUBMISSION, parcel.epoch) is not None:
            raise  # It is not the hub that says so.
        return replace(_put_off(home, membership, mandate, waiting), shut=str(error))
    drop_waiting(home)
    return done


def _put_off(home: Home, membership: JoinedHub, mandate: Mandate, waiting: Waiting) -> Submitted:
    """Let what waits go into the batch of the next epoch, as long as its approval is good."""
    epoch = spoken_of(home, membership)
    if epoch + 1 > waiting.last:
        why = f"the hub took it in no epoch until {membership.day_of(waiting.last)}: give it again"
        return _let_go(home, membership, mandate, waiting, why)
    waiting = put_waiting(home, msgspec.structs.replace(waiting, epoch=epoch + 1, made=None))
    facts = {"stage": "put off", "epoch": membership.day_of(waiting.epoch)}
    record(home.journal(), Operation.SUBMIT, mandate, {**facts, **waiting.facts()})
    return _outcome(membership, epoch, waiting=told_of(membership, waiting))


def _let_go(
    home: Home, membership: JoinedHub, mandate: Mandate, waiting: Waiting, why: str
) -> Submitted:
    """Let what waits go for good; the journal says why."""
    facts = {"stage": "let go", "why": why, **waiting.facts()}
    record(home.journal(), Operation.SUBMIT, mandate, facts)
    drop_waiting(home)
    return _outcome(membership, spoken_of(home, membership), let_go=why)


def _approved(home: Home, what: dict[str, object], reason: str) -> Request:
    """Find the approved request for this very file; ask where nobody did."""
    found = [
        each
        for each in approvals.all_requests(home)
        if rules.fits(each, Kind.PUBLICATION, what)
        and each.state_at(home.clock()) in {State.OPEN, State.APPROVED}
    ]
    asked = found[-1] if found else approvals.ask(home, Kind.PUBLICATION, what, reason)
    if asked.state_at(home.clock()) is State.OPEN:
        raise Conflict(
            f"request {asked.id} waits: after another person has approved it, give this command "
            "again; nothing was sent"
        )
    if asked.by != acting(home, people_in_force(home).people).id:
        approvals.require_approved(home, Kind.PUBLICATION, what)  # It refuses, and journals that.
    return asked


def _outcome(membership: JoinedHub, epoch: int, **given: Any) -> Submitted:
    """Say what came of it where nothing was sent now."""
    return Submitted(epoch=membership.day_of(epoch), **given)
