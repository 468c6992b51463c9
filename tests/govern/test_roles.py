"""The table of roles: complete, and of the shape that the law of the house asks for."""

import pytest

from hinomi.errors import NotPermitted
from hinomi.govern.roles import Act, Kind, Role, name_roles, require, table
from hinomi.services.mandates import Operation

ANALYSIS = {"detect", "drill", "explain", "train", "lists", "import", "collect"}
"""Words of what reads or takes in flow information."""


def test_the_table_knows_every_act_and_no_other() -> None:
    """A new operation of hinomi is nobody's until it has its row here."""
    words = {each.word for each in Operation} | {each.word for each in Act}

    assert set(table().acts) == words
    assert set(table().four_eyes) == set(Kind)
    assert set(table().roles) == set(Role)


def test_every_act_has_somebody_and_every_role_something() -> None:
    """No row and no column is empty."""
    assert all(table().acts.values())
    assert {role for roles in table().acts.values() for role in roles} == set(Role)


def test_no_role_alone_may_do_everything() -> None:
    """Whoever runs the machine does not judge, and whoever judges does not run it."""
    for role in Role:
        assert {word for word in table().acts if table().may([role], word)} != set(table().acts)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PRIVACY_OFFICER, Role.RESEARCHER])
def test_who_checks_or_visits_has_no_analysts_right(role: Role) -> None:
    """The auditor's way in leads to the records, not to flow information."""
    assert {word for word in ANALYSIS if table().may([role], word)} == set()


def test_the_auditor_reads_all_that_proves() -> None:
    """Journal, register, people, approvals, transparency."""
    for act in (
        Act.JOURNAL_READ,
        Act.PARAMETERS_SHOW,
        Act.PEOPLE_SHOW,
        Act.APPROVALS_SHOW,
        Act.MANDATES_SHOW,
        Operation.TRANSPARENCY,
        Act.STATUS,
    ):
        assert table().may([Role.AUDITOR], act.word), act


@pytest.mark.parametrize("kind", list(Kind))
def test_what_takes_four_eyes_has_both_pairs(kind: Kind) -> None:
    """Somebody may ask, somebody may approve, and at least one approval is needed."""
    rule = table().four_eyes[kind]

    assert rule.ask
    assert rule.approve
    assert rule.approvals >= 1
    assert Role.RESEARCHER not in rule.approve


def test_research_takes_two_approvals() -> None:
    """What leaves for research was looked at by two others."""
    assert table().four_eyes[Kind.RESEARCH_RELEASE].approvals == 2


def test_a_refusal_names_the_roles_that_may() -> None:
    """One line: who, what, and whom to turn to."""
    with pytest.raises(NotPermitted) as refused:
        require([Role.AUDITOR], Operation.DETECT.word, "erika")

    assert str(refused.value) == (
        "erika may not do 'detect': that is for the role analyst or operator"
    )


def test_an_act_that_nobody_knows_is_nobodys() -> None:
    """Also with every role."""
    with pytest.raises(NotPermitted, match="no role may"):
        require(list(Role), "fly", "root")


def test_roles_are_named_in_words() -> None:
    """One, two, more."""
    assert name_roles([Role.AUDITOR]) == "the role auditor"
    assert name_roles([Role.ANALYST, Role.REVIEWER, Role.OPERATOR]) == (
        "the role analyst, reviewer or operator"
    )


def test_roles_are_called_in_both_languages() -> None:
    """The handover names them to its readers."""
    for names in table().roles.values():
        assert set(names) == {"en", "ja"}
        assert all(names.values())
