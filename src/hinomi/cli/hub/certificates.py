"""``hinomi hub member certify`` and ``revoke``: what lets a member's node in."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from hinomi.cli import render
from hinomi.cli.approvals import as_document, sentence
from hinomi.cli.session import Session, shared_options
from hinomi.govern.approvals import Request
from hinomi.model.member import Credential, Outlet
from hinomi.services.deciding import Decided
from hinomi.services.hub.credentials import Wanted, certify, revoke
from hinomi.services.mandates import Operation
from hinomi.services.people import today
from hinomi.share.enrolment import read_request

_FILE = click.Path(path_type=Path)


@click.command("certify")
@click.argument("name", metavar="NAME")
@click.option(
    "--request",
    "request_file",
    type=_FILE,
    required=True,
    metavar="FILE",
    help="As its node wrote it.",
)
@click.option(
    "--certificate",
    type=_FILE,
    metavar="FILE",
    help="One that an authority of your own issued (`hinomi hub trust`).  [default: a new one]",
)
@click.option(
    "--outlet",
    "outlets",
    type=click.Choice([each.value for each in Outlet]),
    multiple=True,
    help="What this node is let through to.  [default: all that is open to the member]",
)
@click.option("--reason", default="", metavar="TEXT", help="Why; where another person is asked.")
@click.option("--out", type=_FILE, required=True, metavar="FILE", help="For its node to join with.")
@shared_options
@click.pass_obj
def certify_(
    session: Session,
    name: str,
    request_file: Path,
    certificate: Path | None,
    outlets: tuple[str, ...],
    reason: str,
    out: Path,
) -> None:
    """
    Give a member's node its certificate and token, in a file that joins it to the hub.

    To renew, do it again: what was given before holds until its own end, or until it is revoked.
    A request that was not admitted with the member takes four eyes, and a --reason: the first call
    asks, and when another person has approved, the same command once more does it.
    """
    home = session.open_home(Operation.MEMBERS)
    wanted = Wanted(
        request=read_request(request_file),
        certificate=certificate,
        outlets=tuple(map(Outlet, outlets)),
        reason=reason,
    )
    given = certify(home, name, wanted, out)
    if isinstance(given, Request):
        if session.as_json:
            render.print_json({"member": name, "request": as_document(given, session.clock())})
        else:
            click.echo(sentence(Decided(given)))
        return
    if session.as_json:
        render.print_json(
            {
                "member": name,
                "welcome": render.path_text(given.welcome),
                "request_sha256": given.request_digest,
                "number": given.number,
                "certificate": credential_document(given.credential, today(home)),
            }
        )
        return
    click.echo(f"The welcome for {name} is in {given.welcome}; it holds a token: carry it safely.")
    click.echo(f"request {given.request_digest}: the same must stand at the node")
    click.echo(f"certificate {given.credential.fingerprint}, until {given.credential.until}")
    click.echo(f"open to this node: {_joined(given.credential.outlets)}")
    click.echo(f"number {render.in_fours(given.number)}: read it out; the node shows the same")


@click.command("revoke")
@click.argument("name", metavar="NAME")
@click.option("--fingerprint", metavar="HEX", help="Which certificate; its beginning will do.")
@click.option("--all", "everything", is_flag=True, help="All of this member's.")
@shared_options
@click.pass_obj
def revoke_(session: Session, name: str, fingerprint: str | None, everything: bool) -> None:
    """Let nobody in by a certificate any more, at once."""
    if (fingerprint is None) is not everything:
        raise click.UsageError("say --fingerprint HEX, or --all")
    gone = revoke(session.open_home(Operation.MEMBERS), name, fingerprint)
    if session.as_json:
        render.print_json({"member": name, "revoked": [each.fingerprint for each in gone]})
    else:
        click.echo(f"{name}: {len(gone)} certificate(s) revoked.")


def credential_document(found: Credential, day: date) -> dict[str, Any]:
    """Describe a certificate as it is on *day*."""
    return {
        "fingerprint": found.fingerprint,
        "outlets": [each.value for each in found.outlets],
        "until": found.until.isoformat(),
        "revoked": found.is_revoked,
        "valid": not found.is_revoked and day <= found.until,
    }


def _joined(outlets: tuple[Outlet, ...]) -> str:
    return ", ".join(outlets) or "nothing"
