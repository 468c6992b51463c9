"""Who exchanges what with whom, sampled: pairs of ends in, flow records out."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hinomi.bench.addressing import OWN_V6, Codes, is_own
from hinomi.bench.exchange import ACK, FIN, MAX_BYTES, PSH, RST, SYN
from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes
from hinomi.bench.ground.lines import Lines
from hinomi.bench.ground.records import Ledger, Records
from hinomi.bench.motley.clock import Clock
from hinomi.bench.motley.manners import SIZES, Manners
from hinomi.bench.profiled.shapes import PacketKind
from hinomi.bench.sampling import scatter_unit
from hinomi.bench.spec import DAY_MS
from hinomi.model.flow import UNKNOWN_FLAGS, Ingress
from hinomi.model.protocol import Protocol

OUTSIDE: Final = -1
"""In place of a line: the client is nobody's here."""

_FLAGS: Final = np.array([SYN, ACK, PSH | ACK, FIN | ACK, RST, ACK], np.int64)
_UDP_HEADERS: Final = 28
_SYN_BYTES: Final = 8  # Options of a handshake beside the usual headers.
_MORE_OF_V6: Final = 20  # RFC 8200: 40 bytes of header against 20.
_DRIFT: Final = 0.02  # Of a period.


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Pairs of ends; arrays have shape (n,), or one value for all."""

    client: Codes
    server: ArrayLike
    port: ArrayLike
    manner: ArrayLike
    line: ArrayLike = OUTSIDE  # Of the client.
    factor: ArrayLike = 1.0  # Of the manner's rate.
    bursts: ArrayLike | None = None  # So many; None: as the rate has it.
    starts: ArrayLike = 0.0  # Days.
    ends: ArrayLike | None = None  # None: with the window.
    ingress: ArrayLike | None = None  # Of what the client sends; None: where it belongs.


@dataclass(frozen=True, slots=True)
class _Bursts:
    """What happens at one time; arrays have shape (n,)."""

    pair: Wholes
    at: Reals
    size: Wholes


class Meetings:
    """Samples pairs and writes down what was met."""

    def __init__(self, lines: Lines, clock: Clock, manners: Manners, gain: float) -> None:
        """Begin with nothing written down; *gain* is of all rates."""
        self._lines, self._clock, self._manners, self._gain = lines, clock, manners, gain
        self.ledger = Ledger()

    def meet(self, draws: Draws, pairs: Pairs) -> Wholes:
        """
        Sample pairs and write down what was met.

        Returns:
            How many packets of each pair were sampled, shape (n,).
        """
        count = pairs.client.size
        manner = _whole(pairs.manner, count)
        bursts = self._burst(draws, pairs, manner)
        law = self._manners.table
        whole = (bursts.size > 1) & (
            draws.rng.random(bursts.size.size) < law["merged"][manner[bursts.pair]]
        )
        rows = np.repeat(np.arange(bursts.pair.size), np.where(whole, 1, bursts.size))
        pair = bursts.pair[rows]
        late = np.where(whole | (bursts.size == 1), 0.0, law["burst_days"][manner[bursts.pair]])
        at = self._clock.within(bursts.at[rows] + draws.rng.exponential(1, rows.size) * late[rows])
        packets = np.where(whole, bursts.size, 1)[rows]
        self._write(draws, pairs, pair=pair, manner=manner[pair], at=at, packets=packets)
        return np.bincount(pair, packets, count).astype(np.int64)

    def _burst(self, draws: Draws, pairs: Pairs, manner: Wholes) -> _Bursts:
        count, law, days = pairs.client.size, self._manners.table, self._clock.days
        starts = _real(pairs.starts, count)
        ends = _real(days if pairs.ends is None else pairs.ends, count)
        if pairs.bursts is None:
            sigma = law["spread"][manner]
            taste = np.exp(draws.rng.normal(0, 1, count) * sigma - sigma**2 / 2)
            rate = law["rate"][manner] * self._gain * np.maximum(ends - starts, 0) / days
            rate *= taste * _real(pairs.factor, count) / law["burst"][manner]
            number = draws.rng.poisson(np.minimum(rate, 1e4))
        else:
            number = _whole(pairs.bursts, count)
        pair = np.repeat(np.arange(count), number)
        mine, salt = manner[pair], (pairs.client[pair], _whole(pairs.server, count)[pair])
        at = self._clock.when(draws, law["habit"][mine], starts[pair], ends[pair])
        at = self._return(draws, at, law["daily"][mine], salt)
        period = law["period"][mine]
        ticks = np.where(period > 0, period, 1.0)
        phase = scatter_unit(*salt) * ticks
        drift = draws.rng.normal(0, _DRIFT, pair.size)
        ticked = phase + (np.round((at - phase) / ticks) + drift) * ticks
        at = np.where(period > 0, ticked, at)
        at = self._clock.within(np.clip(at, starts[pair], ends[pair]))
        return _Bursts(pair, at, draws.rng.geometric(1 / law["burst"][mine]))

    def _return(self, draws: Draws, at: Reals, daily: Reals, salt: tuple[Wholes, Wholes]) -> Reals:
        """Move what happens to the days on which a client comes."""
        some = np.flatnonzero(daily < 1)
        if not some.size:
            return at
        client, server = (each[some] for each in salt)
        days = np.arange(self._clock.days)
        order = np.argsort(
            [scatter_unit(client, server, int(day)) for day in days], axis=0, kind="stable"
        )
        coming = np.maximum(1, np.round(daily[some] * days.size)).astype(np.int64)
        chosen = (draws.rng.random(some.size) * coming).astype(np.int64)
        moved = at.copy()
        moved[some] = order[chosen, np.arange(some.size)] + at[some] % 1.0
        return moved

    def _write(
        self,
        draws: Draws,
        pairs: Pairs,
        *,
        pair: Wholes,
        manner: Wholes,
        at: Reals,
        packets: Wholes,
    ) -> None:
        count, law = pairs.client.size, self._manners.table
        client, server = pairs.client[pair], _whole(pairs.server, count)[pair]
        port, line = _whole(pairs.port, count)[pair], _whole(pairs.line, count)[pair]
        proto = law["proto"][manner]
        client_port = self._lines.client_ports(client, server, port, line, at / law["life"][manner])
        mirrored = (law["mirror"][manner] > 0) & ~self._is_shared(line)
        client_port = np.where(mirrored, port, client_port)
        down = draws.rng.random(pair.size) < law["down"][manner]
        flags, size = _packets(draws, law, manner, down)
        many = packets > 1
        flags |= np.where(many & (proto == Protocol.TCP), ACK, 0)
        size += np.where((client >= OWN_V6) | (server >= OWN_V6), _MORE_OF_V6, 0)
        src = np.where(down, server, client)
        usual = np.where(is_own(src), Ingress.SUBSCRIBER, Ingress.TRANSIT)
        if pairs.ingress is not None:
            usual = np.where(down, usual, _whole(pairs.ingress, count)[pair])
        lasting = draws.rng.random(pair.size) * law["burst_days"][manner] * DAY_MS
        self.ledger.keep(Records(
            ts_ms=(at * DAY_MS).astype(np.int64), src=src, dst=np.where(down, client, server),
            src_port=np.where(down, port, client_port), dst_port=np.where(down, client_port, port),
            proto=proto, flags=np.where(proto == Protocol.TCP, flags, UNKNOWN_FLAGS),
            packets=packets, octets=np.minimum(size, MAX_BYTES) * packets,
            duration_ms=np.where(many, np.minimum(lasting, 300_000), 0).astype(np.int64),
            ingress=usual,
        ))  # fmt: skip

    def _is_shared(self, line: Wholes) -> Mask:
        shared: Mask = (line >= 0) & self._lines.shared[np.maximum(line, 0)]
        return shared


def _packets(draws: Draws, law: NDArray[Any], manner: Wholes, down: Mask) -> tuple[Wholes, Wholes]:
    """Draw TCP flags, and bytes at the IP layer, of one packet a row."""
    way = down.astype(np.int64)
    chance = draws.rng.random((2, down.size))
    kind = (chance[0][:, None] > law["kinds"][manner, way]).sum(axis=1)
    kind = np.minimum(kind, int(PacketKind.FULL))
    part = (chance[1][:, None] > law["odds"][manner, way]).sum(axis=1)
    part = np.minimum(part, SIZES - 1)
    payload = law["bytes"][manner, way, part]
    payload *= np.exp(draws.rng.normal(0, 1, down.size) * law["vary"][manner, way])
    payload = np.maximum(np.round(payload), 1).astype(np.int64)
    is_udp = law["proto"][manner] == Protocol.UDP
    size = np.where((kind == PacketKind.DATA) | is_udp, payload, 0)
    size += np.where(is_udp, _UDP_HEADERS, law["headers"][manner])
    size += np.where((kind == PacketKind.SYN) & ~is_udp, _SYN_BYTES, 0)
    size = np.where((kind == PacketKind.FULL) & ~is_udp, MAX_BYTES, size)
    flags = np.where((kind == PacketKind.SYN) & down, SYN | ACK, _FLAGS[kind])
    return flags, size


def _whole(value: ArrayLike, count: int) -> Wholes:
    return np.broadcast_to(np.asarray(value, np.int64), (count,))


def _real(value: ArrayLike, count: int) -> Reals:
    return np.broadcast_to(np.asarray(value, np.float64), (count,))
