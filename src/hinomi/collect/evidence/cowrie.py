"""
Cowrie's log, JSON lines: from which servers intruders fetched their malware.

It proves loaders: where a file was downloaded (``session.file_download``), the server handed it
out, and the file's digest is the reference. Where a command asks for one (``command.input``)
the server was only named. Neither is a C&C server for that. All else is counted by reason:

- attacking sources are infected hosts, which belong to ``hinomi lists add suspects``, and
  files that they brought along themselves (``session.file_upload``) name no server;
- targets of ``direct-tcpip`` are what the intruders would reach through the honeypot as
  through a proxy: victims, mostly;
- servers given by name (R16), private addresses, and the honeypot itself.

A request for the root of a site is left out unless its answer goes to a shell: intruders test
their connection with well-known hosts.

Source:
    Cowrie's event reference (eventid, timestamp, src_ip, dst_ip, input, url, shasum).
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from hinomi.collect.evidence.fetches import PORTS, Fetch, find_fetches, find_url
from hinomi.collect.evidence.fields import parse_day, parse_digest, parse_url_host, whole_address
from hinomi.collect.evidence.intake import Intake, Skip
from hinomi.collect.lists.fields import parse_port
from hinomi.collect.lists.intake import BadLine
from hinomi.model.address import Address, parse_address
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.protocol import Protocol
from hinomi.model.service import Service

ATTACKER: Final = "an attacking source"
PROXIED: Final = "a proxy's target"
BROUGHT: Final = "a file brought along"
NO_URL: Final = "a file without a URL"
NO_FILE: Final = "a request for no file"
ITSELF: Final = "the honeypot itself"
NO_FETCH: Final = "a command that fetches nothing"
OTHER: Final = "another event"

_MOST_SENSORS: Final = 4096
_START: Final = re.compile(r'\s*\{[^\n]*?"eventid"\s*:\s*"cowrie\.')
_NOTHING: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of no bytes: what Cowrie kept where nothing came."""

_IGNORED: Final = {
    "cowrie.session.connect": ATTACKER,
    "cowrie.direct-tcpip.request": PROXIED,
    "cowrie.direct-tcpip.data": PROXIED,
    "cowrie.session.file_upload": BROUGHT,
}


class _Event(msgspec.Struct):
    eventid: str
    timestamp: Any = None
    dst_ip: Any = None
    input: Any = None
    url: Any = None
    shasum: Any = None


def recognises(start: str) -> bool:
    """Tell the log by the ``eventid`` of its first line."""
    return _START.match(start) is not None


def read(intake: Intake) -> Iterator[Evidence]:
    """Yield a statement for each file fetched or asked for."""
    return intake.each(intake.lines(), _Log(intake).statements)


class _Log:
    """What is remembered of a log between its lines: where the honeypot is."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._decode = msgspec.json.Decoder(_Event).decode
        self._sensors: set[Address] = set()

    def statements(self, line: str) -> Iterator[Evidence]:
        """Read one event."""
        try:
            event = self._decode(line)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise BadLine("no JSON object with an eventid") from None
        match event.eventid:
            case "cowrie.session.file_download" | "cowrie.session.file_download.failed":
                yield from self._download(event)
            case "cowrie.command.input":
                yield from self._command(event)
            case "cowrie.session.connect":
                self._remember(event.dst_ip)
                raise Skip(ATTACKER)
            case other:
                raise Skip(_IGNORED.get(other, OTHER))

    def _download(self, event: _Event) -> Iterator[Evidence]:
        if not event.url:
            raise Skip(NO_URL)
        fetch = find_url(_text(event.url))
        if fetch is None:
            raise Skip(NO_URL)
        digest = parse_digest(_text(event.shasum or ""))
        digest = "" if digest == _NOTHING else digest
        yield self._statement(event, fetch, digest)

    def _command(self, event: _Event) -> Iterator[Evidence]:
        fetches = set(find_fetches(_text(event.input or "")))
        if not fetches:
            raise Skip(NO_FETCH)
        for fetch in sorted(fetches, key=repr):
            with self._intake.skipping():
                yield self._statement(event, fetch, "")

    def _statement(self, event: _Event, fetch: Fetch, digest: str) -> Evidence:
        address = parse_url_host(fetch.host, is_laboratory=True)
        if address in self._sensors:
            raise Skip(ITSELF)
        if not (digest or fetch.names_file):
            raise Skip(NO_FILE)
        return self._intake.evidence(
            _service(address, fetch),
            Claim.LOADER,
            Method.HONEYPOT,
            _day(event.timestamp),
            reference=digest,
            strength=None if digest else self._intake.told.limits.asked_strength,
        )

    def _remember(self, sensor: object) -> None:
        if isinstance(sensor, str) and len(self._sensors) < _MOST_SENSORS:
            try:
                self._sensors.add(parse_address(sensor))
            except ValueError:
                raise BadLine("the honeypot's own address is none") from None


def _service(address: Address, fetch: Fetch) -> Service:
    try:
        port = parse_port(fetch.port) or PORTS.get(fetch.scheme)
    except BadLine:
        raise Skip(NO_FETCH) from None  # What intruders type need not make sense.
    if port is None:
        return whole_address(address)
    proto = Protocol.UDP if fetch.scheme == "tftp" else Protocol.TCP
    return Service(address, int(proto), port)


def _day(timestamp: object) -> int:
    if isinstance(timestamp, int | float) and 0 <= timestamp < 1 << 40:
        return int(timestamp) // 86_400
    if not isinstance(timestamp, str) or not timestamp.strip():
        raise BadLine("no timestamp")
    return parse_day(timestamp, 0)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadLine("no text where an event has text")
    return value
