"""
What a darknet saw, as CSV or JSON lines: address, protocol, port, first, last, packets, kind.

*kind* ``scan``: the address sent packets into addresses where nobody is. Infected devices do,
and so do abused servers: a weak trait of the whole address, for the port is the one it scanned.
Its source may be forged, so it says little and never enough (R15).

*kind* ``backscatter``: the address answered from this port (SYN/ACK, RST) to hosts that never
asked. It was the *victim* of a flood with forged sources in that time, and the contacts of
such a flood look like clients of a C&C server: evidence against, weak since C&C servers are
flooded too and since anybody may send such answers (R15).
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec

from hinomi.collect.evidence.fields import make_service, parse_host, whole_address
from hinomi.collect.evidence.intake import Intake, Skip
from hinomi.collect.evidence.rows import Row, has_columns, read_rows
from hinomi.collect.lists.fields import parse_port, parse_transport, parse_when
from hinomi.collect.lists.intake import BadLine
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service

TOO_FEW: Final = "too few packets"
NO_PORT: Final = "backscatter without a port"

_NAMES: Final = ("address", "protocol", "port", "first", "last", "packets", "kind")
_COLUMNS: Final = {name: name for name in _NAMES}
_REQUIRED: Final = ("address", "last", "packets", "kind")
_HOUR_MS: Final = 3_600_000
_MOST_DIGITS: Final = 18


def recognises(start: str) -> bool:
    """Tell the format by its header, or by the first of its JSON objects."""
    if not start.lstrip().startswith("{"):
        return has_columns(start, _COLUMNS, _REQUIRED)
    line = start.lstrip().split("\n", 1)[0]
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and set(_REQUIRED) <= found.keys()


def read(intake: Intake) -> Iterator[Evidence]:
    """Yield one statement a line."""
    with intake.stream() as file:
        is_json = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    if is_json:
        return intake.each(intake.lines(), partial(_of_json, intake))
    return intake.each(read_rows(intake, _COLUMNS, _REQUIRED), partial(_statement, intake))


def _of_json(intake: Intake, line: str) -> Iterator[Evidence]:
    try:
        found = msgspec.json.decode(line, type=dict[str, str | int | float | bool | None])
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise BadLine("no JSON object of texts and numbers") from None
    row = {name: "" if found.get(name) is None else str(found[name]) for name in _NAMES}
    return _statement(intake, row)


def _statement(intake: Intake, row: Row) -> Iterator[Evidence]:
    limits = intake.told.limits
    kind = row["kind"].strip().lower()
    if kind not in {"scan", "backscatter"}:
        raise BadLine("an unknown kind: scan or backscatter is expected")
    address = parse_host(row["address"])
    parse_transport(row["protocol"])
    parse_port(row["port"])
    packets = _count(row["packets"])
    last_ms = parse_when(row["last"])
    first_ms = parse_when(row["first"])
    if last_ms is None or (first_ms or 0) > last_ms:
        raise BadLine("no time of the last packet, or one before the first")
    if packets < limits.packets_least:
        raise Skip(TOO_FEW)
    hours = 1 + (last_ms - (last_ms if first_ms is None else first_ms)) // _HOUR_MS
    service, claim, strength = whole_address(address), Claim.SUPPORT, limits.trait_strength
    if kind == "backscatter":
        service = make_service(address, row["protocol"], row["port"])
        claim, strength = Claim.BENIGN, limits.backscatter_strength
        _require_port(service)
    yield intake.evidence(
        service,
        claim,
        Method.DARKNET,
        last_ms // DAY_MS,
        reference=kind,
        strength=strength,
        packets=packets,
        hours=hours,
    )


def _require_port(service: Service) -> None:
    if service.port < 0:
        raise Skip(NO_PORT)


def _count(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise BadLine("no number of packets")
    return int(text)
