"""Whether an address moved, as tables of routes tell."""

from pathlib import Path

import pytest

from docket import At, case_of, stated
from hinomi.model.case import CaseState
from hinomi.services.moves import note_moves


def test_without_tables_of_routes_nothing_moved(at: At) -> None:
    """Nobody is asked about an address (R19); the stories show what tables tell."""
    house = at(CaseState.LISTED)
    home = house.home()

    with home.casebook() as casebook:
        assert note_moves(home, casebook, [case_of(home)]) == 0
        assert len(casebook.evidence.of(stated(house).service)) == 3
