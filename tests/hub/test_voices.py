"""What sources say, added up."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heard import ONE, Word, member, other, say, voices
from hinomi.hub.servers import Columns, Servers
from hinomi.hub.voices import Source, Sums, add_up, probability
from hinomi.model.evidence import Method
from hubs import server

SERVERS = Servers(Columns.of([ONE]))
WORTHS = st.floats(0.05, 0.99)


def summed(sources: list[Source], words: list[Word], leave_out: int = 2) -> Sums:
    """Add up what is said of one server."""
    return add_up(
        voices(words, SERVERS, sources),
        sources,
        servers=1,
        base_share=0.5,
        same_method_share=0.5,
        least_reliability=0.6,
        leave_out=leave_out,
    )


def odds(worth: float) -> float:
    """Give log-odds."""
    return math.log(worth / (1.0 - worth))


def test_a_further_member_counts_in_part() -> None:
    """All members look at flow: the heaviest counts in full, each further one by a half."""
    members = [member("a", 0.9), member("b", 0.8), member("c", 0.7)]
    found = summed(members, say("abc", ONE))

    assert found.log_odds[0] == pytest.approx(odds(0.9) + (odds(0.8) + odds(0.7)) / 2)
    assert (found.members[0], found.methods[0], found.other_methods[0]) == (3, 1, 0)


def test_without_two_of_three_the_least_is_left() -> None:
    """What leaving any two out leaves at least is the one who is worth least."""
    members = [member("a", 0.9), member("b", 0.8), member("c", 0.7)]

    assert probability(summed(members, say("abc", ONE)).left)[0] == pytest.approx(0.7)


def test_another_method_counts_in_full() -> None:
    """A honeypot sees what flow does not; and no member is left out with it."""
    sources = [member("a", 0.9), other("pots", Method.HONEYPOT, 0.75)]
    found = summed(sources, say(["a", "pots"], ONE))

    assert found.log_odds[0] == pytest.approx(odds(0.9) + odds(0.75))
    assert probability(found.left)[0] == pytest.approx(0.75)
    assert (found.members[0], found.methods[0], found.other_methods[0]) == (1, 2, 1)


def test_copies_count_once() -> None:
    """The heaviest of a group speaks for it."""
    sources = [member("a", 0.9), member("b", 0.8, group="a"), member("c", 0.7)]
    found = summed(sources, say("abc", ONE))

    assert found.log_odds[0] == pytest.approx(odds(0.9) + odds(0.7) / 2)
    assert found.members[0] == 2


def test_an_unreliable_source_says_nothing() -> None:
    """Nor does its word speak for the contrary."""
    found = summed([member("a", 0.2), member("b", 0.55)], say("ab", ONE))

    assert found.log_odds[0] == pytest.approx(odds(0.55))
    assert found.members[0] == 0


def test_a_finding_of_one_person_is_no_method() -> None:
    """It adds to the sum, and lists nothing: that takes two people."""
    sources = [member("a", 0.9), other("person:anna", Method.ANALYST, 0.9)]
    found = summed(sources, say(["a", "person:anna"], ONE))

    assert found.log_odds[0] == pytest.approx(2 * odds(0.9))
    assert (found.methods[0], found.other_methods[0]) == (1, 0)


@given(st.lists(WORTHS, min_size=1, max_size=7), st.integers(0, 3))
def test_leaving_out_the_heaviest_is_the_worst_that_leaving_out_can_do(
    worths: list[float], leave_out: int
) -> None:
    """Whichever so many members are left out, as much as `left` says is there without them."""
    members = [member(f"m{place}", worth) for place, worth in enumerate(worths)]
    left = float(summed(members, say([each.name for each in members], ONE), leave_out).left[0])
    without = [
        float(summed(members, say([each.name for each in rest], ONE), 0).log_odds[0])
        for rest in combinations(members, max(len(members) - leave_out, 0))
    ]

    assert min(without) == pytest.approx(left)


@given(st.lists(WORTHS, max_size=6), WORTHS)
def test_a_supporter_more_never_lowers_the_sum(worths: list[float], more: float) -> None:
    """Nor what leaving some out leaves."""
    members = [member(f"m{place}", worth) for place, worth in enumerate([*worths, more])]
    names = [each.name for each in members]
    before, after = (summed(members, say(some, ONE)) for some in (names[:-1], names))

    assert after.log_odds[0] >= before.log_odds[0] - 1e-12
    assert after.left[0] >= before.left[0] - 1e-12


@given(st.permutations(range(8)), st.permutations(range(5)))
def test_order_tells_nothing(words: list[int], sources: list[int]) -> None:
    """Neither of statements, nor of those who make them: every number is the same to the bit."""
    who = [
        member("a", 0.9), member("b", 0.81), member("c", 0.7, group="b"),
        other("list", Method.LIST), other("pots", Method.HONEYPOT),
    ]  # fmt: skip
    said = [*say("abc", ONE), *say(["list", "pots"], ONE), *say("ac", ONE, is_for=False)]
    said.append(Word("b", ONE, share=0.5))
    one = summed(who, said)
    other_order = summed([who[place] for place in sources], [said[place] for place in words])

    for name in Sums.__slots__:
        assert np.array_equal(getattr(one, name), getattr(other_order, name)), name


def test_two_servers_of_the_same_members_have_one_signature() -> None:
    """And another one than what others name, or than what the same deny."""
    servers = Servers(Columns.of([server(number) for number in range(1, 5)]))
    sources = [member("a"), member("b")]
    words = [
        *say("ab", server(1), server(2)),
        *say("a", server(3)),
        *say("ab", server(4), is_for=False),
    ]
    found = add_up(
        voices(words, servers, sources), sources, servers=4, base_share=0.5,
        same_method_share=0.5, least_reliability=0.6, leave_out=2,
    )  # fmt: skip
    named, denied = found.named_by.tolist(), found.denied_by.tolist()

    assert named[0] == named[1]
    assert len({*named}) == 3
    assert denied[:3] == [0, 0, 0]
    assert denied[3] not in {0, *named}
