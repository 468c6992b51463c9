"""``hinomi mandates``: what may be done with which data, and what was ruled."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.clock import date_of
from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import (
    Answer,
    Cell,
    Data,
    Finding,
    LegalBasis,
    Power,
    Purpose,
    Row,
    Ruling,
)
from hinomi.govern.roles import Act
from hinomi.services.mandates import VALID_FOR_MS, who_acts
from hinomi.services.rulings import enter_ruling, prolong, read_document, withdraw_ruling

P = ParamSpec("P")
R = TypeVar("R")

_DAY: Final = click.DateTime(["%Y-%m-%d"])


def _cell(command: Callable[P, R]) -> Callable[P, R]:
    for name, kind in (("basis", LegalBasis), ("power", Power), ("data", Data)):
        command = click.argument(name, type=click.Choice([each.value for each in kind]))(command)
    choices = click.Choice([each.value for each in Purpose])
    return click.argument("purpose", type=choices)(command)


@click.group()
@shared_options
def mandates() -> None:
    """Show what may be done with which data for which purpose, and enter rulings."""


@mandates.command("list")
@click.option("--purpose", type=click.Choice([each.value for each in Purpose]), help="Only this.")
@click.option("--lang", type=click.Choice(["en", "ja"]), default="en", show_default=True)
@shared_options
@click.pass_obj
def list_(session: Session, purpose: str | None, lang: str) -> None:
    """
    List the rows of the matrix, and when each purpose ends.

    What no row names is refused.
    """
    matrix = session.open_home(Act.MANDATES_SHOW).matrix()
    rows = [row for row in matrix.rows if purpose in (None, row.purpose.value)]
    if session.as_json:
        render.print_json({
            "purposes": {
                str(each): {
                    "en": entry.en,
                    "ja": entry.ja,
                    "ends": None if entry.ends is None else str(entry.ends),
                }
                for each, entry in matrix.purposes.items()
            },
            "rows": [_row(row) for row in rows],
            "rulings": [_ruling(each) for each in matrix.rulings],
        })  # fmt: skip
        return
    seen: set[Purpose] = set()
    for row in rows:
        entry = matrix.purposes[row.purpose]
        if row.purpose not in seen:
            seen.add(row.purpose)
            said = entry.ja if lang == "ja" else entry.en
            ends = "without end" if entry.ends is None else f"until {entry.ends}"
            click.echo(f"\n{row.purpose} ({ends}): {said}")
        click.echo(f"  {row.answer}: {', '.join(row.powers)}")
        click.echo(f"    data: {', '.join(row.data)}")
        click.echo(f"    basis: {', '.join(row.bases)}")
        click.echo(render.fold(row.ja if lang == "ja" else row.en, indent=4))
        click.echo(f"    source: {row.seed}, {row.passage}")
    for ruling in matrix.rulings:
        click.echo(f"\nruling on {ruling.cell}: {ruling.title} (until {ruling.ends})")


@mandates.command()
@_cell
@shared_options
@click.pass_obj
def ask(session: Session, purpose: str, data: str, power: str, basis: str) -> None:
    """
    Ask whether POWER over DATA is permitted for PURPOSE on BASIS today.

    A refusal ends with exit code 77 and stands in the journal.
    """
    home = session.open_home(Act.MANDATES_SHOW)
    cell = Cell(Purpose(purpose), Data(data), Power(power), LegalBasis(basis))
    now_ms = home.clock()
    found = home.matrix().ask(cell, date_of(now_ms))
    if session.as_json:
        render.print_json(_finding(found))
    elif found.is_permitted:
        click.echo(f"{cell}: permitted\n{found.en}\n{found.ja}")
    asked = Mandate(
        purpose=cell.purpose,
        basis=cell.basis,
        who=who_acts(),
        until_ms=now_ms + VALID_FOR_MS,
        powers=frozenset({cell.power}),
    )
    home.guard().admit(asked, cell.power, cell.data)


@mandates.command()
@_cell
@click.option(
    "--document",
    type=click.Path(path_type=Path),
    required=True,
    help="The ruling itself; a copy is kept.",
)
@click.option("--title", required=True, help="What the document is.")
@click.option("--until", type=_DAY, required=True, help="The first day on which it has ended.")
@shared_options
@click.pass_obj
def rule(
    session: Session,
    purpose: str,
    data: str,
    power: str,
    basis: str,
    document: Path,
    title: str,
    until: datetime,
) -> None:
    """
    Enter a ruling on a combination that needs one, with its document.

    What the matrix refuses stays refused, whatever is entered.
    """
    home = session.open_home(Act.MANDATES_RULE)
    ruling = Ruling(
        purpose=Purpose(purpose),
        data=Data(data),
        power=Power(power),
        basis=LegalBasis(basis),
        document=hashlib.sha256(read_document(document)).hexdigest(),
        title=title,
        entered_by=who_acts(),
        ends=until.date(),
    )
    enter_ruling(home.folder, ruling, document, home.journal())
    if session.as_json:
        render.print_json(_ruling(ruling))
        return
    click.echo(f"{ruling.cell}: permitted until {ruling.ends} by {title!r}.")


@mandates.command()
@_cell
@shared_options
@click.pass_obj
def withdraw(session: Session, purpose: str, data: str, power: str, basis: str) -> None:
    """Take a ruling back: what it permitted is refused from now on."""
    home = session.open_home(Act.MANDATES_RULE)
    cell = Cell(Purpose(purpose), Data(data), Power(power), LegalBasis(basis))
    withdraw_ruling(home.folder, cell, who_acts(), home.journal())
    if session.as_json:
        render.print_json({"cell": _named(cell), "permitted": False})
        return
    click.echo(f"{cell}: refused again.")


@mandates.command("prolong")
@click.argument("purpose", type=click.Choice([each.value for each in Purpose]))
@click.option("--until", type=_DAY, required=True, help="The first day on which it has ended.")
@shared_options
@click.pass_obj
def prolong_(session: Session, purpose: str, until: datetime) -> None:
    """Decide until when a purpose goes on: all but upkeep end unless somebody does."""
    home = session.open_home(Act.MANDATES_RULE)
    prolong(home.folder, Purpose(purpose), until.date(), who_acts(), home.journal())
    if session.as_json:
        render.print_json({"purpose": purpose, "ends": str(until.date())})
        return
    click.echo(f"{purpose} ends on {until.date()}.")


def _named(cell: Cell) -> dict[str, str]:
    return {name: str(value) for name, value in cell._asdict().items()}


def _row(row: Row) -> dict[str, object]:
    return {
        "purpose": row.purpose,
        "data": row.data,
        "powers": row.powers,
        "bases": row.bases,
        "answer": row.answer,
        "en": row.en,
        "ja": row.ja,
        "source": {"seed": row.seed, "passage": row.passage},
    }


def _ruling(ruling: Ruling) -> dict[str, object]:
    return {
        "cell": _named(ruling.cell),
        "title": ruling.title,
        "document": ruling.document,
        "entered_by": ruling.entered_by,
        "ends": str(ruling.ends),
    }


def _finding(found: Finding) -> dict[str, object]:
    row = found.row
    return {
        "cell": _named(found.cell),
        "permitted": found.is_permitted,
        "answer": Answer(found.answer).value,
        "en": found.en,
        "ja": found.ja,
        "source": None if row is None else {"seed": row.seed, "passage": row.passage},
        "ruling": None if found.ruling is None else _ruling(found.ruling),
    }
