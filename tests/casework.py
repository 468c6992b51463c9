"""A provider whose people work on cases by the command line, on flow records of a small world."""

import contextlib
import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import pyarrow.parquet as pq
import pytest

from builders import NOON_MS
from hinomi.cli.main import cli
from hinomi.cli.session import Session
from hinomi.clock import render_time
from hinomi.errors import HinomiError
from hinomi.govern.roles import Role
from household import DAY_MS, Household
from terminal import Said
from wire import INTERVAL, OTHERS_V4, Numbers, Wire, v4

OWN: Final = ("198.18.0.0/16,ppp,32,private", "198.19.0.0/17,ppp,32,private")
LINES: Final = 900
CROWD: Final = 1_200
"""So many lines that a share of them can be popular (`guards.popular_lines`)."""
BOTS: Final = np.arange(40)
DAY_S: Final = 86_400.0
PEOPLE: Final[Mapping[str, tuple[Role, ...]]] = {
    "anna": (Role.ANALYST, Role.OPERATOR),
    "rita": (Role.REVIEWER,),
    "ruth": (Role.REVIEWER,),
    "olga": (Role.PRIVACY_OFFICER,),
}


@dataclass(slots=True)
class Provider:
    """An operational home at 1 in 10,000, and a clock that goes only when it is told to."""

    house: Household
    batches: int = field(default=0)

    @property
    def folder(self) -> Path:
        """Where the home lies."""
        return self.house.folder

    def at_day(self, day: float) -> None:
        """Let it be so many days after the first record of the world."""
        self.house.now_ms = NOON_MS + int(day * DAY_MS)

    @property
    def today(self) -> str:
        """The present day, such as ``2026-01-31``."""
        return render_time(self.house.clock())[:10]

    def run(self, person: str, *words: object) -> Said:
        """Let *person* give one command, at the time that it is here."""
        self.house.let(person)
        session = Session(clock=self.house.clock)
        told = ["--home", str(self.folder), *map(str, words)]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = cli.main(told, prog_name="hinomi", standalone_mode=False, obj=session)
            except HinomiError as error:
                code = error.exit_code
                err.write(str(error))
            except click.UsageError as error:
                code = 64
                err.write(error.format_message())
        return Said(code or 0, out.getvalue(), err.getvalue())

    def ask(self, person: str, *words: object) -> Any:
        """As `run`, and give the JSON document that a command which goes well prints."""
        said = self.run(person, *words, "--json")
        assert said.code == 0, said.err
        return said.document

    def brings(self, wire: Wire) -> None:
        """Import what routers exported."""
        self.batches += 1
        path = self.folder.parent / f"flows-{self.batches}.parquet"
        pq.write_table(wire.table(), path)
        self.ask("anna", "import", path)

    def samples(self, address: str, port: int, source: str = "sandbox") -> Any:
        """Let malware analysis say that a sample reports to a server, today."""
        row = {"sample": "a" * 64, "address": address, "port": port, "seen": self.today}
        return self.hears(source, [row])

    def lists(self, kind: str, source: str, *rows: str) -> None:
        """Take in a list, each row ``address,protocol,port``."""
        path = self._written(f"{kind}-{source}.csv", ("address,protocol,port", *rows))
        self.ask("anna", "lists", "add", kind, path, "--source", source)

    def hears(self, source: str, rows: Sequence[Mapping[str, object]], *words: object) -> Any:
        """Take in evidence as CSV."""
        path = self.folder.parent / f"evidence-{source}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return self.ask("anna", "case", "evidence", "import", path, "--source", source, *words)

    def detects(self, days: float | None = 14) -> list[dict[str, Any]]:
        """Detect over the last *days* (None: everything), and give the candidates."""
        since_ms = 0 if days is None else self.house.clock() - int(days * DAY_MS)
        words = [] if days is None else ["--since", render_time(since_ms)]
        found: list[dict[str, Any]] = self.ask("anna", "detect", *words)["candidates"]
        return found

    def cases(self, *words: object) -> list[dict[str, Any]]:
        """Give all cases."""
        found: list[dict[str, Any]] = self.ask("anna", "case", "list", *words)["cases"]
        return found

    def case_of(self, address: str, port: int) -> dict[str, Any] | None:
        """Give everything about the case of a service; None if it has none."""
        for each in self.cases():
            if (each["address"], each["port"]) == (address, port):
                return self.show(each["case"])
        return None

    def judges(
        self, person: str, number: int, finding: str = "cc", kind: str | None = None, *lift: str
    ) -> dict[str, Any]:
        """Let *person* give a verdict."""
        words = ["--finding", finding, "--reason", "the story says so"]
        words += [] if kind is None else ["--class", kind]
        words += [word for code in lift for word in ("--lift", code)]
        found: dict[str, Any] = self.ask(person, "case", "decide", number, *words)
        return found

    def show(self, number: int) -> dict[str, Any]:
        """Give everything about one case."""
        found: dict[str, Any] = self.ask("anna", "case", "show", number)
        return found

    def export(self) -> list[dict[str, Any]]:
        """Hand the listings out."""
        said = self.run("anna", "listings", "export", "--format", "json")
        assert said.code == 0, said.err
        found: list[dict[str, Any]] = json.loads(said.out)["listings"]
        return found

    def listed(self) -> list[dict[str, Any]]:
        """Look at the listings, as any home may."""
        found: list[dict[str, Any]] = self.ask("rita", "listings", "show")["listings"]
        return found

    def _written(self, name: str, rows: Iterable[str]) -> Path:
        path = self.folder.parent / name
        path.write_text("\n".join(rows) + "\n", "utf-8")
        return path


def provider(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    own: Sequence[str] = OWN,
    sampling: int = INTERVAL,
) -> Provider:
    """Make the home of a provider with an analyst, two reviewers and a privacy officer."""
    folder.mkdir(parents=True, exist_ok=True)
    house = Household(
        folder / "home",
        monkeypatch,
        sampling=sampling,
        clock=lambda: NOON_MS,
        own=own,
        made_up=True,
    )
    for name, roles in PEOPLE.items():
        house.add(name, *roles)
    return Provider(house)


def ordinary(wire: Wire, within: tuple[float, float], lines: int = LINES) -> Wire:
    """Let every line use popular servers, and a few that hardly anyone else uses; give *wire*."""
    rng = wire.rng
    clients = np.repeat(np.arange(lines), np.maximum(rng.poisson(8, lines), 2))
    popular = OTHERS_V4 + 2**27 + np.floor(300 ** rng.random(clients.size)).astype(np.int64)
    niche = OTHERS_V4 + 2**27 + 2**20 + rng.integers(0, 1_500, clients.size)
    server = np.where(rng.random(clients.size) < 0.7, popular, niche)
    wire.talk(server, 443, clients, records=1.0, sizes=(200, 900), within=within)
    return wire


def week_of_bots(
    server: str,
    port: int,
    days: tuple[float, float],
    *,
    seed: int = 1,
    lines: int = LINES,
    bots: Numbers = BOTS,
) -> Wire:
    """Write down ordinary traffic of some days, and a botnet that scans and has one server."""
    wire, within = Wire(seed), (days[0] * DAY_S, days[1] * DAY_S)
    ordinary(wire, within, lines)
    wire.probe(bots[:30], 23, 12, within=within)
    wire.talk(v4(server), port, bots[:24], within=within)
    return wire


def codes(reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the codes of reasons or holds."""
    return [each["code"] for each in reasons]
