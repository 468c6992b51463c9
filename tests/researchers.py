"""Researchers' programs for tests, people who approve, and whether this machine has cells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hinomi.errors import NotPermitted, Unavailable
from hinomi.govern.note import Signer
from hinomi.govern.program import Program, parse_program, sign_program
from hinomi.services.foureyes import Leave
from hinomi.services.home import Home
from hinomi.services.isolation import Limits, Said, open_cell
from terminal import hinomi, make_home, table_row, write_table

SIGNER = Signer("researcher.example/1", bytes(range(32)))
LIMITS = Limits(seconds=60, memory_mib=256)
COLUMNS = ("ts_ms", "remote_port", "packets")

BY_PORT = """\
LABELS = ("port",)
MEASURES = {"packets": 50}


def describe(records):
    port = records[0].remote_port
    yield port, {"packets": sum(record.packets for record in records)}
"""


def program(body: str, *, head: str = 'LABELS = ("label",)') -> Program:
    """Give a program whose `describe` has this body, over several lines if need be."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return parse_program(f"{head}\n\n\ndef describe(records):\n{indented}\n".encode(), "test")


@cache
def _why_no_cell() -> str:
    try:
        with open_cell(program("return ()"), COLUMNS, LIMITS):
            return ""
    except Unavailable as error:
        return str(error)


def require_cells() -> None:
    """Skip a test where the kernel gives no isolation: there, the product refuses."""
    if _why_no_cell():
        pytest.skip(_why_no_cell())


def say(asked: Program, *lines: Iterable[Iterable[int]], limits: Limits = LIMITS) -> list[Said]:
    """Hand *asked* some lines, one record of COLUMNS where none are given; tell its faults."""
    require_cells()
    with open_cell(asked, COLUMNS, limits, explain=True) as cell:
        given = lines or ([(0, 443, 1)],)
        return [cell.ask(np.array([[*row] for row in rows], dtype=np.int64)) for rows in given]


@dataclass
class People:
    """Two people who approve what they are told to, each content once."""

    willing: bool = True
    names: tuple[str, ...] = ("ann", "bob")
    asked: list[tuple[Mapping[str, object], str]] = field(default_factory=list)
    approved: list[Mapping[str, object]] = field(default_factory=list)

    def request(self, home: Home, what: Mapping[str, object], reason: str) -> str:  # noqa: ARG002 - the port's.
        """Take a request, and approve it at once if willing."""
        self.asked.append((what, reason))
        if self.willing:
            self.approved.append(what)
        return f"approval {len(self.asked)}"

    def require_approved(self, home: Home, what: Mapping[str, object]) -> Leave:  # noqa: ARG002 - the port's.
        """Give leave for approved content, once."""
        if what not in self.approved:
            raise NotPermitted("nobody approved this very request")
        self.approved.remove(what)
        return Leave(f"approval {len(self.asked)}", self.names)


def signed(folder: Path, source: str = BY_PORT) -> tuple[Path, str]:
    """Write a program to *folder*; give its file and its signature."""
    path = folder / "program.py"
    path.write_text(source, "utf-8")
    return path, sign_program(parse_program(source.encode(), "test"), SIGNER)


def busy_rows(ports: Mapping[int, int]) -> list[str]:
    """Give flow records in which so many lines met each port, from 192.0.2.0 on upwards."""
    rows, line = [], 0
    for port, lines in ports.items():
        for _ in range(lines):
            rows.append(table_row(src_addr=f"192.0.2.{line}", dst_port=port))
            line += 1
    return rows


def busy_home(folder: Path, ports: Mapping[int, int]) -> Path:
    """Make a home in which so many lines met each port, at noon of 2026-01-01."""
    home = make_home(folder / "home")
    flows = write_table(folder / "flows.csv", *busy_rows(ports))
    assert hinomi("import", flows, home=home).code == 0
    return home
