"""
Files of nfcapd, read through the program ``nfdump`` and its JSON output.

JSON is the one output of nfdump 1.7 that keeps milliseconds (``%ter`` of 1.7.1 prints wrong
ones), tells sampled records apart and stayed the same up to 1.7.6; it is as fast as the
others. nfdump ends with exit code 0 on many broken files, so magic, layout and standard
error are checked as well. Where a record is sampled nfcapd has multiplied its counters by
the exporter's interval already: ``counts_scaled``.

Source: nfdump(1); nffile.h (magic and layout); output_json.c.
"""

import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinomi.collect.files.columns import (
    MOST_PORT,
    Faults,
    Floats,
    Ints,
    addresses,
    durations,
    has_ports,
    is_icmp,
    named,
    starts,
    whole_numbers,
)
from hinomi.collect.files.delimited import Rows, settle
from hinomi.collect.files.described import NOT_STATED, directions, turned_directions
from hinomi.collect.files.flows import (
    NOT_IP,
    Flows,
    batches,
    constant,
    exporters,
)
from hinomi.collect.files.icmp import answer_ports
from hinomi.collect.files.jsonlines import Count, as_rows
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import GZIP_MAGIC
from hinomi.errors import MalformedDocument, Unavailable
from hinomi.model.flow import UNKNOWN_FLAGS

_MAGIC: Final = b"\x0c\xa5"  # 0xA50C, little endian.
_SWAPPED_MAGIC: Final = b"\xa5\x0c"
_LAYOUTS: Final = (1, 2, 3)  # 1: nfdump 1.6; 2: 1.7; 3: later.
_FIRST_LAYOUT_FLOWS: Final = 140  # Offset of the number of flows in layout 1, 8 bytes.

_READ_BYTES: Final = 1 << 20
_BLOCK_BYTES: Final = 8 << 20  # About 11,000 records of JSON.
_RECORD_END: Final = b"\n}"

_HARMLESS: Final = re.compile(r"\s*|Skip unknown record type \d+\s*")
_SERIOUS: Final = re.compile(
    r"error|corrupt|bad magic|fail|short read|truncat|unable|can ?not|can't|invalid|illegal"
    r"|unexpected|unsupported|out of memory|EOF",
    re.IGNORECASE,
)
_EXPORTER: Final = re.compile(r"SysID:\s*(\d+)")
_INTERVAL: Final = re.compile(
    r"interval:\s*(?P<interval>\d+)(?:,\s*packet space:\s*(?P<space>\d+))?", re.IGNORECASE
)
_FLAGS: Final = {
    "F": 0x01, "S": 0x02, "R": 0x04, "P": 0x08, "A": 0x10, "U": 0x20, "E": 0x40, "C": 0x80,
}  # fmt: skip


def recognises(_path: Path, start: bytes) -> bool:
    """Tell a file of nfcapd by its magic."""
    return start.startswith((_MAGIC, _SWAPPED_MAGIC))


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records of a file of nfcapd; two where it counted both directions.

    Raises:
        MalformedDocument: If it is no such file, or nfdump finds it broken: then perhaps
            after some batches, which the caller must discard.
        Unavailable: If nfdump is not installed.
    """
    stated = _check_header(path)
    program = _program()
    sampled = _exporter_intervals(program, path)
    before = 0
    for text in _output(program, path):
        rows = _parse(text, path, before, options)
        before += rows.count
        tally.records += rows.count
        if stated:
            tally.bytes_read = path.stat().st_size * min(before, stated) // stated
        yield from _records(_only_ip(rows, tally), sampled, path, options, tally)
    tally.bytes_read = path.stat().st_size


def _check_header(path: Path) -> int:
    """Check magic and layout; give the number of flows where the header has it, else 0."""
    with path.open("rb") as file:
        head = file.read(_FIRST_LAYOUT_FLOWS + 8)
    if head.startswith(_SWAPPED_MAGIC):
        raise MalformedDocument(
            "was written on a machine of the other byte order; convert it there", str(path)
        )
    if head.startswith(GZIP_MAGIC):
        raise MalformedDocument("is compressed with gzip: decompress it first", str(path))
    if not head.startswith(_MAGIC):
        raise MalformedDocument("is no file of nfcapd: its magic is missing", str(path))
    if len(head) < _FIRST_LAYOUT_FLOWS // 2:
        raise MalformedDocument("is cut inside its header", str(path))
    (layout,) = struct.unpack_from("<H", head, 2)
    if layout not in _LAYOUTS:
        raise MalformedDocument(f"has layout {layout}, which no nfdump writes", str(path))
    if layout != 1 or len(head) < _FIRST_LAYOUT_FLOWS + 8:
        return 0
    return int(struct.unpack_from("<Q", head, _FIRST_LAYOUT_FLOWS)[0])


def _program() -> str:
    found = shutil.which("nfdump")
    if found is None:
        raise Unavailable(
            "nfdump is not installed, and files of nfcapd are read through it: install the "
            "package nfdump (Debian, Ubuntu: apt install nfdump)"
        )
    return found


def _start(arguments: list[str], errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - a fixed program; the path is one argument.
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={"TZ": "UTC", "LC_ALL": "C", "PATH": os.defpath},
    )


def _output(program: str, path: Path) -> Iterator[bytes]:
    """
    Run nfdump and yield its records as the inside of JSON arrays, whole records each.

    The program is stopped when reading stops.
    """
    with tempfile.TemporaryFile() as errors:
        process = _start([program, "-q", "-o", "json", "-r", str(path.absolute())], errors)
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for.
        try:
            rest = b""
            while piece := process.stdout.read(_READ_BYTES):
                rest += piece
                end = rest.rfind(_RECORD_END) + len(_RECORD_END)
                if len(rest) >= _BLOCK_BYTES and end > len(_RECORD_END):
                    yield rest[:end]
                    rest = rest[end:]
            code = process.wait()
            _check_errors(errors, code, path)
            if b"{" in rest:  # Else it ends in "]" or says that no flows match.
                yield rest[: rest.rfind(_RECORD_END) + len(_RECORD_END)]
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def _check_errors(errors: IO[bytes], code: int, path: Path) -> None:
    """Raise if nfdump said that something is wrong; its exit code alone does not tell."""
    errors.seek(0)
    for line in errors:
        text = line.decode(errors="replace").strip()
        if not _HARMLESS.fullmatch(text) and (_SERIOUS.search(text) or code):
            cause = "".join(letter for letter in text if letter.isprintable())[:120]
            raise MalformedDocument(f"nfdump cannot read it to its end: {cause}", str(path))
    if code:
        raise MalformedDocument(f"nfdump cannot read it: it ended with code {code}", str(path))


def _exporter_intervals(program: str, path: Path) -> dict[int, int]:
    """Give the sampling interval of each exporter that the file states exactly one for."""
    found: dict[int, set[int]] = {}
    exporter = -1
    with tempfile.TemporaryFile() as errors:
        process = _start([program, "-E", str(path.absolute())], errors)
        output, _ = process.communicate()
    for line in output.decode(errors="replace").splitlines():
        named_exporter = _EXPORTER.search(line)
        exporter = int(named_exporter[1]) if named_exporter else exporter
        stated = _INTERVAL.search(line)
        interval = int(stated["interval"]) if stated else 0
        if stated and interval > 0:
            # Of interval + space packets the first are sampled (RFC 5477, section 8.2).
            rate = (interval + int(stated["space"] or 0)) // interval
            found.setdefault(exporter, set()).add(rate if stated["space"] else interval)
    return {number: values.pop() for number, values in found.items() if len(values) == 1}


class _Record(msgspec.Struct, gc=False):
    """One record as nfdump prints it; every other field is discarded at decoding."""

    first: str | None = None
    last: str | None = None
    sampled: Count | None = None
    export_sysid: Count | None = None
    proto: Count | None = None
    tcp_flags: str | None = None
    src_port: Count | None = None
    dst_port: Count | None = None
    icmp_type: Count | None = None
    icmp_code: Count | None = None
    src4_addr: str | None = None
    src6_addr: str | None = None
    dst4_addr: str | None = None
    dst6_addr: str | None = None
    ip4_router: str | None = None
    ip6_router: str | None = None
    in_packets: Count | None = None
    in_bytes: Count | None = None
    out_packets: Count | None = None
    out_bytes: Count | None = None


class _SeenRecord(_Record, gc=False):
    """A record with where it was seen, for exporters of which the operator says something."""

    input_snmp: Count | None = None
    output_snmp: Count | None = None
    direction: Count | None = None


_DECODERS: Final[dict[type, msgspec.json.Decoder[list[Any]]]] = {
    _Record: msgspec.json.Decoder(list[_Record]),
    _SeenRecord: msgspec.json.Decoder(list[_SeenRecord]),
}


def _parse(text: bytes, path: Path, before: int, options: ReadOptions) -> Rows:
    kind = _SeenRecord if options.described else _Record
    try:
        found = _DECODERS[kind].decode(b"[" + text.lstrip(b"[, \t\r\n") + b"]")
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedDocument("nfdump's JSON output cannot be read", str(path)) from None
    rows = as_rows(found, list(range(before + 1, before + 1 + len(found))), kind)
    return Rows(columns=rows.columns, count=rows.count, line_of=rows.line_of, has_lines=False)


def _only_ip(rows: Rows, tally: Tally) -> Rows:
    """Drop and count records without addresses, such as those of layer 2."""
    source = pc.coalesce(rows.column("src4_addr"), rows.column("src6_addr"))
    missing = source.is_null().to_numpy(zero_copy_only=False).astype(bool)
    if missing.any():
        tally.dropped[NOT_IP] += int(np.count_nonzero(missing))
    return rows.where(~missing)


def _records(
    rows: Rows, sampled: dict[int, int], path: Path, options: ReadOptions, tally: Tally
) -> Iterator[pa.RecordBatch]:
    faults = Faults(rows.count)

    def number(name: str, most: int = 2**62) -> Ints:
        return whole_numbers(rows.column(name), name, faults, most=most)

    first, last = _times_ms(rows, "first", faults), _times_ms(rows, "last", faults)
    # Exporters do this; the start is kept.
    tally.note("ends-before-start", int(np.count_nonzero(last < first)))
    source, target = (
        addresses(
            pc.coalesce(rows.column(f"{end}4_addr"), rows.column(f"{end}6_addr")),
            f"the {name} address",
            faults,
        )
        for end, name in (("src", "source"), ("dst", "destination"))
    )
    proto = number("proto", most=255)
    type_code = number("icmp_type", most=255) * 256 + number("icmp_code", most=255)
    icmp, with_ports = is_icmp(proto), has_ports(proto)
    source_port = np.where(with_ports, number("src_port", most=MOST_PORT), 0)
    target_port = np.where(with_ports, number("dst_port", most=MOST_PORT), 0)
    scaled = (number("sampled") > 0).astype(np.int64)
    stated = np.where(scaled, _stated(number("export_sysid"), sampled), 0)
    routers = pc.coalesce(rows.column("ip4_router"), rows.column("ip6_router"))
    places, names = exporters(
        pa.nulls(rows.count, pa.string()) if options.exporter else routers, options.exporter
    )
    flows = Flows(
        ts_ms=starts(first, "first", faults, options, tally),
        sampling_interval=stated,
        proto=proto,
        src_hi=source[0],
        src_lo=source[1],
        dst_hi=target[0],
        dst_lo=target[1],
        src_port=source_port,
        dst_port=np.where(icmp, type_code, target_port),
        tcp_flags=_tcp_flags(rows.column("tcp_flags")),
        packets=number("in_packets"),
        bytes=number("in_bytes"),
        duration_ms=durations(np.maximum(last - first, 0), "duration", faults, tally),
        counts_scaled=scaled,
        ingress=constant(rows.count, 0),
        exporter=places,
        **_seen(rows, faults, "input_snmp"),
    )
    answers = flows.turned(
        packets=number("out_packets"),
        octets=number("out_bytes"),
        tcp_flags=constant(rows.count, UNKNOWN_FLAGS),  # One field holds both directions' OR.
        src_port=np.where(icmp, 0, target_port),
        dst_port=np.where(icmp, answer_ports(type_code), source_port),
        **_seen(rows, faults, "output_snmp", is_back=True),
    )
    good = settle(rows, faults, path, options, tally)
    yield from batches((flows, answers), good, tally, names, options)


def _seen(rows: Rows, faults: Faults, name: str, *, is_back: bool = False) -> dict[str, Ints]:
    """Tell where flows came in and were seen, if that was decoded."""
    if name not in rows.columns:
        return {}
    in_if = whole_numbers(rows.column(name), name, faults, missing=NOT_STATED)
    stated = whole_numbers(rows.column("direction"), "direction", faults, missing=NOT_STATED)
    observed = directions(stated)
    return {"in_if": in_if, "observed": turned_directions(observed) if is_back else observed}


def _times_ms(rows: Rows, name: str, faults: Faults) -> Floats:
    """Read ISO 8601 times of UTC with milliseconds; null (event records) is 0."""
    column = rows.column(name)
    try:
        moments = column.cast(pa.timestamp("ms")).cast(pa.int64()).fill_null(0)
    except pa.ArrowInvalid:
        faults.add(np.ones(rows.count, dtype=bool), f"{name} is not a time nfdump prints")
        return np.zeros(rows.count)
    times: Floats = moments.to_numpy(zero_copy_only=False).astype(np.float64)
    return times


def _tcp_flags(column: pa.Array) -> Ints:
    return named(column, _flags, missing=UNKNOWN_FLAGS, wrong=UNKNOWN_FLAGS)


def _flags(text: str) -> int:
    """Read flags such as ``...AP.S.``."""
    flags = 0
    for letter in text:
        flags |= _FLAGS.get(letter, 0)
    return flags


def _stated(exporter: Ints, sampled: dict[int, int]) -> Ints:
    stated = np.zeros_like(exporter)
    for number, interval in sampled.items():
        stated[exporter == number] = interval
    return stated
