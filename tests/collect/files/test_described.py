"""What the operator says of exporters, found by the names that files give them."""

import numpy as np
import pytest

from hinomi.collect.files.described import Described, directions, turned_directions
from hinomi.collect.observing import Description
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.flow import Ingress

COMING_IN, LEAVING, NOT_STATED = 0, 1, -1
ROUTER = "203.0.113.1"
SAID = {
    ROUTER: Description(
        roles={7: InterfaceRole.TRANSIT, 8: InterfaceRole.IGNORED},
        counts=CountedDirection.INGRESS,
        interval=4096,
    ),
    None: Description(roles={7: InterfaceRole.CUSTOMER}),
}


def test_each_row_is_looked_at_as_its_exporter_was_described() -> None:
    """The same index is another interface elsewhere; of others nothing is said."""
    described = Described(SAID, [ROUTER, "edge-1"])
    exporter = np.array([0, 0, 0, 0, 1, -1], np.int32)
    in_if = np.array([7, 8, 7, NOT_STATED, 7, 7])
    observed = np.array([COMING_IN, COMING_IN, LEAVING, NOT_STATED, LEAVING, LEAVING])

    ingress, elsewhere = described.look(exporter, in_if, observed)

    assert elsewhere.tolist() == [False, True, True, False, False, False]
    assert ingress[~elsewhere].tolist() == [
        Ingress.TRANSIT,
        Ingress.UNKNOWN,
        Ingress.UNKNOWN,
        Ingress.CUSTOMER,
    ]
    assert described.intervals(exporter).tolist() == [4096, 4096, 4096, 4096, 0, 0]


def test_a_format_that_states_neither_keeps_every_row() -> None:
    """Whatever the operator says of interfaces and directions."""
    exporter = np.zeros(2, np.int32)

    ingress, elsewhere = Described(SAID, [ROUTER]).look(exporter, None, None)

    assert (ingress.tolist(), elsewhere.tolist()) == ([0, 0], [False, False])


@pytest.mark.parametrize(
    ("name", "is_found"),
    [(f"::ffff:{ROUTER}", True), ("203.0.113.2", False), ("edge-1", False)],
)
def test_an_address_is_found_however_the_file_writes_it(name: str, *, is_found: bool) -> None:
    """As the collector would write it; other names only as they are."""
    (interval,) = Described(SAID, [name]).intervals(np.zeros(1, np.int32))

    assert (interval == 4096) == is_found


def test_directions_are_in_or_out_or_not_stated() -> None:
    """What is neither is not stated; the way back was seen the other way."""
    found = directions(np.array([0, 1, -1, 2, 29]))

    assert found.tolist() == [COMING_IN, LEAVING, NOT_STATED, NOT_STATED, NOT_STATED]
    assert turned_directions(found[:3]).tolist() == [LEAVING, COMING_IN, NOT_STATED]
