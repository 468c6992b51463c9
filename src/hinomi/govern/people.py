"""
The people of a home: who they are, by what the machine knows them, and their roles.

They stand in ``people.toml`` in the home. Of an API token only the SHA-256 is kept.
"""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Final, Literal, Self

import msgspec
import tomli_w

from hinomi.errors import ConfigError, Conflict, NotFound, NotPermitted, UsageError
from hinomi.govern.roles import Kind, Role, table

FINGERPRINT_LETTERS: Final = 12
"""So much of a token's hash names it in the journal: it leads to nobody who lacks the list."""

_ID: Final = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_TOKEN: Final = re.compile(r"[0-9a-f]{64}")
_FIRST: Final = "first"


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person, by what the machine knows them, and what they may be."""

    name: str
    roles: tuple[Role, ...]
    accounts: tuple[str, ...] = ()  # Of the operating system.
    tokens: tuple[str, ...] = ()  # SHA-256 of each, hex.
    ends: date | None = None  # The last day on which they act.

    def acts_on(self, today: date) -> bool:
        """Tell whether they still act on *today*."""
        return self.ends is None or today <= self.ends


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody of one home, by a short id."""

    people: dict[str, Person]

    @property
    def version(self) -> str:
        """The SHA-256 of the canonical form, hex."""
        return hashlib.sha256(msgspec.json.encode(self.people, order="sorted")).hexdigest()

    def label(self, name: str) -> str:
        """Call a person by name and id, for readers of later years."""
        person = self.people.get(name)
        return name if person is None or person.name == name else f"{person.name} ({name})"

    def by_account(self, account: str, today: date) -> str:
        """
        Name the person who owns an account of the operating system.

        Raises:
            NotPermitted: If nobody does, or whoever does acts no longer.
        """
        whose = f"the account {account}"
        return self._found(lambda person: account in person.accounts, whose, today)

    def by_token(self, token: str, today: date) -> str:
        """
        Name the person who was given an API token.

        Raises:
            NotPermitted: If nobody was, or whoever was acts no longer.
        """
        digest = token_digest(token)
        return self._found(lambda person: digest in person.tokens, "this token", today)

    def others_with(self, roles: Collection[Role], but: str, today: date) -> list[str]:
        """
        Name everybody *but* one who acts on *today* and has one of *roles*.

        Whoever has neither account nor token cannot act, and is not waited for.
        """
        return sorted(
            each
            for each, person in self.people.items()
            if each != but
            and person.acts_on(today)
            and (person.accounts or person.tokens)
            and not set(roles).isdisjoint(person.roles)
        )

    def with_person(self, name: str, person: Person) -> Self:
        """Give people among whom *person* is known as *name*."""
        return msgspec.structs.replace(self, people={**self.people, name: person})

    def _found(self, is_meant: Callable[[Person], bool], whose: str, today: date) -> str:
        for name, person in self.people.items():
            if is_meant(person):
                if not person.acts_on(today):
                    raise NotPermitted(f"{name}, of {whose}, acts here until {person.ends} only")
                return name
        raise NotPermitted(
            f"{whose} is nobody's of this home; whoever may change people adds it: "
            "`hinomi people add` or `hinomi people change`"
        )


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What shall change about one person; None leaves a thing as it is."""

    act: Literal["add", "change", "remove", "token"]
    id: str
    name: str | None = None
    roles: tuple[Role, ...] | None = None
    accounts: tuple[str, ...] | None = None
    ends: date | None = None
    endless: bool = False  # No last day any more.
    token: str | None = None  # SHA-256 of a new one, hex.
    revoke_tokens: bool = False


def first_people(account: str) -> People:
    """Give the people of a home that was just made: whoever made it, with every role."""
    known = re.sub(r"[^a-z0-9._-]", "-", account.lower())[:32].lstrip("0123456789._-") or _FIRST
    return People({known: Person(name=account, roles=tuple(Role), accounts=(account,))})


def parse_people(text: str, where: str) -> People:
    """
    Read people from TOML.

    Raises:
        ConfigError: If it is none, has unknown fields, or names people that cannot be meant.
    """
    try:
        people = msgspec.convert(tomllib.loads(text), People)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{where}: {error}") from error
    if (fault := fault_of(people)) is not None:
        raise ConfigError(f"{where}: {fault}")
    return people


def render_people(people: People) -> str:
    """Render people as TOML."""
    told = msgspec.to_builtins(people, builtin_types=(date,))
    for person in told["people"].values():
        if person["ends"] is None:
            del person["ends"]
    return tomli_w.dumps(told)


def changed(people: People, change: Change, today: date) -> People:
    """
    Carry out a change.

    Raises:
        NotFound: If it speaks of a person who is not there.
        Conflict: If it adds one who is there, or nobody would be left who may change people.
        UsageError: If what it says of the person cannot be meant.
    """
    before = people.people.get(change.id)
    if change.act == "add":
        if before is not None:
            raise Conflict(f"{change.id} is there already; `hinomi people change` changes them")
        after = people.with_person(change.id, _apply(Person(name="", roles=()), change))
    elif before is None:
        raise NotFound(f"nobody is called {change.id}; `hinomi people list` names all")
    elif change.act == "remove":
        after = People({each: one for each, one in people.people.items() if each != change.id})
    else:
        after = people.with_person(change.id, _apply(before, change))
    rule = table().four_eyes[Kind.PEOPLE_CHANGE]
    if not after.others_with(rule.ask, "", today):
        raise Conflict("nobody would be left who may change people; give the role first")
    if (fault := fault_of(after)) is not None:
        raise UsageError(fault)
    return after


def fault_of(people: People) -> str | None:
    """Say what of *people* cannot be meant; None if all can."""
    for name, person in people.people.items():
        if (fault := _fault(name, person)) is not None:
            return fault
    for what in ("accounts", "tokens"):
        owners = Counter(each for one in people.people.values() for each in getattr(one, what))
        for each, count in owners.items():
            if count > 1:
                shown = each if what == "accounts" else each[:FINGERPRINT_LETTERS]
                return f"the {what[:-1]} {shown} stands twice: it belongs to one person"
    return None if people.people else "there is nobody"


def token_digest(token: str) -> str:
    """Give what is kept of an API token: its SHA-256, hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def difference(before: People, after: People) -> dict[str, object]:
    """Tell in what people differ, for the journal: by id, what was and what is, as plain facts."""
    return {
        each: {"before": _told(before.people, each), "after": _told(after.people, each)}
        for each in sorted(before.people.keys() | after.people.keys())
        if before.people.get(each) != after.people.get(each)
    }


def _told(people: Mapping[str, Person], name: str) -> object:
    if name not in people:
        return None
    told = msgspec.to_builtins(people[name])
    told["tokens"] = [each[:FINGERPRINT_LETTERS] for each in told["tokens"]]
    return told


def _apply(person: Person, change: Change) -> Person:
    tokens = () if change.revoke_tokens else person.tokens
    before = None if change.endless else person.ends
    return Person(
        name=person.name if change.name is None else _with_blanks(change.name).strip(),
        roles=person.roles if change.roles is None else tuple(dict.fromkeys(change.roles)),
        accounts=person.accounts if change.accounts is None else change.accounts,
        tokens=tokens if change.token is None else (*tokens, change.token),
        ends=before if change.ends is None else change.ends,
    )


def _with_blanks(name: str) -> str:
    """Put a plain blank for the one between Japanese names, which is as wide as a letter."""
    return name.replace("\u3000", " ")


def _fault(name: str, person: Person) -> str | None:
    if not _ID.fullmatch(name):
        return f"{name!r} cannot be an id: 1 to 32 of a-z, 0-9, dot, dash; a letter first"
    if not person.name.strip() or not person.name.isprintable():
        return f"{name} has no name that could be read"
    if not person.roles:
        return f"{name} has no role"
    if not all(each.strip() and each.isprintable() for each in person.accounts):
        return f"{name} has an account without a name"
    if not all(_TOKEN.fullmatch(each) for each in person.tokens):
        return f"{name} has a token that is no SHA-256 in hexadecimal"
    return None
