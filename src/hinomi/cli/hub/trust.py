"""``hinomi hub trust``: an operator's own authority, whose certificates members' nodes may show."""

from pathlib import Path

import click
from cryptography import x509

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.govern.roles import Act
from hinomi.services.hub import authorities
from hinomi.services.mandates import Operation
from hinomi.share.certificates import common_name, fingerprint, last_day


@click.group()
@shared_options
def trust() -> None:
    """
    Enter authorities of your own, beside the hub's.

    That lets nobody in: a certificate counts once it is registered for a member, by
    `hinomi hub member certify NAME --certificate FILE`. What is entered or taken out here holds
    from the hub's next start on.
    """


@trust.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared_options
@click.pass_obj
def add(session: Session, file: Path) -> None:
    """Enter the authority whose certificate is in FILE (PEM)."""
    found = authorities.trust(session.open_home(Operation.MEMBERS), file)
    _tell(session, found, f"Entered the authority {fingerprint(found)}.")


@trust.command()
@click.argument("said", metavar="FINGERPRINT")
@shared_options
@click.pass_obj
def remove(session: Session, said: str) -> None:
    """Take an authority out; revoke certificates that it issued as well, to end them at once."""
    gone = authorities.distrust(session.open_home(Operation.MEMBERS), said)
    _tell(session, gone, f"Took out the authority {fingerprint(gone)}.")


@trust.command("list")
@shared_options
@click.pass_obj
def list_(session: Session) -> None:
    """Show the hub's own authority, and those that were entered beside it."""
    found = authorities.client_authorities(session.open_home(Act.STATUS))
    told = [{**_document(each), "own": number == 0} for number, each in enumerate(found)]
    if session.as_json:
        render.print_json({"authorities": told})
        return
    render.print_table(
        ("fingerprint", "name", "until", "own"),
        [
            (str(each["fingerprint"]), str(each["name"]), str(each["until"]), _yes(each["own"]))
            for each in told
        ],
    )


def _tell(session: Session, found: x509.Certificate, said: str) -> None:
    if session.as_json:
        render.print_json(_document(found))
    else:
        click.echo(said)


def _document(found: x509.Certificate) -> dict[str, object]:
    return {
        "fingerprint": fingerprint(found),
        "name": common_name(found),
        "until": last_day(found).isoformat(),
    }


def _yes(value: object) -> str:
    return "yes" if value else ""
