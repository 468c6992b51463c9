"""What the packets of a conversation look like; C&C servers and honest ones draw from the same."""

from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from examiner.rows import Bools, Floats, Ints

SYN, SYN_ACK, ACK, PSH, FIN, RST = 2, 18, 16, 24, 17, 4
TCP, UDP, ICMP = 6, 17, 1
UP, DOWN = True, False

Kind = tuple[bool, int, int, int, float]
"""Direction, flags, least and greatest IP length, how many of it in one turn."""

ODD: Final = (
    1024, 1234, 1883, 2222, 3000, 3074, 3333, 4000, 4433, 5000, 5001, 5222, 5555, 6000, 6666, 6667,
    6697, 7000, 7001, 7777, 8000, 8080, 8081, 8088, 8443, 8883, 8888, 9000, 9001, 9090, 9999,
    10000, 10001, 12345, 20000, 25565, 27015, 31337, 48101, 50000,
)  # fmt: skip


class Profile(NamedTuple):
    """Kinds of packets with their frequency, and how a conversation is held."""

    up: Bools
    flags: Ints
    low: Ints
    high: Ints
    chance: Floats
    turn: float  # Packets in one turn, both ways.
    lasting: bool  # One connection for days, or a new one each turn.
    proto: int


def profile(kinds: list[Kind], *, lasting: bool, proto: int) -> Profile:
    """Make a profile of kinds of packets."""
    many = np.array([kind[4] for kind in kinds], float)
    up, flags, low, high = (np.array([kind[i] for kind in kinds]) for i in range(4))
    flags = np.full(len(kinds), 0 if proto == UDP else -1) if proto != TCP else flags
    return Profile(
        up.astype(bool), flags, low, high, many / many.sum(), float(many.sum()), lasting, proto
    )


def odd_port(rng: Generator) -> int:
    """Draw a port that is no standard's: the favourites of programmers, or any."""
    if rng.random() < 0.45:
        return int(rng.choice(ODD))
    return int(rng.integers(1025, 65000))


def keep_alive(rng: Generator, *, small: bool = False) -> Profile:
    """A connection held open by small messages; who begins and who answers is drawn."""
    options = 12 * int(rng.random() < 0.6)
    head = 40 + options
    span = 24 if small else int(rng.choice([16, 64, 160, 400]))
    ask = head + int(rng.integers(1, span + 2))
    answer = head + int(rng.integers(1, span + 2))
    spread = int(rng.integers(0, 2 if small else 40))
    begins = bool(rng.random() < 0.75)
    again = float(rng.choice([0.003, 0.01, 0.05]))
    kinds: list[Kind] = [
        (begins, PSH, ask, ask + spread, 1.0),
        (not begins, ACK, head, head, rng.uniform(0.3, 1.0)),
        (UP, SYN, 44 + options, 60, again),
        (DOWN, SYN_ACK, 44 + options, 60, again),
        (UP, FIN, head, head, again / 2),
    ]
    if rng.random() < 0.6:
        kinds += [(not begins, PSH, answer, answer + spread, 1.0), (begins, ACK, head, head, 0.8)]
    if rng.random() < 0.4:  # Now and then something larger, such as an order or a report.
        large = float(rng.uniform(0.01, 0.15))
        kinds += [(bool(rng.random() < 0.4), PSH, 150, int(rng.choice([400, 900, 1454])), large)]
    return profile(kinds, lasting=True, proto=TCP)


def datagrams(rng: Generator) -> Profile:
    """Small datagrams and mostly their answers."""
    ask, answer = (28 + int(rng.integers(4, rng.choice([24, 100, 220]))) for _ in range(2))
    spread = int(rng.integers(0, 30))
    kinds: list[Kind] = [
        (UP, 0, ask, ask + spread, 1.0),
        (DOWN, 0, answer, answer + spread, rng.uniform(0.5, 1)),
    ]
    return profile(kinds, lasting=bool(rng.random() < 0.8), proto=UDP)


def call(rng: Generator, *, tls: bool = True) -> Profile:
    """A short connection: opened, asked, answered, closed; with TLS its hello and certificates."""
    options = 12 * int(rng.random() < 0.5)
    head = 40 + options
    load = int(rng.choice([120, 300, 900]))
    back = int(rng.choice([100, 400, 1400]))
    kinds: list[Kind] = [
        (UP, SYN, 48, 60, 1), (DOWN, SYN_ACK, 48, 60, 1), (UP, ACK, head, head, rng.uniform(2, 4)),
        (DOWN, ACK, head, head, rng.uniform(1, 3)), (UP, PSH, head + load // 2, head + load, 1),
        (DOWN, PSH, head + back // 2, head + back, rng.uniform(1, 2)),
        (UP, FIN, head, head, 0.8), (DOWN, FIN, head, head, 0.8),
        (UP, RST, 40, 40, float(rng.choice([0, 0, 0.5]))),
    ]  # fmt: skip
    if tls:
        resumed = rng.random() < 0.4
        hello = int(rng.integers(230, 560))
        kinds += [
            (UP, PSH, hello, hello + 60, 1), (UP, PSH, 100, 170, 1), (DOWN, PSH, 90, 310, 1),
            (DOWN, ACK, 1400, 1454, 0.1 if resumed else rng.uniform(1, 3)),
        ]  # fmt: skip
    return profile(kinds, lasting=False, proto=TCP)


def bulk(rng: Generator, *, proto: int, up: bool = False) -> Profile:
    """Much one way, and what acknowledges it."""
    full = int(rng.choice([1454, 1492, 1500])) if proto == TCP else int(rng.choice([1278, 1350]))
    kinds: list[Kind] = [
        (up, ACK, full - 30, full, 0.8), (up, PSH, 200, full, 0.1),
        (not up, ACK, 40, 64, rng.uniform(0.15, 0.5)),
        (UP, SYN, 52, 60, 0.002), (DOWN, SYN_ACK, 52, 60, 0.002), (UP, FIN, 40, 52, 0.002),
    ]  # fmt: skip
    return profile(kinds, lasting=True, proto=proto)


def web(rng: Generator, *, proto: int) -> Profile:
    """Pages: downloads of medium size with their opening and closing."""
    kinds: list[Kind] = [
        (DOWN, ACK, 1200, 1454, 10), (DOWN, PSH, 80, 1454, 3), (UP, ACK, 40, 64, 6),
        (UP, PSH, 90, 900, 2.5), (UP, SYN, 52, 60, 0.6), (DOWN, SYN_ACK, 52, 60, 0.6),
        (UP, FIN, 40, 52, 0.4), (DOWN, FIN, 40, 52, 0.4), (UP, RST, 40, 40, rng.uniform(0, 0.3)),
    ]  # fmt: skip
    return profile(kinds, lasting=True, proto=proto)


def play(rng: Generator) -> Profile:
    """Many small packets both ways at once: games, voice, meetings."""
    ask, answer = int(rng.integers(50, 160)), int(rng.integers(80, 900))
    kinds: list[Kind] = [
        (UP, 0, ask, ask * 2, 1), (DOWN, 0, answer // 2, answer, rng.uniform(0.6, 1.6)),
    ]  # fmt: skip
    return profile(kinds, lasting=True, proto=UDP)


def unanswered(rng: Generator) -> Profile:
    """Attempts to open a connection that nobody answers, or that are refused."""
    refused = float(rng.choice([0, 0, 0.6]))
    kinds: list[Kind] = [(UP, SYN, 44, 60, 3), (DOWN, 20, 40, 40, refused)]
    return profile(kinds, lasting=False, proto=TCP)


def fixed(proto: int, ask: int, answer: int) -> Profile:
    """One question and one answer of a known length."""
    kinds: list[Kind] = [(UP, PSH, ask, ask, 1), (DOWN, PSH, answer, answer + answer // 2, 1)]
    return profile(kinds, lasting=False, proto=proto)
