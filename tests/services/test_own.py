"""The door that turns the pseudonym of a C&C server in the own network back, once."""

from pathlib import Path

import pytest

from docket import (
    NOW_MS,
    OWN,
    At,
    acts,
    case_of,
    day,
    end,
    own_line,
    require_no_address,
    run,
    seen,
    stated,
)
from hinomi.errors import Conflict, NotFound, NotPermitted
from hinomi.govern.matrix import Purpose
from hinomi.govern.roles import Role
from hinomi.model.address import Address, render_address
from hinomi.model.case import CaseState
from hinomi.model.service import Service
from hinomi.services.approvals import all_requests, approve
from hinomi.services.home import Home
from hinomi.services.own import plain_address, reveal_case
from household import HOUR_MS, Household


def own_case(house: Household, address: str = OWN) -> Household:
    """Open a case about an own server."""
    home = house.act_as(None)
    run(home, seen(house, of=Service(own_line(home, address), 6, 443, own=True)))
    return house


def leave(house: Household, number: int = 1) -> int:
    """Let anna ask and olga approve that a case's server is named."""
    request = reveal_case(house.act_as("anna"), number, "it attacks others")
    approve(house.act_as("olga"), request)
    return request


def turned_back(home: Home, number: int = 1) -> Address:
    """Turn the pseudonym of a case's server back."""
    with home.casebook() as casebook:
        return plain_address(home, casebook, casebook.cases.get(number))


def test_leave_turns_one_pseudonym_back_once(at: At) -> None:
    """The second time takes leave again."""
    house = own_case(at())
    leave(house)
    begun = len(house.entries())

    assert render_address(turned_back(house.home())) == OWN

    assert acts(house, since=begun) == [("approvals", "use"), ("case reveal", None)]
    with pytest.raises(NotPermitted, match="let a privacy officer approve that first"):
        turned_back(house.home())
    require_no_address(house, OWN)


def test_without_leave_nothing_is_turned_back(at: At) -> None:
    """Asking is not enough, and leave ends."""
    house = own_case(at())
    request = reveal_case(house.act_as("anna"), 1, "it attacks others")
    with pytest.raises(NotPermitted):
        turned_back(house.home())
    approve(house.act_as("olga"), request)
    house.later(house.home().register.integer("approvals.valid_ms"))

    with pytest.raises(NotPermitted):
        turned_back(house.home())

    assert "case reveal" not in {word for word, _ in acts(house)}


def test_leave_is_for_one_case(at: At) -> None:
    """That of another server opens nothing."""
    house = own_case(own_case(at()), "192.0.2.8")
    leave(house, 2)

    with pytest.raises(NotPermitted):
        turned_back(house.home(), 1)

    assert render_address(turned_back(house.home(), 2)) == "192.0.2.8"


def test_the_server_of_another_is_no_secret(at: At) -> None:
    """Nobody is bothered to approve what needs no approval."""
    house = at(CaseState.CANDIDATE)

    with pytest.raises(Conflict, match="is about a server elsewhere"):
        reveal_case(house.act_as("anna"), 1, "it attacks others")
    with pytest.raises(NotFound):
        reveal_case(house.home(), 99, "it attacks others")

    assert all_requests(house.home()) == []


def test_a_reviewer_does_not_ask(at: At) -> None:
    """The table of roles names who does."""
    with pytest.raises(NotPermitted, match="rita may not ask for a re-identify"):
        reveal_case(own_case(at()).act_as("rita"), 1, "curious")


def test_without_its_purpose_nothing_is_turned_back(at: At) -> None:
    """Leave or not; and the leave is not used up."""
    house = own_case(at())
    request = leave(house)
    end(house, Purpose.SHARE_CC)

    with pytest.raises(NotPermitted):
        turned_back(house.home())

    assert acts(house)[-1] == ("refused", None)
    assert all_requests(house.home())[request - 1].state == "approved"


@pytest.mark.parametrize(
    ("own", "address"),
    [("192.0.2.0/24,map-e,40", OWN), ("2001:db8::/32", "2001:db8:7:700::")],
    ids=["shared", "prefix"],
)
def test_a_line_that_is_no_single_address_tells_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str, address: str
) -> None:
    """Which of its addresses the server has is not known: nothing is named."""
    house = Household(tmp_path / "home", monkeypatch, clock=lambda: NOW_MS, own=[own], made_up=True)
    house.add("olga", Role.PRIVACY_OFFICER)
    house.add("anna", Role.ANALYST)
    leave(own_case(house, address))

    with pytest.raises(Conflict, match="its line is a prefix or shares its address"):
        turned_back(house.home())

    require_no_address(house, address)


def test_the_request_tells_no_address(at: At) -> None:
    """Whoever approves sees the number of the case."""
    house = own_case(at())
    leave(house)

    (request,) = all_requests(house.home())

    assert request.what == {"case": 1, "episode": 1}
    assert case_of(house.home()).service.own


def test_a_case_that_returned_takes_leave_of_its_own(at: At) -> None:
    """What was allowed of an earlier episode is not allowed of this one."""
    house = own_case(at())
    leave(house)
    house.later(HOUR_MS)
    home = house.act_as(None)
    mine = case_of(home).service
    house.later(95 * 24 * HOUR_MS)
    run(house.home())
    run(house.home(), seen(house, of=mine), stated(house, service=mine))
    assert case_of(house.home()).episode == 2
    assert day(house) > 0

    with pytest.raises(NotPermitted):
        turned_back(house.home())
