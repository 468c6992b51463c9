"""What evidence comes to: copies count once, age lowers, nobody's word alone suffices."""

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded import TODAY, WEB, on_address, said
from hinomi.govern.parameters import default_register
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.verify.corroborate import Rules, Trust, Weighing, weigh
from hinomi.verify.decide import missing_evidence
from hinomi.verify.expiry import ExpiryPolicy, SeenHistory, still_there
from hinomi.verify.reliability import Grade, Grading, SourceRecord, reliabilities

REGISTER = default_register()
RULES = Rules.from_register(REGISTER)
POLICY = ExpiryPolicy.from_register(REGISTER)
FINDING = [
    Method.FLOW,
    Method.HONEYPOT,
    Method.MALWARE,
    Method.DARKNET,
    Method.LIST,
    Method.SIGHTING,
    Method.ANALYST,
]
SAYS = [Claim.CC, Claim.COMPROMISED]
AGAINST = [Claim.BENIGN, Claim.SINKHOLE, Claim.LOADER, Claim.SHARED]
SOURCES = [f"{method} {number}" for method in Method for number in range(3)]


def there(age_days: int) -> float:
    """Give the chance that a server that was seen once is still there, as registered."""
    seen = SeenHistory(span_days=0)
    return still_there(age_days, seen, ServiceClass.UNKNOWN, None, POLICY)


def trusting(reliability: Mapping[str, float], groups: Mapping[str, str] | None = None) -> Trust:
    """Trust sources so far; those of a group are one."""
    return Trust(reliability=reliability, groups=groups or {})


def weighed(*evidence: Evidence, trust: Trust | None = None, day: int = TODAY) -> Weighing:
    """Weigh as of a day; a source that nobody knows is worth 0.9."""
    known = trust or trusting(dict.fromkeys([each.source for each in evidence], 0.9))
    return weigh(evidence, known, RULES, as_of_day=day, present=there)


def stated(
    claim: Claim = Claim.CC, method: Method = Method.HONEYPOT, number: int = 0, **changed: object
) -> Evidence:
    """Give a statement of a source that has one method, as all of these do."""
    return said(claim, method, **({"source": f"{method} {number}"} | changed))


STATEMENTS = st.builds(
    lambda claim, method, number, age, reference, *, exact: replace(
        stated(claim, method, number, observed_day=TODAY - age, reference=reference),
        service=WEB if exact else on_address(claim).service,
    ),
    st.sampled_from(Claim),
    st.sampled_from([each for each in Method if each is not Method.FLOW]),
    st.integers(0, 2),
    st.integers(0, 70),
    st.sampled_from(["", "a"]),
    exact=st.booleans(),
)
EVIDENCE = st.lists(
    STATEMENTS,
    max_size=7,
    # Of what a source says twice on one day the latter counts, so that order matters there.
    unique_by=lambda each: (each.source, each.reference, each.is_exact, each.observed_day),
)
TRUSTS = st.fixed_dictionaries({name: st.floats(0.05, 0.99) for name in SOURCES}).map(trusting)


@given(evidence=EVIDENCE, trust=TRUSTS)
def test_what_evidence_comes_to_is_a_probability(evidence: list[Evidence], trust: Trust) -> None:
    """And parts add up to no more methods than there are."""
    found = weighed(*evidence, trust=trust)

    assert 0.0 <= found.posterior <= 1.0
    assert found.methods <= len({each.method for each in evidence})
    assert [abs(part.weight) for part in found.parts] == sorted(
        (abs(part.weight) for part in found.parts), reverse=True
    )


@given(evidence=EVIDENCE, trust=TRUSTS, data=st.data())
def test_the_order_of_evidence_does_not_matter(
    evidence: list[Evidence], trust: Trust, data: st.DataObject
) -> None:
    """Whoever was imported first."""
    shuffled = data.draw(st.permutations(evidence))

    assert weighed(*shuffled, trust=trust) == weighed(*evidence, trust=trust)


def test_equal_statements_are_heard_in_one_order() -> None:
    """A source of two methods, and another one of one of them: none comes first by chance."""
    evidence = [
        stated(method=Method.HONEYPOT, source="both"),
        stated(method=Method.LIST, source="both"),
        stated(method=Method.LIST, source="list"),
    ]

    assert len({weighed(*order).posterior for order in permutations(evidence)}) == 1


@given(evidence=EVIDENCE.filter(bool), trust=TRUSTS, share=st.floats(0, 1), data=st.data())
def test_a_copy_never_raises(
    evidence: list[Evidence], trust: Trust, share: float, data: st.DataObject
) -> None:
    """Of whatever claim, if it is trusted no more than what it repeats."""
    told = data.draw(st.sampled_from(evidence))
    copy = replace(told, source="copy")
    worth = trust.reliability[told.source]
    reliability = {**trust.reliability, "copy": 0.05 + share * (worth - 0.05)}
    copied = trusting(reliability, {"copy": told.source})

    before, after = weighed(*evidence, trust=trust), weighed(*evidence, copy, trust=copied)

    assert after.methods <= before.methods
    if told.claim.is_for:
        assert after.posterior <= before.posterior + 1e-12


@given(worth=st.floats(0.6, 0.999), copies=st.integers(1, 9))
def test_a_list_copied_by_all_others_is_one_list(worth: float, copies: int) -> None:
    """However many print it."""
    names = [f"list {number}" for number in range(copies + 1)]
    trust = trusting(dict.fromkeys(names, worth), dict.fromkeys(names, "list 0"))
    everybody = [stated(method=Method.LIST, source=name) for name in names]

    many, one = weighed(*everybody, trust=trust), weighed(everybody[0], trust=trust)

    assert (many.methods, many.posterior) == (1, one.posterior)


@given(method=st.sampled_from(FINDING), count=st.integers(1, 9), worth=st.floats(0.6, 0.999))
def test_sources_of_one_method_are_one_method(method: Method, count: int, worth: float) -> None:
    """However many, and however independent; so one method alone is never listable."""
    trust = trusting({f"{method} {number}": worth for number in range(count)})
    evidence = [
        stated(method=method, number=number, strength=worth if method is Method.FLOW else None)
        for number in range(count)
    ]

    found = weighed(*evidence, trust=trust)

    assert found.methods == 1
    assert "too-few-methods" in {each.code for each in missing_evidence(found, RULES)}


def test_a_second_source_of_one_method_counts_in_part() -> None:
    """As registered: lists err alike."""
    one, two = stated(method=Method.LIST), stated(method=Method.LIST, number=1)

    assert [part.weight for part in weighed(one, two).parts] == pytest.approx(
        [math.log(9), RULES.same_method_share * math.log(9)]
    )


@given(
    evidence=EVIDENCE.filter(bool),
    trust=TRUSTS,
    worths=st.tuples(st.floats(0.05, 0.99), st.floats(0.05, 0.99)).map(sorted),
    data=st.data(),
)
def test_the_more_a_source_is_trusted_the_more_it_says(
    evidence: list[Evidence], trust: Trust, worths: list[float], data: st.DataObject
) -> None:
    """
    What speaks for it raises the posterior with its source's reliability; the contrary lowers it.

    As long as it stays a finding, or none: what becomes the first finding tells how fresh all is.
    """
    source = data.draw(st.sampled_from(sorted({each.source for each in evidence})))
    claim = data.draw(st.sampled_from([*SAYS, *AGAINST]))
    mine = [
        replace(each, claim=claim, service=WEB) if each.source == source else each
        for each in evidence
    ]
    mine = [each for each in mine if each.claim is not Claim.MOVED]
    low, high = worths
    least = RULES.least_reliability
    if claim in SAYS and (low >= least) != (high >= least):
        low = least

    lower, higher = (
        weighed(*mine, trust=trusting({**trust.reliability, source: worth})).posterior
        for worth in (min(low, high), max(low, high))
    )

    if claim in SAYS:
        assert lower <= higher + 1e-12
    else:
        assert higher <= lower + 1e-12


@given(worth=st.floats(0, 1), claim=st.sampled_from(SAYS))
def test_an_unreliable_source_says_nothing(worth: float, claim: Claim) -> None:
    """Its word is no finding, and never evidence of the contrary: liars are not to be inverted."""
    alone = weighed(stated(claim), trust=trusting({"honeypot 0": worth}))
    other = stated(method=Method.MALWARE)
    beside, without = (
        weighed(*evidence, trust=trusting({"honeypot 0": worth, "malware-analysis 0": 0.9}))
        for evidence in ([stated(claim), other], [other])
    )

    assert alone.posterior <= max(worth, 0.0) + 1e-9
    assert beside.posterior >= without.posterior
    if worth <= 0.5:
        assert (alone.posterior, alone.methods) == (0.0, 0)
        assert beside.posterior == without.posterior
    if worth < RULES.least_reliability:
        assert (alone.newest_day, beside.methods) == (None, 1)


def test_no_statement_alone_makes_certain() -> None:
    """Whoever holds a source to be infallible is held to 0.999."""
    assert weighed(stated(), trust=trusting({"honeypot 0": 1.0})).posterior == pytest.approx(0.999)


def test_what_nobody_graded_is_worth_a_half() -> None:
    """And a half is nothing."""
    assert weighed(stated(), trust=trusting({})).posterior == 0.0


@given(
    evidence=EVIDENCE, trust=TRUSTS, claim=st.sampled_from(AGAINST), age=st.integers(0, 70),
    worth=st.floats(0.05, 0.99),
)  # fmt: skip
def test_what_speaks_against_it_lowers(
    evidence: list[Evidence], trust: Trust, claim: Claim, age: int, worth: float
) -> None:
    """Said by anybody who had said nothing, it raises neither posterior nor methods."""
    contrary = stated(claim, Method.ANALYST, source="contrary", observed_day=TODAY - age)
    told = trusting({**trust.reliability, "contrary": worth})

    before, after = weighed(*evidence, trust=told), weighed(*evidence, contrary, trust=told)

    assert after.posterior <= before.posterior
    assert after.methods == before.methods


@given(evidence=EVIDENCE, trust=TRUSTS, days=st.integers(1, 80))
def test_ageing_lowers_and_never_raises(evidence: list[Evidence], trust: Trust, days: int) -> None:
    """Without anything new, whatever is told for and against it."""
    now, later = (weighed(*evidence, trust=trust, day=TODAY + each) for each in (0, days))

    assert later.posterior <= now.posterior + 1e-12
    assert later.methods <= now.methods


def test_ageing_raises_nothing_that_is_disputed_either() -> None:
    """Where old findings, a fresh one and their contraries hold the balance."""
    ages = {Method.LIST: 3, Method.HONEYPOT: 18, Method.MALWARE: 12}
    found = [stated(method=how, observed_day=TODAY - age) for how, age in ages.items()]
    against = [stated(Claim.BENIGN, how) for how in (Method.ANALYST, Method.DARKNET)]
    trust = trusting({**dict.fromkeys(SOURCES, 0.99), "list 0": 0.61})

    course = [
        weighed(*found, *against, trust=trust, day=TODAY + days).posterior for days in range(40)
    ]

    assert course == sorted(course, reverse=True)


@given(evidence=EVIDENCE, trust=TRUSTS, days=st.integers(1, 400))
def test_what_it_was_does_not_change_with_time(
    evidence: list[Evidence], trust: Trust, days: int
) -> None:
    """That it was one when it was found is history; only that it is there now ages."""
    now, later = (weighed(*evidence, trust=trust, day=TODAY + each) for each in (0, days))

    assert later.agreed == now.agreed
    assert now.posterior <= now.agreed


def test_what_was_found_long_ago_is_not_there_any_more() -> None:
    """However surely it was found then: nothing holds beyond the registered days."""
    old = TODAY - POLICY.most_days - 1
    found = weighed(stated(observed_day=old), stated(method=Method.MALWARE, observed_day=old))

    assert (found.posterior, found.methods) == (0.0, 2)
    assert found.agreed == pytest.approx(81 / 82)
    assert [each.code for each in missing_evidence(found, RULES)] == ["too-old"]


def test_a_mistake_does_not_age() -> None:
    """What speaks against it weighs as much years later."""
    contrary = stated(Claim.BENIGN, Method.LIST, observed_day=TODAY - 900)

    assert weighed(stated(), contrary).posterior == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("gap", "share", "methods"),
    [(0, 1.0, 2), (9, 0.95, 2), (45, 0.75, 2), (90, 0.5, 2), (91, 0.0, 1), (400, 0.0, 1)],
)
def test_what_is_older_than_the_freshest_finding_weighs_less(
    gap: int, share: float, methods: int
) -> None:
    """Addresses change hands: after the registered days it is as likely somebody else's."""
    old = stated(method=Method.MALWARE, observed_day=TODAY - gap)

    found = weighed(stated(), old)

    assert RULES.most_days == 90
    assert found.methods == methods
    assert [part.weight for part in found.parts] == pytest.approx(
        [math.log(9), *([share * math.log(9)] if share else [])]
    )


def test_the_newest_word_of_a_source_counts() -> None:
    """It takes back what the same source said before of the same subject, on one day too."""
    earlier = stated(observed_day=TODAY - 3)

    assert weighed(earlier, stated(Claim.BENIGN)).posterior == 0.0
    assert weighed(stated(Claim.BENIGN, observed_day=TODAY - 3), stated()).posterior > 0.8
    assert weighed(stated(), stated(Claim.BENIGN)).posterior == 0.0
    assert weighed(stated(Claim.BENIGN), stated()).posterior > 0.8


def test_samples_of_one_source_do_not_take_each_other_back() -> None:
    """A sandbox that calls one sample's server a loader still holds another's for a C&C."""
    cc = stated(method=Method.MALWARE, reference="one", observed_day=TODAY - 1)
    other = stated(Claim.LOADER, Method.MALWARE, reference="other")

    assert [part.evidence for part in weighed(cc, other).parts] == [cc, other]


@given(evidence=EVIDENCE, trust=TRUSTS, claim=st.sampled_from(Claim), ahead=st.integers(1, 400))
def test_what_lies_in_the_future_counts_for_nothing(
    evidence: list[Evidence], trust: Trust, claim: Claim, ahead: int
) -> None:
    """Nor does it take back what the same source says now: clocks differ."""
    future = [replace(each, claim=claim, observed_day=TODAY + ahead) for each in evidence]

    assert weighed(*evidence, *future, trust=trust) == weighed(*evidence, trust=trust)


@given(age=st.integers(1, 30), worth=st.floats(0.6, 0.99))
def test_a_move_voids_what_was_found_before(age: int, worth: float) -> None:
    """It was found at somebody else's server; what is found from then on counts."""
    trust = trusting({"sighting 0": worth, "honeypot 0": 0.9, "malware-analysis 0": 0.9})
    before = [
        stated(observed_day=TODAY - age - 1),
        stated(method=Method.MALWARE, observed_day=TODAY - age - 1),
    ]
    moved = stated(Claim.MOVED, Method.SIGHTING, observed_day=TODAY - age)

    assert weighed(*before, moved, trust=trust).posterior == 0.0
    assert weighed(*before, moved, trust=trust).methods == 0
    again = weighed(*before, moved, stated(observed_day=TODAY), trust=trust)
    assert (again.methods, [each.evidence.observed_day for each in again.parts]) == (1, [TODAY])


def test_a_move_that_nobody_reliable_states_voids_nothing() -> None:
    """Else anybody could void a finding by a word."""
    moved = stated(Claim.MOVED, Method.SIGHTING)
    trust = trusting({"honeypot 0": 0.9, "sighting 0": 0.55})

    assert weighed(stated(observed_day=TODAY - 1), moved, trust=trust).methods == 1


@given(worth=st.floats(0.5, 0.99))
def test_what_is_said_to_be_gone_since_is_less_likely_there(worth: float) -> None:
    """By how far the source is trusted; what is found after that is there again."""
    trust = trusting({"honeypot 0": 0.9, "sighting 0": worth})
    gone = stated(Claim.GONE, Method.SIGHTING, observed_day=TODAY - 1)
    earlier, later = stated(observed_day=TODAY - 1), stated()

    assert weighed(earlier, gone, trust=trust).posterior == pytest.approx(
        weighed(earlier, trust=trust).posterior * (2.0 - 2.0 * worth)
    )
    assert weighed(later, gone, trust=trust) == weighed(later, trust=trust)


@given(worth=st.floats(0.51, 0.999), method=st.sampled_from(FINDING[1:]))
def test_an_address_alone_says_less_than_its_port(worth: float, method: Method) -> None:
    """One port of a listed address is not all of them; against, an address counts in full."""
    trust = trusting(dict.fromkeys(SOURCES, worth))
    exact, address = (
        stated(method=method),
        stated(method=method, service=on_address(Claim.CC).service),
    )

    assert 0.5 < weighed(address, trust=trust).posterior < weighed(exact, trust=trust).posterior
    assert [
        weighed(exact, stated(Claim.BENIGN, number=1, service=each.service), trust=trust).posterior
        for each in (exact, address)
    ] == pytest.approx([0.5, 0.5])


def graded(*grades: tuple[Method, Grade]) -> Weighing:
    """Weigh one statement of today by a new source of each grade."""
    evidence = [stated(method=method) for method, _ in grades]
    grading = Grading.from_register(REGISTER)
    records = [
        SourceRecord(name=f"{method} 0", method=method, grade=grade) for method, grade in grades
    ]
    found = reliabilities(records, grading)
    return weighed(*evidence, trust=trusting({name: each.mean for name, each in found.items()}))


@pytest.mark.parametrize(
    ("grades", "posterior", "suffices"),
    [
        ("BB", 0.84, False), ("AB", 0.95, True), ("AA", 0.99, True), ("BBB", 0.93, True),
        ("AC", 0.90, False), ("A", 0.90, False), ("CC", 0.0, False), ("AE", 0.90, False),
        ("FF", 0.0, False),
    ],
)  # fmt: skip
def test_grades_come_to_what_the_register_says(
    grades: str, posterior: float, *, suffices: bool
) -> None:
    """B and A to 0.95, two of B to 0.84: the figures that argue for the threshold."""
    found = graded(*zip(FINDING[1:], map(Grade, grades), strict=False))

    assert found.posterior == pytest.approx(posterior, abs=0.006)
    assert (missing_evidence(found, RULES) == ()) is suffices
    told = REGISTER.parameters["verify.listable_probability"].evidence
    assert told == "Grades B and A together come to 0.95, two of grade B to 0.84."


@given(count=st.integers(1, 8), worth=st.floats(0.5, 0.999), method=st.sampled_from(Method))
def test_traits_together_add_little_and_are_no_finding(
    count: int, worth: float, method: Method
) -> None:
    """A factor of two, and no method: they help a reviewer and nobody else."""
    traits = [stated(Claim.SUPPORT, method, number, source=f"{number}") for number in range(count)]
    trust = trusting({**{f"{number}": worth for number in range(count)}, "honeypot 0": 0.9})

    alone, beside = weighed(*traits, trust=trust), weighed(stated(), *traits, trust=trust)

    added = sum(part.weight for part in alone.parts)
    assert added <= RULES.support_most + 1e-12
    assert (alone.methods, alone.newest_day, beside.methods) == (0, None, 1)
    assert beside.posterior <= 1 / (1 + math.exp(-math.log(9) - RULES.support_most)) + 1e-12


@pytest.mark.parametrize("method", [Method.PASSIVE_DNS, Method.CERTIFICATE])
def test_what_tells_traits_is_no_method(method: Method) -> None:
    """Whatever it claims."""
    assert weighed(stated(method=method), stated()).methods == 1


@given(worth=st.floats(0.5, 0.999), older=st.integers(0, 5), first=st.booleans())
def test_a_trait_takes_no_findings_place(worth: float, older: int, *, first: bool) -> None:
    """A source that names a trait beside what it found still found it."""
    finding = stated(observed_day=TODAY - older, service=on_address(Claim.CC).service)
    trait = stated(Claim.SUPPORT, reference="scan")
    trust = trusting({"honeypot 0": worth})

    both = weighed(*((trait, finding) if first else (finding, trait)), trust=trust)

    assert both == weighed(finding, trait, trust=trust)
    assert both.posterior >= weighed(finding, trust=trust).posterior


def flow(strength: float, **facts: float) -> Evidence:
    """Give what detection says."""
    return stated(method=Method.FLOW, strength=strength, facts=facts)


@given(strength=st.floats(0.001, 0.999), prior=st.floats(1e-6, 0.4))
def test_detection_speaks_against_a_server_only_below_what_it_expects_of_any(
    strength: float, prior: float
) -> None:
    """Between its prior and a half it says nothing; below, a little; above, as calibrated."""
    (part,) = weighed(flow(strength, prior=prior)).parts or (None,)

    if strength > 0.5:
        assert part is not None
        assert part.weight == pytest.approx(math.log(strength / (1 - strength)))
    elif strength >= prior:
        assert part is None or part.weight == pytest.approx(0, abs=1e-9)
    else:
        assert part is not None
        assert -2.0 <= part.weight < 0.0


def test_detection_that_does_not_tell_its_prior_speaks_against_nothing() -> None:
    """What a low probability means is not known then."""
    beside = stated()

    assert weighed(beside, flow(0.001)) == weighed(beside)


def test_detection_is_worth_its_probability_and_no_more() -> None:
    """It is calibrated: nobody grades it, and it is a finding from the registered one on."""
    least = RULES.least_reliability

    assert weighed(flow(0.8), trust=trusting({"flow 0": 0.1})).posterior == pytest.approx(0.8)
    assert weighed(flow(least)).methods == 1
    assert weighed(flow(least - 0.01)).methods == 0


def test_a_newer_run_takes_the_place_of_an_older_one() -> None:
    """Whatever they found: references of runs are no subjects."""
    older = replace(flow(0.95), observed_day=TODAY - 1, reference="0123")

    assert weighed(older, replace(flow(0.4, prior=0.1), reference="4567")).methods == 0


@given(strength=st.floats(0, 1), worth=st.floats(0.05, 0.99))
def test_a_source_that_is_half_sure_of_itself_says_less(strength: float, worth: float) -> None:
    """Never more than it is trusted, and below a half nothing."""
    trust = trusting({"honeypot 0": worth})
    unsure, sure = weighed(stated(strength=strength), trust=trust), weighed(stated(), trust=trust)

    assert unsure.posterior <= sure.posterior + 1e-12
    if strength <= 0.5:
        assert unsure.posterior == 0.0


def test_independent_methods_against_it_are_counted() -> None:
    """For the digit of the Admiralty code, and for who watches what is listed."""
    found = weighed(
        stated(), stated(Claim.BENIGN, Method.LIST), stated(Claim.SHARED, Method.ANALYST)
    )

    assert (found.methods, found.methods_against) == (1, 2)


def test_nothing_comes_to_nothing() -> None:
    """No evidence: no probability, no method, no day."""
    assert weighed() == Weighing(
        posterior=0.0, agreed=0.0, methods=0, methods_against=0, parts=(), newest_day=None
    )


def test_the_rules_are_the_registers() -> None:
    """A home that registers something else goes by that."""
    changed = REGISTER.with_value("verify.least_methods", 3, decided_by="x")

    assert Rules.from_register(changed) == replace(RULES, least_methods=3)
