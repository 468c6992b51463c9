"""The subscribers' lines: access, leases, shared addresses, hours, and where they are seen."""

from typing import Final

import numpy as np
from numpy.random import Generator

from examiner.rows import DAY, OWN_V6, WEEK, Bools, Codes, Floats, Ints

PPP, IPOE, MAP_E, CGNAT, BLOCKS, DS_LITE, OFFICE, HOSTED = range(8)
HOME, WORK, FLAT, EVENING = range(4)
"""Habits: columns of the hours."""
_NAMES: Final = ("ppp", "ipoe", "map-e", "cgnat", "cgnat", "ds-lite", "ppp", "hosting")
_SHARED: Final = (MAP_E, CGNAT, BLOCKS, DS_LITE)


class Lines:
    """Lines by number, with everything that says how one is seen from outside."""

    def __init__(self, rng: Generator, count: int) -> None:
        self.n = count
        share = rng.dirichlet([9, 6, 6, 1.5, 1.5, 2.5, 1.2, 0.15])
        self.kind: Ints = rng.choice(8, count, p=share)
        self.kind[: max(12, count // 1500)] = HOSTED
        self.corporate: Bools = (self.kind == OFFICE) | (rng.random(count) < 0.02)
        self.habit: Ints = np.where(self.corporate, WORK, HOME)
        self.shift: Ints = rng.normal(0, 4_000_000, count).astype(np.int64)
        self.activity: Floats = rng.lognormal(-0.5, 1.0, count)
        self.hours = _hours(rng)
        v6_chance = np.array([rng.uniform(0, 0.4), 1, 1, 0, rng.uniform(0, 1), 1, 0.2, 0.6])
        self.v6: Bools = rng.random(count) < v6_chance[self.kind]
        self.v6_line: Ints = rng.permutation(max(count * 3, 1 << 16))[:count]
        self.networks: list[str] = [
            "3fff:800::/24, ipoe, 56, private",
        ]
        self._base = 198 << 24 | 18 << 16
        self._narrow = count <= 40_000 and rng.random() < 0.5
        if not self._narrow:
            self._base = (248 << 24) + int(rng.integers(0, 1000) << 16)
        self.v4: Codes = np.zeros((8, count), np.uint64)
        self.port_set: Ints = np.zeros(count, np.int64)
        self.key: Ints = np.arange(count)  # What a measurer can tell apart, at best.
        self.offset = int(rng.choice([4, 6]))
        self.set_bits = int(rng.choice([6, 8]))
        self.block_bits = int(rng.choice([5, 6]))
        self.switch_ms = int(rng.integers(15, 22) * 3_600_000)
        self.free: list[Codes] = []  # Own addresses nobody has.
        for kind in range(8):
            self._lay_out(rng, kind)

    def _lay_out(self, rng: Generator, kind: int) -> None:
        lines = rng.permutation(np.flatnonzero(self.kind == kind))
        if not lines.size:
            return
        sharing = {MAP_E: 1 << self.set_bits, BLOCKS: (1 << self.block_bits) - 1}.get(kind, 1)
        if kind in {CGNAT, DS_LITE}:
            sharing = int(rng.integers(8, 60))
        needed = -(-lines.size // sharing)
        bits = int(np.clip(np.log2(needed * 1.3) - 1, 8 if kind not in _SHARED else 4, 15))
        blocks = int(-(-needed * 1.3 // (1 << bits)))
        first = -(-self._base // (1 << bits)) << bits
        self._base = first + (blocks << bits)
        self._name(kind, first, bits, blocks)
        places = np.arange(first, self._base, dtype=np.uint64)
        if kind in _SHARED:
            places = rng.permutation(places)[:needed]
            at = np.arange(lines.size) // sharing
            self.v4[:, lines] = places[at]
            self.port_set[lines] = np.arange(lines.size) % sharing + (kind == BLOCKS)
            if kind in {CGNAT, DS_LITE}:
                self.key[lines] = self.n + places[at].astype(np.int64)
            return
        places = rng.permutation(places)
        self.v4[:, lines] = places[: lines.size]
        free = places[lines.size :]
        if kind in {PPP, IPOE}:
            free = self._release(rng, lines, free, rng.uniform(0.02, 0.3 if kind == PPP else 0.05))
        self.free.append(free)

    def _release(self, rng: Generator, lines: Ints, free: Codes, chance: float) -> Codes:
        """Move lines of a restless third to other addresses night by night."""
        restless = lines[rng.random(lines.size) < 1 / 3]
        for night in range(1, 8):
            movers = restless[rng.random(restless.size) < min(1.0, 3 * chance)]
            pool = rng.permutation(np.concatenate([self.v4[night - 1, movers], free]))
            self.v4[night:, movers] = pool[: movers.size]
            free = pool[movers.size :]
        return free

    def _name(self, kind: int, first: int, bits: int, blocks: int) -> None:
        line_bits = {MAP_E: 32 + self.set_bits, BLOCKS: 32 + self.block_bits}.get(kind, 32)
        name = _NAMES[kind] + (f":{self.offset}" if kind == MAP_E else "")
        customer = "corporate" if kind in {OFFICE, HOSTED} else "private"
        for block in range(blocks):
            base = first + (block << bits)
            dotted = ".".join(str(base >> shift & 255) for shift in (24, 16, 8, 0))
            self.networks.append(f"{dotted}/{32 - bits}, {name}, {line_bits}, {customer}")

    def is_static(self) -> Bools:
        """Lines with an IPv4 address of their own that never changes."""
        own = ~np.isin(self.kind, _SHARED)
        return np.asarray(own & (self.v4 == self.v4[0]).all(axis=0), bool)

    def seen(self, line: Ints, ts: Ints, v6: Bools, port: Ints, slot: int) -> tuple[Codes, Ints]:
        """Give address and port under which packets of *line* are seen outside."""
        night = np.clip((ts - self.switch_ms) // DAY + 1, 0, 7)
        code = self.v4[night, line]
        kind = self.kind[line]
        port = port.copy()
        at = np.flatnonzero((kind == MAP_E) & ~v6)
        low = 16 - self.offset - self.set_bits
        wide = 1 + port[at] % ((1 << self.offset) - 1)
        inner = self.port_set[line[at]] << low | (port[at] >> self.offset) % (1 << low)
        port[at] = wide << (16 - self.offset) | inner
        at = np.flatnonzero((kind == BLOCKS) & ~v6)
        size = 16 - self.block_bits
        port[at] = self.port_set[line[at]] << size | port[at] % (1 << size)
        day = ts // DAY if slot < 2 else np.zeros_like(ts)  # Devices keep their identifier.
        face = (line * 2_654_435_761 + slot * 40_503 + day * 7_919) >> 3 & 0xFFFFFF
        wide_code = (OWN_V6 | self.v6_line[line] << 24 | face).astype(np.uint64)
        return np.where(v6, wide_code, code), port

    def moments(self, rng: Generator, habit: Ints, t0: Ints, t1: Ints) -> Ints:
        """Draw one moment in [t0, t1) for each row, after the hours of its habit."""
        edges = np.linspace(0, WEEK, 169)
        low, high = self.passed(habit, t0), self.passed(habit, t1)
        chance = low + rng.random(habit.size) * (high - low)
        ts = np.empty(habit.size)
        for each in np.unique(habit):
            at = habit == each
            ts[at] = np.interp(chance[at], self.hours[each], edges)
        return ts.astype(np.int64)

    def passed(self, habit: Ints, t: Ints) -> Floats:
        """Give the part of a week's activity that lies before *t*."""
        edges = np.linspace(0, WEEK, 169)
        part = np.empty(habit.size)
        for each in np.unique(habit):
            at = habit == each
            part[at] = np.interp(t[at], edges, self.hours[each])
        return part


def _hours(rng: Generator) -> Floats:
    """Draw how activity adds up over the 168 hours of the week, shape (habits, 169)."""
    hour = (np.arange(168) + 9) % 24  # The clock on the wall: UTC+9.
    weekend = (np.arange(168) + 9) // 24 % 7 >= 5
    evening = np.exp(2 * np.cos((hour - rng.uniform(20, 22)) / 24 * 2 * np.pi))
    home = 0.25 + evening + np.where(weekend, 1.2, 0.5) * ((hour > 8) & (hour < 19))
    work = 0.06 + ((hour > 7) & (hour < 19)) * np.where(weekend, 0.08, 1.0)
    table = np.stack([home, work, np.ones(168), 0.02 + evening**1.5])
    table = np.cumsum(table * rng.uniform(0.9, 1.1, table.shape), axis=1)
    return np.hstack([np.zeros((4, 1)), table / table[:, -1:]])
