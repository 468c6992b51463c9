"""Context tables with defaults, and the services that are looked up in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from builders import remote, services_table
from hinomi.collect.context.catalogue import parse_context
from hinomi.model.address import Address, parse_address
from hinomi.model.context import SCHEMAS, ContextKind, ContextTable, TableStatement

DAY = "2025-01-01"


def statement(kind: ContextKind, rows: int, **changed: object) -> TableStatement:
    """State what a table of *kind* is."""
    values: dict[str, object] = {
        "source": "bureau",
        "licence": "CC0",
        "day": DAY,
        "sha256": "00" * 32,
        "added_ms": 0,
    }
    return TableStatement(kind=kind, rows=rows, **(values | changed))  # type: ignore[arg-type]


def table(kind: ContextKind, rows: Sequence[Mapping[str, int]], **changed: object) -> ContextTable:
    """Lay rows out as a table of *kind*; they are sorted already."""
    laid = pa.Table.from_pylist([dict(row) for row in rows], schema=SCHEMAS[kind])
    return ContextTable(statement=statement(kind, len(rows), **changed), rows=laid)


def read_text(kind: ContextKind, path: Path, text: str, **changed: object) -> ContextTable:
    """Write *text* to *path* and read it as a table of *kind*."""
    path.write_text(text, "utf-8")
    stated = statement(kind, 0, **changed)
    return ContextTable(statement=stated, rows=parse_context(kind, path, stated.day).rows)


def listed(*entries: tuple[str, int], **changed: object) -> ContextTable:
    """Give a history of addresses with the moment of their first listing, -1 not stated."""
    rows = sorted(
        ({"hi": a.hi, "lo": a.lo, "listed_ms": at} for a, at in _parsed(entries)),
        key=lambda row: (row["hi"], row["lo"]),
    )
    return table(ContextKind.HISTORY, rows, **changed)


def services_at(*addresses: str, own: bool = False, port: int = 443) -> pa.Table:
    """Lay out a service at each address."""
    return services_table(
        *({**remote(each), "remote_own": int(own), "remote_port": port} for each in addresses)
    )


def column(found: np.ndarray) -> list[int]:
    """Give an integer column as a list."""
    return [int(each) for each in found]


def _parsed(entries: Sequence[tuple[str, int]]) -> list[tuple[Address, int]]:
    return [(parse_address(text), at) for text, at in entries]
