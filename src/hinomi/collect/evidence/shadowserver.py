"""
Shadowserver's reports as CSV, as far as they concern servers; told apart by their header.

=============================== =====================================================
``event4_honeypot_ddos``         a C&C server gave a drone of theirs an order to attack
(and ``_target``)
``event*_sinkhole*``             infected hosts called a sinkhole (also Microsoft's)
``malware_url``                  a URL out of an attempt to infect: a loader
``sandbox_conn``                 samples spoke with it, as with many harmless servers
=============================== =====================================================

The other end of an event is an infected host or a victim, with the time: it is not read. Other
reports (scans, open services, brute force) are about hosts that are no C&C servers for it.

Source:
    Shadowserver's descriptions of these reports, and of their columns.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from hinomi.collect.evidence.fetches import PORTS, find_url
from hinomi.collect.evidence.fields import (
    clean_words,
    make_service,
    parse_day,
    parse_digest,
    parse_host,
    parse_url_host,
)
from hinomi.collect.evidence.intake import Intake, Skip
from hinomi.collect.evidence.rows import Row, read_rows
from hinomi.collect.lists.intake import BadLine
from hinomi.collect.lists.rows import read_header
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Claim, Evidence, Method

NO_SERVER: Final = "no server stated"
INFECTED: Final = "an infected host"
NO_URL: Final = "no URL that fetches"

_EVENT: Final = {"timestamp", "protocol", "src_ip", "src_port", "dst_ip", "dst_port", "infection"}
_OTHERS: Final = {
    "attack", "avg_pps", "count", "network", "pattern", "request", "service", "sensor_id",
    "start_time", "session", "state", "username", "vulnerability_id",
}  # fmt: skip
"""Columns of reports on events that go to no sinkhole."""

_Reader = Callable[[Intake, Row], Iterator[Evidence]]


def recognises(start: str) -> bool:
    """Tell a report on servers by its header."""
    return _reader(start) is not None


def read(intake: Intake) -> Iterator[Evidence]:
    """
    Yield one statement a line.

    Raises:
        MalformedDocument: If it is none of these reports.
    """
    with intake.stream() as file:
        start = file.readline(1 << 16).decode("utf-8-sig", "replace")
    reader = _reader(start)
    if reader is None:
        raise MalformedDocument(
            "is no Shadowserver report on servers: honeypot_ddos, sinkhole, malware_url and "
            "sandbox_conn are read",
            str(intake.path),
            1,
        )
    columns = {name: name for name in read_header(start)}
    return intake.each(read_rows(intake, columns, ()), partial(reader, intake))


def _reader(start: str) -> _Reader | None:
    header = set(read_header(start.partition("\n")[0]))
    if header >= {"timestamp", "url", "host", "ip", "sha256"}:
        return _malware_url
    if header >= {"timestamp", "ip", "md5", "protocol", "port", "bytes_out"}:
        return _sandbox_conn
    if header >= _EVENT | {"attack", "dst_network"}:
        return _honeypot_ddos
    if header >= _EVENT | {"family", "event_id"} and not header & _OTHERS:
        return _sinkhole
    return None


def _honeypot_ddos(intake: Intake, row: Row) -> Iterator[Evidence]:
    # The report on participants has the same columns, but there the source is a bot.
    if row["infection"].strip().lower() != "ddos":
        raise Skip(INFECTED)
    yield from _event(intake, row, "src", Claim.CC, Method.HONEYPOT)


def _sinkhole(intake: Intake, row: Row) -> Iterator[Evidence]:
    yield from _event(intake, row, "dst", Claim.SINKHOLE, Method.LIST)


def _event(intake: Intake, row: Row, end: str, claim: Claim, method: Method) -> Iterator[Evidence]:
    day = _day(row)
    if not row[f"{end}_ip"].strip():
        raise Skip(NO_SERVER)
    address = parse_host(row[f"{end}_ip"], is_laboratory=True)
    service = make_service(address, row["protocol"], row[f"{end}_port"])
    family = clean_words(row.get("family") or row["infection"])
    yield intake.evidence(service, claim, method, day, family=family)


def _malware_url(intake: Intake, row: Row) -> Iterator[Evidence]:
    day, sample = _day(row), parse_digest(row["sha256"])
    fetch = find_url(row["url"])
    if fetch is None:
        raise Skip(NO_URL)
    address = parse_url_host(fetch.host, is_laboratory=True)
    service = make_service(address, "tcp", fetch.port or str(PORTS.get(fetch.scheme, "")))
    strength = None if sample else intake.told.limits.asked_strength
    yield intake.evidence(
        service, Claim.LOADER, Method.HONEYPOT, day, reference=sample, strength=strength
    )


def _sandbox_conn(intake: Intake, row: Row) -> Iterator[Evidence]:
    day, sample = _day(row), parse_digest(row["md5"])
    if not sample:
        raise BadLine("no sample: which one spoke with this server?")
    address = parse_host(row["ip"], is_laboratory=True)
    yield intake.evidence(
        make_service(address, row["protocol"], row["port"]),
        Claim.SUPPORT,
        Method.MALWARE,
        day,
        reference=sample,
        strength=intake.told.limits.trait_strength,
    )


def _day(row: Row) -> int:
    day = parse_day(row["timestamp"], -1)
    if day < 0:
        raise BadLine("no timestamp")
    return day
