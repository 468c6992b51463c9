"""What is known of a service, from evidence, lists and what people say of sources."""

import pytest

from docket import (
    NOW_MS,
    OTHER,
    SERVER,
    At,
    anywhere,
    day,
    seen,
    service,
    stated,
    tell,
)
from hinomi.errors import ConfigError
from hinomi.model.case import CaseState, ServiceClass
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.listed import HUB_LIST, ListEntry, ListKind, Role
from hinomi.model.service import Service
from hinomi.services.home import Home
from hinomi.services.publishing import withdraw
from hinomi.services.weighing import (
    Assessment,
    Assessor,
    any_port,
    listed_evidence,
    parse_grades,
    seen_history,
    tier_in,
)
from hinomi.store.caseevidence import Source, SourcePair
from hinomi.store.caseruns import Run
from hinomi.store.lookup import Told
from hinomi.verify.expiry import SeenHistory
from hinomi.verify.holds import Lift
from hinomi.verify.reliability import Grade
from household import DAY_MS

TODAY = NOW_MS // DAY_MS


def assessed(home: Home, of: Service | None = None) -> Assessment:
    """Weigh a service as of now."""
    with home.casebook() as casebook:
        return Assessor(home, casebook).assess(of or service())


def told(kind: ListKind = ListKind.KNOWN_CC, **changed: object) -> Told:
    """Give an entry of a list that names `SERVER` with its port, since ten days."""
    entry: dict[str, object] = {"base": service().address, "proto": 6, "port": 443}
    entry |= {name: changed.pop(name) for name in [*changed] if name in ListEntry.__slots__}
    usual: dict[str, object] = {
        "kind": kind,
        "source": "feed",
        "entry": ListEntry(**entry),  # type: ignore[arg-type]
        "since_ms": NOW_MS - 10 * DAY_MS,
        "until_ms": None,
        "confirmed_ms": NOW_MS,
    }
    return Told(**(usual | changed))  # type: ignore[arg-type]


def test_nothing_is_known_of_a_service_that_nobody_named(at: At) -> None:
    """It comes to nothing, and holds nothing but the day."""
    found = assessed(at().home())

    assert (found.evidence, found.holds, found.last_day, found.tier) == ((), (), 0, None)
    assert found.weighing.posterior == 0.0
    assert found.days_valid == -1  # It does not hold on any day.


def test_a_list_that_names_it_speaks_of_it() -> None:
    """As of the day on which it was taken in last, or that it states itself."""
    (plain,) = listed_evidence(service(), [told()])
    (stating,) = listed_evidence(service(), [told(last_listed_ms=NOW_MS - 3 * DAY_MS)])
    (left,) = listed_evidence(service(), [told(until_ms=NOW_MS - 5 * DAY_MS)])
    (ahead,) = listed_evidence(service(), [told(last_listed_ms=NOW_MS + 9 * DAY_MS)])

    assert (plain.method, plain.source, plain.claim) == (Method.LIST, "feed", Claim.CC)
    assert (plain.observed_day, plain.facts["first_day"]) == (TODAY, TODAY - 10)
    assert [each.observed_day for each in (stating, left, ahead)] == [
        TODAY - 3, TODAY - 5, TODAY,
    ]  # fmt: skip


def test_a_list_of_sinkholes_says_that_it_is_one() -> None:
    """And so does the role of an entry on a list of C&C servers."""
    by_kind = listed_evidence(service(), [told(ListKind.SINKHOLES)])
    by_role = listed_evidence(service(), [told(role=Role.SINKHOLE)])

    assert {each.claim for each in (*by_kind, *by_role)} == {Claim.SINKHOLE}


def test_an_entry_without_a_port_speaks_of_the_address() -> None:
    """One of a network names no server; lists of something else are no evidence but holds."""
    (found,) = listed_evidence(service(), [told(port=None, proto=None)])

    assert found.service == anywhere() == any_port(service())
    assert listed_evidence(service(), [told(length=120)]) == ()
    assert listed_evidence(service(), [told(ListKind.BENIGN), told(ListKind.SCANNERS)]) == ()


def test_evidence_on_another_port_says_nothing_of_this_one(at: At) -> None:
    """Nor on another address; that on the address as a whole does."""
    house = at()
    tell(
        house.home(),
        stated(house, service=service(port=80)),
        stated(house, service=service(OTHER)),
        stated(house, Method.LIST, service=anywhere()),
    )

    assert [each.source for each in assessed(house.home()).evidence] == ["list"]


def test_a_source_has_the_grade_of_its_method_until_somebody_grades_it(at: At) -> None:
    """And then what it was given last."""
    house = at()
    tell(house.home(), stated(house))
    before = assessed(house.home()).reliability["honeypot"]

    for grade in (Grade.A, Grade.D):
        with house.home().casebook() as casebook:
            casebook.evidence.put_source(
                Source(name="honeypot", method=Method.HONEYPOT, grade=grade)
            )
    after = assessed(house.home()).reliability["honeypot"]

    assert (before.grade, after.grade) == (Grade.B, Grade.D)
    assert before.mean > after.mean


def groups(home: Home, *names: str, method: Method = Method.LIST) -> list[set[str]]:
    """Put sources that each made one statement into groups."""
    evidence = [
        Evidence(service=service(), method=method, source=name, claim=Claim.CC, observed_day=1)
        for name in names
    ]
    with home.casebook() as casebook:
        found = Assessor(home, casebook).groups(evidence)
    return [
        {name for name in names if found[name] == leader} for leader in sorted(set(found.values()))
    ]


def test_sources_of_one_method_are_one_until_shown_to_be_two(at: At) -> None:
    """By what their histories show, or by what people say of families, which goes first."""
    house = at()
    home = house.home()
    assert groups(home, "one", "two") == [{"one", "two"}]
    with home.casebook() as casebook:
        pair = SourcePair(one="one", other="two", kinship="independent", copied=0.0, told=[])
        casebook.evidence.put_pairs([pair], NOW_MS)
    assert groups(home, "one", "two") == [{"one"}, {"two"}]

    for name in ("one", "two"):
        with home.casebook() as casebook:
            source = Source(name=name, method=Method.LIST, grade="B", family="the same")
            casebook.evidence.put_source(source)
    assert groups(home, "one", "two") == [{"one", "two"}]


def test_families_keep_sources_of_one_method_apart(at: At) -> None:
    """Two honeypots of two owners are two sources, and still one method."""
    home = at().home()
    for name in ("one", "two"):
        with home.casebook() as casebook:
            source = Source(name=name, method=Method.HONEYPOT, grade="B", family=f"of {name}")
            casebook.evidence.put_source(source)

    assert groups(home, "one", "two", method=Method.HONEYPOT) == [{"one"}, {"two"}]
    assert groups(home, "one", "other", method=Method.HONEYPOT) == [{"one", "other"}]


def test_a_family_makes_one_of_two_methods(at: At) -> None:
    """A list that is made from a honeypot is that honeypot."""
    house = at()
    home = house.home()
    tell(home, stated(house), stated(house, Method.MALWARE))
    assert assessed(home).weighing.methods == 2
    for method in (Method.HONEYPOT, Method.MALWARE):
        with home.casebook() as casebook:
            casebook.evidence.put_source(
                Source(name=str(method), method=method, grade="B", family="one house")
            )

    assert assessed(home).weighing.methods == 1


def test_what_was_found_last_is_no_trait_and_no_flow_to_it(at: At) -> None:
    """A day in the future is none either: else a slip would keep a listing for ever."""
    house = at()
    tell(
        house.home(),
        stated(house, ago=9),
        stated(house, Method.CERTIFICATE, Claim.SUPPORT),
        stated(house, Method.LIST, Claim.BENIGN),
        stated(house, Method.MALWARE, ago=-9),
        seen(house, 0.01, ago=1, probability=0.01),
    )

    assert assessed(house.home()).last_day == TODAY - 9


@pytest.mark.parametrize(
    ("strength", "probability", "speaks"),
    [(0.9, 0.9, True), (0.2, 0.2, True), (0.05, 0.4, True), (0.19, 0.19, False)],
)
def test_detection_says_so_from_where_it_opens_a_case(
    at: At, strength: float, probability: float, *, speaks: bool
) -> None:
    """With what lists add to it, as it was opened."""
    house = at()
    tell(house.home(), seen(house, strength, probability=probability))

    assert (assessed(house.home()).last_day == TODAY) is speaks


def test_days_on_which_nothing_could_be_seen_age_nothing(at: At) -> None:
    """An outage of a lease is not to empty the list; for the rest, the calendar counts."""
    house = at()
    with house.home().casebook() as casebook:
        assert Assessor(house.home(), casebook).watched_days(5) == 5
        for ago in (0, 3, 20):
            casebook.runs.put(
                Run(
                    digest=str(ago),
                    at_ms=0,
                    until_day=day(house, ago),
                    candidates=0,
                    below=0,
                    opened=0,
                )
            )
        assessor = Assessor(house.home(), casebook)
    most = house.home().register.integer("expiry.most_days")

    assert [assessor.watched_days(each) for each in (-3, 0, 1, 3, 4, 20, 21, most)] == [
        0, 0, 1, 1, 2, 13, 14, most - 7,
    ]  # fmt: skip
    assert assessor.watched_days(most + 1) == most + 1


def test_holds_and_class_come_with_it(at: At) -> None:
    """What sources say, and what runs tell of who met it."""
    house = at()
    tell(
        house.home(),
        stated(house, claim=Claim.SHARED, source="x"),
        seen(house, clients=2_000, suspects=3, lines=3_000, tier=2),
    )

    found = assessed(house.home())

    assert [each.code for each in found.holds] == ["crowd", "said-shared"]
    assert (found.suggested, found.tier) == (ServiceClass.SHARED, 2)
    with house.home().casebook() as casebook:
        assessor = Assessor(house.home(), casebook)
        assert [assessor.may_lift(each, found.evidence) for each in found.holds] == [False, False]
    assert {each.lift for each in found.holds} == {Lift.EVIDENCE}


def spoken(*days: int, first: int | None = None) -> list[Evidence]:
    """Give statements of days."""
    facts = {} if first is None else {"first_day": first}
    return [
        Evidence(
            service=service(), method=Method.LIST, source="x", claim=Claim.CC, observed_day=each,
            facts=facts,
        )
        for each in days
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("evidence", "span", "seen_days"),
    [
        ([], 0, 1),
        (spoken(100), 0, 1),
        (spoken(100, 103, 103), 3, 2),
        (spoken(100, first=90), 10, 2),
        (spoken(10, 100, 104), 4, 2),
        (spoken(70, 100), 30, 2),
        (spoken(69, 100), 0, 1),
    ],
)
def test_an_episode_ends_with_a_long_gap(
    evidence: list[Evidence], span: int, seen_days: int
) -> None:
    """Days of an earlier one say nothing of how visible this server is."""
    assert seen_history(evidence, 30) == SeenHistory(span_days=span, seen_days=seen_days)


@pytest.mark.parametrize(("tier", "read"), [(0, None), (1, 1), (2, 2), (None, None)])
def test_a_tier_that_is_not_decided_is_none(tier: int | None, read: int | None) -> None:
    """0 stands for that in the facts."""
    facts = {} if tier is None else {"tier": tier}
    assert tier_in(Evidence(**{**_flow(), "facts": facts})) == read  # type: ignore[arg-type]


def _flow() -> dict[str, object]:
    return {
        "service": service(), "method": Method.FLOW, "source": "x", "claim": Claim.CC,
        "observed_day": 1,
    }  # fmt: skip


def test_grades_are_read_from_the_register(at: At) -> None:
    """Of each method that can be graded; those of flow are calibrated."""
    grades = parse_grades(at().home().register.text("verify.grades"))

    assert set(grades) == set(Method) - {Method.FLOW}
    assert parse_grades("") == {}


@pytest.mark.parametrize("text", ["honeypot", "honeypot=G", "trap=B", "=B", "honeypot="])
def test_a_grade_that_is_none_stops_it(text: str) -> None:
    """In one line that says how to mend it."""
    with pytest.raises(ConfigError, match="hinomi parameters propose"):
        parse_grades(text)


def test_it_is_told_by_its_service() -> None:
    """In plain where it is no own one."""
    assert str(service()) == f"{SERVER} tcp/443"


def known_at_hub(home: Home, *, until_ms: int | None = None) -> None:
    """Let the hub list `SERVER`, until it does no more."""
    entry = ListEntry(base=service().address, proto=6, port=443, label="dedicated")
    with home.casebook() as casebook:
        for entries, at_ms in (((entry,), NOW_MS), ((), until_ms)):
            if at_ms is not None:
                casebook.lists.replace(
                    ListKind.KNOWN_CC, HUB_LIST, entries, sha256=str(at_ms), added_ms=at_ms
                )


def lists_in(found: Assessment) -> list[str]:
    """Name the lists that are evidence."""
    return [each.source for each in found.evidence if each.method is Method.LIST]


def test_what_the_hub_lists_is_evidence(at: At) -> None:
    """As any other list, of a server that this house does not list."""
    house = at(CaseState.LISTABLE)
    known_at_hub(house.home())

    assert lists_in(assessed(house.home())) == [HUB_LIST]


def test_what_this_house_told_the_hub_is_none(at: At) -> None:
    """
    The hub lists it on this house's word: it would bear itself out.

    Neither its weight nor how long it holds changes.
    """
    house = at(CaseState.LISTED)
    alone = assessed(house.home())

    known_at_hub(house.home())

    assert assessed(house.home()) == alone


def test_what_rests_on_the_hubs_list_was_not_told(at: At) -> None:
    """A listing that would not stand without the hub does not go there, and so is no echo."""
    house = at(CaseState.LISTED)
    known_at_hub(house.home())
    lost = [stated(house, how, Claim.BENIGN) for how in (Method.HONEYPOT, Method.MALWARE)]
    tell(house.home(), *lost)

    with house.home().casebook() as casebook:
        without = Assessor(house.home(), casebook, with_hub=False)
        alone = without.assess(service())
        assert not without.stands(alone.weighing)
    assert lists_in(alone) == []
    assert lists_in(assessed(house.home())) == [HUB_LIST]


def test_the_hub_forgets_what_is_listed_here_no_more(at: At) -> None:
    """After the lease what it lists rests on others' word, and is evidence again."""
    house = at(CaseState.LISTED)
    known_at_hub(house.home())
    withdraw(house.act_as("rita"), 1, "it was seized", gone=True)
    assert lists_in(assessed(house.home())) == []

    house.later(8 * DAY_MS)

    assert lists_in(assessed(house.home())) == [HUB_LIST]
