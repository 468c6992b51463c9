"""What keeps the hub from listing a server."""

from pathlib import Path

import numpy as np
import pytest

from hinomi.hub.rule import Strength
from hinomi.model.address import parse_address
from hinomi.model.evidence import Claim
from hinomi.model.listed import ListKind
from hinomi.model.statement import Endpoint
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.guarding import Guards
from hinomi.services.hub.hearing import hear
from hubdesks import Desk
from hubs import server

PRIVATE = Endpoint(parse_address("10.0.0.1"), 6, 443)
MAIL = server(9, port=25)
SERVERS = [server(1), server(2), server(3), server(4), MAIL, PRIVATE]


@pytest.fixture(name="desk")
def a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a hub with people, where a member names six servers."""
    desk = Desk.staffed(tmp_path / "hub", monkeypatch)
    desk.house.submits("isp-a", SERVERS)
    return desk


def held(desk: Desk) -> dict[Endpoint, tuple[Strength, tuple[str, ...]]]:
    """Give what holds the servers."""
    home = desk.house.home()
    with home.casebook() as casebook:
        hearing = hear(home, casebook, present_epoch(home))
        guard = Guards(home, casebook, hearing).guard()
        servers = hearing.heard.servers
        found = guard(np.arange(servers.size))
        return {servers.endpoint(row): (each.strength, each.codes) for row, each in found.items()}


def test_reserved_space_and_relays_are_nobodys_servers(desk: Desk) -> None:
    """Where the register lets made-up servers stand, those for examples are somebody's."""
    assert held(desk) == {
        PRIVATE: (Strength.FINAL, ("special-address",)),
        MAIL: (Strength.FINAL, ("mail-port",)),
    }


def test_benign_lists_of_the_hub_hold(desk: Desk) -> None:
    """Some for good, others until people lift them; lists of C&Cs do not."""
    desk.lists(ListKind.BENIGN, "some-cdn", "198.51.100.1")
    desk.lists(ListKind.BENIGN, "big-cloud", "198.51.100.2/31")
    desk.lists(ListKind.KNOWN_CC, "feed", "198.51.100.4,tcp,443")
    found = held(desk)

    assert found[server(1)] == (Strength.FINAL, ("list-cdn",))
    assert found[server(2)] == found[server(3)] == (Strength.LIFTABLE, ("list-cloud",))
    assert server(4) not in found


def test_what_sources_say_holds(desk: Desk) -> None:
    """That it is gone only until a member names it anew."""
    desk.knows(server(1), claim=Claim.SHARED)
    desk.knows(server(2), claim=Claim.GONE, observed_day=desk.today)
    desk.knows(server(3), claim=Claim.GONE, observed_day=desk.today - 1)
    found = held(desk)

    assert found[server(1)][1] == ("said-shared",)
    assert found[server(2)][1] == ("said-gone",)
    assert server(3) not in found
