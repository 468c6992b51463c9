"""Admission: every kind, outlet, state and attestation, and nothing that is remembered."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admitted import attested
from hinomi.hub.admission import (
    domains_shared_by,
    gaps,
    is_same_organisation,
    refusal,
    shared_by,
)
from hinomi.hub.outlets import Answer, Openings, table
from hinomi.model.member import (
    Credential,
    Ground,
    Member,
    MemberKind,
    MemberState,
    Outlet,
    Use,
)

TODAY = date(2026, 11, 23)
ALL = Openings(frozenset(MemberKind), frozenset(Outlet))
ATTESTED = attested(TODAY - timedelta(days=10), 20)
FIT = Member(
    name="isp-a",
    organisation="ISP A",
    kind=MemberKind.DETECTING_ISP,
    state=MemberState.ADMITTED,
    contacts=("noc@isp.example",),
    uses=tuple(Use),
    page="https://isp.example/flow",
    signing_key="isp-a/statements+00000000+AA==",
    attestations=ATTESTED,
)
SHOWN = Credential(
    fingerprint="a" * 64,
    member="isp-a",
    token_digest="b" * 64,
    outlets=tuple(Outlet),
    until=TODAY,
)
GROUNDS = list(chain.from_iterable(combinations(Ground, size) for size in range(3)))


def asked(
    member: Member = FIT,
    shown: Credential = SHOWN,
    outlet: Outlet | None = Outlet.SNAPSHOT,
    openings: Openings = ALL,
    day: date = TODAY,
) -> str | None:
    """Ask for what a fit member may, unless told otherwise."""
    return refusal(member, shown, outlet, openings=openings, day=day)


@pytest.mark.parametrize("grounds", GROUNDS)
@pytest.mark.parametrize(("kind", "outlet"), list(product(MemberKind, Outlet)))
def test_a_door_opens_where_all_agree_and_nowhere_else(
    kind: MemberKind, outlet: Outlet, grounds: tuple[Ground, ...]
) -> None:
    """Every kind, outlet, state and set of attestations, against the rule said in one line."""
    attestations = tuple(each for each in ATTESTED if each.ground in grounds)
    for state in MemberState:
        member = replace(FIT, kind=kind, state=state, attestations=attestations)
        may = (
            state is MemberState.ADMITTED
            and table().ask(kind, outlet).answer is not Answer.REFUSED
            and (not outlet.gives_listings or set(grounds) == set(Ground))
        )

        assert (asked(member, outlet=outlet) is None) is may


@given(
    kind=st.sampled_from(MemberKind),
    state=st.sampled_from([each for each in MemberState if each is not MemberState.ADMITTED]),
    outlet=st.sampled_from([None, *Outlet]),
    kinds=st.frozensets(st.sampled_from(MemberKind)),
    outlets=st.frozensets(st.sampled_from(Outlet)),
    days=st.integers(-400, 400),
)
def test_whoever_does_not_take_part_gets_nothing(  # noqa: PLR0917 - a property of all.
    kind: MemberKind,
    state: MemberState,
    outlet: Outlet | None,
    kinds: frozenset[MemberKind],
    outlets: frozenset[Outlet],
    days: int,
) -> None:
    """Applied, suspended or left: no outlet opens, whatever else is so."""
    member = replace(FIT, kind=kind, state=state)
    opened, day = Openings(kinds, outlets), TODAY + timedelta(days=days)

    assert asked(member, outlet=outlet, openings=opened, day=day) == f"the member is {state}"


@pytest.mark.parametrize("outlet", [None, *Outlet])
@pytest.mark.parametrize(
    "shown",
    [
        replace(SHOWN, is_revoked=True),
        replace(SHOWN, until=TODAY - timedelta(days=1)),
        replace(SHOWN, member="isp-b"),
    ],
)
def test_a_certificate_that_is_worth_nothing_opens_nothing(
    outlet: Outlet | None, shown: Credential
) -> None:
    """Revoked, ended, or another member's."""
    assert asked(shown=shown, outlet=outlet) is not None


@pytest.mark.parametrize("outlet", Outlet)
def test_a_node_has_leave_for_what_its_certificate_was_given_for(outlet: Outlet) -> None:
    """Of what its member may, these."""
    others = tuple(each for each in Outlet if each is not outlet)

    assert asked(shown=replace(SHOWN, outlets=(outlet,)), outlet=outlet) is None
    assert asked(shown=replace(SHOWN, outlets=others), outlet=outlet) == (
        f"this node may not use {outlet}"
    )


def test_a_node_without_any_leave_may_not_even_knock() -> None:
    """Else one door is enough for what every admitted member may."""
    assert asked(shown=replace(SHOWN, outlets=()), outlet=None) is not None
    assert asked(shown=replace(SHOWN, outlets=(Outlet.FIGURES,)), outlet=None) is None


@pytest.mark.parametrize("outlet", Outlet)
@pytest.mark.parametrize(
    "lacking", [{"page": ""}, {"uses": ()}, {"attestations": ()}, {"attestations": ATTESTED[:1]}]
)
def test_only_listings_ask_for_attestations_a_page_and_uses(
    outlet: Outlet, lacking: dict[str, object]
) -> None:
    """What is said inwards, and figures, tell nobody of a server (R5, R6, R8)."""
    member = replace(FIT, **lacking)  # type: ignore[arg-type]  # One field at a time.

    assert (asked(member, outlet=outlet) is not None) is outlet.gives_listings


@pytest.mark.parametrize(("days", "holds"), [(-11, False), (-10, True), (10, True), (11, False)])
def test_an_attestation_holds_from_its_first_day_to_its_last(days: int, holds: bool) -> None:  # noqa: FBT001 - a parameter of the test.
    """Both days count."""
    shown = replace(SHOWN, until=TODAY + timedelta(days=100))

    assert (asked(shown=shown, day=TODAY + timedelta(days=days)) is None) is holds


def test_a_renewed_attestation_takes_over() -> None:
    """The one that ended does not stand in the way."""
    renewed = replace(FIT, attestations=(*ATTESTED, *attested(TODAY + timedelta(days=9))))
    shown = replace(SHOWN, until=TODAY + timedelta(days=100))

    assert asked(renewed, shown, day=TODAY + timedelta(days=60)) is None


def test_a_zone_is_for_members_who_block_for_those_who_consented() -> None:
    """Nobody else has a use for it that would be permitted (R6)."""
    member = replace(FIT, uses=(Use.DETECT,))

    assert "block-consented" in str(asked(member, outlet=Outlet.RPZ))
    assert asked(member, outlet=Outlet.TAXII) is None


def test_a_refusal_names_no_other_member() -> None:
    """Also where a certificate is another member's."""
    found = asked(shown=replace(SHOWN, member="isp-b"))

    assert found is not None
    assert "isp" not in found


def test_what_is_missing_is_told_before_a_member_is_let_in() -> None:
    """All of it at once; page and uses of those alone who take listings."""
    bare = Member(name="isp-a", organisation="ISP A", kind=MemberKind.RECEIVING_ISP)
    assert len(gaps(bare, ALL, TODAY)) == 6
    assert len(gaps(replace(bare, kind=MemberKind.MINISTRY), ALL, TODAY)) == 4
    assert gaps(FIT, ALL, TODAY) == ()
    assert len(gaps(FIT, Openings(frozenset(), frozenset(Outlet)), TODAY)) == 1
    assert gaps(replace(FIT, attestations=ATTESTED[:1]), ALL, TODAY) == (
        "no attestation of information-management holds today",
    )


@pytest.mark.parametrize(
    ("changed", "shared"),
    [
        ({}, ("organisation", "page", "contacts")),
        ({"organisation": "  isp   a "}, ("organisation", "page", "contacts")),
        ({"organisation": "B", "page": "HTTPS://isp.example/flow/"}, ("page", "contacts")),
        ({"organisation": "B", "page": "", "contacts": ("x", " NOC@isp.example")}, ("contacts",)),
        ({"organisation": "B", "page": "", "contacts": ()}, ()),
        ({"state": MemberState.LEFT}, ()),
        ({"name": "isp-a"}, ()),
    ],
)
def test_one_organisation_is_known_by_its_name_page_or_a_contact(
    changed: dict[str, Any], shared: tuple[str, ...]
) -> None:
    """Case, spaces and a last slash hide nothing; who has left shares nothing."""
    other = replace(FIT, **{"name": "isp-b", **changed})

    assert shared_by(FIT, other) == shared_by(other, FIT) == shared


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ISP A", "\uff29\uff33\uff30\u3000\uff21"),
        ("ISP A Co., Ltd.", "isp a co ltd"),
        ("ISP A K.K.", "ISP A KK"),
        ("ISP\u2010A", "ISP-A"),
        ("日本ネット株式会社", "日本ネット\u3000(株)"),
        ("日本ネット株式会社", "日本\uff88\uff6f\uff84\u3231"),
        ("(株)日本ネット", "\uff08株\uff09日本ネット"),
        ("Straße", "STRASSE"),
    ],
)  # fmt: skip
def test_an_organisation_is_the_same_in_another_spelling(one: str, other: str) -> None:
    """Widths, case, blanks, dots, commas, hyphens and short corporate forms hide nothing."""
    bare = replace(FIT, page="", contacts=())
    twin = replace(bare, name="isp-b", organisation=other)

    assert shared_by(replace(bare, organisation=one), twin) == ("organisation",)
    assert is_same_organisation(one, other)
    assert not is_same_organisation(one, other + " B")


@pytest.mark.parametrize(
    ("page", "is_shared"),
    [
        ("http://isp.example/flow", True),
        ("https://isp.example:443/flow", True),
        ("http://isp.example:80//flow/", True),
        ("https://www.ISP.example./%66low#top", True),
        ("https://isp.example:8443/flow", False),
        ("https://isp.example/flow?of=b", False),
        ("https://isp.example/other", False),
        ("https://b.example/flow", False),
        ("https://[isp.example/flow", False),
        ("https://isp.example:x/flow", False),
    ],
)
def test_a_page_is_the_same_by_host_and_path(page: str, is_shared: bool) -> None:  # noqa: FBT001 - a parameter of the test.
    """Scheme, common port, `www.`, slashes, escapes and fragment hide nothing."""
    other = replace(FIT, name="isp-b", organisation="B", contacts=(), page=page)

    assert (shared_by(FIT, other) == ("page",)) is is_shared


def test_a_page_of_an_international_name_is_the_same_in_ascii() -> None:
    """However its host is written."""
    one = replace(FIT, page="https://例.example/flow")
    other = replace(
        FIT, name="b", organisation="B", contacts=(), page="http://xn--fsq.example/flow"
    )

    assert shared_by(one, other) == ("page",)


@pytest.mark.parametrize(
    ("contact", "is_shared"),
    [
        ("NOC <noc@isp.example>", True),
        ("mailto:noc@isp.example.", True),
        ("\uff2e\uff2f\uff23@isp.example", True),
        ("abuse@isp.example", False),
    ],
)
def test_a_contact_is_the_same_by_its_mail_address(contact: str, is_shared: bool) -> None:  # noqa: FBT001 - a parameter of the test.
    """Whatever stands around it."""
    other = replace(FIT, name="isp-b", organisation="B", page="", contacts=(contact,))

    assert (shared_by(FIT, other) == ("contacts",)) is is_shared


def test_contacts_and_pages_at_one_domain_are_named() -> None:
    """They prove nothing: one outsourcer may run the mail of many."""
    other = replace(FIT, name="isp-b", organisation="B", page="", contacts=("b@ISP.example",))

    assert shared_by(FIT, other) == ()
    assert domains_shared_by(FIT, other) == ("isp.example",)
    assert domains_shared_by(FIT, replace(other, contacts=("phone 1", "b@b.example"))) == ()
    assert domains_shared_by(FIT, replace(other, state=MemberState.LEFT)) == ()
    on_its_host = replace(other, contacts=(), page="http://www.isp.example/b")
    assert domains_shared_by(FIT, on_its_host) == ("isp.example",)


@given(text=st.text(max_size=40), other=st.text(max_size=40))
def test_comparing_takes_any_text(text: str, other: str) -> None:
    """Whatever stands in the table of members, nothing breaks, and each is the same as itself."""
    one = replace(FIT, organisation=f"x{text}", page=f"https://{text}", contacts=(text,))
    twin = replace(one, name="isp-b", page=f"https://{other}", contacts=(other,))

    assert "organisation" in shared_by(one, twin)
    assert shared_by(one, twin) == shared_by(twin, one)
    assert domains_shared_by(one, twin) == domains_shared_by(twin, one)
