"""What a list came to, in counts, and what one member may know of it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.figures import NEVER, First, Material, measure, told_to
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
        first_named={server(1): First(EPOCH - 2, frozenset({"isp-a", "isp-b"}))},
        oldest=EPOCH - 30,
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
    both, first = frozenset({server(1), server(2)}), First(EPOCH - 30, frozenset({"isp-a"}))
    told = measure(material(new=both, first_named={server(1): first}))

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


def test_who_is_no_member_is_told_nothing_of_itself() -> None:
    """A ministry, say, that the register admits to the figures."""
    assert told_to(measure(material()), "ministry", 3)["you"] is None


def test_a_world_without_anything_has_figures() -> None:
    """A hub on its first day."""
    empty: frozenset[Endpoint] = frozenset()
    told = measure(material(standing=(), new=empty, ended=empty, named={}, seen={}, taken={}))

    assert told["listed"] == 0
    assert told_to(told, "isp-a", 3)["sightings"] is None


def all_say(count: int, **changed: Any) -> dict[str, Any]:
    """Count a list of 20 servers on which *count* members say all that can be said."""
    names = [f"isp-{each}" for each in range(count)]
    ended = frozenset(map(server, range(21, 41)))
    said = dict(zip(map(server, range(1, 5)), Sighting, strict=True))
    said |= dict.fromkeys(map(server, range(21, 31)), Sighting.WRONG)
    said |= dict.fromkeys(map(server, range(31, 41)), Sighting.GONE)
    found = material(
        standing=tuple(entry(each) for each in range(1, 21)), ended=ended,
        new=frozenset(map(server, range(1, 21))),
        first_named={
            server(each): First(EPOCH - 1, frozenset(names)) for each in range(1, 21)
        },
        named={name: set(map(server, range(4, 16))) for name in names},
        seen=dict.fromkeys(names, said), taken=dict.fromkeys(names, 4),
    )  # fmt: skip
    return measure(replace(found, **changed))


def test_what_enough_others_say_is_told() -> None:
    """Rounded, and what is below the least count as fewer than that."""
    shown = told_to(all_say(4), "ministry", 4)

    assert shown["sightings"] == {
        "confirmed": {"fewer_than": 4}, "not-seen": {"fewer_than": 4},
        "wrong": {"about": 11}, "gone": {"about": 11},
    }  # fmt: skip
    assert shown["feedback"] == {
        each: {"ended": {"about": 10}, "stands": {"fewer_than": 4}} for each in ("wrong", "gone")
    }
    assert (shown["waited"], shown["stale"]) == ({"1": {"about": 20}}, {"about": 7})


def test_whoever_says_the_same_as_all_others_is_told_nothing_of_them() -> None:
    """Its own part taken away, nothing is left that anybody stands behind."""
    shown = told_to(all_say(9), "isp-0", 4)

    assert [shown[each] for each in ("sightings", "feedback", "waited", "stale")] == [None] * 4
    assert shown["you"]["wrong"] == 11


def test_what_one_other_denies_is_not_told_though_many_speak() -> None:
    """Seven submit findings, and one of them alone denies 13 servers."""
    names = [f"isp-{each}" for each in range(7)]
    servers = [server(each) for each in range(1, 31)]
    told = measure(
        material(
            standing=tuple(entry(each) for each in range(1, 31)), ended=frozenset(),
            new=frozenset(), first_named={}, named=dict.fromkeys(names, servers),
            seen={"isp-1": dict.fromkeys(servers[:13], Sighting.WRONG)},
            taken=dict.fromkeys(names, 4),
        )
    )  # fmt: skip

    shown = told_to(told, "isp-0", 5)

    assert (told["sightings"]["wrong"], told["feedback"]["wrong"]["stands"]) == (13, 13)
    assert (shown["sightings"], shown["feedback"]) == (None, None)
    assert "13" not in json.dumps(shown)


@pytest.mark.parametrize("late", range(3))
def test_how_many_lag_behind_is_told_from_the_least_count_on(late: int) -> None:
    """Nobody, one or two of the others look the same; of three it is told, and of itself."""
    names = [f"isp-{each}" for each in range(9)]
    few = measure(material(taken=dict.fromkeys(names, 4) | dict.fromkeys(names[:late], 0)))
    many = measure(material(taken=dict.fromkeys(names, 4) | dict.fromkeys(names[:4], 0)))
    none = measure(material(taken=dict.fromkeys(names, 0)))

    assert told_to(few, "isp-8", 3)["reached"] == {"late": {"fewer_than": 3}}
    assert told_to(many, "isp-8", 3)["reached"] == {"late": {"about": 4}}
    assert told_to(many, "isp-0", 3)["reached"] == {"late": {"about": 4}}
    assert told_to(none, "isp-8", 3)["reached"] is None


def test_figures_of_an_older_version_tell_nothing_of_others() -> None:
    """They do not say who stands behind what."""
    old = {name: value for name, value in all_say(9).items() if name != "sayers"}

    shown = told_to(old, "ministry", 3)

    assert [shown[each] for each in ("sightings", "feedback", "waited", "stale")] == [None] * 4
    assert (shown["listed"], shown["reached"]) == (20, {"late": {"fewer_than": 3}})
