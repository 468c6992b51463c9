"""What the operator says of an exporter, and its hours."""

import pytest

from hinomi.model.exporter import ExporterHour, InterfaceRole, SequenceUnit
from hinomi.model.flow import Ingress


def test_roles_are_the_places_of_ingress_and_one_more() -> None:
    """A role other than ignored goes into the lake as it is."""
    assert {role.name: int(role) for role in InterfaceRole if role >= 0} == {
        place.name: int(place) for place in Ingress
    }
    assert InterfaceRole.IGNORED.word == "ignored"


@pytest.mark.parametrize(
    ("received", "lost", "share"),
    [(90, 10, 0.1), (5, 0, 0.0), (0, 5, 1.0), (0, 0, None), (5, -1, 0.0)],
)
def test_the_share_lost_is_of_what_was_sent(received: int, lost: int, share: float | None) -> None:
    """Where no sequence number counted nothing is claimed."""
    hour = ExporterHour(exporter=1, hour=1, unit=SequenceUnit.FLOWS, received=received, lost=lost)

    assert hour.loss_share == share
