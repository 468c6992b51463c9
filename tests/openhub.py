"""A hub with members whose nodes ask it, in this process or over TLS."""

import asyncio
import base64
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from admitted import LAST_DAY, a_credential, a_member
from hinomi.config import Config, read_config, render_config
from hinomi.govern.note import SEED_BYTES, Signer
from hinomi.hub.publish import snapshot_of
from hinomi.model.address import parse_address
from hinomi.model.case import ServiceClass
from hinomi.model.member import (
    Outlet,
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
from hinomi.web.hub.elsewhere import Elsewhere
from hinomi.web.hub.peer import shown
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
    casebook: CaseBook, node: Node, outlets: tuple[Outlet, ...], until: date = LAST_DAY
) -> None:
    """Let the node's certificate in."""
    shown = a_credential(node.member, node.fingerprint, node.token)
    casebook.hub.members.add_credential(replace(shown, outlets=outlets, until=until))


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
    """Give method and path of every route, however deep it lies; none is of what is elsewhere."""
    for each in app.routes:
        inner = getattr(each, "original_router", None)
        if inner is not None:
            yield from routes_of(inner)
        elif not isinstance(each, Elsewhere):
            yield from ((method, each.path) for method in each.methods)


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
