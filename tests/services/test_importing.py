"""Import: one file is all or nothing, once, and under the sampling rule (R3)."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exporting import capture_of, udp_packet, v5, v5_record
from hinomi.errors import Conflict, MalformedDocument, NotFound, NotPermitted, Unavailable
from hinomi.model.window import Window
from hinomi.services.home import Home, open_home
from hinomi.services.importing import Imported, ImportRequest, import_files
from hinomi.services.mandates import Operation, mandate_for, os_user
from terminal import NOON_MS, TABLE_HEADER, make_home, table_row, write_table


@pytest.fixture(name="lab")
def a_laboratory(tmp_path: Path) -> Home:
    """Give a laboratory whose exporters do not sample."""
    return open_home(make_home(tmp_path / "lab"))


@pytest.fixture(name="node")
def an_operational_home(tmp_path: Path) -> Home:
    """Give an operational home whose sampling is not stated."""
    return open_home(make_home(tmp_path / "node", sampling=None))


def take(home: Home, *paths: Path, **options: object) -> Imported:
    """Import *paths* with *options*."""
    return import_files(home, ImportRequest(paths=paths, **options))  # type: ignore[arg-type]


def test_the_same_content_is_imported_once_whatever_its_name(lab: Home, tmp_path: Path) -> None:
    """A copy under another name is told apart from nothing new: stored once, no failure."""
    first = write_table(tmp_path / "a.csv")
    second = write_table(tmp_path / "b.csv")

    result = take(lab, first, second, first)

    assert [file.stored for file in result.files] == [1, 0, 0]
    assert [file.already_imported for file in result.files] == [False, True, True]
    assert result.exit_code == 0
    assert lab.lake().statistics().rows == 1


def test_after_compaction_the_same_file_is_still_known(lab: Home, tmp_path: Path) -> None:
    """Compaction forgets no batch: the repeat adds nothing."""
    path = write_table(tmp_path / "a.csv")
    take(lab, path)
    lab.lake().compact(mandate_for(Operation.MAINTAIN, lab.clock))

    assert take(lab, path).files[0].already_imported
    assert lab.lake().statistics().rows == 1


def test_a_file_is_all_or_nothing_and_others_go_on(lab: Home, tmp_path: Path) -> None:
    """The last of many records is bad: none of its file is stored, the next file is."""
    rows = [table_row(src_port=port) for port in range(70_000 - 4_500)]
    bad = write_table(tmp_path / "bad.csv", *rows, *rows[:5_000], table_row(packets=-1))
    good = write_table(tmp_path / "good.csv")

    result = take(lab, bad, good)

    assert isinstance(result.files[0].error, MalformedDocument)
    assert (result.files[0].records, result.files[0].stored) == (0, 0)
    assert result.files[1].stored == 1
    assert lab.lake().statistics().rows == 1
    assert result.exit_code == 65


def test_a_mended_file_is_imported_after_its_failure(lab: Home, tmp_path: Path) -> None:
    """A failure is not remembered against a file: mended, or kept in part, it goes in."""
    path = write_table(tmp_path / "a.csv", table_row(), table_row(packets=-1))

    assert take(lab, path).exit_code == 65
    assert take(lab, path, keep_good=True).files[0].stored == 1


def test_a_folder_is_walked_and_the_rest_is_listed(lab: Home, tmp_path: Path) -> None:
    """Flow files at any depth are read in order; other files are skipped, not failed."""
    folder = tmp_path / "flows"
    (folder / "inner").mkdir(parents=True)
    write_table(folder / "b.csv", table_row(src_port=1))
    write_table(folder / "inner" / "a.csv", table_row(src_port=2))
    (folder / "README.md").write_text("# No flows\n")

    result = take(lab, folder)

    assert [file.path.name for file in result.files] == ["b.csv", "a.csv"]
    assert [path.name for path in result.skipped] == ["README.md"]
    assert result.exit_code == 0


def test_a_dangling_link_is_skipped_in_a_folder_and_missing_by_name(
    lab: Home, tmp_path: Path
) -> None:
    """Nobody asked for what a folder's link points to; who names the link did."""
    folder = tmp_path / "flows"
    folder.mkdir()
    write_table(folder / "a.csv")
    (folder / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")

    result = take(lab, folder)
    named = take(lab, folder / "gone.csv")

    assert [file.path.name for file in result.files] == ["a.csv"]
    assert [path.name for path in result.skipped] == ["gone.csv", "loop.csv"]
    assert result.exit_code == 0
    assert isinstance(named.files[0].error, NotFound)
    assert named.exit_code == 66


def test_in_a_folder_a_named_format_leaves_the_others_out(lab: Home, tmp_path: Path) -> None:
    """With a format named, flow files of another format are skipped too."""
    folder = tmp_path / "flows"
    folder.mkdir()
    write_table(folder / "a.csv")

    result = take(lab, folder, format_name="zeek")

    assert result.files == ()
    assert [path.name for path in result.skipped] == ["a.csv"]


def test_transit_is_counted_and_dropped(lab: Home, tmp_path: Path) -> None:
    """A record between two outside addresses is counted, not stored."""
    path = write_table(tmp_path / "a.csv", table_row(src_addr="203.0.113.1"), table_row())

    (file,) = take(lab, path).files

    assert (file.records, file.stored, file.dropped) == (2, 1, {"transit": 1})


def test_transit_is_kept_where_the_configuration_says_so(lab: Home, tmp_path: Path) -> None:
    """With transit = "keep" such a record is stored once for each end."""
    (lab.folder / "config.toml").write_text(
        '[node]\nkind = "laboratory"\n[collect]\ntransit = "keep"\n'
    )
    path = write_table(tmp_path / "a.csv", table_row(src_addr="203.0.113.1"))

    (file,) = take(open_home(lab.folder), path).files

    assert (file.stored, file.dropped) == (2, {})


def test_a_record_between_own_lines_is_stored_once_for_each_end(lab: Home, tmp_path: Path) -> None:
    """Own to own gives two conversation records."""
    (file,) = take(lab, write_table(tmp_path / "a.csv", table_row(dst_addr="192.0.2.2"))).files

    assert (file.records, file.stored) == (1, 2)


@pytest.mark.parametrize(
    ("interval", "said"),
    [(0, "do not state their sampling interval"), (1, "more densely"), (8191, "more densely")],
)
def test_an_operational_home_refuses_unknown_and_dense_sampling(
    node: Home, tmp_path: Path, interval: int, said: str
) -> None:
    """One such record is enough: the whole file is refused and the refusal journalled."""
    path = write_table(
        tmp_path / "a.csv",
        table_row(sampling_interval=10_000),
        table_row(sampling_interval=interval),
    )

    (file,) = take(node, path).files

    assert isinstance(file.error, NotPermitted)
    assert said in str(file.error)
    assert node.lake().statistics().rows == 0
    *_, last = node.journal().entries()
    assert (last["operation"], last["stage"], last["file"]) == ("import", "refused", "a.csv")


def test_an_operational_home_takes_sparse_sampling(node: Home, tmp_path: Path) -> None:
    """At the registered smallest interval and above, records are taken."""
    path = write_table(
        tmp_path / "a.csv",
        table_row(sampling_interval=8192),
        table_row(sampling_interval=10_000),
    )

    assert take(node, path).files[0].stored == 2


def test_the_stated_interval_serves_rows_that_state_none(node: Home, tmp_path: Path) -> None:
    """--sampling-interval fills in for rows without one; a row's own interval wins."""
    path = write_table(
        tmp_path / "a.csv", table_row(sampling_interval=0), table_row(sampling_interval=16_384)
    )

    (file,) = take(node, path, sampling_interval=10_000).files

    assert file.stored == 2
    mandate = mandate_for(Operation.DETECT, node.clock)
    stored = [
        value
        for batch in node.lake().scan(Window(), mandate)
        for value in batch.column("sampling_interval").to_pylist()
    ]
    assert sorted(stored) == [10_000, 16_384]


def test_the_registered_interval_serves_where_no_option_does(tmp_path: Path) -> None:
    """What init declared is used for rows and runs that state nothing."""
    home = open_home(make_home(tmp_path / "home", sampling=10_000))
    path = write_table(tmp_path / "a.csv", table_row(sampling_interval=0))

    assert take(home, path).files[0].stored == 1


def test_the_option_cannot_make_dense_sampling_lawful(node: Home, tmp_path: Path) -> None:
    """An operator who states a dense interval is refused like a row that does."""
    path = write_table(tmp_path / "a.csv", table_row(sampling_interval=0))

    assert isinstance(take(node, path, sampling_interval=100).files[0].error, NotPermitted)


def test_a_capture_is_for_laboratories(node: Home, tmp_path: Path) -> None:
    """An operational home refuses a packet capture before reading it, whatever is stated."""
    path = tmp_path / "a.pcap"
    path.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))

    (file,) = take(node, path, sampling_interval=10_000).files

    assert isinstance(file.error, NotPermitted)
    assert "packet capture" in str(file.error)


def test_a_file_that_grows_while_it_is_read_is_a_conflict(lab: Home, tmp_path: Path) -> None:
    """Its content id would name other bytes: nothing is stored, and it may be tried again."""
    path = write_table(tmp_path / "a.csv", *(table_row(src_port=p) for p in range(3000)))

    def grow(_path: Path, _done: int, _total: int) -> None:
        with path.open("a") as file:
            file.write(table_row())

    (file,) = import_files(lab, ImportRequest(paths=[path]), grow).files

    assert isinstance(file.error, Conflict)
    assert lab.lake().statistics().rows == 0


def test_progress_reaches_the_end_of_each_file(lab: Home, tmp_path: Path) -> None:
    """The bar is told bytes done, never beyond the whole, and ends at the whole."""
    path = write_table(tmp_path / "a.csv", *(table_row(src_port=p) for p in range(3000)))
    told: list[tuple[int, int]] = []

    import_files(
        lab, ImportRequest(paths=[path]), lambda _path, done, total: told.append((done, total))
    )

    size = path.stat().st_size
    assert told[-1] == (size, size)
    assert all(0 <= done <= total == size for done, total in told)


def test_the_journal_says_who_imported_what_without_addresses(lab: Home, tmp_path: Path) -> None:
    """Beginning and end are journalled with counts and register; the name hides addresses."""
    path = write_table(tmp_path / "from-192.0.2.77.csv")

    take(lab, path)

    _, begins, key, done = lab.journal().entries()
    assert (key["operation"], key["act"]) == ("key", "handed")
    assert (begins["stage"], done["stage"]) == ("begins", "done")
    assert done["mandate"] == {
        "purpose": "detect-cc",
        "basis": "legitimate-business-act",
        "who": os_user(),
    }
    assert done["home"] == "laboratory"
    assert (done["records"], done["stored"], done["register"]) == (1, 1, lab.register.version)
    assert done["file"] == "from-[address].csv"


def test_the_case_book_remembers_the_import(lab: Home, tmp_path: Path) -> None:
    """Name, format, counts and chosen options of each import are kept."""
    take(lab, write_table(tmp_path / "a.csv"), exporter="edge-9", time_offset_ms=1000)

    with lab.casebook() as casebook:
        (record,) = casebook.imports()
        names = casebook.exporters().values()
    assert (record.file_name, record.format, record.records, record.stored) == (
        "a.csv",
        "table",
        1,
        1,
    )
    assert record.options == {"exporter": "edge-9", "time_offset_ms": 1000}
    assert list(names) == ["edge-1"]


def test_rows_of_a_removed_hour_are_counted_and_dropped(lab: Home, tmp_path: Path) -> None:
    """What was removed for good does not come back with a late file."""
    take(lab, write_table(tmp_path / "a.csv"))
    lab.lake().remove(NOON_MS + 3_600_000, mandate_for(Operation.MAINTAIN, lab.clock))

    (file,) = take(lab, write_table(tmp_path / "late.csv", table_row(src_port=2))).files

    assert (file.stored, file.dropped) == (0, {"removed-hour": 1})


@pytest.mark.parametrize("name", ["pipe", "dangling"])
def test_what_is_no_regular_file_is_refused(lab: Home, tmp_path: Path, name: str) -> None:
    """A named pipe and a dangling link fail at once, without waiting for anyone."""
    import os  # noqa: PLC0415 - to make the odd files of this one test.

    path = tmp_path / name
    if name == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "nothing")

    (file,) = take(lab, path).files

    assert isinstance(file.error, MalformedDocument | NotFound)


def test_an_empty_table_is_imported_as_nothing(lab: Home, tmp_path: Path) -> None:
    """A header without records is a sound file of 0 records."""
    path = tmp_path / "a.csv"
    path.write_text(TABLE_HEADER)

    (file,) = take(lab, path).files

    assert (file.error, file.records, file.stored) == (None, 0, 0)


def test_without_its_journal_nothing_is_imported(lab: Home, tmp_path: Path) -> None:
    """What cannot be recorded does not happen."""
    shutil.rmtree(lab.folder / "journal")

    with pytest.raises(Unavailable, match="journal"):
        take(lab, write_table(tmp_path / "a.csv"))

    assert lab.lake().statistics().rows == 0


def test_two_imports_of_one_file_at_once_store_it_once(lab: Home, tmp_path: Path) -> None:
    """Whoever is second is told that it is there already, also if both began together."""
    path = write_table(tmp_path / "a.csv", *(table_row(src_port=p) for p in range(5000)))

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _number: take(lab, path).files[0], range(2)))

    assert sorted((each.stored, each.already_imported) for each in results) == [
        (0, True),
        (5000, False),
    ]
    assert lab.lake().statistics().rows == 5000


def test_a_missing_program_fails_its_file_alone(
    lab: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without nfdump an nfcapd file fails with exit 69; the table beside it is imported."""
    monkeypatch.setenv("PATH", str(tmp_path))
    nfcapd = tmp_path / "nfcapd.202601011200"
    nfcapd.write_bytes(b"\x0c\xa5\x02\x00" + bytes(300))

    result = take(lab, nfcapd, write_table(tmp_path / "a.csv"))

    assert isinstance(result.files[0].error, Unavailable)
    assert "nfdump" in str(result.files[0].error)
    assert result.files[1].stored == 1
    assert result.exit_code == 69


def test_exports_that_were_captured_are_no_packet_capture(node: Home, tmp_path: Path) -> None:
    """An operational home takes the records in them, under the rule of sampling."""
    dense, sparse = tmp_path / "dense.pcap", tmp_path / "sparse.pcap"
    for path, interval in ((dense, 100), (sparse, 10_000)):
        path.write_bytes(capture_of(udp_packet(v5(v5_record(), sampling=interval))))

    result = take(node, dense, sparse)

    assert [file.format for file in result.files] == ["export", "export"]
    assert isinstance(result.files[0].error, NotPermitted)
    assert (result.files[1].error, result.files[1].stored) == (None, 1)
