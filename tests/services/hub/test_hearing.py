"""All that counts in an epoch, gathered."""

from dataclasses import replace
from pathlib import Path

import pytest

from hinomi.govern.holdings import DataClass
from hinomi.hub.kinship import SAMPLE_MOST
from hinomi.hub.rule import Ruled
from hinomi.model.address import parse_address
from hinomi.model.case import Finding, ServiceClass
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Method
from hinomi.model.listed import ListKind
from hinomi.model.member import MemberState
from hinomi.model.statement import Endpoint, Sighting
from hinomi.services.evidencing import grade_source
from hinomi.services.hub.hearing import Hearing
from hinomi.store.hub.rulings import Ruling
from hinomi.verify.reliability import Grade
from hubdesks import Desk
from hubs import server

SERVERS = [server(number) for number in range(1, 7)]
MANY = [server(number) for number in range(10, 50)]


@pytest.fixture(name="desk")
def a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a hub with people."""
    return Desk.staffed(tmp_path / "hub", monkeypatch)


def worth(hearing: Hearing) -> dict[str, float]:
    """Give what each source is worth."""
    return {each.name: round(each.worth, 3) for each in hearing.heard.sources}


def who(hearing: Hearing, endpoint: Endpoint) -> set[str]:
    """Name those whose word on a server counts."""
    row = hearing.heard.servers.endpoints(range(hearing.heard.servers.size)).index(endpoint)
    said = hearing.heard.said
    return {hearing.heard.sources[place].name for place in said.source[said.server == row]}


def test_members_begin_with_the_registered_grade(desk: Desk) -> None:
    """Until answers, or a person who describes one, say otherwise."""
    with desk.house.home().casebook() as casebook:
        for number in range(4):
            casebook.hub.outcomes.put(server(number + 1), {"member:isp-b": number < 3}, 1)
    grade_source(desk.as_("anna"), "member:isp-c", Method.SIGHTING, Grade.B)

    assert worth(desk.hears()) == {
        "member:isp-a": 0.9, "member:isp-b": round((4.5 + 3) / 9, 3), "member:isp-c": 0.7,
        "member:isp-d": 0.9, "member:isp-e": 0.9,
    }  # fmt: skip


def test_who_is_not_admitted_says_nothing(desk: Desk) -> None:
    """From the moment of a suspension on."""
    desk.house.submits("isp-a", SERVERS)
    desk.house.submits("isp-b", SERVERS)
    with desk.house.home().casebook() as casebook:
        member = casebook.hub.members.get("isp-b")
        casebook.hub.members.put(replace(member, state=MemberState.SUSPENDED))

    assert who(desk.hears(), SERVERS[0]) == {"member:isp-a"}


def test_what_was_known_before_is_known(desk: Desk) -> None:
    """Listed, carried, contested, and what people said as long as that counts."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    now = desk.house.epoch
    with desk.house.home().casebook() as casebook:
        for place, finding in enumerate([Finding.CC, Finding.NOT_CC, Finding.UNSURE]):
            casebook.hub.rulings.add(
                Ruling(
                    endpoint=SERVERS[place],
                    finding=finding,
                    reason="so",
                    said_by="rita",
                    service_class=ServiceClass.DEDICATED,
                    epoch=now,
                    until=now + place,
                )
            )
    desk.house.epoch += 1
    before = desk.hears().heard.before

    assert before.is_listed.tolist() == [True] * 6
    assert before.carried.tolist() == [now] * 6
    assert before.ruled.tolist()[:4] == [
        Ruled.NOTHING, Ruled.REFUSE, Ruled.REFUSE, Ruled.NOTHING,
    ]  # fmt: skip


def test_sightings_stand_beside_statements(desk: Desk) -> None:
    """Those who saw it alive, and those who say that it is wrong or gone."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    desk.house.epoch += 1
    seen = dict(zip(SERVERS, [*Sighting], strict=False))
    desk.house.sights("isp-b", 1, seen)
    heard = desk.hears().heard

    confirmed, denied = (
        {str(each) for each in heard.servers.endpoints(voices.server)}
        for voices in (heard.confirmed, heard.denied)
    )
    assert confirmed == {str(each) for each, how in seen.items() if how is Sighting.CONFIRMED}
    assert denied == {
        str(each) for each, how in seen.items() if how in {Sighting.WRONG, Sighting.GONE}
    }


def test_members_that_name_the_very_same_are_several(desk: Desk) -> None:
    """Honest ones may all see the same botnets; a family that a person knows of is one."""
    for name in ("isp-a", "isp-b"):
        desk.house.submits(name, MANY)
    for name in ("isp-c", "isp-d"):
        grade_source(desk.as_("anna"), f"member:{name}", Method.SIGHTING, Grade.A, "group")
    groups = {each.name: each.group for each in desk.hears().heard.sources}

    assert groups["member:isp-a"] != groups["member:isp-b"]
    assert groups["member:isp-c"] == groups["member:isp-d"] == "family:group"


def test_members_that_never_submitted_are_several(desk: Desk) -> None:
    """One that only receives the list gives feedback, and puts its own name to it."""
    for name in ("isp-a", "isp-b", "isp-c"):
        desk.house.submits(name, SERVERS)
    desk.house.publishes()
    desk.house.epoch += 1
    for name in ("isp-d", "isp-e"):
        desk.house.sights(name, 1, {SERVERS[0]: Sighting.WRONG})
    groups = {each.name: each.group for each in desk.hears().heard.sources}

    assert groups["member:isp-d"] != groups["member:isp-e"]


def test_what_a_member_passes_on_is_the_word_of_the_list(desk: Desk) -> None:
    """It keeps its own voice for the rest."""
    desk.lists(ListKind.KNOWN_CC, "feed", "198.51.100.1,tcp,443", "198.51.100.2,tcp,443")
    for name, method in (("feed", Method.LIST), ("member:isp-a", Method.SIGHTING)):
        grade_source(desk.as_("anna"), name, method, Grade.B, "one house")
    desk.house.submits("isp-a", SERVERS)
    hearing = desk.hears()

    assert who(hearing, SERVERS[0]) == {"feed"}
    assert who(hearing, SERVERS[5]) == {"member:isp-a"}


def test_what_only_others_found_ages(desk: Desk) -> None:
    """Members speak of the present; a honeypot's finding of long ago may be of another server."""
    desk.house.submits("isp-a", SERVERS)
    desk.knows(SERVERS[0], observed_day=desk.today - 80)
    desk.knows(server(60), observed_day=desk.today)
    desk.knows(server(61), observed_day=desk.today - 30)
    fresh = desk.hears().heard.fresh.tolist()

    assert fresh[0] == fresh[6] == 1.0
    assert 0.0 < fresh[7] < 0.9


def test_pasts_have_the_newest_batches_in_them(desk: Desk) -> None:
    """What is kept of them after publication is the same again."""
    desk.next_epoch(a=SERVERS)
    desk.house.epoch += 1
    desk.house.submits("isp-a", SERVERS[1:])
    past = desk.hears().pasts["isp-a"]

    assert sorted(past.last - past.first) == [0, 1, 1, 1, 1, 1]


def crowd(member: int) -> list[Endpoint]:
    """Give more servers than a sample of a history holds, of one member's own."""
    return [
        Endpoint(parse_address(f"2001:db8:{member:x}::{each:x}"), 6, 443)
        for each in range(1, 2 * SAMPLE_MOST)
    ]


def test_who_names_many_is_known_to_have_named_it_later(desk: Desk) -> None:
    """Two echo a server, outside of any sample; people see it, and it ends with its lease."""
    crowds = {"d": crowd(1), "e": crowd(2)}
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS, **crowds)
    wanted, fewer = SERVERS[0], SERVERS[1:]
    echoed = {name: [*its, wanted] for name, its in crowds.items()}
    outcomes = []
    for number in range(1, 9):
        desk.house.epoch += 1
        for name, said in {"a": fewer, "b": fewer, "c": fewer, **echoed}.items():
            desk.house.submits(f"isp-{name}", said)
        if len(desk.listed()) == len(SERVERS):
            # The lines of an honest member meet it still.
            desk.house.sights("isp-a", number, {wanted: Sighting.CONFIRMED})
        desk.house.publishes()
        outcomes.append(desk.weighed()[wanted].outcome)

    assert len(desk.listed()) == len(SERVERS) - 1
    # While the statements of those who named it first still count, there is no echo.
    assert outcomes[-1] == "queue"
    assert outcomes.index("end") <= 8
    assert "queue" in outcomes[: outcomes.index("end")]


def test_who_named_it_before_it_was_listed_carries_it(desk: Desk) -> None:
    """And it does so however many others the member names."""
    many = crowd(1)
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS, d=[*many, *SERVERS])
    for _ in range(3):
        desk.next_epoch(d=[*many, *SERVERS], a=SERVERS, e=SERVERS)
    before = desk.hears().heard.before

    assert before.is_listed.sum() == len(SERVERS)
    assert not before.echoed.any()


def test_where_nobody_knows_who_named_it_first_it_may_be_an_echo(desk: Desk) -> None:
    """As after what was lost came back from a copy."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    with desk.house.home().casebook() as casebook:
        casebook.hub.forgetting.forget(
            DataClass.MEMBER_STATEMENTS, (desk.house.epoch + 1) * DAY_MS, 1
        )
    desk.house.epoch += 1
    for name in ("isp-a", "isp-b", "isp-c"):
        desk.house.submits(name, SERVERS)
    before = desk.hears().heard.before

    assert before.echoed.tolist() == [True] * len(SERVERS)
