"""A stand-in for a hub: its API over real TLS on the loopback interface, and faults on demand."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from hinomi.govern.note import Signer, Verifier
from hinomi.hub.authority import Authority
from hinomi.model.address import parse_address
from hinomi.model.case import ServiceClass
from hinomi.model.listing import Listing, epoch_of, parse_epoch
from hinomi.model.member import Outlet
from hinomi.model.protocol import Protocol
from hinomi.model.snapshot import NO_PREVIOUS, Snapshot
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.membership.joining import enrol, join
from hinomi.share.canonical import digest
from hinomi.share.certificates import draw_key, render_certificate, render_key, requested_key
from hinomi.share.enrolment import WELCOME, EnrolmentRequest, HubAddress, Welcome, render_document
from hinomi.share.envelope import Envelope, sign_envelope
from hinomi.share.signing import Signed
from hinomi.share.snapshot import head_of, render_csv, render_json, sign_head
from hinomi.share.submission import Profile, parse_sightings, parse_submission

MEMBER: Final = "isp-a"
TOKEN: Final = "t" * 43
DAY: Final = date(2026, 1, 1)
SERVERS: Final = tuple(f"203.0.113.{last}" for last in range(20, 26))
"""What the hub lists unless it is told otherwise."""


def listing(address: str, until: int, port: int = 443) -> Listing:
    """Give a listing of a dedicated server."""
    return Listing(parse_address(address), Protocol.TCP, port, ServiceClass.DEDICATED, until)


@dataclass(frozen=True, slots=True)
class Made:
    """One snapshot as the hub gives it."""

    snapshot: Snapshot
    head: str
    json: bytes
    csv: bytes


@dataclass(slots=True)
class StandIn:
    """What a hub knows, and how it misbehaves."""

    authority: Authority
    list_key: Signer = field(default_factory=lambda: Signer("hub.example/list", b"l" * 32))
    envelope_key: Signer = field(default_factory=lambda: Signer("hub.example/envelope", b"e" * 32))
    statements: Verifier | None = None
    outlets: tuple[Outlet, ...] = (Outlet.SNAPSHOT, Outlet.SUBMIT, Outlet.FEEDBACK)
    epoch_days: int = 1
    lasts_days: int = 3_000  # Certificates of nodes, from `DAY` on.
    spoken_of: int = 0
    url: str = ""
    made: dict[int, Made] = field(default_factory=dict)
    batches: dict[tuple[Deed, int], bytes] = field(default_factory=dict)
    acknowledged: list[int] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    busy: int = 0  # So many requests are answered 503.
    encoding: str = ""  # What bodies are said to be packed by.
    encodings: list[str] = field(default_factory=list)  # What nodes said that they take.
    cut: bool = False  # Bodies of lists end early, and the connection with them.
    drop_after_taking: int = 0  # So many batches are taken and never answered.
    rounds: Callable[[str, str, bytes], tuple[int, bytes] | None] = field(
        default=lambda _method, _path, _body: None
    )  # Answers what is asked of private corroboration: `roundhubs.StandInRounds`.
    mend: Callable[[str, bytes], bytes] = field(default=lambda _path, body: body)
    refuse: Callable[[str], tuple[int, bytes] | None] = field(default=lambda _path: None)

    def publish(self, listings: Iterable[Listing], epoch: int, **given: Any) -> Made:
        """Make the next snapshot; *given* says what is wrong with it."""
        number = given.pop("number", max(self.made, default=0) + 1)
        before = self.made.get(number - 1)
        previous = NO_PREVIOUS if before is None else digest(before.json)
        snapshot = Snapshot(
            hub=self.list_key.name,
            number=number,
            epoch=epoch,
            epoch_days=self.epoch_days,
            previous=given.pop("previous", previous),
            listings=tuple(sorted(listings)),
        )
        head = sign_head(head_of(snapshot), given.pop("signer", self.list_key))
        made = Made(snapshot, head, render_json(snapshot), render_csv(snapshot))
        self.made[number] = made
        return made

    def list_servers(self, epoch: int, lease: int = 6) -> Made:
        """Make the next snapshot, of `SERVERS`."""
        return self.publish([listing(each, epoch + lease) for each in SERVERS], epoch)

    def envelope(self, number: int) -> bytes:
        """Give what says for whom a copy is."""
        envelope = Envelope(
            hub=self.list_key.name,
            number=number,
            digest=digest(self.made[number].json),
            member=MEMBER,
            mark="0" * 32,
        )
        return sign_envelope(envelope, self.envelope_key).encode()

    def let_in(self, home: Home, folder: Path) -> None:
        """Let a home join, as people do it."""
        enrol(home, MEMBER, folder / "request.json")
        request = msgspec.json.decode((folder / "request.json").read_bytes(), type=EnrolmentRequest)
        self.statements = Verifier.parse(request.signing_key)
        key = requested_key(request.csr, "request.json")
        welcome = Welcome(
            format=WELCOME,
            member=MEMBER,
            hub=HubAddress(
                name=self.list_key.name,
                url=self.url,
                list_key=self.list_key.verifier.render(),
                envelope_key=self.envelope_key.verifier.render(),
                epoch_days=self.epoch_days,
            ),
            authority=render_certificate(self.authority.certificate),
            certificate=render_certificate(
                self.authority.issue_node(key, MEMBER, DAY, self.lasts_days)
            ),
            token=TOKEN,
            outlets=self.outlets,
        )
        (folder / "welcome.json").write_bytes(render_document(welcome))
        join(home, folder / "welcome.json", replaces=True)

    def answer(self, method: str, target: str, body: bytes, note: str) -> tuple[int, bytes]:
        """Answer one request."""
        self.asked.append((method, target))
        path = urlsplit(target).path
        if self.busy:
            self.busy -= 1
            return 503, b'{"error":"too many requests at once"}'
        refused = self.refuse(path)
        if refused is not None:
            return refused
        told = self.rounds(method, path, body)
        if told is not None:
            return told
        parts = path.strip("/").split("/")[1:]
        given = self._take(parts, body, note) if method == "PUT" else self._give(parts, target)
        return given[0], self.mend(path, given[1])

    def _give(self, parts: list[str], target: str) -> tuple[int, bytes]:
        newest = max(self.made, default=0)
        if parts == ["snapshots"]:
            query = parse_qs(urlsplit(target).query)
            after, most = int(query["after"][0]), int(query["most"][0])
            numbers = [each for each in sorted(self.made) if each > after][:most]
            heads = [{"number": each, "head": self.made[each].head} for each in numbers]
            return 200, json.dumps({"heads": heads, "newest": newest}).encode()
        if parts == ["snapshots", "latest"] and newest:
            told = {"number": newest, "head": self.made[newest].head}
            return 200, json.dumps(told).encode()
        if len(parts) == 3 and parts[1].isdecimal() and int(parts[1]) in self.made:
            number = int(parts[1])
            made = self.made[number]
            forms = {
                "head": made.head.encode(),
                "listings.json": made.json,
                "envelope": self.envelope(number),
            }
            return 200, forms[parts[2]]
        return 404, b'{"error":"nothing stands here"}'

    def _take(self, parts: list[str], body: bytes, note: str) -> tuple[int, bytes]:
        assert self.statements is not None
        if parts[-1] == "acknowledgement":
            number = int(parts[1])
            signed = Signed.check(body.decode(), self.statements, self.epoch_days)
            assert signed.deed is Deed.ACKNOWLEDGEMENT
            assert signed.digest == digest(self.made[number].json)
            self.acknowledged.append(number)
            return 200, json.dumps({"number": number}).encode()
        deed = Deed.SUBMISSION if parts[-1] == "submission" else Deed.SIGHTINGS
        epoch = parse_epoch(parts[1], self.epoch_days)
        known = self.batches.get((deed, epoch))
        if known is None and epoch != self.spoken_of:
            return 409, b'{"error":"what is taken in now is of another epoch"}'
        if known not in {None, body}:
            return 409, b'{"error":"another batch was taken for this epoch already"}'
        signed = Signed.check(base64.b64decode(note).decode(), self.statements, self.epoch_days)
        wanted = Signed(
            deed=deed, hub=self.list_key.name, member=MEMBER, epoch=epoch,
            epoch_days=self.epoch_days, digest=digest(body),
        )  # fmt: skip
        assert signed == wanted
        days = self.epoch_days
        if deed is Deed.SUBMISSION:
            count = len(parse_submission(body, Profile(), epoch=epoch, epoch_days=days))
        else:
            count = len(parse_sightings(body, epoch=epoch, epoch_days=days)[1])
        self.batches[deed, epoch] = body
        if self.drop_after_taking:
            self.drop_after_taking -= 1
            return 0, b""
        receipt = replace(wanted, deed=Deed.RECEIPT).sign(self.list_key)
        told = {"epoch": parts[1], "digest": digest(body), "statements": count, "note": receipt}
        return 200, json.dumps(told).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Else every answer waits for an acknowledgement, 40 ms.
    wbufsize = -1
    hub: StandIn

    def do_GET(self) -> None:
        """Give what is asked for."""
        self._answer(b"")

    def do_PUT(self) -> None:
        """Take what is brought."""
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own signature.
        """Keep quiet."""

    def _answer(self, body: bytes) -> None:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            status, given = 401, b'{"error":"not known here"}'
        else:
            note = self.headers.get("Hinomi-Note", "")
            status, given = self.hub.answer(self.command, self.path, body, note)
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(given)))
        self.hub.encodings.append(self.headers.get("Accept-Encoding", ""))
        if self.hub.encoding:
            self.send_header("Content-Encoding", self.hub.encoding)
        if 300 <= status < 400:
            self.send_header("Location", "https://elsewhere.example/")
        self.end_headers()
        cut = self.hub.cut and self.path.endswith("listings.json")
        self.wfile.write(given[:-1] if cut else given)
        self.close_connection = cut


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_given: Any) -> None:
        """Keep quiet: a client that trusts nobody hangs up."""


def authority() -> Authority:
    """Make the authority of a hub."""
    return Authority.create("hub.example", DAY)


@contextmanager
def answering(
    hub: StandIn, folder: Path, signs: Authority | None = None, begins: date = DAY
) -> Iterator[StandIn]:
    """
    Let a hub answer until this ends.

    Args:
        hub: Which; it learns its address.
        folder: For its certificates.
        signs: Signs the certificate it shows; None: its own authority.
        begins: When that certificate begins; it ends 3,000 days later.
    """
    key = draw_key()
    shown = (signs or hub.authority).issue_server(key.public_key(), "", begins, 3_000)
    (folder / "server.key").write_bytes(render_key(key))
    (folder / "server.pem").write_text(render_certificate(shown), "ascii")
    (folder / "authority.pem").write_text(render_certificate(hub.authority.certificate), "ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.load_verify_locations(folder / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = _Server(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    hub.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def epoch_at(home: Home) -> int:
    """Number the present epoch."""
    return epoch_of(home.clock(), 1)
