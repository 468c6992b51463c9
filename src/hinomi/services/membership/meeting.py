"""Looking at a run of detection for the servers of the hub's list that enough lines met."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.judge import Judgement
from hinomi.detect.orient import SERVICE
from hinomi.errors import ConfigError, MalformedDocument, NotFound
from hinomi.govern.note import BadNote
from hinomi.model.context import DAY_MS
from hinomi.model.snapshot import Snapshot
from hinomi.model.window import Window
from hinomi.services.detecting import Opened
from hinomi.services.home import Home
from hinomi.services.membership.holding import read_held, read_list
from hinomi.services.membership.joined import is_member, read_joined
from hinomi.services.membership.met import Met, put_met
from hinomi.services.ownership import own_matcher

Look = Callable[[Opened, Judgement], None]


@dataclass(slots=True)
class Meetings:
    """Looks at a run of detection, and keeps what it saw of the hub's list; see `Finder`."""

    home: Home
    seen: Met | None = field(default=None, init=False)

    def __call__(self, opened: Opened, judged: Judgement) -> None:
        """Look at everything that was judged in one run, if the run was one over the present."""
        if not is_member(self.home) or not is_whole(self.home, opened.window):
            return
        table = judged.survey.services
        try:
            membership = read_joined(self.home)
            held = read_held(self.home, membership)
            if held is None or not len(table):
                return
            snapshot = read_list(self.home, membership, held.number)
        except (BadNote, ConfigError, MalformedDocument, NotFound):
            return  # Whoever lets it lapse tells of it; detection goes on.
        clients = _clients(self.home, snapshot, table)
        least = self.home.register.integer("share.lines_least")
        self.seen = Met(
            number=held.number,
            until_day=int(ints(table, "last_ms").max()) // DAY_MS,
            lines_least=least,
            met=[int(place) for place in np.flatnonzero(clients >= least)],
            at_least=int((clients == least).sum()),
        )

    def after(self, look: Look) -> Look:
        """Give who looks at a run as *look* does, and then for this."""

        def both(opened: Opened, judged: Judgement) -> None:
            look(opened, judged)
            self(opened, judged)

        return both

    def keep(self) -> None:
        """
        Write down what was seen in the place of what was before; a run that saw nothing does not.

        Raises:
            Unavailable: If the disk refuses.
        """
        if self.seen is not None:
            put_met(self.home, self.seen)


def is_whole(home: Home, window: Window) -> bool:
    """
    Tell whether a run over *window* sees as much as detection usually does, up to now.

    A run over last month, or over an hour, tells nothing of what is met now.
    """
    now_ms = home.clock()
    days = home.register.integer("detect.window_days")
    reaches = window.until_ms is None or window.until_ms >= now_ms - DAY_MS
    begins = window.since_ms is None or window.since_ms <= now_ms - (days - 1) * DAY_MS
    return reaches and begins


def _clients(home: Home, snapshot: Snapshot, table: pa.Table) -> NDArray[np.int64]:
    """Count, for each server of *snapshot*, the lines that spoke with it; shape (listings,)."""
    with home.casebook() as casebook:
        match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
    lines = [match_own(each.address) for each in snapshot.listings]
    places = [line or each.address for line, each in zip(lines, snapshot.listings, strict=True)]
    asked = pa.table(
        {
            "remote_hi": pa.array([each.hi for each in places], pa.int64()),
            "remote_lo": pa.array([each.lo for each in places], pa.int64()),
            "remote_own": pa.array([int(line is not None) for line in lines], pa.int64()),
            "proto": pa.array([each.proto for each in snapshot.listings], pa.int64()),
            "remote_port": pa.array([each.port for each in snapshot.listings], pa.int64()),
        }
    )
    if not len(asked):
        return np.zeros(0, dtype=np.int64)
    at = positions(keys(asked, SERVICE), keys(table, SERVICE))
    return np.where(at >= 0, ints(table, "clients")[at], 0)
