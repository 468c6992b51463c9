"""Lists come in as snapshots, and own addresses in them as pseudonyms."""

from pathlib import Path

import pytest

from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.address import parse_address
from hinomi.model.listed import ListKind
from hinomi.services.home import Home, open_home
from hinomi.services.listing import add_list, remove_list, show_lists
from terminal import make_home


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Home:
    """Give a laboratory with the documentation ranges as its own."""
    return open_home(make_home(tmp_path / "home"))


def write_list(folder: Path, *lines: str) -> Path:
    """Write a plain CSV list."""
    path = folder / "list.csv"
    path.write_text("\n".join(("address,protocol,port", *lines)) + "\n", "utf-8")
    return path


def test_an_own_entry_is_kept_as_the_pseudonym_of_its_line(home: Home, tmp_path: Path) -> None:
    """A listed subscriber is found under the pseudonym that the lake uses, not in plain."""
    path = write_list(tmp_path, "192.0.2.7,tcp,443", "198.51.100.7,tcp,443")

    added = add_list(home, ListKind.KNOWN_CC, path, "feed")

    assert (added.added, added.ended, added.malformed) == (2, 0, 0)
    with home.casebook() as casebook:
        entries = [each.entry for each in casebook.lists.entries(ListKind.KNOWN_CC)]
    own, foreign = sorted(entries, key=lambda entry: not entry.own)
    assert own.base == home.cipher().tokenise_one(parse_address("192.0.2.7"))
    assert (foreign.own, foreign.base) == (False, parse_address("198.51.100.7"))


def test_the_same_kind_and_source_again_replaces_the_list(home: Home, tmp_path: Path) -> None:
    """A new snapshot ends what it no longer holds."""
    add_list(home, ListKind.BENIGN, write_list(tmp_path, "198.51.100.1,,", "198.51.100.2,,"), "x")

    again = add_list(home, ListKind.BENIGN, write_list(tmp_path, "198.51.100.2,,"), "x")

    assert (again.added, again.ended, again.entries) == (0, 1, 1)
    (snapshot,) = show_lists(home)
    assert (snapshot.number, snapshot.entries) == (2, 1)


def test_removal_ends_a_list_once(home: Home, tmp_path: Path) -> None:
    """A removed list is gone from the show; removing it again is not found."""
    add_list(home, ListKind.SCANNERS, write_list(tmp_path, "198.51.100.1,,"), "x")

    assert remove_list(home, ListKind.SCANNERS, "x") == 1
    assert show_lists(home) == ()
    with pytest.raises(NotFound):
        remove_list(home, ListKind.SCANNERS, "x")


def test_a_bad_list_changes_nothing(home: Home, tmp_path: Path) -> None:
    """A malformed line stops the list; the snapshot before stays."""
    add_list(home, ListKind.SUSPECTS, write_list(tmp_path, "192.0.2.1,,"), "x")

    with pytest.raises(MalformedDocument):
        add_list(home, ListKind.SUSPECTS, write_list(tmp_path, "192.0.2.2,tcp,99999"), "x")

    (snapshot,) = show_lists(home)
    assert (snapshot.number, snapshot.entries) == (1, 1)


def test_every_change_of_a_list_is_journalled(home: Home, tmp_path: Path) -> None:
    """The journal names kind, source, counts and who; no folder and no address."""
    add_list(home, ListKind.SUSPECTS, write_list(tmp_path, "192.0.2.1,,"), "from 192.0.2.9")

    *_, last = home.journal().entries()

    assert (last["act"], last["stage"], last["added"]) == ("add", "done", 1)
    assert (last["source"], last["file"]) == ("from [address]", "list.csv")
