"""A world under construction: the services outside, and how conversations are sampled."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.random import Generator

from examiner.lines import Lines
from examiner.profiles import ACK, ICMP, TCP, Profile
from examiner.rows import FAR_V6, OWN_V6, WEEK, Codes, Floats, Ints, N, Rows

HOSTING, ACCESS, CDN, CLOUD, OTHER = range(5)
"""Kinds of networks elsewhere."""
_OWN: Final = -1  # Habit of a conversation: that of its line.


@dataclass(slots=True, kw_only=True)
class Named:
    """What is true of one named service."""

    label: str
    family: str = ""
    tier: int | None = None
    design: str = ""
    members: int | None = None
    packets_a_day: float | None = None
    fronts: frozenset[int] = frozenset()  # Lines, of an upper tier.
    known: bool = False


class Services:
    """Services by number: address, protocol, port, and the same one under IPv6."""

    def __init__(self) -> None:
        self.n = 0
        self.address: Codes = np.zeros(1 << 14, np.uint64)
        self.proto: Ints = np.zeros(1 << 14, np.int64)
        self.port: Ints = np.zeros(1 << 14, np.int64)
        self.twin: Ints = np.full(1 << 14, -1)
        self.host: Ints = np.full(1 << 14, -1)  # The own line that runs it.
        self.told: Ints = np.zeros(1 << 14, np.int64)  # 1: named in the truth.
        self.named: dict[int, Named] = {}

    def add(self, address: Codes, proto: Any, port: Any) -> Ints:
        """Add services and give their numbers."""
        ids = np.arange(self.n, self.n + address.size)
        self.n += address.size
        while self.n > self.address.size:
            size = self.address.size
            for name in ("address", "proto", "port", "twin", "host", "told"):
                old = getattr(self, name)
                fresh = np.full(2 * size, -1 if name in {"twin", "host"} else 0, old.dtype)
                fresh[:size] = old
                setattr(self, name, fresh)
        self.address[ids], self.proto[ids], self.port[ids] = address, proto, port
        return ids


@dataclass(slots=True)
class Truth:
    """Who was sampled with a named service: pairs of service and line."""

    pairs: list[Ints] = field(default_factory=list)
    members: list[Ints] = field(default_factory=list)


class World:
    """Everything that is drawn together."""

    def __init__(self, rng: Generator, lines: int) -> None:
        self.rng = rng
        self.lines = Lines(rng, lines)
        self.rows = Rows()
        self.services = Services()
        self.census = Truth()
        kinds = rng.dirichlet([18, 45, 3, 14, 20])
        self.blocks = rng.permutation(np.arange(240 << 8, 248 << 8))  # /16s elsewhere.
        self.block_kind = rng.choice(5, self.blocks.size, p=kinds)
        self.block_kind[:5] = range(5)
        self.static = rng.permutation(np.flatnonzero(self.lines.is_static()))
        self.lent = 0
        self.owners: list[Ints] = []  # Of each device model.
        self.named_models: list[str] = []

    def far(self, kind: int, count: int, *, networks: int = 0, v6: bool = False) -> Codes:
        """Draw addresses elsewhere; *networks* makes them lie close together."""
        blocks = self.blocks[self.block_kind == kind]
        if networks:
            blocks = self.rng.choice(blocks, networks)
        block = self.rng.choice(blocks, count).astype(np.uint64)
        if v6:
            host = self.rng.integers(1, 1 << 32, count, np.uint64)
            wide: Codes = np.uint64(FAR_V6) | block << np.uint64(44) | host
            return wide
        codes: Codes = block << np.uint64(16) | self.rng.integers(1, 65_535, count, np.uint64)
        return codes

    def borrow(self, count: int) -> Ints:
        """Take own lines with a lasting address, each only once."""
        self.lent += count
        return self.static[self.lent - count : self.lent]

    def serve(self, label: str, addresses: Codes, proto: int, port: Any, **facts: Any) -> Ints:
        """Add named services."""
        ids = self.services.add(addresses, proto, port)
        for each in ids.tolist():
            self.services.named[each] = Named(label=label, **facts)
        self.services.told[ids] = 1
        return ids

    def double(self, ids: Ints, share: float) -> None:
        """Give a share of named services the same service under IPv6."""
        for each in ids[self.rng.random(ids.size) < share].tolist():
            facts = self.services.named[each]
            twin = self.services.add(
                self.far(CDN, 1, v6=True), self.services.proto[each], self.services.port[each]
            )
            self.services.named[int(twin[0])] = replace(facts)
            self.services.twin[each], self.services.told[twin] = twin[0], 1

    def serve_own(self, label: str, lines: Ints, proto: int, port: Any, **facts: Any) -> Ints:
        """Add named services that own lines run; they must come from `borrow`."""
        ids = self.serve(label, self.lines.v4[0, lines], proto, port, **facts)
        self.services.host[ids] = lines
        return ids

    def some(self, count: int, *, corporate: bool | None = None) -> Ints:
        """Draw different lines."""
        of = self.lines.corporate == corporate if corporate is not None else self.lines.kind >= 0
        lines = np.flatnonzero(of)
        return self.rng.choice(lines, min(count, lines.size), replace=False)

    def talk(
        self,
        line: Ints,
        service: Ints,
        mu: Any,
        look: Profile,
        *,
        habit: int = _OWN,
        t0: Any = 0,
        t1: Any = WEEK,
        member: bool = False,
        slot: int = 2,
    ) -> int:
        """
        Sample the packets that pairs of line and service exchange.

        Args:
            line: One end of each pair, shape (n,).
            service: The other.
            mu: Packets of a week of talking, both ways, scalar or shape (n,).
            look: What packets look like.
            habit: Hours; the line's own by default.
            t0: From when, ms from the start; scalar or shape (n,).
            t1: Until when.
            member: Whether the line talks as a member of the service's botnet.
            slot: Number of the device behind the line; PCs are 0 and 1.

        Returns:
            Number of records.
        """
        lines, services, rng = self.lines, self.services, self.rng
        t0, t1 = (np.broadcast_to(t, line.shape).astype(np.int64) for t in (t0, t1))
        hours = lines.habit[line] if habit == _OWN else np.full(line.shape, habit)
        part = lines.passed(hours, t1) - lines.passed(hours, t0)
        picked = rng.poisson(np.maximum(mu * part, 0) / N)
        twin = services.twin[service]
        swap = (twin >= 0) & lines.v6[line] & ((line * 31 + service * 17) % 10 < 8)
        service = np.where(swap, twin, service)
        v6 = services.address[service] >= FAR_V6
        picked[(v6 & ~lines.v6[line]) | (services.host[service] == line)] = 0
        at = np.repeat(np.arange(line.size), picked)
        if not at.size:
            return 0
        near, far, v6 = line[at], service[at], v6[at]
        self.count(near, far, member=member)
        ts = lines.moments(rng, hours[at], t0[at], t1[at])
        ts = np.clip(ts + lines.shift[near] * (hours[at] != 2), t0[at], t1[at] - 1)
        kind = rng.choice(look.up.size, at.size, p=look.chance)
        up = look.up[kind]
        size = rng.integers(look.low[kind], np.maximum(look.high[kind], look.low[kind]) + 1)
        if look.lasting:  # A connection holds for a day or so.
            port = 32_768 + (near * 7_919 + far * 104_729 + ts // 90_000_000 * 613) % 28_000
        else:
            port = rng.integers(32_768, 61_000, at.size)
        code, port = lines.seen(near, ts, v6, port, slot)
        self.put(ts, code, far, up=up, port=port, flags=look.flags[kind], size=size + 20 * v6)
        return int(at.size)

    def put(
        self, ts: Ints, code: Codes, service: Ints, *, up: Any, port: Ints, flags: Ints, size: Ints
    ) -> None:
        """Add packets between own addresses and services, in either direction."""
        remote, remote_port = self.services.address[service], self.services.port[service]
        proto = self.services.proto[service]
        port = np.where(proto == ICMP, 0, port)
        own = self.services.host[service] >= 0
        self.rows.add(
            ts,
            src=np.where(up, code, remote), dst=np.where(up, remote, code),
            sport=np.where(up, port, remote_port), dport=np.where(up, remote_port, port),
            proto=proto, flags=np.where(proto == TCP, flags, 0), size=size,
            ingress=np.where(up | own, 1, border(remote)),
        )  # fmt: skip

    def count(self, line: Ints, service: Ints, *, member: bool = False) -> None:
        """Remember who was sampled with a named service."""
        told = self.services.told[service] == 1
        pairs = np.unique(service[told] << 32 | line[told])
        (self.census.members if member else self.census.pairs).append(pairs)

    def sessions(
        self,
        line: Ints,
        mean: Floats,
        choose: Callable[[int], Ints],
        *,
        look: Profile,
        classes: list[tuple[float, float, int]],
        habit: int = _OWN,
    ) -> int:
        """
        Sample sessions of very different lengths, metered as one record a minute.

        Args:
            line: Lines, shape (n,).
            mean: Sampled packets expected of each line in the week, shape (n,).
            choose: From the number of sessions to as many services.
            look: What packets look like.
            classes: Rows of share of packets, sampled packets expected of a session, seconds.
            habit: Hours; the line's own by default.

        Returns:
            Number of records.
        """
        rng, lines, before = self.rng, self.lines, self.rows.count
        for share, each, seconds in classes:
            met = rng.poisson(mean * share / each * -np.expm1(-each))
            who = np.repeat(line, met)
            service = choose(who.size)
            twin = self.services.twin[service]
            service = np.where(
                (twin >= 0) & lines.v6[who] & (rng.random(who.size) < 0.8), twin, service
            )
            v6 = self.services.address[service] >= FAR_V6
            ok = lines.v6[who] | ~v6
            who, service, v6 = who[ok], service[ok], v6[ok]
            hours = lines.habit[who] if habit == _OWN else np.full(who.size, habit)
            begin = lines.moments(rng, hours, np.zeros(who.size, np.int64), np.full(who.size, WEEK))
            begin = np.clip(begin + lines.shift[who], 0, WEEK - 1)
            count = _at_least_one(rng, np.full(who.size, each))
            at = np.repeat(np.arange(who.size), count)
            ts = begin[at] + (rng.random(at.size) * seconds * 1000).astype(np.int64)
            kind = rng.choice(look.up.size, at.size, p=look.chance)
            code, port = lines.seen(who, begin, v6, rng.integers(32_768, 61_000, who.size), 0)
            self.count(who, service, member=False)
            up, remote = look.up[kind], self.services.address[service][at]
            sp, proto = self.services.port[service][at], self.services.proto[service][at]
            size = rng.integers(look.low[kind], look.high[kind] + 1) + 20 * v6[at]
            self.rows.add_metered(
                at, up, ts,
                src=np.where(up, code[at], remote), dst=np.where(up, remote, code[at]),
                sport=np.where(up, port[at], sp), dport=np.where(up, sp, port[at]),
                proto=proto, flags=np.where(proto == TCP, look.flags[kind], 0), size=size,
                ingress=np.where(up, 1, border(remote)),
            )  # fmt: skip
        return self.rows.count - before

    def raw(self, ts: Ints, near: Codes, far: Codes, *, up: Any, **columns: Any) -> None:
        """Add packets between any addresses: *near_port*, *far_port*, proto, flags, size."""
        near_port, far_port = columns.pop("near_port"), columns.pop("far_port")
        forged = columns.pop("forged", False)  # An own source arriving from outside.
        outside = border(np.where(far < OWN_V6, far, near))
        columns.setdefault("flags", ACK)
        columns["flags"] = np.where(columns["proto"] == TCP, columns["flags"], 0)
        self.rows.add(
            ts,
            src=np.where(up, near, far), dst=np.where(up, far, near),
            sport=np.where(up, near_port, far_port), dport=np.where(up, far_port, near_port),
            ingress=np.where(np.asarray(up) & ~np.asarray(forged), 1, outside), **columns,
        )  # fmt: skip


def border(code: Codes) -> Ints:
    """Tell at which kind of border packets from an address arrive: peering or transit."""
    kind: Ints = np.where(
        (code >> np.uint64(16)) * np.uint64(2_654_435_761) >> np.uint64(7) & np.uint64(3), 3, 2
    )
    return kind


def popular(rng: Generator, count: int, slope: float, size: int) -> Ints:
    """Draw places after a Zipf law with *slope* over *count* places."""
    weight = np.cumsum(1 / np.arange(1, count + 1) ** slope)
    return np.asarray(np.searchsorted(weight, rng.random(size) * weight[-1]), np.int64)


def _at_least_one(rng: Generator, mean: Floats) -> Ints:
    """Draw from a Poisson law given that it is not zero."""
    least = np.exp(-mean)
    first = -np.log(least + rng.random(mean.size) * (1 - least))  # Arrival of the first.
    more = np.maximum(mean - first, 0)
    return np.asarray(1 + rng.poisson(more), np.int64)
