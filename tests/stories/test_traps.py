"""Things that look like a C&C server and are not: each ranks below one and stays improbable."""

import math
import re
from typing import Final

import pytest

from hinomi.services.explaining import explain_service
from hinomi.services.home import open_home
from traps import FRONTS, SERVICES, TrapWorld, build

TRAPS: Final = (
    "vendor cloud",
    "cloud of a rare model",
    "content network",
    "shared host",
    "SYN flood",
    "ACK flood",
    "ACK flood, answered",
    "ACK flood for six hours",
    "flood of requests",
    "UDP flood",
    "silent scan target",
    "answering scan target",
    "DNS amplifier",
    "victim of own amplifiers",
    "loader",
    "sinkhole",
    "research scanner",
    "update server",
    "NTP server",
    "DNS resolver",
    "STUN server",
    "tracker",
    "P2P peer",
    "mail relay",
    "mail submission",
    "mining pool",
    "mining pool of bots",
    "haunt of crowded addresses",
    "framed by forged sources",
    "loader of a short script",
    "scan target of slow scanners",
)


@pytest.fixture(name="world", scope="module")
def a_world(tmp_path_factory: pytest.TempPathFactory) -> TrapWorld:
    """Write the network down, import it, and detect, once for all."""
    return build(tmp_path_factory.mktemp("traps"))


@pytest.mark.parametrize("name", ["cc", "cc on a shared host", "cc of the sinkholed family"])
def test_servers_that_nobody_listed_are_found(world: TrapWorld, name: str) -> None:
    """Some thirty sampled bots, suspected for other reasons, show the server they share."""
    found = world.candidate(name)

    assert found is not None
    assert found.probability >= 0.9
    assert not found.known
    assert found.tier == 1


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_ranks_below_the_server(world: TrapWorld, name: str) -> None:
    """Lines met it, infected ones among them as a rule, and the C&C server stands above it."""
    # Forged sources are no lines: what they claim to have met is met by nobody.
    assert world.met[name] >= (0 if name.startswith("framed") else 1)
    assert world.rank("cc") < world.rank(name)


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_stays_below_even_odds(world: TrapWorld, name: str) -> None:
    """It may be shown; it is not held to be a C&C server."""
    assert world.probability(name) < 0.5


def test_all_that_is_probable_is_a_server_of_a_botnet(world: TrapWorld) -> None:
    """Among some thousand services of ordinary use none reaches even odds either."""
    named = {service: name for name, service in world.services.items()}
    probable = [each.service for each in world.detection.candidates if each.probability >= 0.5]
    others = [service for service in probable if service not in named]

    # The fronts share a port and lie inside; one of them has a name here.
    assert len(others) == len(FRONTS) - 1
    assert {(service.own, service.port) for service in others} == {(True, SERVICES["own cc"][2])}


def test_a_sinkhole_makes_suspects_and_is_no_candidate(world: TrapWorld) -> None:
    """A listed sinkhole is a class of its own; its clients show the server they still look for."""
    found = world.candidate("cc of the sinkholed family")
    assert found is not None

    # Twenty of its clients met the sinkhole; nothing else makes them suspects.
    assert found.suspects == 20
    assert world.probability("sinkhole") < 0.001


def test_a_server_inside_the_own_network_goes_by_its_pseudonym(world: TrapWorld) -> None:
    """It is found like any other, and its address is shown nowhere."""
    found = world.candidate("own cc")
    assert found is not None
    assert found.probability >= 0.9

    assert re.fullmatch(r"own:[0-9a-f]{32}", found.service.render_address())
    said = str([reason.text for reason in found.reasons])
    assert SERVICES["own cc"][0] not in said


def test_own_fronts_show_their_upper_tier(world: TrapWorld) -> None:
    """The one server that all fronts report to is of tier 2, and they are named as the reason."""
    found = world.candidate("upper tier")
    assert found is not None

    assert found.tier == 2
    assert found.probability >= 0.5
    assert found.reasons[0].code == "upper"
    assert found.reasons[0].values["fronts"] == len(FRONTS)


def test_own_sources_from_outside_count_nowhere(world: TrapWorld) -> None:
    """What arrives from transit under own addresses is counted as forged, and is no evidence."""
    assert world.imported.dropped == {"forged-source": 180}
    assert world.rank("framed by forged sources") == math.inf


@pytest.mark.parametrize("name", ["answering scan target", "mail relay"])
def test_what_scanning_and_mailing_explain_accuses_nobody(world: TrapWorld, name: str) -> None:
    """Scanners of telnet accuse no telnet server, senders of spam no mail server."""
    address, protocol, port = SERVICES[name]
    service = world.services[name]
    told = explain_service(open_home(world.home), address, service.proto, port)

    assert protocol == told["protocol"]
    assert told["clients"] == world.met[name]
    assert told["suspects"] == 0


def test_a_listed_server_is_ranked_and_known(world: TrapWorld) -> None:
    """The listed sister is known, alive here, and its own clients count on other evidence only."""
    found = world.candidate("sister")
    assert found is not None

    assert found.known
    assert found.probability >= 0.9
    # All its forty clients take part in floods or scan elsewhere; having met it counts not.
    assert 0 < found.suspects <= found.clients
