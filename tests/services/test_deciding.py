"""What approval carries out happens the moment enough have approved; else whoever asked does it."""

from pathlib import Path

import pytest

from hinomi.errors import Conflict, NotFound, NotPermitted
from hinomi.govern.approvals import State
from hinomi.govern.people import Change, token_digest
from hinomi.govern.roles import Kind, Role
from hinomi.services import approvals
from hinomi.services.approvals import ask, require_approved
from hinomi.services.deciding import accept_people, approve_request, change_people
from hinomi.services.home import PEOPLE
from hinomi.services.parameters import Reasons, propose
from hinomi.services.people import people_in_force
from household import Household

FDR = "suspects.fdr"
WHY = Reasons(considerations="Half as many wrong ones.")
ERIK = Change(act="add", id="erik", name="Erik", roles=(Role.AUDITOR,), token=token_digest("erik"))


@pytest.fixture(name="house")
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home of its maker, an officer and a reviewer."""
    house = Household(tmp_path / "home", monkeypatch)
    house.add("olga", Role.PRIVACY_OFFICER)
    house.add("rita", Role.REVIEWER)
    return house


def test_an_approved_proposal_is_in_force_at_once(house: Household) -> None:
    """The register says what was decided, and the request is used."""
    number = propose(house.home(), FDR, "0.005", WHY).request

    decided = approve_request(house.act_as("rita"), number)

    home = house.home(governing=False)
    assert (home.register.number(FDR), home.register.version) == (0.005, decided.version)
    assert approvals.request_of(home, number).state is State.USED
    with pytest.raises(Conflict, match="is used"):
        approve_request(house.act_as("olga"), number)


def test_a_proposal_that_came_too_late_is_not_approved(house: Household) -> None:
    """Nobody's approval is spent on it: it is to be refused."""
    first, second = (propose(house.home(), FDR, each, WHY).request for each in ("0.005", "0.002"))
    approve_request(house.act_as("rita"), first)

    with pytest.raises(Conflict, match="refuse it and propose anew"):
        approve_request(house.home(), second)

    assert approvals.request_of(house.home(), second).state is State.OPEN


def test_what_a_power_cut_stopped_is_carried_out_later(
    house: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approved, not in force: approving once more finishes it."""
    number = propose(house.home(), FDR, "0.005", WHY).request
    approvals.approve(house.act_as("rita"), number)
    assert house.home().register.number(FDR) == 0.01

    approve_request(house.home(), number)

    assert house.home().register.number(FDR) == 0.005


def test_people_change_by_two_where_two_could_decide(house: Household) -> None:
    """Nothing changes before; nobody approves their own."""
    asked = change_people(house.home(), ERIK, "new auditor")
    assert (asked.request.state, asked.version) == (State.OPEN, None)
    assert "erik" not in people_in_force(house.home()).people.people
    with pytest.raises(NotPermitted, match="another person has to approve"):
        approve_request(house.home(), asked.request.id)
    with pytest.raises(NotPermitted, match="that is for the role"):
        approve_request(house.act_as("rita"), asked.request.id)

    decided = approve_request(house.act_as("olga"), asked.request.id)

    found = people_in_force(house.home())
    assert found.people.version == decided.version
    assert found.people.people["erik"].roles == (Role.AUDITOR,)
    told = house.entries()[found.entry]
    assert told["approved_by"] == ["olga"]
    assert told["four_eyes"] is True


def test_the_first_person_lets_the_second_in_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From then on two are needed; the journal says of the first that four eyes were impossible."""
    house = Household(tmp_path / "home", monkeypatch)
    olga = Change(
        act="add",
        id="olga",
        name="Olga",
        roles=(Role.PRIVACY_OFFICER,),
        token=token_digest("olga"),
    )

    assert change_people(house.home(), olga, "first officer").version is not None
    assert house.entries()[-1]["four_eyes"] is False
    assert change_people(house.home(), ERIK, "new auditor").version is None


def test_a_change_that_cannot_be_carried_out_is_not_asked_for(house: Household) -> None:
    """Nobody has to refuse it."""
    with pytest.raises(NotFound, match="nobody is called eve"):
        change_people(house.home(), Change(act="remove", id="eve"), "gone")
    assert approvals.all_requests(house.home()) == []


def test_who_may_not_change_people_may_not_ask(house: Household) -> None:
    """Least of all for a role of their own."""
    more = Change(act="change", id="rita", roles=tuple(Role))

    with pytest.raises(NotPermitted, match="rita may not ask for a people-change"):
        change_people(house.act_as("rita"), more, "please")


def test_an_edit_by_hand_is_accepted_by_two(house: Household) -> None:
    """It is a change of people like any other, and the only one that is possible meanwhile."""
    path = house.folder / PEOPLE
    path.write_text(path.read_text("utf-8").replace('"Rita"', '"Margarita"'), "utf-8")
    with pytest.raises(NotPermitted, match="no act that takes four eyes"):
        change_people(house.home(), ERIK, "new auditor")

    asked = accept_people(house.home(), "she is called so")
    assert asked.version is None
    approve_request(house.act_as("olga"), asked.request.id)

    assert people_in_force(house.home()).people.people["rita"].name == "Margarita"
    assert change_people(house.home(), ERIK, "new auditor").request.state is State.OPEN


def test_what_others_do_is_left_to_whoever_asked(house: Household) -> None:
    """Approval gives leave; it does nothing, and is not given twice."""
    what = {"list": "all"}
    number = ask(house.home(), Kind.PUBLICATION, what, "weekly").id

    decided = approve_request(house.act_as("rita"), number)

    assert (decided.request.state, decided.version) == (State.APPROVED, None)
    with pytest.raises(Conflict, match="is approved"):
        approve_request(house.act_as("olga"), number)
    assert require_approved(house.act_as(None), Kind.PUBLICATION, what).approved_by == ("rita",)
