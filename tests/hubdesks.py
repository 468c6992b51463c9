"""A hub with people: an analyst, two reviewers and an operator, each with a token of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hinomi.govern.people import Change, token_digest
from hinomi.govern.roles import Role
from hinomi.model.address import render_address
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.listed import ListKind
from hinomi.model.service import Service
from hinomi.model.statement import Endpoint
from hinomi.services.home import Home
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.hearing import Hearing, hear
from hinomi.services.listing import add_list
from hinomi.services.mandates import TOKEN_VARIABLE
from hinomi.services.people import carry_out, plan
from hinomi.store.hub.weighings import Weighing
from hubs import HubHouse, Node

MEMBERS = ("isp-a", "isp-b", "isp-c", "isp-d", "isp-e")
PEOPLE: Mapping[str, tuple[Role, ...]] = {
    "anna": (Role.ANALYST,),
    "rita": (Role.REVIEWER,),
    "ruth": (Role.REVIEWER,),
    "olaf": (Role.OPERATOR,),
}


@dataclass(slots=True)
class Desk:
    """People at a hub, and what they bring."""

    house: HubHouse
    monkeypatch: pytest.MonkeyPatch
    files: int = field(default=0)

    @classmethod
    def staffed(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> "Desk":
        """Make a hub with people and five members."""
        monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
        house = HubHouse.found(folder)
        for name, roles in PEOPLE.items():
            change = Change(
                act="add", id=name, name=name.title(), roles=roles, token=token_digest(name)
            )
            carry_out(house.home(), plan(change), {})
        house.let_in(*(Node(name) for name in MEMBERS))
        return cls(house, monkeypatch)

    def as_(self, person: str) -> Home:
        """Let what follows be done by *person*, and open the home."""
        self.monkeypatch.setenv(TOKEN_VARIABLE, person)
        return self.house.home()

    def next_epoch(self, **said: Sequence[Endpoint]) -> None:
        """Let an epoch begin, members say something (`a` is isp-a), and the list be made."""
        self.monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
        self.house.epoch += 1
        for name, servers in said.items():
            self.house.submits(f"isp-{name}", servers)
        self.house.publishes(after_pause=True)

    def lists(self, kind: ListKind, source: str, *rows: str) -> None:
        """Take in a list, each row ``address[,protocol,port]``."""
        self.files += 1
        path = self.house.folder.parent / f"list-{self.files}.csv"
        head = "address,protocol,port" if "," in rows[0] else "address"
        path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
        add_list(self.as_("olaf"), kind, path, source)

    def knows(
        self,
        endpoint: Endpoint,
        method: Method = Method.HONEYPOT,
        source: str = "pots",
        **changed: Any,
    ) -> None:
        """Let the hub know of evidence, past the files that bring it."""
        with self.house.home().casebook() as casebook:
            service = Service(endpoint.address, endpoint.proto, endpoint.port)
            if changed.pop("any_port", False):
                service = Service(endpoint.address, ANY_PORT, ANY_PORT)
            known: dict[str, Any] = {
                "service": service,
                "method": method,
                "source": source,
                "claim": Claim.CC,
                "observed_day": self.house.epoch,
            }
            casebook.evidence.add([Evidence(**(known | changed))], self.house.clock())

    def hears(self) -> Hearing:
        """Gather what counts now."""
        home = self.house.home()
        with home.casebook() as casebook:
            return hear(home, casebook, present_epoch(home))

    def weighed(self) -> dict[Endpoint, Weighing]:
        """Give what was kept of the weighings."""
        with self.house.home().casebook() as casebook:
            return {each.endpoint: each for each in casebook.hub.weighings.all()}

    def listed(self) -> list[str]:
        """Give the addresses that are listed."""
        with self.house.home().casebook() as casebook:
            standing = casebook.hub.snapshots.standing()
        return [render_address(each.endpoint.address) for each in standing]

    def journal(self, operation: str) -> list[dict[str, object]]:
        """Read what the journal holds of one operation."""
        entries = self.house.home().journal().entries()
        return [dict(each) for each in entries if each.get("operation") == operation]

    @property
    def today(self) -> int:
        """Give the first day of the epoch, since 1970-01-01."""
        return self.house.clock() // DAY_MS
