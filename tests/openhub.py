"""A hub with members whose nodes ask it, in this process or over TLS."""

import asyncio
import base64
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from fastapi import FastAPI

from hinomi.config import Config, read_config, render_config
from hinomi.govern.note import SEED_BYTES, Signer
from hinomi.govern.people import token_digest
from hinomi.hub.publish import snapshot_of
from hinomi.model.address import parse_address
from hinomi.model.case import ServiceClass
from hinomi.model.member import (
    Attestation,
    Credential,
    Ground,
    Member,
    MemberKind,
    MemberState,
    Outlet,
    Use,
)
from hinomi.model.snapshot import NO_PREVIOUS, Entry
from hinomi.model.statement import Deed, Endpoint, SightingStatement, Statement
from hinomi.services.home import Home, open_home
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.founding import create_hub, list_signer
from hinomi.share.canonical import digest
from hinomi.share.signing import Signed
from hinomi.share.snapshot import head_of, render_csv, render_json, sign_head
from hinomi.share.submission import render_sightings, render_submission
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.snapshots import Published
from hinomi.web.hub.app import create_app
from hinomi.web.hub.peer import fingerprint_of, shown
from hinomi.web.hub.running import Hub
from loopback import PATIENCE_S

NAME = "hub.example"
NOON_MS = 1_767_268_800_000
"""2026-01-01T12:00:00Z, in the epoch of that day."""

DAY_MS = 86_400_000


@dataclass(slots=True)
class SetClock:
    """A clock that tests set."""

    now_ms: int = NOON_MS

    def __call__(self) -> int:
        """Tell the time."""
        return self.now_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A member's node: what it shows, and what it signs with."""

    member: str
    fingerprint: str
    token: str
    signer: Signer

    @property
    def headers(self) -> dict[str, str]:
        """Give what each of its requests carries."""
        return {"Authorization": f"Bearer {self.token}"}

    def sign(self, deed: Deed, epoch: int, body: bytes, hub: str = f"{NAME}/list") -> str:
        """Sign *body* as the deed of this member."""
        return self.sign_digest(deed, epoch, digest(body), hub)

    def sign_digest(self, deed: Deed, epoch: int, told: str, hub: str = f"{NAME}/list") -> str:
        """Sign what has this digest."""
        signed = Signed(
            deed=deed, hub=hub, member=self.member, epoch=epoch, epoch_days=1, digest=told
        )
        return signed.sign(self.signer)

    def note(self, deed: Deed, epoch: int, body: bytes) -> dict[str, str]:
        """Give the header with the signed note, beside those of `headers`."""
        note = base64.b64encode(self.sign(deed, epoch, body).encode()).decode()
        return {**self.headers, "Hinomi-Note": note}


def make_hub(folder: Path, clock: Callable[[], int] = SetClock()) -> Home:  # noqa: B008 - noon.
    """Make a hub's home at *folder*."""
    create_hub(folder, NAME, "https://hub.example:8443", clock)
    return open_home(folder, clock)


def a_member(name: str, **changed: object) -> Member:
    """Describe an admitted provider with attestations of both grounds."""
    held = tuple(
        Attestation(
            ground=ground,
            attested_by="the body",
            document="letter 1",
            since=date(2025, 1, 1),
            until=date(2099, 12, 31),
        )
        for ground in Ground
    )
    member = Member(
        name=name,
        organisation=f"Provider {name}",
        kind=MemberKind.DETECTING_ISP,
        state=MemberState.ADMITTED,
        uses=(Use.DETECT,),
        page=f"https://{name}.example/flow",
        attestations=held,
    )
    return replace(member, **changed)  # type: ignore[arg-type]


def join(
    casebook: CaseBook,
    name: str,
    *,
    outlets: tuple[Outlet, ...] = tuple(Outlet),
    fingerprint: str | None = None,
    **changed: object,
) -> Node:
    """Let a member in, with one node."""
    node = node_of(name, fingerprint)
    key = node.signer.verifier.render()
    casebook.hub.members.add(a_member(name, **{"signing_key": key, **changed}))
    add_credential(casebook, node, outlets)
    return node


def node_of(name: str, fingerprint: str | None = None) -> Node:
    """Give the node of the member called *name*: always the same."""
    return Node(
        member=name,
        fingerprint=fingerprint or digest(f"certificate of {name}".encode()),
        token=f"token-of-{name}",
        signer=Signer(f"{name}/statements", digest(name.encode()).encode()[:SEED_BYTES]),
    )


def add_credential(
    casebook: CaseBook, node: Node, outlets: tuple[Outlet, ...], until: date = date(2099, 12, 31)
) -> None:
    """Let the node's certificate in."""
    casebook.hub.members.add_credential(
        Credential(
            fingerprint=node.fingerprint,
            member=node.member,
            token_digest=token_digest(node.token),
            outlets=outlets,
            until=until,
        )
    )


def endpoint(number: int) -> Endpoint:
    """Give one of many servers in documentation ranges."""
    host = number % 2**32
    return Endpoint(parse_address(f"2001:db8::{host >> 16:x}:{host & 0xFFFF:x}"), 6, 443)


def put_snapshot(
    home: Home,
    casebook: CaseBook,
    listed: int = 3,
    draw: Callable[[int], int] = lambda number: number,
) -> Published:
    """Publish a list of so many servers for the present epoch, past all weighing."""
    store, epoch = casebook.hub.snapshots, present_epoch(home)
    signer, newest = list_signer(home), store.newest()
    entries = [
        Entry(
            endpoint=server,
            episode=1,
            since=epoch.number,
            modified=epoch.number,
            service_class=ServiceClass.DEDICATED,
            valid_until=epoch.number + 6,
        )
        for server in sorted({endpoint(draw(number)) for number in range(1, listed + 1)})
    ]
    snapshot = snapshot_of(
        entries,
        hub=signer.name,
        number=1 if newest is None else newest.number + 1,
        epoch=epoch.number,
        epoch_days=epoch.days,
        previous=NO_PREVIOUS if newest is None else newest.digest,
    )
    head = head_of(snapshot)
    published = Published(
        number=snapshot.number,
        epoch=epoch.number,
        previous=snapshot.previous,
        digest=head.json_digest,
        head=sign_head(head, signer),
        json=render_json(snapshot),
        csv=render_csv(snapshot),
        entry=0,
    )
    store.publish(published, entries)
    return published


def findings(epoch: int, count: int = 5) -> bytes:
    """Render a batch of findings."""
    return render_submission(
        [Statement(endpoint=endpoint(number)) for number in range(1, count + 1)], epoch, 1
    )


def sightings(epoch: int, *seen: SightingStatement, number: int = 1) -> bytes:
    """Render sightings of snapshot *number*."""
    return render_sightings(seen, number, epoch, 1)


class Client:
    """Asks an application in this process, one request after the other."""

    def __init__(self, app: object, headers: Mapping[str, str], runner: asyncio.Runner) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
        self._headers = dict(headers)
        self._runner = runner

    def request(self, method: str, path: str, **said: Any) -> httpx.Response:
        """Ask once."""

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="https://hub.example", headers=self._headers
            ) as client:
                return await client.request(method, path, **said)

        return self._runner.run(ask())

    def get(self, path: str, **said: Any) -> httpx.Response:
        """Ask for what lies at *path*."""
        return self.request("GET", path, **said)

    def put(self, path: str, body: bytes | str, media: str, **said: Any) -> httpx.Response:
        """Put *body* to *path*."""
        headers = {"Content-Type": media, **said.pop("headers", {})}
        return self.request("PUT", path, content=body, headers=headers, **said)


@contextmanager
def asking(hub: Hub, node: Node | None) -> Iterator[Client]:
    """Give a client whose requests show the node's certificate and, by default, its token."""
    if hub not in _APPS:
        _APPS[hub] = create_app(hub)
    app = shown(_APPS[hub], None if node is None else node.fingerprint)
    with asyncio.Runner() as runner:
        yield Client(app, {} if node is None else node.headers, runner)


_APPS: Final[WeakKeyDictionary[Hub, FastAPI]] = WeakKeyDictionary()


def routes_of(app: Any) -> Iterator[tuple[str, str]]:
    """Give method and path of every route, however deep it lies."""
    for each in app.routes:
        inner = getattr(each, "original_router", None)
        if inner is not None:
            yield from routes_of(inner)
        else:
            yield from ((method, each.path) for method in each.methods)


@dataclass(frozen=True, slots=True)
class Authority:
    """A small authority for certificates, as a hub has one."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def create(cls, name: str = "hub.example authority") -> "Authority":
        """Make one."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = _name(name)
        built = _builder(named, named, key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return cls(key, built.sign(key, hashes.SHA256()))

    def issue(self, folder: Path, name: str, *, server: bool = False, days: int = 30) -> str:
        """Write ``NAME.key`` and ``NAME.pem`` into *folder*; give the fingerprint."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        built = _builder(_name(name), self.certificate.subject, key.public_key(), days)
        built = built.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = built.sign(self.key, hashes.SHA256())
        write_key(folder / f"{name}.key", key)
        write_certificate(folder / f"{name}.pem", certificate)
        return fingerprint_of(certificate.public_bytes(serialization.Encoding.DER))


def give_tls(home: Home) -> Authority:
    """Give a hub's home an authority and a server's certificate, as `hinomi hub init` does."""
    keys = home.folder / "keys" / "hub"
    authority = Authority.create()
    write_certificate(keys / "authority.pem", authority.certificate)
    authority.issue(keys, "server", server=True)
    return authority


def client_context(home: Path, folder: Path, name: str | None) -> ssl.SSLContext:
    """Give the TLS of a client that trusts the hub at *home* and shows the certificate *name*."""
    context = ssl.create_default_context(cafile=str(home / "keys/hub/authority.pem"))
    if name is not None:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key, for its owner alone."""
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Write a certificate."""
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int = 30
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


@dataclass(slots=True)
class Running:
    """A hub in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    said: str  # The line that tells where it listens.

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"https://127.0.0.1:{self.port}"

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Tell it to end; give its exit code and what else it said."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said


def serve_command(home: Path, *arguments: str) -> list[str]:
    """Give the command that lets the hub at *home* answer."""
    return [sys.executable, "-m", "hinomi", "--home", str(home), "serve", "hub", *arguments]


def configure(home: Path, **options: object) -> Config:
    """Change options of ``[hub]`` in the configuration of the hub at *home*, and give it."""
    config = read_config(home / "config.toml")
    hub = msgspec.structs.replace(config.hub, **options)
    changed = msgspec.structs.replace(config, hub=hub)
    (home / "config.toml").write_text(render_config(changed), "utf-8")
    return changed


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[Running]:
    """Run ``hinomi serve hub`` on a free port of this machine."""
    command = serve_command(home, "--listen", "127.0.0.1:0", *arguments)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        said = process.stderr.readline() if process.stderr else ""
        found = re.search(r"https://127\.0\.0\.1:(\d+)", said)
        if found is None:
            process.kill()
            pytest.fail(said + (process.communicate()[1] or ""))
        yield Running(process, int(found[1]), said)
    finally:
        process.kill()
        process.communicate()
