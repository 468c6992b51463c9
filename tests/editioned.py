"""A hub with a list, for what is made of it: histories of listings, and a hub that serves them."""

import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from hypothesis import strategies as st
from starlette.testclient import TestClient

from admitted import a_credential, a_member
from hinomi.hub.publish import next_entries, snapshot_of
from hinomi.model.address import parse_address
from hinomi.model.case import ServiceClass
from hinomi.model.member import (
    MemberKind,
    Outlet,
    Use,
)
from hinomi.model.snapshot import NO_PREVIOUS, Entry
from hinomi.model.statement import Endpoint
from hinomi.services.home import open_home
from hinomi.services.hub.founding import create_hub, list_signer
from hinomi.share.identity import Identities
from hinomi.share.snapshot import head_of, render_csv, render_json, sign_head
from hinomi.store.hub.snapshots import Published
from hinomi.web.hub.app import create_app
from hinomi.web.hub.door import PEER
from hinomi.web.hub.running import Hub

EPOCH: Final = 20_780
"""2026-11-23, where an epoch is a day."""

LEASE: Final = 14
DEDICATED, COMPROMISED = ServiceClass.DEDICATED, ServiceClass.COMPROMISED
IDENTITIES: Final = Identities(b"\x07" * 32)

Wanted = Mapping[Endpoint, ServiceClass]


def server(address: str = "192.0.2.1", port: int = 443, proto: int = 6) -> Endpoint:
    """Describe a server."""
    return Endpoint(parse_address(address), proto, port)


POOL: Final = tuple(
    server(address, port, proto)
    for address in ("192.0.2.1", "198.51.100.7", "2001:db8::7", "2001:db8:1::1:0:0")
    for port, proto in ((443, 6), (8443, 6), (443, 17))
)
"""Servers of both families, some that differ by protocol or port alone."""


def histories(most: int = 6) -> st.SearchStrategy[list[Wanted]]:
    """Draw what shall be listed, epoch after epoch."""
    wanted = st.dictionaries(
        st.sampled_from(POOL), st.sampled_from([DEDICATED, COMPROMISED]), max_size=len(POOL)
    )
    return st.lists(wanted, max_size=most)


def versions_of(
    history: Sequence[Wanted], *, since: int = EPOCH, lease: int = LEASE
) -> list[Entry]:
    """Publish *history*, one epoch each: give every version."""
    standing: tuple[Entry, ...] = ()
    episodes: dict[Endpoint, int] = {}
    every: list[Entry] = []
    for epoch, wanted in enumerate(history, since):
        changes = next_entries(standing, wanted, episodes, epoch=epoch, lease_epochs=lease)
        standing = changes.standing
        every.extend(changes.versions)
        episodes |= {each.endpoint: each.episode for each in changes.versions}
    return every


@dataclass(slots=True)
class ServedHub:
    """A hub with one member whose node may come in."""

    hub: Hub
    app: FastAPI
    peer: str  # Fingerprint of the node's certificate.
    token: str

    def publish(self, wanted: Wanted, epoch: int) -> None:
        """Make the list of *epoch*."""
        store = self.hub.casebook.hub.snapshots
        signer, newest = list_signer(self.hub.home), store.newest()
        changes = next_entries(
            store.standing(), wanted, store.episodes(), epoch=epoch, lease_epochs=LEASE
        )
        snapshot = snapshot_of(
            changes.standing,
            hub=signer.name,
            number=1 if newest is None else newest.number + 1,
            epoch=epoch,
            epoch_days=1,
            previous=NO_PREVIOUS if newest is None else newest.digest,
        )
        head = head_of(snapshot)
        made = Published(
            number=snapshot.number,
            epoch=epoch,
            previous=snapshot.previous,
            digest=head.json_digest,
            head=sign_head(head, signer),
            json=render_json(snapshot),
            csv=render_csv(snapshot),
            entry=snapshot.number,
        )
        store.publish(made, changes.versions)

    def asking(self, peer: str | None = None, token: str | None = None) -> TestClient:
        """Give a client with the node's certificate and token, or others."""
        asked = with_peer(self.app, self.peer if peer is None else peer)
        return TestClient(asked, headers=bearing(self.token if token is None else token))


def bearing(token: str) -> dict[str, str]:
    """Give the header that a token comes in; none where there is none."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def with_peer(app: Any, peer: str) -> Any:
    """Stand in for TLS: say whose certificate a client showed; nobody's where *peer* is empty."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        if peer and scope["type"] == "http":
            scope.setdefault("extensions", {})[PEER] = peer
        await app(scope, receive, send)

    return asked


_NUMBERS: Final = itertools.count(1)


@contextmanager
def served_hub(
    folder: Path, outlets: Sequence[Outlet] = tuple(Outlet), kind: MemberKind | None = None
) -> Iterator[ServedHub]:
    """Found a hub at *folder*, whose one member's node may use *outlets*."""
    clock_ms = EPOCH * 86_400_000 + 3_600_000
    create_hub(folder, "hub.example", clock=lambda: clock_ms)
    made = open_home(folder, clock=lambda: clock_ms)
    every_door = " ".join(Outlet)  # Also the zone, which the register that ships keeps shut.
    register = made.register.with_value("hub.outlets", every_door, decided_by="a test")
    home = replace(made, register=register)
    peer, token = f"{next(_NUMBERS):064x}", "a-token"
    with home.casebook() as casebook:
        uses = (Use.DETECT, Use.BLOCK_CONSENTED)
        member = a_member("isp-a", kind=kind or MemberKind.RECEIVING_ISP, uses=uses)
        shown = a_credential(member.name, peer, token)
        casebook.hub.members.add(member)
        casebook.hub.members.add_credential(replace(shown, outlets=tuple(outlets)))
        hub = Hub(home, casebook)
        yield ServedHub(hub, create_app(hub), peer, token)


@contextmanager
def listening(served: ServedHub) -> Iterator[str]:
    """Let a hub answer on the loopback interface; give its address."""
    config = uvicorn.Config(
        with_peer(served.app, served.peer),
        host="127.0.0.1",
        port=0,
        log_level="warning",
        server_header=False,
        date_header=False,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        while not running.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join()
