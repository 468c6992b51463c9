"""Suspected lines: what chooses them, what their evidence may not speak about, how much."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from builders import Open, knock, talk
from hinomi.detect import measures, orient, suspects
from hinomi.detect.columns import keys
from hinomi.detect.orient import LINE
from hinomi.detect.suspects import Evidence, Suspects
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import Register

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=60).map(np.array)


def lines_of(*numbers: int) -> pa.Table:
    """Give lines by number."""
    return pa.table(
        {
            "line_hi": pa.array([1] * len(numbers), pa.int64()),
            "line_lo": pa.array(numbers, pa.int64()),
        }
    )


def probed(*rows: tuple[int, int, int, int]) -> pa.Table:
    """Give rows of `probes`: line, port, targets, hosts spoken with."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    table = lines_of(*columns[0].tolist())
    for name, column in zip(("remote_port", "targets", "spoken"), columns[1:], strict=True):
        table = table.append_column(name, pa.array(column))
    return table


def gathered(
    known: dict[int, int] | None = None,
    scan: dict[int, int] | None = None,
    **others: tuple[int, ...],
) -> Suspects:
    """Gather suspects: contacts by line, scanned port by line, and plain lines."""
    known, scan = known or {}, scan or {}
    scanned = lines_of(*scan).append_column(
        "remote_port", pa.array(list(scan.values()), pa.int64())
    )
    contacts = np.array(list(known.values()), dtype=np.int64)
    plain = {Evidence[kind.upper()]: lines_of(*lines) for kind, lines in others.items()}
    parts = {Evidence.KNOWN: lines_of(*known), Evidence.SCAN: scanned}
    return suspects.gather(parts | plain, contacts)


def pairs(opened_rows: Any) -> Any:
    """Roll records up to pairs, every remote end being the service."""
    spoken = orient.conversing(opened_rows)
    return measures.pairs(spoken.mutate(votes=(spoken.proto > 0).cast("int64")))


def test_probes_count_hosts_and_not_packets(engine: DuckEngine, opened: Open) -> None:
    """Three hosts knocked at, one of them twice, and one spoken with, on one port."""
    rows = [knock(1, f"198.51.100.{host}", remote_port=23) for host in (1, 2, 3, 3)]
    rows += talk(1, "198.51.100.9", remote_port=23)
    rows += talk(2, "198.51.100.9", remote_port=23)

    (found,) = engine.fetch(suspects.probes(pairs(opened(rows)))).to_pylist()

    assert (found["line_lo"], found["remote_port"]) == (1, 23)
    assert (found["targets"], found["spoken"]) == (3, 1)


def test_without_flags_a_short_unanswered_packet_is_a_probe(
    engine: DuckEngine, opened: Open
) -> None:
    """Short and unanswered probes; a long packet, or UDP, does not."""
    shapes: list[dict[str, int]] = [
        {"tcp_flags": -1, "bytes": 40},
        {"tcp_flags": -1, "bytes": 500},
        {"proto": 17, "bytes": 40},
    ]
    rows = [
        knock(line, f"198.51.100.{host}", **shape)
        for line, shape in enumerate(shapes)
        for host in (1, 2)
    ]

    found = engine.fetch(suspects.probes(pairs(opened(rows)))).to_pylist()

    assert [(row["line_lo"], row["targets"]) for row in found] == [(0, 2)]


def test_a_scanner_probes_what_its_conversations_do_not_explain(register: Register) -> None:
    """Thirty silent hosts beside twenty answering ones at 5 % silence: a scan. Two: chance."""
    table = probed((1, 23, 30, 20), (2, 443, 2, 30), (3, 443, 1, 0))

    chosen = suspects.scanners(table, 0.05, 1_000, register)

    assert chosen.to_pylist() == [{"line_hi": 1, "line_lo": 1, "remote_port": 23, "targets": 30}]


def test_a_busy_client_is_no_scanner(register: Register) -> None:
    """Twelve silent hosts are explained by four hundred conversations, not by four."""
    assert suspects.scanners(probed((1, 443, 12, 400)), 0.05, 10_000, register).num_rows == 0
    assert suspects.scanners(probed((1, 443, 12, 4)), 0.05, 10_000, register).num_rows == 1


def test_what_a_port_usually_leaves_unanswered_is_no_scan(register: Register) -> None:
    """A fifth of all hosts is silent there for everybody: one line's fifth is no scan."""
    everybody = [(line, 443, 5, 20) for line in range(2, 60)]

    assert (
        suspects.scanners(probed((1, 443, 20, 80), *everybody), 0.01, 500, register).num_rows == 0
    )


def test_one_target_is_never_a_scan(register: Register) -> None:
    """However improbable a single silent host is, it is a server that is down."""
    assert suspects.scanners(probed((1, 23, 1, 0)), 0.0, 1, register).num_rows == 0


@pytest.mark.parametrize("turn", [1, -1])
def test_a_line_has_the_port_it_probed_most(register: Register, turn: int) -> None:
    """One row per line; of ports probed alike the lowest, in whatever order they come."""
    rows = [(1, 2323, 40, 0), (1, 23, 50, 0), (2, 8080, 20, 0), (2, 80, 20, 0)][::turn]

    chosen = suspects.scanners(probed(*rows), 0.01, 100, register).to_pylist()

    assert {row["line_lo"]: row["remote_port"] for row in chosen} == {1: 23, 2: 80}
    assert len(chosen) == 2


def test_false_scanners_stay_rare(register: Register) -> None:
    """Ten thousand ordinary lines at the expected silence: next to none is chosen."""
    chance = np.random.default_rng(5)
    spoken = chance.integers(0, 40, 10_000)
    targets = chance.poisson(0.05 * (spoken + 0.5))
    rows = [(at, 443, int(targets[at]), int(spoken[at])) for at in range(spoken.size)]

    assert suspects.scanners(probed(*rows), 0.05, 10_000, register).num_rows <= 2


def test_a_mailer_meets_more_relays_than_a_subscriber_needs(register: Register) -> None:
    """Twenty relays are too many, three are not; submission ports are no relays."""
    table = probed((1, 25, 0, 20), (2, 25, 1, 2), (3, 587, 0, 20), (4, 25, 20, 0))

    assert suspects.mailers(table, 1_000, register)["line_lo"].to_pylist() == [1, 4]


def test_nobody_probed_nobody_chosen(register: Register) -> None:
    """Empty tables in, empty tables out."""
    nothing = probed()

    assert suspects.scanners(nothing, 0.05, 0, register).num_rows == 0
    assert suspects.mailers(nothing, 0, register).num_rows == 0
    assert suspects.credit(nothing, 0.05, keys(lines_of(1), LINE), np.array([23])).tolist() == [1.0]


def test_kinds_of_evidence_come_together_by_line() -> None:
    """One row per line, whatever it was suspected of."""
    found = gathered(
        known={7: 3}, scan={7: 23, 8: 80}, spam=(8,), listed=(9,), attack=(9, 10), called=(10,)
    )

    by_line = dict(zip(found.lo.tolist(), found.kinds.tolist(), strict=True))
    assert by_line == {
        7: Evidence.KNOWN | Evidence.SCAN,
        8: Evidence.SCAN | Evidence.SPAM,
        9: Evidence.LISTED | Evidence.ATTACK,
        10: Evidence.ATTACK | Evidence.CALLED,
    }
    assert dict(zip(found.lo.tolist(), found.scanned.tolist(), strict=True)) == {
        7: 23,
        8: 80,
        9: -1,
        10: -1,
    }
    assert dict(zip(found.lo.tolist(), found.contacts.tolist(), strict=True)) == {
        7: 3,
        8: 0,
        9: 0,
        10: 0,
    }
    assert [found.count(kind) for kind in Evidence] == [1, 2, 1, 1, 2, 1]


def weight(found: Suspects, register: Register, *, port: int, known: bool = False) -> float:
    """Weigh the only line of *found* at a service."""
    only = np.zeros(1, dtype=np.int64)
    at, listed = np.array([port]), np.array([known])
    return float(suspects.weights(found, only, at, listed, register)[0])


def test_evidence_never_speaks_where_it_comes_from(register: Register) -> None:
    """Mail says nothing of mail servers, contact nothing of itself."""
    spam, known = gathered(spam=(1,)), gathered(known={1: 1})

    assert [weight(spam, register, port=port) for port in (25, 465, 587)] == [0, 0, 0]
    assert weight(known, register, port=443, known=True) == 0


@pytest.mark.parametrize("port", [23, 443])
def test_a_scan_says_what_its_probes_leave(register: Register, port: int) -> None:
    """On whatever port: no client is dropped for the port that it scans."""
    only, known = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=bool)
    reliability = register.number("suspects.reliability_scan")
    for left in (1.0, 0.3, 0.0):
        found = suspects.weights(
            gathered(scan={1: 23}), only, np.array([port]), known, register,
            of_scans=np.array([left]),
        )  # fmt: skip
        assert found.tolist() == pytest.approx([reliability * left])


def test_elsewhere_evidence_weighs_its_reliability(register: Register) -> None:
    """The registered reliability of the kind, at any other service."""
    kinds = {
        "scan": gathered(scan={1: 23}),
        "spam": gathered(spam=(1,)),
        "known": gathered(known={1: 1}),
        "listed": gathered(listed=(1,)),
        "attack": gathered(attack=(1,)),
        "called": gathered(called=(1,)),
    }
    assert kinds.keys() == {(kind.name or "").lower() for kind in Evidence}

    for name, found in kinds.items():
        expected = register.number(f"suspects.reliability_{name}")
        assert weight(found, register, port=6667) == pytest.approx(expected)


def test_only_the_kinds_asked_for_are_weighed(register: Register) -> None:
    """Each kind by itself; the rest of the line's evidence says nothing then."""
    found = gathered(scan={1: 23}, listed=(1,))
    place = np.zeros(1, dtype=np.int64)

    def weighed(only: Evidence) -> float:
        port, known = np.array([443]), np.array([False])
        return float(suspects.weights(found, place, port, known, register, only=only)[0])

    assert weighed(Evidence.SCAN) == pytest.approx(register.number("suspects.reliability_scan"))
    assert weighed(Evidence.SPAM) == 0
    assert weighed(suspects.ALL) == weight(found, register, port=443)


def test_without_numbers_each_line_met_one_listed_server() -> None:
    """What is not counted is one."""
    found = suspects.gather({Evidence.KNOWN: lines_of(4, 5)})

    assert found.contacts.tolist() == [1, 1]


def test_two_listed_servers_speak_for_each_other(register: Register) -> None:
    """A line that met two listed C&Cs is a suspect at both."""
    assert weight(gathered(known={1: 2}), register, port=443, known=True) > 0


def test_kinds_strengthen_each_other_short_of_certainty(register: Register) -> None:
    """Two kinds are surer than one; together they leave the product of their doubts."""
    both = gathered(scan={1: 23}, listed=(1,))

    doubt = (1 - register.number("suspects.reliability_scan")) * (
        1 - register.number("suspects.reliability_listed")
    )
    assert weight(both, register, port=6667) == pytest.approx(1 - doubt)


@given(targets=st.lists(st.integers(2, 500), min_size=1, max_size=19))
def test_credit_falls_with_what_else_is_probed_there(targets: list[int]) -> None:
    """(1 + expected) / (1 + hosts probed) on the same port; 1 on other ports, for other lines."""
    table = probed(*((line, 23, number, 0) for line, number in enumerate(targets)))
    count = len(targets)
    mine = keys(lines_of(*range(count)), LINE)

    same = suspects.credit(table, 0.1, mine, np.full(count, 23))
    other = suspects.credit(table, 0.1, mine, np.full(count, 80))
    stranger = suspects.credit(table, 0.1, keys(lines_of(count + 1), LINE), np.array([23]))

    assert same.tolist() == pytest.approx([1.05 / (1 + number) for number in targets])
    assert other.tolist() == [1.0] * count
    assert stranger.tolist() == [1.0]


@given(met=st.integers(1, 60), usual=st.floats(0, 30))
def test_who_meets_many_of_one_port_says_little_of_each(met: int, usual: float) -> None:
    """(3 + usual) / met where more are met than that; another port and another line say all."""
    line = np.append(np.zeros(met, np.int64), [0, 1])
    port = np.append(np.full(met, 53), [80, 53])

    found = suspects.shared(line, port, np.full(met + 2, usual))

    assert found[:met].tolist() == pytest.approx([min(1.0, (3 + usual) / met)] * met)
    assert found[met:].tolist() == [1.0, 1.0]


def test_scanners_of_one_kind_share_their_ports() -> None:
    """Lines that scan 23 try four hosts each on 2323, seen on two of them, and 30 on 23."""
    table = probed((0, 23, 30, 0), (1, 23, 30, 0), (0, 2323, 6, 0), (1, 2323, 2, 0), (9, 80, 5, 0))
    alike = gathered(scan={0: 23, 1: 23, 2: 80}, listed=(9,))
    who = np.array([0, 1, 0, 2, 3])
    port = np.array([2323, 2323, 23, 2323, 80])

    found = suspects.credit_of_alike(table, alike, who, port)

    assert found.tolist() == pytest.approx([1 / 5, 1 / 5, 1 / 31, 1.0, 1.0])


def test_without_probes_everybody_has_full_credit() -> None:
    """Nothing was scanned: nothing is explained by it."""
    two, none = np.array([0, 1]), np.zeros(0, dtype=np.int64)
    port = np.array([80, 80])

    assert suspects.credit_of_alike(probed(), gathered(listed=(1, 2)), two, port).tolist() == [1, 1]
    assert suspects.credit_of_alike(probed((1, 23, 9, 0)), gathered(), none, none).size == 0


def test_the_way_of_a_port_is_that_of_the_lines_that_speak_there() -> None:
    """Thirty lines leave one host in five unanswered on 443: usual there. Scanners set nothing."""
    table = probed(
        *((line, 443, 4, 16) for line in range(30)),
        *((line, 23, 40, 1) for line in range(30)),
        *((line, 8080, 4, 16) for line in range(5)),
    )

    usual = suspects.usual_silence(table, 0.05)

    assert usual.tolist() == pytest.approx([0.2] * 30 + [0.05] * 30 + [0.05] * 5)


@settings(deadline=None)
@given(chance=P_VALUES)
def test_rates_are_those_of_benjamini_and_hochberg(chance: NDArray[np.float64]) -> None:
    """With every test at hand the rates equal those of scipy."""
    expected = stats.false_discovery_control(chance)

    assert suspects.false_discovery_rates(chance, chance.size) == pytest.approx(expected)


@given(chance=P_VALUES, unseen=st.integers(0, 500))
def test_tests_left_out_count_as_failed(chance: NDArray[np.float64], unseen: int) -> None:
    """Leaving tests out equals carrying them along with a p-value of 1."""
    whole = suspects.false_discovery_rates(np.append(chance, np.ones(unseen)), chance.size + unseen)

    short = suspects.false_discovery_rates(chance, chance.size + unseen)

    assert short == pytest.approx(whole[: chance.size])


@given(chance=P_VALUES, unseen=st.integers(0, 500))
def test_rates_keep_the_order_of_chances(chance: NDArray[np.float64], unseen: int) -> None:
    """A smaller p-value never has a larger rate, no rate is below its p-value or above 1."""
    rates = suspects.false_discovery_rates(chance, chance.size + unseen)

    assert (np.diff(rates[np.argsort(chance)]) >= 0).all()
    assert (rates >= chance - 1e-12).all()
    assert (rates <= 1).all()


def test_the_silent_share_is_that_of_ordinary_lines() -> None:
    """Scanners are few among lines: their thousands of vain tries change nothing."""
    ordinary = {"services": [95] * 50, "tries": [5] * 50}
    scanning = {"services": [95] * 50 + [0] * 3, "tries": [5] * 50 + [9_000] * 3}

    assert suspects.silent_share(pa.table(ordinary)) == 0.05
    assert suspects.silent_share(pa.table(scanning)) == 0.05


def test_lines_of_few_pairs_do_not_tell_the_silent_share() -> None:
    """Without a line of ten pairs the usual share stands in."""
    assert suspects.silent_share(pa.table({"services": [4], "tries": [5]})) == 0.05
    assert suspects.silent_share(pa.table({"services": [5], "tries": [5]})) == 0.5
