"""
The hub's list in: checked as a chain, kept whole, put to use, acknowledged.

Whatever goes wrong, the last good list stays in use, less what has run past its last epoch.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from hinomi.errors import ConfigError, Conflict, HinomiError, NotFound
from hinomi.govern.note import BadNote, Verifier
from hinomi.model.snapshot import Snapshot
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.membership import acknowledging
from hinomi.services.membership.applying import Applied, apply_list, lapse, lapse_held
from hinomi.services.membership.asking import LARGE, HubClient
from hinomi.services.membership.holding import (
    Held,
    Known,
    alone,
    find_held,
    newest_known,
    put_envelope,
    put_head,
    put_held,
    put_list,
    read_list,
    sweep_former,
    sweep_lists,
)
from hinomi.services.membership.joined import JoinedHub, read_joined
from hinomi.services.membership.leases import lease_left, warn_of_lease
from hinomi.services.membership.validity import warn_of_end
from hinomi.share.envelope import check_envelope
from hinomi.share.snapshot import Head, check_head, require_body, require_next

_MOST: Final = 100
_STALE_EPOCHS: Final = 2
"""A list is made once in each epoch, hours after it began: one epoch of age is usual."""


class _Numbered(msgspec.Struct):
    number: int
    head: str


class _Heads(msgspec.Struct):
    heads: list[_Numbered]
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull came to."""

    number: int
    epoch: str  # First day of the epoch that the list is of.
    is_new: bool  # It was not here before.
    applied: Applied
    age_epochs: int
    lease_epochs: int  # After so many more epochs without a newer list, nothing is listed.
    acknowledged: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """Checked heads, and the newest of them as it came."""

    heads: tuple[tuple[Head, str], ...]  # Those that are new here, by number.
    newest: Head


def pull(home: Home) -> Pulled:
    """
    Take in the newest list of the hub, put it to use, and tell the hub so.

    Raises:
        NotFound: If this home has joined no hub, or the hub has made no list yet.
        Unavailable: If the hub is away.
        NotPermitted: If it does not let this node, or no mandate permits it.
        BadNote, MalformedDocument: If what came is not what the hub signed.
        Conflict: If the hub went back, left a list out, tells another history, or a list is of an
            epoch that has not begun here, also the one in use.
        ConfigError: If what is held is damaged, or this node's certificate has ended.
    """
    mandate = home.mandate(Operation.PULL)
    membership = read_joined(home)
    with alone(home):
        try:
            held = find_held(home, membership)
        except ConfigError:
            lapse(home)  # It tells the same, after the list has ended.
            raise
        try:
            with HubClient(home, membership) as client:
                return _pulled(home, membership, held, client)
        except HinomiError as error:
            if isinstance(error, BadNote | Conflict):
                told = {"act": "pull", "refused": str(error)}
                record(home.journal(), Operation.PULL, mandate, told)
            lapse_held(home, membership, held)
            raise


def _pulled(home: Home, membership: JoinedHub, held: Held | None, client: HubClient) -> Pulled:
    known = newest_known(home, membership) if held is None else None
    before = held.head if held is not None else None if known is None else known.head
    found = _heads(home, membership, before, client)
    if known is not None:
        _require_not_behind(known, found)
    is_new = held is None or found.newest.number > held.number
    snapshot = None if is_new else _kept(home, membership, found.newest)
    if snapshot is None:
        snapshot = _fetch(home, membership, found, client, is_first=before is None)
        held = Held(
            head=found.newest,
            pulled_ms=home.clock(),
            ends=min((each.valid_until for each in snapshot.listings), default=snapshot.epoch),
            acknowledged=0 if held is None else held.acknowledged,
        )
        put_held(home, membership, held)
    assert held is not None  # noqa: S101 - it was, or was made here.
    applied = apply_list(home, membership, snapshot, held)
    if is_new or applied.added or applied.ended:
        _note(home, membership, found.newest, applied)
    sweep_lists(home, snapshot.number)
    warnings = warnings_of(home, membership, snapshot)
    try:
        done = held.acknowledged == held.number
        done = done or acknowledging.tell(home, membership, held, client) == held.number
    except HinomiError as error:  # The list is in use, whether the hub knows or not.
        done = False
        warnings = (*warnings, f"the hub was not told that the list is in use: {error}")
    return Pulled(
        number=snapshot.number,
        epoch=membership.day_of(snapshot.epoch),
        is_new=is_new,
        applied=applied,
        age_epochs=_age(home, membership, snapshot.epoch),
        lease_epochs=lease_left(home, membership, snapshot),
        acknowledged=done,
        warnings=warnings,
    )


def warn_of_age(home: Home, membership: JoinedHub, snapshot: Snapshot) -> str | None:
    """Say that a list is old; None: it is not."""
    age = _age(home, membership, snapshot.epoch)
    if age < _STALE_EPOCHS:
        return None
    return (
        f"the hub's list is {age} epochs old: ask the hub; without a newer one the last of it ends "
        f"after {lease_left(home, membership, snapshot)} more"
    )


def _age(home: Home, membership: JoinedHub, epoch: int) -> int:
    return membership.epoch_at(home.clock()) - epoch


def warnings_of(home: Home, membership: JoinedHub, snapshot: Snapshot) -> tuple[str, ...]:
    """Say what people should look at while the list is in use; each is one line."""
    found = (
        warn_of_age(home, membership, snapshot),
        warn_of_lease(home, membership, snapshot),
        warn_of_end(home),
    )
    return tuple(each for each in found if each is not None)


def _heads(home: Home, membership: JoinedHub, held: Head | None, client: HubClient) -> _Found:
    """Ask for the heads after the one that is held, and check that they follow on it."""
    now = membership.epoch_at(home.clock())
    if held is None:
        first = client.get_json("/v1/snapshots/latest", _Numbered)
        head = _checked(first, membership, now)
        return _Found(heads=((head, first.head),), newest=head)
    require_begun(membership, held, now)
    before, new = held, list[tuple[Head, str]]()
    while True:
        after = before.number
        told = client.get_json(
            f"/v1/snapshots?after={after}&most={_MOST}", _Heads, most=_MOST << 12
        )
        if told.newest < after:
            raise Conflict(
                f"the hub has no snapshot after {told.newest}, and {after} is in use: it went "
                "back; ask the hub, and keep the list in use"
            )
        some = [(_checked(each, membership, now), each.head) for each in told.heads]
        require_next(before, tuple(head for head, _ in some))
        new += some
        if not some:
            break
        before = some[-1][0]
        if before.number >= told.newest:
            break
    if before.number < told.newest:
        raise Conflict(f"snapshot {before.number + 1} is missing: the hub names {told.newest}")
    if not new:
        _require_same(held, client, membership)
    return _Found(heads=tuple(new), newest=before)


def _checked(told: _Numbered, membership: JoinedHub, now: int) -> Head:
    """Check one head: signed by the pinned key, of an epoch that has begun."""
    head = check_head(told.head, membership.list_key)
    if head.number != told.number:
        raise BadNote(f"what was given as snapshot {told.number} is signed as {head.number}")
    if head.epoch_days != membership.epoch_days:
        raise BadNote(f"snapshot {head.number} has epochs of another length than the hub said")
    require_begun(membership, head, now)
    return head


def require_begun(membership: JoinedHub, head: Head, now: int) -> None:
    """
    Return if the epoch of a list has begun by this node's clock.

    Raises:
        Conflict: If it has not. What is in use stays: it ends later than it should, not earlier.
    """
    if head.epoch > now:
        raise Conflict(
            f"snapshot {head.number} is of {membership.day_of(head.epoch)}, and here it is "
            f"{membership.day_of(now)}: an epoch that has not begun. Set this node's clock; if it "
            "is right, the hub's is wrong: ask the hub"
        )


def _require_same(held: Head, client: HubClient, membership: JoinedHub) -> None:
    """Refuse a hub that shows another list under the number that is held."""
    again = check_head(client.get_text(f"/v1/snapshots/{held.number}/head"), membership.list_key)
    if again != held:
        raise Conflict(
            f"snapshot {held.number} is another one than was given here: the hub tells two "
            "histories; ask it, and keep the list in use"
        )


def _require_not_behind(known: Known, found: _Found) -> None:
    """Refuse a hub that goes back behind what came before this home lost what it held."""
    newest = found.newest
    is_older = newest.number < known.number
    is_other = newest.number == known.number and newest.json_digest != known.digest
    is_off = newest.number == known.number + 1 and newest.previous != known.digest
    if is_older or is_other or is_off:
        raise Conflict(
            f"the hub's newest snapshot is {newest.number}, and {known.number} came here before: "
            "it went back, or tells another history; ask the hub"
        )


def _kept(home: Home, membership: JoinedHub, head: Head) -> Snapshot | None:
    """Read the list that is in use; None where it is gone or damaged, to be fetched anew."""
    try:
        return read_list(home, membership, head.number)
    except (NotFound, HinomiError):
        return None


def _fetch(
    home: Home, membership: JoinedHub, found: _Found, client: HubClient, *, is_first: bool
) -> Snapshot:
    """Fetch the newest list with its envelope, check and keep them; it is not in use yet."""
    head = found.newest
    path = f"/v1/snapshots/{head.number}"
    envelope = client.get_text(f"{path}/envelope")
    _require_envelope(envelope, membership.envelope_key, head, membership.member)
    body = client.get(f"{path}/listings.json", most=LARGE)
    snapshot = require_body(head, body, f"snapshot {head.number}")
    if is_first:
        sweep_former(home)
    put_list(home, head.number, body)
    put_envelope(home, head.number, envelope)
    for each, note in found.heads:
        put_head(home, each.number, note)
    return snapshot


def _require_envelope(rendered: str, key: Verifier, head: Head, member: str) -> None:
    """Check that an envelope says of this very list that it was made for this member."""
    said = check_envelope(rendered, key)
    wanted = (head.hub, head.number, head.json_digest, member)
    if (said.hub, said.number, said.digest, said.member) != wanted:
        raise BadNote(f"the envelope of snapshot {head.number} is of another list or member")


def _note(home: Home, membership: JoinedHub, head: Head, applied: Applied) -> None:
    facts = {
        "act": "pull",
        "key": membership.list_key.render(),  # Of the hub: `newest_known` looks for it.
        "number": head.number,
        "epoch": head.epoch,
        "digest": head.json_digest,
        "entries": applied.entries,
        "added": applied.added,
        "ended": applied.ended,
        "lapsed": applied.lapsed,
        "shortened": applied.shortened,
        "ignored": applied.ignored,
        "register": home.register.version,
    }
    record(home.journal(), Operation.PULL, home.mandate(Operation.PULL), facts)
