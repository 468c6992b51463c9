"""
What this house saw of the hub's list, as categories: confirmed, not seen, wrong, gone.

A batch speaks of every server of one list, so that its length tells nothing, and of no time. Where
detection has not looked at the list lately, or too few lines show in the records of the epoch, it
holds what people found and nothing else: whoever did not look has not "not seen" anything.
"""

from dataclasses import dataclass
from typing import Final

from hinomi.errors import NotFound, Unavailable
from hinomi.model.protocol import WITH_PORTS
from hinomi.model.snapshot import Snapshot
from hinomi.model.statement import Deed, Endpoint, Sighting, SightingStatement
from hinomi.services.home import Home
from hinomi.services.listings import require_may_leave
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.holding import Held, read_in_use, read_list, require_held
from hinomi.services.membership.joined import JoinedHub, read_joined, spoken_of
from hinomi.services.membership.judging import read_judged
from hinomi.services.membership.met import NO_LIST, Behind, Met, counted_of
from hinomi.services.membership.sending import (
    Parcel,
    Refused,
    alone_sending,
    begun,
    dispatch,
    make_parcel,
    put_out,
)
from hinomi.share.submission import render_sightings

_NOT_LOOKED: Final = (
    "detection has not looked at the hub's list since the last epoch ended: run `hinomi detect`, "
    "then this again; nothing was sent"
)
_NOT_WATCHED: Final = (
    "fewer than {least} lines show in the records of {day}: whoever did not watch has not seen "
    "nothing; was the collector up, are the day's files imported? nothing was sent"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """What is to be said of one list."""

    number: int  # Of the snapshot.
    statements: tuple[SightingStatement, ...]  # By server.
    has_looked: bool  # Detection looked at all of it, and in the epoch there was something to see.
    at_least: int  # Met by exactly so many lines as it takes.
    epoch_at_least: bool  # That detection looked rests on exactly so many lines as it takes.

    @property
    def facts(self) -> dict[str, object]:
        """What the journal keeps of it: counts, and no server."""
        said = [each.sighting for each in self.statements]
        return {
            "number": self.number,
            **{each.value: said.count(each) for each in Sighting},
            "has_looked": self.has_looked,
            "at_lines_least": self.at_least,
            "epoch_at_lines_least": self.epoch_at_least,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a batch of sightings."""

    epoch: str
    facts: dict[str, object]  # Empty where an earlier attempt had made the batch.
    sent: Parcel
    was_sent: bool
    refused: tuple[Refused, ...]


def plan_sightings(home: Home) -> Sightings:
    """
    Tell what would be said of the hub's list now; nothing goes.

    Raises:
        NotPermitted: If this home is a laboratory, or no mandate permits it.
        NotFound: If this home has joined no hub, or no list is here yet.
        Unavailable: If detection has not looked lately, and nobody here found anything.
    """
    require_may_leave(home, Operation.FEEDBACK)
    membership = read_joined(home)
    return _sightings(home, membership, spoken_of(home, membership))


def give_feedback(home: Home) -> Told:
    """
    Tell the hub what this house saw of its list, once an epoch; repeated, the same bytes.

    Raises:
        As `plan_sightings`.
        Unavailable: If the hub is away: what is to be sent stays in the outbox.
        Conflict, NotTaken: If the hub does not take it.
        BadNote: If its receipt is none.
    """
    mandate = require_may_leave(home, Operation.FEEDBACK)
    membership = read_joined(home)
    with alone_sending(home):
        epoch = spoken_of(home, membership)
        facts: dict[str, object] = {}
        parcel = begun(home, membership, Deed.SIGHTINGS, epoch)
        if parcel is None:
            found = _sightings(home, membership, epoch)
            days = membership.epoch_days
            body = render_sightings(found.statements, found.number, epoch, days)
            parcel = make_parcel(
                home,
                membership,
                Deed.SIGHTINGS,
                epoch=epoch,
                body=body,
                statements=len(found.statements),
            )
            facts = {"epoch": membership.day_of(epoch), **found.facts}
            told = {"stage": "begins", **facts, "digest": parcel.digest}
            told["register"] = home.register.version
            record(home.journal(), Operation.FEEDBACK, mandate, told)
            parcel = put_out(home, membership, parcel)
        done = dispatch(home, membership, Operation.FEEDBACK, epoch, parcel)
        return Told(
            epoch=membership.day_of(epoch),
            facts=facts,
            sent=done.parcel or parcel,
            was_sent=done.was_sent,
            refused=done.refused,
        )


def _sightings(home: Home, membership: JoinedHub, epoch: int) -> Sightings:
    held = require_held(home, membership)
    judged = read_judged(home)
    met = counted_of(home, epoch)
    snapshot = _looked_at(home, membership, held, met)
    has_looked = met is not None and snapshot is not None
    if snapshot is None:
        snapshot = read_in_use(home, membership, held)
    found = []
    for place, each in enumerate(snapshot.listings):
        endpoint = Endpoint(each.address, each.proto, each.port)
        said = judged.get(endpoint)
        if said is None and has_looked:
            said = Sighting.NOT_SEEN
        if said is not None and each.proto in WITH_PORTS:
            found.append((place, SightingStatement(endpoint=endpoint, sighting=said)))
    if met is not None and has_looked:
        places = set(met.met)
        found = [(place, _confirmed(each) if place in places else each) for place, each in found]
    if not found and not has_looked:
        raise Unavailable(_why_nothing(membership, held, met, epoch))
    return Sightings(
        number=snapshot.number,
        statements=tuple(each for _, each in found),
        has_looked=has_looked,
        at_least=met.at_least if met is not None and has_looked else 0,
        epoch_at_least=has_looked and met is not None and met.watched is Behind.EXACTLY,
    )


def _why_nothing(membership: JoinedHub, held: Held, met: Met | None, epoch: int) -> str:
    """Say why there is nothing to say."""
    if met is not None and NO_LIST < met.number <= held.number and met.watched is Behind.FEW:
        return _NOT_WATCHED.format(least=met.lines_least, day=membership.day_of(epoch))
    return _NOT_LOOKED


def _looked_at(home: Home, membership: JoinedHub, held: Held, met: Met | None) -> Snapshot | None:
    """Give the list of which detection counted until the epoch ended; None: it did not."""
    if met is None or not NO_LIST < met.number <= held.number:
        return None
    if met.watched is Behind.FEW:
        return None  # Of the epoch itself there are no records that may decide.
    try:
        return read_list(home, membership, met.number)
    except NotFound:
        return None


def _confirmed(said: SightingStatement) -> SightingStatement:
    """Make of "not seen" that it was; what people found goes before."""
    if said.sighting is not Sighting.NOT_SEEN:
        return said
    return SightingStatement(endpoint=said.endpoint, sighting=Sighting.CONFIRMED)
