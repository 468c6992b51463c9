"""``hinomi journal``: what was done with flow information, and whether the record is whole."""

import json

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options


@click.group()
@shared_options
def journal() -> None:
    """Show the journal and check that nobody altered it."""


@journal.command()
@shared_options
@click.pass_obj
def verify(session: Session) -> None:
    """
    Check every link of the journal's chain.

    Prints the number of entries and the hash of the last one: note it elsewhere to
    notice later if the end was cut off. Exits 65 at the first line that was changed.
    """
    verified = session.open_home().journal().verify()
    if session.as_json:
        render.print_json({"entries": verified.entries, "head": verified.head})
    else:
        click.echo(f"The journal is whole: {verified.entries} entries.")
        click.echo(f"head {verified.head}")


@journal.command()
@click.option(
    "--last", type=click.IntRange(min=1), metavar="N", help="Only the last N.  [default: all]"
)
@shared_options
@click.pass_obj
def show(session: Session, last: int | None) -> None:
    """Show the entries of the journal, oldest first."""
    entries = list(session.open_home().journal().entries())[-last if last else 0 :]
    if session.as_json:
        render.print_json({"entries": entries})
        return
    render.print_table(
        ("#", "time", "who", "operation", "facts"),
        [_row(entry) for entry in entries],
        numbers=(0,),
    )


def _row(entry: dict[str, object]) -> tuple[str, ...]:
    mandate = entry.get("mandate")
    who = mandate.get("who", "") if isinstance(mandate, dict) else entry.get("who", "")
    apart = {"index", "before", "hash", "time", "operation", "mandate", "who", "content"}
    facts = ", ".join(
        f"{key} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in entry.items()
        if key not in apart and value not in (None, {}, "")
    )
    return (
        str(entry["index"]),
        str(entry.get("time", "")),
        str(who),
        str(entry.get("operation", "")),
        facts,
    )
