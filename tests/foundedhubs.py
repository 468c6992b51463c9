"""Hubs with members whose clock tests move: statements in, a list out, epoch by epoch."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from hinomi.govern.note import SEED_BYTES, Signer
from hinomi.govern.retention import DAY_MS
from hinomi.model.address import parse_address
from hinomi.model.member import Attestation, Ground, Member, MemberKind, MemberState
from hinomi.model.statement import Deed, Endpoint, Sighting, SightingStatement, Statement
from hinomi.services.home import Home, open_home
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.founding import create_hub, list_signer
from hinomi.services.hub.intake import Receipt, Sent, take
from hinomi.services.hub.publishing import Made, publish
from hinomi.share.canonical import digest
from hinomi.share.signing import Signed
from hinomi.share.submission import render_sightings, render_submission
from hinomi.store.hub.snapshots import Acknowledged

START_MS = 20_610 * DAY_MS + 3 * 3_600_000
"""2026-06-06T03:00:00Z: members have had their time."""

HUB = "hub.example"
MEMBERS = ("isp-a", "isp-b", "isp-c", "isp-d")


def server(number: int, port: int = 443) -> Endpoint:
    """Name a server outside, number 0..254."""
    return Endpoint(parse_address(f"198.51.100.{number}"), 6, port)


def member(name: str, key: str = "", state: MemberState = MemberState.ADMITTED) -> Member:
    """Describe a member."""
    return Member(
        name=name,
        organisation=f"{name} of the tests",
        kind=MemberKind.DETECTING_ISP,
        state=state,
        signing_key=key,
        attestations=tuple(
            Attestation(
                ground=ground, attested_by="assessor", document="1",
                since=date(2026, 1, 1), until=date(2040, 1, 1),
            )
            for ground in Ground
        ),
    )  # fmt: skip


@dataclass
class FoundedHub:
    """A hub, and what its members sign with."""

    folder: Path
    now_ms: int = START_MS
    signers: dict[str, Signer] = field(default_factory=dict)
    _home: Home | None = None

    @classmethod
    def found(cls, folder: Path, members: Iterable[str] = MEMBERS) -> "FoundedHub":
        """Make a hub with members."""
        hub = cls(folder)
        create_hub(folder, HUB, "https://hub.example", hub.clock)
        for name in members:
            hub.join(name)
        return hub

    def clock(self) -> int:
        """Tell the time."""
        return self.now_ms

    @property
    def home(self) -> Home:
        """Open it once, as a server does; `reopen` after its files have changed."""
        if self._home is None:
            self._home = open_home(self.folder, self.clock)
        return self._home

    def reopen(self) -> Home:
        """Open it anew, as another process would."""
        self._home = None
        return self.home

    @property
    def epoch(self) -> int:
        """Number the present epoch."""
        return present_epoch(self.home).number

    def join(self, name: str) -> None:
        """Let another member in."""
        signer = Signer(f"{name}/statements", os.urandom(SEED_BYTES))
        self.signers[name] = signer
        with self.home.casebook() as casebook:
            casebook.hub.members.add(member(name, signer.verifier.render()))

    def wait(self, epochs: int = 1) -> None:
        """Let epochs go by."""
        self.now_ms += epochs * DAY_MS

    def sent(
        self, name: str, body: bytes, deed: Deed = Deed.SUBMISSION, media: str = "json"
    ) -> Sent:
        """Sign a document as a member's node does."""
        epoch = self.epoch - 1
        signed = Signed(
            deed=deed,
            hub=list_signer(self.home).name,
            member=name,
            epoch=epoch,
            epoch_days=1,
            digest=digest(body),
        )
        note = signed.sign(self.signers[name])
        return Sent(deed=deed, epoch=epoch, media=media, body=body, note=note)

    def take(self, name: str, sent: Sent) -> Receipt:
        """Take in what a member sent."""
        home = self.home
        with home.casebook() as casebook:
            return take(home, casebook, casebook.hub.members.get(name), sent)

    def submit(self, name: str, endpoints: Iterable[Endpoint]) -> Receipt:
        """Let a member say that these are C&C servers."""
        statements = [Statement(endpoint=each) for each in endpoints]
        return self.take(name, self.sent(name, render_submission(statements, self.epoch - 1, 1)))

    def sight(self, name: str, seen: dict[Endpoint, Sighting], number: int = 1) -> Receipt:
        """Let a member say what it saw of the list."""
        said = [SightingStatement(endpoint=each, sighting=how) for each, how in seen.items()]
        body = render_sightings(said, number, self.epoch - 1, 1)
        return self.take(name, self.sent(name, body, Deed.SIGHTINGS))

    def acknowledge(self, name: str, number: int) -> None:
        """Let a member say that it uses a snapshot."""
        with self.home.casebook() as casebook:
            casebook.hub.snapshots.acknowledge(
                Acknowledged(member=name, number=number, epoch=self.epoch, note="")
            )

    def publish(self) -> Made:
        """Make the list of the present epoch."""
        return publish(self.home)

    def run(self, *epochs: Sequence[Endpoint], members: Iterable[str] = MEMBERS) -> list[Made]:
        """Let all members say the same in each of several epochs, and publish each."""
        made = []
        for endpoints in epochs:
            for name in members:
                self.submit(name, endpoints)
            made.append(self.publish())
            self.wait()
        return made
