"""People at the hub: two list, one refuses, and who was right is noted."""

from pathlib import Path

import pytest

from hinomi.errors import Conflict, NotFound, NotPermitted, UsageError
from hinomi.hub.aggregate import Outcome
from hinomi.model.address import render_address
from hinomi.model.case import Finding, ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.listed import ListKind
from hinomi.model.statement import Sighting
from hinomi.services.approvals import all_requests, approve
from hinomi.services.hub.ruling import Ruled, decide, queue, reference, show
from hinomi.services.mandates import TOKEN_VARIABLE
from hubdesks import Desk
from hubs import HubHouse, Node, server

ONE = server(1)
SERVERS = [server(number) for number in range(1, 7)]


@pytest.fixture(name="desk")
def a_desk_with_a_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a hub with people, where two members name six servers."""
    desk = Desk.staffed(tmp_path / "hub", monkeypatch)
    desk.next_epoch(a=SERVERS, b=SERVERS)
    return desk


def lists(desk: Desk, person: str, **changed: object) -> Ruled:
    """Let a person decide to list the first server."""
    given: dict[str, object] = {"is_listed": True, "reason": f"{person} looked at 198.51.100.1"}
    return decide(desk.as_(person), ONE, **(given | changed))  # type: ignore[arg-type]


def refuses(desk: Desk, person: str, **changed: object) -> Ruled:
    """Let a person refuse the first server."""
    return lists(desk, person, is_listed=False, **changed)


def outcomes(desk: Desk) -> dict[str, tuple[int, int]]:
    """Count whom answers bore out."""
    with desk.house.home().casebook() as casebook:
        return casebook.hub.outcomes.counts()


def test_the_queue_is_shown_in_its_order(desk: Desk) -> None:
    """As it was when the last list was made."""
    epoch, waiting = queue(desk.as_("anna"))

    assert epoch == desk.house.epoch
    assert [each.weighing.endpoint for each in waiting] == SERVERS
    assert not any(each.is_listed for each in waiting)
    assert queue(desk.as_("anna"), Outcome.HOLD) == (epoch, ())
    assert desk.journal("hub show")[-1]["servers"] == 0


def test_two_people_list_a_server(desk: Desk) -> None:
    """The first asks by it, the second decides the same; from the next list on it stands there."""
    asked = lists(desk, "anna")
    done = lists(desk, "rita")

    assert (asked.ruling, asked.request) == (None, 1)
    assert done.ruling is not None
    assert (done.ruling.finding, done.ruling.service_class) == (
        Finding.CC,
        ServiceClass.COMPROMISED,
    )
    assert (done.ruling.said_by, done.ruling.approved_by) == ("anna", "rita")
    assert done.ruling.until == desk.house.epoch + 30
    assert "198.51.100" not in done.ruling.reason
    desk.next_epoch(a=SERVERS)
    assert desk.listed() == ["198.51.100.1"]


def test_nobody_lists_alone(desk: Desk) -> None:
    """Nor by asking twice, nor where there is nobody else."""
    lists(desk, "rita")
    with pytest.raises(Conflict, match="another person has to decide the same"):
        lists(desk, "rita")

    desk.next_epoch(a=SERVERS, b=SERVERS)
    assert desk.listed() == []


def test_where_nobody_else_may_approve_nothing_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub of one person lists only what its members list."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    house = HubHouse.found(tmp_path / "hub")
    house.let_in(Node("isp-a"), Node("isp-b"))
    house.submits("isp-a", SERVERS)
    house.submits("isp-b", SERVERS)
    for _ in range(2):
        with pytest.raises(NotPermitted, match="takes two people"):
            decide(house.home(), ONE, is_listed=True, reason="so")


def test_an_analyst_does_not_approve(desk: Desk) -> None:
    """It takes a reviewer; one who approved by number leaves the rest to who asked."""
    lists(desk, "rita")
    with pytest.raises(NotPermitted, match="anna may not approve a publication"):
        lists(desk, "anna")
    approve(desk.as_("ruth"), 1)

    assert lists(desk, "rita").ruling is not None
    assert all_requests(desk.as_("rita"))[0].state == "used"


def test_another_class_is_another_request(desk: Desk) -> None:
    """What was approved is what is done."""
    lists(desk, "anna")
    done = lists(desk, "rita", service_class=ServiceClass.DEDICATED)

    assert (done.ruling, done.request) == (None, 2)


def test_one_person_takes_a_server_off_the_list(desk: Desk) -> None:
    """From the next list on, and it does not come back while that counts."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    assert len(desk.listed()) == 6
    refuses(desk, "anna")
    for _ in range(3):
        desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
        assert len(desk.listed()) == 5


def test_a_refusal_by_two_counts_against_who_said_so(desk: Desk) -> None:
    """Unless the server is gone, or a shared host: that says nothing of anybody."""
    refuses(desk, "anna")
    refuses(desk, "rita", gone=True)
    assert outcomes(desk) == {}
    refuses(desk, "rita", service_class=ServiceClass.SHARED)
    assert outcomes(desk) == {}

    assert refuses(desk, "ruth").answered == 2
    assert outcomes(desk) == {"member:isp-a": (0, 1), "member:isp-b": (0, 1)}


def test_one_person_discredits_nobody(desk: Desk) -> None:
    """However often they refuse: it takes off the list, and says nothing of who named it."""
    for _ in range(3):
        assert refuses(desk, "rita").answered == 0

    assert outcomes(desk) == {}


def test_what_several_name_is_seen_after_their_worth_fell(desk: Desk) -> None:
    """Two people refuse ten servers; nothing that five members name ends, or waits, unseen."""
    old, new = [server(n) for n in range(1, 31)], [server(n) for n in range(120, 130)]
    for _ in range(2):
        desk.next_epoch(**dict.fromkeys("abcde", old))
    for each in old[:10]:
        for person in ("rita", "ruth"):
            decide(desk.as_(person), each, is_listed=False, reason="no")
    both = (*old, *new)
    for _ in range(9):
        desk.next_epoch(**dict.fromkeys("abcde", both))

    assert len(desk.listed()) == 20
    assert {desk.weighed()[each].outcome for each in new} == {"queue"}


def test_a_listing_bears_out_who_it_does_not_rest_on(desk: Desk) -> None:
    """With a honeypot beside the person the members were right; without, nobody knows."""
    lists(desk, "anna")
    lists(desk, "rita")
    assert outcomes(desk) == {}

    desk.knows(ONE)
    lists(desk, "anna")
    lists(desk, "rita")
    assert outcomes(desk) == {"member:isp-a": (1, 0), "member:isp-b": (1, 0), "pots": (1, 0)}


def test_what_nobody_may_list_people_do_not_list(desk: Desk) -> None:
    """And what takes evidence, not without it."""
    desk.lists(ListKind.BENIGN, "big-cloud", "198.51.100.1")
    with pytest.raises(NotPermitted, match="2 independent methods, and 1"):
        lists(desk, "anna")
    desk.knows(ONE)
    assert lists(desk, "anna").request == 1

    desk.lists(ListKind.BENIGN, "some-cdn", "198.51.100.1")
    with pytest.raises(NotPermitted, match="by anybody"):
        lists(desk, "rita")


def test_what_cannot_be_meant_is_refused(desk: Desk) -> None:
    """A blank reason, a class that is not listed, a server that is gone, one that nobody names."""
    with pytest.raises(UsageError, match="the reason"):
        lists(desk, "anna", reason=" ")
    with pytest.raises(UsageError, match="a sinkhole is not listed"):
        lists(desk, "anna", service_class=ServiceClass.SINKHOLE)
    with pytest.raises(UsageError, match="gone"):
        lists(desk, "anna", gone=True)
    with pytest.raises(NotFound, match="nobody names"):
        decide(desk.as_("anna"), server(99), is_listed=False, reason="so")
    assert all_requests(desk.as_("anna")) == []


def test_everything_of_one_server_is_shown(desk: Desk) -> None:
    """Who says so, what holds it, what people decided, and what would become of it now."""
    desk.knows(ONE, Method.MALWARE, "lab")
    refuses(desk, "rita")
    found = show(desk.as_("anna"), ONE)

    assert (found.decision.outcome, found.entry, found.holds) == (Outcome.REFUSED, None, ())
    assert [each.source for each in found.witnesses] == ["member:isp-a", "member:isp-b", "lab"]
    assert [each.finding for each in found.rulings] == [Finding.NOT_CC]
    with pytest.raises(NotFound):
        show(desk.as_("anna"), server(99))


def test_what_merely_waits_is_shown_as_well(desk: Desk) -> None:
    """Though nothing of it is kept."""
    desk.house.epoch += 1
    desk.house.submits("isp-c", [*SERVERS, server(50)])

    assert show(desk.as_("anna"), server(50)).decision.outcome is Outcome.WAIT


def test_the_journal_knows_what_was_done_and_no_address(desk: Desk) -> None:
    """A server has a name there that leads back only with the hub's key."""
    show(desk.as_("anna"), ONE)
    lists(desk, "anna")
    lists(desk, "rita")
    refuses(desk, "rita")
    ruled = desk.journal("hub decide")
    name = reference(desk.house.home(), ONE)

    assert [each["act"] for each in ruled] == ["list", "refuse"]
    assert {each["server"] for each in ruled} == {name, desk.journal("hub show")[-1]["server"]}
    assert (ruled[0]["person"], ruled[0]["approved_by"]) == ("anna", ["rita"])
    told = str([*desk.house.home().journal().entries()])
    assert render_address(ONE.address) not in told
    assert "isp-a" not in str(ruled)


def test_a_member_that_contradicts_is_shown_to_people_alone(desk: Desk) -> None:
    """In the queue there are counts."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    desk.house.epoch += 1
    desk.house.sights("isp-e", 2, {ONE: Sighting.WRONG})
    desk.house.publishes()
    _, waiting = queue(desk.as_("anna"))

    assert [(each.is_listed, each.weighing.against) for each in waiting] == [(True, 1)]
    assert "isp-" not in str(waiting)
    words = {each.source: each.word for each in show(desk.as_("anna"), ONE).witnesses}
    assert words["member:isp-e"] == "wrong"
