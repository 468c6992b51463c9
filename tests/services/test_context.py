"""Context comes in with licence and day, without own addresses, and leaves its journal entry."""

from pathlib import Path

import pytest

from builders import conversation, conversations
from contexts import column, services_at
from hinomi.clock import parse_time
from hinomi.detect.context import context_columns
from hinomi.errors import MalformedDocument, NotFound, UsageError
from hinomi.model.address import parse_address
from hinomi.model.context import DAY_MS, ContextKind
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.context import (
    AddedContext,
    add_context,
    background_of,
    context_before,
    remove_context,
    show_context,
)
from hinomi.services.home import Home, open_home
from hinomi.services.listing import add_list
from hinomi.services.mandates import Operation, mandate_for
from terminal import make_home

NOW_MS = parse_time("2025-06-01T12:00:00Z")


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Home:
    """Give a laboratory with the documentation ranges as its own, in June 2025."""
    return open_home(make_home(tmp_path / "home"), lambda: NOW_MS)


def add(
    home: Home,
    text: str,
    kind: ContextKind = ContextKind.HISTORY,
    day: str = "2025-01-01",
    *,
    source: str = "feed",
    licence: str = "CC0",
) -> AddedContext:
    """Write *text* to a file and add it."""
    path = home.folder.parent / "file-of-192.0.2.1.csv"
    path.write_text(text, "utf-8")
    return add_context(home, kind, path, day=day, source=source, licence=licence)


def test_own_addresses_are_left_out_and_counted(home: Home) -> None:
    """No table keeps a subscriber in plain, and own services have no context anyway."""
    added = add(home, "address\n192.0.2.7\n198.51.100.7\n2001:db8::7\n")

    assert (added.statement.rows, added.ignored) == (1, {"own-network": 2})
    (table,) = context_before(home, NOW_MS)
    assert table.rows["lo"].to_pylist() == [(0xFFFF << 32) | 0xC6336407]


def test_without_anything_known_there_is_no_background(home: Home) -> None:
    """No table and no dropped entry, or no record and no begin: detection is as without."""
    assert background_of(home, Window(NOW_MS, None)) is None
    add(home, "address\n198.51.100.7\n")
    assert background_of(home, Window()) is None


def test_the_background_stood_before_the_window(home: Home) -> None:
    """Tables by their day; an open begin is that of the first record."""
    add(home, "address\n198.51.100.7\n", day="2025-01-01")
    add(home, "address\n198.51.100.8\n", day="2025-03-01")
    rows = [conversation(ts_ms=parse_time("2025-02-01T06:00:00Z"))]
    mandate = mandate_for(Operation.IMPORT, home.clock)
    home.lake().append([conversations(rows)], "one", mandate)

    for window in (Window(), Window(parse_time("2025-02-01"), None)):
        found = background_of(home, window)
        assert found is not None
        assert [each.statement.day for each in found.tables] == ["2025-01-01"]
    later = background_of(home, Window(NOW_MS, None))
    assert later is not None
    assert len(later.tables) == 2


def test_dropped_entries_belong_to_the_background(home: Home) -> None:
    """What came to its list before the window and was dropped, with source and day."""
    path = home.folder.parent / "known.csv"
    for number, host in enumerate((7, 8, 9)):
        path.write_text(f"address,protocol,port\n198.51.100.{host},tcp,443\n", "utf-8")
        day_ms = parse_time("2025-05-01") + number * DAY_MS
        at = open_home(home.folder, day_ms.__int__)
        add_list(at, ListKind.KNOWN_CC, path, "hunters")

    found = background_of(home, Window(parse_time("2025-05-01T12:00:00Z"), None))

    assert found is not None
    (former,) = found.former
    assert former.entry.base == parse_address("198.51.100.7")
    assert (former.source, former.until) == ("hunters", "2025-05-02")


def test_a_file_of_own_addresses_alone_is_refused(home: Home) -> None:
    """Nothing of it may be kept."""
    with pytest.raises(MalformedDocument, match="own network"):
        add(home, "address\n192.0.2.7\n")
    assert show_context(home) == ()


def test_a_window_reads_what_stood_before_it(home: Home) -> None:
    """From file to columns: a later table changes nothing for an earlier window (R19)."""
    add(home, "198.51.100.0/24 64500\n", ContextKind.ROUTES, "2025-01-01")
    add(home, "198.51.100.0/24 64501\n", ContextKind.ROUTES, "2025-03-01")
    service = services_at("198.51.100.9")

    for start, origin in (("2025-01-01", 0), ("2025-02-01", 64500), ("2025-03-01", 64500),
                          ("2025-03-02", 64501)):  # fmt: skip
        moment = parse_time(start)
        found = context_columns(service, context_before(home, moment), moment)
        assert column(found.origin_as) == [origin], start


@pytest.mark.parametrize("day", ["tomorrow", "2025-06-02", "2025-02-30"])
def test_a_day_that_is_none_or_has_not_come_is_refused(home: Home, day: str) -> None:
    """A table dated into the future would never be read, or be read too early."""
    with pytest.raises(UsageError, match="--date"):
        add(home, "address\n198.51.100.7\n", day=day)


@pytest.mark.parametrize(("source", "licence"), [("", "CC0"), ("feed", " ")])
def test_source_and_licence_are_said(home: Home, source: str, licence: str) -> None:
    """Both, before anything is read."""
    with pytest.raises(UsageError, match="licence"):
        add(home, "address\n198.51.100.7\n", source=source, licence=licence)


def test_a_bad_file_leaves_the_table_of_before(home: Home) -> None:
    """A failure never leaves half a table."""
    add(home, "address\n198.51.100.7\n")

    with pytest.raises(MalformedDocument):
        add(home, "address\n198.51.100.7\nrubbish rubbish\n")

    (statement,) = show_context(home)
    assert statement.rows == 1


def test_removal_ends_tables_once(home: Home) -> None:
    """Gone from the show; a second time not found."""
    add(home, "address\n198.51.100.7\n")

    assert len(remove_context(home, ContextKind.HISTORY, "feed")) == 1
    assert show_context(home) == ()
    with pytest.raises(NotFound):
        remove_context(home, ContextKind.HISTORY, "feed")


def test_every_change_is_journalled_without_addresses(home: Home) -> None:
    """Kind, source, licence, day and counts; neither folders nor addresses."""
    add(home, "address\n198.51.100.7\n", source="feed of 192.0.2.9")
    remove_context(home, ContextKind.HISTORY, "feed of 192.0.2.9")

    *_, begins, done, removed = home.journal().entries()

    assert (begins["stage"], done["stage"]) == ("begins", "done")
    assert (done["act"], done["kind"], done["rows"], done["day"]) == (
        "add-context", "history", 1, "2025-01-01",
    )  # fmt: skip
    assert (done["source"], done["licence"]) == ("feed of [address]", "CC0")
    assert "192.0.2" not in str((begins, done, removed))
    assert (removed["act"], removed["days"]) == ("remove-context", ["2025-01-01"])
