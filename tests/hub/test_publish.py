"""From what shall be listed to the next entries: the same for all, and blind to clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.publish import Changes, carry_on, next_entries, snapshot_of, valid_until
from hinomi.model.case import ServiceClass
from hinomi.model.snapshot import NO_PREVIOUS, Entry
from hinomi.model.statement import Endpoint
from hubs import server
from statements import EPOCHS, LISTABLE

WANTED = st.dictionaries(st.integers(0, 9).map(server), LISTABLE, max_size=10)
LEASES = st.integers(1, 30)


def run(
    wishes: list[dict[Endpoint, ServiceClass]], lease: int, first: int = 20_000
) -> list[Changes]:
    """Let several epochs go by, one after the other."""
    standing: tuple[Entry, ...] = ()
    episodes: dict[Endpoint, int] = {}
    found = []
    for epoch, wanted in enumerate(wishes, first):
        changes = next_entries(standing, wanted, episodes, epoch=epoch, lease_epochs=lease)
        standing = changes.standing
        episodes |= {each.endpoint: each.episode for each in changes.versions}
        found.append(changes)
    return found


@given(epoch=EPOCHS, lease=LEASES)
def test_a_lease_is_never_longer_than_registered_and_never_spent(epoch: int, lease: int) -> None:
    """It holds for at least half as long, and its end never moves back."""
    until = valid_until(epoch, lease)

    assert epoch <= until < epoch + lease
    assert until - epoch >= (lease - 1) // 2
    assert until <= valid_until(epoch + 1, lease)


@given(wishes=st.lists(WANTED, min_size=1, max_size=8), lease=LEASES)
def test_what_is_wanted_stands_and_nothing_else(
    wishes: list[dict[Endpoint, ServiceClass]], lease: int
) -> None:
    """In every epoch, each with its class, and all until the same one: it tells of no server."""
    for epoch, (wanted, changes) in enumerate(zip(wishes, run(wishes, lease), strict=True), 20_000):
        assert {each.endpoint: each.service_class for each in changes.standing} == wanted
        assert {each.valid_until for each in changes.standing} <= {valid_until(epoch, lease)}
        assert list(changes.standing) == sorted(changes.standing)
        assert not any(each.is_revoked for each in changes.standing)


@given(wishes=st.lists(WANTED, min_size=1, max_size=8), lease=LEASES)
def test_each_version_is_told_once(wishes: list[dict[Endpoint, ServiceClass]], lease: int) -> None:
    """Of an episode one an epoch at most; what stood and stands no more is revoked at once."""
    seen: set[tuple[Endpoint, int, int]] = set()
    before: tuple[Entry, ...] = ()
    for epoch, changes in enumerate(run(wishes, lease), 20_000):
        keys = [(each.endpoint, each.episode, each.modified) for each in changes.versions]
        assert len({*keys}) == len(keys)
        assert not seen & {*keys}
        seen |= {*keys}
        assert {each.modified for each in changes.versions} <= {epoch}
        gone = {each.endpoint for each in before} - {each.endpoint for each in changes.standing}
        assert {each.endpoint for each in changes.ended} == gone
        # A version is new, or it is the one of before: nothing changes unseen.
        assert {*changes.standing} == {*changes.standing} & ({*before} | {*changes.versions})
        before = changes.standing


@given(wishes=st.lists(WANTED, min_size=1, max_size=8), lease=LEASES)
def test_an_episode_begins_when_a_server_comes_and_counts_on(
    wishes: list[dict[Endpoint, ServiceClass]], lease: int
) -> None:
    """From 1, without a gap, and *since* is the epoch in which it began."""
    episodes: dict[Endpoint, int] = {}
    stood: set[Endpoint] = set()
    for epoch, changes in enumerate(run(wishes, lease), 20_000):
        for each in changes.standing:
            if each.endpoint not in stood:
                assert (each.since, each.episode) == (epoch, episodes.get(each.endpoint, 0) + 1)
                episodes[each.endpoint] = each.episode
            assert each.episode == episodes[each.endpoint]
        stood = {each.endpoint for each in changes.standing}


def test_what_ended_says_until_when_it_held() -> None:
    """The epoch before the one in which it is told."""
    _, changes = run([{server(1): ServiceClass.DEDICATED}, {}], 7)

    (ended,) = changes.ended
    assert (ended.since, ended.modified, ended.valid_until) == (20_000, 20_001, 20_000)
    assert ended.is_revoked


def test_a_list_that_stays_is_not_published_anew_every_epoch() -> None:
    """Validity grows in steps of half a lease: in between nothing is new."""
    wishes = [{server(1): ServiceClass.DEDICATED}] * 9

    versions = [len(each.versions) for each in run(wishes, 6, first=20_001)]

    assert versions == [1, 0, 0, 1, 0, 0, 1, 0, 0]


def test_another_class_is_another_version() -> None:
    """Of the same episode."""
    first, second = ServiceClass.DEDICATED, ServiceClass.COMPROMISED
    _, changes = run([{server(1): first}, {server(1): second}], 6, first=20_000)

    assert [(each.episode, each.service_class) for each in changes.versions] == [(1, second)]


@given(wanted=WANTED, epoch=EPOCHS)
def test_a_snapshot_holds_what_stands(wanted: dict[Endpoint, ServiceClass], epoch: int) -> None:
    """In order, whatever order the entries are given in."""
    changes = carry_on((), wanted, {}, epoch=epoch, until=epoch)

    one, other = (
        snapshot_of(
            entries, hub="h/list", number=1, epoch=epoch, epoch_days=1, previous=NO_PREVIOUS
        )
        for entries in (changes.standing, changes.standing[::-1])
    )

    assert one == other
    assert len(one.listings) == len(wanted)


def test_a_lease_of_no_epoch_is_the_callers_bug() -> None:
    """Nothing would hold at all."""
    with pytest.raises(ValueError, match="lease"):
        valid_until(1, 0)
