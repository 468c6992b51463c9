"""Delays are measured from the fifth line that was sampled, by runs a few hours apart."""

from pathlib import Path

import pytest

from hinomi.bench.worldfiles import TRUTH, find_world
from hinomi.services.delays import Delays, measure_delays, service_columns
from hinomi.services.laboratory import Laboratory, open_laboratory
from worlds import write_small_world


def _quiet(_line: str) -> None:
    pass


def test_a_delay_is_told_for_each_unknown_cc(tmp_path: Path) -> None:
    """Found at the end of the world at the latest, or not at all; never before it could be."""
    told: list[str] = []
    with open_laboratory(find_world(write_small_world(tmp_path / "w")), _quiet) as laboratory:
        delays = measure_delays(laboratory, told.append, every_h=12)

    assert len(delays.shown) == len(delays.likely) == 2
    assert all(delay is None or 0 <= delay <= 24 for delay in delays.shown + delays.likely)
    for shown, likely in zip(delays.shown, delays.likely, strict=True):
        assert likely is None or (shown is not None and shown <= likely)
    assert told[0] == "window of 12 h"
    assert len(told) <= 2


def test_a_world_without_unknown_ccs_has_no_delays(tmp_path: Path) -> None:
    """And no window is run for nothing."""
    told: list[str] = []
    with open_laboratory(find_world(write_small_world(tmp_path / "w")), _quiet) as laboratory:
        nothing = laboratory.truth.slice(0, 1)  # The known one alone.
        only_known = Laboratory(home=laboratory.home, truth=nothing, records=laboratory.records)

        assert measure_delays(only_known, told.append, every_h=12) == Delays([], [])
    assert told == []


@pytest.mark.parametrize(
    ("address", "own"), [("192.0.2.1", 0), ("own:" + "00" * 15 + "07", 1), ("2001:db8::1", 0)]
)
def test_services_of_a_truth_are_named_as_in_a_survey(address: str, own: int) -> None:
    """Plain addresses and pseudonyms, with protocol and port as numbers."""
    row = {"address": address, "protocol": "udp", "port": 53}

    (named,) = service_columns(TRUTH.empty_table().from_pylist([row], schema=TRUTH)).to_pylist()

    assert (named["remote_own"], named["proto"], named["remote_port"]) == (own, 17, 53)
