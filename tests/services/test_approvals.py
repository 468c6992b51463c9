"""Leave is given once, for the very thing that another approved, where the journal says so too."""

from pathlib import Path

import pytest

from hinomi.errors import Conflict, NotFound, NotPermitted, UsageError
from hinomi.govern.approvals import Request, State
from hinomi.govern.roles import Kind
from hinomi.services.approvals import (
    all_requests,
    approve,
    ask,
    break_glass,
    refuse,
    request,
    request_of,
    require_approved,
    require_open,
    require_shown,
    take,
)
from household import DAY_MS, Household, approved, forge, staffed

KIND = Kind.REIDENTIFY
WHAT = {"service": "own:00ff", "purpose": "publication"}
VALID_MS = DAY_MS
OPEN_MS = 30 * DAY_MS
REVIEW_MS = 3 * DAY_MS


@pytest.fixture(name="house")
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home with people of every role that matters."""
    return staffed(tmp_path / "home", monkeypatch)


def kept(house: Household, number: int) -> Request:
    """Read a request from its file."""
    return request_of(house.home(), number)


def test_what_another_approved_is_done_once(house: Household) -> None:
    """Asked, approved, used: each journalled with who; the second time is refused."""
    number = approved(house, KIND, WHAT)

    leave = require_approved(house.home(), KIND, dict(reversed(WHAT.items())))

    assert (leave.request, leave.by, leave.approved_by) == (number, "anna", ("olga",))
    assert leave.four_eyes
    told = [each for each in house.entries() if each["operation"] == "approvals"]
    assert [(each["act"], each["person"]) for each in told] == [
        ("ask", "anna"),
        ("approve", "olga"),
        ("use", "anna"),
    ]
    assert len({each["seal"] for each in told}) == 1
    with pytest.raises(NotPermitted, match="no approved request"):
        require_approved(house.home(), KIND, WHAT)
    assert kept(house, number).what is None


def test_the_journal_never_holds_what_was_asked_for(house: Household) -> None:
    """A seal, and the reason without addresses."""
    request(house.act_as("anna"), KIND, WHAT, "it floods 192.0.2.7")

    told = str(house.entries()[-1])
    assert "own:00ff" not in told
    assert "192.0.2.7" not in told
    assert "it floods" in told
    assert kept(house, 1).reason == "it floods 192.0.2.7"


def test_without_leave_nothing_is_done_and_the_refusal_is_journalled(house: Household) -> None:
    """Nobody asked; not approved; other content; somebody else's; too late."""
    home = house.act_as("anna")
    with pytest.raises(NotPermitted, match="no approved request"):
        require_approved(home, KIND, WHAT)
    number = request(home, KIND, WHAT, "x")
    with pytest.raises(NotPermitted, match="waits for approval"):
        require_approved(home, KIND, WHAT)
    approve(house.act_as("olga"), number)
    with pytest.raises(NotPermitted, match="olga has no approved request"):
        require_approved(house.home(), KIND, WHAT)
    home = house.act_as("anna")
    with pytest.raises(NotPermitted, match="what was approved is something else"):
        require_approved(home, KIND, {**WHAT, "service": "own:00fe"})
    house.later(VALID_MS)
    with pytest.raises(NotPermitted, match="is ended"):
        require_approved(home, KIND, WHAT)
    refusals = [each for each in house.entries() if each.get("refused")]
    assert len(refusals) == 5
    assert {each["act"] for each in refusals} == {"use"}


def test_nobody_approves_their_own_or_without_the_role(house: Household) -> None:
    """Refused, journalled, and the request stays as it was."""
    number = request(house.act_as("anna"), KIND, WHAT, "x")
    for who, said in (("anna", "another person"), ("rita", "that is for the role")):
        with pytest.raises(NotPermitted, match=said):
            approve(house.act_as(who), number)
        last = house.entries()[-1]
        assert (last["act"], last["person"]) == ("approve", who)
        assert last["refused"]

    assert kept(house, number).state is State.OPEN
    with pytest.raises(NotPermitted, match="rita may not ask"):
        request(house.act_as("rita"), KIND, WHAT, "x")
    assert "rita may not ask" in str(house.entries()[-1]["refused"])


def test_research_leaves_after_two_others_approved(house: Household) -> None:
    """One is not enough, and may not count twice."""
    number = request(house.act_as("rolf"), Kind.RESEARCH_RELEASE, WHAT, "paper")
    approve(house.act_as("olga"), number)
    with pytest.raises(Conflict, match="approved request 1 already"):
        approve(house.home(), number)
    with pytest.raises(NotPermitted, match="waits for approval"):
        require_approved(house.act_as("rolf"), Kind.RESEARCH_RELEASE, WHAT)
    approve(house.act_as("rita"), number)

    leave = require_approved(house.act_as("rolf"), Kind.RESEARCH_RELEASE, WHAT)

    assert leave.approved_by == ("olga", "rita")


def test_a_home_of_one_person_says_that_four_eyes_were_impossible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approved at once, in file, journal and leave."""
    lone = Household(tmp_path / "home", monkeypatch)

    number = request(lone.home(), KIND, WHAT, "x")

    assert lone.entries()[-1]["four_eyes"] is False
    leave = require_approved(lone.home(), KIND, WHAT)
    assert (leave.request, leave.four_eyes, leave.approved_by) == (number, False, ())
    assert lone.entries()[-1]["four_eyes"] is False


def test_a_refusal_is_final_and_needs_a_reason(house: Household) -> None:
    """What was asked for is forgotten."""
    number = request(house.act_as("anna"), KIND, WHAT, "x")
    with pytest.raises(UsageError, match="reason is blank"):
        refuse(house.act_as("olga"), number, " ")
    refused = refuse(house.home(), number, "not needed")

    assert (refused.state, refused.what) == (State.REFUSED, None)
    with pytest.raises(Conflict, match="is refused"):
        approve(house.home(), number)
    with pytest.raises(Conflict, match="is refused"):
        require_open(house.home(), number)


def test_what_nobody_decides_ends_and_is_forgotten(house: Household) -> None:
    """After the registered time, when somebody next looks."""
    number = request(house.act_as("anna"), KIND, WHAT, "x")
    house.later(OPEN_MS - 1)
    assert all_requests(house.home())[0].what == WHAT
    house.later(1)

    (found,) = all_requests(house.home())

    assert (found.state, found.what, found.salt) == (State.ENDED, None, None)
    with pytest.raises(Conflict, match="is ended"):
        approve(house.act_as("olga"), number)


def test_glass_is_broken_at_once_and_reviewed_by_another(house: Household) -> None:
    """Journalled as such, kept until reviewed; overdue it stops whoever did it."""
    leave = break_glass(house.act_as("anna"), KIND, WHAT, "a hospital is down")

    assert (leave.glass_broken, leave.four_eyes, leave.approved_by) == (True, False, ())
    last = house.entries()[-1]
    assert (last["act"], last["reason"]) == ("break-glass", "a hospital is down")
    assert kept(house, leave.request).what == WHAT
    house.later(REVIEW_MS)
    break_glass(house.home(), KIND, WHAT, "again")
    house.later(1)
    with pytest.raises(NotPermitted, match="after-review is overdue"):
        break_glass(house.home(), KIND, WHAT, "and again")
    assert house.entries()[-1]["refused"]

    with pytest.raises(NotPermitted, match="another person has to review"):
        approve(house.home(), leave.request)
    reviewed = refuse(house.act_as("rita"), leave.request, "it could have waited")

    assert (reviewed.justified, reviewed.what) == (False, None)
    assert house.entries()[-1]["justified"] is False
    break_glass(house.act_as("anna"), KIND, WHAT, "now it may be done again")


def test_what_was_done_in_an_emergency_is_not_done_once_more_by_it(house: Household) -> None:
    """It was for that one time."""
    break_glass(house.act_as("anna"), KIND, WHAT, "now")

    with pytest.raises(NotPermitted, match="is used"):
        require_approved(house.home(), KIND, WHAT)


@pytest.mark.parametrize(
    ("who", "kind", "said"),
    [
        ("anna", Kind.PUBLICATION, "never so urgent"),
        ("rita", Kind.PARAMETER_CHANGE, "do 'break-glass'"),
        ("olga", Kind.REIDENTIFY, "olga may not do a re-identify"),
    ],
)
def test_glass_stays_whole_where_no_emergency_is_thinkable(
    house: Household, who: str, kind: Kind, said: str
) -> None:
    """And for who may not; nothing is kept but the refusal."""
    with pytest.raises(NotPermitted, match=said):
        break_glass(house.act_as(who), kind, WHAT, "now")

    assert all_requests(house.home()) == []
    assert house.entries()[-1]["refused"]


def test_what_is_asked_for_is_shown_to_those_who_decide(house: Household) -> None:
    """The asker, who may approve, the auditor; nobody else, and that is journalled."""
    number = request(house.act_as("anna"), KIND, WHAT, "x")
    for who in ("anna", "olga"):
        assert require_shown(house.act_as(who), number).what == WHAT

    with pytest.raises(NotPermitted, match="rolf may not see"):
        require_shown(house.act_as("rolf"), number)

    assert house.entries()[-1]["act"] == "show"


def test_only_what_is_approved_is_carried_out(house: Household) -> None:
    """And it closes with that."""
    asked = ask(house.act_as("anna"), Kind.PARAMETER_CHANGE, WHAT, "x")
    with pytest.raises(NotPermitted, match="is open"):
        take(house.home(), asked.id)
    approve(house.act_as("rita"), asked.id)

    what, leave = take(house.home(), asked.id)

    assert (what, leave.approved_by) == (WHAT, ("rita",))
    with pytest.raises(NotPermitted, match="is used"):
        take(house.home(), asked.id)


def test_content_written_by_hand_is_not_carried_out(house: Household) -> None:
    """The seal is that of another."""
    asked = ask(house.act_as("anna"), Kind.PARAMETER_CHANGE, WHAT, "x")
    approve(house.act_as("rita"), asked.id)
    forge(house, asked.id, what={**WHAT, "service": "own:00fe"})

    with pytest.raises(NotPermitted, match="is not to be carried out"):
        take(house.home(), asked.id)


def test_a_request_needs_a_reason_and_a_number_a_request(house: Household) -> None:
    """One line each."""
    with pytest.raises(UsageError, match="reason is blank"):
        request(house.act_as("anna"), KIND, WHAT, "  ")
    for deed in (approve, request_of, require_open, require_shown):
        with pytest.raises(NotFound, match="no request 9"):
            deed(house.home(), 9)
