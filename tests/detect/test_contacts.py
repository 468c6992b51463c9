"""Pairs by number say what pairs by address say."""

import numpy as np
import pytest

from builders import HOUR_MS, NOON_MS, Open, knock, talk
from hinomi.detect import contacts, measures, orient
from hinomi.detect.columns import ints
from hinomi.detect.contacts import FINE, FLAGLESS, IN, KNOCKED, OUT, REFUSED, SEVERAL, TALKED
from hinomi.detect.orient import LINE, SERVICE
from hinomi.engine.duckdb import DuckEngine
from surveys import WEB, Row

SYN, RST = 0x02, 0x04


def some_rows() -> list[Row]:
    """Give lines that talk, knock, mail and are refused, at several services."""
    return [
        *talk(1, WEB, NOON_MS),
        *talk(1, WEB, NOON_MS + HOUR_MS, line_port=50_001),
        *talk(2, WEB, NOON_MS, tcp_flags=-1),
        knock(3, WEB, NOON_MS),
        *talk(3, "198.51.100.9", NOON_MS, remote_port=25),
        *talk(4, "2001:db8::7", NOON_MS, direction=1, tcp_flags=RST, packets=1, size=40),
    ]


def oriented(engine: DuckEngine, opened: Open, rows: list[Row]) -> object:
    """Open *rows* with votes, as if orientation had kept them all."""
    records = orient.conversing(opened(rows))
    return engine.table([engine.keep(records.mutate(votes=records.proto.cast("int64") * 0))])


@pytest.mark.parametrize("parts", [1, 2, 16, FINE])
def test_parts_are_ranges_of_the_finest(engine: DuckEngine, opened: Open, parts: int) -> None:
    """Whoever asks for more parts gets the same ones, cut into ranges."""
    rows = opened([r for host in range(200) for r in talk(1, f"198.51.100.{host}")])
    numbered = rows.mutate(fine=contacts.fine_of(rows), part=contacts.part_of(rows, parts))

    found = engine.fetch(numbered)

    fine, part = ints(found, "fine"), ints(found, "part")
    assert np.array_equal(part, fine // (FINE // parts))
    assert 0 <= fine.min() < fine.max() < FINE


def test_services_are_numbered_in_the_order_of_parts(engine: DuckEngine, opened: Open) -> None:
    """From 0, ascending with the finest part, with the sums that pairs would have."""
    records = oriented(engine, opened, some_rows())
    expected = engine.fetch(measures.services(measures.pairs(records)))

    found = engine.fetch(contacts.services(records, ()))

    assert found["at"].to_pylist() == list(range(3))
    assert (np.diff(ints(found, "fine")) >= 0).all()
    names = [*SERVICE, "first_ms", "last_ms", *contacts.SUMMED]
    order = [(name, "ascending") for name in SERVICE]
    assert (
        found.select(names).sort_by(order).to_pylist()
        == expected.select(names).sort_by(order).to_pylist()
    )


def test_pairs_say_by_marks_what_counts_said(engine: DuckEngine, opened: Open) -> None:
    """Marks, times and ports of each pair; bytes beyond bare packets only where they are asked."""
    records = oriented(engine, opened, some_rows())
    services = engine.table([engine.keep_ordered(contacts.services(records, ()))])
    lines = engine.table([engine.keep(contacts.lines(records))])
    path = engine.keep_ordered(contacts.pairs(records, services, lines, NOON_MS))

    rows = engine.read(path, contacts.PAIR).to_pylist()

    assert [(row["at"], row["line"]) for row in rows] == sorted(
        (row["at"], row["line"]) for row in rows
    )
    names = engine.fetch(lines.select(*LINE, "line")).to_pylist()
    line = {row["line"]: row["line_lo"] for row in names}
    ports = {row["at"]: row["remote_port"] for row in engine.fetch(services).to_pylist()}
    found = {(line[row["line"]], ports[row["at"]]): row for row in rows}
    both = OUT | IN
    assert found[1, 443]["marks"] == TALKED | both | SEVERAL
    assert (found[1, 443]["since"], found[1, 443]["spread"]) == (0, 10_001)
    assert found[1, 443]["stay"] >= HOUR_MS
    assert found[1, 443]["over_out"] == 0
    assert found[2, 443]["marks"] == FLAGLESS | both | SEVERAL
    assert found[2, 443]["over_out"] > 0
    assert found[3, 443]["marks"] == OUT | KNOCKED
    assert found[3, 443]["over_out"] <= 0
    assert found[3, 25]["marks"] == TALKED | both | SEVERAL
    assert found[4, 443]["marks"] & REFUSED


def test_possible_probes_are_counted_by_line_and_port(engine: DuckEngine, opened: Open) -> None:
    """Knocks and flagless pairs, and all mail; not who talks on the web."""
    records = oriented(engine, opened, some_rows())
    services = engine.table([engine.keep_ordered(contacts.services(records, ()))])
    lines = engine.table([engine.keep(contacts.lines(records))])
    pairs = engine.table([engine.keep(contacts.pairs(records, services, lines, NOON_MS))])

    found = engine.fetch(contacts.quiet_pairs(pairs, services).inner_join(lines, "line"))

    counted = [(row["line_lo"], row["remote_port"], row["rows"]) for row in found.to_pylist()]
    assert sorted(counted) == [(2, 443, 1), (3, 25, 1), (3, 443, 1)]
