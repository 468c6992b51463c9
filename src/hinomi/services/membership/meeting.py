"""Counting the lines behind servers that are spoken of with the hub, beside a run of detection."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinomi.detect.judge import Judgement
from hinomi.errors import ConfigError, MalformedDocument, NotFound
from hinomi.govern.minimise import view_of
from hinomi.govern.note import BadNote
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.service import Service
from hinomi.model.snapshot import Snapshot
from hinomi.model.window import Window
from hinomi.services.detecting import Opened
from hinomi.services.home import Home
from hinomi.services.listings import listed_by
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.backing import days_of, lines_behind, lines_in, window_until
from hinomi.services.membership.holding import read_held, read_list
from hinomi.services.membership.joined import JoinedHub, is_member, read_joined, spoken_of
from hinomi.services.membership.met import NO_LIST, Behind, Met, put_met, read_met
from hinomi.services.ownership import own_matcher
from hinomi.store.casebook import CaseBook

_RULE: Final = 2
"""By which is counted: what an earlier program counted by another is counted anew."""

Look = Callable[[Opened, Judgement], None]


@dataclass(slots=True)
class Meetings:
    """
    Counts, beside a run of detection, how many lines met the servers of which the hub is told.

    Until the end of the last epoch that is over, whatever the window of the run is: what is met
    today shows in nothing that is said of yesterday. The same again is not counted twice.

    Notes:
        Whether this house watched in the epoch at all, so that it can say "not seen", is decided
        by lines as well: `share.lines_least` of them must show in records of the epoch's own
        days, and where it is exactly so many, that is told. The newest record of the lake, or any
        record of the epoch, would let one line decide for the whole list. The hours in which
        exporters were heard would not depend on lines, but files that are imported have none,
        and where few use the network an hour with a datagram is an hour in which somebody spoke.
        An empty lake is counted like any other, for the same reason.
    """

    home: Home
    seen: Met | None = field(default=None, init=False)

    def __call__(self, opened: Opened, _judged: Judgement | None = None) -> None:
        """Count by the engine of a run, unless nothing changed since that was done."""
        if not is_member(self.home):
            return
        try:
            membership = read_joined(self.home)
            epoch = spoken_of(self.home, membership)
        except ConfigError:
            return  # Whoever speaks with the hub is told; detection goes on.
        self.seen = _counted(self.home, membership, epoch, opened)

    def after(self, look: Look) -> Look:
        """Give who looks at a run as *look* does, and then for this."""

        def both(opened: Opened, judged: Judgement) -> None:
            look(opened, judged)
            self(opened, judged)

        return both

    def keep(self) -> None:
        """
        Write down what was counted in the place of what was before.

        Raises:
            Unavailable: If the disk refuses.
        """
        if self.seen is not None:
            put_met(self.home, self.seen)


def _counted(home: Home, membership: JoinedHub, epoch: int, opened: Opened) -> Met:
    """Count the lines behind the hub's list and behind what is listed here, until *epoch* ended."""
    snapshot = _list_in_use(home, membership)
    with home.casebook() as casebook:
        listed = {
            each.case_id: casebook.cases.get(each.case_id).service
            for each in listed_by(casebook, epoch)
        }
        places = [] if snapshot is None else _services(home, casebook, snapshot)
    window = window_until(
        epoch,
        epoch_days=membership.epoch_days,
        window_days=home.register.integer("detect.window_days"),
    )
    number = NO_LIST if snapshot is None else snapshot.number
    services = [*listed.values(), *places]
    least = home.register.integer("share.lines_least")
    mandate = home.mandate(Operation.DETECT)
    asked = _digest(number, least, window, home.lake().digest(window, mandate), services)
    before = _before(home)
    if before is not None and (before.epoch, before.counted) == (epoch, asked):
        return before
    days = days_of(epoch, epoch_days=membership.epoch_days)
    watched, lines = _lines(home, opened, window, services, None if snapshot is None else days)
    own, met = lines[: len(listed)], lines[len(listed) :]
    return Met(
        number=number,
        lines_least=least,
        met=[int(place) for place in np.flatnonzero(met >= least)],
        at_least=int((met == least).sum()),
        epoch=epoch,
        watched=_behind([watched], least)[0],
        listed=dict(zip(listed, _behind(own, least), strict=True)),
        counted=asked,
    )


def _lines(
    home: Home, opened: Opened, window: Window, services: Sequence[Service], days: Window | None
) -> tuple[int, NDArray[np.int64]]:
    """
    Count the lines behind *services*, and those of *days*, which the journal is told of.

    Args:
        home: Whose.
        opened: Whose engine counts.
        window: Over which lines stand behind services.
        services: May be none.
        days: Of the epoch, within *window*; None: nothing hangs on them.
    """
    if not services and days is None:
        return 0, np.zeros(0, dtype=np.int64)
    mandate = home.mandate(Operation.DETECT)
    facts: dict[str, object] = {"act": "count lines", "servers": len(services)}
    facts |= {"window": window.render(), "register": home.register.version}
    record(home.journal(), Operation.DETECT, mandate, facts)
    files = home.lake().files(window, mandate)
    seen = view_of(Operation.DETECT.word).columns
    records = opened.engine.table(files, CONVERSATIONS).select(*seen)
    watched = 0
    if days is not None:
        most = home.register.integer("share.lines_least") + 1
        watched = lines_in(opened.engine, records, days, most=most)
    return watched, lines_behind(opened.engine, records, window, services)


def _list_in_use(home: Home, membership: JoinedHub) -> Snapshot | None:
    try:
        held = read_held(home, membership)
        return None if held is None else read_list(home, membership, held.number)
    except (BadNote, ConfigError, MalformedDocument, NotFound):
        return None  # `applying.lapse` has told of it before the run; detection goes on.


def _services(home: Home, casebook: CaseBook, snapshot: Snapshot) -> list[Service]:
    """Give the servers of *snapshot* in its order, own ones by their pseudonym."""
    match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
    found = []
    for each in snapshot.listings:
        line = match_own(each.address)
        own = line is not None
        found.append(Service(line or each.address, each.proto, each.port, own=own))
    return found


def _before(home: Home) -> Met | None:
    try:
        return read_met(home)
    except ConfigError:
        return None  # It is written anew.


def _digest(number: int, least: int, window: Window, rows: str, services: Sequence[Service]) -> str:
    """Name all that counts depend on."""
    asked = [(*each.address, each.proto, each.port, each.own) for each in services]
    told = [_RULE, number, least, window.since_ms, window.until_ms, rows, asked]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _behind(lines: Iterable[int], least: int) -> list[Behind]:
    kinds = (Behind.FEW, Behind.EXACTLY, Behind.MORE)
    return [kinds[int(each >= least) + int(each > least)] for each in lines]
