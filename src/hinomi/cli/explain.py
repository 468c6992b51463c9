"""``hinomi explain``: everything known about one service."""

import click

from hinomi.cli import render
from hinomi.cli.servers import read_protocol
from hinomi.cli.session import Session, shared_options
from hinomi.errors import UsageError
from hinomi.model.protocol import PORT_MOST
from hinomi.model.service import parse_service_address
from hinomi.services.explaining import explain_service
from hinomi.services.mandates import Operation
from hinomi.services.ownership import is_own_address


@click.command()
@click.argument("address")
@click.argument("protocol")
@click.argument("port", type=click.IntRange(min=0, max=PORT_MOST))
@shared_options
@click.pass_obj
def explain(session: Session, address: str, protocol: str, port: int) -> None:
    """
    Show everything known about one service.

    ADDRESS is an IPv4 or IPv6 address, or own: and 32 hex digits as `hinomi detect`
    shows a service inside the own network. PROTOCOL is a name such as tcp, or a number.

    \b
    Examples:
      hinomi explain 203.0.113.7 tcp 443
      hinomi explain --json 2001:db8::7 udp 53
    """
    try:
        base, is_pseudonym = parse_service_address(address)
    except ValueError:
        raise UsageError(
            "ADDRESS is no IPv4 or IPv6 address, and no own: with 32 hex digits"
        ) from None
    proto = read_protocol(protocol)
    home = session.open_home(Operation.EXPLAIN)
    if not is_pseudonym and is_own_address(home, base):
        # Looking a subscriber up by address is attribution, which explains nothing here.
        raise UsageError(
            "ADDRESS lies in the own network, whose lines have no address here: "
            "name it own: and 32 hex digits, as `hinomi detect` shows it"
        )
    found = explain_service(home, address, proto, port)
    if session.as_json:
        render.print_json(found)
        return
    render.print_table(
        ("what", "value"), [(key, render.plain(value)) for key, value in found.items()]
    )
