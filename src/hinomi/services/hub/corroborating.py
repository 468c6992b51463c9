"""
Private corroboration at the hub: a round an epoch, combined when the next list is begun.

A round is of the epoch that members speak of, and open as long as batches of it are taken. Off
unless the register gives a threshold (``hub.private_threshold``).
"""

from dataclasses import dataclass, field

import structlog

from hinomi.errors import Conflict, HinomiError, MalformedDocument, NotFound, NotPermitted
from hinomi.govern.holdings import DataClass
from hinomi.hub.dealing import deal
from hinomi.hub.outlets import Openings
from hinomi.model.listing import render_epoch
from hinomi.model.member import Member, MemberState, Outlet
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.hub.epochs import Epoch, lease_epochs, present_epoch
from hinomi.services.hub.founding import identity_key, list_signer
from hinomi.services.hub.intake import keep_journalled, require_note, require_open, signed_by
from hinomi.services.mandates import Operation, record
from hinomi.share.canonical import digest
from hinomi.share.private.combine import answer_to, combine
from hinomi.share.private.rounds import Round
from hinomi.share.private.wire import (
    SentTables,
    decode_tables,
    encode_answer,
    tables_bytes,
)
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.rounds import Answered, Dealt, Tables

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What a member has to know to take part in a round; of the others it says nothing."""

    agreed: Round
    number: int

    @property
    def size_bytes(self) -> int:
        """Length of every member's tables."""
        return tables_bytes(self.agreed)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentIn:
    """Tables as they came from a member's node."""

    epoch: int
    body: bytes = field(repr=False)
    note: str  # The member's signed note over them.


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the hub answers: it has these tables."""

    epoch: int
    digest: str
    note: str  # The hub's signed note.


def _require_on(home: Home) -> None:
    """
    Return if this hub makes rounds.

    Raises:
        NotFound: If its register has them off.
    """
    if not home.register.integer("hub.private_threshold"):
        raise NotFound("this hub makes no private corroboration (hub.private_threshold is 0)")


def seat_of(home: Home, casebook: CaseBook, member: Member) -> Seat:
    """
    Tell a member of the present round; who asks first has it dealt.

    Raises:
        NotFound: If this hub makes no rounds.
        Conflict: If the round is over, or the member has no number in it.
    """
    _require_on(home)
    now = present_epoch(home)
    require_open(now, now.spoken_of, max(casebook.hub.snapshots.sealed(), default=-1))
    found = casebook.hub.rounds.find(now.spoken_of)
    return _seat(home, found or _deal(home, casebook, now), member)


def size_of(home: Home, casebook: CaseBook, epoch: int) -> int:
    """
    Give the length of tables in the round of *epoch*.

    Raises:
        NotFound: If this hub makes no rounds.
        Conflict: If there is no such round.
    """
    _require_on(home)
    return tables_bytes(_agreed(home, _require_round(casebook, epoch)))


def take_tables(home: Home, casebook: CaseBook, member: Member, sent: SentIn) -> Kept:
    """
    Take in the tables of *member*; the same again gets the same receipt.

    Raises:
        NotFound: If this hub makes no rounds.
        NotPermitted: If they are not signed by this member, or the signature is over another thing.
        MalformedDocument: If they are not of this round, or of another member's number.
        Conflict: If the round is over, the member has no number in it, it sent other tables, or
            another member's have the same point.
    """
    mandate = home.mandate(Operation.INTAKE)
    _require_on(home)
    now = present_epoch(home)
    signed = signed_by(home, member, Deed.TABLES, sent.epoch, digest(sent.body))
    require_note(sent.note, member, signed)
    known = casebook.hub.rounds.digest_of(sent.epoch, member.name)
    if known != signed.digest:
        seat = _seat(home, _require_round(casebook, sent.epoch), member)
        require_open(now, sent.epoch, max(casebook.hub.snapshots.sealed(), default=-1))
        if known is not None:
            raise Conflict("other tables were taken in this round already: send those again")
        point = decode_tables(seat.agreed, seat.number, sent.body).point

        def keep(entry: int) -> None:
            casebook.hub.rounds.add(
                Tables(
                    epoch=sent.epoch,
                    member=member.name,
                    digest=signed.digest,
                    note=sent.note,
                    point=point,
                    body=sent.body,
                    entry=entry,
                ),
                member,
            )

        keep_journalled(home, mandate, signed, keep)
    note = signed.receipt().sign(list_signer(home))
    return Kept(epoch=sent.epoch, digest=signed.digest, note=note)


def answer_for(home: Home, casebook: CaseBook, member: Member, epoch: int) -> bytes:
    """
    Give what *member* is told of the round of *epoch*.

    Raises:
        NotFound: If this hub makes no rounds, this one is not over, or has no answer for it.
    """
    _require_on(home)
    found = casebook.hub.rounds.answer(epoch, member.name)
    if found is None:
        raise NotFound("there is no answer for you in this round, or none yet")
    return found


def conclude(home: Home, casebook: CaseBook, now: Epoch) -> None:
    """
    End the rounds before *now*, which is sealed: combine what came in the last, and delete it.

    The tables go first. A process that is killed here leaves a round without answers, of which
    members submit nothing; the list that is begun does not wait for it a second time. Nor
    does it fail where a round does.
    """
    oldest = Epoch(now.spoken_of - lease_epochs(home), now.days)
    casebook.hub.forgetting.forget(DataClass.ROUNDS, oldest.starts_ms, now.days)
    came = casebook.hub.rounds.take_out(now.spoken_of)
    if not came:
        return
    try:
        mandate = home.mandate(Operation.COMBINE)
    except NotPermitted as error:  # Which the journal has; the tables are gone all the same.
        _log.error("round-not-combined", reason=str(error))
        return
    dealt = casebook.hub.rounds.find(now.spoken_of)
    facts: dict[str, object] = {
        "epoch": render_epoch(now.spoken_of, now.days),
        "tables": len(came),
        "register": home.register.version,
    }
    if dealt is None or not home.register.integer("hub.private_threshold"):
        record(home.journal(), Operation.COMBINE, mandate, {**facts, "stage": "deleted"})
        return
    record(home.journal(), Operation.COMBINE, mandate, {**facts, "stage": "begins"})
    try:
        told = _combine(home, casebook, dealt, came)
    except HinomiError as error:
        told = {"stage": "failed", "reason": str(error)}
        _log.error("round-not-combined", reason=str(error))
    record(home.journal(), Operation.COMBINE, mandate, {**facts, **told})


def _combine(
    home: Home, casebook: CaseBook, dealt: Dealt, came: tuple[Tables, ...]
) -> dict[str, object]:
    """Combine the tables of one round, keep the answers, and give what the journal keeps of it."""
    agreed = _agreed(home, dealt)
    admitted = {
        each.name for each in casebook.hub.members.all() if each.state is MemberState.ADMITTED
    }
    sent: dict[int, SentTables] = {}
    senders: dict[int, Tables] = {}
    for each in came:
        number = dealt.numbers.get(each.member)
        if each.epoch != dealt.epoch or each.member not in admitted or number is None:
            continue
        try:
            sent[number] = decode_tables(agreed, number, each.body)
        except MalformedDocument:
            continue
        senders[number] = each
    found = combine(agreed, sent)
    for number, each in sorted(senders.items()):
        answer = answer_to(number, found, sent)
        casebook.hub.rounds.put_answer(
            Answered(
                epoch=each.epoch,
                member=each.member,
                digest=each.digest,
                body=encode_answer(agreed, answer),
            )
        )
    keys = len({each.check_value for each in sent.values()})
    if keys > 1:
        _log.warning("members-keys-differ", keys=keys)
    return {"stage": "done", "answered": len(senders), "keys": keys}


def _deal(home: Home, casebook: CaseBook, now: Epoch) -> Dealt:
    """Agree on the present round, and write to the journal what was agreed on."""
    mandate = home.mandate(Operation.COMBINE)
    openings = Openings.from_register(home.register)
    names = [
        each.name
        for each in casebook.hub.members.all()
        if each.state is MemberState.ADMITTED and openings.refusal(each.kind, Outlet.SUBMIT) is None
    ]
    wanted = Dealt(
        epoch=now.spoken_of,
        threshold=home.register.integer("hub.private_threshold"),
        capacity=home.register.integer("hub.private_capacity"),
        numbers=deal(identity_key(home), now.spoken_of, names),
    )
    _agreed(home, wanted)  # Nobody is told of a round that none could take part in.
    facts = {
        "stage": "dealt",
        "epoch": render_epoch(wanted.epoch, now.days),
        "threshold": wanted.threshold,
        "capacity": wanted.capacity,
        "members": len(wanted.numbers),
        "register": home.register.version,
    }
    record(home.journal(), Operation.COMBINE, mandate, facts)
    return casebook.hub.rounds.deal(wanted)


def _require_round(casebook: CaseBook, epoch: int) -> Dealt:
    found = casebook.hub.rounds.find(epoch)
    if found is None:
        raise Conflict("there is no round of this epoch: ask which one is open")
    return found


def _seat(home: Home, dealt: Dealt, member: Member) -> Seat:
    number = dealt.numbers.get(member.name)
    if number is None:
        raise Conflict("you have no number in this round; in the next one you may take part")
    return Seat(agreed=_agreed(home, dealt), number=number)


def _agreed(home: Home, dealt: Dealt) -> Round:
    return Round(list_signer(home).verifier.render(), dealt.epoch, dealt.threshold, dealt.capacity)
