"""Columns are typed as a whole, and each wrong row gets its reason."""

import ipaddress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from hinomi.collect.files.columns import (
    Faults,
    addresses,
    durations,
    has_ports,
    moments_ms,
    named,
    protocols,
    real_numbers,
    starts,
    whole_numbers,
    without,
)
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.model.address import Address, parse_address, render_address

texts = st.one_of(st.integers(-5, 2**63).map(str), st.text(max_size=6))


def strings(*values: str | None) -> pa.Array:
    """Make a column of text."""
    return pa.array(values, pa.string())


@given(values=st.lists(texts, max_size=20))
def test_each_text_that_is_no_number_in_range_is_a_fault(values: list[str]) -> None:
    """One bad value never costs its neighbours."""
    faults = Faults(len(values))
    numbers = whole_numbers(strings(*values), "count", faults, most=2**62)

    for value, number, good in zip(values, numbers, faults.good, strict=True):
        plain = value.isascii() and value.isdigit() and len(value) <= 18
        if plain:
            assert good
            assert number == int(value)
        elif good:
            assert 0 <= number <= 2**62
            assert int(value, 0) == number


@given(value=st.integers(0, 2**70), zeros=st.integers(0, 3))
def test_what_exceeds_64_bits_is_told_as_too_great(value: int, zeros: int) -> None:
    """Whatever its number of digits: it is a number, and above the limit."""
    texts = Faults(2)
    whole_numbers(strings("0" * zeros + str(value), None), "count", texts)
    expected = None if value <= 2**62 else (0, f"count is above {2**62}")

    assert texts.first() == expected
    if value < 2**64:
        numbers = Faults(2)
        whole_numbers(pa.array([value, None], pa.uint64()), "count", numbers)
        assert numbers.first() == expected


def test_the_first_reason_of_a_row_is_kept() -> None:
    """A row is counted once, with what was found first."""
    faults = Faults(3)
    faults.add(np.array([False, True, False]), "first")
    faults.add(np.array([False, True, True]), "second")

    assert faults.first() == (1, "first")
    assert faults.count() == 2
    assert faults.good.tolist() == [True, False, False]


@given(
    values=st.lists(
        st.one_of(
            st.ip_addresses().map(str), st.sampled_from(["", "x", "fe80::1%1", "1.2.3", "\0"])
        ),
        min_size=1,
    )
)
def test_addresses_are_read_as_python_reads_them(values: list[str]) -> None:
    """Every IPv4 and IPv6 text gives its halves; all else is a fault."""
    faults = Faults(len(values))
    hi, lo = addresses(strings(*values), "src", faults)

    for row, value in enumerate(values):
        found = Address(int(hi[row]), int(lo[row]))
        try:
            ipaddress.ip_address(value)
            is_address = "%" not in value
        except ValueError:
            is_address = False
        assert faults.good[row] == is_address
        if is_address:
            assert found == parse_address(value)
            assert parse_address(render_address(found)) == found


def test_missing_addresses_are_faults() -> None:
    """Also when the whole column is missing."""
    faults = Faults(2)
    addresses(pa.nulls(2, pa.string()), "src", faults)

    assert faults.first() == (0, "src is missing")
    assert faults.count() == 2


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", "1e999", "x", "1,5", "0x"])
def test_only_finite_numbers_are_real(value: str) -> None:
    """Alone or beside others that are."""
    for column in (strings(value), strings("1.5", value, "soon")):
        faults = Faults(len(column))
        real_numbers(column, "ts", faults, missing=None)
        assert not faults.good[column.to_pylist().index(value)]


def test_starts_before_1990_are_told_unless_malformed() -> None:
    """They count from 1970 or from the start of a capture."""
    for time_ms, relative in ((5.0, True), (631_152_000_000.0, False), (-1.0, False)):
        tally = Tally()
        starts(np.array([time_ms]), "ts", Faults(1), ReadOptions(), tally)
        assert tally.relative_times is relative


def test_the_offset_is_added_before_the_latest_time_is_checked() -> None:
    """What an offset moves into the future, or before 1970, is malformed."""
    options = ReadOptions(time_offset_ms=10, latest_ms=NOON_MS)
    faults = Faults(2)
    found = starts(np.array([NOON_MS - 10, NOON_MS - 9]), "ts", faults, options, Tally())

    assert found.tolist() == [NOON_MS, NOON_MS + 1]
    assert faults.good.tolist() == [True, False]
    faults = Faults(1)
    starts(np.array([5]), "ts", faults, ReadOptions(time_offset_ms=-6), Tally())
    assert faults.first() == (0, "ts is negative once the offset is added")


def test_long_durations_are_cut_and_counted() -> None:
    """A column of 32 bits holds 24 days."""
    tally = Tally()
    found = durations(np.array([1.6, 2.0**31, 1e18]), "td", Faults(3), tally)

    assert found.tolist() == [2, 2**31 - 1, 2**31 - 1]
    assert tally.notes == {"durations-cut": 2}
    durations(np.array([1.0]), "td", Faults(1), untouched := Tally())
    assert not untouched.notes


def test_moments_have_zones_or_mean_utc() -> None:
    """ISO 8601 with offset, with Z, without; one bad value does not cost the others."""
    column = strings("2026-01-01T21:00:00.5+0900", "2026-01-01T12:00:00Z", "2026-01-01 12:00:00")
    for values in (column, pa.concat_arrays([column, strings("soon", None)])):
        faults = Faults(len(values))
        found = moments_ms(values, "start", faults)
        assert found[:3].tolist() == [NOON_MS + 500, NOON_MS, NOON_MS]
        assert faults.good[:3].all()
        assert not faults.good[3:].any()


def test_names_become_numbers() -> None:
    """Unknown names and missing ones have numbers of their own."""
    found = named(strings("a", None, "b", "a"), {"a": 1}.get, missing=7, wrong=8)

    assert found.tolist() == [1, 7, 8, 1]


def test_protocols_are_names_or_numbers() -> None:
    """All else is a fault."""
    faults = Faults(4)
    found = protocols(strings("TCP", "17", "256", None), "proto", faults)

    assert found[:2].tolist() == [6, 17]
    assert faults.good.tolist() == [True, True, False, False]
    assert has_ports(np.array([6, 17, 1, 47, 132])).tolist() == [True, True, False, False, True]


def test_marks_of_absence_become_null() -> None:
    """Blanks always, others as the file says."""
    assert without(strings("-", "", "a", None), ["-"]).to_pylist() == [None, None, "a", None]


def test_addresses_of_16_bytes_are_read_as_they_stand() -> None:
    """Also of a part of a column; null is a fault."""
    packed = [ipaddress.ip_address(f"2001:db8::{n}").packed for n in (1, 2, 3)]
    column = pa.array([*packed, None], pa.binary(16)).slice(1)
    faults = Faults(3)
    hi, lo = addresses(column, "src", faults)

    assert list(faults.good) == [True, True, False]
    assert [render_address(Address(int(h), int(w))) for h, w in zip(hi, lo, strict=True)][:2] == [
        "2001:db8::2",
        "2001:db8::3",
    ]


@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
def test_times_have_a_zone_or_are_utc(zone: str) -> None:
    """Whole columns of either kind, and both mixed."""
    texts = strings(f"2026-01-01T12:00:00.250000{zone}", f"2026-01-01 12:00:01{zone}")
    for column in (texts, pa.concat_arrays([texts, strings("2026-01-01T12:00:02Z")])):
        faults = Faults(len(column))
        times = moments_ms(column, "start", faults)

        assert faults.good.all()
        assert list(times[:2]) == [NOON_MS + 250, NOON_MS + 1000]
