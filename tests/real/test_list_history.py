"""A month of daily C&C lists in the case book: each day can be read as it stood."""

import tarfile
from pathlib import Path
from typing import Final

import pyarrow as pa
import pytest

from hinomi.collect.lists.catalogue import parse_list
from hinomi.model.address import render_address
from hinomi.model.listed import ListKind
from hinomi.store.casebook import open_casebook

ARCHIVE: Final = (
    Path(__file__).resolve().parents[3]
    / "shared" / "data" / "feeds" / "c2intelfeeds" / "IPPortC2s-daily-history.tar.zst"
)  # fmt: skip
DAYS: Final = 30


def test_each_day_of_a_feed_can_be_read_as_it_stood(tmp_path: Path) -> None:
    """
    What each new snapshot adds and ends is the difference of the raw lines of two days.

    On some days one server stands there with port 0: a bad line, left out and counted.
    """
    if not ARCHIVE.is_file():
        pytest.skip("no IPPortC2s-daily-history.tar.zst in ../shared/data (feeds/c2intelfeeds)")
    days = unpack(tmp_path)
    raw = [services_in(day) for day in days]
    with open_casebook(tmp_path / "casebook.sqlite") as book:
        number = 0
        for moment, day in enumerate(days):
            parsed = parse_list(day, ListKind.KNOWN_CC, None, keep_good=True)
            assert parsed.malformed == lines_with_port_0(day)
            replaced = book.lists.replace(
                ListKind.KNOWN_CC,
                "c2intelfeeds",
                parsed.entries,
                sha256=parsed.sha256,
                added_ms=moment,
            )
            before = raw[moment - 1] if moment else set()
            assert replaced.added == len(raw[moment] - before)
            assert replaced.ended == len(before - raw[moment])
            is_repeated = moment > 0 and day.read_bytes() == days[moment - 1].read_bytes()
            number += not is_repeated
            assert replaced.number == number

        for moment, expected in enumerate(raw):
            stood = book.lists.entries(ListKind.KNOWN_CC, at_ms=moment)
            assert {(render_address(x.entry.base), str(x.entry.port)) for x in stood} == expected
            assert len(stood) == len(expected)


def unpack(folder: Path) -> list[Path]:
    """Give the files of the first days, in the order of their dates."""
    with pa.input_stream(str(ARCHIVE), compression="zstd") as plain:
        (folder / "history.tar").write_bytes(plain.read())
    paths = []
    with tarfile.open(folder / "history.tar") as tar:
        names = sorted(name for name in tar.getnames() if name.endswith("/IPPortC2s.csv"))
        for name in names[:DAYS]:
            path = folder / name.replace("/", "-")
            path.write_bytes(tar.extractfile(name).read())  # type: ignore[union-attr]
            paths.append(path)
    assert len(paths) == DAYS
    return paths


def services_in(path: Path) -> set[tuple[str, str]]:
    """Take address and port from the raw lines."""
    rows = path.read_text("utf-8").split("\n")[1:]
    services = {(row.split(",")[0], row.split(",")[1]) for row in rows if row.strip()}
    return {(address, port) for address, port in services if port != "0"}


def lines_with_port_0(path: Path) -> int:
    """Count the lines that name no port a server can have."""
    return path.read_text("utf-8").count(",0,")
