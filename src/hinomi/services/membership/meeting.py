"""Counting the lines behind servers that are spoken of with the hub, beside a run of detection."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinomi.detect.judge import Judgement
from hinomi.errors import ConfigError, MalformedDocument, NotFound
from hinomi.govern.minimise import view_of
from hinomi.govern.note import BadNote
from hinomi.model.context import DAY_MS
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.service import Service
from hinomi.model.snapshot import Snapshot
from hinomi.model.window import Window
from hinomi.services.detecting import Opened
from hinomi.services.home import Home
from hinomi.services.listings import listed_by
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.backing import lines_behind, window_until
from hinomi.services.membership.holding import read_held, read_list
from hinomi.services.membership.joined import JoinedHub, is_member, read_joined, spoken_of
from hinomi.services.membership.met import NO_LIST, Behind, Met, put_met, read_met
from hinomi.services.ownership import own_matcher
from hinomi.store.casebook import CaseBook

Look = Callable[[Opened, Judgement], None]


@dataclass(slots=True)
class Meetings:
    """
    Counts, beside a run of detection, how many lines met the servers of which the hub is told.

    Until the end of the last epoch that is over, whatever the window of the run is: what is met
    today shows in nothing that is said of yesterday. The same again is not counted twice.
    """

    home: Home
    seen: Met | None = field(default=None, init=False)

    def __call__(self, opened: Opened, _judged: Judgement | None = None) -> None:
        """Count by the engine of a run, unless nothing changed since that was done."""
        if not is_member(self.home):
            return
        last_ms = self.home.lake().statistics().last_ms
        try:
            membership = read_joined(self.home)
            epoch = spoken_of(self.home, membership)
        except ConfigError:
            return  # Whoever speaks with the hub is told; detection goes on.
        if last_ms is not None:
            self.seen = _counted(self.home, membership, epoch, opened, last_ms // DAY_MS)

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


def _counted(home: Home, membership: JoinedHub, epoch: int, opened: Opened, until_day: int) -> Met:
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
        return msgspec.structs.replace(before, until_day=until_day)
    lines = _lines(home, opened, window, services)
    own, met = lines[: len(listed)], lines[len(listed) :]
    return Met(
        number=number,
        until_day=until_day,
        lines_least=least,
        met=[int(place) for place in np.flatnonzero(met >= least)],
        at_least=int((met == least).sum()),
        epoch=epoch,
        listed=dict(zip(listed, _behind(own, least), strict=True)),
        counted=asked,
    )


def _lines(
    home: Home, opened: Opened, window: Window, services: Sequence[Service]
) -> NDArray[np.int64]:
    """Count the lines behind *services*, which the journal is told of."""
    if not services:
        return np.zeros(0, dtype=np.int64)
    mandate = home.mandate(Operation.DETECT)
    facts: dict[str, object] = {"act": "count lines", "servers": len(services)}
    facts |= {"window": window.render(), "register": home.register.version}
    record(home.journal(), Operation.DETECT, mandate, facts)
    files = home.lake().files(window, mandate)
    seen = view_of(Operation.DETECT.word).columns
    records = opened.engine.table(files, CONVERSATIONS).select(*seen)
    return lines_behind(opened.engine, records, window, services)


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
    told = [number, least, window.since_ms, window.until_ms, rows, asked]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _behind(lines: NDArray[np.int64], least: int) -> list[Behind]:
    kinds = (Behind.FEW, Behind.EXACTLY, Behind.MORE)
    return [kinds[int(each >= least) + int(each > least)] for each in lines]
