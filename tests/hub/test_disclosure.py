"""Which counts may be told: whoever reads all that is told learns nothing that few said."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.disclosure import (
    SAYERS,
    UNKNOWN,
    as_parts,
    beside,
    beside_anybody,
    sayers,
    tellable,
)
from hinomi.hub.figures import First, Material, measure, told_to
from hinomi.hub.yearly import Year, compose
from hinomi.model.case import ServiceClass
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint, Sighting
from hubs import server

EPOCH: Final = 20_000
LEAST: Final = 3
READER: Final = "isp-a"
FEW: Final = ("isp-b", "isp-c")
NAMES: Final = (READER, *FEW, "isp-d", "isp-e", "isp-f", "isp-g", "isp-h")
STANDING: Final = tuple(server(each) for each in range(1, 9))
ENDED: Final = tuple(server(each) for each in range(9, 13))

_SERVERS: Final = st.sampled_from((*STANDING, *ENDED))
_SEEN: Final = st.dictionaries(_SERVERS, st.sampled_from(Sighting), max_size=8)
_NAMED: Final = st.frozensets(st.sampled_from(STANDING), max_size=8)
_FIRST: Final = st.builds(
    First, st.integers(EPOCH - 5, EPOCH - 1), st.frozensets(st.sampled_from(NAMES), min_size=1)
)


def _world(
    seen: list[dict[Endpoint, Sighting]],
    named: list[frozenset[Endpoint]],
    first: dict[Endpoint, First],
    taken: list[int],
) -> Material:
    return Material(
        number=5,
        epoch=EPOCH,
        standing=tuple(map(_entry, STANDING)),
        new=frozenset(STANDING),
        ended=frozenset(ENDED),
        first_named=first,
        oldest=EPOCH - 5,
        named=dict(zip(NAMES, named, strict=True)),
        seen=dict(zip(NAMES, seen, strict=True)),
        known=(),
        held=(),
        checked={},
        taken=dict(zip(NAMES, taken, strict=True)),
    )


def _entry(endpoint: Endpoint) -> Entry:
    return Entry(
        endpoint=endpoint,
        episode=1,
        since=EPOCH,
        modified=EPOCH,
        service_class=ServiceClass.DEDICATED,
        valid_until=EPOCH + 3,
    )


def _each(one: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(one, min_size=len(NAMES), max_size=len(NAMES))


WORLDS: Final = st.builds(
    _world,
    _each(_SEEN),
    _each(_NAMED),
    st.dictionaries(st.sampled_from(STANDING), _FIRST),
    _each(st.sampled_from((0, 2, 4))),
)


def shown(world: Material) -> tuple[dict[str, Any], Year]:
    """Give all that a member and the public are told."""
    told = measure(world)
    return told_to(told, READER, LEAST), compose([("2026-01-01", told)], least=LEAST)


# Two worlds that differ only in what few say.


@given(world=WORLDS, others=_each(_SEEN), kind=st.sampled_from(Sighting))
def test_of_what_few_see_nothing_can_be_seen(
    world: Material, others: list[dict[Endpoint, Sighting]], kind: Sighting
) -> None:
    """
    Where the reader and two others alone say so, what the two say changes no byte.

    But for a confirmation, by which what stands is less stale: that tells of all that name it.
    """
    seen = {
        name: {each: how for each, how in said.items() if name == READER or how is not kind}
        for name, said in world.seen.items()
    }
    one, two = (
        replace(world, seen=seen | dict(zip(FEW, of_few, strict=True)))
        for of_few in (
            [seen[name] for name in FEW],
            [
                {each: kind for each, how in said.items() if how is kind} | seen[name]
                for name, said in zip(FEW, others, strict=False)
            ],
        )
    )

    (member_one, page_one), (member_two, page_two) = shown(one), shown(two)

    if kind is Sighting.CONFIRMED:
        member_two["stale"] = member_one["stale"]
        page_two = replace(page_two, stale=page_one.stale)
    assert member_one == member_two
    assert page_one == page_two


@given(world=WORLDS, others=_each(_NAMED), first=st.dictionaries(st.sampled_from(STANDING), _FIRST))
def test_of_what_few_name_nothing_can_be_seen(
    world: Material, others: list[frozenset[Endpoint]], first: dict[Endpoint, First]
) -> None:
    """Where the reader and two others alone name anything, what the two name changes no byte."""
    of_few = frozenset((READER, *FEW))
    one, two = (
        replace(
            world,
            named={READER: world.named[READER], **dict(zip(FEW, named, strict=False))},
            first_named={
                each: First(found.epoch, found.by & of_few)
                for each, found in when.items()
                if found.by & of_few
            },
        )
        for named, when in (
            ([world.named[name] for name in FEW], world.first_named),
            (others, first),
        )
    )

    assert shown(one) == shown(two)


@given(world=WORLDS, taken=_each(st.sampled_from((0, 2, 4))))
def test_which_lists_few_use_cannot_be_seen(world: Material, taken: list[int]) -> None:
    """Where all others are up to date, two that are or are not change no byte."""
    now = dict.fromkeys(NAMES, 4)
    one, two = (
        replace(world, taken=now | dict(zip(FEW, of_few, strict=False)))
        for of_few in ((4, 4), taken)
    )

    assert shown(one) == shown(two)


# Whatever can be worked out from what is told, enough others stand behind.


def _beside(said: Mapping[str, Collection[Endpoint]], reader: str) -> int:
    """Count the others who say more than the reader does: the slow way."""
    own = {*said.get(reader, ())}
    return sum(bool({*found} - own) for name, found in said.items() if name != reader)


def _least_beside(said: Mapping[str, Collection[Endpoint]]) -> int:
    return min(_beside(said, name) for name in (*NAMES, "nobody"))


def _said(world: Material, kind: Sighting, among: Collection[Endpoint]) -> dict[str, set[Endpoint]]:
    return {
        name: {each for each, how in found.items() if how is kind and each in among}
        for name, found in world.seen.items()
    }


@pytest.mark.parametrize("is_page", [False, True], ids=["member", "page"])
@given(world=WORLDS)
def test_enough_stand_behind_all_that_can_be_worked_out(world: Material, is_page: bool) -> None:  # noqa: FBT001 - a parameter.
    """Counts, sums of counts, and what is left of the wholes that everybody knows."""
    told = measure(world)
    found = tellable(told, beside_anybody if is_page else beside(READER), LEAST)

    def behind(said: Mapping[str, Collection[Endpoint]]) -> int:
        return _least_beside(said) if is_page else _beside(said, READER)

    both = (*STANDING, *ENDED)
    for kind in Sighting:
        if found.sightings[kind.value] is not None:
            assert behind(_said(world, kind, both)) >= LEAST
    for kind in (Sighting.WRONG, Sighting.GONE):
        parts = found.feedback[kind.value]
        for became, among in (("ended", ENDED), ("stands", STANDING)):
            # Each part is told, or is what the sum leaves.
            if parts[became] is not None or found.sightings[kind.value] is not None:
                assert behind(_said(world, kind, among)) >= LEAST
    if found.stale is not None:
        confirmed = _said(world, Sighting.CONFIRMED, STANDING)
        anybody = {each for said in confirmed.values() for each in said}
        either = {name: {*world.named[name], *confirmed[name]} for name in NAMES}
        assert behind(either) >= LEAST
        assert behind({name: {*world.named[name]} - anybody for name in NAMES}) >= LEAST
    _require_parts(world, found.waited, behind)


def _require_parts(
    world: Material,
    waited: Mapping[str, int],
    behind: Callable[[Mapping[str, Collection[Endpoint]]], int],
) -> None:
    """Each part that is told, and the rest of all new ones."""
    named: dict[str, dict[str, set[Endpoint]]] = {}
    sizes: dict[str, int] = {}
    for each in world.new:
        first = world.first_named.get(each)
        is_known = first is not None and first.epoch > world.oldest
        epochs = str(EPOCH - first.epoch) if first is not None and is_known else UNKNOWN
        sizes[epochs] = sizes.get(epochs, 0) + 1
        for name in () if first is None else first.by:
            named.setdefault(epochs, {}).setdefault(name, set()).add(each)
    told = as_parts(waited, len(world.new))
    for epochs, count in told.items():
        assert count == sizes[epochs]
        assert behind(named[epochs]) >= LEAST
    rest = [each for each in sizes if each not in told]
    if told and rest:
        left = {
            name: {one for each in rest for one in named.get(each, {}).get(name, ())}
            for name in NAMES
        }
        assert behind(left) >= LEAST


# The pieces.

_BITS: Final = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 255))


@given(said=_BITS, reader=st.sampled_from((*NAMES, "ministry")))
def test_who_stands_behind_a_count_says_more_than_its_reader(
    said: dict[str, int], reader: str
) -> None:
    """Whoever says nothing, or no more than the reader, does not; the page counts for all."""
    sets = {name: {each for each in range(8) if bits >> each & 1} for name, bits in said.items()}
    found = sayers(said)

    def others(name: str) -> int:
        own = sets.get(name, set())
        return sum(bool(each - own) for other, each in sets.items() if other != name)

    assert beside(reader)(found) == others(reader)
    assert beside_anybody(found) == min(others(each) for each in (*sets, "ministry"))


@given(
    waited=st.dictionaries(st.integers(1, 9).map(str) | st.just(UNKNOWN), st.integers(1, 9)),
    more=st.integers(0, 9),
)
def test_the_rest_of_a_known_whole_is_never_what_was_left_out_alone(
    waited: dict[str, int], more: int
) -> None:
    """One part that might be told goes with it, the smallest; or nothing is told."""
    told = as_parts(waited, sum(waited.values()) + more)

    timed = {each: count for each, count in waited.items() if each != UNKNOWN}
    gone = waited.keys() - told.keys()
    assert told.items() <= waited.items()
    if not more:
        assert not gone
    elif timed:
        assert [waited[each] for each in gone] == [min(timed.values())]
    else:
        assert told == {}


def test_without_who_stands_behind_nothing_is_told() -> None:
    """As of lists that an older version counted."""
    world = _world([{}] * 8, [frozenset(STANDING)] * 8, {}, [4] * 8)
    told = {name: value for name, value in measure(world).items() if name != SAYERS}

    found = tellable(told, beside(READER), LEAST)

    assert (found.stale, found.waited, set(found.sightings.values())) == (None, {}, {None})
