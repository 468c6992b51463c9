"""Parameters of TAXII requests: what they mean, and which are refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import UsageError
from hinomi.hub.taxiiquery import (
    OF_AN_OBJECT,
    OF_OBJECTS,
    OF_VERSIONS,
    VALUES_MOST,
    Asked,
    Query,
    parse_query,
    parse_time,
)

NOON = 1_795_435_200_000_000
"""2026-11-23T12:00:00Z, in microseconds."""


def test_nothing_asked_is_the_newest_version_of_everything() -> None:
    """That is what TAXII means without a filter (TAXII 2.1, 3.4)."""
    assert parse_query([], OF_OBJECTS) == Asked(Query(versions=("last",)))


def test_every_filter_is_read() -> None:
    """Values of one are separated by commas; an unknown parameter is somebody else's."""
    pairs = [
        ("added_after", "2026-11-23T12:00:00.000Z"),
        ("limit", "7"),
        ("next", "word"),
        ("match[id]", "indicator--1,indicator--2"),
        ("match[type]", "indicator"),
        ("match[version]", "first,2026-11-23T12:00:00Z"),
        ("match[spec_version]", "2.0,2.1"),
        ("colour", "blue"),
    ]

    assert parse_query(pairs, OF_OBJECTS) == Asked(
        Query(
            added_after=NOON,
            limit=7,
            ids=("indicator--1", "indicator--2"),
            types=("indicator",),
            versions=("first", NOON),
            spec_versions=("2.0", "2.1"),
        ),
        "word",
    )


def test_an_empty_next_is_none() -> None:
    """taxii2-client sends one after an answer that had none."""
    assert parse_query([("next", "")], OF_OBJECTS).next is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("limit", "0", "limit is no whole number"),
        ("limit", "-1", "limit is no whole number"),
        ("limit", "1.5", "limit is no whole number"),
        ("limit", "", "limit is no whole number"),
        ("limit", "9" * 40, "limit is no whole number"),
        ("limit", "\u0663", "limit is no whole number"),
        ("added_after", "yesterday", "added_after is no timestamp"),
        ("added_after", "2026-11-23", "added_after is no timestamp"),
        ("added_after", "2026-13-45T99:00:00Z", "added_after is no timestamp"),
        ("added_after", "2026-11-23T12:00:00+09:00", "added_after is no timestamp"),
        ("match[version]", "newest", r"match\[version\] is no timestamp"),
        ("match[version]", "last,all", "twice, or another beside all"),
        ("match[version]", "first,first", "twice, or another beside all"),
        ("match[version]", "2026-11-23T12:00:00Z,2026-11-23T12:00:00.0Z", "twice"),
        ("match[type]", "", "empty"),
        ("match[id]", "a,,b", "empty"),
        ("match[id]", ",".join("a" * (VALUES_MOST + 1)), "more than 100 values"),
        ("match[type]", ",".join(["a" * 100] * 80), "over 8,000 bytes"),
        ("match[type]", "\x01" * 1_400, "over 8,000 bytes"),
        ("match[confidence]", "80", r"no filter match\[confidence\]"),
        ("match[\x1b[31m]", "80", r"no filter match\[\?\[31m\]"),
    ],
)
def test_values_that_are_none_are_refused(name: str, value: str, said: str) -> None:
    """The line says which parameter is wrong, and repeats no value."""
    with pytest.raises(UsageError, match=said):
        parse_query([(name, value)], OF_OBJECTS)


def test_a_filter_stands_there_once() -> None:
    """TAXII joins values by commas; a second one of the same name is refused."""
    with pytest.raises(UsageError, match="twice"):
        parse_query([("match[type]", "indicator"), ("match[type]", "malware")], OF_OBJECTS)


@pytest.mark.parametrize(
    ("known", "name"), [(OF_AN_OBJECT, "match[id]"), (OF_VERSIONS, "match[version]")]
)
def test_a_resource_refuses_filters_that_it_does_not_have(known: set[str], name: str) -> None:
    """To leave one out would give more than was asked for."""
    with pytest.raises(UsageError, match="no filter"):
        parse_query([(name, "last")], known)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - Z is added.
def test_timestamps_read_back(moment: datetime) -> None:
    """Microseconds are told apart."""
    since = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)

    assert parse_time(f"{moment.isoformat(timespec='microseconds')}Z") == since // timedelta(
        microseconds=1
    )


@pytest.mark.parametrize(
    ("fraction", "microseconds"),
    [("", 0), (".5", 500_000), (".000001", 1), (".0000019", 1), (".123456789", 123_456)],
)
def test_fractions_of_any_length_are_read(fraction: str, microseconds: int) -> None:
    """Digits beyond the sixth are cut off."""
    assert parse_time(f"2026-11-23T12:00:00{fraction}Z") == NOON + microseconds


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    """No text breaks the reader."""
    assert parse_time(text) is None or text.endswith("Z")
