"""
Who acts, what they may do, and changes of the people of a home.

What counts is what was last put in force through the journal: ``people.toml`` edited by hand has
no effect. It is told at every command, and acts that take four eyes are refused until the edit is
accepted as a change of people, with the eyes that one takes, or put back.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from os import environ
from typing import Final

import msgspec

from hinomi.clock import date_of
from hinomi.errors import ConfigError, Conflict, HinomiError, NotPermitted
from hinomi.govern.people import (
    Change,
    People,
    Person,
    changed,
    difference,
    first_people,
    parse_people,
    render_people,
    token_digest,
)
from hinomi.govern.roles import Act, require
from hinomi.services.home import PEOPLE, Home
from hinomi.services.mandates import TOKEN_VARIABLE, Operation, os_user, who_acts
from hinomi.services.sanctioned import PEOPLE as NAME
from hinomi.services.sanctioned import (
    SANCTIONED,
    Sanctioned,
    changing,
    compared,
    last_recorded,
    put_sanctioned,
    read_sanctioned,
    require_recorded,
)
from hinomi.store.durable import replace_durably

TOKEN_BYTES: Final = 32
ACCEPT: Final = "accept"
"""The change of people that takes a file edited by hand as it stands."""


@dataclass(frozen=True, slots=True)
class EffectivePeople:
    """The people that count, and whether the file says something else."""

    people: People
    entry: int  # Of the journal, that put them in force.
    edited: str | None  # What is wrong with the file; None where it says the same.


@dataclass(frozen=True, slots=True)
class Actor:
    """The person on whose behalf a command runs."""

    id: str
    person: Person
    people: People

    @property
    def facts(self) -> dict[str, object]:
        """What the journal keeps of who acted: the account, and the person."""
        return {"who": who_acts(), "person": self.id}


def today(home: Home) -> date:
    """Give the present day, UTC."""
    return date_of(home.clock())


def people_in_force(home: Home) -> EffectivePeople:
    """
    Read the people of *home*; one of an earlier version is taken up on first need.

    Raises:
        ConfigError: If what was last in force is gone or damaged.
    """
    kept = read_sanctioned(home.folder, NAME) or _take_up(home)
    people = _parsed(kept, home)
    return EffectivePeople(people, kept.entry, _edited(home, kept, people))


def require_role(home: Home, act: Operation | Act) -> Actor:
    """
    Return who acts, if one of their roles lets them do *act*: every command passes here.

    Raises:
        NotPermitted: If none does, or nobody of the home is known by this account or token; the
            refusal is journalled.
        ConfigError: If the people of the home cannot be read.
    """
    people = people_in_force(home).people
    try:
        actor = acting(home, people)
        require(actor.person.roles, act.word, actor.id)
    except NotPermitted as error:
        _journal_refusal(home, act, error)
        raise
    return actor


def acting(home: Home, people: People) -> Actor:
    """
    Name the person on whose behalf this process acts: by token if one is shown, else by account.

    Raises:
        NotPermitted: If it is nobody of the home, or acts no longer.
    """
    token = environ.get(TOKEN_VARIABLE)
    if token:
        return by_token(people, token, today(home))
    name = people.by_account(os_user(), today(home))
    return Actor(name, people.people[name], people)


def by_token(people: People, token: str, on: date) -> Actor:
    """
    Name the person to whom an API token was given.

    Raises:
        NotPermitted: If nobody was, or they act no longer.
    """
    name = people.by_token(token, on)
    return Actor(name, people.people[name], people)


def new_token() -> tuple[str, str]:
    """Draw an API token: what is shown once, and what is kept of it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, token_digest(token)


def require_unedited(home: Home) -> None:
    """
    Return if the people of *home* are what the journal last put in force.

    Raises:
        NotPermitted: If ``people.toml`` says something else: nothing that takes four eyes is
            done until somebody has decided on that.
        ConfigError: If the copy in ``sanctioned/`` is not what its journal entry says.
    """
    found = people_in_force(home)
    if found.edited is not None:
        raise NotPermitted(f"no act that takes four eyes: {found.edited}")
    kept = read_sanctioned(home.folder, NAME)
    if kept is not None:
        require_recorded(home.journal(), NAME, kept, found.people.version)


def carry_out(home: Home, what: Mapping[str, object], facts: Mapping[str, object]) -> People:
    """
    Carry out a change of people that was approved.

    Args:
        home: Whose people.
        what: The change, as `plan` or `plan_acceptance` told it.
        facts: What the journal shall say of it: by whom, on which request.

    Raises:
        Conflict: If it cannot be carried out any more.
        Unavailable: If the disk or the journal refuses; people stay as they were.
    """
    with changing(home.folder):
        before = people_in_force(home).people
        after = outcome(home, what)
        content = render_people(after).encode("utf-8")
        told = {
            "operation": "people",
            "act": what["act"],
            "who": who_acts(),
            **facts,
            "people_before": before.version,
            NAME: after.version,
            "changed": difference(before, after),
        }
        put_sanctioned(home.folder, home.journal(), NAME, content, told)
        replace_durably(home.folder / PEOPLE, content)
    return after


def plan(change: Change) -> dict[str, object]:
    """Tell a change as a request holds it."""
    told = msgspec.to_builtins(change)
    return {name: value for name, value in told.items() if value is not None}


def plan_acceptance(home: Home) -> dict[str, object]:
    """
    Tell that the file edited by hand shall count.

    Raises:
        Conflict: If it says nothing else than what counts already.
        ConfigError: If it cannot be read.
    """
    if people_in_force(home).edited is None:
        raise Conflict(f"{home.folder / PEOPLE} says what counts already: nothing to accept")
    return {"act": ACCEPT, NAME: _written(home).version}


def outcome(home: Home, what: Mapping[str, object]) -> People:
    """
    Give the people that a change would leave.

    Raises:
        Conflict: If the file edited by hand is not what was accepted, or as `changed` says.
        NotFound: As `changed` says.
        UsageError: As `changed` says.
    """
    if what["act"] == ACCEPT:
        written = _written(home)
        if written.version != what[NAME]:
            raise Conflict(f"{home.folder / PEOPLE} was edited again since; accept it anew")
        return written
    change = msgspec.convert(dict(what), Change)
    return changed(people_in_force(home).people, change, today(home))


def restore_people(home: Home) -> None:
    """
    Put the file back that counts.

    Raises:
        Unavailable: If the disk or the journal refuses.
    """
    actor = acting(home, people_in_force(home).people)
    with changing(home.folder):
        kept = read_sanctioned(home.folder, NAME)
        if kept is None:
            raise ConfigError(f"{home.folder / SANCTIONED}/{NAME}.toml is gone")
        version = _parsed(kept, home).version
        told = {"operation": "people", "act": "restore", **actor.facts, NAME: version}
        home.journal().append(told)
        replace_durably(home.folder / PEOPLE, kept.content)


def check_people(home: Home) -> list[str]:
    """Compare the people that count with the whole journal; give a line for each finding."""
    return compared(home.journal(), NAME, people_in_force(home).people.version)


def _take_up(home: Home) -> Sanctioned:
    """Put the people of an earlier version's home in force, once: whoever acts, with all roles."""
    journal = home.journal()
    with changing(home.folder):
        if (kept := read_sanctioned(home.folder, NAME)) is not None:
            return kept  # Another process was faster.
        if last_recorded(journal, NAME) is not None:
            raise ConfigError(
                f"{home.folder / SANCTIONED}/{NAME}.toml is gone; restore it from backup"
            )
        is_written = (home.folder / PEOPLE).exists()
        people = _written(home) if is_written else first_people(os_user())
        content = render_people(people).encode("utf-8")
        told = {
            "operation": "people",
            "act": "taken up",
            "who": who_acts(),
            NAME: people.version,
            "changed": difference(People({}), people),
        }
        index = put_sanctioned(home.folder, journal, NAME, content, told)
        replace_durably(home.folder / PEOPLE, content)
    return Sanctioned(index, content)


def _edited(home: Home, kept: Sanctioned, people: People) -> str | None:
    path = home.folder / PEOPLE
    try:
        if path.read_bytes() == kept.content or _written(home).version == people.version:
            return None
        fault = "was edited by hand"
    except OSError as error:
        fault = f"cannot be read ({error.strerror})"
    except ConfigError:
        fault = "was edited by hand and cannot be read"
    return (
        f"{path} {fault}, which counts for nothing: run `hinomi people accept` to ask for it, "
        "or `hinomi people restore`"
    )


def _written(home: Home) -> People:
    path = home.folder / PEOPLE
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return parse_people(text, str(path))


def _parsed(kept: Sanctioned, home: Home) -> People:
    name = f"{home.folder / SANCTIONED}/{NAME}.toml"
    return parse_people(kept.content.decode("utf-8", "replace"), name)


def _journal_refusal(home: Home, act: Operation | Act, error: NotPermitted) -> None:
    told = {"operation": act.word, "refused": str(error), "who": who_acts()}
    try:
        home.journal().append(told)
    except HinomiError as fault:
        raise NotPermitted(f"{error}; and the journal did not take it: {fault}") from fault
