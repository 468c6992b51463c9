"""How a hub stands: its members by state, its epoch and newest list, and what waits for people."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from hinomi.clock import date_of
from hinomi.errors import UsageError
from hinomi.govern.approvals import State
from hinomi.hub.admission import gaps
from hinomi.hub.outlets import Openings
from hinomi.model.member import Member, MemberState
from hinomi.services.approvals import all_requests
from hinomi.services.home import Home
from hinomi.services.hub.authorities import ServerCertificate, server_certificate
from hinomi.services.hub.epochs import Epoch, present_epoch
from hinomi.services.hub.founding import host_of, hub_name
from hinomi.services.hub.members import require_hub
from hinomi.store.casebook import CaseBook

SOON_DAYS: Final = 30
"""So long before something ends, people are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest list."""

    number: int
    epoch: Epoch
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStatus:
    """How a hub stands."""

    name: str
    url: str
    epoch: Epoch
    members: dict[MemberState, int]
    newest: Newest | None
    server: ServerCertificate
    waits: tuple[str, ...]  # For people, a sentence each.


def status(home: Home) -> HubStatus:
    """
    Tell how this hub stands.

    Raises:
        NotPermitted: If this home is no hub.
        ConfigError: If its keys are missing or damaged.
    """
    require_hub(home)
    day = date_of(home.clock())
    server = server_certificate(home)
    epoch = present_epoch(home)
    with home.casebook() as casebook:
        members = casebook.hub.members.all()
        published = casebook.hub.snapshots.newest()
        waits = [*_of_the_hub(home, server, day), *_of_members(home, casebook, members, day)]
    newest = None
    if published is not None:
        at = Epoch(published.epoch, epoch.days)
        newest = Newest(number=published.number, epoch=at, digest=published.digest)
    counted = Counter(each.state for each in members)
    return HubStatus(
        name=hub_name(home),
        url=home.config.hub.url,
        epoch=epoch,
        members={state: counted[state] for state in MemberState},
        newest=newest,
        server=server,
        waits=tuple(waits),
    )


def server_fault(home: Home) -> str | None:
    """
    Say why members' nodes would not take the hub for itself; None: they would.

    Raises:
        ConfigError: If its certificate is missing or damaged.
    """
    server = server_certificate(home)
    try:
        host = host_of(home.config.hub.url)
    except UsageError as error:
        return f"hub.url: {error}"
    if not host:
        return "hub.url is empty: members are to know where the hub is"
    if host.lower() not in server.hosts:
        return f"the hub's certificate is not for {host}: run `hinomi hub certify`, then start anew"
    if server.until < date_of(home.clock()):
        return f"the hub's certificate ended on {server.until}: run `hinomi hub certify`"
    return None


def _of_the_hub(home: Home, server: ServerCertificate, day: date) -> Iterator[str]:
    fault = server_fault(home)
    if fault is not None:
        yield fault
    elif _is_soon(server.until, day):
        yield f"the hub's certificate ends on {server.until}: run `hinomi hub certify`"
    waiting = [each for each in all_requests(home) if each.state_at(home.clock()) is State.OPEN]
    if waiting:
        yield f"{len(waiting)} request(s) wait for another person: `hinomi approvals list`"


def _of_members(
    home: Home, casebook: CaseBook, members: tuple[Member, ...], day: date
) -> Iterator[str]:
    openings = Openings.from_register(home.register)
    for each in members:
        if each.state is MemberState.APPLIED:
            missing = gaps(each, openings, day)
            yield f"{each.name} has applied; missing: {'; '.join(missing) or 'nothing'}"
        if each.state is not MemberState.ADMITTED:
            continue
        for gap in gaps(each, openings, day):
            yield f"{each.name}: {gap}"
        for ground, until in _ends(each, day).items():
            if _is_soon(until, day):
                yield f"{each.name}: the last attestation of {ground} ends on {until}"
        credentials = casebook.hub.members.credentials(each.name)
        valid = [one.until for one in credentials if not one.is_revoked and one.until >= day]
        if not valid:
            yield f"{each.name} has no certificate: `hinomi hub member certify`"
        elif _is_soon(max(valid), day):
            yield f"{each.name}: its last certificate ends on {max(valid)}"


def _ends(member: Member, day: date) -> dict[str, date]:
    """Give the last day on which each ground is attested, of those that hold on *day*."""
    ends: dict[str, date] = {}
    for each in member.attestations:
        if each.holds(day):
            ends[each.ground] = max(each.until, ends.get(each.ground, each.until))
    return ends


def _is_soon(until: date, day: date) -> bool:
    return day <= until < day + timedelta(days=SOON_DAYS)
