"""
This house's findings for the hub: what two people listed, and enough lines stand behind.

A batch is of the last epoch that is over, of what was listed by its end and stands now. What is
known here from the hub alone is not said back to it: a listing that would not hold without the
hub's own list stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hinomi.errors import Unavailable
from hinomi.govern.mandate import Mandate
from hinomi.model.case import Case
from hinomi.model.evidence import Method
from hinomi.model.listed import HUB_LIST, ListKind
from hinomi.model.statement import Band, Deed, Endpoint, Statement
from hinomi.services.home import Home
from hinomi.services.listings import listed_by, require_journalled, require_may_leave
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.joined import JoinedHub, read_joined, spoken_of
from hinomi.services.membership.met import lines_listed
from hinomi.services.membership.rounds import corroborated
from hinomi.services.membership.saidbefore import said_before
from hinomi.services.membership.sending import (
    Parcel,
    Refused,
    begun,
    dispatch,
    make_parcel,
    put_out,
)
from hinomi.services.settling import deciders_of
from hinomi.services.weighing import Assessor
from hinomi.share.submission import Profile, render_submission
from hinomi.share.threshold import Backed, Gathered, gather
from hinomi.store.casebook import CaseBook
from hinomi.store.listings import Published
from hinomi.verify.corroborate import Weighing

_NOT_COUNTED: Final = (
    "detection has not counted the lines behind what is listed here since the last epoch ended: "
    "run `hinomi detect`, then this again; nothing was sent"
)
_BANDS = ((0.99, Band.CERTAIN), (0.97, Band.STRONG), (0.9, Band.PROBABLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What would go to the hub now."""

    epoch: int
    day: str  # First day of the epoch.
    gathered: Gathered
    echoes: int  # Listings that would not hold without the hub's own list.
    alone: int | None  # Findings that too few members are known to have; None: it does not matter.
    body: bytes | None  # None: nothing goes.
    takes_back: int = 0  # Findings of the batch before that an empty one takes back.
    echoed: tuple[Endpoint, ...] = ()  # Of a file, what would say the hub's own word back to it.

    @property
    def facts(self) -> dict[str, object]:
        """What the journal keeps of it: counts, and no server."""
        told: dict[str, object] = {"epoch": self.day, **self.gathered.facts}
        told["echoes"] = self.echoes
        if self.alone is not None:
            told["uncorroborated"] = self.alone
        if self.takes_back:
            told["takes_back"] = self.takes_back
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What came of a submission."""

    epoch: str
    facts: dict[str, object] = field(default_factory=dict)  # Counts; none of an earlier attempt's.
    sent: Parcel | None = None  # With the receipt; None: there was nothing to send.
    was_sent: bool = False  # It had been sent before.
    refused: tuple[Refused, ...] = ()  # Batches of earlier epochs that came too late.
    echoed: tuple[Endpoint, ...] = ()  # As in `Planned`.
    waiting: dict[str, object] | None = None  # The file that waits on, as `waiting.told_of` it.
    shut: str = ""  # What the hub said where it takes nothing more of this epoch.
    let_go: str = ""  # Why the file that waited goes no more.


def plan_submission(home: Home) -> Planned:
    """
    Tell what would go to the hub now; nothing goes.

    Raises:
        NotPermitted: If this home is a laboratory, no mandate permits it, or something is listed
            past the journal.
        NotFound: If this home has joined no hub.
        ConfigError: If its epochs are not those of the hub.
        Unavailable: If detection has not run since the last epoch ended.
    """
    mandate = require_may_leave(home, Operation.SUBMIT)
    membership = read_joined(home)
    planned = _own_taking_back(home, membership, _plan(home, membership, mandate))
    told = {"stage": "planned", **planned.facts, "register": home.register.version}
    record(home.journal(), Operation.SUBMIT, mandate, told)
    return planned


def submit(home: Home) -> Submitted:
    """
    Send this house's findings to the hub, once an epoch; repeated, the same bytes.

    Whoever calls it has `sending.alone_sending`.

    Raises:
        As `plan_submission`.
        Unavailable: If the hub is away: what is to be sent stays in the outbox.
        Conflict, NotTaken: If the hub does not take it.
        BadNote: If its receipt is none.
    """
    mandate = require_may_leave(home, Operation.SUBMIT)
    membership = read_joined(home)
    epoch = spoken_of(home, membership)
    facts: dict[str, object] = {}
    parcel = begun(home, membership, Deed.SUBMISSION, epoch)
    if parcel is None:
        planned = _own_taking_back(home, membership, _plan(home, membership, mandate))
        facts = planned.facts
        parcel = keep_plan(home, membership, mandate, planned)
    return send(home, membership, epoch, parcel, facts)


def keep_plan(
    home: Home, membership: JoinedHub, mandate: Mandate, planned: Planned, **told: object
) -> Parcel | None:
    """Journal what is about to go, and lay it into the outbox; None where nothing goes."""
    body = planned.body
    parcel = None
    if body is not None:
        parcel = make_parcel(
            home,
            membership,
            Deed.SUBMISSION,
            epoch=planned.epoch,
            body=body,
            statements=len(planned.gathered.statements),
        )
    digest = {} if parcel is None else {"digest": parcel.digest}
    facts = {"stage": "begins", **planned.facts, **digest, **told}
    facts["register"] = home.register.version
    record(home.journal(), Operation.SUBMIT, mandate, facts)
    return None if parcel is None else put_out(home, membership, parcel)


def send(
    home: Home, membership: JoinedHub, epoch: int, parcel: Parcel | None, facts: dict[str, object]
) -> Submitted:
    """Send *parcel* if the hub gave no receipt for it yet, and what waits of earlier epochs."""
    done = dispatch(home, membership, Operation.SUBMIT, epoch, parcel)
    return Submitted(
        epoch=membership.day_of(epoch),
        facts=facts,
        sent=done.parcel,
        was_sent=done.was_sent,
        refused=done.refused,
    )


def planned_from(
    home: Home, membership: JoinedHub, backed: Sequence[Backed], echoes: int
) -> Planned:
    """
    Make the document of the last epoch that is over out of findings.

    Args:
        home: The member's.
        membership: The hub that it joined.
        backed: All findings; which of them may leave is decided here.
        echoes: So many were left out before, since they rest on the hub's own list.
    """
    epoch = spoken_of(home, membership)
    allowed = corroborated(home, membership, epoch)
    kept = [each for each in backed if allowed is None or each.statement.endpoint in allowed]
    gathered = gather(
        kept,
        lines_least=home.register.integer("share.lines_least"),
        batch_least=home.register.integer("share.batch_least"),
    )
    body = None
    if gathered.statements:
        body = render_submission(gathered.statements, epoch, membership.epoch_days)
    return Planned(
        epoch=epoch,
        day=membership.day_of(epoch),
        gathered=gathered,
        echoes=echoes,
        alone=None if allowed is None else len(backed) - len(kept),
        body=body,
    )


def taking_back(home: Home, membership: JoinedHub, planned: Planned) -> Planned:
    """
    Let an empty batch go where too few findings are left, and the batch before still counts.

    The hub takes what a member said last for what it says. A batch below the least number would
    tell of few; none would leave standing what was withdrawn; an empty one takes all back. What
    only waits for other members to have it too is not withdrawn: then nothing goes.
    """
    before = said_before(home, membership, planned.epoch - 1)
    if planned.body is not None or planned.alone or not before:
        return planned
    body = render_submission((), planned.epoch, membership.epoch_days)
    return replace(planned, body=body, takes_back=len(before))


def _own_taking_back(home: Home, membership: JoinedHub, planned: Planned) -> Planned:
    """Do as `taking_back`, unless the batch before names what was never listed here: a file's."""
    with home.casebook() as casebook:
        own = {
            Endpoint(each.listing.address, each.listing.proto, each.listing.port)
            for each in casebook.listings.all()
        }
    is_own = said_before(home, membership, planned.epoch - 1) <= own
    return taking_back(home, membership, planned) if is_own else planned


def _plan(home: Home, membership: JoinedHub, mandate: Mandate) -> Planned:
    require_journalled(home, Operation.SUBMIT, mandate)
    epoch = spoken_of(home, membership)
    with home.casebook() as casebook:
        found, echoes = _findings(home, casebook, epoch)
    return planned_from(home, membership, found, echoes)


def _findings(home: Home, casebook: CaseBook, epoch: int) -> tuple[list[Backed], int]:
    """
    Give what was listed by the end of *epoch* and stands, and count what only echoes.

    Raises:
        Unavailable: If nobody has counted the lines behind them until *epoch* ended.
    """
    standing, echoes = _standing(home, casebook, epoch)
    lines = lines_listed(home, epoch) if standing else {}
    if any(case not in lines for case, _ in standing):
        raise Unavailable(_NOT_COUNTED)
    return [Backed(said, lines[case]) for case, said in standing], echoes


def _standing(
    home: Home, casebook: CaseBook, epoch: int
) -> tuple[list[tuple[int, Statement]], int]:
    """Give what is said of each case that was listed by the end of *epoch*, and count echoes."""
    profile = Profile.from_register(home.register)
    by_hub = bool(casebook.lists.show(ListKind.KNOWN_CC, HUB_LIST))
    alone = Assessor(home, casebook, with_hub=False) if by_hub or profile.fields else None
    found: list[tuple[int, Statement]] = []
    echoes = 0
    for each in listed_by(casebook, epoch):
        case = casebook.cases.get(each.case_id)
        weighing = None
        if alone is not None:
            deciders = deciders_of(casebook, case)
            weighing = alone.assess(case.service, case.service_class, deciders).weighing
            if by_hub and _is_echo(casebook, case, alone, weighing):
                echoes += 1
                continue
        found.append((case.id, profile.limit(_statement(home, each, case, weighing))))
    return found, echoes


def own_servers(home: Home, epoch: int) -> frozenset[Endpoint]:
    """Give what was listed here by the end of *epoch* and stands without the hub's own list."""
    with home.casebook() as casebook:
        return frozenset(said.endpoint for _, said in _standing(home, casebook, epoch)[0])


def backed_servers(home: Home, epoch: int) -> Gathered:
    """
    Give what would go to the hub if others had it too: listed by the end of *epoch*, enough lines.

    How many they are does not matter here: what they are compared in does not show it.

    Raises:
        Unavailable: If nobody has counted the lines behind them until *epoch* ended.
    """
    with home.casebook() as casebook:
        found, _echoes = _findings(home, casebook, epoch)
    lines_least = home.register.integer("share.lines_least")
    return gather(found, lines_least=lines_least, batch_least=1)


def _is_echo(casebook: CaseBook, case: Case, alone: Assessor, weighing: Weighing) -> bool:
    """Tell whether a server that the hub lists would not be listed here without that."""
    if all(each.source != HUB_LIST for each in casebook.listed.about(case.service)):
        return False
    return not alone.stands(weighing)


def _statement(home: Home, listed: Published, case: Case, weighing: Weighing | None) -> Statement:
    listing = listed.listing
    return Statement(
        endpoint=Endpoint(listing.address, listing.proto, listing.port),
        service_class=listing.service_class,
        band=next((band for least, band in _BANDS if case.posterior >= least), None),
        methods=None if weighing is None else _methods(weighing),
        register=home.register.version,
    )


def _methods(weighing: Weighing) -> tuple[Method, ...]:
    """Name the methods that found it; that of the hub's own list is not among them."""
    return tuple(sorted({part.evidence.method for part in weighing.parts if part.is_finding}))
