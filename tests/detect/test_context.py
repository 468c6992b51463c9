"""Context is looked up as of before the window, excludes the service itself, and only tells."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from builders import remote, services_table
from contexts import column, listed, services_at, table
from hinomi.clock import parse_time
from hinomi.detect.context import ContextColumns, context_columns, find_ranges
from hinomi.model.context import DAY_MS, ContextKind, ContextTable, NetworkKind

STARTS = parse_time("2025-02-01")
BLOCK = 0xC6336400  # 198.51.100.0
V6_BLOCK = 0x20010DB8 << 32


def routes(*rows: tuple[int, int, int], **changed: object) -> ContextTable:
    """Give routes as (first, last, AS)."""
    laid = [dict(zip(("first", "last", "asn"), row, strict=True)) for row in rows]
    return table(ContextKind.ROUTES, laid, **changed)


def look(services: pa.Table, *tables: ContextTable, teachers: Sequence[str] = ()) -> ContextColumns:
    """Look services up at the start of February 2025."""
    return context_columns(services, tables, STARTS, teachers=teachers)


def test_origin_and_kind_are_found_for_both_families() -> None:
    """The AS of the covering range, its kind, how much IPv4 it has, and who says so."""
    found = look(
        services_at("198.51.100.9", "2001:db8::1", "203.0.113.1"),
        routes((BLOCK, BLOCK + 255, 64500), (V6_BLOCK, V6_BLOCK + 9, 64501)),
        table(ContextKind.AS_KINDS, [{"asn": 64500, "kind": NetworkKind.HOSTING}]),
    )

    assert column(found.origin_as) == [64500, 64501, 0]
    assert column(found.as_addresses) == [256, 0, 0]
    assert column(found.as_kind) == [NetworkKind.HOSTING, 0, 0]
    assert column(found.origin_from >= 0) == [1, 1, 0]
    assert found.tables[found.origin_from[0]].kind is ContextKind.ROUTES
    assert found.tables[found.as_kind_from[0]].kind is ContextKind.AS_KINDS


def test_of_several_sources_the_later_one_speaks() -> None:
    """Where both know an address; where one alone knows it, that one does."""
    found = look(
        services_at("198.51.100.9", "198.51.100.200"),
        routes((BLOCK, BLOCK + 99, 64502), source="new", day="2025-01-20"),
        routes((BLOCK, BLOCK + 255, 64501), source="old", day="2025-01-10"),
    )

    assert column(found.origin_as) == [64502, 64501]
    assert [found.tables[place].source for place in found.origin_from] == ["new", "old"]


def test_the_age_of_an_allocation_is_counted_to_the_start_of_the_window() -> None:
    """In days; NaN where no block is known; of a moved block the youngest date."""
    block = {"first": BLOCK, "last": BLOCK + 255}
    old = {**block, "registered_ms": parse_time("2001-01-01")}
    young = {**block, "registered_ms": parse_time("2025-01-22")}

    for order in ((old, young), (young, old)):
        tables = [
            table(ContextKind.ALLOCATIONS, [row], source=name)
            for name, row in zip("ab", order, strict=True)
        ]
        found = look(services_at("198.51.100.9", "203.0.113.1"), *tables)
        assert found.allocation_age[0] == 10.0
        assert np.isnan(found.allocation_age[1])


def test_neighbours_are_other_listed_addresses() -> None:
    """Of the /24, of the /20 and of the AS; the service itself is not counted."""
    history = listed(
        ("198.18.4.9", -1), ("198.18.4.10", -1), ("198.18.5.1", -1), ("203.0.113.1", -1)
    )

    found = look(
        services_at("198.18.4.9", "198.18.4.8", "198.18.200.1"),
        history,
        routes((0xC6120400, 0xC61204FF, 64500), (0xCB007100, 0xCB0071FF, 64500)),
    )

    assert column(found.listed_near) == [1, 2, 0]
    assert column(found.listed_wide) == [2, 3, 0]
    assert column(found.listed_as) == [2, 3, -1]


def test_ipv6_neighbours_are_those_of_the_48_and_the_40() -> None:
    """Another /64 of the same /48 is near, another /48 of the same /40 wide."""
    found = look(
        services_at("2001:db8:1::1"),
        listed(("2001:db8:1:9::1", -1), ("2001:db8:2::1", -1), ("2001:db8:100::1", -1)),
    )

    assert (column(found.listed_near), column(found.listed_wide)) == ([1], [2])


def test_an_address_on_two_lists_is_one_neighbour() -> None:
    """Sources and days add up to distinct addresses."""
    found = look(
        services_at("198.51.100.9"),
        listed(("198.51.100.1", -1), source="a", day="2025-01-01"),
        listed(("198.51.100.1", -1), source="a", day="2025-01-09"),
        listed(("198.51.100.1", 5), source="b"),
    )

    assert column(found.listed_near) == [1]


def test_the_teachers_own_list_counts_only_what_is_older_than_its_table() -> None:
    """Stated on the table's day or not stated at all, a listing may be the label itself."""
    day = parse_time("2025-01-01")
    history = listed(
        ("198.51.100.1", day - 1), ("198.51.100.2", day), ("198.51.100.3", -1), source="feed"
    )

    assert column(look(services_at("198.51.100.9"), history).listed_near) == [3]
    taught = look(services_at("198.51.100.9"), history, teachers=["feed"])
    assert column(taught.listed_near) == [1]
    assert column(look(services_at("198.51.100.9"), history, teachers=["x"]).listed_near) == [3]


def test_an_earlier_table_of_the_source_dates_what_states_no_day() -> None:
    """What stood on the list a month before is older than the newest table."""
    found = look(
        services_at("198.51.100.9"),
        listed(("198.51.100.1", -1), source="feed", day="2024-12-01"),
        listed(("198.51.100.1", -1), ("198.51.100.2", -1), source="feed", day="2025-01-01"),
        teachers=["feed"],
    )

    assert column(found.listed_near) == [1]


def test_names_and_certificates_are_found_by_address_and_port() -> None:
    """Numbers, ages in days and who says so; another port has another certificate."""
    place = {key.removeprefix("remote_"): value for key, value in remote("198.51.100.9").items()}
    del place["own"]
    month = parse_time("2025-01-01")
    names = table(ContextKind.PDNS, [{**place, "names": 4, "newest_ms": month}])
    certificate = {"port": 443, "not_before_ms": month + DAY_MS, "self_signed": 1}
    services = services_table(
        {**remote("198.51.100.9"), "remote_port": 443},
        {**remote("198.51.100.9"), "remote_port": 80},
        {**remote("198.51.100.8"), "remote_port": 443},
    )

    found = look(services, names, table(ContextKind.CERTIFICATES, [{**place, **certificate}]))

    assert column(found.names) == [4, 4, 0]
    assert found.newest_name_age[:2].tolist() == [31.0, 31.0]
    assert found.certificate_age[0] == 30.0
    assert np.isnan(found.certificate_age[1:]).all()
    assert column(found.self_signed) == [1, -1, -1]
    assert column(found.certificate_from >= 0) == [1, 0, 0]


def everything(**changed: object) -> list[ContextTable]:
    """Give a table of each kind that knows 198.51.100.9."""
    place = {"hi": 0, "lo": (0xFFFF << 32) | (BLOCK + 9)}
    block = {"first": BLOCK, "last": BLOCK + 255}
    rows = {
        ContextKind.ROUTES: {**block, "asn": 64500},
        ContextKind.ALLOCATIONS: {**block, "registered_ms": 0},
        ContextKind.HISTORY: {"hi": 0, "lo": place["lo"] + 1, "listed_ms": -1},
        ContextKind.PDNS: {**place, "names": 1, "newest_ms": 0},
        ContextKind.CERTIFICATES: {**place, "port": 443, "not_before_ms": 0, "self_signed": 1},
        ContextKind.AS_KINDS: {"asn": 64500, "kind": 1},
    }
    return [table(kind, [row], **changed) for kind, row in rows.items()]


UNKNOWN_VALUES = {
    "origin_as": 0, "origin_from": -1, "as_addresses": 0, "as_kind": 0, "as_kind_from": -1,
    "allocation_from": -1, "listed_near": -1, "listed_wide": -1, "listed_as": -1, "names": -1,
    "names_from": -1, "self_signed": -1, "certificate_from": -1,
}  # fmt: skip


def test_every_kind_tells_something_of_a_foreign_service() -> None:
    """So that the next two tests can fail."""
    found = look(services_at("198.51.100.9"), *everything())

    for name, unknown in UNKNOWN_VALUES.items():
        assert getattr(found, name)[0] != unknown, name


@pytest.mark.parametrize(
    ("own", "tables"), [(True, everything()), (False, []), (True, [])], ids=["own", "none", "both"]
)
def test_own_services_and_empty_homes_have_no_context(
    *, own: bool, tables: list[ContextTable]
) -> None:
    """A pseudonym may look like any address: it is never looked up."""
    found = look(services_at("198.51.100.9", own=own), *tables)

    for name, unknown in UNKNOWN_VALUES.items():
        assert getattr(found, name)[0] == unknown, name
    for ages in (found.allocation_age, found.newest_name_age, found.certificate_age):
        assert np.isnan(ages).all()


@pytest.mark.parametrize("day", ["2025-02-01", "2025-03-01"])
@pytest.mark.parametrize("place", range(6))
def test_a_table_of_the_windows_first_day_or_later_is_refused(day: str, place: int) -> None:
    """R19: a caller that hands a later table over has a bug, whatever the kind."""
    with pytest.raises(ValueError, match="not dated before the window"):
        look(services_at("198.51.100.9"), everything(day=day)[place])


def test_no_services_make_no_columns() -> None:
    """An empty survey is no special case."""
    found = look(services_at("198.51.100.9").slice(0, 0), *everything())

    assert found.origin_as.size == found.listed_as.size == found.allocation_age.size == 0


def test_a_range_is_found_from_its_first_to_its_last_key() -> None:
    """Both ends are inside; the gap is not."""
    first, last = np.array([10, 20]), np.array([12, 20])

    found = find_ranges(first, last, np.array([9, 10, 12, 13, 20, 21, -1]))

    assert found.tolist() == [-1, 0, 0, -1, 1, -1, -1]
