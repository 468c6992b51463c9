"""``hinomi people``: who they are, and what they may do."""

import re
from datetime import date, datetime
from typing import Any, Final

import click

from hinomi.cli import render
from hinomi.cli.approvals import tell
from hinomi.cli.session import Session, shared_options
from hinomi.errors import UsageError
from hinomi.govern.people import FINGERPRINT_LETTERS, Change, People
from hinomi.govern.roles import Act, Role, table
from hinomi.services.deciding import accept_people, change_people
from hinomi.services.history import require_whole
from hinomi.services.people import (
    check_people,
    new_token,
    people_in_force,
    restore_people,
    today,
)

_ROLES = tuple(role.value for role in Role)
_reason = click.option("--reason", required=True, metavar="TEXT", help="Why; goes to the journal.")


_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@click.group()
@shared_options
def people() -> None:
    """
    Show and change the people of the home: who they are, and what they may do.

    Each has a short ID, a name, accounts of the operating system, API tokens and roles. A
    change takes four eyes as soon as there is a second person who could approve it. Whoever
    shares an account with others says who they are by a token in HINOMI_TOKEN.
    """


@people.command("list")
@shared_options
@click.pass_obj
def list_(session: Session) -> None:
    """Show everybody; exits 65 if what counts is not what the journal last recorded."""
    home = session.open_home(Act.PEOPLE_SHOW)
    found, on = people_in_force(home), today(home)
    if session.as_json:
        render.print_json(
            {
                "version": found.people.version,
                "edited": found.edited,
                "people": _documents(found.people, on),
            }
        )
    else:
        render.print_table(
            ("id", "name", "roles", "accounts", "tokens", "until"),
            [_row(each) for each in _documents(found.people, on)],
            numbers=(4,),
        )
    require_whole(check_people(home))


@people.command()
@shared_options
@click.pass_obj
def roles(session: Session) -> None:
    """Show which role may do what, and what takes four eyes; needs no home."""
    rules = table()
    if session.as_json:
        render.print_json(
            {
                "acts": {word: list(may) for word, may in rules.acts.items()},
                "four_eyes": {
                    kind.value: {
                        "ask": list(rule.ask),
                        "approve": list(rule.approve),
                        "approvals": rule.approvals,
                        "break_glass": rule.break_glass,
                    }
                    for kind, rule in rules.four_eyes.items()
                },
            }
        )
        return
    render.print_table(
        ("act", *_ROLES),
        [
            (word, *("yes" if role in may else "" for role in Role))
            for word, may in rules.acts.items()
        ],
    )
    click.echo()
    render.print_table(
        ("takes four eyes", "asked for by", "approved by", "approvals", "emergency"),
        [
            (
                kind.value,
                ", ".join(rule.ask),
                ", ".join(rule.approve),
                str(rule.approvals),
                "yes" if rule.break_glass else "",
            )
            for kind, rule in rules.four_eyes.items()
        ],
        numbers=(3,),
    )


@people.command()
@click.argument("name_id", metavar="ID")
@click.option("--name", required=True, metavar="NAME", help="As readers of later years know them.")
@click.option("--role", "said_roles", type=click.Choice(_ROLES), multiple=True, required=True)
@click.option("--account", "accounts", multiple=True, metavar="USER", help="Of this machine.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day.")
@_reason
@shared_options
@click.pass_obj
def add(
    session: Session,
    name_id: str,
    name: str,
    said_roles: tuple[str, ...],
    accounts: tuple[str, ...],
    until: datetime | None,
    reason: str,
) -> None:
    """
    Add a person.

    \b
    Example:
      hinomi people add hanako --name "Hanako Yamada" --role privacy-officer \\
          --account hyamada --reason "appointed 2026-11-01"
    """
    _ask(
        session,
        Change(
            act="add",
            id=name_id,
            name=name,
            roles=tuple(map(Role, said_roles)),
            accounts=accounts,
            ends=until.date() if until else None,
        ),
        reason,
    )


@people.command()
@click.argument("name_id", metavar="ID")
@click.option("--name", metavar="NAME")
@click.option("--role", "said_roles", type=click.Choice(_ROLES), multiple=True, help="All of them.")
@click.option("--account", "accounts", multiple=True, metavar="USER", help="All of them.")
@click.option("--no-account", is_flag=True, help="None any more.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day.")
@click.option("--no-end", is_flag=True, help="No last day any more.")
@click.option("--revoke-tokens", is_flag=True, help="No token counts any more.")
@_reason
@shared_options
@click.pass_obj
def change(
    session: Session,
    name_id: str,
    name: str | None,
    said_roles: tuple[str, ...],
    accounts: tuple[str, ...],
    no_account: bool,
    until: datetime | None,
    no_end: bool,
    revoke_tokens: bool,
    reason: str,
) -> None:
    """
    Change a person: what is said here takes the place of what was.

    \b
    Examples:
      hinomi people change taro --role analyst --role operator --reason "took over the desk"
      hinomi people change taro --until 2027-03-31 --reason "leaves"
    """
    given = accounts or (() if no_account else None)
    _ask(
        session,
        Change(
            act="change",
            id=name_id,
            name=name,
            roles=tuple(map(Role, said_roles)) or None,
            accounts=given,
            ends=until.date() if until else None,
            endless=no_end,
            revoke_tokens=revoke_tokens,
        ),
        reason,
    )


@people.command()
@click.argument("name_id", metavar="ID")
@_reason
@shared_options
@click.pass_obj
def remove(session: Session, name_id: str, reason: str) -> None:
    """Remove a person. What they did stays in the journal, under their ID."""
    _ask(session, Change(act="remove", id=name_id), reason)


@people.command()
@shared_options
@click.pass_obj
def draw(session: Session) -> None:
    """
    Draw an API token for yourself: the secret, shown this once, and its hash.

    Keep the secret; give the hash to whoever enters it with `people token ID --hash HASH`.
    """
    secret, digest = new_token()
    if session.as_json:
        render.print_json({"token": secret, "hash": digest})
        return
    click.echo(secret)
    render.complain(f"It is shown this once and kept nowhere. Hand on its hash alone: {digest}")


@people.command()
@click.argument("name_id", metavar="ID")
@click.option("--hash", "digest", metavar="HEX", required=True, help="As `people draw` said it.")
@_reason
@shared_options
@click.pass_obj
def token(session: Session, name_id: str, digest: str, reason: str) -> None:
    """
    Let a person be known by a token that they drew themselves (`people draw`).

    Nobody but that person ever sees the token. It counts from the moment another person has
    approved it.
    """
    if not _DIGEST.fullmatch(digest):
        raise UsageError("--hash is no SHA-256 in 64 hex digits; `hinomi people draw` prints one")
    _ask(session, Change(act="token", id=name_id, token=digest), reason)


@people.command()
@_reason
@shared_options
@click.pass_obj
def accept(session: Session, reason: str) -> None:
    """
    Ask that people.toml, edited by hand, shall count as it stands.

    It is a change of people like any other, with the eyes that one takes.
    """
    home = session.open_home(Act.PEOPLE_SHOW)
    tell(session, accept_people(home, reason), home.clock())


@people.command()
@shared_options
@click.pass_obj
def restore(session: Session) -> None:
    """Put people.toml back as the journal last recorded it."""
    home = session.open_home(Act.PEOPLE_RESTORE)
    restore_people(home)
    if session.as_json:
        render.print_json({"people": people_in_force(home).people.version})
    else:
        click.echo("people.toml says again what counts.")


def _ask(session: Session, said: Change, reason: str) -> None:
    home = session.open_home(Act.PEOPLE_SHOW)
    tell(session, change_people(home, said, reason), home.clock())


def _documents(found: People, on: date) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "name": person.name,
            "roles": [role.value for role in person.roles],
            "accounts": list(person.accounts),
            "tokens": [each[:FINGERPRINT_LETTERS] for each in person.tokens],
            "until": person.ends.isoformat() if person.ends else None,
            "acts": person.acts_on(on),
        }
        for name, person in found.people.items()
    ]


def _row(person: dict[str, Any]) -> tuple[str, ...]:
    until = person["until"] or "-"
    return (
        person["id"],
        person["name"],
        ", ".join(person["roles"]),
        ", ".join(person["accounts"]) or "-",
        str(len(person["tokens"])),
        until if person["acts"] else f"{until} (ended)",
    )
