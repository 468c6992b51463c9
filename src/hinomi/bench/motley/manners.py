"""
Manners: how the two ends of a relation talk, as one joint law.

Good and bad services alike take theirs from the pool of their world: no manner is that of
a C&C server. Only how often each side takes which is drawn apart, more or less.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.ground.draws import Draws
from hinomi.bench.motley.clock import FLAT, HABITS
from hinomi.bench.profiled.shapes import PacketKind
from hinomi.model.protocol import Protocol

SIZES: Final = 3
"""Components of the mixture of payload sizes, each way."""

ANY_PORT: Final = 0
"""In place of a port: each service has one of its own."""

LAW: Final = np.dtype([
    ("proto", np.int64),
    ("port", np.int64),
    ("down", np.float64),  # Share of the packets that the server sends.
    ("kinds", np.float64, (2, len(PacketKind))),  # Running sums of shares, up and down.
    ("bytes", np.float64, (2, SIZES)),  # Middle payload of a data packet,
    ("vary", np.float64, 2),  # sigma of its logarithm,
    ("odds", np.float64, (2, SIZES)),  # and running sums of how common each component is.
    ("headers", np.int64),
    ("rate", np.float64),  # Packets sampled of a client, in a week at 1 in 10,000.
    ("spread", np.float64),  # Sigma of the logarithm of clients' rates.
    ("burst", np.float64),  # Packets sampled at one time, mean, at least 1,
    ("burst_days", np.float64),  # within this time,
    ("merged", np.float64),  # in one record, this share of the bursts.
    ("habit", np.int64),
    ("daily", np.float64),  # Share of the days on which a client comes.
    ("period", np.float64),  # Days between calls; 0: by chance.
    ("life", np.float64),  # Days for which a client keeps a port.
    ("mirror", np.float64),  # 1: the client's port is the server's.
])  # fmt: skip
"""One manner; a table of them is an array of this type."""

Law = np.void | NDArray[Any]

_USUAL_PORTS: Final = (443, 443, 443, 80, 8080, 53, 123, 25, 22, 993, 8443, 3478)
_REGISTERED: Final = (
    1883, 8883, 5222, 5223, 5228, 6667, 1194, 3333, 4444, 5060, 5555, 6881, 7547, 9000, 9001,
    10000, 1935, 25565, 27015, 37777, 34567, 2222, 8000, 8888, 81, 8081, 5938, 48101, 23, 2323,
)  # fmt: skip
_HIGH_PORTS: Final = (1_024, 65_000)
_KIND_SHARES: Final = np.array([0.12, 0.35, 0.4, 0.1, 0.05, 0.12])
_HEADERS: Final = (40, 52)  # TCP without options and with timestamps.


def draw_law(draws: Draws) -> Law:
    """Draw a manner."""
    law = np.zeros((), LAW)
    udp = draws.happens(0.22)
    law["proto"] = Protocol.UDP if udp else Protocol.TCP
    law["port"] = draws.pick(
        (ANY_PORT, draws.pick(_USUAL_PORTS), draws.pick(_REGISTERED), draws.whole(*_HIGH_PORTS)),
        (0.35, 0.25, 0.2, 0.2),
    )
    law["down"] = draws.pick(
        (draws.between(0.35, 0.65), draws.between(0, 1), 0.0, 1.0), (0.55, 0.3, 0.1, 0.05)
    )
    law["kinds"] = _kinds(draws)
    law["bytes"] = draws.numbers(1, 1_200, 2 * SIZES).reshape(2, SIZES)
    law["vary"] = np.where(draws.chances(0.4, 2), 0.0, draws.numbers(0.02, 1, 2))
    odds = np.cumsum(draws.rng.dirichlet(np.full(SIZES, draws.number(0.1, 3)), 2), axis=1)
    law["odds"] = odds / odds[:, -1:]
    law["headers"] = draws.pick(_HEADERS)
    law["rate"] = draws.number(0.12, 20)
    law["spread"] = draws.between(0, 1.5)
    law["burst"] = 1.0 if draws.happens(0.6) else draws.number(1.1, 8)
    law["burst_days"] = draws.number(1e-4, 0.1)
    law["merged"] = draws.between(0, 0.6)
    law["habit"] = FLAT if draws.happens(0.4) else draws.whole(1, HABITS)
    law["daily"] = 1.0 if draws.happens(0.5) else draws.between(0.05, 1)
    law["period"] = draws.number(1e-3, 1) if draws.happens(0.35) else 0.0
    law["life"] = draws.number(1e-5, 20)
    law["mirror"] = float(udp and draws.happens(0.2))
    return law


def fixed_law(kind: PacketKind, answer: PacketKind, *, proto: Protocol, size: int) -> Law:
    """Give a manner of one kind of packet each way, of one size, once."""
    law = np.zeros((), LAW)
    law["proto"], law["headers"], law["life"] = proto, _HEADERS[0], 1e-5
    for way, only in enumerate((kind, answer)):
        law["kinds"][way] = np.arange(len(PacketKind)) >= only
    law["bytes"], law["odds"] = size, 1.0
    law["rate"] = law["burst"] = law["daily"] = 1.0
    return law


def depart(draws: Draws, law: Law, wobble: float) -> Law:
    """Give a manner that departs from *law* in degree, by factors of about e to *wobble*."""
    own = law.copy()
    for name in ("bytes", "rate", "spread", "life", "period", "burst_days"):
        own[name] = own[name] * draws.spread(0, wobble, own[name].size).reshape(own[name].shape)
    own["bytes"] = np.clip(own["bytes"], 1, 1_400)
    if not 0 < own["down"] < 1:
        return own  # One way stays one way.
    own["down"] = np.clip(own["down"] + draws.rng.normal(0, wobble * 0.15), 0.05, 0.95)
    return own


class Manners:
    """All manners of a world, by number."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows = np.zeros(64, LAW)
        self._count = 0

    @property
    def table(self) -> NDArray[Any]:
        """Give them as an array of LAW."""
        return self._rows[: self._count]

    def add(self, law: Law) -> int:
        """Add one; give its number."""
        if self._count == self._rows.size:
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[self._count] = law
        self._count += 1
        return self._count - 1


def _kinds(draws: Draws) -> NDArray[np.float64]:
    """Draw what share of the packets is of which kind: of sessions, polls, or anything."""
    tastes = _KIND_SHARES * draws.spread(0, 1, len(PacketKind))
    if draws.happens(0.5):
        tastes[[PacketKind.SYN, PacketKind.FIN]] *= 0.05  # Long sessions.
    both = draws.rng.dirichlet(tastes * draws.number(2, 60), 2) + 1e-9
    sums = np.cumsum(both, axis=1)
    return np.asarray(sums / sums[:, -1:], np.float64)
