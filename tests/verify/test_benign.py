"""Guards hold and say why; they delete nothing, acquit nobody and never touch the evidence."""

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded import around, beside, held, limits, match, met, on_address, own_service, said, service
from hinomi.model.case import ServiceClass
from hinomi.model.context import NetworkKind
from hinomi.model.evidence import Claim, Method
from hinomi.model.listed import ListKind
from hinomi.verify.benign import exact_methods, holds_of, may_lift, suggest_class
from hinomi.verify.holds import RANK, Hold, Lift
from hinomi.verify.holdwords import LIST_WORDS, WORDS
from hinomi.verify.listkinds import BenignKind
from hinomi.verify.prefixes import ListMatch
from hinomi.verify.surroundings import AddressFacts, Surroundings
from tree import DOCS

CODES = {*WORDS, *(f"list-{kind}" for kind in LIST_WORDS)}
LABELS = {
    BenignKind.SPECIAL: "rfc1918", BenignKind.SINKHOLE: "sinkholes", BenignKind.SCANNER: "scan",
    BenignKind.CRAWLER: "googlebot", BenignKind.RESOLVER: "public dns", BenignKind.TIME: "ntp",
    BenignKind.STUN: "stun", BenignKind.MAIL: "smtp", BenignKind.RELAY: "vpn",
    BenignKind.CDN: "akamai", BenignKind.HOSTING: "webhosting", BenignKind.PARKING: "parking",
    BenignKind.AUTHORITY: "ocsp", BenignKind.CLOUD: "aws", BenignKind.VENDOR: "apple",
    BenignKind.OTHER: "friends",
}  # fmt: skip

MATCHES = st.builds(
    match,
    st.sampled_from(sorted(LABELS.values())),
    kind=st.sampled_from(ListKind),
    bits=st.integers(8, 32),
)
EVIDENCE = st.builds(said, st.sampled_from(Claim), st.sampled_from(Method))
PLACES = st.builds(
    around,
    st.builds(service, st.just("203.0.113.9"), st.sampled_from([25, 53, 443, 587, 993, 1194])),
    lists=st.lists(MATCHES, max_size=4).map(tuple),
    address=st.builds(
        AddressFacts,
        as_kind=st.sampled_from(NetworkKind),
        names=st.none() | st.integers(0, 100),
        certificates=st.lists(st.sampled_from([25, 443, 993]), max_size=2).map(tuple),
        allocation_days=st.none() | st.floats(0, 9_000),
    ),
    population=st.none()
    | st.integers(0, 3_000).flatmap(
        lambda clients: st.builds(
            met,
            st.just(clients),
            st.integers(0, clients),
            tried=st.integers(clients, 4_000),
            beside=st.sampled_from([(), beside(80, 25), beside(21, 53, 3306)]),
        )
    ),
    evidence=st.lists(EVIDENCE, max_size=4).map(tuple),
)


@given(PLACES)
def test_no_guard_changes_what_it_looks_at(place: Surroundings) -> None:
    """The evidence, and all else, is after the guards what it was before."""
    before = copy.deepcopy(place)

    holds = holds_of(place, limits())

    assert place == before
    assert all(isinstance(each, Hold) for each in holds)


@given(PLACES)
def test_a_hold_says_why_in_both_languages(place: Surroundings) -> None:
    """Each has a sentence with a number in English and in Japanese, and a code of the docs."""
    holds = holds_of(place, limits())

    codes = [each.code for each in holds]
    assert len(codes) == len(set(codes))
    for each in holds:
        assert each.code in CODES
        for text in (each.text, each.text_ja):
            assert re.search(r"\d", text), text
            assert "{" not in text
        assert each.text != each.text_ja


@given(PLACES)
def test_the_strongest_hold_comes_first(place: Surroundings) -> None:
    """Whoever reads one hold only reads the one that binds."""
    ranks = [RANK[each.lift] for each in holds_of(place, limits())]

    assert ranks == sorted(ranks, reverse=True)


@given(PLACES, MATCHES)
def test_another_list_never_frees_a_service(place: Surroundings, more: ListMatch) -> None:
    """An attacker who gets its address onto a list ends no hold and weakens none."""
    fuller = around(
        place.service,
        lists=(*place.lists, more),
        address=place.address,
        population=place.population,
        evidence=place.evidence,
    )

    before = {each.code: RANK[each.lift] for each in holds_of(place, limits())}
    after = {each.code: RANK[each.lift] for each in holds_of(fuller, limits())}

    assert all(after[code] >= rank for code, rank in before.items())


@given(PLACES)
def test_nothing_suggests_that_a_server_may_be_listed(place: Surroundings) -> None:
    """Guards suggest classes that keep a server off the list, or none at all."""
    suggested = suggest_class(holds_of(place, limits()))

    assert suggested is ServiceClass.UNKNOWN or not suggested.is_listable


@given(PLACES)
def test_what_nobody_may_lift_is_lifted_by_no_evidence(place: Surroundings) -> None:
    """Every method together, on the very port, does not lift a final hold."""
    everything = [said(Claim.CC, method) for method in Method]

    for each in holds_of(place, limits()):
        assert may_lift(each, everything, limits()) is (each.lift in {Lift.REVIEWER, Lift.EVIDENCE})


def test_every_code_is_reached() -> None:
    """Each hold that has words has a place that gives rise to it."""
    tunnel = service(port=1194)
    places = [
        *(around(tunnel, lists=(match(label),)) for label in LABELS.values()),
        around(service("10.0.0.1")),
        around(own_service()),
        *(around(service(port=port)) for port in (25, 53, 3478)),
        around(service(port=123, proto=17)),
        around(population=met(3, 3, beside=beside(25, 21, 53))),
        around(address=AddressFacts(names=50)),
        around(address=AddressFacts(as_kind=NetworkKind.ACCESS)),
        around(population=met(2_000, 0)),
        around(population=met(2_000, 1_900)),
        around(population=met(0, 0, tried=50)),
        around(
            address=AddressFacts(allocation_days=0.5),
            evidence=(said(Claim.CC, observed_day=3),),
        ),
        *(around(evidence=(said(claim),)) for claim in Claim),
    ]

    reached = {code for place in places for code in held(place, made_up_hosts=False)}
    assert reached == CODES


@pytest.mark.parametrize(
    ("lift", "methods", "lifted"),
    [
        (Lift.REVIEWER, [], True),
        (Lift.EVIDENCE, [], False),
        (Lift.EVIDENCE, [Method.FLOW], False),
        (Lift.EVIDENCE, [Method.FLOW, Method.FLOW], False),
        (Lift.EVIDENCE, [Method.FLOW, Method.HONEYPOT], True),
        (Lift.REIDENTIFICATION, [Method.FLOW, Method.HONEYPOT], False),
        (Lift.NOBODY, [Method.FLOW, Method.HONEYPOT], False),
    ],
)
def test_who_may_lift_a_hold(lift: Lift, methods: list[Method], *, lifted: bool) -> None:
    """A reason lifts the weak ones, two independent methods those that ask for evidence."""
    hold = Hold(code="x", text="x", text_ja="x", lift=lift)

    assert may_lift(hold, [said(Claim.CC, method) for method in methods], limits()) is lifted


def test_only_statements_on_this_very_port_count() -> None:
    """An address alone, a trait, and what speaks against it lift nothing."""
    evidence = [
        said(Claim.CC, Method.FLOW),
        said(Claim.COMPROMISED, Method.HONEYPOT),
        on_address(Claim.CC, Method.LIST),
        said(Claim.SUPPORT, Method.CERTIFICATE),
        said(Claim.BENIGN, Method.ANALYST),
    ]

    assert exact_methods(evidence) == {"flow", "honeypot"}


def test_the_strongest_hold_suggests_the_class() -> None:
    """A final word of a mail port weighs more than one source's guess at a sinkhole."""
    mail = around(service(port=587), evidence=(said(Claim.SINKHOLE),))
    both = around(lists=(match("akamai"), match(kind=ListKind.SINKHOLES, bits=32)))

    assert suggest_class(holds_of(mail, limits())) is ServiceClass.SHARED
    assert suggest_class(holds_of(both, limits())) is ServiceClass.SINKHOLE


def test_an_abused_server_is_suggested_where_no_guard_speaks() -> None:
    """Somebody's server, abused, may be listed; what holds it comes first."""
    abused = [said(Claim.COMPROMISED)]

    assert suggest_class((), abused) is ServiceClass.COMPROMISED
    assert suggest_class(()) is ServiceClass.UNKNOWN
    crowd = holds_of(around(population=met(2_000, 0)), limits())
    assert suggest_class(crowd, abused) is ServiceClass.SHARED


def test_a_cc_inside_a_content_network_is_found_and_not_listed() -> None:
    """Two methods prove it, and the hold stands beside their evidence: nothing is deleted."""
    evidence = (said(Claim.CC, Method.FLOW), said(Claim.CC, Method.MALWARE))
    place = around(lists=(match("cloudflare"),), evidence=evidence)

    holds = holds_of(place, limits())

    assert place.evidence == evidence
    assert [each.code for each in holds] == ["list-cdn"]
    assert not may_lift(holds[0], evidence, limits())
    assert "not acquitted" in holds[0].text


def test_an_innocent_resolver_on_a_poisoned_list_is_held() -> None:
    """Somebody's list names a public resolver: no one statement lets it out."""
    resolver = service(port=53, proto=17)
    poisoned = (said(Claim.CC, Method.LIST), said(Claim.CC, Method.SIGHTING))
    place = around(resolver, lists=(match("public dns"),), evidence=poisoned)

    holds = holds_of(place, limits())

    assert holds[0].lift is Lift.NOBODY
    assert suggest_class(holds, poisoned) is ServiceClass.SHARED


def test_the_page_on_guards_names_every_code() -> None:
    """docs/reference/guards.md has a row for each code, and no other."""
    page = (DOCS / "reference" / "guards.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE))

    assert rows == CODES
