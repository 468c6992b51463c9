"""What lists and behaviour make of lines and services before anything is judged."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from builders import HOUR_MS, NOON_MS, knock, talk
from hinomi.detect import behaviour, features, propagate
from hinomi.detect.observe import NAMES_SERVICES, Observed, observe, second_view
from hinomi.detect.suspects import Evidence
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.address import Address
from hinomi.model.listed import ListEntry, ListKind
from surveys import (
    BOTS,
    CC,
    CC_PORT,
    LOADER,
    LOADER_PORT,
    WEB,
    Row,
    entry,
    row_of,
    small_network,
    survey,
)

REGISTER: Final = default_register()
SAMPLED: Final = {"sampling_interval": 10_000}
DEAD: Final = "203.0.113.66"
VICTIM: Final = "198.18.0.66"
CALLERS: Final = (3, 5, 7)
ACK: Final = 0x10

Lists = Mapping[ListKind, Sequence[ListEntry]]


def plain_network(lines: int = 120) -> list[Row]:
    """Give lines that meet one web site each and a common one, and nothing else."""
    return [
        row
        for line in range(1, lines + 1)
        for site in (1, 2 + line % 40)
        for row in talk(line, f"198.51.100.{site}", NOON_MS + line * 400_000, **SAMPLED)
    ]


def observed_in(engine: DuckEngine, folder: Path, rows: list[Row], lists: Lists) -> Observed:
    """Observe records."""
    return observe(engine, survey(engine, folder, rows, buckets=2), lists, REGISTER)


def suspected(found: Observed, kind: Evidence) -> list[int]:
    """Give the numbers of the lines with evidence of one kind."""
    chosen = (found.suspects.kinds & kind) != 0
    return sorted(found.suspects.lo[chosen].tolist())


def calls(*lines: int, **changed: int) -> list[Row]:
    """Let lines call the dead server: a SYN now and then, never an answer."""
    shape = {"remote_port": CC_PORT, **SAMPLED, **changed}
    return [knock(line, DEAD, NOON_MS + line * HOUR_MS, **shape) for line in lines]


def test_a_dead_listed_cc_marks_who_still_calls_it(engine: DuckEngine, tmp_path: Path) -> None:
    """SYNs alone, nobody answers: the callers are suspects, and speak at what else they meet."""
    sister = [
        row for line in CALLERS for row in talk(line, CC, NOON_MS + line, remote_port=99, **SAMPLED)
    ]
    lists = {ListKind.KNOWN_CC: [entry(DEAD, CC_PORT)]}

    found = observed_in(engine, tmp_path, [*plain_network(), *calls(*CALLERS), *sister], lists)

    assert suspected(found, Evidence.CALLED) == list(CALLERS)
    assert suspected(found, Evidence.KNOWN) == []
    dead, other = row_of(found.survey, DEAD, CC_PORT), row_of(found.survey, CC, 99)
    assert found.listed[dead]
    assert not found.teaches[dead]
    assert found.pooled.seen["any"][dead] == 0
    assert found.pooled.whole[other] == len(CALLERS)
    assert found.columns["other_share"][other] == pytest.approx(
        REGISTER.number("suspects.reliability_called")
    )


@pytest.mark.parametrize("shape", [{"proto": 17, "tcp_flags": -1}, {"tcp_flags": -1}])
def test_what_is_no_syn_is_no_call(
    engine: DuckEngine, tmp_path: Path, shape: dict[str, int]
) -> None:
    """Without flags a lone packet may be anything."""
    lists = {ListKind.KNOWN_CC: [entry(DEAD, CC_PORT)]}

    found = observed_in(engine, tmp_path, [*plain_network(), *calls(*CALLERS, **shape)], lists)

    assert suspected(found, Evidence.CALLED) == []


def test_callers_of_a_server_that_nobody_listed_are_nothing(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """A host that is down is a host that is down."""
    found = observed_in(engine, tmp_path, [*plain_network(), *calls(*CALLERS)], {})

    assert found.suspects.line.size == 0


def test_who_meets_a_living_listed_cc_is_known_and_not_called(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """One line speaks with it: it lives, and who only knocks says nothing."""
    rows = [*plain_network(), *calls(*range(20, 60))]
    rows += talk(11, DEAD, NOON_MS, remote_port=CC_PORT, **SAMPLED)

    found = observed_in(engine, tmp_path, rows, {ListKind.KNOWN_CC: [entry(DEAD, CC_PORT)]})

    assert suspected(found, Evidence.KNOWN) == [11]
    assert suspected(found, Evidence.CALLED) == []


def test_a_dead_server_that_everybody_calls_marks_nobody(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """A wrong entry, or a flood of forged sources: not a botnet."""
    found = observed_in(
        engine,
        tmp_path,
        [*plain_network(), *calls(*range(1, 30))],
        {ListKind.KNOWN_CC: [entry(DEAD, CC_PORT)]},
    )

    assert suspected(found, Evidence.CALLED) == []


def flood(sources: np.ndarray) -> list[Row]:
    """Let sources strike the victim with bare ACKs within ten minutes."""
    return [
        knock(line, VICTIM, NOON_MS + at, remote_port=80, tcp_flags=ACK, **SAMPLED)
        for at, line in enumerate(sources.tolist())
    ]


def test_bots_of_a_flood_are_suspects_and_forged_sources_are_not(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """Spread evenly over all lines: forged. Again and again: theirs. Nobody is a client."""
    forged = np.random.default_rng(3).integers(1, 121, 200)
    bots = np.repeat(np.array(CALLERS), 20)

    alone = observed_in(engine, tmp_path, [*plain_network(), *flood(forged)], {})
    mixed = observed_in(
        engine, tmp_path, [*plain_network(), *flood(np.concatenate([forged, bots]))], {}
    )

    assert alone.suspects.line.size == 0
    assert suspected(mixed, Evidence.ATTACK) == list(CALLERS)
    assert mixed.survey.services["clients"][row_of(mixed.survey, VICTIM, 80)].as_py() == 0


def test_two_ports_of_one_listed_address_are_one_server(engine: DuckEngine, tmp_path: Path) -> None:
    """One entry covers both: neither makes its clients suspects at the other."""
    rows = plain_network()
    for line in CALLERS:
        for port in (80, 443):
            rows += talk(line, CC, NOON_MS + line, remote_port=port, **SAMPLED)

    found = observed_in(engine, tmp_path, rows, {ListKind.KNOWN_CC: [entry(CC)]})

    assert suspected(found, Evidence.KNOWN) == list(CALLERS)
    assert found.suspects.contacts.tolist() == [1] * len(CALLERS)
    for port in (80, 443):
        assert found.pooled.seen["known"][row_of(found.survey, CC, port)] == 0


def test_lines_on_a_list_count_once_however_often_they_stand_there(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """Two honeypots that saw the same line are one kind of evidence."""
    once = [ListEntry(base=Address(1, line), own=True) for line in CALLERS]
    stranger = ListEntry(base=Address(1, 10**6), own=True)
    rows = plain_network()

    one, two = (
        observed_in(engine, tmp_path, rows, {ListKind.SUSPECTS: entries})
        for entries in (once, [*once, *once, stranger])
    )

    assert suspected(two, Evidence.LISTED) == suspected(one, Evidence.LISTED) == list(CALLERS)
    for name, column in one.columns.items():
        assert two.columns[name].tolist() == column.tolist(), name


@pytest.fixture(scope="module", name="network")
def the_small_network(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[DuckEngine, Observed]]:
    """Observe the small network, its loader on a list."""
    with DuckEngine(tmp_path_factory.mktemp("scratch"), threads=1) as engine:
        found = survey(engine, tmp_path_factory.mktemp("flows"), small_network())
        lists = {ListKind.KNOWN_CC: [entry(LOADER, LOADER_PORT)], ListKind.BENIGN: [entry(WEB)]}
        yield engine, observe(engine, found, lists, REGISTER)


def test_services_are_matched_with_every_kind_of_list(
    network: tuple[DuckEngine, Observed],
) -> None:
    """Index of the entry, -1 where none; only listed C&Cs are listed."""
    _, found = network
    size = len(found.survey.services)
    loader, web = row_of(found.survey, LOADER, LOADER_PORT), row_of(found.survey, WEB, 443)

    assert found.on.keys() == set(NAMES_SERVICES)
    assert all(place.shape == (size,) for place in found.on.values())
    assert np.flatnonzero(found.listed).tolist() == [loader]
    assert np.flatnonzero(found.teaches).tolist() == [loader]
    assert np.flatnonzero(found.on[ListKind.BENIGN] >= 0).tolist() == [web]
    assert suspected(found, Evidence.KNOWN) == suspected(found, Evidence.SCAN) == list(BOTS)


def test_several_are_services_of_two_lines_or_more(network: tuple[DuckEngine, Observed]) -> None:
    """Targets of scans have no client at all."""
    _, found = network

    clients = found.survey.services["clients"].to_numpy()
    assert found.several.tolist() == (clients >= 2).tolist()
    assert 0 < found.several.sum() < clients.size


def test_the_second_view_holds_the_first(network: tuple[DuckEngine, Observed]) -> None:
    """Its columns as they were, and all of what others say and of likeness, finite."""
    engine, found = network
    probability = np.where(found.several, 0.1, 0.0)

    columns = second_view(engine, found, probability)

    assert columns.keys() == {*features.BASIS, *propagate.BASIS, *behaviour.BASIS}
    for name, column in columns.items():
        assert np.isfinite(column).all(), name
        if name in found.columns:
            assert column is found.columns[name]


def test_listed_servers_and_those_of_one_line_send_nothing(
    network: tuple[DuckEngine, Observed],
) -> None:
    """The clients of the listed are suspects already: told twice it would count twice."""
    engine, found = network
    cc = row_of(found.survey, CC, CC_PORT)
    quiet = np.where(np.arange(found.several.size) == cc, 0.4, 0.0)
    loud = np.where(found.listed | ~found.several, 1.0, quiet)

    one, two = (second_view(engine, found, said) for said in (quiet, loud))

    for name, column in one.items():
        assert two[name] == pytest.approx(column), name
    assert one["find_share"][row_of(found.survey, LOADER, LOADER_PORT)] == pytest.approx(0.4)
