"""
Forged packets, and floods by real bots, list no innocent server (R15).

The attacker knows which lines are infected, the worst case, and sends under their addresses. What
arrives from transit under own addresses counts nowhere. Where an exporter does not say where a
packet came in, bare SYNs make no client either; ACKs over days do, and then it takes evidence that
nobody can send under another's address.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from casework import BOTS, DAY_S, Provider, codes, provider, week_of_bots
from hinomi.model.flow import Ingress
from wire import ACK, RST, SYN, Numbers, Wire, lines, v4

CC: Final = "203.0.113.1"
PORT: Final = 4_443
DAYS: Final = (0.0, 2.2 * DAY_S)
QUARTER: Final = (100_000.0, 100_900.0)
VICTIMS: Final = {
    "SYNs from transit": "198.51.100.1",
    "SYNs from nobody knows where": "198.51.100.2",
    "SYNs, answered": "198.51.100.3",
    "ACKs from transit": "198.51.100.4",
    "SYN flood by real bots": "198.51.100.5",
    "ACK flood by real bots, refused": "198.51.100.6",
}
FRAMED: Final = "198.51.100.7"
"""Forged ACKs for days, and no exporter says where they came in."""


def ordinary_days() -> Wire:
    """Write down a botnet with its server, and innocent servers with a few guests each."""
    wire = week_of_bots(CC, 48_101, (0, 2.2))
    for number, address in enumerate((*VICTIMS.values(), FRAMED)):
        guests = np.arange(100 + 3 * number, 103 + 3 * number)
        wire.talk(v4(address), PORT, guests, sizes=(200, 900), within=DAYS)
    return wire


def strike(wire: Wire, address: str, each: int, flags: int, **how: Any) -> Numbers:
    """Send packets to a victim under the addresses of infected lines."""
    within = how.pop("within", QUARTER)
    source = np.tile(lines(BOTS[:30]), each)
    ports, when = (wire.ephemeral(source.size), PORT), wire.seconds(source.size, within)
    wire.send(source, v4(address), ports, when, flags=flags, **how)
    return source


def answer(wire: Wire, address: str, to: Numbers, flags: int) -> None:
    """Let a victim answer whoever seemed to call."""
    ports = (PORT, wire.ephemeral(to.size))
    wire.send(v4(address), to, ports, wire.seconds(to.size, QUARTER), flags=flags, size=44)


def days_with_attacks() -> Wire:
    """Write down the same days, with an attack on every innocent server."""
    wire = ordinary_days()
    strike(wire, VICTIMS["SYNs from transit"], 10, SYN, ingress=Ingress.TRANSIT)
    strike(wire, VICTIMS["SYNs from nobody knows where"], 10, SYN)
    answered = VICTIMS["SYNs, answered"]
    answer(wire, answered, strike(wire, answered, 10, SYN)[:150], SYN | ACK)
    transit = {"ingress": Ingress.TRANSIT, "within": DAYS, "size": 90}
    strike(wire, VICTIMS["ACKs from transit"], 3, ACK, **transit)
    strike(wire, VICTIMS["SYN flood by real bots"], 30, SYN)
    refused = VICTIMS["ACK flood by real bots, refused"]
    answer(wire, refused, strike(wire, refused, 30, ACK, size=552), RST)
    strike(wire, FRAMED, 3, ACK, within=DAYS, size=90)
    return wire


def settled(
    folder: Path, patch: pytest.MonkeyPatch, wire: Wire
) -> tuple[Provider, dict[str, float]]:
    """Make a home of these days; give it with the probability of every candidate."""
    home = provider(folder, patch)
    home.at_day(2.2)
    home.brings(wire)
    return home, {each["address"]: each["probability"] for each in home.detects()}


@pytest.fixture(name="attacked", scope="module")
def a_provider_under_attack(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Provider, dict[str, float]]]:
    """Detect among the attacks, once for all."""
    with pytest.MonkeyPatch.context() as patch:
        yield settled(tmp_path_factory.mktemp("attacked"), patch, days_with_attacks())


def test_before_the_attacks_nothing_speaks_for_any_victim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The true server stands out; the innocent ones are no candidates at all."""
    _, found = settled(tmp_path, monkeypatch, ordinary_days())

    assert found[CC] >= 0.95
    assert not {*VICTIMS.values(), FRAMED} & found.keys()


@pytest.mark.parametrize("name", VICTIMS)
def test_a_flood_opens_no_case(attacked: tuple[Provider, dict[str, float]], name: str) -> None:
    """Forged or by real bots: its probability stays below 0.05, and the true server's stays."""
    home, found = attacked

    assert found.get(VICTIMS[name], 0.0) < 0.05
    assert found[CC] >= 0.95
    assert home.case_of(VICTIMS[name], PORT) is None


def test_who_is_framed_all_the_same_is_never_corroborated(
    attacked: tuple[Provider, dict[str, float]],
) -> None:
    """Flow is one method, however sure it is: neither analyst nor reviewer gets any further."""
    home, found = attacked
    assert 0.2 <= found[FRAMED] < found[CC]
    case = home.case_of(FRAMED, PORT)
    assert case is not None
    number = case["case"]

    for person in ("anna", "rita"):
        judged = home.judges(person, number, "cc", "dedicated")
        assert judged["state"] == "under-review"
        assert "too-few-methods" in codes(judged["missing"])
    assert home.run("ruth", "case", "approve", number).code == 75
    before = home.show(number)
    row = {"address": FRAMED, "protocol": "tcp", "port": PORT, "kind": "backscatter"}
    seen = {"first": f"{home.today}T01:00:00Z", "last": f"{home.today}T02:00:00Z", "packets": 5_000}
    home.hears("darknet", [{**row, **seen}])

    after = home.show(number)
    assert after["posterior_now"] <= before["posterior_now"]
    assert {"said-benign"} == set(codes(after["holds_now"])) - set(codes(before["holds_now"]))
    assert home.export() == []
