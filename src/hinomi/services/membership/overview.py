"""How this home stands to the hub, as far as it knows by itself: nobody is asked."""

from dataclasses import dataclass

from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.membership.holding import read_held, read_in_use
from hinomi.services.membership.joined import JoinedHub, read_joined
from hinomi.services.membership.joining import MEMBERSHIP, read_membership
from hinomi.services.membership.judging import read_judged
from hinomi.services.membership.leases import ends_of, lease_left
from hinomi.services.membership.met import NO_LIST, read_met
from hinomi.services.membership.pulling import require_begun, warnings_of
from hinomi.services.membership.rounds import read_opened
from hinomi.services.membership.sending import Parcel, all_waiting, last_sent
from hinomi.services.membership.validity import require_valid, warn_of_end
from hinomi.services.membership.waiting import read_waiting, told_of
from hinomi.share.certificates import last_day, parse_certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldList:
    """The list that is in use."""

    number: int
    epoch: str
    listings: int
    age_epochs: int  # Below 0: this node's clock is behind, or the hub's ahead.
    lease_epochs: int  # After so many more epochs without a newer list, nothing is listed.
    acknowledged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How this home stands to the hub."""

    member: str
    hub: str
    url: str
    outlets: tuple[str, ...]
    certificate_until: str  # Last day of the node's certificate; then it has to join anew.
    epoch: str  # The present one.
    held: HeldList | None  # None: no list came yet.
    looked_at: int | None  # Number of the snapshot that detection looked at last.
    judged: int  # Servers of which people here found something.
    submitted: dict[str, object] | None  # The newest batch that the hub gave its receipt for.
    sighted: dict[str, object] | None
    corroborated: dict[str, object] | None  # By the newest answer; None: none was opened.
    waiting: tuple[dict[str, object], ...]  # Batches in the outbox.
    file: dict[str, object] | None  # That was approved and waits for the next epoch; None: none.
    warnings: tuple[str, ...]  # What people should look at.


def overview(home: Home) -> Overview:
    """
    Tell how this home stands to the hub.

    Raises:
        NotFound: If it has joined none.
        ConfigError: If what is kept is damaged.
    """
    membership = read_joined(home)
    now = membership.epoch_at(home.clock())
    held = read_held(home, membership)
    shown = None
    soon = warn_of_end(home)
    warnings: tuple[str, ...] = () if soon is None else (soon,)
    if held is not None:
        snapshot = read_in_use(home, membership, held)
        warnings = warnings_of(home, membership, snapshot)
        shown = HeldList(
            number=held.number,
            epoch=membership.day_of(held.head.epoch),
            listings=sum(last >= now for last in ends_of(home, membership, snapshot)),
            age_epochs=now - held.head.epoch,
            lease_epochs=lease_left(home, membership, snapshot),
            acknowledged=held.acknowledged == held.number,
        )
    met = read_met(home)

    def told(parcel: Parcel) -> dict[str, object]:
        return {
            "deed": parcel.deed.name.lower(),
            "epoch": membership.day_of(parcel.epoch),
            "statements": parcel.statements,
            "digest": parcel.digest,
        }

    file = read_waiting(home, membership)
    submitted, sighted = (last_sent(home, deed) for deed in (Deed.SUBMISSION, Deed.SIGHTINGS))
    return Overview(
        member=membership.member,
        hub=membership.hub,
        url=membership.url,
        outlets=tuple(sorted(membership.outlets)),
        certificate_until=last_day(
            parse_certificate(read_membership(home).certificate, MEMBERSHIP)
        ).isoformat(),
        epoch=membership.day_of(now),
        held=shown,
        looked_at=None if met is None or met.number == NO_LIST else met.number,
        judged=len(read_judged(home)),
        submitted=None if submitted is None else told(submitted),
        sighted=None if sighted is None else told(sighted),
        corroborated=_corroborated(home, membership),
        waiting=tuple(told(each) for each in all_waiting(home)),
        file=None if file is None else told_of(membership, file),
        warnings=warnings,
    )


def require_in_order(home: Home) -> None:
    """
    Return if nothing stands between this home and the hub, as far as it knows by itself.

    Raises:
        ConfigError: If its certificate has ended.
        Conflict: If the list in use is of an epoch that has not begun by its clock.
    """
    require_valid(home)
    membership = read_joined(home)
    held = read_held(home, membership)
    if held is not None:
        require_begun(membership, held.head, membership.epoch_at(home.clock()))


def _corroborated(home: Home, membership: JoinedHub) -> dict[str, object] | None:
    """Tell what came of the newest round of private corroboration."""
    opened = read_opened(home, membership)
    if opened is None:
        return None
    return {
        "epoch": membership.day_of(opened.epoch),
        "servers": len(opened.elements),
        **opened.counts.facts,
        "members_least": opened.threshold,
    }
