"""Counting points: which records are counted here, and where they came in."""

import random
from typing import Final

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.observing import COUNTED_ELSEWHERE, Observing
from hinomi.collect.wire.exported import DTYPES, NO_INTERFACE, Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.flow import Ingress

COMING_IN, LEAVING, NOT_STATED = 0, 1, -1
ROUTER, OTHER = 0, 1
BACKBONE: Final = 4_294_967_295
ROLES: Final = {
    (ROUTER, 1): InterfaceRole.SUBSCRIBER,
    (ROUTER, 2): InterfaceRole.TRANSIT,
    (ROUTER, BACKBONE): InterfaceRole.IGNORED,
    (OTHER, 1): InterfaceRole.PEERING,
}


def exported(*rows: tuple[int, int, int]) -> Exported:
    """Lay out records by source, interface and observed direction; *bytes* numbers them."""
    columns = {name: np.zeros(len(rows), dtype) for name, dtype in DTYPES.items()}
    for at, (source, in_if, observed) in enumerate(rows):
        columns["source"][at], columns["in_if"][at] = source, in_if
        columns["observed"][at], columns["bytes"][at] = observed, at
    return Exported(**columns)


def kept(observing: Observing, *rows: tuple[int, int, int]) -> tuple[dict[int, int], Ledger]:
    """Give the ingress of each kept record by its number, and what was counted."""
    ledger = Ledger()
    records, ingress = observing.keep(exported(*rows), ledger)
    assert ingress.dtype == np.int16
    return dict(zip(records.bytes.tolist(), ingress.tolist(), strict=True)), ledger


def test_a_record_came_in_where_its_interface_looks() -> None:
    """The same index is another interface on another router; undescribed ones are unknown."""
    found, ledger = kept(
        Observing(ROLES, {}),
        (ROUTER, 1, NOT_STATED), (ROUTER, 2, COMING_IN), (OTHER, 1, LEAVING), (OTHER, 2, COMING_IN),
        (ROUTER, NO_INTERFACE, COMING_IN), (7, 1, COMING_IN), (ROUTER, 2**40 + 1, COMING_IN),
    )  # fmt: skip

    assert found == {
        0: Ingress.SUBSCRIBER, 1: Ingress.TRANSIT, 2: Ingress.PEERING, 3: Ingress.UNKNOWN,
        4: Ingress.UNKNOWN, 5: Ingress.UNKNOWN, 6: Ingress.UNKNOWN,
    }  # fmt: skip
    assert not ledger.counts


def test_what_comes_in_by_an_internal_link_is_counted_elsewhere() -> None:
    """Another router saw it enter the network (robustness case 18)."""
    found, ledger = kept(
        Observing(ROLES, {}), (ROUTER, BACKBONE, COMING_IN), (ROUTER, 1, COMING_IN)
    )

    assert found == {1: Ingress.SUBSCRIBER}
    assert ledger.counts == {ROUTER: {COUNTED_ELSEWHERE: 1}}


def test_one_direction_is_counted_where_the_operator_says_so() -> None:
    """An exporter that monitors both would count each packet twice (robustness case 18)."""
    counts = {ROUTER: CountedDirection.INGRESS, OTHER: CountedDirection.EGRESS}
    rows = [
        (source, 1, seen)
        for source in (ROUTER, OTHER, 2)
        for seen in (COMING_IN, LEAVING, NOT_STATED)
    ]

    found, ledger = kept(Observing({}, counts), *rows)

    assert sorted(found) == [0, 2, 4, 5, 6, 7, 8]
    assert ledger.counts == {ROUTER: {COUNTED_ELSEWHERE: 1}, OTHER: {COUNTED_ELSEWHERE: 1}}


def test_exporters_that_count_all_leave_nothing_out() -> None:
    """Without a word of the operator every record is kept."""
    found, ledger = kept(
        Observing({}, {5: CountedDirection.ALL}), (5, 1, COMING_IN), (5, 1, LEAVING)
    )

    assert (len(found), dict(ledger.counts)) == (2, {})
    assert kept(Observing(ROLES, {}))[0] == {}


@given(seed=st.integers(0, 2**32))
def test_every_record_is_kept_or_counted(seed: int) -> None:
    """As a plain loop over the records says."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets.
    roles = {
        (chance.randrange(4), chance.randrange(6)): chance.choice(list(InterfaceRole))
        for _ in range(12)
    }
    counts = {source: chance.choice(list(CountedDirection)) for source in range(3)}
    rows = [
        (chance.randrange(5), chance.randrange(-1, 7), chance.randrange(-1, 2)) for _ in range(60)
    ]
    wrong = {CountedDirection.INGRESS: LEAVING, CountedDirection.EGRESS: COMING_IN}
    expected = {
        at: int(roles.get((source, in_if), 0))
        for at, (source, in_if, seen) in enumerate(rows)
        if roles.get((source, in_if)) != InterfaceRole.IGNORED
        and wrong.get(counts.get(source, CountedDirection.ALL)) != seen
    }

    found, ledger = kept(Observing(roles, counts), *rows)

    assert found == expected
    assert ledger.total(COUNTED_ELSEWHERE) == len(rows) - len(expected)
