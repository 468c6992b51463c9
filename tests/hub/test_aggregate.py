"""What all that is said comes to: no two members list a server, or take one off the list."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heard import EPOCH, ONE, OTHER, Scene, member, other, say
from hinomi.hub.aggregate import Decision, Held, Outcome
from hinomi.hub.rule import Ruled, Strength
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.statement import Endpoint
from hubs import server
from poisonings import RULE

MEMBERS = [member(name) for name in "abcdefg"]
LISTED = {ONE: ServiceClass.DEDICATED}
NAMES = st.lists(st.sampled_from("abcdefg"), unique=True)
WORTHS = st.lists(st.floats(0.1, 0.99), min_size=7, max_size=7)


def codes(decision: Decision) -> list[str]:
    """Name the reasons."""
    return [each.code for each in decision.reasons]


# --- To be listed --------------------------------------------------------------------------------


def test_three_members_list_a_server() -> None:
    """From the first epoch on: each gives what it would list itself."""
    decision = Scene(sources=MEMBERS, said=say("abc", ONE)).one()

    assert (decision.outcome, decision.is_listed) == (Outcome.LIST, True)
    assert (decision.members, decision.methods) == (3, 1)
    assert decision.posterior == pytest.approx(0.9878, abs=1e-4)
    assert decision.service_class is ServiceClass.COMPROMISED
    assert (decision.carried, codes(decision)) == (EPOCH, ["agreed"])


def test_two_members_are_for_people() -> None:
    """However reliable they have been."""
    sources = [member("a", 0.99), member("b", 0.99)]
    decision = Scene(sources=sources, said=say("ab", ONE)).one()

    assert (decision.outcome, decision.is_listed) == (Outcome.QUEUE, False)
    assert codes(decision) == ["rests-on-few", "queued"]


def test_one_member_waits() -> None:
    """Else people would look at all that anybody ever said."""
    assert Scene(sources=[member("a", 0.99)], said=say("a", ONE)).one().outcome is Outcome.WAIT


def test_three_of_whom_one_is_often_wrong_are_for_people() -> None:
    """The two others may be dishonest, and the third alone is not enough."""
    sources = [member("a", 0.99), member("b", 0.99), member("c", 0.8)]
    decision = Scene(sources=sources, said=say("abc", ONE)).one()

    assert decision.outcome is Outcome.QUEUE


def test_the_more_members_the_less_each_has_to_be_worth() -> None:
    """Seven of the grade B list what three of them ask people about."""
    sources = [member(name, 0.7) for name in "abcdefg"]
    found = [
        Scene(sources=sources, said=say("abcdefg"[:count], ONE)).one().outcome
        for count in range(3, 8)
    ]

    assert found == [*[Outcome.QUEUE] * 4, Outcome.LIST]


def test_two_methods_and_a_member_list_a_server() -> None:
    """Malware analysis and a honeypot do not err for the same reason, and no one person is both."""
    sources = [other("lab", Method.MALWARE, 0.9), other("pots", Method.HONEYPOT), member("a")]
    decision = Scene(sources=sources, said=say(["lab", "pots", "a"], ONE)).one()

    assert (decision.outcome, decision.methods, decision.members) == (Outcome.LIST, 3, 1)


def test_what_no_member_names_is_for_people() -> None:
    """One person at the hub can bring the files of every other method."""
    sources = [other("lab", Method.MALWARE, 0.9), other("pots", Method.HONEYPOT)]
    decision = Scene(sources=sources, said=say(["lab", "pots"], ONE)).one()

    assert (decision.outcome, decision.methods, decision.members) == (Outcome.QUEUE, 2, 0)


def test_a_member_and_a_method_are_for_people() -> None:
    """The member may be dishonest, and then it is the word of one party."""
    sources = [member("a"), other("lab", Method.MALWARE, 0.95)]
    decision = Scene(sources=sources, said=say(["a", "lab"], ONE)).one()

    assert decision.outcome is Outcome.QUEUE


def test_what_is_held_is_not_listed() -> None:
    """It would hurt others; with the codes, for people."""
    scene = Scene(sources=MEMBERS, said=say("abcdefg", ONE))
    for strength in (Strength.LIFTABLE, Strength.FINAL):
        decision = scene.but(held={ONE: Held(strength, ("list-cdn",))}).one()
        assert (decision.outcome, decision.is_listed) == (Outcome.HOLD, False)
        assert codes(decision)[0] == "held"


def test_many_who_are_not_believed_are_for_people() -> None:
    """Whatever became of their worth: what more name than may be dishonest never waits unseen."""
    sources = [member(name, 0.3) for name in "abcde"]
    decision = Scene(sources=sources, said=say("abc", ONE)).one()

    assert (decision.outcome, codes(decision)) == (Outcome.QUEUE, ["doubted", "queued"])
    assert Scene(sources=sources, said=say("ab", ONE)).one().outcome is Outcome.WAIT


def test_what_was_refused_lately_is_not_listed_without_people() -> None:
    """Until it is forgotten."""
    scene = Scene(sources=MEMBERS, said=say("abc", ONE), contested={ONE: EPOCH - 30})

    assert scene.one().outcome is Outcome.QUEUE
    assert scene.but(contested={ONE: EPOCH - 31}).one().outcome is Outcome.LIST


# --- To stay so, and to end ----------------------------------------------------------------------


def test_two_who_say_that_it_is_wrong_remove_nothing() -> None:
    """People are asked, and until they answer it is listed."""
    scene = Scene(
        sources=MEMBERS, said=say("c", ONE), denied=say("ab", ONE, is_for=False), listed=LISTED
    )
    decision = scene.one()

    assert (decision.outcome, decision.is_listed, decision.against) == (Outcome.QUEUE, True, 2)
    assert "disputed" in codes(decision)


def test_many_who_say_that_it_is_wrong_end_a_listing() -> None:
    """More than may be dishonest, and the others do not outweigh those that are left of them."""
    scene = Scene(sources=MEMBERS, denied=say("abc", ONE, is_for=False), listed=LISTED)
    decision = scene.one()

    assert (decision.outcome, decision.is_listed) == (Outcome.END, False)
    assert (decision.contested, codes(decision)[:2]) == (EPOCH, ["contested", "refuted"])
    assert scene.but(said=say("def", ONE)).one().is_listed
    assert scene.but(confirmed=say("def", ONE)).one().is_listed


def test_nobody_has_to_say_that_what_is_not_listed_is_wrong() -> None:
    """Else two members would keep a server from being listed."""
    scene = Scene(sources=MEMBERS, said=say("abc", ONE), denied=say("fg", ONE, is_for=False))

    assert scene.one().outcome is Outcome.LIST


def test_a_listing_ends_a_lease_after_it_was_carried_last() -> None:
    """Not at once: a node that is down takes nothing off the list."""
    scene = Scene(sources=MEMBERS, listed=LISTED, carried={ONE: EPOCH - 6})

    assert (scene.one().outcome, scene.one().is_listed) == (Outcome.WAIT, True)
    assert codes(scene.one()) == ["silent"]
    ended = scene.but(carried={ONE: EPOCH - 7}).one()
    assert (ended.outcome, ended.is_listed, codes(ended)) == (Outcome.END, False, ["lease-over"])


def test_what_few_carry_is_for_people_until_its_lease_is_over() -> None:
    """Two alone keep nothing listed for ever, and their silence ends nothing unseen."""
    scene = Scene(sources=MEMBERS, said=say("ab", ONE), listed=LISTED, carried={ONE: EPOCH - 6})

    assert (scene.one().outcome, scene.one().is_listed) == (Outcome.QUEUE, True)
    assert "few-carry" in codes(scene.one())
    assert scene.but(carried={ONE: EPOCH - 7}).one().outcome is Outcome.END


def test_a_listing_does_not_end_because_its_members_lost_their_worth() -> None:
    """People are asked, past its lease as well; of two, one may be as dishonest as the other."""
    sources = [member(name, 0.3) for name in "abcde"]
    scene = Scene(sources=sources, said=say("abc", ONE), listed=LISTED, carried={ONE: EPOCH - 30})

    assert (scene.one().outcome, scene.one().is_listed) == (Outcome.QUEUE, True)
    assert "doubted" in codes(scene.one())
    assert scene.but(said=say("ab", ONE)).one().outcome is Outcome.END


def test_an_echo_of_the_list_carries_nothing() -> None:
    """Who began to name it after it was listed may have that from the list: people are asked."""
    scene = Scene(
        sources=[*MEMBERS, other("pots", Method.HONEYPOT)], said=say("abcd", ONE),
        confirmed=say("efg", ONE), listed=LISTED, echoed=[ONE],
    )  # fmt: skip
    found = scene.one()

    assert (found.outcome, found.is_listed, found.carried) == (Outcome.QUEUE, True, EPOCH - 1)
    assert "echo" in codes(found)
    assert scene.but(carried={ONE: EPOCH - 7}).one().outcome is Outcome.END
    for kept in ({"said": say(["a", "pots"], ONE)}, {"ruled": {ONE: Ruled.LIST}}):
        assert scene.but(**kept).one().carried == EPOCH


def test_less_carries_a_listing_than_begins_it() -> None:
    """Members who see it alive count beside one who names it, and alone they do not."""
    scene = Scene(sources=MEMBERS, said=say("a", ONE), confirmed=say("bc", ONE), listed=LISTED)

    assert scene.one().carried == EPOCH
    assert scene.but(said=()).one().carried == EPOCH - 1


def test_people_see_what_no_more_than_two_name_however_many_confirm_it() -> None:
    """The two may have named it first, and never leave off; lines meet what is dead as well."""
    scene = Scene(sources=MEMBERS, said=say("ab", ONE), confirmed=say("cd", ONE), listed=LISTED)
    found = scene.one()

    assert (found.outcome, found.is_listed, found.carried) == (Outcome.QUEUE, True, EPOCH)
    assert "rests-on-few" in codes(found)
    assert scene.but(said=say("abc", ONE)).one().outcome is Outcome.LIST


def test_a_hold_that_nobody_may_lift_ends_a_listing_and_a_lesser_one_asks() -> None:
    """It hurts others now."""
    scene = Scene(sources=MEMBERS, said=say("abcd", ONE), listed=LISTED)
    final = scene.but(held={ONE: Held(Strength.FINAL, ("list-cdn",))}).one()
    lesser = scene.but(held={ONE: Held(Strength.LIFTABLE, ("list-cloud",))}).one()

    assert (final.outcome, final.is_listed) == (Outcome.HOLD, False)
    assert (lesser.outcome, lesser.is_listed) == (Outcome.QUEUE, True)


# --- People --------------------------------------------------------------------------------------


def test_people_list_what_few_name() -> None:
    """As long as anybody names it."""
    scene = Scene(sources=MEMBERS, said=say("a", ONE), ruled={ONE: Ruled.LIST})

    assert (scene.one().outcome, codes(scene.one())) == (Outcome.LIST, ["ruled-list"])
    assert scene.but(said=()).one().outcome is Outcome.WAIT
    assert scene.but(said=(), listed=LISTED, carried={ONE: EPOCH - 7}).one().outcome is Outcome.END


def test_what_people_listed_members_alone_do_not_end() -> None:
    """Their word is a matter for the same people."""
    scene = Scene(
        sources=MEMBERS, said=say("a", ONE), denied=say("bcdefg", ONE, is_for=False),
        listed=LISTED, ruled={ONE: Ruled.LIST},
    )  # fmt: skip

    assert (scene.one().outcome, scene.one().is_listed) == (Outcome.QUEUE, True)


def test_what_people_refuse_ends_at_once() -> None:
    """And is refused as long as that counts, whoever names it."""
    scene = Scene(sources=MEMBERS, said=say("abcdefg", ONE), ruled={ONE: Ruled.REFUSE})

    assert scene.but(listed=LISTED).one().outcome is Outcome.END
    assert (scene.one().outcome, scene.one().contested) == (Outcome.REFUSED, EPOCH)


def test_a_full_queue_says_so() -> None:
    """What is left out waits; what is listed stays."""
    rule = replace(RULE, queue_most=1)
    found = Scene(sources=MEMBERS, said=say("ab", ONE, OTHER), listed=LISTED, rule=rule).decide()

    assert [each.outcome for each in found.values()] == [Outcome.QUEUE, Outcome.WAIT]
    assert codes(found[OTHER])[-1] == "queue-full"


def test_who_disputes_the_whole_list_takes_one_place_of_each_turn() -> None:
    """Whoever else names what they dispute: the queue is not theirs."""
    listed = {server(number): ServiceClass.DEDICATED for number in range(1, 41)}
    said = [
        word
        for place, each in enumerate(listed)
        for word in say({"abcde"[place % 5], "abcde"[(place + 1 + place // 5) % 5]}, each)
    ]
    scene = Scene(
        sources=MEMBERS,
        said=[*said, *say("ab", server(100)), *say("bc", server(101))],
        denied=say("fg", *listed, is_for=False),
        listed=listed,
    )
    places = {
        each: int(why.values["place"])
        for each, decision in scene.decide().items()
        for why in decision.reasons
        if why.code == "queued"
    }

    assert len(places) == 42
    assert sorted([places[server(100)], places[server(101)]]) == [2, 4]


# --- Laws ----------------------------------------------------------------------------------------


def scenes() -> st.SearchStrategy[Scene]:
    """Draw what honest members say, of what is listed and what is not."""

    def scene(worths: list[float], said: list[str], seen: list[str], gone: list[str]) -> Scene:
        honest = [member(f"h{place}", worth) for place, worth in enumerate(worths)]
        named = {name: honest["abcdefg".index(name)].name for name in "abcdefg"}
        return Scene(
            sources=honest,
            said=say([named[each] for each in said], ONE),
            confirmed=say([named[each] for each in seen], ONE),
            denied=say([named[each] for each in gone if each not in said], ONE, is_for=False),
        )

    return st.builds(scene, WORTHS, NAMES, NAMES, NAMES)


def with_liars(scene: Scene, deeds: list[tuple[bool, bool, bool]], worths: list[float]) -> Scene:
    """Let liars, of any reputation, say, confirm and deny as they like."""
    liars = [member(f"z{place}", worth) for place, worth in enumerate(worths[: len(deeds)])]

    def who(deed: int) -> list[str]:
        return [each.name for each, done in zip(liars, deeds, strict=True) if done[deed]]

    return scene.but(
        sources=[*scene.sources, *liars],
        said=[*scene.said, *say(who(0), ONE)],
        confirmed=[*scene.confirmed, *say(who(1), ONE)],
        denied=[*scene.denied, *say(who(2), ONE, is_for=False)],
    )


DEEDS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=2)


@given(deeds=DEEDS, worths=WORTHS, count=st.integers(1, 50))
def test_two_liars_list_no_server_that_nobody_else_names(
    deeds: list[tuple[bool, bool, bool]], worths: list[float], count: int
) -> None:
    """Whatever their reputation, whatever they say, and however much."""
    honest = Scene(sources=MEMBERS, said=say("abc", server(200)))
    liars = with_liars(honest, deeds, worths).sources[len(MEMBERS) :]
    flood = say([each.name for each in liars], *map(server, range(1, count + 1)))
    scene = honest.but(
        sources=[*MEMBERS, *liars], said=[*honest.said, *flood], confirmed=flood,
    )  # fmt: skip

    assert [each for each, found in scene.decide().items() if found.is_listed] == [server(200)]


@given(scene=scenes(), deeds=DEEDS, worths=WORTHS)
def test_two_liars_take_no_server_off_the_list_that_others_carry(
    scene: Scene, deeds: list[tuple[bool, bool, bool]], worths: list[float]
) -> None:
    """What the honest keep listed stays so, whatever two others say or leave out."""
    scene = scene.but(listed=LISTED, denied=())
    honest = scene.one()
    found = with_liars(scene, deeds, worths).one()

    assert honest.is_listed
    assert found.is_listed
    if honest.carried == EPOCH:
        assert found.carried == EPOCH


@given(scene=scenes(), worths=WORTHS)
def test_what_is_listed_has_an_honest_member_behind_it_whose_word_would_do(
    scene: Scene, worths: list[float]
) -> None:
    """With two liars among those who name it, what the honest among them say is likely enough."""
    everybody = with_liars(scene, [(True, False, False)] * 2, worths)

    if everybody.one().outcome is Outcome.LIST:
        assert scene.one().posterior >= 0.9 - 1e-5


@given(scene=scenes(), worth=st.floats(0.1, 0.99))
def test_a_supporter_more_never_lowers_the_posterior(scene: Scene, worth: float) -> None:
    """Nor takes off the list."""
    more = with_liars(scene, [(True, False, False)], [worth])
    assert more.one().posterior >= (scene.one().posterior if scene.said else 0.0) - 1e-9

    listed = scene.but(listed=LISTED)
    if listed.one().is_listed:
        assert with_liars(listed, [(True, False, False)], [worth]).one().is_listed


@given(scene=scenes(), copied=st.integers(0, 6))
def test_a_copy_of_a_member_changes_nothing(scene: Scene, copied: int) -> None:
    """It is one with it, and says what it says."""
    original = scene.sources[copied]
    copy = replace(original, name="copy")
    twice = scene.but(
        sources=[*scene.sources, copy],
        **{
            name: [
                *getattr(scene, name),
                *(
                    replace(each, source="copy")
                    for each in getattr(scene, name)
                    if each.source == original.name
                ),
            ]
            for name in ("said", "confirmed", "denied")
        },
    )

    assert twice.decide() == scene.decide()
    assert twice.but(listed=LISTED).decide() == scene.but(listed=LISTED).decide()


@given(scene=scenes(), seed=st.integers(0, 2**32), listed=st.booleans())
def test_the_order_of_members_and_statements_tells_nothing(
    scene: Scene, seed: int, *, listed: bool
) -> None:
    """Decisions are the same to the last digit."""
    before = scene.but(listed=LISTED if listed else {})
    parts = {
        name: list(getattr(before, name)) for name in ("sources", "said", "confirmed", "denied")
    }
    chance = random.Random(seed)  # noqa: S311 - an order, and no secret.
    for part in parts.values():
        chance.shuffle(part)

    assert before.but(**parts).decide() == before.decide()


def test_no_reason_names_a_member() -> None:
    """Reasons are kept and shown in lists: only who asks for one server learns who said it."""
    names = {"isp-alpha", "isp-beta"}
    sources = [member(name) for name in names]
    decision: Decision = Scene(sources=sources, said=say(names, ONE)).one()
    told = " ".join(f"{each.code} {each.values}" for each in decision.reasons)

    assert not any(name in told for name in names)
    assert isinstance(decision.endpoint, Endpoint)
