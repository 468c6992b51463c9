"""Batches as columns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hinomi.hub.rule import CLASSES
from hinomi.hub.servers import Servers
from hinomi.hub.voices import METHODS
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.statement import Deed, Endpoint, Sighting, Statement
from hinomi.services.home import Home
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.statements import NO_CLASS, SIGHTINGS, Spoken, spoken
from hinomi.share.canonical import digest
from hinomi.share.submission import render_submission
from hinomi.store.hub.batches import Batch
from hubs import HubHouse, Node, server

SERVERS = [server(number) for number in range(1, 8)]


@pytest.fixture(name="house")
def a_hub_with_two_members(tmp_path: Path) -> HubHouse:
    """Make a hub."""
    house = HubHouse.found(tmp_path / "hub")
    house.let_in(Node("isp-a"), Node("isp-b"))
    return house


def heard(
    house: HubHouse, deed: Deed = Deed.SUBMISSION, members: tuple[str, ...] = ("isp-a", "isp-b")
) -> tuple[Spoken, ...]:
    """Read the newest batches."""
    home = house.home()
    with home.casebook() as casebook:
        return spoken(home, casebook, present_epoch(home), members, deed)


def endpoints(said: Spoken) -> list[Endpoint]:
    """Give the servers of a batch."""
    columns = said.columns
    return Servers(columns).endpoints(range(columns.size))


def put(house: HubHouse, body: bytes, media: str = "json") -> None:
    """Keep a batch of isp-a, past the door."""
    batch = Batch(
        member="isp-a", deed=Deed.SUBMISSION, epoch=house.spoken_of, media=media,
        digest=digest(body), note=f"{digest(body)}\n", body=body, statements=0, entry=0,
    )  # fmt: skip
    with house.home().casebook() as casebook:
        casebook.hub.batches.add(batch)


def lists(house: HubHouse) -> None:
    """Let all servers be on the list, and an epoch go by."""
    for name in ("isp-c", "isp-d", "isp-e"):
        if name not in house.nodes:
            house.let_in(Node(name))
    for name in house.nodes:
        house.submits(name, SERVERS)
    house.publishes()
    house.epoch += 1


def give(home: Home, *fields: str) -> Home:
    """Let the register have these judgements on."""
    register = home.register
    for name in fields:
        register = register.with_value(f"share.give_{name}", 1, decided_by="a test")
    return type(home)(home.folder, home.config, register, home.clock)


def test_the_newest_batch_of_each_member_speaks(house: HubHouse) -> None:
    """By member, and nobody else's."""
    house.submits("isp-b", SERVERS)
    house.submits("isp-a", SERVERS[:5])
    house.epoch += 1
    house.submits("isp-a", SERVERS[1:6])

    a, b = heard(house)
    assert (a.member, a.epoch, endpoints(a)) == ("isp-a", house.spoken_of, SERVERS[1:6])
    assert (b.member, b.epoch, endpoints(b)) == ("isp-b", house.spoken_of - 1, SERVERS)
    assert [each.member for each in heard(house, members=("isp-b",))] == ["isp-b"]


def test_what_is_too_old_says_nothing(house: HubHouse) -> None:
    """A node that is down for hub.statement_epochs takes its findings back by that."""
    house.submits("isp-a", SERVERS)
    house.epoch += 2
    assert len(heard(house)) == 1
    house.epoch += 1
    assert heard(house) == ()


def test_csv_says_the_same_as_json(house: HubHouse) -> None:
    """As small providers upload it."""
    rows = "".join(f"198.51.100.{number},tcp,443\n" for number in range(1, 8))
    put(house, f"address,protocol,port\n{rows}".encode(), "csv")

    assert endpoints(heard(house)[0]) == SERVERS


def test_judgements_count_as_long_as_the_register_has_them_on(house: HubHouse) -> None:
    """A batch that was taken in with them stays readable when they are turned off again."""
    said = [
        Statement(endpoint=SERVERS[0], service_class=ServiceClass.DEDICATED),
        Statement(endpoint=SERVERS[1], methods=(Method.FLOW, Method.HONEYPOT)),
        Statement(endpoint=SERVERS[2], methods=(Method.HONEYPOT, Method.LIST)),
        Statement(endpoint=SERVERS[3], methods=(Method.PASSIVE_DNS,)),
    ]
    put(house, render_submission(said, house.spoken_of, 1))
    flow, pots = METHODS.index(Method.SIGHTING), METHODS.index(Method.HONEYPOT)

    (off,) = heard(house)
    assert off.service_class.tolist() == [NO_CLASS] * 4
    assert off.method.tolist() == [flow] * 4
    home = give(house.home(), "class", "methods")
    with home.casebook() as casebook:
        (on,) = spoken(home, casebook, present_epoch(home), {"isp-a"}, Deed.SUBMISSION)
    dedicated = CLASSES.index(ServiceClass.DEDICATED)
    assert on.service_class.tolist() == [dedicated, NO_CLASS, NO_CLASS, NO_CLASS]
    assert on.method.tolist() == [flow, flow, pots, flow]


def test_sightings_are_read_as_categories(house: HubHouse) -> None:
    """Of the newest batch of them."""
    lists(house)
    house.sights("isp-b", 1, dict(zip(SERVERS, Sighting, strict=False)))

    (said,) = heard(house, Deed.SIGHTINGS)
    assert endpoints(said) == SERVERS[:4]
    assert [SIGHTINGS[place] for place in said.sighting] == list(Sighting)
    assert said.method.size == said.service_class.size == np.zeros(0).size


def test_what_was_said_of_an_earlier_listing_does_not_count(house: HubHouse) -> None:
    """A server that is listed anew is so since then: that it was gone before says nothing."""
    lists(house)
    house.sights("isp-b", 1, {SERVERS[0]: Sighting.GONE, SERVERS[1]: Sighting.GONE})
    with house.home().casebook() as casebook:
        newest, standing = casebook.hub.snapshots.newest(), casebook.hub.snapshots.standing()
        assert newest is not None
        anew = replace(standing[0], episode=2, since=house.epoch, modified=house.epoch)
        following = replace(newest, number=2, epoch=house.epoch, previous=newest.digest)
        casebook.hub.snapshots.publish(following, [anew])

    (said,) = heard(house, Deed.SIGHTINGS)
    assert endpoints(said) == [SERVERS[1]]
