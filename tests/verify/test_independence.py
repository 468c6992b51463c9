"""Which statements are independent of each other, and which lists are copies."""

from collections.abc import Collection

import pytest

from copiedlists import FIRST_DAY, mistakes, world
from hinomi.model.address import parse_address
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.verify.copying import Copying, Kinship
from hinomi.verify.independence import Independence, independence, independent_methods


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("", 0),
        ("list:a list:b", 1),
        ("list:a flow:b", 2),
        ("list:a flow:a", 1),
        ("list:a list:b list:c flow:a honeypot:a", 2),
        ("flow:a list:a list:b honeypot:b honeypot:c", 3),
    ],
)
def test_statements_are_independent_by_method_and_by_group(said: str, count: int) -> None:
    """No method counts twice and no group does, and none is lost to a clumsy choice."""
    pairs = [each.split(":") for each in said.split()]
    groups = {f"{method} {group}": group for method, group in pairs}
    evidence = [
        Evidence(
            service=Service(parse_address("192.0.2.1"), 6, 443),
            method=Method(method),
            source=f"{method} {group}",
            claim=Claim.CC,
            observed_day=20_000,
        )
        for method, group in pairs
    ]

    assert independent_methods(evidence, groups) == count


def put(
    histories: dict[str, dict[int, int]],
    *,
    methods: dict[str, Method] | None = None,
    wrong: Collection[int] = (),
    declared: tuple[tuple[str, str], ...] = (),
) -> Independence:
    """Compare made-up lists."""
    given_methods = dict.fromkeys(histories, Method.LIST) | (methods or {})
    return independence(given_methods, histories, wrong=wrong, declared=declared, copying=Copying())


def kinship(found: Independence, one: str, other: str) -> Kinship:
    """Give what two sources are to each other."""
    return next(each.kinship for each in found.pairs if {each.one, each.other} == {one, other})


def test_a_copy_and_its_leader_are_one_source() -> None:
    """A list that takes all from another adds nothing to it, and a third stands beside both."""
    made = world(1)
    leader = made.finder(entries=400)
    copy = made.copier(leader, {}, share=1.0, entries=400)
    found = put({"copy": copy, "leader": leader, "other": made.finder(entries=400)})

    assert found.groups() == {"copy": "copy", "leader": "copy", "other": "other"}
    assert kinship(found, "leader", "copy") is Kinship.COPY


def test_an_aggregator_does_not_make_one_of_what_it_copies() -> None:
    """Two independent lists stay two, beside a third that is made of both."""
    made = world(2)
    one, other = made.finder(entries=400), made.finder(entries=400)
    both = made.copier(one, made.copier(other, {}, share=1.0, entries=400), share=0.5, entries=800)
    found = put({"all": both, "one": one, "other": other})

    groups = found.groups()

    assert groups["one"] != groups["other"]
    assert groups["all"] in {"one", "other"}
    assert len(set(found.groups(["all", "one"]).values())) == 1
    assert len(set(found.groups(["all", "other"]).values())) == 1


def test_lists_of_which_nothing_is_known_are_one_until_shown_independent() -> None:
    """Two new lists are one source, and a new list adds nothing to any list beside it."""
    made = world(3)
    one, other = made.finder(entries=400), made.finder(entries=400)
    found = put({"new": {2: FIRST_DAY}, "newer": {}, "one": one, "other": other})

    assert found.groups(["new", "newer"]) == {"new": "new", "newer": "new"}
    assert len(set(found.groups(["new", "one"]).values())) == 1
    assert len(set(found.groups(["new", "other"]).values())) == 1
    assert len(set(found.groups().values())) == 2
    assert kinship(found, "new", "one") is Kinship.UNDECIDED


def test_sources_of_different_methods_need_no_proof_of_independence() -> None:
    """A honeypot without history is not held for a copy of a list."""
    found = put({"list": {}, "trap": {}}, methods={"trap": Method.HONEYPOT})

    assert found.groups() == {"list": "list", "trap": "trap"}


def test_a_source_of_another_method_that_copies_a_list_is_that_list() -> None:
    """What calls itself a honeypot and follows a list counts as the list."""
    made = world(4)
    leader = made.finder(entries=300)
    false = made.copier(leader, {}, share=1.0, entries=300)
    found = put({"list": leader, "trap": false}, methods={"trap": Method.HONEYPOT})

    assert len(set(found.groups().values())) == 1


def test_what_is_declared_one_source_is_one() -> None:
    """A person's word needs no history."""
    made = world(5)
    histories = {"a": made.finder(entries=300), "b": made.finder(entries=300)}
    found = put(histories, declared=(("b", "a"),))

    assert found.groups() == {"a": "a", "b": "a"}
    assert found.pairs[0].explain()[0][0] == "a and b were declared one source"


def test_two_copies_of_a_list_that_nobody_has_are_one() -> None:
    """Sisters share their mother's mistakes; before any are known, nobody can tell them apart."""
    made = world(6)
    mother = made.finder(entries=1_000, mistakes=0.1)
    a, b = (made.copier(mother, made.finder(entries=400), share=0.8, entries=400) for _ in range(2))

    assert kinship(put({"a": a, "b": b}), "a", "b") is not Kinship.INDEPENDENT
    assert len(set(put({"a": a, "b": b}).groups().values())) == 1
    shared = made.copier(mother, {}, share=1.0, entries=900)
    other = made.copier(mother, {}, share=1.0, entries=900)
    found = put({"a": shared, "b": other}, wrong=mistakes(mother))
    assert kinship(found, "a", "b") is Kinship.COPY


def test_mistakes_of_their_own_show_good_lists_to_be_independent() -> None:
    """Two quick lists that find nearly all the same truths and no mistake of each other's."""
    made = world(7)
    a, b = (made.finder(entries=1_800, slow_days=1.0) for _ in range(2))
    wrong = mistakes(a, b)

    assert kinship(put({"a": a, "b": b}), "a", "b") is Kinship.UNDECIDED
    assert kinship(put({"a": a, "b": b}, wrong=wrong), "a", "b") is Kinship.INDEPENDENT


def test_a_discount_is_what_is_copied_without_being_a_copy() -> None:
    """A list that takes a tenth of its entries counts for about nine tenths."""
    made = world(8)
    leader, own = made.finder(entries=1_000), made.finder(entries=1_000)
    found = put({"leader": leader, "some": made.copier(leader, own, share=0.1, entries=1_000)})

    assert kinship(found, "leader", "some") is Kinship.INDEPENDENT
    assert found.discounts["some"] == pytest.approx(0.9, abs=0.06)
    assert found.discounts["leader"] > 0.93


def test_every_pair_explains_itself_with_numbers_in_both_languages() -> None:
    """Whoever wonders at a group reads how many entries follow, and how many chance gives."""
    made = world(9)
    leader = made.finder(entries=300)
    found = put({"a": made.copier(leader, {}, share=1.0, entries=300), "b": leader, "c": {}})
    told = {(each.one, each.other): each.explain() for each in found.pairs}

    english, japanese = told["a", "b"][0]
    assert english.startswith("a follows b within days: ")
    assert "copied share 1.00" in english
    assert "複製の割合 1.00" in japanese
    assert told["a", "c"][0][0] == "a and c have too little history in common: 0 entries"


def test_an_unknown_source_is_refused() -> None:
    """Nobody guesses what is independent of a source that was never compared."""
    with pytest.raises(ValueError, match="unknown sources: x"):
        put({"a": {}}).groups(["a", "x"])
