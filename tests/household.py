"""Homes with several people, each of whom acts by a token of their own."""

import shutil
from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path

import msgspec
import pytest

from hinomi.clock import Clock, wall_clock
from hinomi.govern.parameters import read_register
from hinomi.govern.people import Change, token_digest
from hinomi.govern.roles import Kind, Role
from hinomi.services.approvals import approve, request
from hinomi.services.home import CONFIG, PEOPLE, REQUESTS, Home, create_home, open_home
from hinomi.services.journals import JOURNAL, KEY, create_journal
from hinomi.services.mandates import TOKEN_VARIABLE
from hinomi.services.people import carry_out, plan
from hinomi.services.register import REGISTER
from hinomi.services.sanctioned import SANCTIONED
from hinomi.store.approvals import RequestFiles

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Household:
    """An operational home made by the account of this process, who has every role."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        sampling: int = 10_000,
        clock: Clock = wall_clock,
        own: Sequence[str] = ("192.0.2.0/24",),
        made_up: bool = False,
    ) -> None:
        self.folder = folder
        self.now_ms: int | None = None
        self._clock = clock
        self._monkeypatch = monkeypatch
        monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
        prefixes = folder.parent / f"{folder.name}-own.txt"
        prefixes.write_text("\n".join(own) + "\n", "utf-8")
        create_home(folder, prefixes, sampling, self.clock, made_up=made_up)

    def copy(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> "Household":
        """Give a home like this one at *folder*, where a test may do as it likes."""
        shutil.copytree(self.folder, folder)
        twin = copy(self)
        twin.folder, twin._monkeypatch = folder, monkeypatch  # noqa: SLF001 - its own twin.
        return twin

    def clock(self) -> int:
        """Tell the time: the wall's, until a test says another."""
        return self._clock() if self.now_ms is None else self.now_ms

    def later(self, by_ms: int) -> None:
        """Let time pass."""
        self.now_ms = self.clock() + by_ms

    def home(self, *, governing: bool = True) -> Home:
        """Open the home."""
        return open_home(self.folder, self.clock, governing=governing)

    def add(self, name: str, *roles: Role) -> None:
        """Let somebody in, past the four eyes that this takes."""
        change = Change(
            act="add", id=name, name=name.title(), roles=roles, token=token_digest(name)
        )
        carry_out(self.home(), plan(change), {})

    def act_as(self, name: str | None) -> Home:
        """Let what follows be done by *name*, None: the account; and open the home."""
        self.let(name)
        return self.home()

    def let(self, name: str | None) -> None:
        """Let what follows be done by *name*, None: the account."""
        if name is None:
            self._monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
        else:
            self._monkeypatch.setenv(TOKEN_VARIABLE, name)

    def entries(self) -> list[dict[str, object]]:
        """Read the journal."""
        return [*self.home().journal().entries()]

    def share_book(self, conninfo: str) -> None:
        """Let its case book be in the PostgreSQL database that *conninfo* names."""
        path = self.folder / CONFIG
        text = path.read_text("utf-8")
        assert 'postgresql = ""' in text
        path.write_text(text.replace('postgresql = ""', f'postgresql = "{conninfo}"'), "utf-8")

    def age(self) -> None:
        """Make it a home of before people and sanctioned copies: nothing in the journal either."""
        register = read_register(self.folder / REGISTER, may_lack=True)
        shutil.rmtree(self.folder / JOURNAL)
        shutil.rmtree(self.folder / SANCTIONED)
        for name in (KEY, PEOPLE):
            (self.folder / name).unlink()
        journal = create_journal(self.folder, self.clock)
        journal.append({"operation": "init", "who": "before", "register": register.version})


def staffed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Make a home with an analyst, two privacy officers, a reviewer and a researcher."""
    house = Household(folder, monkeypatch, clock=lambda: 1_800_000_000_000)
    house.add("anna", Role.ANALYST)
    house.add("olga", Role.PRIVACY_OFFICER)
    house.add("otto", Role.PRIVACY_OFFICER)
    house.add("rita", Role.REVIEWER)
    house.add("rolf", Role.RESEARCHER)
    return house


def approved(house: Household, kind: Kind, what: Mapping[str, object]) -> int:
    """Let anna ask and olga approve; anna acts afterwards."""
    number = request(house.act_as("anna"), kind, what, "shut it down")
    approve(house.act_as("olga"), number)
    house.act_as("anna")
    return number


def forge(house: Household, number: int, **changed: object) -> None:
    """Write the file of a request by hand."""
    files = RequestFiles(house.folder / REQUESTS)
    files.put(msgspec.structs.replace(files.get(number), **changed))
