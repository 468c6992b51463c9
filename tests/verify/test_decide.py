"""What people may decide, and what they are told is missing."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from guarded import TODAY, WEB, said
from hinomi.govern.parameters import default_register
from hinomi.model.case import Case, CaseState, Finding, ServiceClass, Step, Verdict, after
from hinomi.model.evidence import Claim, Method
from hinomi.model.service import Reason
from hinomi.verify.corroborate import Rules, Trust, Weighing, weigh
from hinomi.verify.decide import (
    DETECTED,
    Standing,
    detected,
    falls_back,
    is_holding,
    list_codes,
    missing_evidence,
    missing_to_clear,
    next_step,
    not_listable,
    reasons_of,
    same_person,
    source_words,
)
from hinomi.verify.holds import Hold, Lift

RULES = Rules.from_register(default_register())
OPEN = [each for each in CaseState if each.is_open]
EARLY = {CaseState.CANDIDATE, CaseState.UNDER_REVIEW}
DECIDED = {CaseState.CORROBORATED, CaseState.LISTABLE}
ENOUGH = Weighing(
    posterior=0.8, agreed=0.95, methods=2, methods_against=0, parts=(), newest_day=TODAY
)
TOO_LITTLE = replace(ENOUGH, posterior=0.5, agreed=0.6, methods=1)
TOO_OLD = replace(ENOUGH, posterior=RULES.present_limit - 0.01)
CROWD = Hold(code="crowd", text="A crowd of 9.", text_ja="9人の群衆。", lift=Lift.REVIEWER)
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def verdict(finding: Finding = Finding.CC, **changed: Any) -> Verdict:
    """Give anna's verdict: a dedicated server, unless told otherwise."""
    usual: dict[str, Any] = {
        "by": "anna",
        "at_ms": 0,
        "finding": finding,
        "service_class": ServiceClass.DEDICATED,
        "reason": "seen",
        "episode": 1,
        "posterior": 0.95,
    }
    return Verdict(**(usual | changed))


def standing(
    state: CaseState = CaseState.CORROBORATED,
    weighing: Weighing = ENOUGH,
    holds: tuple[Hold, ...] = (),
    verdicts: tuple[Verdict, ...] = (),
) -> Standing:
    """Give where a case stands."""
    case = Case(
        id=1,
        service=WEB,
        state=state,
        service_class=ServiceClass.UNKNOWN,
        episode=1,
        version=1,
        opened_ms=0,
        changed_ms=0,
        posterior=weighing.posterior,
        methods=weighing.methods,
    )
    return Standing(case=case, weighing=weighing, holds=holds, verdicts=verdicts)


def codes(missing: tuple[Reason, ...]) -> list[str]:
    """Name what is missing."""
    return [each.code for each in missing]


def expected(
    state: CaseState, finding: Finding, kind: ServiceClass, *, reviews: bool, enough: bool
) -> Step:
    """Say in other words which step a verdict of somebody new takes."""
    contradicts = finding is Finding.NOT_CC or (
        finding is Finding.CC
        and kind in {ServiceClass.SHARED, ServiceClass.SINKHOLE, ServiceClass.LOADER}
    )
    if contradicts and state is not CaseState.LISTED:
        return Step.REJECT if state in EARLY or reviews else Step.WEIGH
    if finding is Finding.CC and enough:
        if state in EARLY:
            return Step.CORROBORATE
        if state is CaseState.CORROBORATED and reviews and kind.is_listable:
            return Step.CLEAR
    return Step.WEIGH


@pytest.mark.parametrize(("state", "finding", "kind"), list(product(OPEN, Finding, ServiceClass)))
def test_every_verdict_takes_its_step(
    state: CaseState, finding: Finding, kind: ServiceClass
) -> None:
    """Whatever the state, finding, class, reviewer and evidence; and the table has that step."""
    for reviews, weighing in product((False, True), (ENOUGH, TOO_LITTLE, TOO_OLD)):
        step, missing = next_step(
            standing(state, weighing),
            verdict(finding, service_class=kind),
            RULES,
            reviews=reviews,
        )

        wanted = expected(state, finding, kind, reviews=reviews, enough=weighing is ENOUGH)
        assert step is wanted, (reviews, weighing)
        # The verdict of whoever takes a candidate up finds it under review.
        taken = CaseState.UNDER_REVIEW if state is CaseState.CANDIDATE else state
        assert after(taken, step) is not None
        if step in {Step.CORROBORATE, Step.CLEAR}:
            assert missing == ()


@pytest.mark.parametrize("state", OPEN)
def test_the_same_person_never_clears(state: CaseState) -> None:
    """A reviewer who corroborated has said all that they may, whatever else they are."""
    told = standing(state, verdicts=(verdict(),))

    step, missing = next_step(told, verdict(), RULES, reviews=True)

    assert step is not Step.CLEAR
    if state is CaseState.CORROBORATED:
        assert codes(missing) == ["same-person"]
        other, nothing = next_step(told, verdict(by="rita"), RULES, reviews=True)
        assert (other, nothing) == (Step.CLEAR, ())


def test_who_was_held_up_clears_once_nothing_is_missing() -> None:
    """A reviewer who agreed with somebody else says so again: that is still two people."""
    told = standing(verdicts=(verdict(), verdict(by="rita")))

    assert next_step(told, verdict(by="rita"), RULES, reviews=True)[0] is Step.CLEAR


def test_who_only_was_unsure_may_clear() -> None:
    """Whoever said nothing has not said it already."""
    told = standing(verdicts=(verdict(Finding.UNSURE, by="rita"), verdict()))

    assert next_step(told, verdict(by="rita"), RULES, reviews=True)[0] is Step.CLEAR
    assert told.analysts == {"anna"}


def test_who_is_no_reviewer_does_not_clear() -> None:
    """However many analysts agree."""
    told = standing(verdicts=(verdict(),))

    step, missing = next_step(told, verdict(by="alan"), RULES, reviews=False)

    assert (step, codes(missing)) == (Step.WEIGH, ["no-reviewer"])


@pytest.mark.parametrize("kind", [each for each in ServiceClass if not each.is_listable])
def test_what_is_not_listable_is_not_cleared(kind: ServiceClass) -> None:
    """What nobody knows waits; what is known for something else is rejected, and why is told."""
    step, why = next_step(standing(), verdict(service_class=kind), RULES, reviews=True)

    assert codes(why) == ["class"]
    assert step is (Step.WEIGH if kind is ServiceClass.UNKNOWN else Step.REJECT)


@pytest.mark.parametrize("state", sorted(DECIDED))
def test_what_was_corroborated_takes_a_reviewer_to_reject(state: CaseState) -> None:
    """An analyst alone does not undo what others agreed on; the word is written down."""
    no = verdict(Finding.NOT_CC)

    assert next_step(standing(state), no, RULES, reviews=False) == (Step.WEIGH, ())
    assert next_step(standing(state), no, RULES, reviews=True) == (Step.REJECT, ())


@pytest.mark.parametrize(
    ("methods", "agreed", "now", "missing"),
    [
        (0, 0.0, 0.0, ["too-few-methods", "too-unlikely"]),
        (1, 0.99, 0.9, ["too-few-methods"]),
        (2, 0.89, 0.8, ["too-unlikely"]),
        (2, 0.89, 0.1, ["too-unlikely"]),
        (1, 0.9, 0.1, ["too-few-methods", "too-old"]),
        (2, 0.95, RULES.present_limit - 0.01, ["too-old"]),
        (2, 0.9, RULES.present_limit, []),
        (5, 1.0, 1.0, []),
    ],
)
def test_evidence_lacks_methods_probability_or_freshness(
    methods: int, agreed: float, now: float, missing: list[str]
) -> None:
    """Each on its own; and a case that stood on it falls back for the same reasons."""
    found = replace(ENOUGH, methods=methods, agreed=agreed, posterior=now)

    assert codes(missing_evidence(found, RULES)) == missing
    assert falls_back(standing(weighing=found), RULES) == missing_evidence(found, RULES)


@pytest.mark.parametrize("lift", list(Lift))
def test_a_hold_keeps_it_from_being_listable(lift: Lift) -> None:
    """Until it is lifted; own services are held by a door of their own, later."""
    held = replace(CROWD, lift=lift)
    told = standing(holds=(held,))

    stands = ["crowd"] if lift is not Lift.REIDENTIFICATION else []
    assert codes(missing_to_clear(told, RULES, ServiceClass.DEDICATED)) == stands
    assert missing_to_clear(told, RULES, ServiceClass.DEDICATED, ["crowd"]) == ()
    assert is_holding(held, ["other"]) is bool(stands)


def test_a_hold_that_was_lifted_in_this_episode_stays_lifted() -> None:
    """By whichever verdict; and the one in hand lifts as well."""
    lifting = verdict(by="rita", lifted=("crowd",))

    told = standing(holds=(CROWD,), verdicts=(verdict(), lifting))
    fresh = standing(holds=(CROWD,), verdicts=(verdict(),))

    assert told.lifted == {"crowd"}
    assert missing_to_clear(told, RULES, ServiceClass.DEDICATED) == ()
    assert next_step(fresh, verdict(by="rita"), RULES, reviews=True)[0] is Step.WEIGH
    assert next_step(fresh, lifting, RULES, reviews=True)[0] is Step.CLEAR


def test_everything_that_is_missing_is_told_at_once() -> None:
    """Nobody has to try four times."""
    told = standing(weighing=TOO_LITTLE, holds=(CROWD,), verdicts=(verdict(),))

    _, missing = next_step(told, verdict(service_class=ServiceClass.UNKNOWN), RULES, reviews=False)

    assert codes(missing) == [
        "too-few-methods", "too-unlikely", "class", "crowd", "same-person",
    ]  # fmt: skip


LACKS = [
    *missing_evidence(TOO_LITTLE, RULES),
    *missing_evidence(TOO_OLD, RULES),
    *map(not_listable, [each for each in ServiceClass if not each.is_listable]),
    same_person("anna"),
    *next_step(standing(verdicts=(verdict(),)), verdict(by="alan"), RULES, reviews=False)[1],
    detected(said(Claim.CC, Method.FLOW, strength=0.6, facts={"probability": 0.75})),
]


@pytest.mark.parametrize("lack", LACKS, ids=lambda each: each.code)
def test_what_is_missing_is_told_in_both_languages_with_its_numbers(lack: Reason) -> None:
    """Whole sentences, and every number of the English one in the Japanese one too."""
    numbers = re.findall(r"\d+(?:\.\d+)?", lack.text)

    assert lack.text.endswith(".")
    assert lack.text_ja.endswith("。")
    assert JAPANESE.search(lack.text_ja)
    assert not JAPANESE.search(lack.text)
    assert re.findall(r"\d+(?:\.\d+)?", lack.text_ja) == numbers
    assert lack.values or not numbers


def test_the_numbers_are_those_that_are_missing() -> None:
    """How many and how much, and what is needed."""
    methods, unlikely = missing_evidence(TOO_LITTLE, RULES)

    assert methods.text == "Independent methods that found it and still hold: 1; needed: 2."
    assert methods.values == {"methods": 1, "needed": 2}
    assert unlikely.text == "All evidence comes to 0.60; needed: 0.90."
    assert unlikely.values == {"posterior": 0.6, "needed": 0.9}


@pytest.mark.parametrize(("method", "claim"), list(product(Method, Claim)))
def test_every_statement_is_told_in_words(method: Method, claim: Claim) -> None:
    """Who and what, in both languages; detection is nobody's name."""
    english, japanese = source_words(said(claim, method, source="the source"))

    assert JAPANESE.search(japanese)
    assert not JAPANESE.search(english)
    named = method is not Method.FLOW
    assert ("(the source)" in english, "(the source)" in japanese) == (named, named)


def test_words_of_methods_and_claims_differ() -> None:
    """Two that read alike could not be told apart."""
    for language in (0, 1):
        told = {source_words(said(*each, source="x"))[language] for each in product(Claim, Method)}
        assert len(told) == len(Claim) * len(Method)


def test_reasons_tell_the_heaviest_first_and_holds_last() -> None:
    """With age, reliability and weight of each."""
    evidence = [said(Claim.CC, Method.HONEYPOT, observed_day=TODAY - 2), said(Claim.CC)]
    trust = Trust(reliability={"a honeypot": 0.9, "a list": 0.7})
    found = weigh(evidence, trust, RULES, as_of_day=TODAY, present=lambda _: 1.0)

    first, second, third = reasons_of(found, [CROWD])

    assert (
        first.text == "a honeypot (a honeypot): it is a C&C server, 2 days ago, reliability 0.90."
    )
    assert first.text_ja.endswith("(2日前、信頼度0.90)。")
    assert first.weight > second.weight > third.weight == 0.0
    assert codes((first, second, third)) == ["honeypot-cc", "list-cc", "crowd"]
    assert first.values == {
        "method": "honeypot", "claim": "cc", "age_days": 2, "reliability": 0.9,
    }  # fmt: skip
    assert list_codes([CROWD]) == ("crowd",)


def test_what_detection_gave_stands_in_the_history() -> None:
    """The number that accuracy is held to, and what it was made of; nothing of lines."""
    facts = {"probability": 0.75, "prior": 0.01, "terms": "crowd:1.0", "suspects": 3}
    told = detected(said(Claim.CC, Method.FLOW, strength=0.6, facts=facts))

    assert (told.code, told.text) == (
        DETECTED, "Detection gave it 0.75 when the case was opened.",
    )  # fmt: skip
    assert told.values == {"probability": 0.75, "prior": 0.01, "terms": "crowd:1.0"}
    assert "0.60" in detected(said(Claim.CC, Method.FLOW, strength=0.6)).text
