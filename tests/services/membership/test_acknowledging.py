"""The hub learns which list is in use, once."""

import json

import pytest

from hinomi.errors import HinomiError, MalformedDocument, NotFound, Unavailable
from hinomi.services.membership.acknowledging import acknowledge
from hinomi.services.membership.asking import HubClient
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.pulling import pull
from household import Household
from standin import StandIn, epoch_at


def pulled_alone(house: Household, hub: StandIn) -> None:
    """Take in a list of which the hub does not learn."""
    hub.list_servers(epoch_at(house.home()))
    hub.refuse = lambda path: (503, b"") if path.endswith("acknowledgement") else None
    assert not pull(house.home()).acknowledged
    hub.refuse = lambda _path: None


def test_the_hub_is_told_afterwards(house: Household, hub: StandIn) -> None:
    """And not again."""
    pulled_alone(house, hub)

    assert acknowledge(house.home()) == 1
    assert acknowledge(house.home()) == 1
    assert hub.acknowledged == [1]


def test_a_client_that_is_there_is_used(house: Household, hub: StandIn) -> None:
    """It stays open."""
    pulled_alone(house, hub)
    home = house.home()

    with HubClient(home, read_joined(home)) as client:
        assert acknowledge(home, client) == 1
        assert client.get("/v1/snapshots/1/head")


@pytest.mark.parametrize(
    ("answer", "error"),
    [(b'{"number": 9}', MalformedDocument), (b"", MalformedDocument), (None, Unavailable)],
)
def test_what_is_no_answer_is_not_taken_for_one(
    house: Household, hub: StandIn, answer: bytes | None, error: type[HinomiError]
) -> None:
    """It is told again the next time."""
    pulled_alone(house, hub)
    hub.refuse = lambda _path: (503, b"") if answer is None else (200, answer)
    with pytest.raises(error):
        acknowledge(house.home())

    hub.refuse = lambda _path: None
    assert acknowledge(house.home()) == 1


def test_without_a_list_there_is_nothing_to_tell(house: Household) -> None:
    """Pull first."""
    with pytest.raises(NotFound, match="listings pull"):
        acknowledge(house.home())


def test_the_journal_names_the_list_and_no_server(house: Household, hub: StandIn) -> None:
    """By number and digest."""
    pulled_alone(house, hub)
    acknowledge(house.home())

    last = house.entries()[-1]
    assert (last["act"], last["number"]) == ("acknowledge", 1)
    assert "203.0.113" not in json.dumps(last)
