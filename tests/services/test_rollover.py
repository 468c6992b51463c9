"""A change of pseudonym keys: each line counts once, whatever it comes upon."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from casesteps import opened, said, service
from hinomi.errors import Unavailable
from hinomi.model.address import parse_address
from hinomi.model.listed import ListKind
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.cases import keep
from hinomi.services.detecting import opening
from hinomi.services.findings import finder_for
from hinomi.services.home import Home, open_home
from hinomi.services.mandates import Operation
from hinomi.services.rollover import roll_over, roll_over_if_due
from hinomi.store import ownrows
from hinomi.store.lake import LocalLake
from terminal import NOON_MS, hinomi, make_home, table_row, write_table

DAY_MS = 86_400_000
LINES = 60


def day_of_traffic(folder: Path, day: int) -> Path:
    """Write a day in which the same lines meet a server, one of them inside the own network."""
    dice = random.Random(day)  # noqa: S311 - made-up traffic.
    rows = [
        table_row(
            ts_ms=NOON_MS + day * DAY_MS + dice.randrange(3_600_000),
            src_addr=f"192.0.2.{line}" if line % 3 else f"2001:db8:0:{line:x}00::1",
            dst_addr=["198.51.100.7", "192.0.2.200"][line % 2] if line % 3 else "2001:db8:ff::7",
            dst_port=6667,
            packets=line + 1,
        )
        for line in range(1, LINES + 1)
    ]
    return write_table(folder / f"day-{day}.csv", *rows)


def at(home: Home, day: int) -> Home:
    """Give *home* as it is on another day."""
    return replace(home, clock=lambda: NOON_MS + day * DAY_MS + 7_200_000)


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Home:
    """Store a week, and list a server inside the own network."""
    folder = make_home(tmp_path / "home")
    for day in range(7):
        assert hinomi("import", day_of_traffic(tmp_path, day), home=folder).code == 0
    listed = tmp_path / "list.csv"
    listed.write_text("address,protocol,port\n192.0.2.200,tcp,6667\n", "utf-8")
    assert hinomi("lists", "add", "known-cc", listed, "--source", "feed", home=folder).code == 0
    return open_home(folder)


def rows(home: Home) -> list[dict[str, int]]:
    """Read all records."""
    mandate = home.mandate(Operation.DETECT)
    return [row for batch in home.lake().scan(Window(), mandate) for row in batch.to_pylist()]


def lines(home: Home) -> set[tuple[int, int]]:
    """Give the pseudonyms of all lines."""
    return {(row["line_hi"], row["line_lo"]) for row in rows(home)}


def shape(home: Home) -> list[tuple[int, ...]]:
    """Give what no key changes: how often which line, network and service occurs together."""
    number: dict[tuple[str, ...], dict[tuple[int, ...], int]] = {}

    def name(kind: str, *value: int) -> int:
        return number.setdefault((kind,), {}).setdefault(value, len(number[(kind,)]))

    ordered = sorted(rows(home), key=lambda row: (row["ts_ms"], row["packets"], row["direction"]))
    return [
        (
            row["ts_ms"],
            row["packets"],
            name("line", row["line_hi"], row["line_lo"]),
            name("net", row["line_net"]),
            name("service", row["remote_hi"], row["remote_lo"]),
            row["remote_own"],
        )
        for row in ordered
    ]


def test_a_window_across_the_change_counts_each_line_once(home: Home, tmp_path: Path) -> None:
    """Fourteen days, half of them stored before: as many lines, networks and services."""
    before, known = shape(home), lines(home)

    done = roll_over(home)
    assert (done["from"], done["to"], done["listed"]) == ("period-0001", "period-0002", 1)
    assert shape(home) == before
    assert not lines(home) & known, "no pseudonym is what it was"

    for day in range(7, 14):
        path = day_of_traffic(tmp_path, day)
        assert hinomi("import", path, home=home.folder).code == 0
    assert len(lines(home)) == len(known)
    assert len(rows(home)) == 2 * len(before)


def test_remote_addresses_outside_stay_as_they_are(home: Home) -> None:
    """Only what is a pseudonym becomes another one."""

    def outside() -> set[tuple[int, int]]:
        return {(r["remote_hi"], r["remote_lo"]) for r in rows(home) if not r["remote_own"]}

    before = outside()
    roll_over(home)

    assert outside() == before


def test_an_own_entry_of_a_list_still_matches(home: Home) -> None:
    """Its pseudonym follows that of the server it names."""
    roll_over(home)

    with home.casebook() as casebook:
        (entry,) = [each.entry for each in casebook.lists.entries(ListKind.KNOWN_CC)]
    met = {(row["remote_hi"], row["remote_lo"]) for row in rows(home) if row["remote_own"]}
    assert entry.own
    assert (entry.base.hi, entry.base.lo) in met


def test_a_change_that_was_broken_off_is_refused_to_readers_and_then_finished(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records are changed, lists are not: nobody detects until the next run has finished it."""
    with monkeypatch.context() as patched:
        patched.setattr("hinomi.services.rollover._follow", lambda *_: {})
        roll_over(home)
    with (
        pytest.raises(Unavailable, match="not finished"),
        opening(home, Window(), Operation.DETECT),
    ):
        pass

    assert roll_over_if_due(home) == {"listed": 1, "cases": 0, "evidence": 0, "partials": 0}
    with opening(home, Window(), Operation.DETECT) as opened:
        assert opened.engine.fetch(opened.records.count()) is not None


def own_service(home: Home) -> Service:
    """Name the server inside the own network as it is called now."""
    return Service(home.cipher().tokenise_one(parse_address("192.0.2.200")), 6, 6667, own=True)


def put_cases(home: Home) -> tuple[Service, Service]:
    """Open a case of the own server and of one elsewhere, each with evidence; give their names."""
    both = (own_service(home), service("198.51.100.7", 6667))
    with home.casebook() as casebook:
        casebook.evidence.add([said(each) for each in both], NOON_MS)
        for each in both:
            opened(casebook, each)
    return both


def test_own_cases_and_their_evidence_follow(home: Home) -> None:
    """Under the new key they are the same cases with the same history; others stay as they are."""
    own, elsewhere = put_cases(home)
    with home.casebook() as casebook:
        case = casebook.cases.find(own)
        assert case is not None
        history = casebook.cases.history(case.id)

    done = roll_over(home)

    assert (done["cases"], done["evidence"]) == (1, 1)
    renamed = own_service(home)
    assert renamed != own
    with home.casebook() as casebook:
        assert casebook.cases.get(case.id) == replace(case, service=renamed)
        assert casebook.cases.history(case.id) == history
        assert casebook.evidence.of(renamed) == (said(renamed),)
        assert casebook.cases.find(own) is None
        assert casebook.evidence.of(own) == ()
        assert casebook.cases.find(elsewhere) is not None
        assert casebook.evidence.of(elsewhere) == (said(elsewhere),)


def test_a_case_book_that_was_broken_off_at_is_finished_whole(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists, cases and evidence change together: killed between two tables, none has changed."""
    own, _ = put_cases(home)
    changed = ownrows._changed  # noqa: SLF001 - where a process may be killed.

    def killed(connection: sa.Connection, table: ownrows.OwnTable, *rest: Any) -> Any:
        if table.table.name == "evidence":
            raise KeyboardInterrupt
        return changed(connection, table, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(ownrows, "_changed", killed)
        with pytest.raises(KeyboardInterrupt):
            roll_over(home)
    assert home.key_period == "period-0002", "records have changed"
    with home.casebook() as casebook:
        assert casebook.own_rows.period() is None
        assert casebook.cases.find(own) is not None
        assert casebook.evidence.of(own) == (said(own),)

    assert roll_over_if_due(home) == {"listed": 1, "cases": 1, "evidence": 1, "partials": 0}
    renamed = own_service(home)
    with home.casebook() as casebook:
        assert casebook.cases.find(renamed) is not None
        assert casebook.evidence.of(renamed) == (said(renamed),)


def test_what_a_run_found_under_the_old_key_is_not_kept(home: Home) -> None:
    """It names own servers as nobody calls them any more: the run is to be done again."""
    put_cases(home)
    finder = finder_for(home)
    roll_over(home)

    with pytest.raises(Unavailable, match="run it again"):
        keep(home, finder)
    assert keep(home, finder_for(home)).opened == ()


def test_a_change_that_failed_leaves_everything_as_it_was(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new key is there, and nothing is under it; the next try uses it."""
    before = lines(home)

    def full(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("hinomi.store.lakeupkeep.LakeUpkeep._link", full)
        with pytest.raises(Unavailable, match="full"):
            roll_over(home)
    assert lines(home) == before
    assert home.key_period == "period-0001"
    assert not list((home.folder / "lake" / "staging").iterdir())

    assert roll_over(home)["to"] == "period-0002"


def test_rows_under_the_old_key_get_the_new_one_at_their_commit(home: Home, tmp_path: Path) -> None:
    """An import that began before the change and ends after it counts its lines once."""
    known, before = lines(home), len(rows(home))
    path = day_of_traffic(tmp_path, 8)
    append = LocalLake.append

    def late(lake: LocalLake, *args: object, **named: object) -> object:
        roll_over(home)
        return append(lake, *args, **named)  # type: ignore[arg-type]  # As it was called.

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(LocalLake, "append", late)
        assert hinomi("import", path, home=home.folder).code == 0

    assert home.key_period == "period-0002"
    assert len(lines(home)) == len(known)
    assert len(rows(home)) == before + before // 7


def test_the_key_changes_when_its_period_is_over_and_the_old_one_goes(home: Home) -> None:
    """Not before; a day later nothing of the old key is left."""
    keys = home.folder / "keys"
    began = home.journal().leaves(1)
    day = (next(iter(began)).time_ms - NOON_MS) // DAY_MS

    assert roll_over_if_due(at(home, day + 27)) is None
    done = roll_over_if_due(at(home, day + 29))
    assert done is not None
    assert done["to"] == "period-0002"
    old = (keys / "period-0001.key").read_bytes()
    assert roll_over_if_due(at(home, day + 29)) is None
    assert roll_over_if_due(at(home, day + 31)) == {"destroyed": ["period-0001"]}

    assert sorted(path.name for path in keys.glob("period-*")) == ["period-0002.key"]
    everything = [path.read_bytes() for path in home.folder.rglob("*") if path.is_file()]
    assert not any(old in content for content in everything)


def test_the_change_is_in_the_journal(home: Home) -> None:
    """Before it begins, when records are changed, and when all is done."""
    roll_over(home)

    said = hinomi("journal", "show", "--json", home=home.folder).document["entries"]
    stages = [each["stage"] for each in said if each.get("act") == "roll-over"]
    assert stages == ["begins", "records", "done"]
