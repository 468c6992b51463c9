"""
A folder of real captures, as the second kind of world takes them.

=====================  ==============================================================
``GROUND-TRUTH.csv``   ``set,infected,cc_address,protocol,cc_port,confidence``: which
                       folder below holds which infected host, and its C&C server
``flows/NAME/``        one capture, in any format that import reads; those that
                       the truth does not name are benign
``nfcapd/``            sampled flows of a provider: the background
=====================  ==============================================================
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.collect.files.catalogue import find_format
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.errors import HinomiError, MalformedDocument, NotFound
from hinomi.model.address import Address, parse_address
from hinomi.model.flow import RECORDS
from hinomi.model.protocol import parse_protocol

Numbers = NDArray[np.int64]

_TRUTH: Final = "GROUND-TRUTH.csv"
_MOST_RECORDS: Final = 2_000_000  # Of one capture; more adds nothing to one host's habits.
_MOST_FILES: Final = 40  # A folder with more is a collection, not one capture.
_PERSON: Final = 0.02  # Share of a capture's records that make a host one worth being.
_PEOPLE: Final = 10  # At most so many hosts of one benign capture.


@dataclass(frozen=True, slots=True, kw_only=True)
class Infection:
    """A capture of one infected host, and what is known of its C&C server."""

    name: str
    host: Address
    server: Address
    proto: int
    port: int
    is_certain: bool  # Labelled by the data set; else somebody's reading of it.
    records: pa.Table  # `model.flow.RECORDS`.


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A host of a benign capture."""

    name: str
    host: Address
    records: pa.Table


def read_infections(folder: Path) -> Iterator[Infection]:
    """
    Read the captures that the truth names a C&C server of, in its order.

    Raises:
        NotFound: If the folder has no truth, or a capture that it names is not there.
        MalformedDocument: If a row of the truth cannot be read.
    """
    cache: dict[str, pa.Table] = {}
    for number, row in enumerate(_truth(folder), start=2):
        if not row.get("cc_address"):
            continue
        try:
            name = row["set"]
            said = (parse_address(row["infected"]), parse_address(row["cc_address"]))
            proto, port = parse_protocol(row["protocol"]), int(row["cc_port"])
        except (KeyError, ValueError):
            raise MalformedDocument(
                "is no row of a ground truth", str(folder / _TRUTH), number
            ) from None
        if name not in cache:
            cache[name] = _read(folder / name)
        yield Infection(
            name=Path(name).name,
            host=said[0],
            server=said[1],
            proto=proto,
            port=port,
            is_certain=row.get("confidence") == "high",
            records=cache[name],
        )


def read_people(folder: Path) -> Iterator[Person]:
    """Read the hosts of the benign captures: those that the truth does not name."""
    named = {Path(row["set"]).name for row in _truth(folder)}
    flows = folder / "flows"
    for path in sorted(flows.iterdir() if flows.is_dir() else ()):
        if path.name in named or not path.is_dir():
            continue
        try:
            records = _read(path)
        except NotFound:
            continue  # Whatever it is, no flows can be read from it.
        for host in busiest(records):
            yield Person(name=path.name, host=host, records=records)


def read_background(folder: Path) -> pa.Table | None:
    """Read the provider's flows with the most records; None if there are none."""
    try:
        return _read(folder / "nfcapd")
    except NotFound:
        return None


def busiest(records: pa.Table) -> list[Address]:
    """Give the hosts worth being: private ones that are in many records, else the first."""
    hi = np.concatenate([records[f"{end}_hi"].to_numpy() for end in ("src", "dst")])
    lo = np.concatenate([records[f"{end}_lo"].to_numpy() for end in ("src", "dst")])
    v4 = (hi == 0) & (lo >> 32 == 0xFFFF)  # noqa: PLR2004 - RFC 4291, section 2.5.5.2.
    host, met = np.unique(lo[v4], return_counts=True)
    order = np.argsort(-met, kind="stable")
    host, met = host[order], met[order]
    number = host & 0xFFFFFFFF
    # RFC 1918.
    private = (number >> 16 == 0xC0A8) | (number >> 24 == 10) | (number >> 20 == 0xAC1)  # noqa: PLR2004
    chosen = host[private & (number & 255 != 255) & (met >= _PERSON * records.num_rows)]  # noqa: PLR2004
    chosen = chosen[:_PEOPLE] if chosen.size else host[:1]
    return [Address(0, int(each)) for each in chosen]


def _truth(folder: Path) -> list[dict[str, str]]:
    path = folder / _TRUTH
    if not path.is_file():
        raise NotFound(f"{folder}: holds no captures with a truth, {_TRUTH} is missing")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read(path: Path) -> pa.Table:
    """Read the file of a capture with the most records: some hold the same flows twice."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    best = RECORDS.empty_table()
    for file in files[:_MOST_FILES]:
        records = _records(file)
        if records.num_rows > best.num_rows:
            best = records
    if not best.num_rows:
        raise NotFound(f"{path}: holds no flow records that can be read")
    return best


def _records(file: Path) -> pa.Table:
    batches, count = [], 0
    try:
        found = find_format(file, None)
        for batch in found.read(file, ReadOptions(), Tally()) if found else ():
            batches.append(batch)
            count += batch.num_rows
            if count >= _MOST_RECORDS:
                break
    except HinomiError:
        return RECORDS.empty_table()  # Another file of the folder may hold the flows.
    return pa.Table.from_batches(batches, RECORDS)
