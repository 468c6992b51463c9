"""A hub with one list and one member, made once and copied by nobody: tests make their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hinomi.web.hub.running import Hub
from openhub import Node, SetClock, join, make_hub, put_snapshot


@pytest.fixture(name="clock")
def a_clock() -> SetClock:
    """Give the hub's clock."""
    return SetClock()


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path, clock: SetClock) -> Iterator[Hub]:
    """Give a hub with one list of three servers."""
    home = make_hub(tmp_path / "hub", clock)
    with home.casebook() as casebook:
        put_snapshot(home, casebook)
        yield Hub(home, casebook)


@pytest.fixture(name="node")
def a_node(hub: Hub) -> Node:
    """Give the node of a member that may do everything."""
    return join(hub.casebook, "isp-a")
