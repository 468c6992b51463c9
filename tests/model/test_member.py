"""Members: names that fit into paths and certificates, and attestations that hold for a time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.member import MEMBER_NAME, Attestation, Ground, Member, MemberKind, Outlet

MEMBER = Member(name="isp-a", organisation="ISP A", kind=MemberKind.DETECTING_ISP)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(name=st.from_regex(MEMBER_NAME, fullmatch=True))
def test_a_name_fits_wherever_it_stands(name: str) -> None:
    """In a path, a certificate, a signed note: no slash, no blank, no dot, 32 letters at most."""
    member = replace(MEMBER, name=name)

    assert member.name.isascii()
    assert not set(member.name) & set("/\\. \n+%_")
    assert 1 <= len(member.name) <= 32


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "ISP", "a b", "a/b", "..", "a.b", "a\n", "é", "a" * 33, "a_b", "a+b"]
)
def test_another_name_is_refused(name: str) -> None:
    """It could lead elsewhere, or be read as two."""
    with pytest.raises(ValueError, match="cannot name a member"):
        replace(MEMBER, name=name)


def test_a_member_is_an_organisation() -> None:
    """A blank one is nobody."""
    with pytest.raises(ValueError, match="nobody"):
        replace(MEMBER, organisation=" ")


@given(since=DAYS, days=st.integers(0, 1000), day=DAYS)
def test_an_attestation_holds_from_its_first_to_its_last_day(
    since: date, days: int, day: date
) -> None:
    """Both inclusive."""
    until = since + timedelta(days=days)
    attestation = Attestation(
        ground=Ground.TRUST, attested_by="x", document="1", since=since, until=until
    )

    assert attestation.holds(day) is (since <= day <= until)
    assert attestation.holds(since)
    assert attestation.holds(until)
    assert not attestation.holds(until + timedelta(days=1))


def test_what_gives_the_list_is_every_door_but_three() -> None:
    """Words in, words back, and figures without a listing."""
    closed = {each for each in Outlet if not each.gives_listings}

    assert closed == {Outlet.SUBMIT, Outlet.FEEDBACK, Outlet.FIGURES}
