"""``hinomi hub trace``: whom a copy of the list was made for."""

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.services.hub.tracing import trace_copy
from hinomi.services.mandates import Operation


@click.command()
@click.argument("found", metavar="MARK")
@shared_options
@click.pass_obj
def trace(session: Session, found: str) -> None:
    """
    Find the member and the snapshot that a copy of the list was made for.

    MARK is what was found with it: the mark of an envelope, 32 hexadecimal digits, or the file of
    an envelope. Members that have left are looked at, too. Question and answer stand in the
    journal. Exits 66 if no copy bears the mark, 65 if the file is no envelope of this hub.

    \b
    Example:
      hinomi hub trace 5f0c2d0b6f1f4d8f9a77c1f0a2b3c4d5
    """
    traced = trace_copy(session.open_home(Operation.TRACE), found)
    if session.as_json:
        render.print_json({
            "mark": traced.mark,
            "member": traced.member,
            "state": traced.state.value,
            "number": traced.number,
            "signed": traced.is_signed,
        })  # fmt: skip
        return
    click.echo(f"Snapshot {traced.number}, made for {traced.member} ({traced.state} now).")
    if not traced.is_signed:
        click.echo("By its mark alone: whoever has seen the member's envelope can write that down.")
