"""``hinomi people`` from a terminal: two persons, each with a token, on one account."""

from pathlib import Path

import pytest

from hinomi.govern.roles import Act, Role, table
from hinomi.services.mandates import TOKEN_VARIABLE, Operation
from terminal import Said, hinomi, make_home


@pytest.fixture(name="home")
def operational(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an operational home."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    return make_home(tmp_path / "home", sampling=10_000)


def add(home: Path, name: str, *roles: str) -> Said:
    """Add a person."""
    said = [word for role in roles for word in ("--role", role)]
    return hinomi(
        "people", "add", name, "--name", name.title(), *said, "--reason", "new", home=home
    )


def give_token(home: Path, name: str) -> str:
    """Give a person a token, and return it."""
    drawn = hinomi("people", "draw", "--json").document
    entered = ("--hash", drawn["hash"], "--reason", "shares the account")
    said = hinomi("people", "token", name, *entered, home=home)
    assert said.code == 0, said.err
    assert drawn["token"] not in said.out + said.err
    return str(drawn["token"])


def test_a_second_person_comes_in_and_from_then_on_two_decide(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, by the commands alone."""
    said = add(home, "olga", "privacy-officer")
    assert "four eyes were impossible" in said.out
    token = give_token(home, "olga")

    said = add(home, "erik", "auditor")
    assert "Request 3 waits for 1 other person(s)" in said.out
    said = hinomi("approvals", "approve", "3", home=home)
    assert said.code == 77
    assert "another person has to approve it" in said.err
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    said = hinomi("approvals", "approve", "3", home=home)
    assert said.out == "Done; approved by olga.\n"

    people = hinomi("people", "list", "--json", home=home).document["people"]
    assert [each["id"] for each in people][1:] == ["olga", "erik"]
    assert people[1]["tokens"]
    assert token not in str(people)


def test_a_role_that_may_not_is_told_which_may(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 77, one line, and a refusal in the journal; what the role may, works."""
    add(home, "erik", "auditor")
    monkeypatch.setenv(TOKEN_VARIABLE, give_token(home, "erik"))

    said = hinomi("detect", home=home)

    assert (said.code, said.out) == (77, "")
    assert said.err == (
        "hinomi: erik may not do 'detect': that is for the role analyst or operator\n"
    )
    for command in (
        ("journal", "verify"),
        ("journal", "show"),
        ("parameters", "list"),
        ("parameters", "history"),
        ("parameters", "handover"),
        ("people", "list"),
        ("approvals", "list"),
        ("config", "check"),
    ):
        assert hinomi(*command, home=home).code == 0, command
    shown = hinomi("journal", "show", "--json", home=home).document["entries"]
    assert [each["refused"] for each in shown if "refused" in each] == [said.err[8:-1]]


def test_changes_are_made_by_what_is_said(home: Path) -> None:
    """Roles, accounts, last day; and taken back."""
    add(home, "taro", "analyst")
    change = ("people", "change", "taro", "--reason", "x")
    hinomi(*change, "--role", "operator", "--account", "taro", "--until", "2030-01-01", home=home)
    person = hinomi("people", "list", "--json", home=home).document["people"][1]
    assert (person["roles"], person["accounts"]) == (["operator"], ["taro"])
    assert (person["until"], person["acts"]) == ("2030-01-01", True)

    # By now taro could approve; without an account they are not waited for any more.
    said = hinomi(*change, "--no-account", home=home)
    assert "waits for 1 other" in said.out


def test_a_removed_person_is_gone(home: Path) -> None:
    """Exit 66 for one who never was, 75 for the last who may change people."""
    add(home, "taro", "analyst")

    assert hinomi("people", "remove", "taro", "--reason", "left", home=home).code == 0
    people = hinomi("people", "list", "--json", home=home).document["people"]
    assert len(people) == 1
    assert hinomi("people", "remove", "taro", "--reason", "left", home=home).code == 66
    said = hinomi("people", "remove", people[0]["id"], "--reason", "left", home=home)
    assert said.code == 75
    assert "nobody would be left" in said.err


def test_an_edit_by_hand_is_told_at_every_command(home: Path) -> None:
    """Until it is accepted or put back."""
    path = home / "people.toml"
    before = path.read_text("utf-8")
    path.write_text(
        before.replace("[people.", "# Mine.\n[people.").replace('name = "', 'name = "X')
    )

    said = hinomi("lists", "show", home=home)
    assert (said.code, len(said.err.splitlines())) == (0, 1)
    assert "counts for nothing" in said.err
    assert add(home, "taro", "analyst").code == 77
    assert hinomi("people", "restore", home=home).code == 0
    assert path.read_text("utf-8") == before

    path.write_text(before.replace('name = "', 'name = "X'))
    said = hinomi("people", "accept", "--reason", "a better name", home=home)
    assert said.code == 0
    people = hinomi("people", "list", "--json", home=home).document
    assert people["people"][0]["name"].startswith("X")
    assert people["edited"] is None


def test_the_table_of_roles_needs_no_home(tmp_path: Path) -> None:
    """Every act and every kind stands in it."""
    said = hinomi("people", "roles", "--json", home=tmp_path / "none")

    words = {each.word for each in Operation} | {each.word for each in Act}
    assert set(said.document["acts"]) == words
    assert set(said.document["four_eyes"]) == set(table().four_eyes)
    shown = hinomi("people", "roles", home=tmp_path / "none").out
    assert all(role.value in shown for role in Role)


def test_people_put_back_to_an_older_state_are_found(home: Path) -> None:
    """Exit 65: the journal knows better."""
    old = {name: (home / name).read_bytes() for name in ("people.toml", "sanctioned/people.toml")}
    add(home, "taro", "analyst")
    for name, content in old.items():
        (home / name).write_bytes(content)

    for command in (("people", "list"), ("journal", "verify")):
        said = hinomi(*command, home=home)
        assert said.code == 65, command
        assert "is not what the journal last put in force" in said.err
