"""The subscriber lines: their addresses, their hours, and when they come and go."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints, Mask
from hinomi.bench.communal.kinds import HOUR_MS, WEEK_MS, Size
from hinomi.bench.communal.places import LINES_V4, MACHINES_V4, SHARED_V4

MACHINES: Final = 16
"""Numbers behind the last line are the provider's own machines."""
RESOLVERS, MAIL, PORTAL = slice(0, 4), 4, 5
EDGES: Final = 4

_GROUP: Final = (64, 260)  # Lines behind one shared address.
_DARK: Final = 1.35  # Addresses for each line with one of its own: 26 % lie idle.
_MOVES: Final = 9  # Times that a batch of lines changes addresses among itself.
_MOVING: Final = 0.012  # Share of the lines in each batch.
_V6: Final = 0.45
_OFFICES: Final = 0.09
_COMING, _GOING = 0.04, 0.07  # Shares of lines, cumulated, that begin or end within the week.
_HOURS_AT_HOME: Final = (
    18, 10, 6, 4, 3, 4, 8, 16, 22, 22, 23, 25, 30, 27, 25, 26, 29, 35, 43, 52, 60, 64, 58, 36,
)  # fmt: skip
_HOURS_AT_WORK: Final = (
    2, 1, 1, 1, 1, 1, 2, 8, 30, 60, 62, 60, 40, 58, 62, 60, 56, 45, 25, 12, 8, 5, 4, 3,
)  # fmt: skip
_WEEKEND_AT_HOME, _WEEKEND_AT_WORK = 1.25, 0.25
_FRIDAY: Final = 4
_STEPS: Final = 1 << 16  # Of the tables from which hours are drawn.


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """All lines, then the provider's machines; every array has shape (lines + machines,)."""

    count: int  # Lines.
    group: Ints  # Number of the shared address, or -1.
    slot: Ints  # Place among those behind it.
    first: Ints  # IPv4 address, and the one after `moved_ms`.
    then: Ints
    moved_ms: Ints  # Behind the week: never.
    bits: int  # Of the range in which lines have addresses of their own.
    has_v6: Mask
    activity: Floats
    begins_ms: Ints
    ends_ms: Ints
    phase_ms: Ints  # By which the people of a line live earlier or later.
    office: Mask
    edge: Ints  # Router.

    @property
    def everyone(self) -> Ints:
        """Give the numbers of all subscriber lines."""
        return np.arange(self.count, dtype=np.int64)

    @property
    def public(self) -> Ints:
        """Give the lines that have an address of their own."""
        return np.flatnonzero(self.group[: self.count] < 0)

    @property
    def offices(self) -> Ints:
        """Give the lines of offices."""
        return np.flatnonzero(self.office[: self.count])

    @property
    def steady(self) -> Ints:
        """Give the lines that can be called from outside at one address all week."""
        staying = (self.begins_ms == 0) & (self.ends_ms == WEEK_MS) & (self.moved_ms > WEEK_MS)
        return np.flatnonzero((staying & (self.group < 0))[: self.count])

    def at(self, line: Ints, ts_ms: Ints) -> Ints:
        """Give the IPv4 address of each line at each time."""
        address: Ints = np.where(ts_ms < self.moved_ms[line], self.first[line], self.then[line])
        return address

    def identity(self, line: Ints) -> Ints:
        """Tell lines apart as far as one can from outside: those that share an address are one."""
        known: Ints = np.where(self.group[line] >= 0, self.group.size + self.group[line], line)
        return known

    def times(self, line: Ints, chance: Chance) -> Ints:
        """Draw a time in the week for each line, when its people are awake."""
        step = chance.wholes(0, _STEPS, line.size)
        office = self.office[line]
        hour = np.where(office, _AT_WORK[step], _AT_HOME[step])
        phase = np.where(office, self.phase_ms[line] // 4, self.phase_ms[line])
        times: Ints = (hour + chance.wholes(0, HOUR_MS, line.size) + phase) % WEEK_MS
        return times


def settle(size: Size, chance: Chance) -> Lines:
    """Draw the lines of a world."""
    count = size.lines
    total = count + MACHINES
    group, slot = _share(count, size.kind.shared_address, chance)
    public = np.flatnonzero(group[:count] < 0)
    bits = int(public.size * _DARK).bit_length()
    first = np.zeros(total, np.int64)
    first[public] = LINES_V4 + chance.rng.permutation(1 << bits)[: public.size]
    behind = np.flatnonzero(group >= 0)
    first[behind] = SHARED_V4 + chance.rng.permutation(60_000)[group[behind]]
    first[count:] = MACHINES_V4 + 7 * np.arange(MACHINES)
    then, moved_ms = _move(first, public, chance)
    begins_ms, ends_ms = np.zeros(total, np.int64), np.full(total, WEEK_MS)
    fate = chance.unit(count)
    coming, going = np.flatnonzero(fate < _COMING), fate >= _COMING
    begins_ms[coming] = chance.wholes(0, WEEK_MS, coming.size)
    leaving = np.flatnonzero(going & (fate < _GOING))
    ends_ms[leaving] = chance.wholes(0, WEEK_MS, leaving.size)
    edge = chance.wholes(0, EDGES, total)
    edge[count:] = 0
    has_v6 = chance.each(total, _V6)
    has_v6[count:] = False
    return Lines(
        count=count,
        group=group,
        slot=slot,
        first=first,
        then=then,
        moved_ms=moved_ms,
        bits=bits,
        has_v6=has_v6,
        activity=chance.spread(float(np.exp(-0.4)), 0.9, total),
        begins_ms=begins_ms,
        ends_ms=ends_ms,
        phase_ms=(chance.rng.standard_normal(total) * 1.8 * HOUR_MS).astype(np.int64),
        office=chance.each(total, _OFFICES),
        edge=edge,
    )


def _share(count: int, share: float, chance: Chance) -> tuple[Ints, Ints]:
    """Put a share of the lines behind common addresses."""
    group = np.full(count + MACHINES, -1, np.int64)
    slot = np.zeros(count + MACHINES, np.int64)
    behind = chance.rng.permutation(count)[: int(count * share)]
    first, number = 0, 0
    while first < behind.size:
        some = behind[first : first + chance.whole(*_GROUP)]
        group[some], slot[some] = number, np.arange(some.size)
        first, number = first + some.size, number + 1
    return group, slot


def _move(first: Ints, public: Ints, chance: Chance) -> tuple[Ints, Ints]:
    """Let batches of lines get each other's addresses, each batch at one time."""
    then, moved_ms = first.copy(), np.full(first.size, 2 * WEEK_MS)
    some = int(public.size * _MOVING)
    mixed = chance.rng.permutation(public)
    for batch in (mixed[number * some : (number + 1) * some] for number in range(_MOVES)):
        if batch.size > 1:
            then[batch] = np.roll(first[batch], 1)
            moved_ms[batch] = chance.whole(0, WEEK_MS)
    return then, moved_ms


def _hours(day: tuple[int, ...], weekend: float) -> Ints:
    """Tabulate hours of the week, each as often as it is used, in ms."""
    weight = np.concatenate(
        [np.array(day) * (weekend if number > _FRIDAY else 1.0) for number in range(7)]
    )
    reach = np.cumsum(weight) / weight.sum()
    hours = np.searchsorted(reach, (np.arange(_STEPS) + 0.5) / _STEPS)
    return hours.astype(np.int64) * HOUR_MS


_AT_HOME: Final = _hours(_HOURS_AT_HOME, _WEEKEND_AT_HOME)
_AT_WORK: Final = _hours(_HOURS_AT_WORK, _WEEKEND_AT_WORK)
