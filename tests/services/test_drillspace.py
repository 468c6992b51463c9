"""Addresses for a drill: reserved, free in the window, named by no list."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from builders import conversation, conversations, knock, remote, talk
from hinomi.detect.reasons import Sources
from hinomi.engine.duckdb import DuckEngine
from hinomi.errors import Unavailable
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind
from hinomi.services.detecting import Opened
from hinomi.services.drillspace import free_addresses
from surveys import Row

SOURCES: Sources = {}


def opened(folder: Path, rows: list[Row], *entries: ListEntry) -> Opened:
    """Open *rows*, with *entries* on the list of benign servers."""
    engine = DuckEngine(folder)
    records = engine.keep_table(pa.Table.from_batches([conversations(rows)]))
    return Opened(engine, records, {ListKind.BENIGN: list(entries)}, SOURCES)


def draw(found: Opened, count: int = 500) -> np.ndarray:
    """Draw addresses."""
    return free_addresses(found, count, np.random.default_rng(1))


def test_they_are_reserved_and_distinct(tmp_path: Path) -> None:
    """So many of 240.0.0.0/4, never the broadcast's /8."""
    drawn = draw(opened(tmp_path, talk(1, "192.0.2.1")))

    assert np.unique(drawn).size == 500
    assert ((drawn >> 24 >= 240) & (drawn >> 24 < 255)).all()


def test_a_carried_block_is_left_alone(tmp_path: Path) -> None:
    """An address that was called and answered shows that somebody routes its /8."""
    rows = [row for block in range(240, 254) for row in talk(1, f"{block}.1.2.3")]

    assert set(draw(opened(tmp_path, rows)) >> 24) == {254}


def test_forged_packets_are_no_hindrance(tmp_path: Path) -> None:
    """Single packets lie everywhere: their addresses alone are left out."""
    rows = [knock(1, f"{block}.1.2.3") for block in range(240, 256)]

    assert len(set(draw(opened(tmp_path, rows)) >> 24)) > 10


def test_refused_where_all_is_carried(tmp_path: Path) -> None:
    """A window with traffic in all of it: the drill could not tell its own."""
    rows = [row for block in range(240, 255) for row in talk(1, f"{block}.1.2.3")]

    with pytest.raises(Unavailable, match=r"240\.0\.0\.0/4"):
        draw(opened(tmp_path, rows))


def test_what_a_list_names_is_not_drawn(tmp_path: Path) -> None:
    """One that names a part is gone round, one that names all stops the drill."""
    upper = ListEntry(base=parse_address("248.0.0.0"), length=96 + 5, port=443)
    whole = ListEntry(base=parse_address("240.0.0.0"), length=96 + 4)

    assert (draw(opened(tmp_path, talk(1, "192.0.2.1"), upper)) >> 24 < 248).all()
    with pytest.raises(Unavailable, match="lists name them"):
        draw(opened(tmp_path, talk(1, "192.0.2.1"), whole))


def test_a_pseudonym_is_no_address(tmp_path: Path) -> None:
    """Own services and own entries may have any halves."""
    rows = [
        conversation(**{**remote(f"{block}.1.1.1"), "remote_own": 1, "direction": direction})
        for block in range(240, 255)
        for direction in (0, 1)
    ]
    own = ListEntry(base=parse_address("240.0.0.0"), length=96, own=True)

    assert draw(opened(tmp_path, rows, own)).size == 500
