"""
The hub's list put to use: a list of known C&Cs, as `hinomi lists add` would keep one.

Listings inside the own networks become pseudonyms on entry. What has run past its last epoch, or
past this node's own lease, is left out, also where the hub is away: a list that nobody renews grows
shorter, and ends.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.tokenise import tokenise_entries
from hinomi.errors import ConfigError, HinomiError
from hinomi.model.listed import HUB_LIST, ListEntry, ListKind
from hinomi.model.snapshot import Snapshot
from hinomi.services.home import Home, require_one_period
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.holding import Held, read_held, read_list, require_whole
from hinomi.services.membership.joined import JoinedHub, is_member, read_joined
from hinomi.services.membership.leases import ends_of, last_epoch
from hinomi.services.ownership import own_matcher

_UNREADABLE: Final = "what was kept of it is gone or damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of the list of known C&Cs."""

    entries: int  # That hold now.
    added: int
    ended: int
    lapsed: int  # Of the snapshot, those whose last epoch is over.
    shortened: int  # Of the snapshot, those that the hub lets stand for longer than a lease here.
    ignored: int  # Of the snapshot, those that no network carries anything to.


def apply_list(home: Home, membership: JoinedHub, snapshot: Snapshot, held: Held) -> Applied:
    """
    Make what holds of *snapshot* the present list of known C&Cs of the source `HUB_LIST`.

    Args:
        home: Where.
        membership: Of which hub.
        snapshot: Its list, checked.
        held: Says when it came: the list says so much and no later, however often it is applied.

    Notes:
        The same snapshot in the same epoch again changes nothing.
    """
    now = membership.epoch_at(home.clock())
    ends = ends_of(home, membership, snapshot)
    holding = [each for each, last in zip(snapshot.listings, ends, strict=True) if last >= now]
    intake = Intake(Path("snapshot"), ListKind.KNOWN_CC, keep_good=True)
    for each in holding:
        with intake.line(None):
            intake.add(
                ListEntry(
                    base=each.address,
                    proto=each.proto,
                    port=each.port,
                    label=each.service_class.value,
                )
            )
    with home.casebook() as casebook:
        require_one_period(home, casebook)
        match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
        entries = tokenise_entries(intake.entries, match_own, name="the hub's list")
        replaced = casebook.lists.replace(
            ListKind.KNOWN_CC,
            HUB_LIST,
            entries,
            sha256=held.head.json_digest,
            added_ms=held.pulled_ms,
        )
    return Applied(
        entries=len(entries),
        added=replaced.added,
        ended=replaced.ended,
        lapsed=len(snapshot.listings) - len(holding),
        shortened=sum(
            last < each.valid_until for each, last in zip(snapshot.listings, ends, strict=True)
        ),
        ignored=len(holding) - len(intake.entries),
    )


def lapse(home: Home) -> int:
    """
    Leave out of the list of known C&Cs what has run past its last epoch, and count it.

    For those who use the list: it asks nobody. Where it cannot be told what holds, nothing does:
    the list of a hub that this home belongs to no more ends as a whole, and so does one of which
    what was kept is gone or damaged.

    Raises:
        ConfigError: If what is held is damaged or gone; its list has ended, but for one of which
            it is still known that none of it has run past its last epoch.
    """
    if not is_member(home):
        return _end(home, "this home is no member")
    try:
        membership = read_joined(home)
        held = read_held(home, membership)
    except HinomiError as error:
        _end(home, _UNREADABLE)
        raise ConfigError(f"the hub's list is not in use: {error}") from error
    ended = lapse_held(home, membership, held)
    if held is not None:
        try:
            require_whole(home, membership, held)
        except ConfigError as error:
            last = membership.day_of(_none_before(home, membership, held))
            raise ConfigError(
                f"the hub's list is in use until {last} at most, and is not counted for the hub: "
                f"{error}"
            ) from error
    return ended


def lapse_held(home: Home, membership: JoinedHub, held: Held | None) -> int:
    """Do as `lapse`, where it is known what is held; None: nothing of this hub."""
    if held is None:
        return _end(home, "nothing of this hub is held")
    if membership.epoch_at(home.clock()) <= _none_before(home, membership, held):
        return 0
    try:
        snapshot = read_list(home, membership, held.number)
    except HinomiError:  # A later pull fetches it anew.
        return _end(home, _UNREADABLE)
    mandate = home.mandate(Operation.LIST)
    applied = apply_list(home, membership, snapshot, held)
    if applied.ended:
        facts = {"act": "lapse", "number": held.number, "ended": applied.ended}
        record(home.journal(), Operation.LIST, mandate, {**facts, "entries": applied.entries})
    return applied.ended


def _none_before(home: Home, membership: JoinedHub, held: Held) -> int:
    """Give the last epoch in which all that is held certainly holds, without reading it."""
    return min(held.ends, last_epoch(home, membership, held.head.epoch))


def _end(home: Home, reason: str) -> int:
    """End the hub's list as a whole, if it is in use, and count what was on it."""
    with home.casebook() as casebook:
        if not casebook.lists.show(ListKind.KNOWN_CC, HUB_LIST):
            return 0
        mandate = home.mandate(Operation.LIST)
        ended = casebook.lists.remove(ListKind.KNOWN_CC, HUB_LIST, ended_ms=home.clock())
    facts = {"act": "lapse", "reason": reason, "ended": ended}
    record(home.journal(), Operation.LIST, mandate, facts)
    return ended
