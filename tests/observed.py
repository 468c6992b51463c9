"""Laboratories with conversation records in their lake, and a list that names what is in them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from builders import HOUR_MS, NOON_MS, conversations, talk
from hinomi.model.listed import ListKind
from hinomi.services.home import Home, open_home
from hinomi.services.listing import add_list
from hinomi.services.mandates import Operation, mandate_for
from surveys import CC, CC_PORT, Row, small_network, towards
from terminal import make_home

MET: Final = "203.0.113.9"
"""The one server of `few_records`."""


def store(home: Home, name: str, rows: Sequence[Row]) -> None:
    """Put conversation records into the lake as one batch."""
    mandate = mandate_for(Operation.IMPORT, home.clock)
    home.lake().append([conversations(rows)], name, mandate)


def new_home(folder: Path, *batches: Sequence[Row]) -> Home:
    """Make a laboratory with *batches* in its lake, in that order."""
    home = open_home(make_home(folder))
    for number, rows in enumerate(batches):
        store(home, f"batch {number}", rows)
    return home


def with_botnet(folder: Path) -> Home:
    """Give the small network with an own service beside it, and a list that names the C&C."""
    rows = small_network()
    for line in range(100, 112):
        rows += towards(line, 700, NOON_MS + line * 700_000, remote_port=8_080)
    home = new_home(folder / "home", rows)
    known = folder / "known.csv"
    known.write_text(f"address,protocol,port\n{CC},tcp,{CC_PORT}\n", "utf-8")
    add_list(home, ListKind.KNOWN_CC, known, "hunters")
    return home


def with_few_records(folder: Path) -> Home:
    """Give a lake with one listed server that four lines met in four hours, one each."""
    rows = [row for hour in range(4) for row in talk(hour, MET, NOON_MS + hour * HOUR_MS)]
    home = new_home(folder / "home", rows)
    known = folder / "known.txt"
    known.write_text(f"{MET}\n", "utf-8")
    add_list(home, ListKind.KNOWN_CC, known, "hunters")
    return home
