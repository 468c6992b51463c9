"""The sheet on which everything that was sampled is written down, part by part."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hinomi.bench.addressing import Codes, is_own
from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes
from hinomi.bench.ground.lines import Lines
from hinomi.bench.ground.records import Ledger, Records
from hinomi.bench.profiled.hours import DAYS, Habit, Hours
from hinomi.bench.profiled.shapes import Shapes
from hinomi.bench.spec import DAY_MS
from hinomi.model.flow import Ingress

OUTSIDE: Final = -1
"""In place of a line: the client is nobody's here."""

_MERGED_MS: Final = (20_000.0, 300_000)  # Mean and most of how long a record with several lasts.


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Sampled packets, client and server told apart; arrays have shape (n,), or one value."""

    client: Codes
    server: Codes
    client_port: ArrayLike
    server_port: ArrayLike
    proto: ArrayLike
    shape: ArrayLike
    down: Mask  # The server sends.
    at: Reals  # Days since the window began.
    ingress: ArrayLike | None = None  # None: by the sender.
    packets: Wholes | None = None  # Of the record; None: one.


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """Pairs of ends that exchange packets; arrays have shape (n,), or one value for all."""

    client: Codes
    server: Codes | int
    port: ArrayLike
    proto: ArrayLike
    shape: ArrayLike
    up: ArrayLike  # Packets expected to be sampled.
    down: ArrayLike
    line: ArrayLike = OUTSIDE  # Of the client.
    habit: ArrayLike = Habit.FLAT
    starts: ArrayLike = 0.0  # Days.
    ends: ArrayLike = DAYS
    life: ArrayLike = 0.2  # Days for which a client keeps a port.
    client_port: ArrayLike | None = None  # None: one of the line's own.
    ingress: ArrayLike | None = None


class Sheet:
    """Collects what was sampled."""

    def __init__(self, lines: Lines, hours: Hours, shapes: Shapes) -> None:
        """Begin empty."""
        self._lines, self._hours, self._shapes = lines, hours, shapes
        self._ledger = Ledger()

    @property
    def count(self) -> int:
        """Count the records written down."""
        return self._ledger.count

    def write(self, draws: Draws, rows: Rows) -> None:
        """Write packets down as they are."""
        count = rows.client.size
        if not count:
            return
        proto, shape, client_port, server_port = (
            np.broadcast_to(np.asarray(each, np.int64), (count,))
            for each in (rows.proto, rows.shape, rows.client_port, rows.server_port)
        )
        down = rows.down
        flags, size = self._shapes.draw(draws, shape, proto, down, (rows.client, rows.server))
        src = np.where(down, rows.server, rows.client)
        sender = np.where(is_own(src), Ingress.SUBSCRIBER, Ingress.TRANSIT)
        packets = np.ones(count, np.int64) if rows.packets is None else rows.packets
        lasting = draws.rng.exponential(_MERGED_MS[0], count).astype(np.int64) % _MERGED_MS[1]
        self._ledger.keep(Records(
            ts_ms=(rows.at * DAY_MS).astype(np.int64),
            src=src,
            dst=np.where(down, rows.client, rows.server),
            src_port=np.where(down, server_port, client_port),
            dst_port=np.where(down, client_port, server_port),
            proto=proto,
            flags=flags,
            packets=packets,
            octets=size * packets,
            duration_ms=np.where(packets > 1, lasting, 0),
            ingress=np.broadcast_to(
                np.asarray(sender if rows.ingress is None else rows.ingress), (count,)
            ),
        ))  # fmt: skip

    def relate(self, draws: Draws, relations: Relations) -> Wholes:
        """
        Sample relations and write down what was met.

        Returns:
            How many packets of each relation were sampled, shape (n,).
        """
        pairs = relations.client.size

        def whole(value: ArrayLike) -> Wholes:
            return np.broadcast_to(np.asarray(value, np.int64), (pairs,))

        def real(value: ArrayLike) -> Reals:
            return np.broadcast_to(np.asarray(value, np.float64), (pairs,))

        up = draws.rng.poisson(real(relations.up))
        met: Wholes = up + draws.rng.poisson(real(relations.down))
        pair = np.repeat(np.arange(pairs), met)
        position = np.arange(pair.size) - np.repeat(np.cumsum(met) - met, met)
        line = whole(relations.line)[pair]
        late = np.where(line >= 0, self._lines.phase[line], 0.0)
        starts, ends = real(relations.starts)[pair], real(relations.ends)[pair]
        at = self._hours.when(draws, whole(relations.habit)[pair], starts, ends, late)
        client, server = relations.client[pair], whole(relations.server)[pair]
        port = whole(relations.port)[pair]
        if relations.client_port is None:
            life = real(relations.life)[pair]
            client_port = self._lines.client_ports(client, server, port, line, at / life)
        else:
            client_port = whole(relations.client_port)[pair]
        told = relations.ingress
        self.write(draws, Rows(
            client=client, server=server, client_port=client_port, server_port=port,
            proto=whole(relations.proto)[pair], shape=whole(relations.shape)[pair],
            down=position >= up[pair], at=at,
            ingress=None if told is None else whole(told)[pair],
        ))  # fmt: skip
        return met

    def records(self) -> Records:
        """Give everything written down, in that order; the sheet is empty afterwards."""
        return self._ledger.close()
