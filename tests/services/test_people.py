"""Who acts is known by account or token, and does what their roles permit; changes are kept."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hinomi.errors import ConfigError, Conflict, NotPermitted
from hinomi.govern.people import Change, parse_people, render_people, token_digest
from hinomi.govern.roles import Act, Kind, Role, table
from hinomi.services.approvals import ask
from hinomi.services.home import PEOPLE
from hinomi.services.mandates import Operation, mandate_for, os_user, who_acts
from hinomi.services.people import (
    by_token,
    carry_out,
    check_people,
    new_token,
    people_in_force,
    plan,
    plan_acceptance,
    require_role,
    require_unedited,
    restore_people,
    today,
)
from hinomi.services.sanctioned import PEOPLE as NAME
from hinomi.services.sanctioned import SANCTIONED, read_sanctioned, write_sanctioned
from household import Household

ACTS = [*Operation, *Act]


@pytest.fixture(name="house", scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    """Give a home with one person of each role alone."""
    with pytest.MonkeyPatch.context() as patch:
        house = Household(tmp_path_factory.mktemp("all") / "home", patch)
        for role in Role:
            house.add(role.value, role)
        yield house


@pytest.fixture(name="lone")
def one_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home as `init` makes it."""
    return Household(tmp_path / "home", monkeypatch)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.word)
@pytest.mark.parametrize("role", list(Role))
def test_each_role_does_what_the_table_says_and_nothing_else(
    house: Household, act: Operation | Act, role: Role
) -> None:
    """Every act, every role: allowed, or refused with 77, a line and a journal entry."""
    home = house.act_as(role.value)
    if role in table().acts[act.word]:
        assert require_role(home, act).id == role.value
        return
    with pytest.raises(NotPermitted) as refused:
        require_role(home, act)

    assert refused.value.exit_code == 77
    said = str(refused.value)
    assert all(each.value in said for each in table().acts[act.word])
    last = house.entries()[-1]
    assert (last["operation"], last["refused"]) == (act.word, said)
    assert last["who"] == who_acts()


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.word)
def test_whoever_made_the_home_may_do_everything(house: Household, act: Operation | Act) -> None:
    """A home of one person works out of the box."""
    assert require_role(house.act_as(None), act).person.accounts == (os_user(),)


@pytest.mark.parametrize("token", ["nobody", token_digest("analyst")])
def test_a_strange_token_is_refused_and_journalled(house: Household, token: str) -> None:
    """Also the hash that the file holds; the account it comes from does not help."""
    home = house.act_as(token)

    with pytest.raises(NotPermitted, match="this token is nobody's"):
        require_role(home, Act.STATUS)

    assert house.entries()[-1]["refused"]


def test_an_account_of_nobody_is_refused(lone: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says counts, and no variable."""
    monkeypatch.setenv("USER", os_user())
    monkeypatch.setattr("hinomi.services.people.os_user", lambda: "eve")

    with pytest.raises(NotPermitted, match="the account eve is nobody's"):
        require_role(lone.home(), Act.STATUS)


def test_a_mandate_names_the_token_by_its_hash(house: Household) -> None:
    """Who shares an account is told apart in every entry; the token itself is nowhere."""
    home = house.act_as("analyst")

    who = mandate_for(Operation.DETECT, home.clock).who

    assert who == f"{os_user()} by token {token_digest('analyst')[:12]}"
    assert people_in_force(home).people.people["analyst"].tokens[0].startswith(who[-12:])


def test_a_token_is_random_and_only_its_hash_is_kept(lone: Household) -> None:
    """The home holds the hash, never the token."""
    token, digest = new_token()
    assert token != new_token()[0]
    assert digest == token_digest(token)
    carry_out(lone.home(), plan(Change(act="token", id=_first(lone), token=digest)), {})

    home = lone.act_as(token)
    assert require_role(home, Act.STATUS).id == _first(lone)
    assert by_token(people_in_force(home).people, token, today(home)).id == _first(lone)
    files = [path for path in lone.folder.rglob("*") if path.is_file()]
    assert not any(token.encode() in path.read_bytes() for path in files)


def test_a_change_is_journalled_with_what_it_changed(lone: Household) -> None:
    """Both versions, and each person before and after."""
    before = people_in_force(lone.home()).people

    lone.add("erika", Role.AUDITOR)

    found = people_in_force(lone.home())
    entry = lone.entries()[found.entry]
    assert (entry["people_before"], entry["people"]) == (before.version, found.people.version)
    told = entry["changed"]
    assert isinstance(told, dict)
    assert told["erika"]["before"] is None
    assert told["erika"]["after"]["roles"] == ["auditor"]
    written = (lone.folder / PEOPLE).read_text("utf-8")
    assert parse_people(written, PEOPLE) == found.people


def test_an_edit_by_hand_counts_for_nothing_and_stops_four_eyes(lone: Household) -> None:
    """Roles stay as the journal has them, until somebody accepts or restores."""
    lone.add("erika", Role.AUDITOR)
    _edit(lone, "erika", roles=tuple(Role))
    home = lone.act_as("erika")

    with pytest.raises(NotPermitted, match="that is for the role"):
        require_role(home, Operation.DETECT)
    assert "counts for nothing" in (people_in_force(home).edited or "")
    home = lone.act_as(None)
    with pytest.raises(NotPermitted, match="no act that takes four eyes"):
        require_unedited(home)
    with pytest.raises(NotPermitted, match="no act that takes four eyes"):
        ask(home, Kind.BULK_EXPORT, {"x": 1}, "because")
    assert "no act that takes four eyes" in str(lone.entries()[-1]["refused"])


def test_restoring_puts_the_file_back(lone: Household) -> None:
    """Journalled; then all is as before."""
    before = (lone.folder / PEOPLE).read_bytes()
    _edit(lone, _first(lone), name="Somebody")

    restore_people(lone.home())

    assert (lone.folder / PEOPLE).read_bytes() == before
    assert lone.entries()[-1]["act"] == "restore"
    require_unedited(lone.home())


def test_accepting_takes_the_file_as_it_is_approved(lone: Household) -> None:
    """Not as it is edited after somebody has looked at it."""
    with pytest.raises(Conflict, match="nothing to accept"):
        plan_acceptance(lone.home())
    _edit(lone, _first(lone), name="Somebody")
    what = plan_acceptance(lone.home())
    _edit(lone, _first(lone), name="Somebody else")

    with pytest.raises(Conflict, match="edited again since"):
        carry_out(lone.home(), what, {})
    carry_out(lone.home(), plan_acceptance(lone.home()), {})

    found = people_in_force(lone.home())
    assert found.people.people[_first(lone)].name == "Somebody else"
    assert found.edited is None


@pytest.mark.parametrize("content", [b"rubbish", b"\xff", None])
def test_a_file_that_cannot_be_read_counts_for_nothing(
    lone: Household, content: bytes | None
) -> None:
    """Nobody is shut out by it, and nobody is let in."""
    path = lone.folder / PEOPLE
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    home = lone.home()

    assert require_role(home, Act.STATUS).id == _first(lone)
    assert people_in_force(home).edited
    with pytest.raises(NotPermitted, match="no act that takes four eyes"):
        require_unedited(home)
    restore_people(home)
    assert people_in_force(home).edited is None


def test_layout_alone_is_no_edit(lone: Household) -> None:
    """A comment or a blank line changes nobody."""
    path = lone.folder / PEOPLE
    path.write_text("# Ours.\n\n" + path.read_text("utf-8"), "utf-8")

    assert people_in_force(lone.home()).edited is None


def test_a_home_of_an_earlier_version_is_taken_up_once(lone: Household) -> None:
    """Whoever opens it first has every role, and the journal says so."""
    lone.age()

    assert require_role(lone.home(), Operation.DETECT).person.roles == tuple(Role)

    taken_up = [each for each in lone.entries() if each.get("act") == "taken up"]
    assert [each["operation"] for each in taken_up] == ["parameters", "people"]
    assert (lone.folder / PEOPLE).exists()
    (lone.folder / SANCTIONED / f"{NAME}.toml").unlink()
    with pytest.raises(ConfigError, match="restore it from backup"):
        require_role(lone.home(), Act.STATUS)


def test_who_deletes_both_files_gains_nothing(lone: Household) -> None:
    """The journal knows that there were people."""
    (lone.folder / SANCTIONED / f"{NAME}.toml").unlink()
    (lone.folder / PEOPLE).unlink()

    with pytest.raises(ConfigError, match="is gone; restore it from backup"):
        require_role(lone.home(), Act.STATUS)


def test_who_writes_both_files_is_found(lone: Household) -> None:
    """At the next act that takes four eyes, and by whoever compares with the journal."""
    _edit(lone, _first(lone), name="Somebody")
    content = (lone.folder / PEOPLE).read_bytes()
    write_sanctioned(lone.folder, NAME, content, 0)

    assert people_in_force(lone.home()).edited is None
    with pytest.raises(ConfigError, match="wrote it past the journal"):
        require_unedited(lone.home())
    (finding,) = check_people(lone.home())
    assert "not what the journal last put in force" in finding


def test_who_puts_back_an_older_state_is_found(lone: Household) -> None:
    """Its entry is real, but not the last: the check over the whole journal says so."""
    old = read_sanctioned(lone.folder, NAME)
    assert old is not None
    lone.add("erika", Role.AUDITOR)
    assert check_people(lone.home()) == []
    write_sanctioned(lone.folder, NAME, old.content, old.entry)
    (lone.folder / PEOPLE).write_bytes(old.content)

    assert check_people(lone.home())


def _first(house: Household) -> str:
    return next(iter(people_in_force(house.home()).people.people))


def _edit(house: Household, who: str, **facts: object) -> None:
    path = house.folder / PEOPLE
    people = parse_people(path.read_text("utf-8"), PEOPLE)
    person = msgspec.structs.replace(people.people[who], **facts)
    path.write_text(render_people(people.with_person(who, person)), "utf-8")
