"""People say that a server on the hub's list is wrong, or gone; why stays in the house."""

import json

import pytest

from hinomi.cli.servers import read_endpoint
from hinomi.errors import ConfigError, NotFound, UsageError
from hinomi.model.statement import Sighting
from hinomi.services.membership.judging import judge, read_judged
from hinomi.services.membership.pulling import pull
from household import DAY_MS, Household
from standin import SERVERS, StandIn, epoch_at, listing

FIRST = read_endpoint(SERVERS[0], "tcp", 443)
SECOND = read_endpoint(SERVERS[1], "tcp", 443)


@pytest.fixture(name="pulled")
def a_house_with_the_list(house: Household, hub: StandIn) -> Household:
    """Give a home that has the hub's list."""
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    return house


def test_what_is_said_is_kept(pulled: Household) -> None:
    """The last word on a server counts; the journal has the reason and no address."""
    anna = pulled.act_as("anna")

    assert judge(anna, FIRST, Sighting.WRONG, "a mail server") == 1
    assert judge(anna, SECOND, Sighting.GONE, "it answers no more") == 2
    assert judge(anna, FIRST, Sighting.GONE, f"{SERVERS[0]} was reinstalled") == 2

    assert read_judged(anna) == {FIRST: Sighting.GONE, SECOND: Sighting.GONE}
    last = pulled.entries()[-1]
    assert last == last | {
        "operation": "case decide", "act": "hub gone", "number": 1, "place": 0, "person": "anna",
        "reason": "[address] was reinstalled",
    }  # fmt: skip
    assert "203.0.113" not in json.dumps(last)


def test_what_was_said_can_be_taken_back(pulled: Household) -> None:
    """Once."""
    anna = pulled.act_as("anna")
    judge(anna, FIRST, Sighting.WRONG, "a mail server")

    assert judge(anna, FIRST, None, "no, it was not") == 0
    assert read_judged(anna) == {}
    with pytest.raises(NotFound, match="said anything"):
        judge(anna, FIRST, None, "no, it was not")


def test_only_what_is_listed_is_judged(pulled: Household, hub: StandIn) -> None:
    """What left the list is forgotten with the next word."""
    anna = pulled.act_as("anna")
    with pytest.raises(NotFound, match=r"not on the hub's list \(snapshot 1\)"):
        judge(anna, read_endpoint(SERVERS[0], "udp", 443), Sighting.WRONG, "a mail server")
    judge(anna, FIRST, Sighting.WRONG, "a mail server")
    pulled.later(DAY_MS)
    now = epoch_at(pulled.home())
    hub.publish([listing(each, now + 6) for each in SERVERS[1:]], now)
    pull(pulled.home())

    assert judge(pulled.home(), SECOND, Sighting.WRONG, "this one too") == 1


def test_a_word_has_a_reason(pulled: Household) -> None:
    """Nothing is kept without."""
    with pytest.raises(UsageError, match="the reason is blank"):
        judge(pulled.act_as("anna"), FIRST, Sighting.WRONG, " ")
    assert read_judged(pulled.home()) == {}


@pytest.mark.parametrize("sighting", [Sighting.CONFIRMED, Sighting.NOT_SEEN])
def test_what_was_seen_is_not_for_people_to_say(pulled: Household, sighting: Sighting) -> None:
    """Detection counts lines; a caller's mistake."""
    with pytest.raises(ValueError, match="detection"):
        judge(pulled.act_as("anna"), FIRST, sighting, "I saw it")


def test_what_is_damaged_is_not_passed_over(pulled: Household) -> None:
    """A word of a person would be lost silently."""
    (pulled.folder / "hub" / "judged.json").write_bytes(b"[{")

    with pytest.raises(ConfigError, match="damaged"):
        read_judged(pulled.home())
