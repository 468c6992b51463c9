"""Builders of the house's values, with defaults where a test does not care."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import LegalBasis, Power, Purpose
from hinomi.model.address import parse_address
from hinomi.model.flow import CONVERSATIONS, RECORDS

NOON_MS = 1_767_268_800_000
"""2026-01-01T12:00:00Z."""

HOUR_MS = 3_600_000

Open = Callable[[Iterable[Mapping[str, int]]], Any]
"""Opens conversation records as an engine's table: the fixture `opened` of tests/detect."""


def record(**changed: object) -> dict[str, object]:
    """Describe one flow record; `src` and `dst` are addresses as text."""
    return {
        "ts_ms": NOON_MS,
        "exporter": None,
        "sampling_interval": 1,
        "counts_scaled": 0,
        "proto": 6,
        "src": "192.0.2.1",
        "dst": "198.51.100.1",
        "src_port": 40000,
        "dst_port": 443,
        "tcp_flags": -1,
        "packets": 1,
        "bytes": 60,
        "duration_ms": 0,
        "ingress": 0,
    } | changed


def records(*rows: Mapping[str, object]) -> pa.RecordBatch:
    """Lay rows of `record` out as a batch of RECORDS."""
    laid = [_with_halves(row) for row in rows]
    return pa.RecordBatch.from_pylist(laid, schema=RECORDS)


def conversation(**changed: object) -> dict[str, int]:
    """Describe one conversation record by its columns."""
    row: dict[str, object] = dict.fromkeys(CONVERSATIONS.names, 0)
    row |= {
        "ts_ms": NOON_MS,
        "sampling_interval": 1,
        "proto": 6,
        "line_hi": 1,
        "line_lo": 1,
        "line_port": 40000,
        "remote_port": 443,
        "tcp_flags": -1,
        "packets": 1,
        "bytes": 60,
    }
    return {name: int(str(value)) for name, value in (row | changed).items()}


def conversations(rows: Iterable[Mapping[str, int]]) -> pa.RecordBatch:
    """Lay rows of `conversation` out as a batch of CONVERSATIONS."""
    return pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=CONVERSATIONS)


def mandate(*powers: Power, until_ms: int = 2**62) -> Mandate:
    """Grant *powers*, all by default, for detection; upkeep alone is granted for upkeep."""
    return Mandate(
        purpose=Purpose.OPERATE if set(powers) == {Power.MAINTAIN} else Purpose.DETECT_CC,
        basis=LegalBasis.LEGITIMATE_BUSINESS,
        who="tester",
        until_ms=until_ms,
        powers=frozenset(powers or Power),
    )


def _with_halves(row: Mapping[str, object]) -> dict[str, object]:
    laid = dict(row)
    for end in ("src", "dst"):
        address = parse_address(str(laid.pop(end)))
        laid |= {f"{end}_hi": address.hi, f"{end}_lo": address.lo}
    return laid


def remote(text: str) -> dict[str, int]:
    """Give the columns of a remote end outside the own network."""
    address = parse_address(text)
    return {"remote_hi": address.hi, "remote_lo": address.lo, "remote_own": 0}


def talk(line: int, server: str, ts_ms: int = NOON_MS, **changed: object) -> list[dict[str, int]]:
    """
    Describe one answered TCP exchange of *line* with *server*: a record each way.

    Keywords change columns of both records; `size` is the bytes of each.
    """
    size = int(str(changed.pop("size", 200)))
    ends = {"line_lo": line, "line_net": (line >> 8) % 2**31, "ts_ms": ts_ms, **remote(server)}
    shape = {"tcp_flags": 0x18, "packets": 2, "bytes": size}
    return [
        conversation(**{**ends, **shape, "direction": direction, **changed}) for direction in (0, 1)
    ]


def knock(line: int, server: str, ts_ms: int = NOON_MS, **changed: object) -> dict[str, int]:
    """Describe one bare SYN of *line* to *server*."""
    ends = {"line_lo": line, "line_net": (line >> 8) % 2**31, "ts_ms": ts_ms, **remote(server)}
    return conversation(**{**ends, "tcp_flags": 0x02, "bytes": 40, **changed})


def services_table(*rows: Mapping[str, int]) -> pa.Table:
    """Lay services out as the columns by which a service is known, with defaults."""
    default = {**remote("198.51.100.1"), "proto": 6, "remote_port": 443}
    names = [*default, *(name for row in rows[:1] for name in row if name not in default)]
    return pa.table(
        {
            name: pa.array([(default | dict(row))[name] for row in rows], pa.int64())
            for name in names
        }
    )
