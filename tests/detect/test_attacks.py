"""Bots that flood are told from addresses that were written on packets by others."""

from typing import Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from builders import services_table
from hinomi.detect.attacks import attackers
from hinomi.govern.parameters import default_register

REGISTER: Final = default_register()
LINES: Final = 4_000


def blows(*hosts: NDArray[np.int64]) -> pa.Table:
    """Give rows of `measures.blows`: for each host, how often each line (by number) struck it."""
    parts = []
    for host, struck in enumerate(hosts):
        line = np.flatnonzero(struck)
        table = services_table(*[{"remote_lo": host, "remote_port": 80}] * line.size)
        if line.size == 0:
            table = services_table({"remote_lo": host, "remote_port": 80}).slice(0, 0)
        columns = {"line_hi": np.ones_like(line), "line_lo": line, "blows": struck[line]}
        for name, column in columns.items():
            table = table.append_column(name, pa.array(column, pa.int64()))
        parts.append(table)
    return pa.concat_tables(parts)


def forged(packets: int, seed: int, lines: int = LINES) -> NDArray[np.int64]:
    """Spread the sampled packets of a flood evenly over all addresses."""
    drawn = np.random.default_rng(seed).integers(0, lines, packets)
    return np.bincount(drawn, minlength=lines)


def chosen(table: pa.Table, lines: int = LINES) -> list[int]:
    """Give the numbers of the lines that are held to take part."""
    return sorted(attackers(table, lines, REGISTER)["line_lo"].to_pylist())


@pytest.mark.parametrize("packets", [1, 60, 800, 8_000, 80_000])
def test_forged_sources_are_no_attackers(packets: int) -> None:
    """However dense the flood: of a hundred floods next to none makes a line a suspect."""
    wrong = sum(bool(chosen(blows(forged(packets, seed)))) for seed in range(100))

    assert wrong <= 100 * REGISTER.number("suspects.fdr") + 3


def test_several_victims_make_no_attackers_either() -> None:
    """Each host is another chance to be hit twice, and is allowed for."""
    wrong = sum(
        bool(chosen(blows(*(forged(80, 100 * seed + host) for host in range(30)))))
        for seed in range(30)
    )

    assert wrong <= 3


@pytest.mark.parametrize("packets", [0, 500, 5_000])
def test_bots_among_forged_sources_are(packets: int) -> None:
    """Ten lines that are sampled again and again; beside them hardly anybody."""
    struck = forged(packets, 7)
    bots = np.arange(40, 50)
    struck[bots] += 25

    found = chosen(blows(struck))

    assert set(bots.tolist()) <= set(found)
    assert len(found) <= bots.size + 1


def test_one_packet_proves_nothing() -> None:
    """Any address can be written on it, however quiet the rest."""
    struck = np.zeros(10**6, dtype=np.int64)
    struck[5] = 1

    assert chosen(blows(struck), 10**6) == []


def test_a_line_is_chosen_once() -> None:
    """Two victims of one bot: one suspect."""
    struck = np.zeros(LINES, dtype=np.int64)
    struck[5] = 30

    assert chosen(blows(struck, struck)) == [5]


def test_where_nothing_is_flooded_nobody_takes_part() -> None:
    """An empty table, and a network without lines."""
    nothing = blows(np.zeros(LINES, dtype=np.int64))

    assert chosen(nothing) == []
    assert chosen(nothing, 0) == []


@given(
    struck=st.lists(st.integers(0, 40), min_size=1, max_size=60),
    more=st.integers(1, 100),
)
def test_who_strikes_more_is_chosen_sooner(struck: list[int], more: int) -> None:
    """Among those who struck one host a chosen line never struck less than one let go."""
    count = np.array([*struck, max(struck) + more])

    found = chosen(blows(count))

    left = [int(count[line]) for line in np.flatnonzero(count) if line not in found]
    assert not found or not left or min(count[found]) > max(left)
