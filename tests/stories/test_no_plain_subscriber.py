"""No subscriber's address stands in plain anywhere a home or a command leaves something."""

import contextlib
import ipaddress
import itertools
import sqlite3
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hinomi.model.address import Address, from_packed
from hinomi.store.sealing import Seal, SealedFile
from terminal import NOON_MS, TABLE_HEADER, Said, hinomi, make_home, table_row, write_table

HOUR_MS = 3_600_000

Ip = IPv4Address | IPv6Address

MARKED: tuple[Ip, ...] = (
    *(IPv4Address(f"192.0.2.{host}") for host in range(101, 131)),
    *(
        IPv6Address(f"2001:db8:51{line:02x}:7300:a1b2:c3d4:e5f6:{line + 0x7100:x}")
        for line in range(20)
    ),
)
"""Fifty subscribers: thirty with an IPv4 address, twenty with a delegated IPv6 prefix."""


@pytest.fixture(name="traces", scope="module")
def everything_that_was_left(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Said]]:
    """Use a home in every way that takes subscribers' addresses in, failing ways too."""
    folder = tmp_path_factory.mktemp("marked")
    home = make_home(folder / "home")
    (home / "config.toml").write_text('[node]\nkind = "laboratory"\n[log]\nlevel = "debug"\n')
    files = list(_files(folder))
    said = [hinomi("import", *each, home=home) for each in files]
    said += [
        hinomi("lists", "add", *each, "--source", f"source {number}", home=home)
        for number, each in enumerate(_lists(folder))
    ]
    said += [
        hinomi(*words, home=home)
        for words in (
            ("lists", "show"),
            ("store", "compact"),
            ("store", "status"),
            ("detect",),
            ("detect", "--json", "--report", home / "report.html"),
            ("explain", str(MARKED[0]), "tcp", "443"),
            ("explain", str(MARKED[-1]), "tcp", "443", "--json"),
            ("journal", "show"),
            ("config", "show"),
        )
    ]
    said += [hinomi("import", *each, home=home) for each in files]
    return home, said


def test_the_story_takes_the_marked_subscribers_in(traces: tuple[Path, list[Said]]) -> None:
    """The check can fail: all fifty are in the lake as fifty lines, and failures happened."""
    home, said = traces
    lines = {
        (hi, lo)
        for table in _parquet(home)
        for hi, lo in zip(table["line_hi"].to_pylist(), table["line_lo"].to_pylist(), strict=True)
    }

    assert len(lines) >= 50
    assert {65, 0} <= {each.code for each in said}


def test_no_text_of_them_stands_in_any_file_or_output(traces: tuple[Path, list[Said]]) -> None:
    """No text form of a marked address is in a file, its name, or what a command said."""
    home, said = traces
    texts = [form for address in MARKED for form in _text_forms(address)]

    found = [
        (where, text)
        for where, content in _contents(home, said)
        for text in texts
        if text in content.lower()
    ]

    assert found == []


def test_no_bytes_of_them_stand_in_any_file(traces: tuple[Path, list[Said]]) -> None:
    """Neither the 16 bytes nor the telling half of a marked address are in any file."""
    home, said = traces
    forms = [form for address in MARKED for form in _byte_forms(address)]

    found = [
        (where, form)
        for where, content in _contents(home, said)
        for form in forms
        if form in content
    ]

    assert found == []


def test_no_decoded_column_holds_one_of_them(traces: tuple[Path, list[Said]]) -> None:
    """No value of any column of any Parquet file is a half, or the number, of a marked address."""
    home, _ = traces
    telling = np.array(sorted(_telling_numbers()), dtype=np.int64)

    found = [
        name
        for table in _parquet(home)
        for name, column in zip(table.column_names, table.columns, strict=True)
        if np.isin(column.to_numpy().astype(np.int64), telling).any()
    ]

    assert found == []


def test_no_value_of_the_case_book_is_one_of_them(traces: tuple[Path, list[Said]]) -> None:
    """No value of any table of the case book is a half, or the text, of a marked address."""
    home, _ = traces
    numbers = _telling_numbers()
    texts = [form.decode() for address in MARKED for form in _text_forms(address)]

    found = [
        (table, value)
        for table, value in _database_values(home / "casebook.sqlite")
        if (isinstance(value, int) and value in numbers)
        or (isinstance(value, str) and any(text in value.lower() for text in texts))
    ]

    assert found == []


@pytest.mark.parametrize("address", [MARKED[0], MARKED[-1]])
def test_the_search_finds_what_it_looks_for(address: Ip, tmp_path: Path) -> None:
    """Each form of an address, once written to a file, is found by this story's own search."""
    forms = [*_text_forms(address), *_byte_forms(address)]
    for number, form in enumerate(forms):
        (tmp_path / str(number)).write_bytes(b"x" + form + b"y")

    contents = dict(_contents(tmp_path, []))

    assert all(form in contents[str(number)] for number, form in enumerate(forms))


def _files(folder: Path) -> Iterator[tuple[object, ...]]:
    """Write flow files that hold the marked subscribers, sound and broken ones."""
    rows = [
        table_row(
            ts_ms=NOON_MS + (number % 3) * HOUR_MS + number,
            src_addr=address if turn else "198.51.100.9",
            dst_addr="198.51.100.9" if turn else address,
            src_port=40_000 + turn,
        )
        for number, address in enumerate(MARKED)
        for turn in (0, 1)
    ]
    rows += [table_row(src_addr=one, dst_addr=other) for one, other in itertools.pairwise(MARKED)]
    yield (write_table(folder / "good.csv", *rows),)
    yield (write_table(folder / "more.csv", *rows[::2]),)
    yield (write_table(folder / f"from-{MARKED[0]}.csv", *rows[::3]),)
    wrong: tuple[dict[str, object], ...] = (
        {"packets": -1},
        {"dst_port": 70_000},
        {"dst_addr": f"{MARKED[3]}%eth0"},
        {"proto": "x"},
    )
    for number, changed in enumerate(wrong):
        bad = table_row(src_addr=MARKED[number]) + table_row(src_addr=MARKED[number], **changed)
        yield (write_table(folder / f"bad-{number}.csv", *rows, bad),)
        yield write_table(folder / f"kept-{number}.csv", *rows, bad), "--keep-good"
    broken = folder / "broken.csv"
    broken.write_text(TABLE_HEADER + "".join(rows) + f"{MARKED[1]},{MARKED[2]}\n", "utf-8")
    yield (broken,)
    prose = folder / "prose.txt"
    prose.write_text(f"a letter about {MARKED[0]} and {MARKED[-1]}\n", "utf-8")
    yield (prose,)
    yield broken, "--format", "zeek"


def _lists(folder: Path) -> Iterator[tuple[object, ...]]:
    """Write lists that name the marked subscribers, sound and broken ones."""
    good = folder / "honeypot.csv"
    good.write_text("address\n" + "".join(f"{address}\n" for address in MARKED), "utf-8")
    ports = folder / "own-servers.csv"
    ports.write_text(
        "address,protocol,port\n" + "".join(f"{address},tcp,443\n" for address in MARKED), "utf-8"
    )
    bad = folder / "bad-list.csv"
    bad.write_text(f"address,protocol,port\n{MARKED[5]},tcp,443\n{MARKED[6]},tcp,70000\n", "utf-8")
    yield "suspects", good
    yield "known-cc", ports
    yield "suspects", bad
    yield "suspects", bad, "--keep-good"


def _line_prefix(address: Ip) -> Ip | None:
    """Give the delegated prefix of an IPv6 subscriber: it names the line as well."""
    if isinstance(address, IPv4Address):
        return None
    return ipaddress.ip_network(f"{address}/56", strict=False).network_address


def _named(address: Ip) -> tuple[Ip, ...]:
    prefix = _line_prefix(address)
    return (address,) if prefix is None else (address, prefix)


def _text_forms(address: Ip) -> Iterator[bytes]:
    for each in _named(address):
        yield str(each).encode()
        yield each.exploded.encode()
        yield _packed(each).hex().encode()
        yield str(int.from_bytes(_packed(each), "big")).encode()
    if isinstance(address, IPv6Address):
        yield address.exploded.replace(":", "").encode()
        yield ":".join(address.exploded.split(":")[:4]).encode()


def _byte_forms(address: Ip) -> Iterator[bytes]:
    for each in _named(address):
        packed = _packed(each)
        yield packed
        yield packed[::-1]
        for half in _telling_halves(each):
            yield half.to_bytes(8, "big", signed=True)
            yield half.to_bytes(8, "little", signed=True)


def _telling_halves(address: Ip) -> tuple[int, ...]:
    """Give the halves that point at one line: not the zeros that pad them."""
    halves: Address = from_packed(_packed(address))
    return tuple(half for half in halves if half)


def _telling_numbers() -> set[int]:
    return {
        number
        for address in MARKED
        for each in _named(address)
        for number in (*_telling_halves(each), *_v4_numbers(each))
    }


def _v4_numbers(address: Ip) -> tuple[int, ...]:
    if isinstance(address, IPv6Address):
        return ()
    unsigned = int(address)
    return unsigned, unsigned - 2**32  # As any column of 32 or 64 bits would hold it.


def _packed(address: Ip) -> bytes:
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def _contents(home: Path, said: list[Said]) -> Iterator[tuple[str, bytes]]:
    """Give every file as it lies on disk and decompressed, their names, and every output."""
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        yield f"name of {name}", name.encode()
        if not path.is_file():
            continue
        yield name, path.read_bytes()
        if path.suffix == ".parquet":
            table = _table(home, path)
            for column in table.column_names:
                for chunk in table[column].chunks:
                    for buffer in chunk.buffers():
                        if buffer is not None:
                            yield f"{name}: {column}", buffer.to_pybytes()
    for number, each in enumerate(said):
        # The operator's own file names are repeated to the operator: they named them.
        told = (each.out + each.err).replace(f"from-{MARKED[0]}.csv", "")
        yield f"output {number}", told.encode()


def _parquet(home: Path) -> list[pa.Table]:
    return [_table(home, path) for path in sorted(home.rglob("*.parquet"))]


def _table(home: Path, path: Path) -> pa.Table:
    """Read a file of the home, sealed or not, with whichever key opens it."""
    seals = [Seal(key.stem, key.read_bytes()) for key in (home / "keys/days").glob("*.key")]
    for seal in (None, *seals):
        with contextlib.suppress(OSError, pa.ArrowException):
            return SealedFile(path, seal).open().read()
    pytest.fail(f"no key opens {path}")


def _database_values(path: Path) -> Iterator[tuple[str, object]]:
    connection = sqlite3.connect(path)
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a name of the schema itself.
                yield from ((table, value) for value in row)
    finally:
        connection.close()
