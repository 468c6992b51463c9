"""What a list came to, in counts, and what one member may know of it."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.figures import NEVER, Material, measure, told_to
from hinomi.model.case import ServiceClass
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint, Sighting
from hubs import server

EPOCH = 20_000
NAMES = ("isp-a", "isp-b", "isp-c", "isp-d", "isp-e")
SERVERS = st.integers(1, 12).map(server)
SEEN = st.dictionaries(SERVERS, st.sampled_from(Sighting), max_size=8)


def entry(number: int, since: int = EPOCH, **changed: Any) -> Entry:
    """Describe what stands."""
    plain = Entry(
        endpoint=server(number), episode=1, since=since, modified=EPOCH,
        service_class=ServiceClass.DEDICATED, valid_until=EPOCH + 3,
    )  # fmt: skip
    return replace(plain, **changed)


def material(**changed: Any) -> Material:
    """Describe a list of three servers, of which one is new and one more ended."""
    plain = Material(
        number=5, epoch=EPOCH, standing=(entry(1), entry(2, EPOCH - 9), entry(3, EPOCH - 9)),
        new=frozenset({server(1)}), ended=frozenset({server(4)}),
        first_named={server(1): EPOCH - 2}, oldest=EPOCH - 30,
        named={"isp-a": {server(1), server(2)}, "isp-b": {server(1)}},
        seen={"isp-a": {server(2): Sighting.CONFIRMED, server(4): Sighting.WRONG}},
        known=(), held=(), checked={}, taken={"isp-a": 4, "isp-b": 2, "isp-c": 0},
    )  # fmt: skip
    return replace(plain, **changed)


def test_a_list_is_counted() -> None:
    """What stands, came and went; who names and who confirms it; how far each member is."""
    told = measure(material())

    assert (told["listed"], told["new"], told["ended"]) == (3, 1, 1)
    assert told["waited"] == {"2": 1}
    assert told["unique"] == 1
    assert told["stale"] == 1  # Nobody names or confirms number 3.
    assert told["sightings"] == {"confirmed": 1, "not-seen": 0, "wrong": 1, "gone": 0}
    assert told["feedback"]["wrong"] == {"ended": 1, "stands": 0}
    assert told["reached"] == {"now": 1, "behind": 1, "never": 1}
    assert told["members"]["isp-a"] == {
        "named": 2, "confirmed": 1, "not-seen": 0, "wrong": 1, "gone": 0, "behind": 0,
    }  # fmt: skip
    assert told["members"]["isp-c"]["behind"] == NEVER
    json.dumps(told)


def test_where_others_may_be_hurt_is_told() -> None:
    """A host that somebody abuses, and one that a list of what is benign covers."""
    abused = entry(2, service_class=ServiceClass.COMPROMISED)

    told = measure(material(standing=(entry(1), abused), held={server(1), server(9)}))

    assert (told["compromised"], told["held"]) == (1, 1)


def test_what_a_list_of_others_has_is_not_unique() -> None:
    """Of the new ones alone."""
    assert measure(material(known={server(1), server(2)}))["unique"] == 0


def test_what_was_named_before_anything_is_kept_waited_unknown_long() -> None:
    """It may have been named long before; and what nobody named came by another way."""
    both = frozenset({server(1), server(2)})
    told = measure(material(new=both, first_named={server(1): EPOCH - 30}))

    assert told["waited"] == {"unknown": 2}


def test_checked_answers_are_counted_right_and_wrong() -> None:
    """As people last found it."""
    told = measure(material(checked={server(1): True, server(4): False, server(7): True}))

    assert told["checked"] == {"right": 2, "wrong": 1}


WORLDS = st.builds(
    lambda seen, named: material(
        seen=dict(zip(NAMES, seen, strict=False)),
        named=dict(zip(NAMES, named, strict=False)),
        taken=dict.fromkeys(NAMES, 4),
    ),
    st.lists(SEEN, min_size=5, max_size=5),
    st.lists(st.sets(SERVERS, max_size=8), min_size=5, max_size=5),
)


@given(world=WORLDS)
def test_a_member_is_told_of_itself_and_of_no_other(world: Material) -> None:
    """Neither the name of another, nor its counts."""
    told = measure(world)

    shown = told_to(told, "isp-a", 3)

    assert shown["you"] == told["members"]["isp-a"]
    assert not any(name in json.dumps(shown) for name in NAMES)
    assert "members" not in shown
    assert "speakers" not in shown


@given(world=WORLDS, other=WORLDS)
def test_where_few_others_speak_their_words_change_nothing(
    world: Material, other: Material
) -> None:
    """Two worlds that differ in what one other member says look the same to the first one."""
    few = {"isp-a", "isp-b"}
    one, two = (
        replace(
            world,
            seen={name: each for name, each in said.seen.items() if name in few}
            | {"isp-a": world.seen["isp-a"]},
            named={name: each for name, each in said.named.items() if name in few}
            | {"isp-a": world.named["isp-a"]},
        )
        for said in (world, other)
    )

    assert told_to(measure(one), "isp-a", 3) == told_to(measure(two), "isp-a", 3)


@given(world=WORLDS)
def test_counts_over_members_are_coarse(world: Material) -> None:
    """What is below the least count is said to be below it, and no more."""
    told = measure(world)

    shown = told_to(told, "isp-a", 4)

    for name, count in told["sightings"].items():
        wanted = {"fewer_than": 4} if 0 < count < 4 else {"about": count}
        assert shown["sightings"][name] == wanted


def test_who_is_no_member_is_told_nothing_of_itself() -> None:
    """A ministry, say, that the register admits to the figures."""
    assert told_to(measure(material()), "ministry", 3)["you"] is None


def test_a_world_without_anything_has_figures() -> None:
    """A hub on its first day."""
    empty: frozenset[Endpoint] = frozenset()
    told = measure(material(standing=(), new=empty, ended=empty, named={}, seen={}, taken={}))

    assert told["listed"] == 0
    assert told_to(told, "isp-a", 3)["sightings"] is None
