"""Each place of the home lists what is there, and clears what is due and nothing else."""

from pathlib import Path

import pytest

from contexts import listed
from foundedhubs import FoundedHub
from hinomi.govern.holdings import DataClass
from hinomi.govern.parameters import default_register
from hinomi.govern.retention import DAY_MS, Cutoffs, Held
from hinomi.model.context import ContextKind
from hinomi.services import retentionshelves
from hinomi.services.context import context_store
from hinomi.services.mandates import Operation
from hinomi.services.retentionshelves import Shelf, shelves_of
from hubs import server
from retained import START_MS, Ageing, rows_of

TODAY = START_MS // DAY_MS
SHELF = {shelf.name: shelf for shelf in retentionshelves.ALL}


@pytest.fixture(name="ageing")
def an_empty_home(tmp_path: Path) -> Ageing:
    """Give a home to which nothing came yet."""
    return Ageing.make(tmp_path / "home")


def clear(ageing: Ageing, shelf: Shelf) -> dict[DataClass, int]:
    """Clear one place as of now."""
    home = ageing.home
    cutoffs = Cutoffs(default_register(), home.clock())
    return dict(shelf.clear(home, cutoffs, home.mandate(Operation.RETAIN)))


def residue(ageing: Ageing, shelf: Shelf) -> list[str]:
    """Look closer at one place."""
    return list(shelf.residue(ageing.home, Cutoffs(default_register(), ageing.now_ms())))


def test_keys_are_cleared_last(ageing: Ageing) -> None:
    """With the key gone nothing can be undone: everything else goes before."""
    assert [shelf.name for shelf in shelves_of(ageing.home)] == [
        "flows", "case book", "context", "files", "journal", "keys", "key period",
    ]  # fmt: skip


def test_a_hub_has_no_flows_and_no_keys_of_lines(tmp_path: Path) -> None:
    """Its own tables are cleared before the case book is written anew."""
    hub = FoundedHub.with_members(tmp_path / "hub")

    names = [shelf.name for shelf in shelves_of(hub.home())]

    assert names == ["hub", "case book", "context", "files", "journal"]


def test_what_members_said_counts_from_the_end_of_its_epoch(tmp_path: Path) -> None:
    """And goes when its time has come; heads of snapshots stay."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs([server(each) for each in range(6)], [server(each) for each in range(6)])
    first = hub.epoch - 2
    held = [each for each in SHELF["hub"].held(hub.home()) if each.what == "hub_batches"]
    assert [(each.day, each.count) for each in held] == [(first - 1, 5), (first, 5)]

    hub.epoch += 29
    cutoffs = Cutoffs(default_register(), hub.clock())
    gone = SHELF["hub"].clear(hub.home(), cutoffs, hub.home().mandate(Operation.RETAIN))

    assert gone[DataClass.MEMBER_STATEMENTS] >= 5
    assert not [each for each in SHELF["hub"].held(hub.home()) if cutoffs.cover(each)]


def test_flows_are_listed_by_the_day_of_arrival(ageing: Ageing) -> None:
    """However old the flows themselves are."""
    ageing.take_in(*rows_of(-100), *rows_of(0))
    ageing.days = 2
    ageing.take_in(*rows_of(1))

    assert list(SHELF["flows"].held(ageing.home)) == [
        Held(DataClass.FLOW_RECORDS, "2026-01-01", TODAY, 6),
        Held(DataClass.FLOW_RECORDS, "2026-01-03", TODAY + 2, 3),
    ]


def test_a_flow_file_that_nothing_names_is_residue(ageing: Ageing) -> None:
    """As long as it is old; a young one may be somebody's who writes."""
    ageing.take_in(*rows_of(0))
    ageing.leave("lake/flows/date=2026-01-01/hour=12/copy.parquet")
    ageing.days = 20
    assert residue(ageing, SHELF["flows"]) == []

    ageing.days = 40
    (found,) = residue(ageing, SHELF["flows"])

    assert "copy.parquet" in found
    clear(ageing, SHELF["flows"])
    assert residue(ageing, SHELF["flows"]) == []


def test_the_newest_table_of_each_source_stays(ageing: Ageing) -> None:
    """However old it is; older ones go when their days are over."""
    store = context_store(ageing.home)
    for day in ("2023-01-01", "2025-11-01", "2025-12-01"):
        store.put(listed(("198.51.100.1", -1), day=day))
    store.put(listed(("198.51.100.1", -1), day="2021-01-01", source="another"))

    held = list(SHELF["context"].held(ageing.home))

    assert [each.what for each in held] == ["history of 2023-01-01", "history of 2025-11-01"]
    assert clear(ageing, SHELF["context"]) == {DataClass.CONTEXT_TABLES: 1}
    left = [(each.source, each.day) for each in store.show()]
    assert left == [("another", "2021-01-01"), ("bureau", "2025-11-01"), ("bureau", "2025-12-01")]
    assert {each.kind for each in store.show()} == {ContextKind.HISTORY}


def test_files_count_from_when_they_were_written(ageing: Ageing) -> None:
    """State, reports and leftovers, each with its own days."""
    names = [
        "collect/worker-0.json",
        "collect/worker-0.kept",
        "week.html",
        "reports/month.html",
        "scratch-1-ab/records",
        "partials/draft-1-ab/about.json",
        "keys/days/.2026-01-01.1-2",
        "models/own/.card.json.tmp",
        ".register.toml.tmp",
    ]
    for name in names:
        ageing.age(ageing.leave(name).parent)
    others = {"config.toml", "keys/journal.key", "keys/period-0001.key", "casebook.sqlite"}

    ageing.days = 1.4
    assert clear(ageing, SHELF["files"]) == {}
    ageing.days = 3
    assert clear(ageing, SHELF["files"]) == {DataClass.LEFTOVERS: 5}
    ageing.days = 40
    assert clear(ageing, SHELF["files"]) == {
        DataClass.COLLECTOR_STATE: 2,
        DataClass.REPORTS: 2,
    }

    assert [name for name in names if (ageing.folder / name).exists()] == []
    assert all((ageing.folder / name).exists() for name in others)
    assert list(SHELF["files"].held(ageing.home)) == []


def test_the_last_request_stays(ageing: Ageing) -> None:
    """The next one would get its number, and the journal speak of two by one."""
    for number in (1, 2, 10):
        ageing.age(ageing.leave(f"research/{number}/request.toml").parent)
        ageing.leave(f"requests/{number:04}.json")
    ageing.age(ageing.leave("research/.11.ab/request.toml").parent)
    ageing.days = 1200

    assert clear(ageing, SHELF["files"]) == {
        DataClass.REQUESTS: 2,
        DataClass.RESEARCH: 2,
        DataClass.LEFTOVERS: 1,
    }

    left = [*(ageing.folder / "research").iterdir(), *(ageing.folder / "requests").iterdir()]
    assert [path.name for path in left] == ["10", "0010.json"]


def test_the_proof_of_a_deleted_entry_is_computed(ageing: Ageing) -> None:
    """Bodies go, and the first and last bare entry are proved anew; damage shows."""
    ageing.take_in(*rows_of(0))
    ageing.days = 1200
    ageing.take_in(*rows_of(1))
    assert residue(ageing, SHELF["journal"]) == []
    clear(ageing, SHELF["journal"])
    assert residue(ageing, SHELF["journal"]) == []

    journal = ageing.home.journal()
    tile = next((journal.folder / "tile" / "entries").rglob(str(journal.head().size)))
    content = bytearray(tile.read_bytes())
    content[20] ^= 1
    tile.write_bytes(content)

    assert any("the proof of entry 0" in each for each in residue(ageing, SHELF["journal"]))
