"""Whom a member copies, and what it only passes on."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.kinship import SAMPLE_MOST, Kin, Past, kin_of, numbers_of
from hinomi.hub.servers import Columns
from hinomi.model.address import Address
from hinomi.model.statement import Endpoint
from hinomi.verify.copying import Copying
from poisonings import Attack, Setting, Story
from poisonings import endpoint as made_up

NEVER = -(2**40)


def numbers(servers: Iterable[int]) -> np.ndarray:
    """Number the addresses of made-up servers."""
    return numbers_of(Columns.of(map(made_up, servers)))


def past_of(epochs: Iterable[Iterable[int]]) -> Past:
    """Give the past of who named these servers in one epoch after another."""
    past = Past.nothing()
    for epoch, servers in enumerate(epochs):
        past = past.then(numbers(servers), epoch, forget_before=NEVER)
    return past


def kin(members: dict[str, Past], lists: dict[str, Past] | None = None, **changed: object) -> Kin:
    """Compare sources."""
    given_: dict[str, object] = {
        "wrong": (), "families": {}, "copying": Copying(), "epoch_days": 1, "rare": 3,
    }  # fmt: skip
    return kin_of(members, lists or {}, **(given_ | changed))  # type: ignore[arg-type]


@pytest.fixture(name="honest", scope="module")
def twelve_honest_members() -> dict[str, list[frozenset[int]]]:
    """Let twelve members find servers for 90 epochs, most of them on the very day."""
    story = Story(
        Setting(seed=4, attack=Attack.NOTHING, dishonest=0, epochs=90, quick=0.8, new=10.0)
    )
    said = [story.statements(epoch, frozenset()) for epoch in range(90)]
    return {f"m{member:02}": [epoch[member] for epoch in said] for member in range(12)}


def test_honest_members_are_not_taken_for_copies(honest: dict[str, list[frozenset[int]]]) -> None:
    """Though they name what begins on its first day, as a copy would."""
    groups = kin({name: past_of(said) for name, said in honest.items()}).groups

    assert groups == {name: name for name in honest}


def test_a_copy_is_one_with_what_it_copies(honest: dict[str, list[frozenset[int]]]) -> None:
    """A day late, and not all of it; nobody else is accused."""
    random = np.random.default_rng(1)
    copied = [
        frozenset(each for each in sorted(said) if random.random() < 0.8)
        for said in [frozenset(), *honest["m11"][:-1]]
    ]
    groups = kin({name: past_of(said) for name, said in (honest | {"copy": copied}).items()}).groups

    assert groups["copy"] == groups["m11"]
    assert len(set(groups.values())) == 12


def test_who_passes_a_list_on_is_found(honest: dict[str, list[frozenset[int]]]) -> None:
    """It keeps its own voice for what the list does not have."""
    listed = [frozenset(range(1_000 + 3 * epoch)) - frozenset(range(1_000)) for epoch in range(90)]
    members = {name: past_of(said) for name, said in honest.items()}
    members["parrot"] = past_of([frozenset(), *listed[:-1]])
    found = kin(members, {"feed": past_of(listed)})

    assert found.forwards == {"parrot": ("feed",)}
    assert found.groups["parrot"] == "parrot"


def test_lists_are_one_until_they_show_otherwise() -> None:
    """Members are two until they show otherwise: they put their names to what they say."""
    little = past_of([[1], [2]])

    assert len(set(kin({"a": little, "b": little}).groups.values())) == 2
    assert len(set(kin({}, {"a": little, "b": little}).groups.values())) == 1


def test_few_members_accuse_nobody(honest: dict[str, list[frozenset[int]]]) -> None:
    """Where hardly anybody else could have named a server, that two did says nothing."""
    two = {name: past_of(honest[name]) for name in ("m10", "m11")}

    assert len(set(kin(two).groups.values())) == 2


def test_what_people_say_goes_before(honest: dict[str, list[frozenset[int]]]) -> None:
    """Members of one family are one, and one that passes on its family's list says the list's."""
    members = {name: past_of(said) for name, said in honest.items()}
    families = {"m01": "group", "m02": "group", "m03": "other", "feed": "other"}
    found = kin(members, {"feed": past_of([[1]])}, families=families)

    assert found.groups["m01"] == found.groups["m02"]
    assert found.forwards == {"m03": ("feed",)}


def test_members_that_name_the_very_same_are_not_one_by_that() -> None:
    """Six see the same forty servers of a large botnet, day after day, and nobody sees others."""
    members = {name: past_of([range(40)] * 3) for name in "abcdef"}

    assert kin(members).groups == {name: name for name in members}


@given(st.lists(st.lists(st.integers(0, 40), max_size=8), max_size=6))
def test_a_past_knows_first_and_last(epochs: list[list[int]]) -> None:
    """And the same epoch again changes nothing."""
    past = past_of(epochs)
    again = past
    for epoch, servers in enumerate(epochs):
        again = again.then(numbers(servers), epoch, forget_before=NEVER)

    for each in (past, again):
        found = dict(
            zip(
                each.number.tolist(),
                zip(each.first.tolist(), each.last.tolist(), strict=True),
                strict=True,
            )
        )
        expected = {
            int(numbers([server])[0]): (
                min(e for e, said in enumerate(epochs) if server in said),
                max(e for e, said in enumerate(epochs) if server in said),
            )
            for server in {one for said in epochs for one in said}
        }
        assert found == expected


def test_what_is_long_past_is_forgotten() -> None:
    """So that a history does not grow for ever."""
    past = past_of([[1], [2], [3]]).then(numbers([4]), 10, forget_before=2)

    assert sorted(past.last.tolist()) == [2, 10]


def test_samples_hold_the_same_addresses() -> None:
    """Of two who named the same, of which one named much more: what both could hold, both hold."""
    large = past_of([range(5_000)])
    small = past_of([range(300)])
    bound = min(large.bound, small.bound)

    assert large.number.size == SAMPLE_MOST
    assert small.history(bound, 1).keys() <= large.history(bound, 1).keys()
    assert len(small.history(bound, 1)) > 30


def test_addresses_have_numbers_of_their_own() -> None:
    """Whatever the port; both halves count."""
    said = [
        Endpoint(Address(hi, lo), 6, port) for hi in (0, 1) for lo in (0, 1) for port in (80, 443)
    ]

    assert len(set(numbers_of(Columns.of(said)).tolist())) == 4
