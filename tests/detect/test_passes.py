"""Both passes give the same in one part and in many, in whatever order records come."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from builders import HOUR_MS, NOON_MS, Open, conversation, knock, remote, talk
from hinomi.detect import passes
from hinomi.detect.orient import LINE, SERVICE
from hinomi.engine.duckdb import DuckEngine
from surveys import BOTS, CC, CC_PORT, LINES, WEB, row_of, small_network, survey, towards


@pytest.fixture(scope="module", name="engine")
def an_engine_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """Give one engine for this file."""
    with DuckEngine(tmp_path_factory.mktemp("scratch"), threads=1) as made:
        yield made


@pytest.fixture(scope="module", name="found")
def a_survey(engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory) -> passes.Survey:
    """Give the small network in one part."""
    return survey(engine, tmp_path_factory.mktemp("one"), small_network())


def sorted_rows(table: pa.Table) -> list[dict[str, object]]:
    """Give the rows of a table in one order."""
    return sorted(table.to_pylist(), key=lambda row: sorted(row.items()))


@pytest.mark.parametrize("buckets", [3])
def test_the_survey_does_not_depend_on_the_parts(
    engine: DuckEngine, found: passes.Survey, tmp_path: Path, buckets: int
) -> None:
    """Services in the same order, lines and probes alike, from shuffled records in parts."""
    rows = small_network()
    random.Random(buckets).shuffle(rows)  # noqa: S311 - a seeded order, no secret.

    other = survey(engine, tmp_path, rows, buckets=buckets)

    assert len(other.parts) == buckets
    assert other.services.to_pylist() == found.services.to_pylist()
    assert sorted_rows(other.lines) == sorted_rows(found.lines)
    assert sorted_rows(other.probed) == sorted_rows(found.probed)


def test_a_scan_shows_although_its_targets_lie_in_many_parts(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """Two hosts on one port, each in a part of its own, are two targets."""
    rows = [knock(1, f"198.51.100.{host}", remote_port=23) for host in (2, 3)]

    found = survey(engine, tmp_path, rows, buckets=2)

    assert [engine.fetch(engine.table([part.pairs])).num_rows for part in found.parts] == [1, 1]
    assert found.probed["targets"].to_pylist() == [2]


def test_lines_are_as_active_as_all_parts_say(engine: DuckEngine, tmp_path: Path) -> None:
    """Services, vain tries and lonely services of a line add up over the parts."""
    rows = [row for host in range(6) for row in talk(1, f"198.51.100.{host}", remote_port=6_000)]
    rows += [knock(1, f"198.51.100.{host}") for host in range(100, 104)]

    (line,) = survey(engine, tmp_path, rows, buckets=3).lines.to_pylist()

    assert (line["services"], line["tries"], line["lonely"]) == (6, 4, 6)


def test_the_second_pass_sums_over_clients(engine: DuckEngine, found: passes.Survey) -> None:
    """Each service gets the sum of what is said of the lines that spoke with it."""
    number = found.lines["line_lo"].to_numpy()
    said = found.lines.select(LINE)
    said = said.append_column("expected", pa.array(number / 1_000))
    said = said.append_column("mesh", pa.array((number % 2).astype(np.int64)))

    sums = passes.client_sums(engine, found, said)

    base = remote(CC)
    (cc,) = [row for row in sums.to_pylist() if row["remote_lo"] == base["remote_lo"]]
    assert cc["expected"] == pytest.approx(sum(BOTS) / 1_000)
    assert cc["mesh"] == len(BOTS) // 2


def test_sums_follow_the_services(engine: DuckEngine, found: passes.Survey) -> None:
    """In their order, as floats, and 0 where nobody spoke with a service."""
    one = pa.array(np.ones(len(found.lines), dtype=np.int64))

    sums = passes.client_sums(engine, found, found.lines.select(LINE).append_column("one", one))

    assert sums.select(SERVICE).equals(found.services.select(SERVICE))
    assert sums["one"].type == pa.float64()
    assert sums["one"].to_pylist() == found.services["clients"].to_pylist()
    assert 0.0 in sums["one"].to_pylist()


def test_lines_that_did_not_speak_are_fetched_too(engine: DuckEngine, found: passes.Survey) -> None:
    """Who only knocked at the targets of the scan; who spoke with the C&C knocked at nothing."""
    cc = found.services.slice(row_of(found, CC, CC_PORT), 1)
    target = found.services.slice(row_of(found, "198.51.100.100", 23), 1)

    knocked = passes.lines_of_services(engine, found.parts, target, spoke=False)

    assert sorted(knocked["line_lo"].to_pylist()) == list(BOTS)
    assert passes.lines_of_services(engine, found.parts, target).num_rows == 0
    assert passes.lines_of_services(engine, found.parts, cc, spoke=False).num_rows == 0


def test_services_of_lines_tell_when_they_first_met(
    engine: DuckEngine, found: passes.Survey
) -> None:
    """The first contact of each pair that spoke."""
    bot = pa.table({"line_hi": pa.array([1], pa.int64()), "line_lo": pa.array([1], pa.int64())})

    pairs = passes.pairs_of_lines(engine, found.parts, bot)
    met = passes.services_of_lines(engine, found, bot)

    names = [*SERVICE, "first_ms"]
    assert sorted_rows(met.select(names)) == sorted_rows(pairs.select(names))


def test_floods_are_told_line_by_line(engine: DuckEngine, tmp_path: Path) -> None:
    """What strikes a host that hardly answers, whichever part it lies in."""
    rows = [
        knock(line, f"203.0.113.{host}", NOON_MS + again, tcp_flags=0x10)
        for host in (1, 2, 3)
        for line in range(50)
        for again in range(1 + line % 2)
    ]
    rows += [row for hour in range(24) for row in talk(99, WEB, NOON_MS + hour * HOUR_MS)]

    found = survey(engine, tmp_path, rows, buckets=3)

    struck = {(row["remote_lo"], row["line_lo"]): row["blows"] for row in found.blows.to_pylist()}
    assert len(struck) == 3 * 50
    assert {(line % 2, count) for (_, line), count in struck.items()} == {(0, 1), (1, 2)}


def test_pairs_are_fetched_by_line_and_by_service(engine: DuckEngine, found: passes.Survey) -> None:
    """Only pairs that spoke, unless asked for all."""
    bot = pa.table({"line_hi": pa.array([1], pa.int64()), "line_lo": pa.array([1], pa.int64())})
    place = row_of(found, CC, CC_PORT)

    spoken = passes.pairs_of_lines(engine, found.parts, bot)
    every = passes.pairs_of_lines(engine, found.parts, bot, only_spoken=False)
    bots = passes.lines_of_services(engine, found.parts, found.services.slice(place, 1))

    assert spoken.num_rows == 4  # Two web sites, the C&C, the loader.
    assert every.num_rows == 4 + 30
    assert sorted(bots["line_lo"].to_pylist()) == list(BOTS)


def test_details_speak_of_the_chosen_alone(engine: DuckEngine, found: passes.Survey) -> None:
    """Hours and packet sizes of one service."""
    place = row_of(found, CC, CC_PORT)

    hours, sizes = passes.details(engine, found.parts, found.services.slice(place, 1))

    assert sum(hours["records"].to_pylist()) == 2 * 6 * len(BOTS)
    assert {row["direction"]: row["middle"] for row in sizes.to_pylist()} == {0: 100.0, 1: 100.0}
    assert set(SERVICE) <= set(hours.column_names)


def test_the_web_site_of_everybody_is_one_service(found: passes.Survey) -> None:
    """All lines met it; the services come sorted."""
    row = found.services.slice(row_of(found, WEB, 443), 1).to_pylist()[0]

    assert (row["clients"], row["lines"], row["returned"]) == (LINES, LINES, LINES)
    keys = [tuple(each[name] for name in SERVICE) for each in found.services.to_pylist()]
    assert keys == sorted(keys)


def test_victims_lose_their_clients_in_a_burst(engine: DuckEngine, tmp_path: Path) -> None:
    """A crowd within ten minutes is cut: what is left is who came in quiet time."""
    quiet = [row for at in range(3) for row in talk(at, WEB, NOON_MS + at * 8 * HOUR_MS)]
    attack = [row for bot in range(100, 150) for row in talk(bot, WEB, NOON_MS + 5 * HOUR_MS + bot)]

    found = survey(engine, tmp_path, quiet + attack, buckets=2)

    assert found.cut_bins == 1
    assert found.services["clients"].to_pylist() == [3]


def test_own_services_are_told_from_plain_ones(engine: DuckEngine, tmp_path: Path) -> None:
    """A pseudonym that equals a plain address is another service."""
    plain = remote(WEB)
    rows = talk(1, WEB)
    rows += [row | {"remote_own": 1} for row in talk(2, WEB)]
    rows += towards(3, 77, NOON_MS)

    services = survey(engine, tmp_path, rows, buckets=2).services.to_pylist()

    assert sorted(
        row["remote_own"] for row in services if row["remote_lo"] == plain["remote_lo"]
    ) == [0, 1]
    assert len(services) == 3


def test_repeated_contacts_come_pair_by_pair(engine: DuckEngine, tmp_path: Path) -> None:
    """Whole pairs one after the other, each by time, over all parts."""
    rows = [
        row
        for tick in range(4)
        for line in (1, 2)
        for row in talk(line, f"198.51.100.{line}", NOON_MS + tick * 60_000)
    ]

    contacts = passes.repeated_contacts(engine, survey(engine, tmp_path, rows, buckets=2).parts)

    lines = contacts["line_lo"].to_pylist()
    assert sorted(lines) == [1] * 8 + [2] * 8
    assert len([at for at in range(1, 16) if lines[at] != lines[at - 1]]) == 1
    for line in (1, 2):
        times = [row["ts_ms"] for row in contacts.to_pylist() if row["line_lo"] == line]
        assert times == sorted(times)


def test_the_extent_tells_what_a_window_holds(engine: DuckEngine, opened: Open) -> None:
    """Rows, distinct hours, the largest and the smallest interval, the share without flags."""
    rows = [
        conversation(sampling_interval=100, tcp_flags=-1),
        conversation(sampling_interval=1_000, tcp_flags=16, ts_ms=NOON_MS + HOUR_MS),
        conversation(sampling_interval=1_000, tcp_flags=16, ts_ms=NOON_MS + HOUR_MS + 1),
        conversation(sampling_interval=1_000, proto=17),
    ]

    found = passes.extent(engine, opened(rows))

    assert (found.rows, found.hours, found.interval, found.densest) == (4, 2, 1_000, 100)
    assert found.flagless_share == pytest.approx(1 / 3)


def test_the_hours_of_rest_are_those_with_the_fewest_records(
    engine: DuckEngine, opened: Open
) -> None:
    """Eight hours of the day, over all days, and the share of the records in them."""
    rows = [
        conversation(ts_ms=NOON_MS + day * 24 * HOUR_MS + hour * HOUR_MS + again)
        for day in range(2)
        for hour in range(24)
        for again in range(1 if hour < 8 else 4)
    ]

    found = passes.extent(engine, opened(rows))

    assert found.quiet == tuple(range(12, 20))
    assert found.quiet_share == pytest.approx(8 / (8 + 16 * 4))


def test_one_unknown_interval_makes_the_largest_unknown(engine: DuckEngine, opened: Open) -> None:
    """0 means unknown and never 1: the smallest known interval stays known."""
    rows = [conversation(sampling_interval=0), conversation(sampling_interval=50)]

    found = passes.extent(engine, opened(rows))

    assert (found.interval, found.densest) == (0, 50)


def test_an_empty_window_has_no_extent(engine: DuckEngine, opened: Open, tmp_path: Path) -> None:
    """No rows: zeros, and a survey of nothing."""
    found = passes.extent(engine, opened([]))

    assert (found.rows, found.hours, found.interval, found.densest) == (0, 0, 0, 0)
    assert survey(engine, tmp_path, []).services.num_rows == 0
