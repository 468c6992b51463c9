"""Own networks are replaced as a whole, journalled, and taken up by what runs."""

from pathlib import Path

import pytest

from builders import NOON_MS
from collectors import EXPORTER, collecting, home_that_collects
from exporting import V4_FLOW, data, template, v4_flow, v9
from hinomi.collect.normalise import TRANSIT
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.following import Follower, FollowRequest, follow
from hinomi.services.home import Home, open_home
from hinomi.services.importing import ImportedFile, ImportRequest
from hinomi.services.listing import add_list
from hinomi.services.mandates import Operation, mandate_for, os_user
from hinomi.services.networks import replace_networks, show_networks
from loopback import wait_for
from terminal import make_home, table_row, write_table

MOVED = "198.51.100.0/24"


def opened(folder: Path) -> Home:
    """Open the home as it is now, at noon."""
    return open_home(folder, lambda: NOON_MS)


def own(folder: Path, *lines: str) -> Path:
    """Write a file of own networks."""
    path = folder / "new-own.txt"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def stored(folder: Path) -> int:
    """Count the conversations in the home's lake."""
    home = opened(folder)
    mandate = mandate_for(Operation.DETECT, home.clock)
    return sum(batch.num_rows for batch in home.lake().scan(Window(), mandate))


def test_what_is_replaced_is_counted_and_journalled(tmp_path: Path) -> None:
    """The journal holds who and how many, and no prefix."""
    folder = make_home(tmp_path / "home")

    path = own(tmp_path, "192.0.2.0/24", "2001:db8::/32, ipoe, 48", MOVED)
    replaced = replace_networks(opened(folder), path)

    counts = {"own_networks": 3, "added": 2, "removed": 1, "kept": 1}
    assert {name: getattr(replaced, name) for name in counts} == counts
    assert (replaced.foreign, replaced.outdated) == (0, ())  # The /32 is still ours.
    assert len(show_networks(opened(folder))) == 3
    *_, entry = opened(folder).journal().entries()
    assert entry.items() >= (counts | {"operation": "networks", "act": "replace"}).items()
    assert os_user() in str(entry["mandate"])
    assert "198.51" not in str(entry)
    assert "2001:db8" not in str(entry)


@pytest.mark.parametrize("lines", [(), ("# nobody",), ("192.0.2.0/24", "192.0.2.0/99")])
def test_a_file_without_networks_changes_nothing(tmp_path: Path, lines: tuple[str, ...]) -> None:
    """Empty, or wrong in one line: the old networks stay, and nothing is journalled."""
    folder = make_home(tmp_path / "home")
    before = show_networks(opened(folder)), list(opened(folder).journal().entries())

    with pytest.raises(MalformedDocument):
        replace_networks(opened(folder), own(tmp_path, *lines))

    assert (show_networks(opened(folder)), list(opened(folder).journal().entries())) == before


def test_entries_that_became_own_are_counted_by_list(tmp_path: Path) -> None:
    """Addresses and narrow ranges of own lines; a whole /24 names none, foreign ones do not."""
    folder = make_home(tmp_path / "home")
    suspects, cc = tmp_path / "suspects.txt", tmp_path / "cc.txt"
    suspects.write_text("198.51.100.7\n198.51.100.64/30\n198.51.100.0/24\n203.0.113.9\n", "utf-8")
    cc.write_text("203.0.113.1\n", "utf-8")
    add_list(opened(folder), ListKind.SUSPECTS, suspects, "desk")
    add_list(opened(folder), ListKind.KNOWN_CC, cc, "feed")

    replaced = replace_networks(opened(folder), own(tmp_path, "192.0.2.0/25", MOVED))
    assert {(each.source, each.plain) for each in replaced.outdated} == {("desk", 2), ("feed", 0)}
    assert replaced.foreign == 2  # Half of the /24, and the IPv6 network.

    add_list(opened(folder), ListKind.SUSPECTS, suspects, "desk")
    with opened(folder).casebook() as casebook:
        entries = [each.entry for each in casebook.lists.entries(ListKind.SUSPECTS)]
    assert sum(entry.own for entry in entries) == 5


def test_networks_that_begin_later_are_told(tmp_path: Path) -> None:
    """Until their day lists keep their addresses in plain."""
    folder = make_home(tmp_path / "home")

    replaced = replace_networks(
        opened(folder), own(tmp_path, "192.0.2.0/24", f"{MOVED},,,,2030-01-01")
    )

    assert replaced.later == 1


@pytest.mark.parametrize("is_asked", [True, False])
def test_a_running_collector_takes_new_networks_up(tmp_path: Path, *, is_asked: bool) -> None:
    """At once after SIGHUP, at the next flush without it."""
    folder = home_that_collects(tmp_path / "lab", flush_seconds=3600 if is_asked else 1)
    theirs = data(256, V4_FLOW, v4_flow(src="198.51.100.9", dst="203.0.113.1"))
    with collecting(folder) as running:
        running.send(v9(template(256, V4_FLOW), theirs))
        wait_for(lambda: running.status().total("records") == 1)
        replace_networks(opened(folder), own(tmp_path, "192.0.2.0/24", MOVED))
        if is_asked:
            # What gathered is judged by the networks of the moment it becomes conversations.
            running.signals.is_stale = True
            wait_for(lambda: not running.signals.is_stale)
        else:
            wait_for(lambda: running.status().total(TRANSIT) == 1)
        running.send(v9(theirs, sequence=1))

    assert stored(folder) == (2 if is_asked else 1)
    assert EXPORTER in running.status().exporters


def test_a_follower_takes_new_networks_up(tmp_path: Path) -> None:
    """The files that it finds after the change are read with the new networks."""
    folder, spool = make_home(tmp_path / "home"), tmp_path / "spool"
    spool.mkdir()
    theirs = {"src_addr": "198.51.100.9", "dst_addr": "203.0.113.1"}
    write_table(spool / "first.csv", table_row(**theirs))
    imported: list[ImportedFile] = []

    def pause(seconds: float) -> bool:
        if seconds and len(imported) == 1:
            replace_networks(opened(folder), own(tmp_path, "192.0.2.0/24", MOVED))
            write_table(spool / "second.csv", table_row(**theirs, src_port=2))
        return len(imported) == 2

    follow(
        opened(folder),
        FollowRequest(folder=spool, reading=ImportRequest(paths=()), settle_s=0.0, interval_s=0.01),
        Follower(imported.append, lambda _path: None),
        pause=pause,
    )

    assert [each.stored for each in imported] == [0, 1]
