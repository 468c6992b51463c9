"""What was known before seconds a service's own evidence within bounds, and never decides."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from contexts import listed, services_at
from hinomi.clock import parse_time
from hinomi.detect import fuse
from hinomi.detect.background import (
    FORMERLY,
    NEIGHBOURS,
    Background,
    FormerEntry,
    Looked,
    log_ratio,
    seconded,
    weigh,
)
from hinomi.errors import ConfigError
from hinomi.govern.parameters import default_register
from hinomi.model.address import parse_address
from hinomi.model.context import ContextTable
from hinomi.model.listed import ListEntry
from surveys import entry

REGISTER = default_register()
STARTS_MS = parse_time("2025-02-01")
PRIOR = 0.001
WAY = -float(special.logit(PRIOR))
"""Own evidence of so many log-odds makes even odds."""

SERVER = "198.18.4.9"
NEIGHBOUR = "198.18.5.1"
"""In the same /20, in another /24."""

FULL = log_ratio(NEIGHBOURS, REGISTER)


def weighed(
    services: pa.Table,
    own: float,
    *tables: ContextTable,
    former: tuple[ListEntry, ...] = (),
    on_list: bool = False,
) -> tuple[dict[str, float], Looked]:
    """Weigh the first of *services*, whose own evidence is *own* log-odds."""
    ledger = fuse.Ledger(len(services))
    ledger.add("own", np.full(len(services), own))
    entries = tuple(FormerEntry(entry=each, source="feed", until="2025-01-20") for each in former)
    looked = weigh(
        ledger,
        services,
        Background(starts_ms=STARTS_MS, tables=tables, former=entries),
        prior=PRIOR,
        listed=np.full(len(services), on_list),
        register=REGISTER,
    )
    return {code: float(ledger.terms[code][0]) for code in (NEIGHBOURS, FORMERLY)}, looked


def test_a_listed_neighbour_seconds_what_convinces() -> None:
    """In full where own evidence reaches even odds, by half half-way."""
    whole, _ = weighed(services_at(SERVER), WAY, listed((NEIGHBOUR, -1)))
    half, _ = weighed(services_at(SERVER), WAY / 2, listed((NEIGHBOUR, -1)))

    assert whole == {NEIGHBOURS: pytest.approx(FULL), FORMERLY: 0.0}
    assert half[NEIGHBOURS] == pytest.approx(FULL / 2)


@pytest.mark.parametrize("own", [0.0, -0.1, -12.0])
def test_a_neighbourhood_alone_says_nothing(own: float) -> None:
    """Without own evidence, or with evidence against, nothing is even looked up."""
    terms, looked = weighed(
        services_at(SERVER), own, listed((NEIGHBOUR, -1)), former=(entry(SERVER, 443),)
    )

    assert terms == {NEIGHBOURS: 0.0, FORMERLY: 0.0}
    assert looked.rows.size == 0


def test_what_no_table_knows_is_neutral() -> None:
    """No history, or one without neighbours: neither for nor against."""
    for tables in ((), (listed(("203.0.113.1", -1)),), (listed((SERVER, -1)),)):
        assert weighed(services_at(SERVER), WAY, *tables)[0] == {NEIGHBOURS: 0.0, FORMERLY: 0.0}


def test_own_services_are_never_looked_up() -> None:
    """A pseudonym that happens to be a listed address is no address."""
    terms, looked = weighed(
        services_at(SERVER, own=True), WAY, listed((NEIGHBOUR, -1)), former=(entry(SERVER, 443),)
    )

    assert terms == {NEIGHBOURS: 0.0, FORMERLY: 0.0}
    assert looked.place(0) is None


def test_a_standing_entry_speaks_for_itself() -> None:
    """Of a service that is listed now, list and history are the same evidence."""
    terms, _ = weighed(services_at(SERVER), WAY, listed((NEIGHBOUR, -1)), on_list=True)

    assert terms == {NEIGHBOURS: 0.0, FORMERLY: 0.0}


def test_ipv6_has_no_measured_neighbourhood() -> None:
    """The share of C&Cs beside others was measured on IPv4 alone."""
    terms, _ = weighed(services_at("2001:db8::9"), WAY, listed(("2001:db8:0:7::1", -1)))

    assert terms[NEIGHBOURS] == 0.0


@pytest.mark.parametrize(("first", "speaks"), [("2024-06-01", True), ("2022-06-01", False)])
def test_history_that_is_too_old_says_nothing(first: str, *, speaks: bool) -> None:
    """After two years hosters have come and gone."""
    terms, _ = weighed(services_at(SERVER), WAY, listed((NEIGHBOUR, parse_time(first))))

    assert (terms[NEIGHBOURS] > 0) is speaks


def test_a_table_of_the_window_is_refused() -> None:
    """Nothing that could have been known only inside the window is looked at (R19)."""
    with pytest.raises(ValueError, match="not dated before"):
        weighed(services_at(SERVER), WAY, listed((NEIGHBOUR, -1), day="2025-02-01"))


def test_a_former_entry_is_weaker_than_a_standing_one() -> None:
    """At most a third of it, of this address and port alone, and not added to neighbours."""
    terms, looked = weighed(
        services_at(SERVER), WAY, listed((NEIGHBOUR, -1)), former=(entry(SERVER, 443),)
    )
    yes = np.array([True])

    standing = fuse.listed_term(yes, yes.astype(float), yes, PRIOR, REGISTER)[0]
    assert terms == {NEIGHBOURS: 0.0, FORMERLY: pytest.approx(log_ratio(FORMERLY, REGISTER))}
    assert 0 < terms[FORMERLY] <= standing / 2
    assert looked.former.tolist() == [0]
    other, _ = weighed(services_at(SERVER), WAY, former=(entry(SERVER, 80),))
    assert other[FORMERLY] == 0.0


def test_services_that_were_looked_up_are_found_again() -> None:
    """By their row among all services; the others have no place."""
    services = services_at(SERVER, "203.0.113.1", "203.0.113.2")
    own = services.set_column(
        services.column_names.index("remote_own"), "remote_own", pa.array([1, 0, 0])
    )

    _, looked = weighed(own, WAY)

    assert [looked.place(row) for row in range(4)] == [None, 0, 1, None]
    assert parse_address("203.0.113.1").lo == own["remote_lo"][int(looked.rows[0])].as_py()


@given(
    own=st.lists(st.floats(-20, 30), min_size=1, max_size=20),
    full=st.floats(0, 20),
    prior=st.floats(1e-6, 0.4),
)
def test_nothing_is_carried_across_even_odds(own: list[float], full: float, prior: float) -> None:
    """However strong the context: what was below even odds stays below, and order is kept."""
    evidence = np.sort(np.array(own))
    before = special.logit(prior) + evidence

    after = before + seconded(np.full(evidence.size, full), evidence, prior)

    assert (after >= before).all()
    assert (after[before < 0] <= 0).all()
    assert (after[before < -1e-9] < 0).all()
    assert (after[evidence <= 0] == before[evidence <= 0]).all()
    assert (after - before <= full + 1e-9).all()
    assert (np.diff(after) >= -1e-9).all()


@given(cc=st.floats(0, 1), other=st.floats(0, 1), most=st.floats(0, 9))
def test_a_ratio_lies_within_its_bound(cc: float, other: float, most: float) -> None:
    """At least 0 and at most as registered, whatever shares were measured."""
    register = REGISTER
    for name, value in (("cc", cc), ("other", other), ("most", most)):
        register = register.with_value(f"context.neighbours_{name}", value, decided_by="tests")

    ratio = log_ratio(NEIGHBOURS, register)

    assert 0 <= ratio <= most
    assert ratio == 0 or cc > other


def test_the_shipped_weights_are_small() -> None:
    """A neighbourhood counts three times at most, a former entry twenty times."""
    assert pytest.approx(3.0, rel=0.01) == np.exp(FULL)
    assert np.exp(log_ratio(FORMERLY, REGISTER)) == pytest.approx(20, rel=0.01)


def test_a_register_without_the_weights_is_refused() -> None:
    """Nothing is weighed by numbers that nobody registered."""
    with pytest.raises(ConfigError, match=r"context\.neighbours_most"):
        log_ratio(NEIGHBOURS, REGISTER.without("context.neighbours_most"))
