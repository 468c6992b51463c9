"""Windows of a few minutes or hours: what is busy throughout is no burst."""

from pathlib import Path

import numpy as np
import pytest

from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.detecting import run_detection
from hinomi.services.explaining import explain_service
from hinomi.services.home import Home
from wire import Wire, settle, v4

CC = "203.0.113.9"
OWN = ("198.18.0.0/15",)
TCP = 6


def a_home(folder: Path, within: tuple[float, float], *, also: bool = False) -> Home:
    """Let 25 lines speak with a listed C&C in a span; *also* adds a week of other traffic."""
    wire = Wire()
    wire.talk(v4(CC), 4444, np.arange(25), records=40, within=within)
    if also:
        wire.talk(v4("192.0.2.80"), 443, np.arange(200), records=20)
    home, _ = settle(folder, wire.table(), OWN, {ListKind.KNOWN_CC: [f"{CC},tcp,4444"]})
    return home


@pytest.mark.parametrize("hours", [0.08, 1.0, 3.3])
def test_a_busy_service_of_a_short_window_keeps_its_clients(tmp_path: Path, hours: float) -> None:
    """A single file of five minutes, an hour, three hours: the listed C&C is confirmed active."""
    home = a_home(tmp_path, (0, hours * 3_600))

    found = {str(each.service): each for each in run_detection(home, Window(), top=9).candidates}

    server = found[f"{CC} tcp/4444"]
    assert server.known
    assert server.clients >= 20
    assert server.probability > 0.5


def test_what_is_met_in_a_burst_only_is_still_a_service(tmp_path: Path) -> None:
    """Half an hour of a week: it has lines and no clients, and nobody denies that it was met."""
    home = a_home(tmp_path, (0, 1_800), also=True)

    said = explain_service(home, CC, TCP, 4444)

    assert said["clients"] == 0
    measures = said["measures"]
    assert isinstance(measures, dict)
    assert measures["lines"] >= 20
    assert said["known"]
