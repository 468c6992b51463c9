"""``hinomi listings enrol`` and ``join``: how a node becomes a member of a hub."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.services.mandates import Operation
from hinomi.services.membership.joining import enrol as write_request
from hinomi.services.membership.joining import join as take_welcome


@click.command()
@click.option("--member", required=True, metavar="NAME", help="What the hub shall call you.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE")
@click.option("--new-keys", is_flag=True, help="Draw new keys; the old ones end with that.")
@shared_options
@click.pass_obj
def enrol(session: Session, member: str, out: Path, new_keys: bool) -> None:
    """
    Write the request that a hub needs to let this node in: FILE, to be carried there.

    The keys are drawn here and stay here. Read the number that is shown to the people of the
    hub: they see the same one, if nobody changed the file on its way. To renew a certificate, do
    it again: the keys stay.

    \b
    Example:
      hinomi listings enrol --member isp-a --out request.json
    """
    home = session.open_home(Operation.JOIN)
    made = write_request(home, member, out, new_keys=new_keys)
    if session.as_json:
        render.print_json(
            {
                "member": made.member,
                "request": render.path_text(made.out),
                "request_sha256": made.digest,
                "new_keys": made.drawn,
            }
        )
        return
    click.echo(f"The request of {made.member} is in {made.out}; nothing in it is secret.")
    click.echo(f"request {made.digest}: the same must stand at the hub")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Leave another hub, or take a hub's new key.")
@click.option("--number", default="", metavar="HEX", help="What the hub's people read out.")
@shared_options
@click.pass_obj
def join(session: Session, file: Path, replace: bool, number: str) -> None:
    """
    Take the welcome that a hub gave: from now on this node belongs to it.

    FILE holds a token that is for nobody else; delete it afterwards. Whoever changed it on its
    way could have put another hub in its place: let the hub's people read out the number that
    `hinomi hub member certify` showed them, and say it with --number, which refuses a file with
    another one. Without it the number is shown, to be compared before anything is sent.

    \b
    Examples:
      hinomi listings join welcome.json --number "6f1e 0c52 9ad3 77b0 41c8 e25d"
      hinomi listings join welcome.json
    """
    home = session.open_home(Operation.JOIN)
    joined = take_welcome(home, file, replaces=replace, number=number)
    found = joined.membership
    if session.as_json:
        render.print_json(
            {
                "member": found.member,
                "hub": found.hub.name,
                "url": found.hub.url,
                "list_key": found.hub.list_key,
                "authority": joined.authority,
                "number": joined.number,
                "outlets": [each.value for each in found.outlets],
                "certificate": {
                    "fingerprint": joined.fingerprint,
                    "until": joined.until.isoformat(),
                },
            }
        )
        return
    click.echo(f"This node is {found.member} at {found.hub.url}.")
    click.echo(f"open to it: {', '.join(found.outlets)}")
    click.echo(f"certificate {joined.fingerprint}, until {joined.until}")
    click.echo(f"list key of the hub: {found.hub.list_key}")
    click.echo(f"authority of the hub: {joined.authority}")
    click.echo(f"number {render.in_fours(joined.number)}: the same must stand at the hub")
