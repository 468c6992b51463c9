"""A small lake of several windows in which listed C&Cs can be told from web servers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.random import Generator

from builders import HOUR_MS, NOON_MS, conversations, knock, talk
from hinomi.govern.parameters import Register, read_register, render_register
from hinomi.model.listed import ListKind
from hinomi.services.home import Home, open_home
from hinomi.services.listing import add_list
from hinomi.services.mandates import Operation, mandate_for
from hinomi.services.register import REGISTER
from terminal import make_home

LINES = 520
SERVERS = 18
WEBS = 60
INTERVAL = 10_000
WINDOW_MS = 6 * HOUR_MS
BASE_MS = NOON_MS // WINDOW_MS * WINDOW_MS
"""Where the first window begins."""


def server(number: int) -> str:
    """Name C&C *number*."""
    return f"203.0.113.{number + 1}"


def teachable_home(folder: Path, *, windows: int = 3, listed: int = SERVERS) -> Home:
    """
    Make a home of *windows* windows of six hours, at 1 in 10,000.

    Each of 18 C&Cs has seven bots that keep its connection alive with small packets and
    scan telnet; the first *listed* of them stand on a list.
    """
    home = make_home(folder)
    change_register(home, "train.window_ms", WINDOW_MS)
    change_register(home, "learned.least_lines", LINES // 2)
    opened = open_home(home)
    rng = np.random.default_rng(7)
    rows = [row for window in range(windows) for row in _window(window, rng)]
    mandate = mandate_for(Operation.IMPORT, opened.clock)
    opened.lake().append([conversations(rows)], "all", mandate)
    known = folder.parent / f"{folder.name}-known.csv"
    entries = "".join(f"{server(number)},tcp,6667\n" for number in range(listed))
    known.write_text(f"address,protocol,port\n{entries}", "utf-8")
    if listed:
        add_list(opened, ListKind.KNOWN_CC, known, "hunters")
    return opened


def change_register(folder: Path, name: str, value: float | str) -> Register:
    """Change one value of the register of the home at *folder*."""
    register = read_register(folder / REGISTER).with_value(name, value, decided_by="tester")
    (folder / REGISTER).write_text(render_register(register), "utf-8")
    return register


def _window(window: int, rng: Generator) -> Iterator[dict[str, int]]:
    since_ms = BASE_MS + window * WINDOW_MS
    seen = {"sampling_interval": INTERVAL}
    for line in range(LINES):
        for web in rng.integers(0, WEBS, 2).tolist():
            at_ms = since_ms + int(rng.integers(WINDOW_MS))
            size = int(rng.integers(200, 1_400))
            yield from talk(line, f"198.51.100.{web + 1}", at_ms, size=size, packets=1, **seen)
    for number in range(SERVERS):
        for bot in range(number * 7, number * 7 + 7):
            for _ in range(2):
                at_ms = since_ms + int(rng.integers(WINDOW_MS))
                yield from talk(
                    bot, server(number), at_ms, size=60, packets=1, remote_port=6_667, **seen
                )
            for target in rng.integers(1, 250, 3).tolist():
                at_ms = since_ms + int(rng.integers(WINDOW_MS))
                yield knock(bot, f"192.0.2.{target}", at_ms, remote_port=23, **seen)
