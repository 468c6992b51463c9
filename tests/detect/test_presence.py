"""Lines as they were seen in a window, and reserved addresses met."""

from collections.abc import Callable
from typing import Any

import pytest

from builders import HOUR_MS, NOON_MS, Open, conversation, knock, remote, talk
from hinomi.detect.presence import NO_TCP, presence, reserved
from hinomi.engine.duckdb import DuckEngine

SERVER = "203.0.113.9"


Rows = list[dict[str, int]]
Fetch = Callable[[Callable[[Any], Any], Rows], Rows]


@pytest.fixture(name="rows")
def fetched(engine: DuckEngine, opened: Open) -> Fetch:
    """Give a function that fetches an expression over records."""

    def fetch(expression: Callable[[Any], Any], rows: Rows) -> Rows:
        found: Rows = engine.fetch(expression(opened(rows))).to_pylist()
        return found

    return fetch


def stay(line: int, hours: int = 2, **changed: object) -> list[dict[str, int]]:
    """Give a line that talks twice, *hours* apart."""
    return [
        row
        for hour in (0, hours)
        for row in talk(line, SERVER, NOON_MS + hour * HOUR_MS, **changed)
    ]


def test_a_line_that_stayed_is_there(rows: Fetch) -> None:
    """With its span, its exporter and its interval."""
    (found,) = rows(
        presence,
        [
            *stay(5, exporter=3, ingress=1, sampling_interval=100),
            *talk(5, SERVER, NOON_MS + HOUR_MS, exporter=3, sampling_interval=500),
        ],
    )

    assert (found["line_lo"], found["exporter"], found["interval"]) == (5, 3, 500)
    assert (found["first_ms"], found["last_ms"]) == (NOON_MS, NOON_MS + 2 * HOUR_MS)
    assert (found["ingress_out"], found["ingress_in"], found["flags"]) == (1, 1, 0x18)


def test_who_was_seen_for_a_moment_is_not(rows: Fetch) -> None:
    """One exchange says nothing of how long a line was there."""
    assert rows(presence, [*talk(5, SERVER), *stay(6, hours=0)]) == []


def test_who_sent_bare_syns_alone_is_not(rows: Fetch) -> None:
    """Its address may be forged; so may that of a line that only received."""
    knocks = [knock(5, SERVER, NOON_MS + hour * HOUR_MS) for hour in range(4)]
    received = [row | {"direction": 1} for row in stay(6)]

    assert rows(presence, [*knocks, *received]) == []


def test_a_line_of_unknown_interval_is_not(rows: Fetch) -> None:
    """What cannot be thinned alike is no bot."""
    assert rows(presence, [*stay(5, sampling_interval=0), *stay(6)])[0]["line_lo"] == 6


def test_missing_flags_are_told_apart_from_missing_tcp(rows: Fetch) -> None:
    """An exporter without flags, and a line that spoke UDP only."""
    found = rows(presence, [*stay(5, tcp_flags=-1), *stay(6, proto=17, tcp_flags=-1)])

    assert {each["line_lo"]: each["flags"] for each in found} == {5: -1, 6: NO_TCP}


def test_reserved_addresses_are_found_with_their_directions(rows: Fetch) -> None:
    """240.0.0.0/4 alone: not its neighbour, not a pseudonym, not IPv6."""
    found = rows(
        reserved,
        [
            *talk(1, "240.0.0.1"),
            knock(1, "254.9.9.9"),
            *talk(1, "203.0.113.255"),
            *talk(1, "2001:db8::1"),
            conversation(**{**remote("241.0.0.1"), "remote_own": 1}),
        ],
    )

    told = {each["remote_lo"] & 0xFFFFFFFF: (each["sent"], each["answered"]) for each in found}
    assert told == {0xF0000001: (1, 1), 0xFE090909: (1, 0)}
