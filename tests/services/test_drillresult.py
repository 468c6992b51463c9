"""What a drill found: counts by size and pace, and the limits that they show."""

import numpy as np
import pytest

from hinomi.bench.drillplan import PACES, PlannedBotnet
from hinomi.bench.overlay import Overlay, Planted
from hinomi.govern.parameters import default_register
from hinomi.model.flow import CONVERSATIONS
from hinomi.services.drillresult import (
    Cell,
    Round,
    cell_document,
    cells_of,
    pace_limit,
    plan_hash,
)


def planted(size: int, pace: int, *, scans: bool = False, bound: float = 0.5) -> Planted:
    """Describe one botnet over lines."""
    botnet = PlannedBotnet(size=size, pace=PACES[pace], scans=scans, twin=False)
    return Planted(botnet=botnet, server=1, twin=None, port=443, bound=bound)


def rnd(*found: tuple[Planted, bool]) -> Round:
    """Describe one round by its botnets and whether each was found."""
    overlay = Overlay(
        records=CONVERSATIONS.empty_table(), planted=tuple(each for each, _ in found), lines=9
    )
    return Round(
        overlay=overlay, found=tuple(hit for _, hit in found), confirmed=0, others=0, wrong=0
    )


def test_rounds_add_up_by_pace_and_size() -> None:
    """In the order of paces, then sizes; silent botnets are counted beside all."""
    cells = cells_of(
        [
            rnd((planted(20, 1), True), (planted(5, 1, scans=True, bound=0.2), True)),
            rnd((planted(20, 1, scans=True), False), (planted(40, 0), False)),
        ]
    )

    assert [(cell.pace, cell.size) for cell in cells] == [
        (PACES[0].name, 40),
        (PACES[1].name, 5),
        (PACES[1].name, 20),
    ]
    last = cells[-1]
    assert (last.botnets, last.found, last.silent, last.silent_found) == (2, 1, 1, 1)
    assert last.possible == pytest.approx(1.0)
    assert (cells[1].silent, cells[1].silent_found) == (0, 0)


def test_limits_stand_beside_what_is_possible() -> None:
    """Of one pace alone: what was found, what could be, and the theory."""
    name, other = PACES[0].name, PACES[1].name
    cells = [
        Cell(size=5, pace=name, botnets=10, found=1, possible=6.0),
        Cell(size=10, pace=name, botnets=10, found=6, possible=9.5),
        Cell(size=20, pace=name, botnets=10, found=8, possible=10.0),
        Cell(size=20, pace=other, botnets=10, found=0, possible=10.0),
    ]

    limit = pace_limit(name, cells, {name: 12})

    assert (limit.half, limit.nine_tenths) == (10, None)
    assert (limit.possible_half, limit.possible_nine_tenths) == (5, 10)
    assert limit.theory == 12
    assert pace_limit(PACES[2].name, cells, {}).theory is None


def test_the_document_gives_shares() -> None:
    """Recall, and the mean of the bounds."""
    told = cell_document(Cell(size=5, pace="x", botnets=4, found=1, possible=3.0))

    assert (told["recall"], told["possible"]) == (0.25, 0.75)
    assert all(np.isscalar(value) for value in told.values())


def test_plans_differ_by_what_is_planted() -> None:
    """Another size or share is another plan; another tolerance of the alarm is not."""
    register = default_register()

    def changed(name: str, value: float | str) -> str:
        return plan_hash(register.with_value(name, value, decided_by="tester"))

    assert changed("drill.sizes", "5 10") != plan_hash(register)
    assert changed("drill.listed_share", 0.9) != plan_hash(register)
    assert changed("drill.drop_tolerance", 0.9) == plan_hash(register)
