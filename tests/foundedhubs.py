"""Hubs whose members say the same every epoch: statements in, a list out, epoch by epoch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.model.statement import Endpoint
from hinomi.services.home import Home
from hinomi.services.hub.publishing import Made
from hinomi.store.hub.snapshots import Acknowledged
from hubs import HubHouse, Node

MEMBERS: Final = ("isp-a", "isp-b", "isp-c", "isp-d", "isp-e")


@dataclass(slots=True)
class FoundedHub(HubHouse):
    """A hub with members, opened once, as a server does."""

    opened: Home | None = None

    @classmethod
    def with_members(cls, folder: Path, members: Iterable[str] = MEMBERS) -> "FoundedHub":
        """Make a hub with members."""
        HubHouse.found(folder)
        hub = cls(folder)
        hub.let_in(*map(Node, members))
        return hub

    @classmethod
    def at(cls, folder: Path, members: Iterable[str] = MEMBERS) -> "FoundedHub":
        """Open one that is there."""
        return cls(folder, nodes={name: Node(name) for name in members})

    def home(self) -> Home:
        """Open the home once; `reopen` after its files have changed."""
        if self.opened is None:
            self.opened = HubHouse.home(self)
        return self.opened

    def reopen(self) -> Home:
        """Open the home anew, as another process would."""
        self.opened = None
        return self.home()

    def acknowledges(self, name: str, number: int) -> None:
        """Let a member say that it uses a snapshot."""
        with self.home().casebook() as casebook:
            casebook.hub.snapshots.acknowledge(
                Acknowledged(member=name, number=number, epoch=self.epoch, note="")
            )

    def runs(self, *epochs: Sequence[Endpoint], members: Iterable[str] = MEMBERS) -> list[Made]:
        """Let members say the same in each of several epochs, and publish each."""
        made = []
        for endpoints in epochs:
            for name in members:
                self.submits(name, endpoints)
            made.append(self.publishes())
            self.epoch += 1
        return made
