"""The table of kinds and outlets: whole, and what the register that ships opens of it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import ConfigError
from hinomi.govern.parameters import default_register
from hinomi.hub.outlets import Answer, Openings, Table, table
from hinomi.model.member import MemberKind, Outlet

PAIRS = list(product(MemberKind, Outlet))
PROVIDERS = {MemberKind.DETECTING_ISP, MemberKind.RECEIVING_ISP}
OPENINGS = Openings.from_register(default_register())
ALL = Openings(frozenset(MemberKind), frozenset(Outlet))

openings = st.builds(
    Openings,
    st.frozensets(st.sampled_from(MemberKind)),
    st.frozensets(st.sampled_from(Outlet)),
)


@pytest.mark.parametrize(("kind", "outlet"), PAIRS)
def test_the_answers_say_what_the_register_that_ships_does(
    kind: MemberKind, outlet: Outlet
) -> None:
    """Permitted stands open, once-admitted is shut and can be opened, refused never opens."""
    answer = table().ask(kind, outlet).answer

    assert (OPENINGS.refusal(kind, outlet) is None) is (answer is Answer.PERMITTED)
    assert (ALL.refusal(kind, outlet) is None) is (answer is not Answer.REFUSED)


@given(opened=openings, pair=st.sampled_from(PAIRS))
def test_the_register_opens_nothing_that_is_refused(
    opened: Openings, pair: tuple[MemberKind, Outlet]
) -> None:
    """A door is open only where table, kinds and outlets all say so."""
    kind, outlet = pair
    is_open = opened.refusal(kind, outlet) is None

    assert is_open is (
        table().ask(kind, outlet).answer is not Answer.REFUSED
        and kind in opened.kinds
        and outlet in opened.outlets
    )
    assert (outlet in opened.open_to(kind)) is is_open


def test_only_a_detecting_provider_submits_findings() -> None:
    """A receiving one says what it saw of the list, and nothing more."""
    submitting = {kind for kind in MemberKind if ALL.refusal(kind, Outlet.SUBMIT) is None}

    assert submitting == {MemberKind.DETECTING_ISP}
    assert ALL.refusal(MemberKind.RECEIVING_ISP, Outlet.FEEDBACK) is None


@pytest.mark.parametrize("outlet", [each for each in Outlet if each.gives_listings])
def test_listings_go_to_those_who_carry_traffic_for_others_alone(outlet: Outlet) -> None:
    """To no research body, vendor, maker or ministry, whatever the register says (R5)."""
    takers = {kind for kind in MemberKind if ALL.refusal(kind, outlet) is None}

    assert takers == PROVIDERS | {MemberKind.MANAGED_NETWORK}


def test_response_policy_zones_are_shut_for_everybody() -> None:
    """Until blocking for those who consented exists, no register that ships opens them."""
    assert all(OPENINGS.refusal(kind, Outlet.RPZ) for kind in MemberKind)
    assert OPENINGS.kinds == PROVIDERS
    assert OPENINGS.outlets == set(Outlet) - {Outlet.RPZ}


@pytest.mark.parametrize("kind", MemberKind)
def test_a_kind_that_is_not_admitted_may_not_even_knock(kind: MemberKind) -> None:
    """What every member may is for admitted kinds as well."""
    assert Openings(frozenset(), frozenset(Outlet)).refusal(kind, None) is not None
    assert ALL.refusal(kind, None) is None


@pytest.mark.parametrize("parameter", ["hub.kinds", "hub.outlets"])
def test_a_word_that_means_nothing_is_refused(parameter: str) -> None:
    """A misspelt door is not silently shut: somebody meant another one."""
    register = default_register().with_value(parameter, "figures ministry fax", decided_by="x")

    with pytest.raises(ConfigError, match=r"register: hub\.\w+ names '(figures|ministry|fax)'"):
        Openings.from_register(register)


def test_every_pair_has_words_in_both_languages_and_a_source() -> None:
    """A lawyer reads why, and where that stands."""
    for kind, outlet in PAIRS:
        row = table().ask(kind, outlet)
        assert row.en.endswith(".")
        assert row.ja.endswith("。")
        assert row.seed
        assert row.passage
        assert row.passage_ja
    assert all({"en", "ja"} == set(words) for words in table().kinds.values())
    assert all({"en", "ja"} == set(words) for words in table().outlets.values())


def test_a_table_that_is_not_whole_is_a_fault() -> None:
    """A pair that is missing, or stands twice, or has no words, is no table."""
    whole = table()
    with pytest.raises(ValueError, match="no row speaks of"):
        Table(whole.kinds, whole.outlets, whole.rows[1:])
    with pytest.raises(ValueError, match="two rows speak of"):
        Table(whole.kinds, whole.outlets, (*whole.rows, whole.rows[0]))
    with pytest.raises(ValueError, match="no words are there"):
        Table({}, whole.outlets, whole.rows)


def test_what_is_not_refused_may_be_named_in_a_certificate() -> None:
    """Also what is shut today: the register is asked at every request."""
    assert Outlet.RPZ in table().not_refused(MemberKind.DETECTING_ISP)
    assert table().not_refused(MemberKind.MINISTRY) == (Outlet.FIGURES,)
