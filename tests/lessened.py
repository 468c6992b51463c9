"""What tests of what-ifs share: a laboratory with a botnet, and results with defaults."""

from pathlib import Path

from builders import HOUR_MS, NOON_MS, conversations, knock, talk
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.home import Home, open_home
from hinomi.services.listing import add_list
from hinomi.services.mandates import Operation, mandate_for
from hinomi.services.whatifresult import (
    Asked,
    Axis,
    Basis,
    Cell,
    Figures,
    Kept,
    Run,
    Setting,
    WhatIf,
)
from terminal import make_home

LINES = 500
BOTS = range(1, 25)
SCANNERS = range(1, 21)
SILENT = "198.51.100.200"
LISTED = "198.51.100.201"
CC_PORT = 6_667
WINDOW = Window(NOON_MS - 12 * HOUR_MS, NOON_MS + 36 * HOUR_MS)

_TRUTH = f"""\
address,protocol,port,family,tier,label,known,detectable
{SILENT},tcp,{CC_PORT},moth,1,cc,0,1
{LISTED},tcp,{CC_PORT},moth,1,cc,1,1
198.51.100.1,tcp,443,web,,web,0,1
"""


def lessened_home(folder: Path, *, interval: int = 1_000) -> Home:
    """Make a laboratory with two days of 500 lines, 24 of them bots of two servers, one listed."""
    home = open_home(make_home(folder))
    shape = {"sampling_interval": interval}
    rows = [
        row
        for line in range(1, LINES + 1)
        for visit in range(12)
        for row in talk(
            line,
            f"198.51.100.{1 + (line * 7 + visit * visit) % 40}",
            NOON_MS + 2 * visit * HOUR_MS + line * 5_000,
            size=900,
            **shape,
        )
    ]
    for line in BOTS:
        for call in range(12):
            starts_ms = NOON_MS - 6 * HOUR_MS + 3 * call * HOUR_MS + line * 400_000
            for server in (SILENT, LISTED):
                rows += talk(line, server, starts_ms, remote_port=CC_PORT, size=90, **shape)
    rows += [
        knock(
            line,
            f"198.18.{line}.{1 + probe}",
            NOON_MS + line * 11_000 + probe * 1_000,
            remote_port=23,
            **shape,
        )
        for line in SCANNERS
        for probe in range(120)
    ]
    mandate = mandate_for(Operation.IMPORT, home.clock)
    home.lake().append([conversations(rows)], "two days", mandate)
    known = folder.parent / "known.csv"
    known.write_text(f"address,protocol,port\n{LISTED},tcp,{CC_PORT}\n", "utf-8")
    add_list(home, ListKind.KNOWN_CC, known, "feed")
    return home


def write_truth(path: Path) -> Path:
    """Write what is true of `lessened_home`."""
    path.write_text(_TRUTH, "utf-8")
    return path


def asked(**changed: object) -> Asked:
    """Ask for one sparser sampling of the window of `lessened_home`."""
    told: dict[str, object] = {
        "since_ms": WINDOW.since_ms,
        "until_ms": WINDOW.until_ms,
        "sampling": (2_000,),
        "days": (),
        "without": (),
        "seed": 1,
        "seeds": 1,
    }
    return Asked(**(told | changed))  # type: ignore[arg-type]


def figures(**changed: object) -> Figures:
    """Describe one detection: 20 candidates on no list and 5 listed, all still found."""
    told: dict[str, object] = {
        "records": 1_000,
        "lines": 100,
        "packets": 1_100,
        "octets": 100_000,
        "hours": 336,
        "sampling_interval": 10_000,
        "single_packet": 0.95,
        "sure": 25,
        "expected_right": 0.97,
        "confirmed": 5,
        "fresh": 0,
        "before": 25,
        "unlisted": Kept(20, 20),
        "listed": Kept(5, 5),
        "top": Kept(50, 50),
        "model_spoke": True,
        "knows_interval": True,
    }
    return Figures(**(told | changed))  # type: ignore[arg-type]


def cell(axis: Axis, value: int | str = "", *kept: int, **changed: object) -> Cell:
    """Describe a setting; *kept* are the candidates on no list still found, by drawing."""
    runs = tuple(
        Run(place, figures(unlisted=Kept(each, 20), **changed))
        for place, each in enumerate(kept or (20,), start=1)
    )
    return Cell(setting=Setting(axis, value), runs=runs)


def what_if(*cells: Cell, **changed: object) -> WhatIf:
    """Describe a what-if of two weeks."""
    basis = Basis(
        hinomi="0.1.0",
        lake="1a",
        register="2b",
        model="3c",
        key_period="period-0001",
        lists="4d",
        context="5e",
        truth="",
    )
    told: dict[str, object] = {
        "made": "2026-01-15T00:00:00Z",
        "asked": asked(until_ms=NOON_MS, since_ms=NOON_MS - 14 * 24 * HOUR_MS),
        "basis": basis,
        "present": Cell(setting=Setting(Axis.PRESENT), runs=(Run(None, figures()),)),
        "cells": cells,
    }
    return WhatIf(**(told | changed))  # type: ignore[arg-type]
