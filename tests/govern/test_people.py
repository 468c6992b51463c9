"""People: by account or token, for as long as they act, and changed into sound people only."""

import datetime as dt

import pytest

from hinomi.errors import ConfigError, Conflict, NotFound, NotPermitted, UsageError
from hinomi.govern.people import (
    Change,
    People,
    Person,
    changed,
    difference,
    fault_of,
    first_people,
    parse_people,
    render_people,
    token_digest,
)
from hinomi.govern.roles import Role

TODAY = dt.date(2026, 11, 22)
HANAKO = Person(
    name="Hanako Yamada",
    roles=(Role.PRIVACY_OFFICER, Role.OPERATOR),
    accounts=("hyamada",),
    tokens=(token_digest("secret"),),
)
TARO = Person(
    name="Taro", roles=(Role.ANALYST,), accounts=("taro", "taro2"), ends=dt.date(2026, 11, 22)
)
PEOPLE = People({"hanako": HANAKO, "taro": TARO})


def test_people_survive_their_file() -> None:
    """What is written reads back the same, with the same version."""
    again = parse_people(render_people(PEOPLE), "people.toml")

    assert again == PEOPLE
    assert again.version == PEOPLE.version


def test_the_version_changes_with_every_fact() -> None:
    """Whoever is added, renamed or given a role changes it."""
    more = PEOPLE.with_person("erika", Person(name="Erika", roles=(Role.AUDITOR,)))
    less = People({"hanako": HANAKO})
    other = PEOPLE.with_person("taro", Person(name="Taro", roles=(Role.REVIEWER,)))

    assert len({each.version for each in (PEOPLE, more, less, other)}) == 4


def test_a_person_is_known_by_account_and_by_token() -> None:
    """Each of theirs."""
    assert PEOPLE.by_account("hyamada", TODAY) == "hanako"
    assert PEOPLE.by_account("taro2", TODAY) == "taro"
    assert PEOPLE.by_token("secret", TODAY) == "hanako"


def test_nobody_is_known_by_a_strange_account_or_token() -> None:
    """Nor by the hash of a token, which the file holds."""
    with pytest.raises(NotPermitted, match="the account eve is nobody's"):
        PEOPLE.by_account("eve", TODAY)
    for token in ("other", token_digest("secret"), ""):
        with pytest.raises(NotPermitted, match="this token is nobody's"):
            PEOPLE.by_token(token, TODAY)


def test_a_person_acts_to_the_end_of_the_last_day() -> None:
    """From the next day on neither account nor token counts."""
    assert PEOPLE.by_account("taro", TODAY) == "taro"
    with pytest.raises(NotPermitted, match="until 2026-11-22 only"):
        PEOPLE.by_account("taro", TODAY + dt.timedelta(days=1))


def test_others_are_those_who_can_act() -> None:
    """Not oneself, nobody whose time is over, nobody without account and token."""
    dumb = PEOPLE.with_person("dumb", Person(name="Dumb", roles=(Role.ANALYST,)))

    assert dumb.others_with([Role.ANALYST], "hanako", TODAY) == ["taro"]
    assert dumb.others_with([Role.ANALYST], "taro", TODAY) == []
    assert dumb.others_with([Role.ANALYST], "hanako", TODAY + dt.timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("account", "name"),
    [("root", "root"), ("H.Yamada", "h.yamada"), ("uid 1000", "uid-1000"), ("0", "first")],
)
def test_whoever_makes_a_home_has_every_role(account: str, name: str) -> None:
    """Whatever their account is called."""
    people = first_people(account)

    assert list(people.people) == [name]
    assert people.people[name].roles == tuple(Role)
    assert people.by_account(account, TODAY) == name
    assert fault_of(people) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rubbish", "people.toml"),
        ("[people]\n", "there is nobody"),
        ('[people.a]\nname = "A"\n', "roles"),
        ('[people.a]\nname = "A"\nroles = ["king"]\n', "king"),
        ('[people.a]\nname = "A"\nroles = []\n', "no role"),
        ('[people.a]\nname = " "\nroles = ["analyst"]\n', "no name"),
        ('[people.a]\nname = "A"\nroles = ["analyst"]\npet = "cat"\n', "unknown field"),
        ('[people."A B"]\nname = "A"\nroles = ["analyst"]\n', "cannot be an id"),
        ('[people.a]\nname = "A"\nroles = ["analyst"]\ntokens = ["x"]\n', "no SHA-256"),
        ('[people.a]\nname = "A"\nroles = ["analyst"]\naccounts = [" "]\n', "without a name"),
    ],
)
def test_a_wrong_file_is_named(text: str, said: str) -> None:
    """One line that says what is wrong and where."""
    with pytest.raises(ConfigError, match=said) as refused:
        parse_people(text, "people.toml")

    assert str(refused.value).startswith("people.toml")


@pytest.mark.parametrize("what", ["accounts", "tokens"])
def test_what_names_a_person_names_one(what: str) -> None:
    """An account or token of two people would make either out of one."""
    twin = Person(
        name="Twin",
        roles=(Role.AUDITOR,),
        accounts=("hyamada",) if what == "accounts" else (),
        tokens=HANAKO.tokens if what == "tokens" else (),
    )

    assert "stands twice" in (fault_of(PEOPLE.with_person("twin", twin)) or "")


def test_a_person_is_added_changed_given_a_token_and_removed() -> None:
    """What is not said stays."""
    people = changed(PEOPLE, Change(act="add", id="erika", name=" Erika ", roles=AUDITOR), TODAY)
    assert people.people["erika"] == Person(name="Erika", roles=AUDITOR)

    people = changed(people, Change(act="change", id="erika", accounts=("erika",)), TODAY)
    people = changed(people, Change(act="token", id="erika", token=token_digest("e")), TODAY)
    people = changed(people, Change(act="change", id="erika", ends=TODAY), TODAY)
    assert people.people["erika"] == Person(
        name="Erika",
        roles=AUDITOR,
        accounts=("erika",),
        tokens=(token_digest("e"),),
        ends=TODAY,
    )

    people = changed(
        people, Change(act="change", id="erika", endless=True, revoke_tokens=True), TODAY
    )
    assert people.people["erika"] == Person(name="Erika", roles=AUDITOR, accounts=("erika",))

    assert changed(people, Change(act="remove", id="erika"), TODAY) == PEOPLE


AUDITOR = (Role.AUDITOR,)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (Change(act="add", id="taro", name="T", roles=AUDITOR), Conflict, "is there already"),
        (Change(act="change", id="eve", name="Eve"), NotFound, "nobody is called eve"),
        (Change(act="remove", id="eve"), NotFound, "nobody is called eve"),
        (Change(act="token", id="eve", token=token_digest("e")), NotFound, "nobody is called"),
        (Change(act="add", id="Eve", name="E", roles=AUDITOR), UsageError, "cannot be an id"),
        (Change(act="add", id="eve", name="", roles=AUDITOR), UsageError, "no name"),
        (Change(act="change", id="taro", accounts=("hyamada",)), UsageError, "stands twice"),
        (Change(act="remove", id="hanako"), Conflict, "nobody would be left"),
        (Change(act="change", id="hanako", roles=AUDITOR), Conflict, "nobody would be left"),
        (
            Change(act="change", id="hanako", ends=TODAY - dt.timedelta(days=1)),
            Conflict,
            "nobody would be left",
        ),
        (
            Change(act="change", id="hanako", accounts=(), revoke_tokens=True),
            Conflict,
            "nobody would be left",
        ),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused(
    change: Change, error: type[Exception], said: str
) -> None:
    """Nobody is half there, doubled, or shut out of changing people for good."""
    with pytest.raises(error, match=said):
        changed(PEOPLE, change, TODAY)


def test_a_wide_blank_in_a_name_is_a_blank() -> None:
    """As people write their names in Japanese."""
    people = changed(
        PEOPLE, Change(act="add", id="jiro", name="山田\u3000二郎", roles=AUDITOR), TODAY
    )

    assert people.people["jiro"].name == "山田 二郎"


def test_a_difference_names_no_whole_token() -> None:
    """The journal learns who changed and how; of a token the beginning of its hash."""
    after = changed(PEOPLE, Change(act="token", id="taro", token=token_digest("t")), TODAY)

    told = difference(PEOPLE, after)

    assert list(told) == ["taro"]
    assert token_digest("t") not in str(told)
    assert token_digest("t")[:12] in str(told)
    assert difference(PEOPLE, PEOPLE) == {}


def test_people_are_called_by_name_and_id() -> None:
    """Whoever is gone, by the id that the journal has."""
    assert PEOPLE.label("hanako") == "Hanako Yamada (hanako)"
    assert PEOPLE.label("gone") == "gone"
    assert first_people("root").label("root") == "root"
