"""``hinomi witness``: sign, for somebody else's journal, that it only grew."""

from http import HTTPStatus
from pathlib import Path
from typing import Final

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.govern.note import BadNote
from hinomi.services.auditing import create_witness, read_text, sign_as_witness
from hinomi.services.journals import read_verifier

_FILE: Final = click.Path(path_type=Path)


@click.group()
@shared_options
def witness() -> None:
    """
    Witness the journals of others, as a ministry, a member or an auditor does.

    A witness keeps the newest checkpoint that it signed of each journal and signs a newer
    one only if it follows. No network is needed: requests and answers are files, in the
    form of C2SP tlog-witness.
    """


@witness.command()
@click.argument("folder", type=_FILE)
@click.option("--name", required=True, help="For example witness.example/1: no spaces, no plus.")
@shared_options
@click.pass_obj
def new(session: Session, folder: Path, name: str) -> None:
    """Make a witness in FOLDER, and show its public key."""
    key = create_witness(folder, name).render()
    if session.as_json:
        render.print_json({"key": key})
    else:
        click.echo(key)


@witness.command()
@click.argument("folder", type=_FILE)
@click.argument("request", type=_FILE)
@click.option("--journal", multiple=True, required=True, metavar="KEY", help="Keys it signs for.")
@shared_options
@click.pass_obj
def sign(session: Session, folder: Path, request: Path, journal: tuple[str, ...]) -> None:
    """
    Sign the checkpoint of REQUEST as the witness in FOLDER, if it follows the last one.

    Exits 65 if it does not, and says why: then somebody altered the journal, or shows
    others another one. Keep the request: it is the evidence.
    """
    keys = [read_verifier(each) for each in journal]
    answer = sign_as_witness(folder, read_text(request), keys, session.clock)
    if answer.status is not HTTPStatus.OK:
        known = f"{answer.body.strip()} entries were signed last"
        why = known if answer.status is HTTPStatus.CONFLICT else answer.body.strip()
        raise BadNote(f"not signed ({answer.status.value} {answer.status.phrase}): {why}")
    if session.as_json:
        render.print_json({"answer": answer.body})
    else:
        click.echo(answer.body, nl=False)
