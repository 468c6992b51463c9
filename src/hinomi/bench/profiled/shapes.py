"""What the packets of a relation look like: a mixture of kinds for each direction."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from hinomi.bench.addressing import OWN_V6, Codes
from hinomi.bench.exchange import ACK, FIN, MAX_BYTES, PSH, RST, SYN
from hinomi.bench.ground.draws import Draws, Mask, Wholes
from hinomi.bench.sampling import scatter
from hinomi.model.flow import UNKNOWN_FLAGS
from hinomi.model.protocol import Protocol

Mixture = tuple[float, float, float, float, float, float]
"""Weights of `PacketKind`, in its order."""

PLAIN_HEADERS: Final = 40  # IPv4 and TCP without options, bytes.
_OPTION_HEADERS: Final = 52  # With timestamps.
_PLAIN_SYN: Final = 44  # With the maximum segment size alone.
_OPTION_SYN: Final = 60
_UDP_HEADERS: Final = 28
_MORE_OF_V6: Final = 20  # RFC 8200: 40 bytes of header against 20.
_NARROW: Final = 1_400  # A path that goes through a tunnel.
_WIDE_OF_TEN: Final = 8  # Servers of ten without one.
_UDP_MOST: Final = 1_378
_CLAMP: Final = 8  # PPPoE (RFC 2516) takes so many bytes.
_RST_ACK: Final = 0.4  # Share of the resets that acknowledge.


class PacketKind(IntEnum):
    """What one packet is in its connection."""

    SYN = 0
    ACK = 1
    DATA = 2
    FIN = 3
    RST = 4
    FULL = 5


_FLAGS: Final = np.array([SYN, ACK, PSH | ACK, FIN | ACK, RST, ACK], np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The packets of one sort of relation."""

    up: Mixture
    down: Mixture
    bytes: tuple[int, int] = (0, 0)  # Payload of a data packet, up and down.
    jitter: tuple[int, int] = (0, 0)  # It varies by so much either way.
    headers: int = _OPTION_HEADERS


class Usual(IntEnum):
    """Shapes that every world has: their places in `Shapes`."""

    WEB = 0
    WEB_INTERACTIVE = 1
    UPLOAD = 2
    PROBE = 3
    LOGIN_TRIES = 4
    PROBE_ANSWERED = 5
    ACK_FLOOD = 6
    DOWNLOAD = 7
    SMTP = 8
    SSH = 9
    DNS = 10
    NTP = 11
    STUN = 12
    GAME = 13
    QUIC = 14
    VPN = 15
    UTP = 16
    BITTORRENT = 17
    UDP_FLOOD = 18


_ONLY_SYN: Final = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_ONLY_ACK: Final = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
_ONLY_DATA: Final = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
_ONLY_RST: Final = (0.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def _datagrams(size: tuple[int, int], jitter: tuple[int, int] = (0, 0)) -> Shape:
    return Shape(up=_ONLY_DATA, down=_ONLY_DATA, bytes=size, jitter=jitter)


def _bulk(
    up_full: float, down_full: float, size: tuple[int, int], jitter: tuple[int, int]
) -> Shape:
    up = (0.0, 0.0, 1 - up_full, 0.0, 0.0, up_full)
    down = (0.0, 0.0, 1 - down_full, 0.0, 0.0, down_full)
    return Shape(up=up, down=down, bytes=size, jitter=jitter)


_USUAL: Final = {
    Usual.WEB: Shape(
        up=(0.03, 0.62, 0.25, 0.025, 0.01, 0.07), down=(0.025, 0.12, 0.12, 0.02, 0.005, 0.7),
        bytes=(420, 600), jitter=(350, 500),
    ),
    Usual.WEB_INTERACTIVE: Shape(
        up=(0.05, 0.45, 0.35, 0.04, 0.02, 0.1), down=(0.04, 0.25, 0.3, 0.03, 0.01, 0.4),
        bytes=(500, 500), jitter=(400, 450),
    ),
    Usual.UPLOAD: Shape(
        up=(0.01, 0.15, 0.2, 0.01, 0.0, 0.63), down=(0.01, 0.85, 0.12, 0.01, 0.005, 0.01),
        bytes=(600, 120), jitter=(500, 90),
    ),
    Usual.PROBE: Shape(up=_ONLY_SYN, down=_ONLY_RST),
    Usual.LOGIN_TRIES: Shape(
        up=(0.35, 0.3, 0.3, 0.02, 0.05, 0.0), down=(0.4, 0.25, 0.3, 0.03, 0.05, 0.0),
        bytes=(14, 22), jitter=(10, 18),
    ),
    Usual.PROBE_ANSWERED: Shape(
        up=(0.8, 0.05, 0.0, 0.0, 0.15, 0.0), down=(0.6, 0.0, 0.0, 0.0, 0.4, 0.0),
    ),
    Usual.ACK_FLOOD: Shape(up=_ONLY_ACK, down=_ONLY_RST, headers=PLAIN_HEADERS),
    Usual.DOWNLOAD: Shape(
        up=(0.05, 0.85, 0.06, 0.04, 0.0, 0.0), down=(0.04, 0.05, 0.06, 0.04, 0.0, 0.81),
        bytes=(150, 700), jitter=(40, 300),
    ),
    Usual.SMTP: Shape(
        up=(0.1, 0.32, 0.4, 0.08, 0.02, 0.15), down=(0.09, 0.35, 0.45, 0.08, 0.03, 0.0),
        bytes=(60, 50), jitter=(50, 40),
    ),
    Usual.SSH: Shape(
        up=(0.01, 0.4, 0.55, 0.01, 0.0, 0.03), down=(0.01, 0.35, 0.55, 0.01, 0.0, 0.08),
        bytes=(48, 80), jitter=(36, 70),
    ),
    Usual.DNS: _datagrams((40, 130), (12, 90)),
    Usual.NTP: _datagrams((48, 48)),  # RFC 5905, figure 8.
    Usual.STUN: _datagrams((24, 60), (8, 10)),
    Usual.GAME: _bulk(0.0, 0.05, (70, 180), (40, 150)),
    Usual.QUIC: _bulk(0.15, 0.85, (50, 120), (30, 100)),
    Usual.VPN: _bulk(0.4, 0.6, (120, 140), (80, 100)),
    Usual.UTP: _bulk(0.4, 0.4, (60, 70), (50, 50)),
    Usual.BITTORRENT: Shape(
        up=(0.08, 0.45, 0.15, 0.02, 0.02, 0.3), down=(0.03, 0.4, 0.15, 0.02, 0.03, 0.38),
        bytes=(80, 80), jitter=(70, 70),
    ),
    Usual.UDP_FLOOD: _datagrams((512, 60), (500, 30)),
}  # fmt: skip

_SYN_SHARES: Final = (0.0, 0.01, 0.03, 0.1, 0.25)  # Of a session's packets up, and
_SYN_ODDS: Final = (0.4, 0.25, 0.15, 0.12, 0.08)  # how probable each is.
_FULL_SHARES: Final = (0.0, 0.0, 0.01, 0.05, 0.15)


class Shapes:
    """All shapes of a world, by number; the first are those of `Usual`."""

    def __init__(self) -> None:
        """Begin with the usual ones."""
        self._shapes = [_USUAL[usual] for usual in Usual]

    def add(self, shape: Shape) -> int:
        """Add a shape and give its number."""
        self._shapes.append(shape)
        return len(self._shapes) - 1

    def keep_alive(self, draws: Draws) -> int:
        """
        Draw a long-lived session of small messages.

        There is one distribution for good and bad: no shape gives a C&C server away.
        """
        syn, ack = draws.pick(_SYN_SHARES, _SYN_ODDS), draws.between(0.25, 0.6)
        fin, rst = syn * draws.between(0.2, 1), syn * draws.between(0, 0.3)
        size = [
            draws.whole(1, 6) if draws.happens(0.3) else int(draws.number(2, 400)) for _ in "ud"
        ]
        vary = [0 if draws.happens(0.5) else int(draws.number(1, 60)) for _ in "ud"]
        full, answers = draws.pick(_FULL_SHARES), ack * draws.between(0.5, 1.2)
        return self.add(Shape(
            up=(syn, ack, 1 - ack, fin, rst, full * 0.3),
            down=(syn, answers, 1 - ack, fin, rst, full),
            bytes=(size[0], size[1]),
            jitter=(vary[0], vary[1]),
            headers=draws.pick((PLAIN_HEADERS, _OPTION_HEADERS)),
        ))  # fmt: skip

    def polling(self, draws: Draws) -> int:
        """Draw short connections, one an exchange: their handshakes are seen."""
        full = draws.between(0.05, 0.35)
        return self.add(Shape(
            up=(0.12, 0.4, 0.36, 0.1, 0.02, 0.02),
            down=(0.12, 0.3, 0.36, 0.1, 0.01, full),
            bytes=(int(draws.number(80, 600)), int(draws.number(80, 1_200))),
            jitter=(int(draws.number(5, 200)), int(draws.number(5, 300))),
            headers=draws.pick((PLAIN_HEADERS, _OPTION_HEADERS)),
        ))  # fmt: skip

    def draw(
        self, draws: Draws, shape: Wholes, proto: Wholes, down: Mask, ends: tuple[Codes, Codes]
    ) -> tuple[Wholes, Wholes]:
        """
        Draw packets.

        Args:
            draws: Source of chance.
            shape: Number of the shape of each, shape (n,).
            proto: IANA protocol numbers.
            down: Which ones the server sends.
            ends: Client and server of each: they decide how large a packet may be.

        Returns:
            TCP flags (-1 where it is not TCP) and bytes at the IP layer, both of shape (n,).
        """
        way, count = down.astype(np.int64), shape.size
        kind = self._kinds(draws, shape, way)
        tcp = proto == Protocol.TCP
        size = self._payload(draws, shape, way)
        headers = np.array([each.headers for each in self._shapes])[shape]
        size = np.where(kind == PacketKind.DATA, size, 0)
        size += np.where(tcp, headers, _UDP_HEADERS)
        full = _largest(*ends)
        full = np.where(tcp, full, np.minimum(full, _UDP_MOST))
        size = np.where(kind == PacketKind.FULL, full, size)
        syn = np.where(headers == PLAIN_HEADERS, _PLAIN_SYN, _OPTION_SYN)
        size = np.where(tcp & (kind == PacketKind.SYN), syn, size)
        size += np.where(ends[1] >= OWN_V6, _MORE_OF_V6, 0)
        flags = _FLAGS[kind]
        flags = np.where((kind == PacketKind.SYN) & down, SYN | ACK, flags)
        acked = (kind == PacketKind.RST) & draws.chances(_RST_ACK, count)
        flags = np.where(acked, RST | ACK, flags)
        return np.where(tcp, flags, UNKNOWN_FLAGS), np.minimum(size, MAX_BYTES)

    def _kinds(self, draws: Draws, shape: Wholes, way: Wholes) -> Wholes:
        weights = np.array([(each.up, each.down) for each in self._shapes])
        sums = np.cumsum(weights, axis=2)
        sums = (sums / sums[:, :, -1:]).astype(np.float32)
        chance = draws.rng.random(shape.size, dtype=np.float32)
        above: Wholes = (chance[:, None] > sums[shape, way]).sum(axis=1)
        return np.minimum(above, int(PacketKind.FULL))

    def _payload(self, draws: Draws, shape: Wholes, way: Wholes) -> Wholes:
        middle = np.array([each.bytes for each in self._shapes])[shape, way]
        vary = np.array([each.jitter for each in self._shapes])[shape, way]
        size: Wholes = middle + ((draws.rng.random(shape.size) * 2 - 1) * vary).astype(np.int64)
        return np.maximum(size, 1)


def _largest(client: Codes, server: Codes) -> Wholes:
    """Tell how large packets between two ends may be."""
    wide = (scatter(server) % np.uint64(10)).astype(np.int64) < _WIDE_OF_TEN
    clamped = (scatter(client) % np.uint64(2)).astype(np.int64) * _CLAMP
    return np.asarray(np.where(wide, MAX_BYTES, _NARROW) - clamped, np.int64)
