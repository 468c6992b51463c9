"""Of each server on the hub's list one word goes back, and no time, no count, no line."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from docket import manned
from hinomi.cli.servers import read_endpoint
from hinomi.clock import wall_clock
from hinomi.errors import ConfigError, NotFound, NotPermitted, Unavailable
from hinomi.model.statement import Deed, Sighting
from hinomi.services.membership.judging import judge
from hinomi.services.membership.met import NO_LIST, Behind, Met, put_met
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.sending import all_waiting
from hinomi.services.membership.sighting import give_feedback, plan_sightings
from household import DAY_MS, Household
from standin import SERVERS, StandIn, epoch_at

FIRST = read_endpoint(SERVERS[0], "tcp", 443)


@pytest.fixture(name="pulled")
def a_house_with_the_list(house: Household, hub: StandIn) -> Household:
    """Give a home that has the hub's list."""
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    return house


def looks(house: Household, *met: int, **changed: int | Behind) -> None:
    """Let detection have looked at the list, and enough lines have met some of it."""
    today = house.clock() // DAY_MS
    seen = Met(
        number=1, lines_least=5, met=list(met), at_least=1, epoch=today - 1, watched=Behind.MORE
    )
    put_met(house.home(), replace(seen, **changed))


def said(hub: StandIn) -> list[str]:
    """Give what the hub was told of each server, by address."""
    body = json.loads(hub.batches[Deed.SIGHTINGS, hub.spoken_of])
    assert set(body) == {"format", "epoch", "snapshot", "sightings"}
    rows = body["sightings"]
    assert all(set(each) == {"address", "protocol", "port", "sighting"} for each in rows)
    return [each["sighting"] for each in rows]


def test_every_server_has_one_word(pulled: Household, hub: StandIn) -> None:
    """Met by enough lines, or not seen: by nobody, or by too few to be told."""
    looks(pulled, 0, 3)

    done = give_feedback(pulled.home())

    assert said(hub) == [
        "confirmed", "not-seen", "not-seen", "confirmed", "not-seen", "not-seen",
    ]  # fmt: skip
    assert (done.sent.statements, done.was_sent) == (6, False)
    begins = next(each for each in pulled.entries() if each["operation"] == "listings feedback")
    assert begins == begins | {
        "confirmed": 2, "not-seen": 4, "wrong": 0, "gone": 0, "at_lines_least": 1, "number": 1,
    }  # fmt: skip
    assert "203.0.113" not in json.dumps(begins)


def test_what_people_found_goes_before(pulled: Household, hub: StandIn) -> None:
    """Also where lines met it; the reason stays here."""
    looks(pulled, 0, 1)
    judge(pulled.act_as("anna"), FIRST, Sighting.WRONG, "a mail server of a school")

    give_feedback(pulled.act_as("oda"))

    assert said(hub)[:3] == ["wrong", "confirmed", "not-seen"]
    assert b"school" not in hub.batches[Deed.SIGHTINGS, hub.spoken_of]


def test_it_is_said_again_in_each_epoch(pulled: Household, hub: StandIn) -> None:
    """For as long as the server is on the list."""
    judge(pulled.act_as("anna"), FIRST, Sighting.GONE, "it was seized")
    for _ in range(2):
        looks(pulled)
        give_feedback(pulled.act_as("oda"))
        assert said(hub)[0] == "gone"
        pulled.later(DAY_MS)
        hub.spoken_of += 1
    assert len(hub.batches) == 2


@pytest.mark.parametrize(
    "looked",
    [
        None,
        {"ago": 2},
        {"ago": 0},
        {"number": 7},
        {"number": NO_LIST},
        {"lines_least": 4},
        {"lines_least": 6},
    ],
    ids=[
        "never",
        "an epoch before",
        "of an epoch that is not over",
        "at another list",
        "at none",
        "by a weaker rule",
        "by a stronger rule",
    ],
)
def test_who_did_not_look_has_not_not_seen(
    pulled: Household, hub: StandIn, looked: dict[str, int] | None
) -> None:
    """Nothing is sent, but for what people found."""
    if looked is not None:
        today = pulled.clock() // DAY_MS
        others = {name: value for name, value in looked.items() if name != "ago"}
        looks(pulled, 0, **{**others, "epoch": today - looked.get("ago", 1)})
    with pytest.raises(Unavailable, match="hinomi detect"):
        give_feedback(pulled.home())
    assert hub.batches == {}

    judge(pulled.act_as("anna"), FIRST, Sighting.WRONG, "a mail server")
    give_feedback(pulled.act_as("oda"))
    assert said(hub) == ["wrong"]


def test_who_watched_too_few_lines_has_not_looked(pulled: Household, hub: StandIn) -> None:
    """What few lines did in the epoch tells of no list; where exactly enough show, that is told."""
    looks(pulled, 0, watched=Behind.FEW)
    with pytest.raises(Unavailable, match="fewer than 5 lines show in the records of 2027-01-14"):
        give_feedback(pulled.home())
    judge(pulled.act_as("anna"), FIRST, Sighting.WRONG, "a mail server")
    home = pulled.act_as("oda")
    assert plan_sightings(home).facts == {
        "number": 1, "confirmed": 0, "not-seen": 0, "wrong": 1, "gone": 0, "has_looked": False,
        "at_lines_least": 0, "epoch_at_lines_least": False,
    }  # fmt: skip

    looks(pulled, 0, watched=Behind.EXACTLY)
    give_feedback(home)

    assert said(hub) == ["wrong", *["not-seen"] * 5]
    begins = next(each for each in pulled.entries() if each["operation"] == "listings feedback")
    assert begins["epoch_at_lines_least"] is True


def test_what_detection_looked_at_is_spoken_of(pulled: Household, hub: StandIn) -> None:
    """Where a newer list came since: nobody has looked at that one."""
    pulled.later(DAY_MS)
    hub.spoken_of += 1
    looks(pulled, 5)
    hub.publish((), epoch_at(pulled.home()))
    pull(pulled.home())

    give_feedback(pulled.home())

    assert said(hub)[5] == "confirmed"
    assert json.loads(hub.batches[Deed.SIGHTINGS, hub.spoken_of])["snapshot"] == 1


def test_once_an_epoch_and_the_same_bytes(pulled: Household, hub: StandIn) -> None:
    """A sending that was cut off is repeated, whatever was met since."""
    looks(pulled, 0)
    hub.drop_after_taking = 3
    with pytest.raises(Unavailable):
        give_feedback(pulled.home())
    assert len(all_waiting(pulled.home(), Deed.SIGHTINGS)) == 1
    looks(pulled, 0, 1, 2)

    assert not give_feedback(pulled.home()).was_sent
    assert said(hub).count("confirmed") == 1
    assert give_feedback(pulled.home()).was_sent


def test_what_came_too_late_is_let_go(pulled: Household, hub: StandIn) -> None:
    """The batch of the present epoch goes all the same."""
    looks(pulled, 0)
    hub.busy = 3
    with pytest.raises(Unavailable):
        give_feedback(pulled.home())
    pulled.later(DAY_MS)
    hub.spoken_of += 1
    looks(pulled, 0)

    done = give_feedback(pulled.home())

    assert len(done.refused) == 1
    assert [epoch for _, epoch in hub.batches] == [hub.spoken_of]


def test_a_plan_sends_nothing(pulled: Household, hub: StandIn) -> None:
    """It counts."""
    looks(pulled, 0, 3)
    hub.asked.clear()

    assert plan_sightings(pulled.home()).facts == {
        "number": 1, "confirmed": 2, "not-seen": 4, "wrong": 0, "gone": 0, "has_looked": True,
        "at_lines_least": 1, "epoch_at_lines_least": False,
    }  # fmt: skip
    assert hub.asked == []


def test_without_a_list_there_is_nothing_to_say(house: Household) -> None:
    """Pull first."""
    with pytest.raises(NotFound, match="listings pull"):
        give_feedback(house.home())


def test_a_list_that_is_damaged_is_fetched_anew(pulled: Household) -> None:
    """What mends it is said to whoever speaks of the list, not that detection should run."""
    (path,) = (pulled.folder / "hub" / "lists").iterdir()
    path.write_bytes(b"")

    with pytest.raises(ConfigError, match="`hinomi listings pull` fetches it anew"):
        give_feedback(pulled.home())
    with pytest.raises(ConfigError, match="`hinomi listings pull` fetches it anew"):
        judge(pulled.act_as("anna"), FIRST, Sighting.WRONG, "a mail server of a school")


def test_a_laboratory_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can share nothing (R3)."""
    house = manned(tmp_path / "home", monkeypatch, wall_clock, sampling=1)

    for act in (give_feedback, plan_sightings):
        with pytest.raises(NotPermitted, match="a laboratory can share nothing"):
            act(house.home())
