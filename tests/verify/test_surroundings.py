"""What is known of a place is read from lists, context and the survey of a window."""

import numpy as np
import pyarrow as pa
import pytest

from contexts import table
from guarded import WEB, met, own_service, service
from hinomi.model.context import ContextKind, NetworkKind
from hinomi.model.service import Service
from hinomi.verify.surroundings import (
    AddressFacts,
    Population,
    PortUse,
    address_facts,
    populations_of,
)


def surveyed(*rows: tuple[Service, int, int, int]) -> pa.Table:
    """Lay out services as detection surveys them: service, lines, clients, networks."""
    return pa.table(
        {
            "remote_hi": [each.address.hi for each, *_ in rows],
            "remote_lo": [each.address.lo for each, *_ in rows],
            "remote_own": [int(each.own) for each, *_ in rows],
            "proto": [each.proto for each, *_ in rows],
            "remote_port": [each.port for each, *_ in rows],
            "lines": [lines for _, lines, _, _ in rows],
            "clients": [clients for _, _, clients, _ in rows],
            "nets": [nets for *_, nets in rows],
        }
    )


def test_populations_are_read_with_what_is_beside_them() -> None:
    """Clients, suspects, networks, and the other ports of the address that lines spoke with."""
    smtp, dead = service(port=25), service(port=4444)
    rows = surveyed((WEB, 9, 7, 3), (smtp, 5, 4, 2), (dead, 6, 0, 0), (service("::1"), 8, 8, 8))

    found = populations_of(
        rows, np.array([2, 0, 0, 0]), lines=100, wanted=[WEB, dead, service("10.0.0.1")]
    )

    assert found == {
        WEB: Population(
            lines=100, tried=9, clients=7, suspects=2, networks=3, beside=(PortUse(6, 25, 4),)
        ),
        dead: Population(
            lines=100,
            tried=6,
            clients=0,
            suspects=0,
            beside=(PortUse(6, 443, 7), PortUse(6, 25, 4)),
        ),
    }


def test_a_pseudonym_and_an_address_of_the_same_number_are_two_places() -> None:
    """What is in use on the one says nothing of the other."""
    own = own_service()
    plain = Service(own.address, own.proto, 25)
    rows = surveyed((own, 2, 2, 1), (plain, 3, 3, 1))

    found = populations_of(rows, np.array([0, 0]), lines=10, wanted=[own])

    assert found[own].beside == ()


def test_nothing_wanted_is_nothing_found() -> None:
    """An empty survey, or no service, gives no population."""
    assert populations_of(surveyed(), np.zeros(0, np.int64), lines=0, wanted=[WEB]) == {}
    assert populations_of(surveyed((WEB, 1, 1, 1)), np.zeros(1, np.int64), lines=1, wanted=[]) == {}


def test_more_suspects_than_clients_are_a_bug() -> None:
    """Suspects are counted among clients."""
    with pytest.raises(ValueError, match="more suspects than clients"):
        met(1, 2)


def test_context_is_taken_where_a_table_says_something() -> None:
    """UNKNOWN and NaN become None; certificates are gathered by port."""
    first, second = WEB.address, service("198.51.100.1").address
    rows = [
        {
            "hi": first.hi,
            "lo": first.lo,
            "port": port,
            "not_before_ms": 0,
            "self_signed": 0,
        }
        for port in (993, 443)
    ]
    certificates = table(ContextKind.CERTIFICATES, rows)

    found = address_facts(
        [first, second],
        origin_as=np.array([64_496, -1]),
        as_kind=np.array([int(NetworkKind.HOSTING), -1]),
        names=np.array([4, -1]),
        allocation_days=np.array([12.5, np.nan]),
        tables=[certificates],
    )

    assert found[first] == AddressFacts(
        origin_as=64_496,
        as_kind=NetworkKind.HOSTING,
        names=4,
        certificates=(443, 993),
        allocation_days=12.5,
    )
    assert found[second] == AddressFacts()
