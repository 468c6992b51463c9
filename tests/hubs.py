"""A hub with members that have keys, certificates' fingerprints and tokens, and say things."""

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from admitted import a_credential, a_member
from hinomi.govern.note import Signer
from hinomi.model.address import parse_address
from hinomi.model.listing import epoch_of
from hinomi.model.member import (
    Credential,
    Member,
    MemberKind,
    MemberState,
)
from hinomi.model.statement import Deed, Endpoint, Sighting, SightingStatement, Statement
from hinomi.services.home import Home, open_home
from hinomi.services.hub.founding import create_hub, list_signer
from hinomi.services.hub.intake import Receipt, Sent, take
from hinomi.services.hub.publishing import Made, publish
from hinomi.share.canonical import digest
from hinomi.share.signing import Signed
from hinomi.share.submission import render_sightings, render_submission

DAY_MS: Final = 86_400_000
FIRST_EPOCH: Final = 20_780  # 2026-11-23.
HUB: Final = "hub.example"


@cache
def _founded(name: str) -> Path:
    """Found a hub once in this process, for tests to have copies: its tables alone take long."""
    scratch = tempfile.TemporaryDirectory()
    atexit.register(scratch.cleanup)
    folder = Path(scratch.name) / name
    create_hub(folder, HUB, "https://127.0.0.1:8443", HubHouse(folder).clock, made_up=True)
    with open_home(folder, HubHouse(folder).clock).casebook():
        return folder


def server(number: int, port: int = 443, proto: int = 6) -> Endpoint:
    """Give the server number *number*, 1 to 254."""
    return Endpoint(parse_address(f"198.51.100.{number}"), proto, port)


@dataclass(slots=True)
class Node:
    """A member as it is at home: its keys, and what it shows at the door."""

    name: str
    kind: MemberKind = MemberKind.DETECTING_ISP
    state: MemberState = MemberState.ADMITTED

    @property
    def signer(self) -> Signer:
        """Its key for statements; the same for the same name."""
        return Signer(f"{self.name}/statements", hashlib.sha256(self.name.encode()).digest())

    @property
    def token(self) -> str:
        """What it shows beside its certificate."""
        return f"token-of-{self.name}"

    @property
    def fingerprint(self) -> str:
        """Of its certificate, were there one."""
        return hashlib.sha256(f"certificate of {self.name}".encode()).hexdigest()

    @property
    def headers(self) -> dict[str, str]:
        """Of its requests."""
        return {"authorization": f"Bearer {self.token}"}

    def member(self) -> Member:
        """Give the member as the hub knows it."""
        key = self.signer.verifier.render()
        return a_member(self.name, kind=self.kind, state=self.state, signing_key=key)

    def credential(self) -> Credential:
        """Give what it is let in by."""
        return a_credential(self.name, self.fingerprint, self.token)


@dataclass(slots=True)
class HubHouse:
    """A hub at *folder*, with a clock that tests set."""

    folder: Path
    epoch: int = FIRST_EPOCH
    past_ms: int = 3 * 3_600_000  # Of the epoch.
    nodes: dict[str, Node] = field(default_factory=dict)

    @classmethod
    def found(cls, folder: Path) -> "HubHouse":
        """Make a new one; under the same name in another test, with the same keys."""
        shutil.copytree(_founded(folder.name), folder, dirs_exist_ok=True)
        return cls(folder)

    def copy(self, folder: Path) -> "HubHouse":
        """Give one with the same keys, where a test may do as it likes."""
        shutil.copytree(self.folder, folder)
        return HubHouse(folder, self.epoch, self.past_ms, dict(self.nodes))

    def clock(self) -> int:
        """Tell the time."""
        return self.epoch * DAY_MS + self.past_ms

    def home(self) -> Home:
        """Open the home."""
        return open_home(self.folder, self.clock)

    def let_in(self, *nodes: Node) -> None:
        """Admit *nodes*, past the acts that this takes."""
        with self.home().casebook() as casebook:
            for node in nodes:
                casebook.hub.members.add(node.member())
                casebook.hub.members.add_credential(node.credential())
                self.nodes[node.name] = node

    def submits(self, name: str, servers: Iterable[Endpoint]) -> Receipt:
        """Let a member say of *servers* that they are C&C servers."""
        return self.takes(name, self.submission(name, servers))

    def sights(self, name: str, number: int, seen: Mapping[Endpoint, Sighting]) -> Receipt:
        """Let a member say what it saw of snapshot *number*."""
        return self.takes(name, self.sightings(name, number, seen))

    def submission(self, name: str, servers: Iterable[Endpoint]) -> Sent:
        """Give what a member's node sends to say of *servers* that they are C&C servers."""
        statements = [Statement(endpoint=each) for each in servers]
        return self.sent(name, render_submission(statements, self.spoken_of, 1))

    def sightings(self, name: str, number: int, seen: Mapping[Endpoint, Sighting]) -> Sent:
        """Give what a member's node sends to say what it saw of snapshot *number*."""
        said = [SightingStatement(endpoint=each, sighting=how) for each, how in seen.items()]
        return self.sent(name, render_sightings(said, number, self.spoken_of, 1), Deed.SIGHTINGS)

    def publishes(self, *, after_pause: bool = False) -> Made:
        """Make the list of the present epoch."""
        return publish(self.home(), after_pause=after_pause)

    @property
    def spoken_of(self) -> int:
        """The epoch that is over."""
        return epoch_of(self.clock(), 1) - 1

    def sent(self, name: str, body: bytes, deed: Deed = Deed.SUBMISSION) -> Sent:
        """Sign a document as a member's node does."""
        signed = Signed(
            deed=deed,
            hub=list_signer(self.home()).name,
            member=name,
            epoch=self.spoken_of,
            epoch_days=1,
            digest=digest(body),
        )
        note = signed.sign(self.nodes[name].signer)
        return Sent(deed=deed, epoch=self.spoken_of, media="json", body=body, note=note)

    def takes(self, name: str, sent: Sent) -> Receipt:
        """Take in what a member sent."""
        home = self.home()
        with home.casebook() as casebook:
            return take(home, casebook, casebook.hub.members.get(name), sent)
