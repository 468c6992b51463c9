"""All evidence on all services of one window, weighed in the right order."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pytest
from scipy import special

from builders import HOUR_MS, NOON_MS, talk
from hinomi.detect.judge import Judgement, judge, worth_judging
from hinomi.detect.orient import SERVICE
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.address import Address
from hinomi.model.listed import ListEntry, ListKind, Role
from surveys import (
    BOTS,
    CC,
    CC_PORT,
    LINES,
    LOADER,
    LOADER_PORT,
    WEB,
    Row,
    clock,
    entry,
    row_of,
    small_network,
    survey,
    towards,
)

REGISTER: Final = default_register()
SISTER: Final = "203.0.113.5"
Lists = Mapping[ListKind, Sequence[ListEntry]]
Judge = Callable[[Lists], Judgement]


@pytest.fixture(scope="module", name="engine")
def an_engine_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """Give one engine for this file."""
    with DuckEngine(tmp_path_factory.mktemp("scratch"), threads=1) as made:
        yield made


@pytest.fixture(scope="module", name="judged_by")
def a_judge_of_the_small_network(
    engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory
) -> Judge:
    """Give a function that judges the small network under given lists."""
    found = survey(engine, tmp_path_factory.mktemp("flows"), small_network())
    return lambda lists: judge(engine, found, lists, REGISTER)


def quiet_network() -> list[Row]:
    """Give the small network without its scan: nothing but lists can name the bots."""
    rows = [row for row in small_network() if row["remote_port"] != 23]
    offset = 90 * 60_000
    return rows + [
        row
        for bot in BOTS
        for hour in (1, 7, 13)
        for row in talk(
            bot,
            SISTER,
            NOON_MS + hour * HOUR_MS + bot * 600_000 + offset,
            remote_port=7_777,
            sampling_interval=10_000,
        )
    ]


@pytest.fixture(scope="module", name="quiet_judged_by")
def a_judge_of_the_quiet_network(
    engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory
) -> Judge:
    """Give a function that judges the network without a scan under given lists."""
    found = survey(engine, tmp_path_factory.mktemp("flows"), quiet_network())
    return lambda lists: judge(engine, found, lists, REGISTER)


def chance(judged: Judgement, address: str, port: int) -> float:
    """Give the probability of one service."""
    return float(judged.probability()[row_of(judged.survey, address, port)])


def term(judged: Judgement, code: str, address: str, port: int) -> float:
    """Give one column of the ledger for one service."""
    return float(judged.ledger.terms[code][row_of(judged.survey, address, port)])


def test_scanners_show_their_cc(judged_by: Judge) -> None:
    """Without any list the C&C is found; loader, web sites and scan targets are not."""
    judged = judged_by({})
    place = row_of(judged.survey, CC, CC_PORT)

    assert {kind: count for kind, count in judged.kinds.items() if count} == {"scan": len(BOTS)}
    assert judged.probability()[place] > 0.9
    assert (judged.tier[place], judged.suspects[place]) == (1, len(BOTS))
    others = np.delete(judged.probability(), place)
    assert (others < 0.5).all()
    assert chance(judged, WEB, 443) < judged.prior


def test_full_packets_and_no_return_speak_against_a_loader(judged_by: Judge) -> None:
    """As enriched as the C&C, and yet told apart by what it sends and that none comes back."""
    judged = judged_by({})

    enriched = [term(judged, "enriched", *each) for each in ((CC, CC_PORT), (LOADER, LOADER_PORT))]
    assert enriched[0] == pytest.approx(enriched[1])
    assert term(judged, "transfer", LOADER, LOADER_PORT) < -3
    assert term(judged, "momentary", LOADER, LOADER_PORT) < 0
    assert term(judged, "transfer", CC, CC_PORT) == 0


def test_what_answers_taught_moves_probabilities_and_no_rank(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """The register's shift and slope reach every probability; the ledger stays bit for bit."""
    found = survey(engine, tmp_path, small_network())
    like = REGISTER.parameters["fuse.behaviour_most"]
    register = REGISTER
    for name, value in (("fuse.answers_shift", -1.0), ("fuse.answers_slope", 0.5)):
        register = register.with_parameter(name, msgspec.structs.replace(like, value=value))

    plain, taught = (judge(engine, found, {}, each) for each in (REGISTER, register))

    assert np.array_equal(plain.ledger.total(), taught.ledger.total())
    odds = special.logit(plain.probability())
    assert special.logit(taught.probability()) == pytest.approx(0.5 * odds - 1.0)
    assert taught.correction(0) == pytest.approx(-0.5 * odds[0] - 1.0)
    assert plain.correction(0) == 0.0


@pytest.mark.parametrize("sampling_interval", [1, 10_000])
def test_services_that_nothing_can_speak_for_are_counted_and_let_go(
    engine: DuckEngine, tmp_path: Path, sampling_interval: int
) -> None:
    """Without the services of one line each, every finding stays as it was."""
    shape = {"sampling_interval": sampling_interval}
    rows = small_network(sampling_interval)
    rows += [row for line in range(1, 40) for row in talk(line, f"192.0.2.{line}", **shape)]
    rows += clock(41, "192.0.2.200", **shape)
    lists = {ListKind.KNOWN_CC: [entry("192.0.2.1")], ListKind.SINKHOLES: [entry("192.0.2.2")]}
    every = survey(engine, tmp_path, rows)
    found = [every]
    for asked, buckets in (([], 1), ([entry("192.0.2.3")], 3)):
        choose = worth_judging(every.extent, lists, asked)
        found.append(survey(engine, tmp_path, rows, buckets=buckets, choose=choose))

    whole, *others = [_findings(judge(engine, each, lists, REGISTER)) for each in found]

    assert [len(each.services) < each.met - 30 for each in found] == [False, True, True]
    assert {each.met for each in found} == {len(every.services)}
    assert len(found[2].services) == len(found[1].services) + 1
    assert len(whole) >= (3 if sampling_interval == 1 else 2)
    for other in others:
        assert other.keys() == whole.keys()
        assert all(other[key] == pytest.approx(whole[key]) for key in whole)


def _findings(judged: Judgement) -> dict[tuple[int, ...], list[float]]:
    """Give what was found of each service that anything speaks for."""
    total, table = judged.ledger.total(), judged.survey.services
    rows = table.select(SERVICE).to_pylist()
    return {
        tuple(rows[at].values()): [
            float(judged.probability()[at]),
            float(judged.tier[at]),
            float(judged.suspects[at]),
            *(float(column[at]) for column in judged.ledger.terms.values()),
        ]
        for at in np.flatnonzero((total > 0) | judged.listed)
    }


def test_without_suspects_nothing_is_enriched(quiet_judged_by: Judge) -> None:
    """No evidence on any line: no enrichment either way, the base rate is not learned."""
    judged = quiet_judged_by({})

    assert sum(judged.kinds.values()) == 0
    for code in ("enriched", "not-enriched", "upper"):
        assert not judged.ledger.terms[code].any()
    assert judged.prior == REGISTER.number("fuse.base_rate_max")
    assert (judged.probability() < 0.5).all()


@pytest.mark.parametrize("kind", [ListKind.KNOWN_CC, ListKind.SINKHOLES])
def test_a_listed_server_shows_its_sister(quiet_judged_by: Judge, kind: ListKind) -> None:
    """Lines that met a listed C&C or sinkhole are suspects at its sister, not at itself."""
    judged = quiet_judged_by({kind: [entry(CC, CC_PORT)]})

    assert judged.kinds["known"] == len(BOTS)
    assert chance(judged, SISTER, 7_777) > 0.9
    assert term(judged, "enriched", CC, CC_PORT) == 0
    assert judged.suspects[row_of(judged.survey, CC, CC_PORT)] == 0


def test_a_listed_server_has_the_reliability_of_lists(quiet_judged_by: Judge) -> None:
    """Met here and named with its port: as registered; an address alone: less."""
    exact = quiet_judged_by({ListKind.KNOWN_CC: [entry(CC, CC_PORT)]})
    address = quiet_judged_by({ListKind.KNOWN_CC: [entry(CC)]})

    right = REGISTER.number("known.right_share")
    assert term(exact, "listed", CC, CC_PORT) == pytest.approx(
        np.log(right / (1 - right)) - np.log(exact.prior / (1 - exact.prior))
    )
    assert term(address, "listed", CC, CC_PORT) < term(exact, "listed", CC, CC_PORT)
    assert exact.listed.sum() == 1


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (ListKind.KNOWN_CC, 1),
        (ListKind.SINKHOLES, -1),
        (ListKind.BENIGN, -1),
        (ListKind.SCANNERS, -1),
    ],
)
def test_what_lists_say_of_a_service_is_no_finding_of_flow(
    judged_by: Judge, kind: ListKind, says: int
) -> None:
    """By flow it is as probable as it was: whoever weighs lists apart hears them once."""
    plain, listed = judged_by({}), judged_by({kind: [entry(CC, CC_PORT)]})
    place = row_of(plain.survey, CC, CC_PORT)

    moved = listed.probability()[place] - plain.probability()[place]
    assert np.sign(moved) == says
    assert listed.by_flow()[place] == pytest.approx(plain.by_flow()[place], abs=0.01)
    assert plain.by_flow() == pytest.approx(plain.probability())


def test_a_server_that_only_a_list_names_is_nothing_by_flow(quiet_judged_by: Judge) -> None:
    """Lines of which nothing else is known met it: the list's word alone makes it probable."""
    judged = quiet_judged_by({ListKind.KNOWN_CC: [entry(CC, CC_PORT)]})
    place = row_of(judged.survey, CC, CC_PORT)

    assert judged.probability()[place] > 0.5
    assert judged.by_flow()[place] < 0.01


def test_a_listed_server_is_not_taken_for_a_loader(judged_by: Judge) -> None:
    """The list has told it from a loader already: full packets count for nothing then."""
    listed = judged_by({ListKind.KNOWN_CC: [entry(LOADER, LOADER_PORT)]})

    assert term(listed, "transfer", LOADER, LOADER_PORT) == 0
    assert term(judged_by({}), "transfer", LOADER, LOADER_PORT) < 0


def test_a_listed_crowd_teaches_nothing(quiet_judged_by: Judge) -> None:
    """A wrong entry that everybody meets makes nobody a suspect."""
    judged = quiet_judged_by({ListKind.KNOWN_CC: [entry(WEB)]})

    assert judged.kinds["known"] == 0
    assert judged.listed.sum() == 1


@pytest.mark.parametrize("as_role", [False, True])
def test_a_sinkhole_is_no_cc(judged_by: Judge, *, as_role: bool) -> None:
    """Infected lines meet it, and still: a list of sinkholes, or the role, says no."""
    lists: Lists = {ListKind.SINKHOLES: [entry(CC)]}
    if as_role:
        lists = {ListKind.KNOWN_CC: [entry(CC, CC_PORT, role=Role.SINKHOLE)]}

    assert chance(judged_by(lists), CC, CC_PORT) < 0.5


@pytest.mark.parametrize("kind", [ListKind.BENIGN, ListKind.SCANNERS])
def test_a_harmless_listing_lowers_and_does_not_acquit(judged_by: Judge, kind: ListKind) -> None:
    """A C&C may hide in a cloud: lowered by the registered weight, nothing more."""
    plain, listed = judged_by({}), judged_by({kind: [entry(CC)]})

    assert chance(listed, CC, CC_PORT) < chance(plain, CC, CC_PORT)
    difference = listed.ledger.total() - plain.ledger.total()
    assert difference[row_of(listed.survey, CC, CC_PORT)] == pytest.approx(
        REGISTER.number("known.benign_weight")
    )
    assert np.count_nonzero(difference) == 1


def test_an_upper_tier_on_a_list_is_named_as_one(judged_by: Judge) -> None:
    """The role of the entry decides the tier."""
    judged = judged_by({ListKind.KNOWN_CC: [entry(CC, CC_PORT, role=Role.UPPER)]})

    assert judged.tier[row_of(judged.survey, CC, CC_PORT)] == 2


def test_lines_on_an_external_list_are_suspects(quiet_judged_by: Judge) -> None:
    """Pseudonyms from a honeypot's list show the C&C; plain entries and strangers do not."""
    own = [ListEntry(base=Address(1, bot), own=True) for bot in [*BOTS, 10**6]]
    judged = quiet_judged_by({ListKind.SUSPECTS: [*own, entry(WEB)]})

    assert judged.kinds["listed"] == len(BOTS)
    assert chance(judged, CC, CC_PORT) > 0.9
    assert chance(judged, SISTER, 7_777) > 0.9


def test_a_scan_says_nothing_of_its_own_port(engine: DuckEngine, tmp_path: Path) -> None:
    """Bots that scan port 6667 do not make a suspect of a service there."""
    rows = [
        row | {"remote_port": 6667} if row["remote_port"] == 23 else row for row in small_network()
    ]

    judged = judge(engine, survey(engine, tmp_path, rows), {}, REGISTER)

    assert judged.kinds["scan"] == len(BOTS)
    assert judged.suspects[row_of(judged.survey, CC, CC_PORT)] == 0
    assert chance(judged, CC, CC_PORT) < 0.01


FRONTS: Final = range(500, 506)
PANEL: Final = "203.0.113.9"


def network_with_fronts() -> list[Row]:
    """Give the quiet network with six C&Cs on own lines, and what commands them."""
    shape = {"sampling_interval": 10_000}
    rows = quiet_network()
    for number, front in enumerate(FRONTS):
        for bot in range(100 * number + 1, 100 * number + 13):
            for hour in (2, 9, 16):
                at = NOON_MS + hour * HOUR_MS + bot * 300_000
                rows += towards(bot, front, at, remote_port=48_101, **shape)
        for hour in (3, 15):
            rows += talk(
                front,
                PANEL,
                NOON_MS + hour * HOUR_MS + number * 660_000,
                remote_port=9_443,
                **shape,
            )
    return rows


def test_fronts_on_own_lines_show_their_upper_tier(engine: DuckEngine, tmp_path: Path) -> None:
    """What mostly C&C candidates of the own network speak with is the tier above them."""
    bots = [
        ListEntry(base=Address(1, 100 * number + offset), own=True)
        for number in range(len(FRONTS))
        for offset in range(1, 13)
    ]
    found = survey(engine, tmp_path, network_with_fronts())

    judged = judge(engine, found, {ListKind.SUSPECTS: bots}, REGISTER)

    own = found.services["remote_own"].to_numpy() == 1
    assert (judged.probability()[own] > 0.5).sum() == len(FRONTS)
    assert (judged.tier[own] == 1).all()
    panel = row_of(found, PANEL, 9_443)
    assert judged.fronts[panel] == len(FRONTS)
    assert judged.tier[panel] == 2
    assert judged.probability()[panel] > 0.5
    assert judged.tier[row_of(found, WEB, 443)] == 0


@pytest.mark.parametrize("buckets", [1, 2])
def test_neither_order_nor_parts_change_the_judgement(
    engine: DuckEngine, tmp_path: Path, judged_by: Judge, buckets: int
) -> None:
    """The same ledger, from shuffled records in one part or several."""
    rows = small_network()
    random.Random(1).shuffle(rows)  # noqa: S311 - a seeded order, no secret.
    before = judged_by({})

    after = judge(engine, survey(engine, tmp_path, rows, buckets=buckets), {}, REGISTER)

    assert after.survey.services.to_pylist() == before.survey.services.to_pylist()
    assert after.prior == pytest.approx(before.prior)
    for code, column in before.ledger.terms.items():
        assert after.ledger.terms[code] == pytest.approx(column, abs=1e-9), code
    assert after.tier.tolist() == before.tier.tolist()


def test_an_empty_window_is_judged_too(engine: DuckEngine, tmp_path: Path) -> None:
    """No services: empty columns, whatever the lists."""
    lists = {ListKind.KNOWN_CC: [entry(CC)]}

    judged = judge(engine, survey(engine, tmp_path, []), lists, REGISTER)

    assert judged.probability().size == 0
    assert all(column.size == 0 for column in judged.ledger.terms.values())


def test_the_small_network_is_what_these_tests_take_it_for(judged_by: Judge) -> None:
    """One crowd that all lines meet, and no bin cut."""
    survey_of = judged_by({}).survey

    assert len(survey_of.lines) == LINES
    assert survey_of.cut_bins == 0
