"""What sampling leaves of synthetic botnets over real lines."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from builders import HOUR_MS, NOON_MS
from hinomi.bench.drillplan import PACES, PlannedBotnet
from hinomi.bench.overlay import LineTemplates, Overlay, lay
from hinomi.detect.limits import PACKETS_A_DAY
from hinomi.model.address import V4_PREFIX
from hinomi.model.flow import CONVERSATIONS, Direction

DAY_MS = 24 * HOUR_MS
BOTH = frozenset(Direction)
FIRST = 0xF8000000  # 248.0.0.0.


def lines(count: int = 200, **changed: Any) -> LineTemplates:
    """Give lines that were there for a day each, one after the other by a second."""
    number = np.arange(count, dtype=np.int64)
    same = np.ones(count, np.int64)
    values = {
        "hi": number + 7_000,
        "lo": number + 9_000,
        "net": number % 5,
        "first_ms": NOON_MS + number * 1_000,
        "last_ms": NOON_MS + number * 1_000 + DAY_MS,
        "exporter": same * 3,
        "interval": same * 100,
        "scaled": same * 0,
        "ingress": np.column_stack([same, same * 3]),
        "flagged": same > 0,
    }
    return LineTemplates(**(values | changed))


def botnet(size: int = 100, pace: int = 0, *, scans: bool = False, twin: bool = False) -> Any:
    """Plan one botnet."""
    return PlannedBotnet(size=size, pace=PACES[pace], scans=scans, twin=twin)


def laid(
    *botnets: Any, over: LineTemplates | None = None, seed: int = 1, **changed: Any
) -> Overlay:
    """Lay *botnets* over lines."""
    addresses = FIRST + np.arange(1_000, dtype=np.int64)
    how: dict[str, Any] = {"scan_pps": 1.0, "directions": BOTH} | changed
    return lay(botnets, over or lines(), addresses, rng=np.random.default_rng(seed), **how)


def columns(overlay: Overlay) -> dict[str, Any]:
    """Give the records by column."""
    return {name: overlay.records.column(name).to_numpy() for name in CONVERSATIONS.names}


@pytest.mark.parametrize("pace", range(len(PACES)))
def test_sampling_leaves_the_packets_that_it_should(pace: int) -> None:
    """One in a hundred of the packets that the bots exchange, within five standard errors."""
    overlay = laid(botnet(200, pace))

    expected = 200 * PACKETS_A_DAY[PACES[pace].name] / 100
    sampled = columns(overlay)["packets"].sum()
    # A bot calls first within its first period: up to one call is lost.
    lost = 200 * PACES[pace].per_tick / 100
    assert expected - lost - 5 * expected**0.5 < sampled < expected + lost + 5 * expected**0.5


def test_each_bot_calls_inside_the_span_of_its_line() -> None:
    """No record starts before the line's first or ends after its last."""
    first_ms = NOON_MS + np.arange(200) * 60_000
    given = lines(first_ms=first_ms, last_ms=first_ms + 5 * HOUR_MS)
    found = columns(laid(botnet(150, scans=True), over=given))
    line = found["line_lo"] - 9_000

    assert line.size > 100
    assert (found["ts_ms"] >= given.first_ms[line]).all()
    assert (found["ts_ms"] + found["duration_ms"] <= given.last_ms[line]).all()


def test_lines_keep_their_pseudonym_and_exporter() -> None:
    """What tells a line, and how its exporter records, are the line's own."""
    found = columns(laid(botnet()))
    line = found["line_lo"] - 9_000

    assert (found["line_hi"] == line + 7_000).all()
    assert (found["line_net"] == line % 5).all()
    assert set(found["exporter"]) == {3}
    assert set(found["sampling_interval"]) == {100}
    out = found["direction"] == Direction.OUT
    assert set(found["ingress"][out]) == {1}
    assert set(found["ingress"][~out]) == {3}


def test_only_the_drills_addresses_are_met() -> None:
    """Servers, twins and scanned hosts are all of the addresses that were given."""
    overlay = laid(botnet(60, scans=True, twin=True), botnet(60))
    remote = columns(overlay)["remote_lo"] - V4_PREFIX

    assert ((remote >= FIRST) & (remote < FIRST + 1_000)).all()
    first, second = overlay.planted
    assert {first.server, first.twin, second.server} <= set(remote.tolist())
    assert second.twin is None
    # Addresses of servers are scanned by nobody, and no bot scans its server's port.
    syn_only = columns(overlay)["remote_port"][remote == first.server]
    assert set(syn_only.tolist()) == {first.port}


def test_a_line_plays_in_one_botnet_only() -> None:
    """All lines at once: every one in exactly one of them."""
    overlay = laid(botnet(100, 1), botnet(100, 1))
    found = columns(overlay)
    remote = found["remote_lo"] - V4_PREFIX
    per_server = [set(found["line_lo"][remote == each.server]) for each in overlay.planted]

    assert per_server[0].isdisjoint(per_server[1])
    assert len(per_server[0] | per_server[1]) > 180
    assert overlay.lines == 200


def test_multiplied_counters_are_multiplied() -> None:
    """An exporter that scales its counters scales those of the overlay."""
    found = columns(laid(botnet(), over=lines(scaled=np.ones(200, np.int64))))

    assert set(found["counts_scaled"]) == {1}
    assert (found["packets"] % 100 == 0).all()
    assert (found["bytes"] / found["packets"] >= 40).all()


def test_flags_are_untold_where_the_exporter_tells_none() -> None:
    """Half the lines have an exporter without flags."""
    flagged = np.arange(200) % 2 == 0
    found = columns(laid(botnet(200), over=lines(flagged=flagged)))
    told = flagged[found["line_lo"] - 9_000]

    assert (found["tcp_flags"][told] >= 0).all()
    assert (found["tcp_flags"][~told] == -1).all()


def test_each_line_is_sampled_at_its_own_interval() -> None:
    """A line seen at 1 in 1,000 leaves a tenth of one seen at 1 in 100."""
    interval = np.where(np.arange(200) < 100, 100, 1_000)
    found = columns(laid(botnet(200), over=lines(interval=interval)))
    dense = found["packets"][found["sampling_interval"] == 100].sum()
    sparse = found["packets"][found["sampling_interval"] == 1_000].sum()

    assert 8 < dense / sparse < 12.5


def test_a_direction_that_nobody_exports_is_not_there() -> None:
    """A window of packets out alone gets an overlay of packets out alone."""
    overlay = laid(botnet(), directions=frozenset({Direction.OUT}))

    assert set(columns(overlay)["direction"]) == {Direction.OUT}


def test_the_bound_follows_the_spans() -> None:
    """Bots that were there for an hour are seen less than those of a day."""
    day = laid(botnet(20, 2), over=lines(interval=np.full(200, 1_000))).planted[0]
    hour = laid(
        botnet(20, 2),
        over=lines(
            interval=np.full(200, 1_000), last_ms=NOON_MS + HOUR_MS + np.arange(200) * 1_000
        ),
    ).planted[0]

    assert hour.bound < 0.01 < day.bound < 1.0


def test_the_same_seed_lays_the_same() -> None:
    """Chance comes from the seed alone."""
    assert laid(botnet(), seed=4).records.equals(laid(botnet(), seed=4).records)
    assert not laid(botnet(), seed=4).records.equals(laid(botnet(), seed=5).records)


def test_the_records_are_conversations() -> None:
    """Exactly the columns and types of the lake."""
    assert laid(botnet()).records.schema.equals(CONVERSATIONS)
    assert isinstance(laid(botnet()).records, pa.Table)


def test_too_few_lines_are_the_callers_bug() -> None:
    """Nobody plays twice."""
    with pytest.raises(ValueError, match="too few"):
        laid(botnet(300))
