"""
Findings from a file: for a provider that keeps no case book, or found them by other means.

The program cannot count the lines behind what stands in a file: whoever sends it says that they
did, and the journal says who said so. As with a listing, another person lets it out.
"""

from pathlib import Path

from hinomi.errors import Conflict, MalformedDocument, NotFound, UsageError
from hinomi.govern import approvals as rules
from hinomi.govern.approvals import Request, State
from hinomi.govern.roles import Kind
from hinomi.model.statement import Deed, Endpoint, Statement
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.listings import require_may_leave
from hinomi.services.mandates import Operation
from hinomi.services.membership.holding import read_held, read_list
from hinomi.services.membership.joined import JoinedHub, read_joined, spoken_of
from hinomi.services.membership.saidbefore import said_before
from hinomi.services.membership.sending import find_sent, find_waiting
from hinomi.services.membership.submitting import (
    Planned,
    Submitted,
    keep_plan,
    own_servers,
    planned_from,
    send,
    taking_back,
)
from hinomi.share.canonical import digest
from hinomi.share.submission import Profile, parse_submission_csv
from hinomi.share.threshold import Backed

_MOST_BYTES = 64 << 20


def submit_file(home: Home, path: Path, *, lines_checked: bool, reason: str = "") -> Submitted:
    """
    Send the findings of a CSV file as the whole batch of the epoch, once another person agreed.

    What goes is made anew from the rows, in the order of the addresses: neither the order of the
    file nor anything else that stands in it leaves.

    Args:
        home: Where.
        path: The file, with the header address,protocol,port and what the register turns on.
        lines_checked: Whoever sends it says that enough distinct lines stand behind each.
        reason: What whoever approves is told, where nobody was asked yet.

    Raises:
        UsageError: If nobody says that the lines were counted.
        Conflict: If it waits to be approved, or a batch of this epoch was made already.
        NotFound, MalformedDocument: If the file cannot be read, or is not of the schema.
        NotPermitted, Unavailable, BadNote: As `submitting.submit`.
    """
    mandate = require_may_leave(home, Operation.SUBMIT)
    membership = read_joined(home)
    least = home.register.integer("share.lines_least")
    if not lines_checked:
        raise UsageError(
            f"the program cannot count the lines behind a file: make sure that at least {least} "
            "distinct ones stand behind each finding, and say so with --lines-checked"
        )
    planned = taking_back(home, membership, _planned(home, membership, path, least))
    before = find_sent(home, membership, Deed.SUBMISSION, planned.epoch) or find_waiting(
        home, membership, Deed.SUBMISSION, planned.epoch
    )
    if before is not None:
        if planned.body is None or before.digest != digest(planned.body):
            raise Conflict(
                f"a batch of {planned.day} was made already: what has changed goes into the next"
            )
        return send(home, membership, planned.epoch, before, {})
    told: dict[str, object] = {"source": "file", "lines_checked": True}
    if planned.gathered.statements:  # To take back, nobody need be asked.
        asked = _approved(home, planned, reason)
        approval = approvals.require_approved(home, Kind.PUBLICATION, _what(planned))
        told |= {"request": asked.id, "four_eyes": approval.four_eyes}
    parcel = keep_plan(home, membership, mandate, planned, **told)
    return send(home, membership, planned.epoch, parcel, {**planned.facts, **told})


def plan_file(home: Home, path: Path) -> Planned:
    """
    Tell what of a file would go to the hub; nothing goes, and nobody is asked.

    Raises:
        As `submit_file`.
    """
    require_may_leave(home, Operation.SUBMIT)
    least = home.register.integer("share.lines_least")
    membership = read_joined(home)
    return taking_back(home, membership, _planned(home, membership, path, least))


def _planned(home: Home, membership: JoinedHub, path: Path, least: int) -> Planned:
    epoch = spoken_of(home, membership)  # Before the file: differing epochs are graver.
    given = _read(path, Profile.from_register(home.register))
    echoed = _echoed(home, membership, epoch)
    statements = [each for each in given if each.endpoint not in echoed]
    # Nobody counted them here: each is taken as having more lines than exactly enough.
    backed = [Backed(each, least + 1) for each in statements]
    return planned_from(home, membership, backed, echoes=len(given) - len(statements))


def _echoed(home: Home, membership: JoinedHub, epoch: int) -> frozenset[Endpoint]:
    """
    Give the servers of which a row would only say the hub's list back to it.

    They stand on the list that is held here, this house does not list them on its own, and it did
    not say so before they stood there: of its batch before, whatever is in it was no echo.
    """
    held = read_held(home, membership)
    if held is None:
        return frozenset()
    listings = read_list(home, membership, held.number).listings
    there = {Endpoint(each.address, each.proto, each.port) for each in listings}
    return frozenset(there - own_servers(home, epoch) - said_before(home, membership, epoch))


def _read(path: Path, profile: Profile) -> tuple[Statement, ...]:
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}; name a CSV file of findings") from error
    if len(body) > _MOST_BYTES:
        raise MalformedDocument(f"is longer than {_MOST_BYTES:,} bytes", str(path))
    return parse_submission_csv(body, profile, path=str(path))


def _approved(home: Home, planned: Planned, reason: str) -> Request:
    """Find the approved request for this very batch; ask where nobody did."""
    what = _what(planned)
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
    return asked


def _what(planned: Planned) -> dict[str, object]:
    assert planned.body is not None  # noqa: S101 - only what goes is asked for.
    count = len(planned.gathered.statements)
    return {"hub_findings": digest(planned.body), "epoch": planned.day, "findings": count}
