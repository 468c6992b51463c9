"""What tests of drills share: a network to drill in, and results with defaults."""

from dataclasses import replace
from pathlib import Path

from builders import HOUR_MS, NOON_MS, conversations, talk
from hinomi.model.window import Window
from hinomi.services.drillresult import Cell, Drill, PaceLimit
from hinomi.services.drillwatch import Watched
from hinomi.services.home import Home, open_home
from hinomi.services.mandates import Operation, mandate_for
from hinomi.store.drills import DrillRecord
from terminal import make_home

LINES = 600


def drilled_home(folder: Path, *, lines: int = LINES, interval: int = 1_000) -> Home:
    """Make a laboratory with a day of *lines* lines that meet some of forty web sites."""
    home = open_home(make_home(folder))
    rows = [
        row
        for line in range(1, lines + 1)
        for visit in range(12)
        for row in talk(
            line,
            f"198.51.100.{1 + (line * 7 + visit * visit) % 40}",
            NOON_MS + 2 * visit * HOUR_MS + line * 5_000,
            sampling_interval=interval,
            size=900,
        )
    ]
    mandate = mandate_for(Operation.IMPORT, home.clock)
    home.lake().append([conversations(rows)], "a day", mandate)
    return home


def registered(home: Home, **values: float | str) -> Home:
    """Give *home* with other values of the drill's parameters."""
    register = home.register
    for name, value in values.items():
        register = register.with_value(f"drill.{name}", value, decided_by="tester")
    return replace(home, register=register)


def drill_record(**changed: object) -> DrillRecord:
    """Describe the result of one drill: 50 of 100 possible, of 120 botnets."""
    values: dict[str, object] = {
        "ran_ms": NOON_MS,
        "plan": "abc",
        "register": "def",
        "sampling_interval": 10_000,
        "hours": 24,
        "lines": 100_000,
        "rounds": 3,
        "botnets": 120,
        "found": 50,
        "possible": 100.0,
        "listed": 30,
        "confirmed": 28,
        "others": 12,
        "wrong": 0,
        "alarm": False,
        "cells": ({"pace": "60 s keep-alive", "size": 5, "botnets": 120, "found": 50},),
    }
    return DrillRecord(**(values | changed))  # type: ignore[arg-type]


def a_drill(**changed: object) -> Drill:
    """Describe a drill with one cell and one limit."""
    values: dict[str, object] = {
        "window": Window(NOON_MS, NOON_MS + 24 * HOUR_MS),
        "record": drill_record(),
        "watched": Watched(attained=0.5, median=0.75, earlier=4, alarm=False),
        "cells": (
            Cell(
                size=20,
                pace="60 s keep-alive",
                botnets=10,
                found=4,
                possible=8.0,
                silent=5,
                silent_found=1,
            ),
        ),
        "pace_limits": (
            PaceLimit(
                pace="60 s keep-alive",
                half=40,
                nine_tenths=None,
                possible_half=20,
                possible_nine_tenths=40,
                theory=24,
            ),
        ),
        "limits": {"sampling_interval": 10_000},
        "model": {"name": "default"},
        "played": 200,
        "left_out": 3,
        "precision_least": 0.8,
        "seed": 7,
    }
    return Drill(**(values | changed))  # type: ignore[arg-type]
