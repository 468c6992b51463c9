"""``hinomi lists``: what others know about addresses."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.clock import render_time
from hinomi.govern.roles import Act
from hinomi.model.listed import ListKind
from hinomi.services.listing import add_list, remove_list, show_lists
from hinomi.services.mandates import Operation

_KINDS = click.Choice([kind.value for kind in ListKind])


@click.group()
@shared_options
def lists() -> None:
    """Bring in lists: known C&C, benign, research scanners, sinkholes, suspects."""


@lists.command()
@click.argument("kind", type=_KINDS)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", required=True, metavar="NAME", help="Who made the list.")
@click.option(
    "--keep-good", is_flag=True, help="Count malformed lines and go on instead of stopping."
)
@shared_options
@click.pass_obj
def add(session: Session, kind: str, file: Path, source: str, keep_good: bool) -> None:
    """
    Take in FILE as a list of KIND from one source.

    FILE is plain CSV with the header address[,protocol,port] (an address may be a
    CIDR), plain text with one address a line, a C2IntelFeeds, Feodo, ThreatFox or
    MISP warninglist file, or a STIX 2.1 bundle. The same kind and source again
    replaces the list. Host names are ignored and counted: hinomi works on addresses.

    \b
    Examples:
      hinomi lists add known-cc ipblocklist.csv --source feodo
      hinomi lists add benign public-dns.json --source misp-public-dns
    """
    added = add_list(
        session.open_home(Operation.LIST), ListKind(kind), file, source, keep_good=keep_good
    )
    if session.as_json:
        render.print_json(
            {
                "kind": added.kind.value,
                "source": added.source,
                "added": added.added,
                "ended": added.ended,
                "ignored": added.ignored,
                "malformed": added.malformed,
            }
        )
        return
    click.echo(f"{kind} from {source}: {added.added} added, {added.ended} ended.")
    for reason, count in added.ignored.items():
        click.echo(f"ignored {count}: {reason}")
    if added.malformed:
        click.echo(f"malformed {added.malformed}")


@lists.command()
@shared_options
@click.pass_obj
def show(session: Session) -> None:
    """Show which lists are in, from whom, since when, and how long they are."""
    known = show_lists(session.open_home(Act.STATUS))
    if session.as_json:
        render.print_json(
            {
                "lists": [
                    {
                        "kind": each.kind.value,
                        "source": each.source,
                        "snapshot": each.number,
                        "taken": render_time(each.added_ms),
                        "entries": each.entries,
                    }
                    for each in known
                ]
            }
        )
        return
    render.print_table(
        ("kind", "source", "snapshot", "taken in", "entries"),
        [
            (
                each.kind.value,
                each.source,
                str(each.number),
                render_time(each.added_ms),
                f"{each.entries:,}",
            )
            for each in known
        ],
        numbers=(2, 4),
    )


@lists.command()
@click.argument("kind", type=_KINDS)
@click.option("--source", required=True, metavar="NAME", help="Who made the list.")
@shared_options
@click.pass_obj
def remove(session: Session, kind: str, source: str) -> None:
    """End the list of KIND from one source; exits 66 if there is none."""
    ended = remove_list(session.open_home(Operation.LIST), ListKind(kind), source)
    if session.as_json:
        render.print_json({"kind": kind, "source": source, "ended": ended})
    else:
        click.echo(f"{kind} from {source}: {ended} ended.")
